// Frames between well-formed and random: a frame of the stock with a few bytes changed, cut, grown or tagged, half of
// them with the checksum made right again, so that they get past it.

import type { Bytes } from "./frames.js";
import { EXTREMES, type Random } from "./random.js";

const ICMP6_AT = 54;
const ICMP6_SUM = 56;

/** Values that protocols give a meaning. */
const TELLING = [
  0, 1, 2, 4, 5, 6, 17, 41, 43, 44, 50, 51, 58, 59, 60, 0x11, 0x45, 0x46, 0x60, 0x7f, 0x80, 0x86, 0x87, 0x88, 0xe0, 0xfe, 0xff,
];

/** Puts a mutation of `stock` at `at` of memory, which has `room` bytes for it; returns its length. */
export function mutate(random: Random, u8: Uint8Array, at: number, room: number, stock: Bytes): number {
  let length = stock.length;
  for (let i = 0; i < length; i++) u8[at + i] = stock[i];
  for (let n = random.below(5); n > 0; n--) {
    const where = at + random.below(length);
    const kind = random.below(6);
    if (kind === 0) u8[where] = random.u32();
    else if (kind === 1) u8[where] ^= 1 << random.below(8);
    else if (kind === 2) u8[where] = random.pick(TELLING);
    else if (kind === 3) word(u8, where, random.pick(EXTREMES));
    else if (kind === 4) length = 1 + random.below(length);
    else length = grow(random, u8, at, length, room);
    if (length === 0) break;
  }
  if (random.once(2)) resum(u8, at, length);
  return length;
}

function word(u8: Uint8Array, at: number, value: number): void {
  u8[at] = value >>> 8;
  u8[at + 1] = value;
}

/** Puts a tag in, repeats the tail, or appends bytes. */
function grow(random: Random, u8: Uint8Array, at: number, length: number, room: number): number {
  const more = random.once(2) ? 4 : 1 + random.below(64);
  if (length + more > room || length < 14) return length;
  const from = more === 4 ? 12 : random.below(length);
  u8.copyWithin(at + from + more, at + from, at + length);
  if (more === 4) {
    word(u8, at + 12, random.once(2) ? 0x8100 : 0x88a8);
    word(u8, at + 14, random.u32());
  }
  return length + more;
}

/** Makes the checksum of an untagged ICMPv6 message without extension headers right, if the frame is one. */
function resum(u8: Uint8Array, at: number, length: number): void {
  if (length < ICMP6_AT + 4 || u8[at + 12] !== 0x86 || u8[at + 13] !== 0xdd || u8[at + 20] !== 58) return;
  const size = (u8[at + 18] << 8) | u8[at + 19];
  const end = at + ICMP6_AT + size;
  if (size < 4 || ICMP6_AT + size > length) return;
  word(u8, at + ICMP6_SUM, 0);
  let sum = 58 + size;
  for (let i = at + 22; i < end; i += 2) sum += (u8[i] << 8) | (i + 1 < end ? u8[i + 1] : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  word(u8, at + ICMP6_SUM, ~sum & 0xffff);
}
