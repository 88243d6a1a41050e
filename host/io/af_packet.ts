// A NIC as a device: the kernel's TPACKET_V2 receive ring mapped into the module's memory, sendmmsg to send.
//
// Invariants
// - A received frame is where the kernel wrote it, with its virtio_net_hdr in the 10 bytes before it, until
//   release(); only a VLAN tag that the kernel took out is put back in between, which moves both 4 bytes to the front.
// - Lengths and offsets that the ring gives are checked against the slot: the module could have written there.
// - A ring is read by one process at a time; another goes on with it (ring_heirloom.ts) while this one rests.
// - close() puts plain memory in the ring's place before it closes the socket: the module's memory never has a hole,
//   and a socket whose ring is still mapped would go on receiving.
// - An interface that goes down or vanishes is reported once; nothing is polled in a circle because of it.

import { DESCF, Desc } from "../core/abi/ipmp.js";
import type { Arena } from "./arena.js";
import type { Device, DeviceStats } from "./device.js";
import { addressOf, check, errno, type Libc, libc, Native, OsError, Poll, setOption } from "./ffi.js";
import * as L from "./linux.js";
import { holdsSuperframes, mtuOf, type RingGeometry, ringGeometry, slotOffset } from "./ring_geometry.js";
import { isOurs, RING_FORM, type RingHeirloom } from "./ring_heirloom.js";
import { SendTable } from "./send_table.js";
import { insertTag, TAG } from "./vlan_tag.js";

/** Room before a frame for a VLAN tag that is put back, beyond what the ring leaves anyway. */
const HEADROOM = 16;
/** Superframes of 64 KiB wait in the send buffer until the NIC has taken them. */
const SEND_BUFFER = 8 << 20;
const MAC_PAIR = 12;
/** No frame waits longer: a larger age is a clock that was set. */
const AGE_MAX_NS = 1e9;

export interface AfPacketOptions {
  /** the interface's number, if known; its name may meanwhile be another's */
  ifindex?: number;
  /** frames the ring shall hold; default 255, fewer if the module's memory has no room */
  slots?: number;
  /** how many rings shall find a place in the module's memory; default 4 */
  members?: number;
  /** and how many TAPs beside them; if not given, a fifth of it is kept for them */
  groups?: number;
  /** the interface's MTU: where memory is short, slots may be as small as that (see superframes); if not given, they never are */
  mtu?: number;
  /** the interface no longer exists; the device only wants close() */
  onGone?: () => void;
  /**
   * The interface is down, or takes no frames, which may mean that it has no carrier: seen while receiving or sending,
   * mostly before rtnetlink says so. Called once until frames leave again, and from within send() and flush(): look
   * later.
   */
  onDown?: () => void;
}

export class AfPacket implements Device {
  readonly name: string;
  readonly ifindex: number;
  /** frames the ring holds */
  readonly slots: number;
  /** whether a slot holds a superframe; one that does not fit is lost, and counted: let the interface make none (GRO, LRO) */
  readonly superframes: boolean;
  /** frames of a larger MTU do not fit the ring */
  readonly mtuMax: number;
  readonly #libc: Libc = libc();
  readonly #arena: Arena;
  /** address of the module's memory in this process */
  readonly #address: number;
  readonly #options: AfPacketOptions;
  readonly #geometry: RingGeometry;
  #fd = -1;
  #poll: Poll | undefined;
  #ring = -1;
  #mapped = false;
  /** next slot to look at; the last receive() took #taken slots from there on */
  #head = 0;
  #taken = 0;
  /** somebody else has read the ring: where the kernel goes on is not known */
  #adrift = false;
  #losing = false;
  #gone = false;
  #down = false;
  #rxDropped = 0;
  #txErrors = 0;
  readonly #table: SendTable;
  readonly #scratch = new Native(64);

  private constructor(arena: Arena, name: string, options: AfPacketOptions) {
    this.#arena = arena;
    this.#address = addressOf(arena.memory.buffer);
    this.#options = options;
    this.name = name;
    this.ifindex = options.ifindex ?? this.#libc.if_nametoindex(name);
    if (this.ifindex === 0) throw new OsError(`open ${name}`, L.ERR.ENODEV, "no such network interface");
    const { slots, mtu, groups, members = 4 } = options;
    this.#geometry = ringGeometry(arena, slots, { members, groups }, name, mtu);
    this.slots = this.#geometry.slots;
    this.superframes = holdsSuperframes(this.#geometry);
    this.mtuMax = mtuOf(this.#geometry);
    this.#table = new SendTable(this.#address);
  }

  /** Opens a NIC for all its frames, in both directions. It must be Ethernet; being down is no error. */
  static open(arena: Arena, name: string, options: AfPacketOptions = {}): AfPacket {
    const device = new AfPacket(arena, name, options);
    try {
      device.#open();
    } catch (error) {
      device.close();
      throw error;
    }
    return device;
  }

  /**
   * Goes on with a ring that another process opened and reads no more; null if it is not what open() would make. Only if it
   * is gone on with, the descriptor is this device's from then on.
   */
  static adopt(arena: Arena, name: string, ring: RingHeirloom, options: AfPacketOptions = {}): AfPacket | null {
    const device = new AfPacket(arena, name, options);
    if (!isOurs(ring, device.ifindex, device.#geometry)) return null;
    try {
      device.#fd = ring.fd;
      const at = (step: string) => `take over ${name}: ${step}`;
      check(device.#libc.fcntl(ring.fd, L.F_SETFD, L.FD_CLOEXEC), at("packet socket"));
      device.#mapRing(at);
      device.#head = ring.head;
      return device;
    } catch (error) {
      device.#fd = -1;
      device.close();
      throw error;
    }
  }

  /** What another process needs to go on with the ring, once this one is at rest and until it goes on itself; null when closed. */
  heirloom(): RingHeirloom | null {
    if (this.#fd < 0 || this.#gone) return null;
    return { fd: this.#fd, form: RING_FORM, ifindex: this.ifindex, geometry: this.#geometry, head: this.#head };
  }

  #open(): void {
    const at = (step: string) => `open ${this.name}: ${step}`;
    // Protocol 0: nothing is received before the ring stands and the socket is bound.
    this.#fd = check(this.#libc.socket(L.AF_PACKET, L.SOCK_RAW | L.O_CLOEXEC | L.O_NONBLOCK, 0), at("packet socket"), {
      EPERM: "needs root, or the capability CAP_NET_RAW",
    });
    this.#requireEthernet();
    const set = (option: number, value: number, step: string) => setOption(this.#fd, L.SOL_PACKET, option, value, at(step));
    set(L.PACKET.VERSION, L.TPACKET_V2, "TPACKET_V2");
    set(L.PACKET.VNET_HDR, 1, "PACKET_VNET_HDR");
    set(L.PACKET.RESERVE, HEADROOM, "PACKET_RESERVE");
    set(L.PACKET.IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING (Linux 4.20)");
    set(L.PACKET.QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS");
    const word = this.#scratch;
    word.dv.setInt32(0, SEND_BUFFER, true);
    const forced = this.#libc.setsockopt(this.#fd, L.SOL_SOCKET, L.SO_SNDBUFFORCE, word.address, 4);
    // Without CAP_NET_ADMIN the system's limit holds.
    if (forced < 0) setOption(this.#fd, L.SOL_SOCKET, L.SO_SNDBUF, SEND_BUFFER, at("SO_SNDBUF"));
    this.#map(at);
    this.#join(at);
    this.#bind(at);
  }

  #requireEthernet(): void {
    const ifreq = new Native(L.IFREQ.SIZE);
    ifreq.setString(L.IFREQ.name, this.name);
    check(this.#libc.ioctl(this.#fd, L.SIOCGIFHWADDR, ifreq.address), `open ${this.name}`, { ENODEV: "no such network interface" });
    const type = ifreq.dv.getUint16(L.IFREQ.data, true);
    if (type !== L.ARPHRD_ETHER)
      throw new OsError(`open ${this.name}`, 0, `not an Ethernet interface (link type ${type}, must be ${L.ARPHRD_ETHER})`);
  }

  /** Makes the ring and puts it into the module's memory. */
  #map(at: (step: string) => string): void {
    const { blockSize, blocks, slotSize, slots } = this.#geometry;
    const request = this.#scratch;
    for (const [i, word] of [blockSize, blocks, slotSize, slots].entries()) request.dv.setUint32(4 * i, word, true);
    check(this.#libc.setsockopt(this.#fd, L.SOL_PACKET, L.PACKET.RX_RING, request.address, L.TPACKET_REQ_SIZE), at("receive ring"));
    this.#mapRing(at);
  }

  #mapRing(at: (step: string) => string): void {
    const { blockSize, blocks } = this.#geometry;
    this.#ring = this.#arena.alloc(blockSize * blocks, this.name);
    const address = this.#address + this.#ring;
    const bytes = blockSize * blocks;
    check(this.#libc.mmap(address, bytes, L.PROT_READ_WRITE, L.MAP_SHARED | L.MAP_FIXED, this.#fd, 0), at("map the receive ring"));
    this.#mapped = true;
    // A child between fork and exec would keep the ring, and with it the socket, alive.
    check(this.#libc.madvise(address, bytes, L.MADV_DONTFORK), at("MADV_DONTFORK"));
  }

  #join(at: (step: string) => string): void {
    const mreq = this.#scratch;
    mreq.u8.fill(0, 0, L.PACKET_MREQ.SIZE);
    mreq.dv.setInt32(L.PACKET_MREQ.ifindex, this.ifindex, true);
    mreq.dv.setUint16(L.PACKET_MREQ.type, L.PACKET_MR_PROMISC, true);
    check(this.#libc.setsockopt(this.#fd, L.SOL_PACKET, L.PACKET.ADD_MEMBERSHIP, mreq.address, L.PACKET_MREQ.SIZE), at("promiscuous mode"));
  }

  #bind(at: (step: string) => string): void {
    const address = this.#scratch;
    address.u8.fill(0, 0, L.SOCKADDR_LL.SIZE);
    address.dv.setUint16(L.SOCKADDR_LL.family, L.AF_PACKET, true);
    address.dv.setUint16(L.SOCKADDR_LL.protocol, L.ETH_P_ALL, false);
    address.dv.setInt32(L.SOCKADDR_LL.ifindex, this.ifindex, true);
    // ENETDOWN does not fail a bind: the socket is bound, and receives once the interface is up.
    if (this.#libc.bind(this.#fd, address.address, L.SOCKADDR_LL.SIZE) === -1 && errno() !== L.ERR.ENETDOWN) check(-1, at("bind"));
  }

  start(onReadable: () => void): void {
    if (this.#fd < 0 || this.#poll) return;
    this.#poll = new Poll(this.#fd, (failed) => {
      if (failed) {
        this.#trouble();
        this.#poll?.rearm();
      }
      if (this.#fd >= 0 && !this.#gone) onReadable();
    });
  }

  rest(): void {
    this.#poll?.close();
    this.#poll = undefined;
  }

  receive(first: number, max: number): number {
    const { i32, u8, u16, u32, descBase } = this.#arena;
    let count = 0;
    if (this.#adrift && !this.#find()) return 0;
    while (count < max && this.#taken < this.slots && this.#ring >= 0) {
      const slot = this.#ring + slotOffset(this.#geometry, (this.#head + this.#taken) % this.slots);
      // The status is written last by the kernel: nothing else of the slot is read before it.
      const status = Atomics.load(i32, slot >> 2);
      if ((status & L.TP_STATUS.USER) === 0) break;
      this.#taken++;
      if ((status & L.TP_STATUS.LOSING) !== 0) this.#losing = true;
      const wire = u32[(slot + L.TP2.len) >> 2];
      let len = u32[(slot + L.TP2.snaplen) >> 2];
      const mac = u16[(slot + L.TP2.mac) >> 1];
      if (len < wire || len < MAC_PAIR + 2 || mac < L.TP2.SIZE + L.SOCKADDR_LL.SIZE + L.VNET.SIZE || mac + len > this.#geometry.slotSize) {
        this.#rxDropped++;
        continue;
      }
      let off = slot + mac;
      if ((status & L.TP_STATUS.VLAN_VALID) !== 0) {
        const tpid = (status & L.TP_STATUS.VLAN_TPID_VALID) !== 0 ? u16[(slot + L.TP2.vlan_tpid) >> 1] : L.ETH_P_8021Q;
        insertTag(u8, off, tpid, u16[(slot + L.TP2.vlan_tci) >> 1]);
        off -= TAG;
        len += TAG;
      }
      const desc = descBase + (first + count) * Desc.SIZE;
      u32[(desc + Desc.off) >> 2] = off;
      u32[(desc + Desc.len) >> 2] = len;
      u16[(desc + Desc.flags) >> 1] = DESCF.VNET;
      count++;
    }
    // Slots of nothing but refused frames must not stay taken: no release() follows a 0.
    if (count === 0 && this.#taken > 0) this.release();
    return count;
  }

  age(): number {
    if (this.#taken === 0 || this.#ring < 0) return 0;
    const { u32 } = this.#arena;
    const slot = this.#ring + slotOffset(this.#geometry, this.#head);
    const now = this.#scratch;
    this.#libc.clock_gettime(L.CLOCK_REALTIME, now.address);
    const seconds = (now.dv.getUint32(0, true) - u32[(slot + L.TP2.sec) >> 2]) | 0;
    const age = seconds * 1e9 + now.dv.getUint32(8, true) - u32[(slot + L.TP2.nsec) >> 2];
    // The clock may have been set meanwhile.
    return age > 0 && age <= AGE_MAX_NS ? age : 0;
  }

  release(): void {
    if (this.#ring < 0) return;
    for (let i = 0; i < this.#taken; i++) {
      Atomics.store(this.#arena.i32, this.#status(this.#head), L.TP_STATUS.KERNEL);
      this.#head = (this.#head + 1) % this.slots;
    }
    this.#taken = 0;
    if (this.#losing) this.#countLosses();
  }

  discard(): void {
    if (this.#ring < 0) return;
    for (let i = 0; i < this.slots; i++) if (this.#isFull(i)) Atomics.store(this.#arena.i32, this.#status(i), L.TP_STATUS.KERNEL);
    this.#taken = 0;
    this.#adrift = true;
  }

  /** Finds where the kernel writes, in a ring of which somebody else has read an unknown part. False: no frame shows it yet. */
  #find(): boolean {
    let at = 0;
    while (at < this.slots && !this.#isFull(at)) at++;
    if (at === this.slots) return false;
    // the first of those in a row; the kernel may be adding some while we look
    for (let left = this.slots; left > 0; left--) {
      const before = (at + this.slots - 1) % this.slots;
      if (!this.#isFull(before)) break;
      at = before;
    }
    this.#head = at;
    this.#adrift = false;
    return true;
  }

  #status(slot: number): number {
    return (this.#ring + slotOffset(this.#geometry, slot)) >> 2;
  }

  #isFull(slot: number): boolean {
    return this.#ring >= 0 && (Atomics.load(this.#arena.i32, this.#status(slot)) & L.TP_STATUS.USER) !== 0;
  }

  send(off: number, len: number, flags: number): void {
    if (this.#table.full) this.flush();
    this.#table.push(off, len, (flags & DESCF.VNET) !== 0);
  }

  flush(): void {
    const table = this.#table;
    const count = table.count;
    let sent = 0;
    while (sent < count && this.#fd >= 0) {
      const done = this.#libc.sendmmsg(this.#fd, table.address(sent), count - sent, L.MSG_DONTWAIT);
      if (done > 0) {
        sent += done;
        this.#down = false;
        continue;
      }
      const why = errno();
      if (why === L.ERR.EINTR) continue;
      sent += this.#refused(why, count - sent);
    }
    table.clear();
  }

  /** Counts what a failed send costs, out of `left` frames; returns how many are not to be tried again. */
  #refused(why: number, left: number): number {
    const gone = why === L.ERR.ENETDOWN || why === L.ERR.ENXIO || why === L.ERR.ENODEV;
    const lost = gone || why === L.ERR.EAGAIN ? left : 1;
    this.#txErrors += lost;
    if (this.#down) return lost;
    if (gone) this.#trouble();
    else if (why === L.ERR.ENOBUFS) {
      // A NIC without carrier takes no frame, and says so long before the kernel reports the loss.
      this.#down = true;
      this.#options.onDown?.();
    }
    return lost;
  }

  /** The interface has gone down, or is gone: takes the socket's error away, which would else wake us for ever, and says so. */
  #trouble(): void {
    const { dv, address } = this.#scratch;
    dv.setUint32(60, 4, true);
    this.#libc.getsockopt(this.#fd, L.SOL_SOCKET, L.SO_ERROR, address, address + 60);
    dv.setUint32(60, L.SOCKADDR_LL.SIZE, true);
    this.#libc.getsockname(this.#fd, address, address + 60);
    if (dv.getInt32(L.SOCKADDR_LL.ifindex, true) === -1) {
      if (this.#gone) return;
      this.#gone = true;
      this.#poll?.close();
      this.#options.onGone?.();
      return;
    }
    this.#down = true;
    this.#options.onDown?.();
  }

  /** Adds what the kernel has dropped for want of a slot; asking sets its count back. */
  #countLosses(): void {
    this.#losing = false;
    const { dv, address } = this.#scratch;
    dv.setUint32(60, 8, true);
    if (this.#libc.getsockopt(this.#fd, L.SOL_PACKET, L.PACKET.STATISTICS, address, address + 60) === 0)
      this.#rxDropped += dv.getUint32(4, true);
  }

  stats(): DeviceStats {
    if (this.#fd >= 0) this.#countLosses();
    return { rxDropped: this.#rxDropped, txErrors: this.#txErrors };
  }

  close(): void {
    this.#poll?.close();
    this.#poll = undefined;
    if (this.#mapped) this.#unmap();
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
    if (this.#ring >= 0) this.#arena.free(this.#ring);
    this.#ring = -1;
  }

  #unmap(): void {
    const bytes = this.#geometry.blockSize * this.#geometry.blocks;
    const flags = L.MAP_PRIVATE | L.MAP_ANONYMOUS | L.MAP_FIXED | L.MAP_NORESERVE;
    const step = `close ${this.name}: put plain memory in the ring's place`;
    check(this.#libc.mmap(this.#address + this.#ring, bytes, L.PROT_READ_WRITE, flags, -1, 0), step);
    this.#mapped = false;
  }
}
