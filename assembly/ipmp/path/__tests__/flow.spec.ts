// The flow hash: the documented algorithm, spread, and the packets that must stay together.

import { store16 } from "../../../lib/be";
import { flow4, flow6, flowBucket } from "../flow";

const P: usize = memory.data(256, 8);
const HITS: usize = memory.data(1024, 8);

function store32(at: usize, value: u32): void { store<u32>(at, bswap<u32>(value)); }

/** 10.0.0.x:sport -> 10.1.0.y:dport. */
function udp4(at: usize, src: u32, dst: u32, sport: u32, dport: u32): void {
  memory.fill(at, 0, 64);
  store<u8>(at, 0x45);
  store<u8>(at, 17, 9);
  store32(at + 12, src);
  store32(at + 16, dst);
  store16(at + 20, sport);
  store16(at + 22, dport);
}

/** The fullest of 256 buckets, in hundredths of its fair share of n. */
function fullest(n: u32): u32 {
  let most: u32 = 0;
  for (let b: usize = 0; b < 256; b++) most = max<u32>(most, load<u32>(HITS + b * 4));
  return (most * 25600) / n;
}

function hit(bucket: u32): void { store<u32>(HITS + bucket * 4, load<u32>(HITS + bucket * 4) + 1); }

describe("flow", () => {
  test("the algorithm is the documented one", () => {
    udp4(P, 0x0a000001, 0x0a010002, 40000, 443);
    const addrs: u64 = 0x0200010a_0100000a;
    const ports: u64 = 0xbb01_409c;
    expect<u32>(flow4(P, 20, P + 24, 0)).toBe(<u32>(((addrs ^ (ports * 0xd6e8feb86659fd93)) * 0x9e3779b97f4a7c15) >> 56));
    expect<u32>(flowBucket(addrs, <u32>ports)).toBe(flow4(P, 20, P + 24, 0));
  });

  test("sources, destinations, and ports each spread by themselves", () => {
    for (let field: u32 = 0; field < 4; field++) {
      memory.fill(HITS, 0, 1024);
      for (let i: u32 = 0; i < 16384; i++) {
        const src = 0x0a000001 + (field == 0 ? i : 0);
        const dst = 0x0a010002 + (field == 1 ? i : 0);
        udp4(P, src, dst, 40000 + (field == 2 ? i : 0), 443 + (field == 3 ? i : 0));
        hit(flow4(P, 20, P + 24, 0));
      }
      // 64 expected in each; twice that would be beyond any chance.
      expect<u32>(fullest(16384)).toBeLessThan(200);
    }
  });

  test("a source address and a port that count up together spread too", () => {
    memory.fill(HITS, 0, 1024);
    for (let i: u32 = 0; i < 16384; i++) {
      udp4(P, 0x0a000001 + i, 0x0a010002, 1024 + i, 443);
      hit(flow4(P, 20, P + 24, 0));
    }
    expect<u32>(fullest(16384)).toBeLessThan(200);
  });

  test("all fragments of a packet stay together", () => {
    udp4(P, 0x0a000001, 0x0a010002, 40000, 443);
    store16(P + 6, 0x2000);
    const first = flow4(P, 20, P + 40, 0);
    store16(P + 6, 0x00b9);
    store32(P + 20, 0x12345678);
    expect<u32>(flow4(P, 20, P + 40, 0)).toBe(first);
  });

  test("ports that are cut off count as 0", () => {
    udp4(P, 0x0a000001, 0x0a010002, 40000, 443);
    const without = flowBucket(load<u64>(P, 12), 0);
    for (let end: usize = 20; end < 24; end++) expect<u32>(flow4(P, 20, P + end, 0)).toBe(without);
    expect<bool>(flow4(P, 20, P + 24, 0) != without).toBe(true);
  });

  test("an ICMP error goes the way of the packet that it quotes", () => {
    udp4(P + 100, 0x0a000001, 0x0a010002, 40000, 443);
    const way = flow4(P + 100, 20, P + 124, 0);
    // The quoted packet came from there: source and destination exchanged.
    udp4(P, 0x0a000001, 0x0a010002, 0, 0);
    store<u8>(P, 1, 9);
    store<u8>(P, 3, 20);
    udp4(P + 28, 0x0a010002, 0x0a000001, 443, 40000);
    expect<u32>(flow4(P, 20, P + 28 + 24, 0)).toBe(way);
    expect<bool>(flow4(P, 20, P + 28 + 19, 0) != way).toBe(true);
  });

  test("IPv6: addresses and ports matter, an error follows its flow", () => {
    memory.fill(P, 0, 256);
    for (let i: usize = 0; i < 16; i++) {
      store<u8>(P + 8 + i, <u8>(i + 1));
      store<u8>(P + 24 + i, <u8>(i * 7));
    }
    store16(P + 40, 40000);
    store16(P + 42, 443);
    const way = flow6(P, 6, P + 40, P + 44, 0);
    let same = 0;
    for (let byte: usize = 8; byte < 44; byte++) {
      store<u8>(P + byte, load<u8>(P + byte) ^ 0x10);
      same += i32(flow6(P, 6, P + 40, P + 44, 0) == way);
      store<u8>(P + byte, load<u8>(P + byte) ^ 0x10);
    }
    expect<i32>(same).toBeLessThan(3);
    // An error of type 1 from the source to the destination quotes a packet the other way.
    const quote = P + 128;
    memory.copy(quote + 8, P + 24, 16);
    memory.copy(quote + 24, P + 8, 16);
    store<u8>(quote, 0x60);
    store<u8>(quote, 6, 6);
    store16(quote + 40, 443);
    store16(quote + 42, 40000);
    store<u8>(quote - 8, 1);
    expect<u32>(flow6(P, 58, quote - 8, quote + 44, 0)).toBe(way);
  });
});
