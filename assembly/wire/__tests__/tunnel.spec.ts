// Tunnels: the packet inside is found where the standards say it is, and nothing is read past the end.

import { store16 } from "../../lib/be";
import { greInner, vxlanInner } from "../tunnel";

const P: usize = memory.data(256, 8);

function gre(flags: u32, type: u32): void {
  memory.fill(P, 0, 256);
  store16(P, flags);
  store16(P + 2, type);
}

/** A VXLAN datagram with the network identifier flag; an Ethernet frame with `tags` tags in it. */
function vxlan(port: u32, flags: u32, tags: u32, type: u32): void {
  memory.fill(P, 0, 256);
  store16(P + 2, port);
  store<u8>(P, <u8>flags, 8);
  for (let i: u32 = 0; i < tags; i++) store16(P + 16 + 12 + 4 * i, 0x8100);
  store16(P + 16 + 12 + 4 * tags, type);
}

describe("GRE", () => {
  test("checksum, key and sequence number move the payload by four bytes each", () => {
    for (let bits: u32 = 0; bits < 8; bits++) {
      const flags = (bits & 1 ? 0x8000 : 0) | (bits & 2 ? 0x2000 : 0) | (bits & 4 ? 0x1000 : 0);
      gre(flags, 0x0800);
      expect<usize>(greInner(P, P + 64) - P).toBe(4 + 4 * <usize>popcnt(bits));
      gre(flags, 0x86dd);
      expect<usize>(greInner(P, P + 64) - P).toBe(4 + 4 * <usize>popcnt(bits));
    }
  });

  test("Ethernet inside: behind its header and up to two tags", () => {
    for (let tags: u32 = 0; tags <= 8; tags++) {
      gre(0x2000, 0x6558);
      for (let i: u32 = 0; i < tags; i++) store16(P + 8 + 12 + 4 * i, 0x88a8);
      store16(P + 8 + 12 + 4 * tags, 0x86dd);
      expect<usize>(greInner(P, P + 128)).toBe(tags > 2 ? 0 : P + 8 + 14 + 4 * tags);
    }
  });

  test("another version, source routes, another protocol, an end before the header: none", () => {
    for (let flags: u32 = 1; flags < 8; flags++) {
      gre(flags, 0x0800);
      expect<usize>(greInner(P, P + 64)).toBe(0);
    }
    gre(0x4000, 0x0800);
    expect<usize>(greInner(P, P + 64)).toBe(0);
    gre(0, 0x8847);
    expect<usize>(greInner(P, P + 64)).toBe(0);
    gre(0, 0x6558);
    for (let size: usize = 0; size < 4 + 14; size++) expect<usize>(greInner(P, P + size)).toBe(0);
  });
});

describe("VXLAN", () => {
  test("to its port and with its flag: the packet behind the inner Ethernet header and up to two tags", () => {
    for (let tags: u32 = 0; tags <= 8; tags++) {
      vxlan(4789, 8, tags, 0x0800);
      expect<usize>(vxlanInner(P, P + 128, 4789)).toBe(tags > 2 ? 0 : P + 16 + 14 + 4 * tags);
    }
    vxlan(8472, 8, 0, 0x86dd);
    expect<usize>(vxlanInner(P, P + 128, 8472)).toBe(P + 30);
  });

  test("another port, no flag, ARP inside, an end before the inner header: none", () => {
    vxlan(4789, 8, 0, 0x0800);
    expect<usize>(vxlanInner(P, P + 128, 4790)).toBe(0);
    for (let size: usize = 0; size < 30; size++) expect<usize>(vxlanInner(P, P + size, 4789)).toBe(0);
    vxlan(4789, 0xf7, 0, 0x0800);
    expect<usize>(vxlanInner(P, P + 128, 4789)).toBe(0);
    vxlan(4789, 8, 0, 0x0806);
    expect<usize>(vxlanInner(P, P + 128, 4789)).toBe(0);
  });
});
