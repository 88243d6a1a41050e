// A loop over devices of its own making, with the real module: what the tests of the loop share.
import assert from "node:assert/strict";
import { Desc, FAMILY, type IpmpEvent } from "../../host/core/index.js";
import { Ipmp } from "../../host/core/ipmp.js";
import { Arena } from "../../host/io/arena.js";
import type { Device, DeviceStats } from "../../host/io/device.js";
import { Loop, type LoopOptions } from "../../host/loop.js";

export const GROUP_MAC = "02:00:00:00:00:fe";
export const NIC_MAC = ["02:00:00:00:00:01", "02:00:00:00:00:02"];
export const PEER = "0200000000cc";

/** A device in memory: frames are put into `incoming`; what is sent stands in `sent`; `log` says in which order. */
export class Bench implements Device {
  readonly incoming: Buffer[] = [];
  readonly sent: Buffer[] = [];
  onSend: ((frame: Buffer) => void) | undefined;
  age?: () => number;
  wake: () => void = () => {};
  largest = 0;
  #held = false;
  #queued: Buffer[] = [];
  readonly #place: number;

  constructor(
    readonly name: string,
    readonly arena: Arena,
    readonly log: string[],
  ) {
    this.#place = arena.alloc(256 * 2048, name);
  }

  receive(first: number, max: number): number {
    assert.ok(!this.#held, `${this.name}: receive before release`);
    const frames = this.incoming.splice(0, Math.min(max, 256));
    for (const [i, frame] of frames.entries()) {
      const off = this.#place + i * 2048 + 16;
      this.arena.u8.set(frame, off);
      const desc = this.arena.descBase + (first + i) * Desc.SIZE;
      this.arena.u32[(desc + Desc.off) >> 2] = off;
      this.arena.u32[(desc + Desc.len) >> 2] = frame.length;
      this.arena.u16[(desc + Desc.flags) >> 1] = 0;
    }
    this.#held = frames.length > 0;
    this.largest = Math.max(this.largest, frames.length);
    if (this.#held) this.log.push(`${this.name} receive ${frames.length}`);
    return frames.length;
  }

  release(): void {
    this.#held = false;
    this.log.push(`${this.name} release`);
  }

  send(off: number, len: number): void {
    this.#queued.push(Buffer.from(this.arena.u8.slice(off, off + len)));
    this.log.push(`${this.name} send ${this.#queued.at(-1)?.readUInt16BE(12).toString(16)}`);
  }

  flush(): void {
    this.log.push(`${this.name} flush`);
    for (const frame of this.#queued.splice(0)) {
      this.sent.push(frame);
      this.onSend?.(frame);
    }
  }

  start(onReadable: () => void): void {
    this.wake = onReadable;
  }

  stats(): DeviceStats {
    return { rxDropped: 0, txErrors: 0 };
  }

  close(): void {}
}

export interface World {
  ipmp: Ipmp;
  loop: Loop;
  tap: Bench;
  nics: Bench[];
  log: string[];
  events: IpmpEvent[];
  grp: number;
  phyints: number[];
  clock: { now: bigint };
}

/** A group of two NICs with the address 10.0.0.1, on a loop with a clock of its own unless `options` says otherwise. */
export async function world(options?: LoopOptions): Promise<World> {
  const ipmp = await Ipmp.load();
  const arena = Arena.of(ipmp);
  const log: string[] = [];
  const clock = { now: 1_000_000_000n };
  const loop = new Loop(ipmp, options ?? { clock: () => clock.now });
  const events: IpmpEvent[] = [];
  loop.onEvent = (e) => events.push(e);
  const tap = new Bench("tap", arena, log);
  const nics = NIC_MAC.map((_, i) => new Bench(`nic${i}`, arena, log));
  const phyints: number[] = [];
  const grp = loop.command(() => {
    const g = ipmp.grpCreate({ name: "g", mac: GROUP_MAC, families: 1 });
    loop.addGroup(g, tap);
    for (const [i, mac] of NIC_MAC.entries()) {
      const p = ipmp.phyintCreate({ name: `nic${i}`, ifindex: i + 1, mac, mtu: 1500, families: 1 });
      loop.addMember(p, nics[i]);
      ipmp.join(p, g);
      ipmp.link(p, true);
      ipmp.illUp(p, FAMILY.V4, 1);
      phyints.push(p);
    }
    ipmp.ipifAdd(g, { addr: "10.0.0.1", prefix: 24, up: true, verified: true });
    return g;
  });
  return { ipmp, loop, tap, nics, log, events, grp, phyints, clock };
}

/** Lets announcements go out and forgets everything so far. */
export function quiet(w: World): void {
  for (let i = 0; i < 100; i++) {
    w.clock.now += 1_000_000_000n;
    w.loop.step();
  }
  w.log.length = 0;
  w.events.length = 0;
  for (const d of [w.tap, ...w.nics]) d.sent.length = 0;
}

/** UDP from the group's stack to the peer. */
export function outgoing(port: number): Buffer {
  const frame = Buffer.alloc(60);
  frame.write(`${PEER}0200000000fe08004500002e0000400040110000`, "hex");
  frame.write("0a0000010a0000cc", 26, "hex");
  frame.writeUInt16BE(port, 34);
  frame.writeUInt16BE(7, 36);
  frame.writeUInt16BE(26, 38);
  return frame;
}

export function incoming(nic: number): Buffer {
  const frame = outgoing(9);
  frame.write(NIC_MAC[nic].replaceAll(":", "") + PEER, "hex");
  frame.write("0a0000cc0a000001", 26, "hex");
  return frame;
}

export function arpRequest(): Buffer {
  const frame = Buffer.alloc(60);
  frame.write(`ffffffffffff${PEER}08060001080006040001${PEER}0a0000cc0000000000000a000001`, "hex");
  return frame;
}

export const macs = (frames: Buffer[], at: number): string[] =>
  [...new Set(frames.map((f) => f.subarray(at, at + 6).toString("hex")))].sort();
