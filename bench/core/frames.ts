// The frames of the core suite: UDP over IPv4, 64 bytes, the same in every run.
//
// To the wire: from every data address in turn of a shuffled order, to 64 neighbours, with random ports.
// From the wire: the same the other way round, each batch to one member's hardware address.

import { FRAME_BYTES, FRAMES } from "./cases.js";

/** Few enough that the next-hop policy remembers them all. */
const NEIGHBOURS = 64;

/** A small generator of our own, so that the frames never change with a library: xorshift32. */
function generator(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** The i-th data address, as text and as the bytes of 10.1.0.0/16. */
export function dataAddress(i: number): string {
  return `10.1.${((i + 1) >> 8) & 255}.${(i + 1) & 255}`;
}

export function memberMac(i: number): string {
  return `02:00:00:00:01:${(i + 1).toString(16).padStart(2, "0")}`;
}

export const GROUP_MAC = "02:00:00:00:00:10";

function putMac(u8: Uint8Array, at: number, mac: string): void {
  mac.split(":").forEach((byte, i) => {
    u8[at + i] = Number.parseInt(byte, 16);
  });
}

/** Writes an IPv4 header with its checksum and a UDP header without one. */
function putPacket(dv: DataView, ip: number, source: number, target: number, ports: number): void {
  dv.setUint32(ip, 0x45000000 | (FRAME_BYTES - 14));
  dv.setUint32(ip + 8, 0x40110000); // TTL 64, UDP
  dv.setUint32(ip + 12, source);
  dv.setUint32(ip + 16, target);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += dv.getUint16(ip + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  dv.setUint16(ip + 10, ~sum & 0xffff);
  dv.setUint32(ip + 20, ports);
  dv.setUint32(ip + 24, (FRAME_BYTES - 34) << 16);
}

/** Frames as the local stack sends them, one behind the other. */
export function txFrames(addresses: number): Uint8Array {
  const random = generator(0x486f6c64);
  return build((u8, dv, at, k) => {
    const neighbour = random() % NEIGHBOURS;
    putMac(u8, at, `02:00:00:00:02:${neighbour.toString(16).padStart(2, "0")}`);
    putMac(u8, at + 6, GROUP_MAC);
    // An odd factor visits every address once a round, in no order that a cache could guess.
    const data = 0x0a010000 + 1 + ((k * 1237) % addresses);
    putPacket(dv, at + 14, data, 0x0a020000 + neighbour, random());
  });
}

/** Frames as they arrive: batch b for member b % members. */
export function rxFrames(addresses: number, members: number, batch: number): Uint8Array {
  const random = generator(0x66617374);
  return build((u8, dv, at, k) => {
    const neighbour = random() % NEIGHBOURS;
    putMac(u8, at, memberMac(Math.floor(k / batch) % members));
    putMac(u8, at + 6, `02:00:00:00:02:${neighbour.toString(16).padStart(2, "0")}`);
    const data = 0x0a010000 + 1 + ((k * 1237) % addresses);
    putPacket(dv, at + 14, 0x0a020000 + neighbour, data, random());
  });
}

function build(put: (u8: Uint8Array, dv: DataView, at: number, k: number) => void): Uint8Array {
  const u8 = new Uint8Array(FRAMES * FRAME_BYTES);
  const dv = new DataView(u8.buffer);
  for (let k = 0; k < FRAMES; k++) {
    const at = k * FRAME_BYTES;
    dv.setUint16(at + 12, 0x0800);
    put(u8, dv, at, k);
  }
  return u8;
}
