// How the I/O region is shared among rings and TAPs, and how a receive ring is cut: blocks of contiguous kernel memory,
// slots in blocks.
//
// Invariants: the rings and TAPs of as many members and groups as were announced all find a place; a block is a multiple
// of the system's page; a slot never crosses the end of its block (what is left there is unused); a slot holds the largest
// frame (LIMIT.FRAME_MAX) with its headers, or, where so few of those fit that the ring would lose frames in every pause, a
// frame of the interface's MTU.

import { LIMIT } from "../core/abi/ipmp.js";
import { type Arena, ArenaError } from "./arena.js";

/** 1 MiB: the kernel takes it as one run of pages, or else as virtual memory. */
const BLOCK = 1 << 20;
const SLOTS_DEFAULT = 255;
/** Below this a ring would lose frames in every pause. */
const SLOTS_MIN = 2;
/** With fewer slots for the largest frames than this, many slots for frames of the MTU are worth more. */
const LARGE_SLOTS_MIN = 16;

/** A slot up to the Ethernet header: tpacket2_hdr, sockaddr_ll, room for a tag, virtio_net_hdr, as the kernel aligns them. */
const FRAME_AT = 96;
/** An Ethernet header with two VLAN tags. */
const HEADER = 14 + 2 * 4;
/** Slots begin on a cache line of every platform. */
const SLOT_STEP = 128;

/** A TAP's buffer: room for 30 superframes, or for a whole batch of small frames in a corner that stays in the cache. */
const TAP_BUFFER = 2 << 20;
/** Room for one frame of any size, and for a batch of small ones before it. */
const TAP_BUFFER_MIN = 128 << 10;
/** The part of the region that TAPs take, however many there are, if the least for each allows that. */
const TAP_PART = 1 / 12;

/** Who shares the region. */
export interface Sharers {
  /** receive rings */
  members: number;
  /** TAPs; if not given, a fifth of the region is kept for them */
  groups?: number;
}

export interface RingGeometry {
  slotSize: number;
  slots: number;
  blockSize: number;
  blocks: number;
  perBlock: number;
}

const floorTo = (bytes: number, unit: number): number => Math.floor(bytes / unit) * unit;

/** Bytes of the buffer of each of so many TAPs. */
export function tapBuffer(arena: Arena, groups = 1): number {
  const share = floorTo((arena.size * TAP_PART) / Math.max(1, groups), arena.piece);
  return Math.min(TAP_BUFFER, Math.max(TAP_BUFFER_MIN, share));
}

/** Bytes that each ring may take. */
function ringShare(arena: Arena, { members, groups }: Sharers): number {
  const forTaps = groups === undefined ? arena.size / 5 : Math.min(arena.size, groups * tapBuffer(arena, groups));
  return Math.min(arena.largest(), Math.floor((arena.size - forTaps) / Math.max(1, members)));
}

/**
 * A ring of about `slots` slots; fewer where the arena is short, of which each member gets an equal share. With `mtu`
 * given, slots may be too small for superframes then.
 */
export function ringGeometry(arena: Arena, slots = SLOTS_DEFAULT, sharers: Sharers, name: string, mtu?: number): RingGeometry {
  const share = ringShare(arena, sharers);
  let slotSize: number = LIMIT.FRAME_MAX;
  if (mtu !== undefined && share < LARGE_SLOTS_MIN * slotSize) slotSize = Math.min(slotSize, slotFor(mtu));
  let perBlock = Math.floor(BLOCK / slotSize);
  let blockSize = BLOCK;
  if (share < BLOCK || slots < perBlock) {
    const wanted = Math.ceil((Math.max(slots, SLOTS_MIN) * slotSize) / arena.piece) * arena.piece;
    blockSize = Math.min(floorTo(share, arena.piece), wanted);
    perBlock = Math.floor(blockSize / slotSize);
  }
  if (perBlock < SLOTS_MIN)
    throw new ArenaError(
      `${name}: a receive ring needs ${Math.ceil((SLOTS_MIN * slotSize) / 1024)} KiB of the module's I/O region; ` +
        `its share among ${sharers.members} members is ${Math.max(0, share) >> 10} KiB`,
    );
  const blocks = Math.max(1, Math.min(Math.floor(share / blockSize), Math.ceil(slots / perBlock)));
  return { slotSize, slots: blocks * perBlock, blockSize, blocks, perBlock };
}

/** Slots for the largest frames that a ring's share holds beside so many bytes of another use; 0: there is no room for both. */
export function slotsBeside(arena: Arena, sharers: Sharers, bytes: number): number {
  const blocks = Math.floor((ringShare(arena, sharers) - bytes) / BLOCK);
  return Math.max(0, blocks) * Math.floor(BLOCK / LIMIT.FRAME_MAX);
}

/** Size of a slot for frames of an MTU. */
function slotFor(mtu: number): number {
  return Math.ceil((FRAME_AT + HEADER + mtu) / SLOT_STEP) * SLOT_STEP;
}

/** The largest MTU whose frames a ring's slots hold whole. */
export function mtuOf(g: RingGeometry): number {
  return g.slotSize - FRAME_AT - HEADER;
}

/** Whether a ring's slots hold superframes. */
export function holdsSuperframes(g: RingGeometry): boolean {
  return g.slotSize === LIMIT.FRAME_MAX;
}

/** Where slot i begins, from the ring's first byte. */
export function slotOffset(g: RingGeometry, i: number): number {
  const block = Math.floor(i / g.perBlock);
  return block * g.blockSize + (i - block * g.perBlock) * g.slotSize;
}
