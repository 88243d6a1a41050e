// A saved state region is taken back: only if it is one that this module could have left.

import { EPROTO, SNAPSHOT_VERSION } from "../abi/clms";
import { appValid } from "./app/applied";
import { stateWrong } from "./check";
import { STATE_SIZE, layoutPage, page, scratchInit } from "./layout";
import { MAGIC, clms_init, identify } from "./module";

export function clms_restore(): i32 {
  const pg = page();
  const seed = pg.seed;
  const fits = pg.magic == MAGIC && pg.snapshot_version == SNAPSHOT_VERSION && pg.state_size == STATE_SIZE;
  if (!fits || stateWrong() != 0 || !appValid()) {
    clms_init(<u32>seed, <u32>(seed >> 32));
    return -EPROTO;
  }
  identify();
  layoutPage();
  scratchInit();
  // Rings and buffers are scratch: what was in them is gone, and the numbers of events go on.
  pg.event_tail = pg.event_head;
  return 0;
}
