// The question of a takeover: POLL to every voter, from the beginning or once more to those that have not answered.

import { ENGINE_POLL, MSG_POLL } from "../../abi/clms";
import { isVoter } from "../fold/electorate";
import { entAt, fold, liveAt, page, peerAt, self, voterAt } from "../layout";
import { votesSoon } from "../master/propose";
import { mergeBegin } from "../merge/add";
import { msgBeginMany, msgSend, msgTo } from "../out";
import { PEER_BOOTING, PEER_LEFTOUT, PEER_REPORTED } from "../structs";
import { cliqueBegin } from "./clique";
import { askTimeMore, roundTrip } from "./prevote";

/** Begins to collect, or begins again because the fold went on meanwhile. */
export function pollBegin(): void {
  const me = self();
  const pg = page();
  for (let i: u32 = 0, n = me.nvoter; i < n; i++) peerAt(voterAt(i)).flags &= ~(PEER_REPORTED | PEER_BOOTING | PEER_LEFTOUT);
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) peerAt(liveAt(i)).flags &= ~(PEER_REPORTED | PEER_BOOTING | PEER_LEFTOUT);
  cliqueBegin();
  mergeBegin(0, pg.applied, pg.ballot);
  me.merge_wait = pg.applied;
  me.merge_again = 0;
  pollAsk();
}

/** Polls whoever has not reported; everybody, while this candidate waits for a fence or the arbiter: it is still at it. */
export function pollAsk(): void {
  const me = self();
  const pg = page();
  const skip = <u32>pg.engine == ENGINE_POLL ? PEER_REPORTED : 0;
  const msg = msgBeginMany(MSG_POLL, 0);
  for (let i: u32 = 0, n = me.nvoter; i < n; i++) {
    const v = voterAt(i);
    if (v != <u32>pg.node && (peerAt(v).flags & skip) == 0) msgTo(msg, v);
  }
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const x = liveAt(i);
    if (!isVoter(entAt(x)) && votesSoon(x) && (peerAt(x).flags & PEER_REPORTED) == 0) msgTo(msg, x);
  }
  msg.ballot = pg.ballot;
  msg.slot = pg.applied;
  msg.aux = askTimeMore();
  msgSend(msg);
  pg.polls += 1;
  me.poll_due = pg.now + max<u64>(me.probe_ns, roundTrip());
}
