// Puts frames into the I/O region with a wall of known bytes around each, runs a batch, and takes them out again.
//
// Invariant: the module changes nothing but the frames' own bytes; the walls are compared after every batch.

import assert from "node:assert/strict";
import { DESCF, DROP_NAME, LIMIT, OUT, OUT_NAME } from "../../host/core/abi/ipmp.js";
import type { Bed, Outcome } from "../conformance/bed.js";

/** Bytes of a virtio header. */
const VNET = 10;
const WALL = 32;
const BRICK = 0xa5;

export interface Frame {
  bytes: ArrayLike<number>;
  /** the virtio header before it, at most 10 bytes; none without */
  vnet?: readonly number[];
}

export const NEEDS_CSUM = [1, 0, 0, 0, 0, 0, 54, 0, 2, 0] as const;
export const DATA_VALID = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0] as const;
/** gso type TCPv4, segments of 1,448 bytes, partial checksum */
export const TSO = [1, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0] as const;

function batch(bed: Bed, frames: readonly Frame[], run: (count: number) => number): Outcome[] {
  const { u8 } = bed.ipmp;
  const base = bed.ipmp.pageWord("io_base");
  let off = base + WALL;
  const at = frames.map((frame, i) => {
    const start = off + VNET;
    u8.fill(BRICK, off - WALL, start + frame.bytes.length + WALL);
    if (frame.vnet) u8.set(frame.vnet, start - VNET);
    u8.set(frame.bytes as Uint8Array, start);
    bed.ipmp.setDesc(i, start, frame.bytes.length, frame.vnet ? DESCF.VNET : 0);
    off = start + frame.bytes.length + WALL;
    return start;
  });
  const wanted = u8.slice(base, off);
  const result = run(frames.length);
  const outcomes = frames.map((frame, i) => {
    const out = bed.ipmp.descOut(i);
    const bytes = u8.slice(at[i], at[i] + frame.bytes.length);
    wanted.set(bytes, at[i] - base);
    if (out < LIMIT.PHYINT_MAX) return { what: `nic${bed.nics.indexOf(out)}`, bytes };
    return { what: out >= OUT.DROP ? (DROP_NAME[out - OUT.DROP] ?? `drop ${out}`) : OUT_NAME[out], bytes };
  });
  assert.ok(Buffer.from(wanted.buffer).equals(u8.slice(base, off)), "bytes around the frames have changed");
  assert.equal(result, outcomes.filter((o) => /^(nic|DELIVER$|ALL$)/.test(o.what)).length, "the number returned");
  return outcomes;
}

/** Frames from the stack. */
export const send = (bed: Bed, ...frames: Frame[]): Outcome[] => batch(bed, frames, (n) => bed.ipmp.txBatch(bed.grp, 0, n));

/** Frames that NIC n has received. */
export const receive = (bed: Bed, n: number, ...frames: Frame[]): Outcome[] =>
  batch(bed, frames, (count) => bed.ipmp.rxBatch(bed.nics[n], 0, count));

/** Every counter of drops that is not 0, by name. */
export function drops(bed: Bed): Record<string, number> {
  const counted = bed.ipmp.grp(bed.grp).drops.map((n, cause): [string, number] => [DROP_NAME[cause], Number(n)]);
  return Object.fromEntries(counted.filter(([, n]) => n !== 0));
}
