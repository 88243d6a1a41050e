// The part of check.ts that is about watchers: every index in a saved one can be trusted.

import {
  FAMILY_V4, FAMILY_V6, FDT_MAX_MS, FDT_MIN_MS, PI_OFFLINE, PMODE_MULTICAST, PROBEST_DISABLED, PROBEST_FAILED, PROBE_STATS,
  PR_WAIT, TARGET_MAX, TGKIND_HOST, TGKIND_RESOLVE, TG_ACTIVE, TG_DEAD,
} from "../../abi/ipmp";
import { zero16 } from "../../lib/be";
import { NS_PER_MS } from "../clock";
import { NONE, phyintAt, probeAt, recAt, targetAt, watchOf } from "../layout";
import { GONE, listCount, testAddr } from "./targets";

/** 0, or the number of the first rule that a NIC's watchers break. */
export function watchersWrong(p: u32): u32 {
  const phyint = phyintAt(p);
  const own = <u32>phyint.test_ok | <u32>phyint.test_wait | <u32>phyint.test_dup;
  if (<u32>phyint.test_ok + <u32>phyint.test_wait + <u32>phyint.test_dup != own || (own & ~<u32>phyint.test) != 0) return 90;
  if (phyint.test > 3 || phyint.probing > 15 || phyint.held > 1) return 90;
  if ((<u32>phyint.held | <u32>phyint.probing | own) != 0 && phyint.grp == <u16>NONE) return 90;
  for (let k: u32 = 0; k < 4; k++) {
    const pr = probeAt((p << 2) | k);
    if (<u32>pr.state > PROBEST_FAILED || (<u32>pr.state != PROBEST_DISABLED) != (((phyint.probing >> <u8>k) & 1) != 0)) return 91;
    if (k < 2 && zero16(testAddr(pr)) == (((phyint.test >> <u8>k) & 1) != 0)) return 92;
    const wrong = watcherWrong((p << 2) | k);
    if (wrong != 0) return wrong;
  }
  return 0;
}

function watcherWrong(n: u32): u32 {
  const pr = probeAt(n);
  const end: u32 = pr.ntarget;
  if (end > TARGET_MAX || <u32>pr.last >= TARGET_MAX || <u32>pr.mode > PMODE_MULTICAST || pr.prefix > 128) return 93;
  if (<u32>pr.rtt_target >= TARGET_MAX || pr.count - pr.judged > PROBE_STATS) return 94;
  for (let i: u32 = 0; i < end; i++) {
    const t = targetAt(pr, i);
    if (<u32>t.state < TG_ACTIVE || <u32>t.state > TG_DEAD || <u32>t.kind > TGKIND_HOST) return 95;
  }
  if (<u32>pr.state == PROBEST_DISABLED) return 0;
  for (let k: u32 = 0; k < PROBE_STATS; k++) {
    const rec = recAt(pr, k);
    if (<u32>rec.status > PR_WAIT || (<u32>rec.target >= end && <u32>rec.target != GONE && rec.status != 0)) return 96;
  }
  return 0;
}

/** The same of a group's settings and lists. */
export function watchWrong(g: u32): u32 {
  const w = watchOf(g);
  if (w.fdt_ms < FDT_MIN_MS || w.fdt_ms > FDT_MAX_MS || w.fails < 2 || w.repairs == 0 || w.targets_max == 0) return 97;
  if (w.fdt == 0 || w.fdt > <u64>FDT_MAX_MS * NS_PER_MS || w.interval != max<u64>(w.fdt / (<u32>w.fails + 2), 1)) return 98;
  for (let kind: u32 = 0; kind <= TGKIND_RESOLVE; kind++) {
    if (listCount(g, kind, FAMILY_V4) > TARGET_MAX || listCount(g, kind, FAMILY_V6) > TARGET_MAX) return 99;
  }
  return 0;
}
