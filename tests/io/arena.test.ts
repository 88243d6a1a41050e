// The I/O region is handed out without overlap and comes back whole.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMIT, Page } from "../../host/core/abi/ipmp.js";
import { Arena, ArenaError } from "../../host/io/arena.js";
import { holdsSuperframes, ringGeometry, tapBuffer } from "../../host/io/ring_geometry.js";

function module(ioBase: number, pages: number): { memory: WebAssembly.Memory; dv: DataView; page: number } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const dv = new DataView(memory.buffer);
  dv.setUint32(Page.io_base, ioBase, true);
  dv.setUint32(Page.io_end, pages << 16, true);
  return { memory, dv, page: 0 };
}

describe("arena", () => {
  it("begins on a page of every platform and ends with memory", () => {
    const arena = Arena.of(module(70_000, 10));
    assert.equal(arena.base, 2 << 16);
    assert.equal(arena.end, 10 << 16);
    assert.equal(arena.available(), 8 << 16);
  });

  it("is one for a memory", () => {
    const m = module(0x10000, 4);
    assert.equal(Arena.of(m), Arena.of({ ...m }));
    assert.notEqual(Arena.of(m), Arena.of(module(0x10000, 4)));
  });

  it("hands out aligned pieces that never overlap, in any order of giving back", () => {
    const arena = Arena.of(module(0x10000, 101));
    const held = new Map<number, number>();
    let seed = 1;
    const random = (n: number): number => {
      seed = (seed * 48271) % 0x7fffffff;
      return seed % n;
    };
    for (let i = 0; i < 5000; i++) {
      if (random(2) === 0 && held.size > 0) {
        const off = [...held.keys()][random(held.size)];
        arena.free(off);
        held.delete(off);
        continue;
      }
      const bytes = 1 + random(500_000);
      if (bytes > arena.largest()) {
        assert.throws(() => arena.alloc(bytes, "test"), ArenaError);
        continue;
      }
      const off = arena.alloc(bytes, "test");
      assert.equal(off % arena.piece, 0);
      assert.ok(off >= arena.base && off + bytes <= arena.end);
      for (const [o, b] of held) assert.ok(off + bytes <= o || o + b <= off, "overlap");
      held.set(off, bytes);
    }
    for (const off of held.keys()) arena.free(off);
    assert.equal(arena.largest(), arena.size, "one piece again");
  });

  it("refuses what does not fit and what it did not hand out", () => {
    const arena = Arena.of(module(0x10000, 3));
    assert.throws(() => arena.alloc(3 << 16, "eth0"), /eth0: needs 192 KiB of the module's I\/O region, of whose 128 KiB 128 are free/);
    const off = arena.alloc(1, "a");
    arena.free(off);
    assert.throws(() => arena.free(off), ArenaError);
    assert.throws(() => arena.free(off + 1), ArenaError);
  });

  it("finds a place for 64 TAPs and 2,048 rings in 101 MiB", () => {
    const arena = Arena.of(module(0x10000, 1621));
    const tap = tapBuffer(arena, 64);
    assert.ok(tap >= LIMIT.FRAME_MAX + 16, `${tap} bytes for a TAP`);
    for (let i = 0; i < 64; i++) arena.alloc(tap, "tap");
    for (let i = 0; i < 2048; i++) {
      const g = ringGeometry(arena, undefined, { members: 2048, groups: 64 }, "nic", 1500);
      assert.ok(g.slots >= 16, `${g.slots} slots`);
      arena.alloc(g.blockSize * g.blocks, "nic");
    }
    const roomy = ringGeometry(Arena.of(module(0x10000, 1621)), undefined, { members: 2, groups: 1 }, "nic", 1500);
    assert.ok(holdsSuperframes(roomy) && roomy.slots >= 255, "few NICs have room for superframes");
  });
});
