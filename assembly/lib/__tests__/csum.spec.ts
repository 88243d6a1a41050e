// The internet checksum against the example of RFC 1071, against itself, and updated against computed anew.

import { csumAdd, csumEnd, csumFold, csumPseudo6, csumReplaceMac } from "../csum";
import { loadMac, storeMac } from "../be";

const BUF: usize = memory.data(2048, 8);

/** The checksum as RFC 1071 §4.1 defines it: 16-bit words in network order, one at a time. */
function slow(at: usize, len: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < len; i += 2) {
    sum += <u32>load<u8>(at + i) << 8;
    if (i + 1 < len) sum += <u32>load<u8>(at + i + 1);
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return ~sum & 0xffff;
}

let seed: u32 = 7;
function random(): u32 {
  seed = seed * 1664525 + 1013904223;
  return seed >> 8;
}

function fill(len: u32): void {
  for (let i: u32 = 0; i < len; i++) store<u8>(BUF + i, <u8>random());
}

describe("the internet checksum", () => {
  test("the example of RFC 1071 §3 sums to ddf2", () => {
    store<u64>(BUF, 0xf7f6_f5f4_03f2_0100);
    expect<u32>(<u32>bswap<u16>(<u16>csumFold(csumAdd(0, BUF, 8)))).toBe(0xddf2);
  });

  test("every length from 0 to 200 agrees with the definition", () => {
    for (let len: u32 = 0; len <= 200; len++) {
      fill(len);
      expect<u32>(<u32>bswap<u16>(<u16>csumEnd(csumAdd(0, BUF, len)))).toBe(slow(BUF, len));
    }
  });

  test("no carry is lost in a megabyte of ones", () => {
    memory.fill(BUF, 0xff, 2048);
    let sum: u64 = 0;
    for (let i = 0; i < 512; i++) sum = csumAdd(sum, BUF, 2048);
    expect<u32>(csumFold(sum)).toBe(0xffff);
  });

  test("the pseudo-header of IPv6 counts addresses, length and next header", () => {
    memory.fill(BUF, 0, 128);
    store<u8>(BUF, 1, 8);
    store<u8>(BUF, 2, 39);
    // 0x0100 + 0x0002 + 0x1234 + 58
    expect<u32>(<u32>bswap<u16>(<u16>csumFold(csumPseudo6(BUF, 0x1234, 58)))).toBe(0x0100 + 0x0002 + 0x1234 + 58);
  });

  test("after a hardware address changes the updated checksum is the one computed anew", () => {
    for (let round = 0; round < 2000; round++) {
      fill(32);
      // Now and then the words that make sums overflow or vanish.
      if (round % 3 == 0) memory.fill(BUF + 10, round % 2 ? 0xff : 0, 6);
      store<u16>(BUF, 0, 2);
      store<u16>(BUF, <u16>csumEnd(csumAdd(0, BUF, 32)), 2);
      const before = loadMac(BUF + 10);
      const after = round % 5 == 0 ? 0 : (<u64>random() << 24) | <u64>random();
      const updated = csumReplaceMac(load<u16>(BUF, 2), before, after & 0xffff_ffff_ffff);
      storeMac(BUF + 10, after & 0xffff_ffff_ffff);
      store<u16>(BUF, <u16>updated, 2);
      expect<u32>(csumFold(csumAdd(0, BUF, 32))).toBe(0xffff);
    }
  });
});
