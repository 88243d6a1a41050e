// Time: an input, read from the page. A node that finds that it did not run for a while blames itself, nobody else.

import { ENGINE_HALTED, ENGINE_MASTER } from "../abi/clms";
import { since } from "../lib/span";
import { appTick } from "./app/applied";
import { detectPaused, detectTick } from "./detect/probe";
import { NEVER, page, self } from "./layout";
import { beatTick, masterPaused } from "./master/beat";
import { joinTick, lonelyTick, requestTick } from "./node/join";
import { settle } from "./settle";
import { arbiterTick } from "./takeover/arbiter";
import { pollTick } from "./takeover/poll";
import { prevoteTick } from "./takeover/prevote";

/** Notices a pause: the host came much later than it was asked to. */
export function timeCheck(): void {
  const me = self();
  const pg = page();
  const now = pg.now;
  const expected = max<u64>(me.last_tick, pg.deadline == NEVER ? now : pg.deadline);
  const gap = since(now, expected);
  if (gap > max<u64>(me.lease_ns >> 1, 2 * me.probe_ns)) {
    detectPaused(now, since(now, me.last_tick));
    if (<u32>pg.engine == ENGINE_MASTER) masterPaused(now);
  }
  me.last_tick = now;
}

export function clms_time_advance(): i32 {
  const me = self();
  if (me.started == 0) return 0;
  timeCheck();
  const now = page().now;
  if (<u32>page().engine != ENGINE_HALTED) {
    detectTick(now);
    beatTick(now);
    prevoteTick(now);
    pollTick(now);
    arbiterTick();
    joinTick(now);
    lonelyTick(now);
    requestTick(now);
  }
  appTick(now);
  settle();
  return 0;
}
