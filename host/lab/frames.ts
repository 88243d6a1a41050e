// Building frames for the lab: Ethernet, optionally tagged, with a numbered UDP datagram in it. The opposite of decode.ts.
//
// Invariant: every length and checksum is right; what is wrong on purpose belongs to the tests of hostile input.
import { isIPv6 } from "node:net";
import { ETH_IPV4, ETH_IPV6 } from "./decode.js";
import { HEADER, writeHeader } from "./stream.js";

export interface FrameSpec {
  dst: string;
  src: string;
  /** outermost first */
  tags?: readonly { id: number; tpid: number }[];
  srcIp: string;
  dstIp: string;
  sport: number;
  dport: number;
  /** stream and sequence number of the datagram */
  stream: number;
  sequence: number;
}

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

/** The 4 or 16 bytes of an address in text form. */
export function ipBytes(ip: string): Buffer {
  if (!isIPv6(ip)) return Buffer.from(ip.split(".").map(Number));
  const [head, tail] = ip.split("::").map((part) => part.split(":").filter(Boolean));
  const words = tail === undefined ? head : [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  const out = Buffer.alloc(16);
  for (const [i, word] of words.entries()) out.writeUInt16BE(Number.parseInt(word, 16), 2 * i);
  return out;
}

/** The Internet checksum over the pieces one after another; only the last may be of odd length. */
function checksum(...pieces: readonly Buffer[]): number {
  let sum = 0;
  for (const b of pieces) {
    for (let i = 0; i + 1 < b.length; i += 2) sum += b.readUInt16BE(i);
    if (b.length % 2) sum += b[b.length - 1] << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function udp(spec: FrameSpec): Buffer {
  const out = Buffer.alloc(8 + HEADER);
  out.writeUInt16BE(spec.sport, 0);
  out.writeUInt16BE(spec.dport, 2);
  out.writeUInt16BE(out.length, 4);
  writeHeader(out.subarray(8), spec.stream, BigInt(spec.sequence), 0n);
  const pseudo = Buffer.from([0, 17, 0, out.length]);
  out.writeUInt16BE(checksum(ipBytes(spec.srcIp), ipBytes(spec.dstIp), pseudo, out) || 0xffff, 6);
  return out;
}

function ip(spec: FrameSpec, body: Buffer): Buffer {
  if (isIPv6(spec.srcIp)) {
    const header = Buffer.from([0x60, 0, 0, 0, 0, body.length, 17, 64]);
    return Buffer.concat([header, ipBytes(spec.srcIp), ipBytes(spec.dstIp), body]);
  }
  const header = Buffer.from([0x45, 0, 0, 20 + body.length, 0, 0, 0, 0, 64, 17, 0, 0, ...ipBytes(spec.srcIp), ...ipBytes(spec.dstIp)]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, body]);
}

/** A whole frame. */
export function udpFrame(spec: FrameSpec): Buffer {
  const tags = (spec.tags ?? []).map(({ id, tpid }) => Buffer.from([tpid >> 8, tpid & 255, id >> 8, id & 255]));
  const type = Buffer.alloc(2);
  type.writeUInt16BE(isIPv6(spec.srcIp) ? ETH_IPV6 : ETH_IPV4);
  return Buffer.concat([macBytes(spec.dst), macBytes(spec.src), ...tags, type, ip(spec, udp(spec))]);
}
