import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DESCF, DROP, LIMIT, OUT } from "../../host/core/abi/ipmp.js";
import { type Bytes, be16, be32, checksum, eth, inbound, ip, outbound, type Sample, tagged, toTest } from "./frames.js";
import { Random, seed } from "./random.js";
import { busyWorld, CAST, test4, test6, type Way, type World } from "./world.js";

const drop = (cause: number) => OUT.DROP | cause;
const isDrop = (out: number) => out >= OUT.DROP;
const stocks: [Way, Sample[]][] = [
  ["rx", [...inbound(CAST), ...toTest(CAST, test4(0), test6(0))]],
  ["tx", outbound(CAST)],
];
const VNET = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/** Needs a checksum over everything from byte 34, to be put at byte 40; one more says 1,400-byte TCP segments over IPv4. */
const PARTIAL = [1, 0, 0, 0, 0, 0, 34, 0, 6, 0];
const GSO = [1, 1, 54, 0, 120, 5, 34, 0, 16, 0];

/** An untagged ICMPv6 frame without extension headers, its checksum made right again. */
function resummed(frame: number[]): number[] {
  const message = [...frame.slice(54)];
  message.splice(2, 2, 0, 0);
  const sum = checksum([...frame.slice(22, 54), ...be32(message.length), 0, 0, 0, 58, ...message]);
  return [...frame.slice(0, 56), ...be16(sum), ...frame.slice(58)];
}

/** Runs fn over a fresh world and proves that frames changed nothing but counters. */
async function quiet(fn: (w: World) => void): Promise<void> {
  const w = await busyWorld();
  const before = w.config();
  fn(w);
  w.assertConfig(before);
  w.assertSound();
}

describe("hostile frames: the stock itself is well-formed", () => {
  for (const [way, stock] of stocks)
    it(`${way}: every whole frame gets the verdict of its kind, none is found malformed`, async () => {
      const w = await busyWorld();
      const malformed = [DROP.BAD_DESC, DROP.SHORT, DROP.VLAN, DROP.IP4_HEADER, DROP.IP6_HEADER, DROP.ARP_FORMAT, DROP.ND_FORMAT].map(drop);
      for (const { name, bytes } of stock) {
        w.pass(1_000_000_000n);
        const out = w.one(way, bytes);
        assert.ok(!malformed.includes(out), `${name}: ${out.toString(16)}`);
      }
    });
});

describe("hostile frames: truncated at every byte", () => {
  for (const [way, stock] of stocks)
    for (const { name, bytes, least } of stock)
      it(`${way} ${name}`, () =>
        quiet((w) => {
          for (const vnet of [undefined, VNET])
            for (let length = 0; length < bytes.length; length++) {
              const out = w.one(way, bytes.slice(0, length), { vnet });
              if (length < 14) assert.equal(out, drop(DROP.SHORT), `${length} bytes`);
              else if (length < least) assert.ok(isDrop(out), `${length} of ${bytes.length} bytes: ${out.toString(16)}`);
            }
        }));
});

describe("hostile frames: lengths that lie", () => {
  const lengths = [0, 1, 4, 5, 7, 8, 15, 19, 20, 21, 27, 28, 39, 40, 59, 60, 255, 256, 1499, 1500, 0x7fff, 0x8000, 0xfffe, 0xffff];

  it("IPv4: total length and header length, every combination", () =>
    quiet((w) => {
      for (const [way, stock] of stocks)
        for (const { name, bytes } of stock.filter((s) => s.name.startsWith("IPv4")))
          for (let words = 0; words < 16; words++)
            for (const total of [...lengths, bytes.length - 14, bytes.length - 13, bytes.length - 15]) {
              const frame = [...bytes];
              frame[14] = 0x40 | words;
              frame.splice(16, 2, ...be16(total));
              const out = w.one(way, frame);
              if (words < 5 || total < words * 4 || total > bytes.length - 14)
                assert.equal(out, drop(DROP.IP4_HEADER), `${way} ${name}: ${words} words, ${total} bytes`);
            }
    }));

  it("IPv4: every other version", () =>
    quiet((w) => {
      for (const [way, stock] of stocks)
        for (let version = 0; version < 16; version++) {
          const frame = [...stock[0].bytes];
          frame[14] = (version << 4) | 5;
          assert.equal(isDrop(w.one(way, frame)), version !== 4, `${way} version ${version}`);
        }
    }));

  it("IPv6: payload length and version", () =>
    quiet((w) => {
      for (const [way, stock] of stocks)
        for (const { name, bytes } of stock.filter((s) => s.name.startsWith("IPv6 UDP"))) {
          for (const payload of lengths) {
            const frame = [...bytes];
            frame.splice(18, 2, ...be16(payload));
            const out = w.one(way, frame);
            if (payload > bytes.length - 54) assert.equal(out, drop(DROP.IP6_HEADER), `${way} ${name}: ${payload} bytes`);
          }
          for (let version = 0; version < 16; version++) {
            const frame = [...bytes];
            frame[14] = version << 4;
            assert.equal(isDrop(w.one(way, frame)), version !== 6, `${way} ${name}: version ${version}`);
          }
        }
    }));

  it("segmentation-offload frames may leave lengths to the device, and still cannot lie their way out of the frame", () =>
    quiet((w) => {
      for (const [way, stock] of stocks)
        for (const { bytes } of stock)
          for (const vnet of [PARTIAL, GSO])
            for (const length of lengths) {
              const frame = [...bytes];
              frame.splice(16, 2, ...be16(length));
              w.one(way, frame, { vnet });
              w.one(way, frame.slice(0, 40), { vnet });
            }
    }));

  it("ARP: every hardware and protocol length, type and operation", () =>
    quiet((w) => {
      for (const [way, stock] of stocks) {
        const { bytes } = stock.find((s) => s.name === "ARP request") as Sample;
        for (let field = 14; field < 22; field++)
          for (let value = 0; value < 256; value++) {
            const frame = [...bytes];
            frame[field] = value;
            const out = w.one(way, frame);
            const whole = value === bytes[field] || (field === 21 && value === 2);
            if (!whole) assert.equal(out, drop(DROP.ARP_FORMAT), `${way} byte ${field} is ${value}`);
          }
      }
    }));
});

describe("hostile frames: headers that go round", () => {
  const next = (kinds: Bytes, each: (i: number) => Bytes): Bytes => kinds.flatMap((_, i) => each(i));
  const chain = (kind: number, count: number, size: number): Bytes =>
    next(Array(count).fill(kind), (i) => [i === count - 1 ? 59 : kind, size, ...Array(6 + size * 8).fill(0)]);
  const packet = (first: number, payload: Bytes, src = CAST.peer6, dst = CAST.own6): Bytes => [
    0x60,
    0,
    0,
    0,
    ...be16(payload.length),
    first,
    64,
    ...ip(src),
    ...ip(dst),
    ...payload,
  ];

  it("IPv6: chains of extension headers of every kind, up to a frame full of them", () =>
    quiet((w) => {
      for (const kind of [0, 43, 44, 51, 60, 135, 139, 140, 253])
        for (const count of [1, 2, 8, 9, 16, 64, 1000])
          for (const size of [0, 1, 255]) {
            const payload = chain(kind, count, size).slice(0, 65_000);
            w.one("rx", eth(CAST.member, CAST.peer, 0x86dd, packet(kind, payload)));
            w.one("tx", eth(CAST.peer, CAST.group, 0x86dd, packet(kind, payload, CAST.own6, CAST.peer6)));
          }
    }));

  it("IPv6: an extension header whose length points outside the packet is malformed", () =>
    quiet((w) => {
      for (const kind of [0, 43, 60])
        for (let size = 1; size < 256; size++) {
          const payload = [17, size, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
          const out = w.one("rx", eth(CAST.member, CAST.peer, 0x86dd, packet(kind, payload)));
          assert.equal(out, drop(DROP.IP6_HEADER), `header ${kind} of length ${size}`);
        }
    }));

  it("ND: options of length 0, and options that end outside the message, are malformed", () =>
    quiet((w) => {
      for (const name of ["NS", "NA", "NA claim"]) {
        const { bytes } = stocks[0][1].find((s) => s.name === name) as Sample;
        for (let size = 0; size < 256; size++) {
          const frame = [...bytes];
          frame[79] = size;
          assert.equal(w.one("rx", resummed(frame)) === drop(DROP.ND_FORMAT), size !== 1, `${name}: option of length ${size}`);
        }
      }
      for (const name of ["NS", "NA"]) {
        const { bytes } = stocks[1][1].find((s) => s.name === name) as Sample;
        for (let size = 0; size < 256; size++) {
          const frame = [...bytes];
          frame[79] = size;
          assert.equal(w.one("tx", frame) === drop(DROP.ND_FORMAT), size !== 1, `${name}: option of length ${size}`);
        }
      }
    }));

  it("IGMP and MLD reports whose record and source counts lie", () =>
    quiet((w) => {
      for (const [name, count, sources] of [
        ["IGMP report", 44, 48],
        ["MLD report", 68, 72],
      ] as const) {
        const { bytes } = stocks[1][1].find((s) => s.name === name) as Sample;
        for (const value of [0, 1, 2, 255, 256, 0x7fff, 0xffff])
          for (const at of [count, sources]) {
            const frame = [...bytes];
            frame.splice(at, 2, ...be16(value));
            w.one("tx", frame);
          }
      }
    }));

  it("VLAN tags: up to two are looked through, three and more are not, tags to the end of the frame are too short", () =>
    quiet((w) => {
      for (const [way, stock] of stocks)
        for (const { name, bytes } of stock.filter((s) => !/tag|link control|reflected|source is|another/.test(s.name)))
          for (let tags = 0; tags <= 40; tags++)
            for (const tpid of [0x8100, 0x88a8]) {
              const frame = tagged(bytes, ...(Array(tags).fill([tpid, 5]) as [number, number][]));
              const out = w.one(way, frame);
              if (tags > 2) assert.equal(out, drop(DROP.VLAN), `${way} ${name}: ${tags} tags`);
              else assert.notEqual(out, drop(DROP.VLAN), `${way} ${name}: ${tags} tags`);
              for (const length of [15, 16, 17, 18, 19, 21, 22].filter((l) => l < 14 + 4 * Math.min(tags, 2)))
                assert.equal(w.one(way, frame.slice(0, length)), drop(DROP.SHORT), `${way} ${name}: ${tags} tags, ${length} bytes`);
            }
    }));
});

describe("hostile frames: sizes and types", () => {
  it("0 bytes and 64 KiB, of every kind", () =>
    quiet((w) => {
      for (const [way, stock] of stocks) {
        assert.equal(w.one(way, []), drop(DROP.SHORT));
        for (const { bytes } of stock)
          for (const size of [1514, 9014, 65_535, 65_536, LIMIT.FRAME_MAX]) {
            const frame = new Uint8Array(size);
            frame.set(bytes.slice(0, size));
            assert.notEqual(w.one(way, frame), drop(DROP.BAD_DESC), `${size} bytes`);
          }
        assert.equal(w.one(way, new Uint8Array(LIMIT.FRAME_MAX + 1)), drop(DROP.BAD_DESC), "more than FRAME_MAX");
      }
    }));

  it("every EtherType, with 0, 1 and 46 bytes behind it", () =>
    quiet((w) => {
      const known = new Set([0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8]);
      for (const size of [0, 1, 46]) {
        const rx = [...eth(CAST.member, CAST.peer, 0, Array(size).fill(0))];
        const tx = [...eth(CAST.peer, CAST.group, 0, Array(size).fill(0))];
        for (let type = 0; type < 0x10000; type++) {
          rx.splice(12, 2, ...be16(type));
          tx.splice(12, 2, ...be16(type));
          const [received, sent] = [w.one("rx", rx), w.one("tx", tx)];
          if (known.has(type)) continue;
          assert.equal(received, OUT.DELIVER, `EtherType ${type.toString(16)} received`);
          assert.ok(sent < LIMIT.PHYINT_MAX, `EtherType ${type.toString(16)} sent`);
        }
      }
    }));
});

describe("hostile descriptors", () => {
  it("outside the I/O region, across its ends, or so long that the sum wraps: BAD_DESC, and nothing is touched", async () => {
    const w = await busyWorld();
    const before = w.config();
    const memory = w.ipmp.u8;
    const places = [
      0,
      1,
      w.ipmp.page,
      w.desc,
      w.io - 1,
      w.io - 60,
      w.ioEnd - 59,
      w.ioEnd,
      0x7fff_ffff,
      0x8000_0000,
      0xffff_ffc4,
      0xffff_ffff,
    ];
    const lengths = [60, 61, 65_535, LIMIT.FRAME_MAX, LIMIT.FRAME_MAX + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffc4, 0xffff_ffff];
    const low = memory.slice(w.desc + 4096 * 16, w.io);
    for (const way of ["rx", "tx"] as const)
      for (const off of places)
        for (const len of lengths)
          for (const flags of [0, DESCF.VNET, 0xffff]) {
            w.setDesc(0, off, len, flags);
            w.batch(way, 1);
            assert.equal(w.out(0), drop(DROP.BAD_DESC), `${way} off ${off} len ${len} flags ${flags}`);
          }
    const scratch = memory.slice(w.desc + 4096 * 16, w.io);
    assert.ok(Buffer.compare(low, scratch) === 0, "bytes below the I/O region changed");
    w.assertConfig(before);
  });

  it("at the very ends of the I/O region: handled; a virtio header that would stand before it: BAD_DESC", async () => {
    const w = await busyWorld();
    const { bytes } = inbound(CAST)[0];
    for (const [off, flags, bad] of [
      [w.io, 0, false],
      [w.io, DESCF.VNET, true],
      [w.io + 9, DESCF.VNET, true],
      [w.io + 10, DESCF.VNET, false],
      [w.ioEnd - bytes.length, 0, false],
      [w.ioEnd - bytes.length, DESCF.VNET, false],
    ] as const)
      for (const way of ["rx", "tx"] as const) {
        w.ipmp.u8.fill(0, w.io, w.io + 256);
        w.ipmp.u8.fill(0, w.ioEnd - 256, w.ioEnd);
        w.ipmp.u8.set(bytes, off);
        w.setDesc(0, off, bytes.length, flags);
        w.batch(way, 1);
        assert.equal(w.out(0) === drop(DROP.BAD_DESC), bad, `${way} at ${off - w.io}, flags ${flags}`);
      }
  });

  it("at the last byte of memory, of every length below a header", async () => {
    const w = await busyWorld();
    for (const way of ["rx", "tx"] as const)
      for (let length = 0; length <= 64; length++)
        for (let byte = 0; byte < 256; byte += 51) {
          w.ipmp.u8.fill(byte, w.ioEnd - 64, w.ioEnd);
          w.setDesc(0, w.ioEnd - length, length);
          w.batch(way, 1);
          if (length < 14) assert.equal(w.out(0), drop(DROP.SHORT), `${length} bytes`);
        }
  });

  it("random offsets, lengths and flags, frames overlapping at will", async (t) => {
    const w = await busyWorld();
    const before = w.config();
    const random = new Random(seed());
    t.diagnostic(`HOLDFAST_SEED=${random.seed}`);
    const words = new Uint32Array(w.ipmp.memory.buffer, w.io, 65_536);
    for (let round = 0; round < 200; round++) {
      random.fill(words.subarray(0, 4096));
      for (let i = 0; i < LIMIT.DESC_MAX; i++) {
        const near = random.once(2);
        w.setDesc(
          i,
          near ? w.io + random.below(16_384) : random.u32(),
          near ? random.below(2048) : random.u32() >>> random.below(32),
          random.u32() & 1,
        );
      }
      w.batch(round & 1 ? "rx" : "tx", LIMIT.DESC_MAX);
    }
    w.assertConfig(before);
    w.assertSound();
  });
});
