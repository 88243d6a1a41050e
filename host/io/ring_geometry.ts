// How a receive ring is cut: blocks of contiguous kernel memory, slots in blocks.
//
// Invariants: a slot holds the largest frame (LIMIT.FRAME_MAX) with its headers; a block is a multiple of every
// platform's page; a slot never crosses the end of its block (what is left there is unused).

import { LIMIT } from "../core/abi/ipmp.js";
import { type Arena, ArenaError } from "./arena.js";

/** 1 MiB: the kernel takes it as one run of pages, or else as virtual memory. */
const BLOCK = 1 << 20;
const PAGE_MAX = 0x10000;
const SLOTS_DEFAULT = 255;
/** Below this a ring would lose frames in every pause. */
const SLOTS_MIN = 2;

export interface RingGeometry {
  slotSize: number;
  slots: number;
  blockSize: number;
  blocks: number;
  perBlock: number;
}

/**
 * A ring of about `slots` slots. Where the arena is short, each of `members` rings gets an equal share of four fifths
 * of it: the rest is for the groups' own buffers.
 */
export function ringGeometry(arena: Arena, slots = SLOTS_DEFAULT, members: number, name: string): RingGeometry {
  const slotSize = LIMIT.FRAME_MAX;
  const share = Math.min(arena.largest(), Math.floor((arena.size * 0.8) / Math.max(1, members)));
  let perBlock = Math.floor(BLOCK / slotSize);
  let blockSize = BLOCK;
  if (share < BLOCK || slots < perBlock) {
    blockSize = Math.min(Math.floor(share / PAGE_MAX) * PAGE_MAX, Math.ceil((Math.max(slots, SLOTS_MIN) * slotSize) / PAGE_MAX) * PAGE_MAX);
    perBlock = Math.floor(blockSize / slotSize);
  }
  if (perBlock < SLOTS_MIN)
    throw new ArenaError(
      `${name}: a receive ring needs ${Math.ceil((SLOTS_MIN * slotSize) / 1024)} KiB of the module's I/O region; ` +
        `its share among ${members} members is ${Math.max(0, share) >> 10} KiB`,
    );
  const blocks = Math.max(1, Math.min(Math.floor(share / blockSize), Math.ceil(slots / perBlock)));
  return { slotSize, slots: blocks * perBlock, blockSize, blocks, perBlock };
}

/** Where slot i begins, from the ring's first byte. */
export function slotOffset(g: RingGeometry, i: number): number {
  const block = Math.floor(i / g.perBlock);
  return block * g.blockSize + (i - block * g.perBlock) * g.slotSize;
}
