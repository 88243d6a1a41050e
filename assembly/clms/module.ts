// The module as a whole: its page, its first state, the ring the host drains.

import { ABI_CURRENT, ABI_MINIMUM, ERANGE, SNAPSHOT_VERSION } from "../abi/clms";
import { gateSettle } from "./app/gate";
import { NEVER, layoutInit, layoutPage, page, stateBase } from "./layout";

/** "CLMS" */
// @ts-ignore: decorator
@inline export const MAGIC: u32 = 0x534d_4c43;

export function clms_page(): i32 {
  // A host reads version and addresses before it calls clms_init.
  if (page().magic != MAGIC) {
    identify();
    layoutPage();
  }
  return <i32>stateBase();
}

export function identify(): void {
  const pg = page();
  pg.magic = MAGIC;
  pg.abi_current = <u16>ABI_CURRENT;
  pg.abi_minimum = <u16>ABI_MINIMUM;
  pg.snapshot_version = SNAPSHOT_VERSION;
}

export function clms_init(seed_lo: u32, seed_hi: u32): i32 {
  layoutInit();
  identify();
  page().seed = <u64>seed_lo | (<u64>seed_hi << 32);
  page().deadline = NEVER;
  gateSettle();
  return 0;
}

export function clms_event_release(count: u32): i32 {
  const pg = page();
  const waiting = pg.event_head - pg.event_tail;
  if (count > waiting) return -ERANGE;
  pg.event_tail += count;
  return <i32>(waiting - count);
}
