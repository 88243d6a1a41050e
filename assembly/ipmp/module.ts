// The module as a whole: its page, its first state, the rings the host drains, a saved state taken back.

import {
  ABI_CURRENT, ABI_MINIMUM, EPROTO, ERANGE, GRP_MAX, RESOLVE_MAX, SNAPSHOT_VERSION,
} from "../abi/ipmp";
import { stateWrong } from "./check";
import { NEVER, RESOLVE_SIZE, STATE_SIZE, layoutInit, layoutPage, page, resolvesOf, stateBase } from "./layout";
import { nexthopReset } from "./path/nexthop";
import { heapReset } from "./probe/heap";
import { probeRestore } from "./probe/settle";
import { ipmp_time_advance } from "./time";

/** "IPMP" */
// @ts-ignore: decorator
@inline const MAGIC: u32 = 0x504d5049;

export function ipmp_page(): i32 {
  // A host reads version and addresses before it calls ipmp_init.
  if (page().magic != MAGIC) {
    identify();
    layoutPage();
  }
  return <i32>stateBase();
}

function identify(): void {
  const pg = page();
  pg.magic = MAGIC;
  pg.abi_current = <u16>ABI_CURRENT;
  pg.abi_minimum = <u16>ABI_MINIMUM;
  pg.snapshot_version = SNAPSHOT_VERSION;
}

export function ipmp_init(seed_lo: u32, seed_hi: u32): i32 {
  layoutInit();
  identify();
  const pg = page();
  pg.seed = <u64>seed_lo | (<u64>seed_hi << 32);
  pg.deadline = NEVER;
  heapReset();
  return 0;
}

export function ipmp_ctl_release(count: u32): i32 {
  const pg = page();
  const waiting = pg.ctl_head - pg.ctl_tail;
  if (count > waiting) return -ERANGE;
  pg.ctl_tail += count;
  return <i32>(waiting - count);
}

export function ipmp_event_release(count: u32): i32 {
  const pg = page();
  const waiting = pg.event_head - pg.event_tail;
  if (count > waiting) return -ERANGE;
  pg.event_tail += count;
  return <i32>(waiting - count);
}

export function ipmp_restore(): i32 {
  const pg = page();
  const seed = pg.seed;
  if (pg.magic != MAGIC || pg.snapshot_version != SNAPSHOT_VERSION || pg.state_size != STATE_SIZE || stateWrong() != 0) {
    ipmp_init(<u32>seed, <u32>(seed >> 32));
    return -EPROTO;
  }
  identify();
  layoutPage();
  // What was learnt of neighbours is learnt again; no index in it is worth checking.
  for (let g: u32 = 0; g < GRP_MAX; g++) {
    nexthopReset(g);
    memory.fill(resolvesOf(g), 0, RESOLVE_MAX * RESOLVE_SIZE);
  }
  probeRestore();
  // Rings are scratch: what was in them is gone, and the numbers of events go on.
  pg.ctl_tail = pg.ctl_head;
  pg.event_tail = pg.event_head;
  pg.timers_due = 0;
  ipmp_time_advance();
  return 0;
}
