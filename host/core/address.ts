// Hardware and IP addresses between text, bytes and the numbers of the ABI.
//
// Invariants: text out is canonical (MAC in lower case, IPv6 as RFC 5952 says), so equal addresses have equal
// text; a 16-byte form holds an IPv4 address in its first 4 bytes and zeros behind, as the ABI does.

import { FAMILY } from "./abi/ipmp.js";
import { AddressError } from "./errors.js";

/** FAMILY.V4 or FAMILY.V6 */
export type Family = 0 | 1;

export interface IpAddress {
  family: Family;
  /** network order; IPv4 in the first 4 bytes, the rest 0 */
  bytes16: Uint8Array;
}

export interface IpPrefix extends IpAddress {
  prefix: number;
}

/** Bytes of an address of a family. */
export function addressLength(family: number): number {
  return family === FAMILY.V6 ? 16 : 4;
}

/** Bits of the longest prefix of a family. */
export function prefixMax(family: number): number {
  return 8 * addressLength(family);
}

const HEX2 = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
const MAC_TEXT = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i;

/** The six bytes of "02:00:5e:10:00:01" (also with hyphens). */
export function parseMac(text: string): Uint8Array {
  if (typeof text !== "string" || !MAC_TEXT.test(text))
    throw new AddressError(`${JSON.stringify(text)} is not a hardware address: six two-digit hexadecimal numbers, as in 02:00:5e:10:00:01`);
  return Uint8Array.from({ length: 6 }, (_, i) => Number.parseInt(text.slice(3 * i, 3 * i + 2), 16));
}

/** Text of the six bytes at `at`. */
export function formatMac(bytes: Uint8Array, at = 0): string {
  let text = HEX2[bytes[at]];
  for (let i = 1; i < 6; i++) text += `:${HEX2[bytes[at + i]]}`;
  return text;
}

/** A hardware address as the ABI's u64: byte i is bits 8i … 8i+7. */
export function macToBig(mac: string | Uint8Array): bigint {
  const bytes = typeof mac === "string" ? parseMac(mac) : mac;
  let value = 0n;
  for (let i = 5; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}

/** The reverse of macToBig. */
export function macFromBig(value: bigint): string {
  return formatMac(Uint8Array.from({ length: 6 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)));
}

/** A decimal number from 0 to max without leading zeros, or -1. */
function decimal(text: string, max: number): number {
  if (!/^(0|[1-9][0-9]{0,2})$/.test(text)) return -1;
  const value = Number(text);
  return value <= max ? value : -1;
}

/** Writes a dotted quad at `at` of out; false if it is none. */
function readQuad(text: string, out: Uint8Array, at: number): boolean {
  const parts = text.split(".");
  if (parts.length !== 4) return false;
  for (let i = 0; i < 4; i++) {
    const value = decimal(parts[i], 255);
    if (value < 0) return false;
    out[at + i] = value;
  }
  return true;
}

/** Writes the groups of one side of "::" at `at` of out; returns the bytes written, or -1. A quad may only stand last. */
function readGroups(text: string, out: Uint8Array, at: number, quadAllowed: boolean): number {
  if (text === "") return 0;
  const groups = text.split(":");
  let pos = at;
  for (const [i, group] of groups.entries()) {
    if (quadAllowed && i === groups.length - 1 && group.includes(".")) {
      if (pos + 4 > 16 || !readQuad(group, out, pos)) return -1;
      pos += 4;
      continue;
    }
    if (pos + 2 > 16 || !/^[0-9a-f]{1,4}$/i.test(group)) return -1;
    const value = Number.parseInt(group, 16);
    out[pos++] = value >> 8;
    out[pos++] = value & 255;
  }
  return pos - at;
}

/** Writes an IPv6 address into the 16 zero bytes of out; false if it is none. */
function readIp6(text: string, out: Uint8Array): boolean {
  const gap = text.indexOf("::");
  if (gap < 0) return readGroups(text, out, 0, true) === 16;
  const left = text.slice(0, gap);
  const right = text.slice(gap + 2);
  if (right.includes("::")) return false;
  const head = readGroups(left, out, 0, false);
  if (head < 0 || head > 14) return false;
  const tail = new Uint8Array(16);
  const count = readGroups(right, tail, 0, true);
  if (count < 0 || head + count > 14) return false;
  out.set(tail.subarray(0, count), 16 - count);
  return true;
}

/** Parses an IPv4 or IPv6 address. Zones ("%eth0") and leading zeros in IPv4 are refused: they mean different things to different tools. */
export function parseIp(text: string): IpAddress {
  const bytes = new Uint8Array(16);
  if (typeof text === "string") {
    if (text.includes(":")) {
      if (readIp6(text, bytes)) return { family: FAMILY.V6, bytes16: bytes };
    } else if (readQuad(text, bytes, 0)) return { family: FAMILY.V4, bytes16: bytes };
  }
  throw new AddressError(`${JSON.stringify(text)} is not an IP address: IPv4 as in 192.0.2.1 or IPv6 as in 2001:db8::1`);
}

/** Parses "address/bits"; without "/bits" the prefix is the whole address. */
export function parsePrefix(text: string): IpPrefix {
  const slash = typeof text === "string" ? text.indexOf("/") : -1;
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (slash < 0) return { ...ip, prefix: prefixMax(ip.family) };
  const prefix = decimal(text.slice(slash + 1), prefixMax(ip.family));
  if (prefix < 0)
    throw new AddressError(
      `${JSON.stringify(text)} has no valid prefix length: a number from 0 to ${prefixMax(ip.family)} after the slash`,
    );
  return { ...ip, prefix };
}

/** The longest run of at least two zero groups, the first of equals: [start, length]; length 0 if none. */
function longestZeros(groups: number[]): [number, number] {
  let best = 0;
  let bestLength = 0;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
    i += n;
  }
  return bestLength < 2 ? [0, 0] : [best, bestLength];
}

function formatIp6(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[at + 2 * i] << 8) | bytes[at + 2 * i + 1]);
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) return `::ffff:${bytes.subarray(at + 12, at + 16).join(".")}`;
  const hex = groups.map((g) => g.toString(16));
  const [start, length] = longestZeros(groups);
  if (length === 0) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** Canonical text of the address at `at`. */
export function formatIp(bytes: Uint8Array, family: number, at = 0): string {
  return family === FAMILY.V6 ? formatIp6(bytes, at) : bytes.subarray(at, at + 4).join(".");
}

/** Canonical text of any text of an address. */
export function canonicalIp(text: string): string {
  const ip = parseIp(text);
  return formatIp(ip.bytes16, ip.family);
}
