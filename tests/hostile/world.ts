// The scene of the hostile tests: one module with two groups, frames put into its memory with guards around them, and
// what must hold after every batch whatever was in it.

import assert from "node:assert/strict";
import {
  ARPENT,
  Arpent,
  CAP,
  DESCF,
  Desc,
  DROP_NAME,
  Grp,
  Ill,
  Illgrp,
  Ipif,
  LIMIT,
  OUT,
  Page,
  Phyint,
  Watch,
} from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/ipmp.js";
import type { Bytes, Cast } from "./frames.js";

export const CAST: Cast = {
  member: "02:00:00:00:00:01",
  other: "02:00:00:00:00:02",
  group: "02:00:00:00:ff:01",
  peer: "02:aa:00:00:00:02",
  own4: "10.0.0.1",
  own6: "2001:db8::1",
  peer4: "10.0.0.2",
  peer6: "2001:db8::2",
};

const MEMBERS = 4;
/** Bytes around a frame that nobody may touch. */
const GUARD = 64;
const GUARD_BYTE = 0xa5;
const SLOT_SIZE = 8;

/**
 * Group 0 with four members and addresses of both families, one of them still probed, a proxy and a static entry;
 * group 1 empty; NIC 4 free.
 */
export async function world(): Promise<World> {
  return new World(await Ipmp.load());
}

/** The same with everything on: see World.settle. */
export async function busyWorld(): Promise<World> {
  return new World(await Ipmp.load(), true);
}

/** Test addresses of member p of the busy world. */
export const test4 = (p: number): string => `10.0.0.${200 + p}`;
export const test6 = (p: number): string => `fe80::200:${p}`;

export class World {
  now = 1_000_000_000n;
  readonly io: number;
  readonly ioEnd: number;
  readonly desc: number;

  constructor(
    readonly ipmp: Ipmp,
    busy = false,
  ) {
    this.io = ipmp.pageWord("io_base");
    this.ioEnd = ipmp.pageWord("io_end");
    this.desc = ipmp.pageWord("desc_base");
    this.build();
    if (busy) this.settle();
  }

  private build(): void {
    const { ipmp } = this;
    ipmp.setNow(this.now);
    ipmp.grpCreate({ name: "ipmp0", mac: CAST.group });
    ipmp.grpCreate({ name: "ipmp1", mac: "02:00:00:00:ff:02" });
    for (let i = 0; i < MEMBERS + 1; i++) {
      const p = ipmp.phyintCreate({ name: `eth${i}`, ifindex: i + 1, mac: `02:00:00:00:00:0${i + 1}`, caps: CAP.MULTICAST });
      if (p === MEMBERS) break;
      ipmp.join(p, 0);
      ipmp.illUp(p, 0, 1);
      ipmp.illUp(p, 1, 1);
    }
    for (let n = 0; n < 8; n++) {
      ipmp.ipifAdd(0, { addr: n === 0 ? CAST.own4 : `10.0.1.${n}`, prefix: 24, verified: true });
      ipmp.ipifAdd(0, { addr: n === 0 ? CAST.own6 : `2001:db8::1:${n}`, prefix: 64, verified: true });
    }
    ipmp.ipifAdd(0, { addr: "10.0.2.1", prefix: 24 });
    ipmp.arpentCreate(0, { addr: "10.0.3.1", mac: CAST.other, flags: 0 });
    ipmp.arpentCreate(0, { addr: "2001:db8::3:1", mac: "02:bb:00:00:00:01", flags: ARPENT.PUBLISH });
    this.drain();
  }

  /** Probes from test addresses and without, weights, a pin, announcements by all, in VLANs and again and again; shapes of tunnels. */
  private settle(): void {
    const { ipmp } = this;
    for (const [key, value] of [
      ["WATCH", 3],
      ["EVIDENCE", 1],
      ["PROBE_EVENTS", 1],
      ["WEIGHT", 2],
      ["REBALANCE", 1],
      ["ENCAP", 7],
      ["ANNOUNCE_ALL", 1],
      ["ANNOUNCE_REFRESH_S", 1],
      ["ANNOUNCE_AGAIN_MS", 50],
      ["PROBE_COUNT", 0],
    ] as const)
      ipmp.grpSet(0, key, value);
    for (let p = 0; p < MEMBERS; p++) {
      ipmp.phyintSet(p, "WEIGHT", p + 1);
      ipmp.testAddr(p, 0, `${test4(p)}/24`);
      ipmp.testAddr(p, 1, `${test6(p)}/64`);
    }
    ipmp.grpSet(0, "PROBE_COUNT", 3);
    ipmp.grpTargets(0, 0, "ROUTER", [CAST.peer4, "10.0.0.3"]);
    ipmp.grpTargets(0, 0, "RESOLVE", [CAST.peer4]);
    ipmp.grpTargets(0, 1, "STATIC", ["fe80::1"]);
    ipmp.ipifPin(0, 0, 2);
    for (const tags of [5, ((0x2000 | 7) << 16) | 5]) ipmp.grpVlan(0, tags, true);
    this.drain();
  }

  /** Sends nothing, reads nothing: empties both rings, as a host does after every call. */
  drain(): void {
    const { ipmp } = this;
    ipmp.x.ipmp_ctl_release((ipmp.pageWord("ctl_head") - ipmp.pageWord("ctl_tail")) >>> 0);
    ipmp.x.ipmp_event_release((ipmp.pageWord("event_head") - ipmp.pageWord("event_tail")) >>> 0);
  }

  /** Lets time pass. */
  pass(ns: bigint): void {
    this.now += ns;
    this.ipmp.setNow(this.now);
    this.ipmp.x.ipmp_time_advance();
  }

  setDesc(i: number, off: number, len: number, flags = 0): void {
    const at = this.desc + i * Desc.SIZE;
    const { dv } = this.ipmp;
    dv.setUint32(at + Desc.off, off, true);
    dv.setUint32(at + Desc.len, len, true);
    dv.setUint16(at + Desc.out, 0xeeee, true);
    dv.setUint16(at + Desc.flags, flags, true);
  }

  out(i: number): number {
    return this.ipmp.dv.getUint16(this.desc + i * Desc.SIZE + Desc.out, true);
  }

  /** Group 0 sends, or member `p` of it receives. */
  private call(way: Way, count: number, p = 0): number {
    const { x } = this.ipmp;
    return way === "rx" ? x.ipmp_rx_batch(p, 0, count) : x.ipmp_tx_batch(0, 0, count);
  }

  /**
   * Puts one frame, and a virtio header of zeros before it if wanted, between guards, has it handled and returns the
   * verdict. No byte outside the frame may change, nor may the virtio header.
   */
  one(way: Way, frame: Bytes | Uint8Array, options: { vnet?: Bytes } = {}): number {
    const { u8 } = this.ipmp;
    const start = this.io + 4096;
    const at = start + GUARD;
    u8.fill(GUARD_BYTE, start, at + frame.length + GUARD);
    u8.set(frame, at);
    if (options.vnet) u8.set(options.vnet, at - options.vnet.length);
    const before = u8.slice(start, at);
    this.setDesc(0, at, frame.length, options.vnet ? DESCF.VNET : 0);
    const result = this.call(way, 1);
    const out = this.out(0);
    assertVerdict(way, out, () => Buffer.from(frame).toString("hex").slice(0, 400));
    assert.equal(result, goesOn(way, out) ? 1 : 0, "the call counts what goes on");
    assert.deepEqual(u8.slice(start, at), before, "bytes before the frame changed");
    for (let i = at + frame.length; i < at + frame.length + GUARD; i++) assert.equal(u8[i], GUARD_BYTE, "bytes after the frame changed");
    this.drain();
    return out;
  }

  /** Has descriptors 0 … count − 1 handled and checks every verdict and the sum of what was counted. */
  batch(way: Way, count: number, p = 0): Map<number, number> {
    const counted = this.counters();
    const ctl = this.ipmp.pageWord("ctl_head");
    const result = this.call(way, count, p);
    const tally = new Map<number, number>();
    let on = 0;
    for (let i = 0; i < count; i++) {
      const out = this.out(i);
      tally.set(out, (tally.get(out) ?? 0) + 1);
      if (goesOn(way, out)) on++;
    }
    let dropped = 0;
    for (const [out, n] of tally) {
      assertVerdict(way, out);
      if (out >= OUT.DROP) dropped += n;
    }
    assert.equal(result, on, "the call counts what goes on");
    const now = this.counters();
    assert.equal(now.drops - counted.drops, BigInt(dropped), "every drop is counted once");
    const control = (this.ipmp.pageWord("ctl_head") - ctl) >>> 0;
    const all = tally.get(OUT.ALL) ?? 0;
    const frames = BigInt(count - dropped - all + control);
    assert.equal(now.frames - counted.frames, frames, "every other frame is counted once, and each answer");
    if (all > 0) this.copies(count);
    this.drain();
    return tally;
  }

  /** Makes every copy of the frames that go out by every member; each that is to be sent is counted. */
  private copies(count: number): void {
    const counted = this.counters();
    let copies = 0;
    for (let p = 0; p < MEMBERS; p++)
      for (let i = 0; i < count; i++) {
        const result = this.out(i) === OUT.ALL ? this.ipmp.x.ipmp_tx_copy(0, i, p) : 0;
        assert.ok(result === 0 || result === 1, `a copy was refused: ${result}`);
        copies += result;
      }
    assert.equal(this.counters().frames - counted.frames, BigInt(copies), "every copy is counted");
  }

  /** Frames dropped by group 0, and frames sent and received by its members. */
  private counters(): { drops: bigint; frames: bigint } {
    const { ipmp } = this;
    const grp = ipmp.pageWord("grp_base");
    let drops = 0n;
    for (let i = 0; i < 32; i++) drops += ipmp.dv.getBigUint64(grp + Grp.drops + 8 * i, true);
    let frames = 0n;
    for (let p = 0; p < MEMBERS; p++) {
      const kstat = ipmp.pageWord("phyint_base") + p * Phyint.SIZE + Phyint.kstat;
      frames += ipmp.dv.getBigUint64(kstat, true) + ipmp.dv.getBigUint64(kstat + 16, true);
    }
    return { drops, frames };
  }

  /** The state without what frames may change: counters, and what is learnt or noted from them. */
  config(): Uint8Array {
    const { ipmp } = this;
    const state = ipmp.state().slice();
    const zero = (absolute: number, length: number) => state.fill(0, absolute - ipmp.page, absolute - ipmp.page + length);
    zero(ipmp.page, Page.SIZE);
    for (let g = 0; g < LIMIT.GRP_MAX; g++) {
      const grp = ipmp.pageWord("grp_base") + g * Grp.SIZE;
      zero(grp + Grp.kstat0, 80);
      zero(grp + Grp.drops, 256);
      zero(grp + Grp.nexthop_rotor, 4);
    }
    for (let i = 0; i < 2 * LIMIT.GRP_MAX; i++) zero(ipmp.pageWord("illgrp_base") + i * Illgrp.SIZE + Illgrp.nmcast, 4);
    for (let p = 0; p < LIMIT.PHYINT_MAX; p++) {
      const phyint = ipmp.pageWord("phyint_base") + p * Phyint.SIZE;
      zero(phyint + Phyint.kstat, 80);
      for (const ill of [Phyint.ill4, Phyint.ill6]) zero(phyint + ill + Ill.credit, 4);
    }
    for (let i = 0; i < LIMIT.ADDR_MAX; i++) {
      const ipif = ipmp.pageWord("ipif_base") + i * Ipif.SIZE;
      zero(ipif + Ipif.conflicts, 4);
      zero(ipif + Ipif.defended, 8);
    }
    const learnt = ipmp.pageWord("arpent_base") + LIMIT.GRP_MAX * LIMIT.ARPENT_MAX * Arpent.SIZE;
    const index = ipmp.pageWord("ipif_bytes_base") - LIMIT.GRP_MAX * LIMIT.ADDR_SLOTS * SLOT_SIZE;
    zero(learnt, index - learnt);
    zero(ipmp.pageWord("ipif_bytes_base"), LIMIT.GRP_MAX * LIMIT.ADDR_MAX * 8);
    // Watchers: what they have heard, and when they want to be called because of it.
    const heap = ipmp.pageWord("ipif_base") + LIMIT.GRP_MAX * (LIMIT.ADDR_MAX * Ipif.SIZE + Watch.SIZE);
    zero(heap, ipmp.page + ipmp.pageWord("state_size") - heap);
    return state;
  }

  /** Fails, naming the record, if anything but counters has changed since `before` (of config()). */
  assertConfig(before: Uint8Array): void {
    const after = this.config();
    if (Buffer.compare(before, after) === 0) return;
    const at = this.ipmp.page + after.findIndex((byte, i) => byte !== before[i]);
    const regions = ["grp_base", "illgrp_base", "phyint_base", "arpent_base", "ipif_base"] as const;
    const places = regions.map((r) => ({ r, base: this.ipmp.pageWord(r) })).filter(({ base }) => base <= at);
    const { r, base } = places.reduce((a, b) => (a.base > b.base ? a : b));
    assert.fail(`a frame changed byte ${at - base} after ${r}`);
  }

  /** The module itself finds no contradiction in its state, and goes on from it. */
  assertSound(): void {
    assert.equal(this.ipmp.x.ipmp_restore(), 0, "the state contradicts itself");
  }
}

export type Way = "rx" | "tx";

const goesOn = (way: Way, out: number): boolean => (way === "rx" ? out === OUT.DELIVER : out < LIMIT.PHYINT_MAX || out === OUT.ALL);

/** Whether a verdict is one that the way can have. */
export function assertVerdict(way: Way, out: number, about: () => string = () => ""): void {
  if (out >= OUT.DROP) {
    const cause = DROP_NAME[out - OUT.DROP];
    assert.ok(out > OUT.DROP && cause !== undefined, `no such cause: ${out.toString(16)} ${about()}`);
  } else if (way === "rx") assert.ok(out === OUT.DELIVER || out === OUT.CONSUMED, `no verdict of rx: ${out.toString(16)} ${about()}`);
  else assert.ok(out < MEMBERS || out === OUT.ALL, `no verdict of tx: ${out.toString(16)} ${about()}`);
}
