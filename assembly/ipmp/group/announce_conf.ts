// The settings of Announce (GRPKEY 40 on): ranges, defaults, and what a change of one changes.

import {
  EINVAL, ERANGE, GRPKEY_ANNOUNCE_AGAIN_MS, GRPKEY_ANNOUNCE_ALL, GRPKEY_ANNOUNCE_REFRESH_S, GRPKEY_ANNOUNCE_VLANS,
  GRPKEY_CONFLICT_MAX, GRPKEY_CONFLICT_WINDOW_MS, GRPKEY_DEFEND_INTERVAL_MS, GRPKEY_RECOVERY_S,
} from "../../abi/ipmp";
import { announceRefresh, announceRetime } from "./announce";
import { announceAt } from "../layout";
import { recoverRetime } from "./recover";
import { vaddrReset } from "./vlan";

/** A day. */
// @ts-ignore: decorator
@inline const SECONDS_MAX: u32 = 86400;
/** Least and most of the time to the second announcement. */
// @ts-ignore: decorator
@inline const AGAIN_MIN: u32 = 10;
// @ts-ignore: decorator
@inline const AGAIN_MAX: u32 = 20000;
/** Least and most of the two intervals of defence. */
// @ts-ignore: decorator
@inline const DEFEND_MIN: u32 = 1000;
// @ts-ignore: decorator
@inline const DEFEND_MAX: u32 = 600000;

/** The defaults. */
export function announceDefaults(g: u32): void {
  const ann = announceAt(g);
  ann.vlans = 1;
  ann.defend_ms = 10000;
  ann.window_ms = 30000;
  ann.recovery_s = 300;
  ann.again_ms = 100;
}

/** Changes one of these settings: 0, -EINVAL if it is none of them, -ERANGE. O(1); AGAIN, REFRESH and RECOVERY: O(ADDR_MAX). */
export function announceSet(g: u32, key: u32, value: u32): i32 {
  const ann = announceAt(g);
  switch (key) {
    case GRPKEY_ANNOUNCE_ALL:
      if (value > 1) return -ERANGE;
      ann.all = <u8>value;
      return 0;
    case GRPKEY_ANNOUNCE_VLANS:
      if (value > 1) return -ERANGE;
      ann.vlans = <u8>value;
      if (value == 0) vaddrReset(g);
      return 0;
    case GRPKEY_ANNOUNCE_REFRESH_S:
      if (value > SECONDS_MAX) return -ERANGE;
      ann.refresh_s = value;
      announceRefresh(g);
      return 0;
    case GRPKEY_ANNOUNCE_AGAIN_MS:
      if (value < AGAIN_MIN || value > AGAIN_MAX) return -ERANGE;
      ann.again_ms = <u16>value;
      announceRetime(g);
      return 0;
    case GRPKEY_DEFEND_INTERVAL_MS:
      if (value < DEFEND_MIN || value > DEFEND_MAX) return -ERANGE;
      ann.defend_ms = value;
      return 0;
    case GRPKEY_CONFLICT_MAX:
      if (value > 100) return -ERANGE;
      ann.conflict_max = <u8>value;
      return 0;
    case GRPKEY_CONFLICT_WINDOW_MS:
      if (value < DEFEND_MIN || value > DEFEND_MAX) return -ERANGE;
      ann.window_ms = value;
      return 0;
    case GRPKEY_RECOVERY_S:
      if (value > SECONDS_MAX) return -ERANGE;
      ann.recovery_s = value;
      recoverRetime(g);
      return 0;
    default: return -EINVAL;
  }
}
