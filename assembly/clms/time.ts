// Time: an input, read from the page.

import { ENGINE_HALTED } from "../abi/clms";
import { appTick } from "./app/applied";
import { detectTick } from "./detect/probe";
import { page, self } from "./layout";
import { beatTick } from "./master/beat";
import { joinTick, lonelyTick, requestTick } from "./node/join";
import { timeCheck } from "./pause";
import { settle } from "./settle";
import { arbiterTick } from "./takeover/arbiter";
import { pollTick } from "./takeover/poll";
import { prevoteTick } from "./takeover/prevote";

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
