// IPv4 and IPv6 headers: lengths that lie, and the bounded walk over extension headers.

import { store16 } from "../../lib/be";
import { csumAdd, csumFold } from "../../lib/csum";
import { hasPorts, ip4Check, ip4IsFragment, ip4WriteIgmp } from "../ipv4";
import { EXT_MAX, IP6_BAD, NEXT_FRAGMENT, NEXT_ICMP6, NEXT_NONE, ip6Check, ip6Upper, ip6Write } from "../ipv6";

const P: usize = memory.data(4096, 8);

function v4(first: u32, total: u32): void {
  memory.fill(P, 0, 64);
  store<u8>(P, <u8>first);
  store16(P + 2, total);
}

describe("IPv4", () => {
  test("header and packet length are returned", () => {
    v4(0x45, 40);
    expect<u32>(ip4Check(P, 46, false)).toBe((20 << 24) | 40);
    v4(0x4f, 60);
    expect<u32>(ip4Check(P, 60, false)).toBe((60 << 24) | 60);
  });

  test("what contradicts itself or the frame is refused", () => {
    for (let first: u32 = 0; first < 256; first++) {
      v4(first, 100);
      expect<bool>(ip4Check(P, 100, false) != 0).toBe(first >= 0x45 && first <= 0x4f);
    }
    v4(0x46, 23);
    expect<u32>(ip4Check(P, 64, false)).toBe(0);
    v4(0x45, 65);
    expect<u32>(ip4Check(P, 64, false)).toBe(0);
    v4(0x4f, 60);
    expect<u32>(ip4Check(P, 59, false)).toBe(0);
  });

  test("total length 0 is a superframe's only", () => {
    v4(0x45, 0);
    expect<u32>(ip4Check(P, 64, false)).toBe(0);
    expect<u32>(ip4Check(P, 69000, true)).toBe((20 << 24) | 69000);
  });

  test("don't-fragment is no fragment; more-fragments and any offset are", () => {
    v4(0x45, 40);
    store16(P + 6, 0x4000);
    expect<bool>(ip4IsFragment(P)).toBe(false);
    store16(P + 6, 0x2000);
    expect<bool>(ip4IsFragment(P)).toBe(true);
    for (let bit = 0; bit < 13; bit++) {
      store16(P + 6, 1 << bit);
      expect<bool>(ip4IsFragment(P)).toBe(true);
    }
  });

  test("ports", () => {
    let n = 0;
    for (let proto: u32 = 0; proto < 256; proto++) n += i32(hasPorts(proto));
    expect<i32>(n).toBe(6);
    expect<bool>(hasPorts(6) && hasPorts(17) && hasPorts(132)).toBe(true);
  });

  test("the header for IGMP is whole and its checksum right", () => {
    const head = ip4WriteIgmp(P, 8, 0x0100000a, 0x010000e1);
    expect<u32>(ip4Check(P, 32, false)).toBe((head << 24) | 32);
    expect<u32>(csumFold(csumAdd(0, P, head))).toBe(0xffff);
  });
});

/** An extension header of 8 bytes times units + 1. */
function extension(at: u32, next: u32, units: u32): void {
  store<u8>(P + at, <u8>next);
  store<u8>(P + at + 1, <u8>units);
}

describe("IPv6", () => {
  test("the payload length must fit the frame", () => {
    memory.fill(P, 0, 128);
    ip6Write(P, 20, 17, 64);
    expect<u32>(ip6Check(P, 60, false)).toBe(60);
    expect<u32>(ip6Check(P, 80, false)).toBe(60);
    expect<u32>(ip6Check(P, 59, false)).toBe(0);
    store<u8>(P, 0x45);
    expect<u32>(ip6Check(P, 60, false)).toBe(0);
  });

  test("payload length 0 reaches to the end only of a jumbogram or superframe", () => {
    memory.fill(P, 0, 128);
    ip6Write(P, 0, 6, 64);
    expect<u32>(ip6Check(P, 100, false)).toBe(40);
    expect<u32>(ip6Check(P, 100, true)).toBe(100);
    ip6Write(P, 0, 0, 64);
    expect<u32>(ip6Check(P, 100, false)).toBe(100);
  });

  test("the walk finds the upper layer behind hop-by-hop, routing, destination options and AH", () => {
    memory.fill(P, 0, 256);
    ip6Write(P, 200, 0, 64);
    extension(40, 43, 0); // hop-by-hop, 8 bytes
    extension(48, 60, 2); // routing, 24 bytes
    extension(72, 51, 0); // destination options, 8 bytes
    extension(80, 58, 4); // AH, (4 + 2) x 4 bytes
    expect<u32>(ip6Upper(P, 240)).toBe((NEXT_ICMP6 << 24) | 104);
  });

  test("cut at every byte it never reads beyond: bad, or the same answer", () => {
    memory.fill(P, 0, 256);
    ip6Write(P, 64, 0, 64);
    extension(40, 60, 1);
    extension(56, 44, 0);
    extension(64, 17, 0);
    for (let len: u32 = 40; len <= 104; len++) {
      expect<u32>(ip6Upper(P, len)).toBe(len < 72 ? IP6_BAD : (NEXT_FRAGMENT << 24) | 64);
    }
  });

  test("a chain longer than the bound ends as an unknown upper layer", () => {
    memory.fill(P, 0, 4096);
    ip6Write(P, 4000, 60, 64);
    for (let at: u32 = 40; at < 4000; at += 8) extension(at, 60, 0);
    expect<u32>(ip6Upper(P, 4040)).toBe((NEXT_NONE << 24) | (40 + 8 * EXT_MAX));
  });
});
