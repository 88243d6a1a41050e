// A NIC as a device with two ways in and out: XDP sockets for what they do better, small frames of UDP and whatever needs
// nothing done on its way out; the packet ring (af_packet.ts) for everything else.
//
// Invariants
// - The packet ring is always open: without XDP, or when that is taken away, every frame goes its way, and nothing is lost
//   but speed. Why XDP is not in use is said in `why`.
// - A flow goes one way in (xdp_prog.ts decides by protocol) and one way out (what its frames have in their virtio_net_hdr).
// - The program is on the interface only while its sockets are open: it goes first, and with the process in any case.

import type { AfPacketOptions } from "./af_packet.js";
import { AfPacket } from "./af_packet.js";
import { type Arena, ArenaError } from "./arena.js";
import { attachXdp, createXskMap, loadXdp, setXsk } from "./bpf.js";
import type { Device, DeviceStats } from "./device.js";
import { libc, OsError } from "./ffi.js";
import { channelsOf, stripsTags } from "./link_features.js";
import { XDP_FLAGS_SKB_MODE } from "./linux_xdp.js";
import { raiseLocked } from "./locked.js";
import { slotsBeside } from "./ring_geometry.js";
import type { RingHeirloom } from "./ring_heirloom.js";
import { redirectProgram } from "./xdp_prog.js";
import { type ChunkSize, frameMaxOf, Xsk, xskBytes } from "./xsk.js";

/** An Ethernet header with two VLAN tags. */
const HEADER = 14 + 2 * 4;
const MTU_DEFAULT = 1500;
/** Frames of further queues take the packet ring. */
const QUEUES_MAX = 4;
/** A queue that was in use a moment ago is let go of by and by. */
const RETRY_MS = 50;
const RETRIES = 40;

const NO_ROOM = "with so many NICs the module's memory has no room for it";

const mtuMaxOf = (chunk: ChunkSize): number => frameMaxOf(chunk) - HEADER;

/** What there is room for beside a packet ring. */
interface Room {
  /** undefined: the MTU is too large */
  chunk: ChunkSize | undefined;
  queues: number;
  /** that the ring may have then */
  slots: number;
  why: string | null;
}

function roomFor(arena: Arena, name: string, { members = 4, groups, mtu = MTU_DEFAULT }: AfPacketOptions): Room {
  const chunk = mtu <= mtuMaxOf(2048) ? 2048 : mtu <= mtuMaxOf(4096) ? 4096 : undefined;
  let queues = Math.min(channelsOf(name), QUEUES_MAX);
  if (chunk === undefined)
    return { chunk, queues, slots: 0, why: `its MTU is ${mtu}; XDP sockets take frames up to an MTU of ${mtuMaxOf(4096)}` };
  const slotsWith = (n: number): number => slotsBeside(arena, { members, groups }, n * xskBytes(arena, chunk));
  while (queues > 1 && slotsWith(queues) === 0) queues--;
  const slots = slotsWith(queues);
  return { chunk, queues, slots, why: slots > 0 ? null : NO_ROOM };
}

export class AfXdp implements Device {
  readonly name: string;
  readonly ifindex: number;
  readonly #arena: Arena;
  readonly #options: AfPacketOptions;
  readonly #packet: AfPacket;
  /** undefined: there is no room for XDP, or the MTU is too large */
  readonly #chunk: ChunkSize | undefined;
  /** how many there is room for */
  readonly #queues: number;
  #xsks: Xsk[] = [];
  /** program, its map, and the link that keeps it on the interface */
  #descriptors: number[] = [];
  #why: string | null = null;
  #retry: NodeJS.Timeout | undefined;
  #tries = 0;
  #onReadable: (() => void) | undefined;
  /** whose turn it is to give frames first: a socket's or, as the last one, the packet ring's */
  #turn = 0;
  #down = false;
  #open = true;
  /** counted by sockets that are closed */
  #lost: DeviceStats = { rxDropped: 0, txErrors: 0 };

  private constructor(arena: Arena, packet: AfPacket, options: AfPacketOptions, room: Room) {
    this.#arena = arena;
    this.#options = options;
    this.#packet = packet;
    this.name = packet.name;
    this.ifindex = packet.ifindex;
    this.#chunk = room.why === null ? room.chunk : undefined;
    this.#queues = room.queues;
    this.#why = room.why;
  }

  /** Opens a NIC as AfPacket.open() does, with a ring that leaves room for XDP, and puts XDP on it if that can be. */
  static open(arena: Arena, name: string, options: AfPacketOptions = {}): AfXdp {
    const room = roomFor(arena, name, options);
    const slots = room.slots > 0 ? Math.min(room.slots, options.slots ?? room.slots) : options.slots;
    const device = new AfXdp(arena, AfPacket.open(arena, name, { ...options, slots }), options, room);
    device.engage();
    return device;
  }

  /** Puts XDP on a NIC that is open, as far as there is room beside its ring. The packet device is this one's from now on. */
  static over(arena: Arena, packet: AfPacket, options: AfPacketOptions): AfXdp {
    const room = roomFor(arena, packet.name, options);
    if (room.chunk !== undefined) {
      const free = Math.floor(arena.largest() / xskBytes(arena, room.chunk));
      room.queues = Math.min(channelsOf(packet.name), QUEUES_MAX, free);
      room.why = free > 0 ? null : NO_ROOM;
    }
    packet.rest();
    const device = new AfXdp(arena, packet, options, room);
    device.engage();
    return device;
  }

  /** Takes XDP off and gives the packet device back, resting; this one is of no more use. */
  shed(): AfPacket {
    this.#open = false;
    this.rest();
    return this.#packet;
  }

  /** Queues that XDP is in use on. */
  get queues(): number {
    return this.#xsks.length;
  }

  /** Why XDP is not in use; null if it is. */
  get why(): string | null {
    return this.#xsks.length > 0 ? null : this.#why;
  }

  get superframes(): boolean {
    return this.#packet.superframes;
  }

  /** Frames of a larger MTU want another device. */
  get mtuMax(): number {
    return this.#chunk === undefined ? this.#packet.mtuMax : Math.min(this.#packet.mtuMax, mtuMaxOf(this.#chunk));
  }

  // ── XDP on and off ──

  /** Puts XDP on the NIC, or notes why not; true if it is in use. Tries again by itself for a while if somebody is about to let go. */
  engage(): boolean {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#xsks.length > 0) return true;
    if (!this.#open || this.#chunk === undefined) return false;
    try {
      this.#engage(this.#chunk);
      this.#why = null;
      this.#tries = 0;
      return true;
    } catch (e) {
      this.#disengage();
      if (!(e instanceof OsError || e instanceof ArenaError)) throw e;
      this.#why = e.message;
      if (e instanceof OsError && e.code === "EBUSY" && this.#tries++ < RETRIES)
        this.#retry = setTimeout(() => this.engage(), RETRY_MS).unref();
      return false;
    }
  }

  #engage(chunk: ChunkSize): void {
    const { name, ifindex } = this;
    const doing = `open ${name} for XDP`;
    if (stripsTags(name)) throw new OsError(doing, 0, "it takes VLAN tags out of frames (ethtool -K … rxvlan off): XDP cannot see them");
    raiseLocked();
    const queues = Math.min(channelsOf(name), this.#queues);
    for (let queue = 0; queue < queues; queue++) this.#xsks.push(Xsk.open({ arena: this.#arena, name, ifindex, queue, chunk }));
    const keep = (fd: number): number => {
      this.#descriptors.push(fd);
      return fd;
    };
    const map = keep(createXskMap(QUEUES_MAX, doing));
    for (const [queue, xsk] of this.#xsks.entries()) setXsk(map, queue, xsk.fd, doing);
    const program = keep(loadXdp(redirectProgram(map, frameMaxOf(chunk)), doing));
    keep(attachXdp(program, ifindex, XDP_FLAGS_SKB_MODE, doing));
    if (this.#onReadable) for (const xsk of this.#xsks) xsk.start(this.#onReadable);
  }

  /** Takes XDP off the NIC: from now on the packet ring receives everything. */
  #disengage(): void {
    for (const fd of this.#descriptors.splice(0).reverse()) libc().close(fd);
    for (const xsk of this.#xsks.splice(0)) {
      const { rxDropped, txErrors } = xsk.stats();
      this.#lost = { rxDropped: this.#lost.rxDropped + rxDropped, txErrors: this.#lost.txErrors + txErrors };
      xsk.close();
    }
  }

  // ── Device ──

  start(onReadable: () => void): void {
    this.#onReadable = onReadable;
    this.#tries = 0;
    this.engage();
    this.#packet.start(onReadable);
    for (const xsk of this.#xsks) xsk.start(onReadable);
  }

  /** Whoever takes over may want the queues, and can have them only from now on. */
  rest(): void {
    this.#onReadable = undefined;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#disengage();
    this.#packet.rest();
  }

  receive(first: number, max: number): number {
    const ways = this.#xsks.length + 1;
    this.#turn = (this.#turn + 1) % ways;
    let count = 0;
    for (let i = 0; i < ways && count < max; i++) {
      const xsk = this.#xsks[(this.#turn + i) % ways];
      count += (xsk ?? this.#packet).receive(first + count, max - count);
    }
    return count;
  }

  release(): void {
    for (const xsk of this.#xsks) xsk.release();
    this.#packet.release();
  }

  send(off: number, len: number, flags: number): void {
    if (!this.#xsks[0]?.send(off, len, flags)) this.#packet.send(off, len, flags);
  }

  flush(): void {
    const xsk = this.#xsks[0];
    if (xsk) {
      const down = !xsk.flush();
      if (down && !this.#down) this.#options.onDown?.();
      this.#down = down;
    }
    this.#packet.flush();
  }

  /** The packet socket is handed on; what waits in the XDP sockets goes with this process. */
  heirloom(): RingHeirloom | null {
    return this.#packet.heirloom();
  }

  discard(): void {
    this.#packet.discard();
  }

  stats(): DeviceStats {
    const all = [this.#packet.stats(), this.#lost, ...this.#xsks.map((x) => x.stats())];
    return { rxDropped: all.reduce((n, s) => n + s.rxDropped, 0), txErrors: all.reduce((n, s) => n + s.txErrors, 0) };
  }

  close(): void {
    this.#open = false;
    this.rest();
    this.#packet.close();
  }
}
