// The lab's own tools, which all end-to-end tests believe: capture reading, frame decoding, stream books, checked content.
import assert from "node:assert/strict";
import test from "node:test";
import { decode, ETH_QINQ, ETH_VLAN, ipv6 } from "../../host/lab/decode.js";
import { ipBytes, udpFrame } from "../../host/lab/frames.js";
import { PcapReader } from "../../host/lab/pcap.js";
import { BLOCK, ContentCheck, fillBlock, readHeader, StreamBook } from "../../host/lab/stream.js";

const BASE = { dst: "02:00:00:00:00:01", src: "02:00:00:00:00:02", sport: 1111, dport: 2222, stream: 3, sequence: 77 };
const V4 = { srcIp: "10.0.0.1", dstIp: "10.0.0.2" };
const V6 = { srcIp: "2001:db8::1", dstIp: "2001:db8::2:0:0:3" };
const TAGS = [
  [],
  [{ id: 5, tpid: ETH_VLAN }],
  [
    { id: 7, tpid: ETH_QINQ },
    { id: 5, tpid: ETH_VLAN },
  ],
];

function pcap(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(1, 20);
  const records = frames.map((frame, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(100 + i, 0);
    record.writeUInt32LE(i, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length + 10, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}

test("lab pcap: frames come out whole and in order, however the stream is cut into pieces", () => {
  const frames = [Buffer.alloc(60, 1), Buffer.alloc(0), Buffer.alloc(200, 2)];
  const stream = pcap(frames);
  for (let size = 1; size <= stream.length; size++) {
    const reader = new PcapReader();
    const out = [];
    for (let at = 0; at < stream.length; at += size) out.push(...reader.push(Buffer.from(stream.subarray(at, at + size))));
    assert.deepEqual(
      out.map((f) => f.bytes),
      frames,
      `pieces of ${size}`,
    );
    assert.deepEqual(
      out.map((f) => f.at),
      [100_000_000_000n, 101_000_001_000n, 102_000_002_000n],
    );
    assert.equal(out[2].wireLength, 210);
  }
});

test("lab pcap: what is no capture of Ethernet is refused", () => {
  assert.throws(() => new PcapReader().push(Buffer.alloc(24)), /not a little-endian pcap stream/);
  const other = pcap([]);
  other.writeUInt32LE(113, 20);
  assert.throws(() => new PcapReader().push(other), /link type 113/);
});

test("lab decode: what udpFrame builds is read back, untagged, tagged and double-tagged, IPv4 and IPv6", () => {
  for (const tags of TAGS)
    for (const addresses of [V4, V6]) {
      const d = decode(udpFrame({ ...BASE, ...addresses, tags }));
      assert.deepEqual([d.dst, d.src, d.tags], [BASE.dst, BASE.src, tags]);
      assert.deepEqual([d.ip?.src, d.ip?.dst], [addresses.srcIp, addresses.dstIp]);
      assert.deepEqual([d.udp?.sport, d.udp?.dport], [BASE.sport, BASE.dport]);
      const header = readHeader(d.udp?.payload ?? Buffer.alloc(0));
      assert.deepEqual([header?.stream, header?.sequence], [BASE.stream, BASE.sequence]);
    }
});

test("lab decode: a frame cut at any byte is read as far as it goes", () => {
  for (const tags of TAGS)
    for (const addresses of [V4, V6]) {
      const frame = udpFrame({ ...BASE, ...addresses, tags });
      for (let n = 0; n < frame.length; n++) {
        const header = decode(frame.subarray(0, n)).udp?.payload;
        assert.equal(header === undefined ? undefined : readHeader(header), undefined, `${n} bytes`);
      }
    }
});

test("lab decode: IPv6 addresses are written in their canonical form", () => {
  for (const text of ["::", "::1", "2001:db8::1", "2001:db8::2:0:0:3", "fe80::ff:fe00:101", "1:2:3:4:5:6:7:8", "1::"])
    assert.equal(ipv6(ipBytes(text), 0), text);
});

const MS = 1_000_000n;

test("lab stream: a book tells loss, repetition, reordering and silence apart", () => {
  const book = new StreamBook(50);
  const arrivals: [sequence: number, atMs: bigint][] = [
    [0, 0n],
    [1, 1n],
    [1, 2n],
    [5, 3n],
    [3, 4n],
    [6, 104n],
  ];
  const gaps = arrivals.map(([sequence, at]) => book.add(sequence, at * MS)).filter((g) => g !== undefined);
  assert.deepEqual(
    gaps.map((g) => [g.before, g.after, g.missing, g.ms]),
    [
      [1, 5, 3, 2],
      [3, 6, 0, 100],
    ],
  );
  const { received, first, last, lost, duplicates, reordered, longestMs } = book.report();
  assert.deepEqual([received, first, last, lost, duplicates, reordered, longestMs], [6, 0, 6, 2, 1, 1, 100]);
  assert.deepEqual(book.counts(), [
    [0, 1],
    [1, 2],
    [3, 1],
    [5, 1],
    [6, 1],
  ]);
});

test("lab stream: checked content is accepted in any pieces, and a wrong, missing or repeated byte is found", () => {
  const content = Buffer.alloc(BLOCK * 5);
  for (let n = 0; n < 5; n++) fillBlock(content.subarray(n * BLOCK, (n + 1) * BLOCK), n);
  for (const size of [1, 7, 4095, 4096, 4097, content.length]) {
    const check = new ContentCheck();
    for (let at = 0; at < content.length; at += size) check.push(content.subarray(at, at + size));
    assert.deepEqual([check.bytes, check.wrongAt], [content.length, -1], `pieces of ${size}`);
  }
  const wrongAt = (bytes: Buffer): number => {
    const check = new ContentCheck();
    check.push(bytes);
    return check.wrongAt;
  };
  for (const position of [0, 8, BLOCK + 9, content.length - 1]) {
    const bad = Buffer.from(content);
    bad[position] ^= 1;
    assert.equal(wrongAt(bad), position);
  }
  const without = Buffer.concat([content.subarray(0, BLOCK), content.subarray(2 * BLOCK)]);
  assert.ok(wrongAt(without) >= BLOCK && wrongAt(without) < 2 * BLOCK, "a block is missing");
  const twice = Buffer.concat([content.subarray(0, 2 * BLOCK), content.subarray(BLOCK)]);
  assert.ok(wrongAt(twice) >= 2 * BLOCK && wrongAt(twice) < 3 * BLOCK, "a block is repeated");
});
