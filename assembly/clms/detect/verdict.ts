// The master's judgement: is a node to be removed because its observers miss it?
//
// Of k observers of a node, H must agree: all up to k = 3, above that k − ⌊k / 4⌋. An observer agrees if its last ACK
// names the node, or if it is itself missed by somebody or silent, for then it cannot say. At least one must really
// have said it. Whoever the master has just heard is not removed. The host's word and a confirmed fence need nobody else.
//
// Only the master's copies of the ACKs are looked at: the answer is advice for the next proposal, and no record depends
// on who computed it.

import { BITMAP_BYTES, NODE_MAX, OBSERVERS_MAX, SUSPECTS_MAX } from "../../abi/clms";
import { mix64 } from "../../lib/prng";
import { since } from "../../lib/span";
import { bitGet, bitPut, bitsClear } from "../bits";
import { isLive } from "../fold/edges";
import { entAt, fold, liveAt, observedAt, page, peerAt, self } from "../layout";
import { PEER_EVICT, PEER_LEFTOUT, PEER_SUSPECT, Peer_suspect_OFF } from "../structs";
import { basicMiss, isDead, isExternal } from "./limits";
import { listed, observersOf } from "./observers";

/** Observers of the node that is judged; and of one of these. */
const LIST: usize = memory.data(<i32>(OBSERVERS_MAX * 2), 8);
const THEIRS: usize = memory.data(<i32>(OBSERVERS_MAX * 2), 8);
/** Nodes that anybody misses. */
const ACCUSED: usize = memory.data(<i32>BITMAP_BYTES, 8);

/** How long an ACK, or a sign of life, speaks for its sender. */
// @ts-ignore: decorator
@inline function freshNs(): u64 { return basicMiss() << 1; }

/** Observers of k that must agree. */
export function enough(k: u32): u32 {
  return k <= 3 ? k : k - (k >> 2);
}

/** The i-th suspect of observer o's last ACK. */
// @ts-ignore: decorator
@inline function suspectOf(o: u32, i: u32): u32 { return load<u16>(changetype<usize>(peerAt(o)) + (i << 1), Peer_suspect_OFF); }

/** How many suspects observer o names; none if its word is old. */
function namedBy(o: u32, now: u64): u32 {
  const peer = peerAt(o);
  if (peer.ack_at == 0 || since(now, peer.ack_at) > freshNs()) return 0;
  return min<u32>(peer.nsuspect, SUSPECTS_MAX);
}

/** Does observer o say that it misses node n? */
function accuses(o: u32, n: u32, now: u64): bool {
  if (o == <u32>page().node) return (peerAt(n).flags & PEER_SUSPECT) != 0;
  // Its word is about the incarnation that it knew.
  if (peerAt(o).applied < <u64>entAt(n).born) return false;
  for (let i: u32 = 0, count = namedBy(o, now); i < count; i++) if (suspectOf(o, i) == n) return true;
  return false;
}

/** Is node n missed by at least one of its observers? */
export function suspectedByAnyone(n: u32): bool {
  const now = page().now;
  for (let i: u32 = 0, k = observersOf(n, THEIRS); i < k; i++) if (accuses(listed(THEIRS, i), n, now)) return true;
  return false;
}

/** Is observer o in no position to say anything? Before the master began, and before o was admitted, nobody asked it. */
function isAbsent(o: u32, now: u64): bool {
  if (o == <u32>page().node) return false;
  if (isDead(o)) return true;
  return since(now, max<u64>(peerAt(o).heard, self().master_since)) > freshNs() || suspectedByAnyone(o);
}

/** On the master: is node n to be removed? O(k²). */
export function verdict(n: u32): bool {
  const pg = page();
  if (n == <u32>pg.node || !isLive(entAt(n).state)) return false;
  if (isDead(n)) return true;
  const now = pg.now;
  // An ACK of this incarnation: one of a new boot, not admitted yet, is not as good as hearing it.
  const ack = min<u64>(peerAt(n).ack_at, peerAt(n).heard);
  if (isExternal() || (ack != 0 && since(now, ack) <= self().probe_ns)) return false;
  const k = observersOf(n, LIST);
  let agree = accusers(n, k, now);
  if (agree == 0) return false;
  for (let i: u32 = 0; i < k && agree < enough(k); i++) {
    const o = listed(LIST, i);
    agree += u32(!accuses(o, n, now) && isAbsent(o, now));
  }
  return agree >= enough(k);
}

/** How many of the k observers in LIST say that they miss node n. */
function accusers(n: u32, k: u32, now: u64): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < k; i++) count += u32(accuses(listed(LIST, i), n, now));
  return count;
}

/** What the record of a removal says about it: accusers, observers, the first three accusers. */
export function evidence(n: u32): u64 {
  const now = page().now;
  const k = observersOf(n, LIST);
  let word: u64 = <u64>k << 8;
  let count: u32 = 0;
  for (let i: u32 = 0; i < k; i++) {
    const o = listed(LIST, i);
    if (!accuses(o, n, now)) continue;
    if (count < 3) word |= <u64>o << (16 + 16 * count);
    count += 1;
  }
  return word | count;
}

/** The set of live nodes that anybody misses. O(live nodes). */
function accusedInto(set: usize): void {
  const now = page().now;
  bitsClear(set);
  for (let i: u32 = 0, live: u32 = fold().nlive; i < live; i++) {
    const o = liveAt(i);
    for (let j: u32 = 0, count = namedBy(o, now); j < count; j++) {
      if (suspectOf(o, j) <= NODE_MAX) bitPut(set, suspectOf(o, j), true);
    }
  }
  for (let i: u32 = 0, k = self().nobserved; i < k; i++) {
    if ((peerAt(observedAt(i)).flags & PEER_SUSPECT) != 0) bitPut(set, observedAt(i), true);
  }
}

/** verdict() of all nodes at once: writes the set of those to be removed and returns how many. O(live nodes). */
export function verdictInto(set: usize): u32 {
  let count: u32 = 0;
  bitsClear(set);
  accusedInto(ACCUSED);
  for (let i: u32 = 0, live: u32 = fold().nlive; i < live; i++) {
    const n = liveAt(i);
    if (!isDead(n) && !bitGet(ACCUSED, n)) continue;
    if (!verdict(n)) continue;
    bitPut(set, n, true);
    count += 1;
  }
  return count;
}

/**
 * A number for the set of live nodes that are missed, but not by enough, and are not to go anyhow; 0 for the empty set.
 * O(live nodes).
 */
function undecided(): u64 {
  let sum: u64 = 0;
  accusedInto(ACCUSED);
  for (let i: u32 = 0, live: u32 = fold().nlive; i < live; i++) {
    const n = liveAt(i);
    if (!bitGet(ACCUSED, n) || (peerAt(n).flags & (PEER_EVICT | PEER_LEFTOUT)) != 0) continue;
    if (suspectedByAnyone(n) && !verdict(n)) sum += mix64(n);
  }
  return sum;
}

/**
 * Is a set of nodedowns that could be proposed now likely to grow at once, because others are missed, but not yet by
 * enough? Waiting is bounded, and a node that stays half missed (one bad link) is waited for only once.
 */
export function cutUnstable(now: u64): bool {
  const me = self();
  const set = isExternal() ? 0 : undecided();
  if (set == 0 || set == me.cut_waited) {
    me.cut_waited = set;
    me.cut_since = 0;
    return false;
  }
  // A wait that nobody has asked about any more was another one.
  if (me.cut_since == 0 || since(now, me.cut_since) > freshNs() << 1) me.cut_since = now;
  if (since(now, me.cut_since) < freshNs()) return true;
  me.cut_waited = set;
  me.cut_since = 0;
  return false;
}
