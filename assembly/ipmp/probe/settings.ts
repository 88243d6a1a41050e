// How a group is watched: settings of GRPKEY, lists of targets, and what the host reads of both (R2.1, R2.7).
//
// All constants of R2.1 are defaults here; where the original has one value for the whole host, each group has its own.

import {
  EAFNOSUPPORT, EINVAL, ENOENT, ERANGE, FAMILY_V6, FDT_MAX_MS, FDT_MIN_MS, GRPKEY_DISCOVERY, GRPKEY_EVIDENCE, GRPKEY_FDT_MS,
  GRPKEY_PROBE_EVENTS, GRPKEY_PROBE_FAILS, GRPKEY_PROBE_REPAIRS, GRPKEY_QUIET_MS, GRPKEY_RECOVERY_MS, GRPKEY_SETTLING_MS,
  GRPKEY_TARGETS_MAX, GRPKEY_WATCH, GRPKEY_WATCH_ALL, TARGET_MAX, TGKIND_RESOLVE, WATCHER_RESOLVE, WATCH_ICMP, WATCH_RESOLVE,
  Watch_SIZE, Watch_ntarget_OFF,
} from "../../abi/ipmp";
import { grpSettle } from "../group/settle";
import { NS_PER_MS } from "../clock";
import { grpAt, inbox, memberOf, page, probeAt, probeIndex, targetList, watchOf } from "../layout";
import { addrIsHost, grpValid, phyintValid } from "../valid";
import { fdtSet } from "./adapt";
import { memberRepaired } from "./judge";
import { targetsSettle } from "./settle";
import { probeRetime } from "./tick";

// @ts-ignore: decorator
@inline const HOUR_MS: u32 = 3_600_000;
// @ts-ignore: decorator
@inline const FAILS_MIN: u32 = 2;
// @ts-ignore: decorator
@inline const FAILS_MAX: u32 = 20;
// @ts-ignore: decorator
@inline const REPAIRS_MAX: u32 = 40;

/** A new group is watched so. */
export function watchDefaults(g: u32): void {
  const w = watchOf(g);
  memory.fill(changetype<usize>(w), 0, Watch_SIZE);
  w.fdt_ms = 10_000;
  w.quiet_ms = 40_000;
  w.recovery_ms = 60_000;
  w.settling_ms = 60_000;
  w.fails = 5;
  w.repairs = 10;
  w.watch = <u8>WATCH_ICMP;
  w.targets_max = 5;
  w.discovery = 1;
  w.fdt = <u64>w.fdt_ms * NS_PER_MS;
  w.interval = w.fdt / (<u32>w.fails + 2);
}

// @ts-ignore: decorator
@inline function within(value: u32, least: u32, most: u32): bool { return value >= least && value <= most; }

/** The least and the most of a key, least in the low word; all ones if there is no such key. */
function rangeOf(key: u32): u64 {
  switch (key) {
    case GRPKEY_FDT_MS: return range(FDT_MIN_MS, FDT_MAX_MS);
    case GRPKEY_PROBE_FAILS: return range(FAILS_MIN, FAILS_MAX);
    case GRPKEY_PROBE_REPAIRS: return range(1, REPAIRS_MAX);
    case GRPKEY_QUIET_MS: return range(0, FDT_MAX_MS);
    case GRPKEY_WATCH: return range(0, WATCH_ICMP | WATCH_RESOLVE);
    case GRPKEY_RECOVERY_MS: return range(0, HOUR_MS);
    case GRPKEY_SETTLING_MS: return range(0, HOUR_MS);
    case GRPKEY_TARGETS_MAX: return range(1, TARGET_MAX);
    case GRPKEY_WATCH_ALL: return range(0, 1);
    case GRPKEY_EVIDENCE: return range(0, 1);
    case GRPKEY_PROBE_EVENTS: return range(0, 1);
    case GRPKEY_DISCOVERY: return range(0, 1);
    default: return NO_KEY;
  }
}

// @ts-ignore: decorator
@inline const NO_KEY: u64 = u64.MAX_VALUE;
// @ts-ignore: decorator
@inline function range(least: u32, most: u32): u64 { return <u64>least | (<u64>most << 32); }

/** Changes one setting of GRPKEY: 0, -EINVAL without such a key, -ERANGE. */
export function watchSet(g: u32, key: u32, value: u32): i32 {
  const limits = rangeOf(key);
  if (limits == NO_KEY) return -EINVAL;
  if (!within(value, <u32>limits, <u32>(limits >> 32))) return -ERANGE;
  const w = watchOf(g);
  switch (key) {
    case GRPKEY_FDT_MS: w.fdt_ms = value; break;
    case GRPKEY_PROBE_FAILS: w.fails = <u8>value; break;
    case GRPKEY_PROBE_REPAIRS: w.repairs = <u8>value; break;
    case GRPKEY_QUIET_MS: w.quiet_ms = value; break;
    case GRPKEY_WATCH: w.watch = <u8>value; break;
    case GRPKEY_WATCH_ALL: w.all = <u8>value; break;
    case GRPKEY_RECOVERY_MS: w.recovery_ms = value; break;
    case GRPKEY_SETTLING_MS: w.settling_ms = value; break;
    case GRPKEY_EVIDENCE: w.evidence = <u8>value; break;
    case GRPKEY_PROBE_EVENTS: w.events = <u8>value; break;
    case GRPKEY_TARGETS_MAX: w.targets_max = <u8>value; break;
    default: w.discovery = <u8>value;
  }
  if (key == GRPKEY_FDT_MS || key == GRPKEY_PROBE_FAILS) {
    fdtSet(g, <u64>w.fdt_ms * NS_PER_MS);
    probeRetime(g);
  }
  if (key == GRPKEY_DISCOVERY) targetsSettle(g);
  settleAll(g);
  return 0;
}

/** What members are because of their watchers may be another. */
function settleAll(g: u32): void {
  grpSettle(g);
  const grp = grpAt(g);
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) memberRepaired(memberOf(grp, m));
}

export function ipmp_grp_targets(g: u32, family: u32, kind: u32, count: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  if (family > FAMILY_V6 || kind > TGKIND_RESOLVE) return -EINVAL;
  if (((grpAt(g).families >> <u8>family) & 1) == 0) return -EAFNOSUPPORT;
  if (count > TARGET_MAX) return -ERANGE;
  for (let i: u32 = 0; i < count; i++) if (!addrIsHost(family, inbox() + (i << 4))) return -EINVAL;
  const w = watchOf(g);
  memory.fill(targetList(w, kind, family), 0, TARGET_MAX << 4);
  memory.copy(targetList(w, kind, family), inbox(), count << 4);
  store<u8>(changetype<usize>(w) + (kind << 1 | family), <u8>count, Watch_ntarget_OFF);
  page().generation += 1;
  grpSettle(g);
  targetsSettle(g);
  settleAll(g);
  return 0;
}

export function ipmp_probe_get(p: u32, family: u32, watcher: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  if (family > FAMILY_V6 || watcher > WATCHER_RESOLVE) return -EINVAL;
  return <i32>changetype<usize>(probeAt(probeIndex(p, watcher, family)));
}

export function ipmp_grp_watch(g: u32): i32 {
  return grpValid(g) ? <i32>changetype<usize>(watchOf(g)) : -ENOENT;
}
