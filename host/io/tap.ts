// The group interface as a device: a TAP, that is, a real network device of the local stack whose wire is this process.
//
// Invariants
// - Every frame has a virtio_net_hdr of 10 bytes before it, both ways: checksums may be partial, and a frame may be a
//   superframe of 64 KiB.
// - A persistent TAP outlives the process, with its addresses and routes; its carrier does not.
// - What receive() hands out stays in place until release(): frames are read one behind the other into one buffer.

import { DESCF, Desc, LIMIT } from "../core/abi/ipmp.js";
import type { Arena } from "./arena.js";
import type { Device, DeviceStats } from "./device.js";
import { addressOf, check, errno, errnoName, type Libc, libc, Native, OsError, Poll } from "./ffi.js";
import * as L from "./linux.js";
import { kernelDrops } from "./proc_net.js";
import { tapBuffer } from "./ring_geometry.js";

const CONTROL = "/dev/net/tun";
/** Frames begin on 16 bytes: the header takes the last 10 of the 16 before. */
const LEAD = 16;
/** The most that one read can return. */
const READ_MAX = LIMIT.FRAME_MAX;

export interface TapOptions {
  /** keep the interface when this process ends; default false */
  persist?: boolean;
  /** how many TAPs shall find a place in the module's memory, beside as many rings as there are; default 1 */
  groups?: number;
  /** the interface was removed; the device only wants close() */
  onGone?: () => void;
}

export class Tap implements Device {
  readonly name: string;
  /** the interface's number */
  readonly ifindex: number;
  readonly #libc: Libc = libc();
  readonly #arena: Arena;
  readonly #address: number;
  readonly #onGone: (() => void) | undefined;
  #fd: number;
  #poll: Poll | undefined;
  #buffer = -1;
  readonly #bytes: number;
  #gone = false;
  #txErrors = 0;
  /** header and frame, for frames that have no header of their own */
  readonly #iov = new Native(2 * L.IOVEC.SIZE + 16);

  private constructor(arena: Arena, name: string, fd: number, options: TapOptions) {
    this.#arena = arena;
    this.#address = addressOf(arena.memory.buffer);
    this.#onGone = options.onGone;
    this.#fd = fd;
    this.#bytes = tapBuffer(arena, options.groups);
    this.name = name;
    this.ifindex = this.#libc.if_nametoindex(name);
    this.#iov.setWord(L.IOVEC.base, this.#iov.address + 2 * L.IOVEC.SIZE);
    this.#iov.setWord(L.IOVEC.len, L.VNET.SIZE);
  }

  /** Makes the TAP of this name, or takes over the one there is; it must not be in use by another process. */
  static open(arena: Arena, name: string, options: TapOptions = {}): Tap {
    const fd = attach(name);
    const tap = new Tap(arena, name, fd, options);
    try {
      tap.#buffer = arena.alloc(tap.#bytes, name);
      configure(fd, name, options.persist ?? false);
    } catch (error) {
      tap.close();
      throw error;
    }
    return tap;
  }

  /**
   * The TAP that a descriptor of another process's belongs to: while one of them is open, the interface keeps its carrier
   * and what the stack has sent waits in its queue. `fd` stays the caller's; what is used is a duplicate.
   */
  static adopt(arena: Arena, name: string, fd: number, options: TapOptions = {}): Tap {
    const own = check(libc().fcntl(fd, L.F_DUPFD_CLOEXEC, 3), `take over TAP ${name}`);
    const tap = new Tap(arena, name, own, options);
    try {
      tap.#buffer = arena.alloc(tap.#bytes, name);
      configure(own, name, options.persist ?? false);
    } catch (error) {
      tap.close();
      throw error;
    }
    return tap;
  }

  /** Its descriptor, for a process that is to take over; -1 when closed. */
  get fd(): number {
    return this.#fd;
  }

  /** Removes a persistent TAP; true if there was one. */
  static remove(name: string): boolean {
    if (libc().if_nametoindex(name) === 0) return false;
    const fd = attach(name);
    try {
      check(libc().ioctl(fd, L.TUN.SETPERSIST, 0), `remove ${name}`);
    } finally {
      libc().close(fd);
    }
    return true;
  }

  /** Gives the interface a carrier, or takes it away. */
  setCarrier(up: boolean): void {
    const word = this.#iov;
    word.dv.setInt32(2 * L.IOVEC.SIZE + 12, up ? 1 : 0, true);
    check(this.#libc.ioctl(this.#fd, L.TUN.SETCARRIER, word.address + 2 * L.IOVEC.SIZE + 12), `set the carrier of ${this.name}`);
  }

  start(onReadable: () => void): void {
    if (this.#fd < 0 || this.#poll) return;
    this.#poll = new Poll(this.#fd, (failed) => {
      if (failed) this.#vanished();
      else onReadable();
    });
  }

  rest(): void {
    this.#poll?.close();
    this.#poll = undefined;
  }

  receive(first: number, max: number): number {
    if (this.#fd < 0) return 0;
    const { u16, u32, descBase } = this.#arena;
    const end = this.#buffer + this.#bytes;
    let off = this.#buffer + LEAD;
    let count = 0;
    while (count < max && off + READ_MAX <= end) {
      const got = this.#libc.read(this.#fd, this.#address + off - L.VNET.SIZE, READ_MAX);
      if (got <= L.VNET.SIZE) {
        if (got < 0 && this.#mayRead(errno())) continue;
        break;
      }
      const desc = descBase + (first + count) * Desc.SIZE;
      u32[(desc + Desc.off) >> 2] = off;
      u32[(desc + Desc.len) >> 2] = got - L.VNET.SIZE;
      u16[(desc + Desc.flags) >> 1] = DESCF.VNET;
      off = (off + got + LEAD + 15) & ~15;
      count++;
    }
    return count;
  }

  /** Whether to read again after an error. */
  #mayRead(why: number): boolean {
    if (why === L.ERR.EBADFD || why === L.ERR.ENODEV) this.#vanished();
    return why === L.ERR.EINTR;
  }

  release(): void {
    // The next receive() begins at the start of the buffer.
  }

  send(off: number, len: number, flags: number): void {
    if (this.#fd < 0) return;
    let wrote: number;
    if ((flags & DESCF.VNET) !== 0) wrote = this.#libc.write(this.#fd, this.#address + off - L.VNET.SIZE, len + L.VNET.SIZE);
    else {
      this.#iov.setWord(L.IOVEC.SIZE + L.IOVEC.base, this.#address + off);
      this.#iov.setWord(L.IOVEC.SIZE + L.IOVEC.len, len);
      wrote = this.#libc.writev(this.#fd, this.#iov.address, 2);
    }
    if (wrote < 0) this.#txErrors++;
  }

  flush(): void {
    // send() has already handed each frame to the stack.
  }

  /** The interface was removed by someone: says so once. */
  #vanished(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#poll?.close();
    this.#onGone?.();
  }

  stats(): DeviceStats {
    // What the stack sent while the queue was full counts as dropped on the interface's transmit side.
    return { rxDropped: this.#fd < 0 ? 0 : kernelDrops(this.name).tx, txErrors: this.#txErrors };
  }

  close(): void {
    this.#poll?.close();
    this.#poll = undefined;
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
    if (this.#buffer >= 0) this.#arena.free(this.#buffer);
    this.#buffer = -1;
  }
}

/** A descriptor of the TAP, which is made if there is none. */
function attach(name: string): number {
  if (name.length === 0 || Buffer.byteLength(name) >= L.IFNAMSIZ)
    throw new OsError(`open TAP ${name}`, 0, `an interface name has 1 to ${L.IFNAMSIZ - 1} bytes`);
  const c = libc();
  const fd = check(c.open(CONTROL, L.O_RDWR | L.O_NONBLOCK | L.O_CLOEXEC, 0), `open ${CONTROL}`, {
    ENOENT: "does not exist: the kernel has no TUN/TAP driver (modprobe tun), or this container is not given the device",
    ENODEV: "the kernel has no TUN/TAP driver: modprobe tun",
    EACCES: "needs root",
    EPERM: "needs root, and a container that is given the device",
  });
  const existed = c.if_nametoindex(name) !== 0;
  const ifreq = new Native(L.IFREQ.SIZE);
  ifreq.setString(L.IFREQ.name, name);
  ifreq.dv.setUint16(L.IFREQ.data, L.IFF_TAP | L.IFF_NO_PI | L.IFF_VNET_HDR, true);
  if (c.ioctl(fd, L.TUN.SETIFF, ifreq.address) === 0) return fd;
  const why = errno();
  c.close(fd);
  throw new OsError(`open TAP ${name}`, why, refusal(errnoName(why), existed));
}

/** Why TUNSETIFF failed, in words. */
function refusal(code: string, existed: boolean): string {
  if (code === "EPERM") return "needs root, or the capability CAP_NET_ADMIN";
  if (code === "EBUSY") return existed ? "another process has it open: stop that one first" : "the name is being taken by another process";
  if (code === "EINVAL" && existed) return "exists, but is not a TAP with one queue: choose another name, or remove that interface";
  if (code === "EINVAL") return "not a valid interface name";
  return "";
}

function configure(fd: number, name: string, persist: boolean): void {
  const c = libc();
  const word = new Native(8);
  word.dv.setInt32(0, L.VNET.SIZE, true);
  check(c.ioctl(fd, L.TUN.SETVNETHDRSZ, word.address), `open TAP ${name}: TUNSETVNETHDRSZ`);
  check(c.ioctl(fd, L.TUN.SETOFFLOAD, L.TUN_F_CSUM | L.TUN_F_TSO4 | L.TUN_F_TSO6), `open TAP ${name}: TUNSETOFFLOAD`);
  check(c.ioctl(fd, L.TUN.SETPERSIST, persist ? 1 : 0), `open TAP ${name}: TUNSETPERSIST`);
}
