// Which device belongs to which group and NIC, and the way of one batch through the module.
//
// Invariants: frames of a batch are given back to their device only after every device that sends some of them has been
// flushed; control frames are queued before the batch's own; descriptors are used from 0 on, by one batch at a time; of a
// frame that goes out by every member (OUT.ALL) a member's copy is flushed before the next member's is made in its place.

import { CTLK, Ctl, Desc, Grp, LIMIT, OUT, Page, Phyint } from "../core/abi/ipmp.js";
import { IpmpError } from "../core/errors.js";
import type { Ipmp } from "../core/ipmp.js";
import type { Device } from "../io/device.js";

/** Stands between a NIC's device and the module: gives the device that is used instead. */
export type Tap = (device: Device, phyint: number) => Device;

export interface Port {
  /** what frames go through: the device that was added, or what a tap puts before it */
  device: Device;
  readonly bare: Device;
  /** group or phyint */
  readonly id: number;
  readonly isGroup: boolean;
  /** it may have frames */
  ready: boolean;
  started: boolean;
  removed: boolean;
  /** it has frames queued to send */
  dirty: boolean;
}

export interface TrafficStats {
  /** frames from the stack, and from the wire */
  txFrames: number;
  rxFrames: number;
  /** frames and control frames for a NIC or group that has no device here */
  unplugged: number;
  /** frames of a device whose group or NIC the module does not know (any more) */
  unknown: number;
  /** control frames sent */
  ctl: number;
}

const ENOENT = -2;
const NO_GROUP = 0xffff;

export class Switchboard {
  readonly stats: TrafficStats = { txFrames: 0, rxFrames: 0, unplugged: 0, unknown: 0, ctl: 0 };
  /** announcements of a group have been sent; `more`: first ones are still due. Called after the flush, in ns of hrtime. */
  onAnnounced: ((grp: number, at: bigint, more: boolean) => void) | undefined;
  /** groups whose announcements are queued */
  readonly #announcing = new Set<number>();
  readonly #ipmp: Ipmp;
  readonly #budget: number;
  readonly #groups: (Port | undefined)[] = [];
  readonly #members: (Port | undefined)[] = [];
  #ports: readonly Port[] = [];
  readonly #dirty: Port[] = [];
  #tap: Tap | null = null;
  readonly #u16: Uint16Array;
  readonly #u32: Uint32Array;
  readonly #desc: number;
  /** where the module is told how long frames have waited */
  readonly #age: number;
  readonly #phyint: number;
  readonly #grp: number;
  /** the batch under way: its frames, and where those to deliver go */
  #count = 0;
  #from = 0;
  #deliver: Port | undefined;

  constructor(ipmp: Ipmp, budget: number) {
    this.#ipmp = ipmp;
    this.#budget = Math.min(budget, LIMIT.DESC_MAX);
    this.#u16 = new Uint16Array(ipmp.memory.buffer);
    this.#u32 = new Uint32Array(ipmp.memory.buffer);
    this.#desc = ipmp.pageWord("desc_base");
    this.#age = (ipmp.page + Page.rx_age) >> 2;
    this.#phyint = ipmp.pageWord("phyint_base");
    this.#grp = ipmp.pageWord("grp_base");
  }

  /** All ports; the array is replaced, never changed, so that it may be walked while ports come and go. */
  ports(): readonly Port[] {
    return this.#ports;
  }

  anyReady(): boolean {
    for (const port of this.#ports) if (port.ready) return true;
    return false;
  }

  /** Whether the module has control frames or events for us. */
  waiting(): boolean {
    return (
      this.#ipmp.pageWord("ctl_head") !== this.#ipmp.pageWord("ctl_tail") ||
      this.#ipmp.pageWord("event_head") !== this.#ipmp.pageWord("event_tail")
    );
  }

  addGroup(grp: number, device: Device): Port {
    return this.#add(this.#groups, grp, device, true);
  }

  addMember(phyint: number, device: Device): Port {
    return this.#add(this.#members, phyint, device, false);
  }

  removeGroup(grp: number): void {
    this.#remove(this.#groups, grp);
  }

  removeMember(phyint: number): void {
    this.#remove(this.#members, phyint);
  }

  /** Puts a tap before every NIC's device, those to come included; null takes it away. Only while no batch is under way. */
  setTap(tap: Tap | null): void {
    this.#tap = tap;
    for (const port of this.#members) if (port) port.device = tap === null ? port.bare : tap(port.bare, port.id);
  }

  #add(table: (Port | undefined)[], id: number, device: Device, isGroup: boolean): Port {
    if (table[id]) throw new Error(`${isGroup ? "group" : "NIC"} ${id} has a device already: ${table[id].device.name}`);
    const used = this.#tap === null || isGroup ? device : this.#tap(device, id);
    const port: Port = { device: used, bare: device, id, isGroup, ready: false, started: false, removed: false, dirty: false };
    table[id] = port;
    this.#ports = [...this.#ports, port];
    return port;
  }

  #remove(table: (Port | undefined)[], id: number): void {
    const port = table[id];
    if (!port) return;
    port.removed = true;
    port.ready = false;
    table[id] = undefined;
    this.#ports = this.#ports.filter((p) => p !== port);
  }

  /** Takes one batch from a device through the module; returns its frames. */
  pump(port: Port): number {
    const count = port.device.receive(0, this.#budget);
    if (count === 0) {
      port.ready = false;
      return 0;
    }
    try {
      this.#batch(port, count);
    } finally {
      port.device.release();
    }
    return count;
  }

  #batch(port: Port, count: number): void {
    const x = this.#ipmp.x;
    let result: number;
    if (port.isGroup) {
      this.stats.txFrames += count;
      result = x.ipmp_tx_batch(port.id, 0, count);
    } else {
      this.stats.rxFrames += count;
      this.#u32[this.#age] = port.bare.age?.() ?? 0;
      result = x.ipmp_rx_batch(port.id, 0, count);
    }
    if (result < 0) {
      if (result !== ENOENT)
        throw new IpmpError(port.isGroup ? "ipmp_tx_batch" : "ipmp_rx_batch", -result, `port=${port.id} count=${count}`);
      this.stats.unknown += count;
      return;
    }
    this.#count = count;
    this.#from = port.id;
    this.#deliver = port.isGroup ? undefined : this.#groupOf(port.id);
    // Control frames go first; their places in the ring are freed after the flush.
    if (this.#ipmp.drainCtl(this.#queueControl, this.#sendBatch) === 0) this.#sendBatch();
  }

  #groupOf(phyint: number): Port | undefined {
    const grp = this.#u16[(this.#phyint + phyint * Phyint.SIZE + Phyint.grp) >> 1];
    return grp === NO_GROUP ? undefined : this.#groups[grp];
  }

  /** Queues the batch's frames on the devices that the module chose, and sends. */
  readonly #sendBatch = (): void => {
    const u16 = this.#u16;
    const u32 = this.#u32;
    let copies = false;
    for (let i = 0, at = this.#desc; i < this.#count; i++, at += Desc.SIZE) {
      const out = u16[(at + Desc.out) >> 1];
      const to = out < LIMIT.PHYINT_MAX ? this.#members[out] : out === OUT.DELIVER ? this.#deliver : undefined;
      if (to) {
        this.#mark(to);
        to.device.send(u32[(at + Desc.off) >> 2], u32[(at + Desc.len) >> 2], u16[(at + Desc.flags) >> 1]);
      } else if (out === OUT.ALL) copies = true;
      else if (out <= OUT.DELIVER) this.stats.unplugged++;
    }
    this.#flush();
    if (copies) this.#sendCopies(this.#from);
  };

  /** Sends the frames that go out by every member of a group, member by member. */
  #sendCopies(grp: number): void {
    const record = this.#grp + grp * Grp.SIZE;
    const members = this.#u16[(record + Grp.nif) >> 1];
    for (let m = 0; m < members; m++) {
      const phyint = this.#u16[(record + Grp.members + 2 * m) >> 1];
      for (let i = 0, at = this.#desc; i < this.#count; i++, at += Desc.SIZE)
        if (this.#u16[(at + Desc.out) >> 1] === OUT.ALL && this.#ipmp.txCopy(grp, i, phyint)) this.#sendCopy(phyint, at);
      this.#flush();
    }
  }

  #sendCopy(phyint: number, desc: number): void {
    const to = this.#members[phyint];
    if (!to) {
      this.stats.unplugged++;
      return;
    }
    this.#mark(to);
    to.device.send(this.#u32[(desc + Desc.off) >> 2], this.#u32[(desc + Desc.len) >> 2], this.#u16[(desc + Desc.flags) >> 1]);
  }

  readonly #queueControl = (phyint: number, off: number, len: number, kind: number): void => {
    const to = this.#members[phyint];
    if (!to) {
      this.stats.unplugged++;
      return;
    }
    this.stats.ctl++;
    if (kind === CTLK.ANNOUNCE) this.#announcing.add(this.#u16[(off - Ctl.frame + Ctl.grp) >> 1]);
    this.#mark(to);
    to.device.send(off, len, 0);
  };

  /** Sends the control frames that wait. */
  sendControl(): void {
    this.#ipmp.drainCtl(this.#queueControl, this.#flush);
  }

  #mark(port: Port): void {
    if (port.dirty) return;
    port.dirty = true;
    this.#dirty.push(port);
  }

  readonly #flush = (): void => {
    for (const port of this.#dirty) {
      port.dirty = false;
      port.device.flush();
    }
    this.#dirty.length = 0;
    if (this.#announcing.size > 0) this.#announced();
  };

  #announced(): void {
    const at = this.onAnnounced === undefined ? 0n : process.hrtime.bigint();
    for (const grp of this.#announcing) this.onAnnounced?.(grp, at, this.#ipmp.announcing(grp));
    this.#announcing.clear();
  }
}
