// One XDP socket: a queue of a NIC, whose frames are in chunks of the module's memory (UMEM) and whose rings are mapped
// beside them. In copy mode: the kernel copies each frame once, as it does for a packet ring.
//
//   one piece of the arena:  rings │ chunks to receive into │ chunks to send from
//
// Invariants
// - A chunk is in one place: with the kernel (fill, receive, transmit or completion ring), held until release(), or free.
// - Addresses and lengths that a ring gives are checked against the chunks: the module could have written there.
// - What send() is given is copied before it returns; nothing waits for the next flush().
// - close() puts plain memory in the rings' places before it closes the socket, and gives the piece back.

import { DESCF, Desc } from "../core/abi/ipmp.js";
import type { Arena } from "./arena.js";
import type { DeviceStats } from "./device.js";
import { addressOf, check, errno, type Libc, libc, Native, OsError, Poll, setOption } from "./ffi.js";
import * as L from "./linux.js";
import * as X from "./linux_xdp.js";
import { UDP_CHECKSUM, unfinishedAt, writeUnfinished } from "./udp_checksum.js";
import { XskRing } from "./xsk_ring.js";

/** Chunks that one queue receives into, and sends from; powers of two, as the rings they fit into. */
const RX = 1024;
const TX = 512;
const CHUNKS = RX + TX;
/** What waits in the NIC's own queue counts against it: all chunks to send from, with what the kernel has beside them. */
const SEND_BUFFER = 4 << 20;
/** Before a frame to send: struct xsk_tx_metadata, rounded up. */
const TX_LEAD = 32;
/** Calls that one flush makes at most for so many frames; the kernel takes 32 in one. */
const CALLS_PER_FRAME = 2;
const CALLS_MORE = 16;
/** The least a frame can have: its Ethernet header. */
const FRAME_MIN = 14;
/** A chunk's place that there is not: what the kernel skips. */
const NOWHERE = 0xffff_ffff;

/** The four rings: option, mmap offset, position in struct xdp_mmap_offsets, entries, bytes of an entry, our side. */
const RINGS = [
  { option: X.XDP.FILL_RING, pgoff: X.XDP_PGOFF.FILL, nth: 2, entries: RX, bytes: 8, side: "producer" },
  { option: X.XDP.COMPLETION_RING, pgoff: X.XDP_PGOFF.COMPLETION, nth: 3, entries: TX, bytes: 8, side: "consumer" },
  { option: X.XDP.RX_RING, pgoff: X.XDP_PGOFF.RX, nth: 0, entries: RX, bytes: 16, side: "consumer" },
  { option: X.XDP.TX_RING, pgoff: X.XDP_PGOFF.TX, nth: 1, entries: TX, bytes: 16, side: "producer" },
] as const;
/** A ring's indices stand before its entries; the kernel's offsets leave no more than this. */
const RING_HEAD = 512;

export type ChunkSize = 2048 | 4096;

const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;
const ringBytes = (arena: Arena, r: (typeof RINGS)[number]): number => roundUp(RING_HEAD + r.entries * r.bytes, arena.piece);

/** Bytes of the arena that a socket takes. */
export function xskBytes(arena: Arena, chunk: ChunkSize): number {
  return RINGS.reduce((sum, r) => sum + ringBytes(arena, r), 0) + CHUNKS * chunk;
}

/** Bytes of the longest frame that a chunk holds. */
export const frameMaxOf = (chunk: ChunkSize): number => chunk - X.XDP_PACKET_HEADROOM;

export interface XskPlace {
  arena: Arena;
  name: string;
  ifindex: number;
  queue: number;
  chunk: ChunkSize;
}

export class Xsk {
  readonly #libc: Libc = libc();
  readonly #arena: Arena;
  readonly #place: XskPlace;
  readonly #address: number;
  /** the piece of the arena; where chunks begin in it */
  #piece = -1;
  readonly #umem: number;
  readonly #mapped: { at: number; bytes: number }[] = [];
  #fd = -1;
  #poll: Poll | undefined;
  #fill!: XskRing;
  #completion!: XskRing;
  #rx!: XskRing;
  #tx!: XskRing;
  /** whether the kernel finishes checksums for us */
  #metadata = false;
  /** chunks that release() gives back */
  readonly #held = new Uint32Array(RX);
  #holding = 0;
  /** chunks to send from that are free */
  readonly #free = new Uint32Array(TX);
  #frees = 0;
  #rxBad = 0;
  #txErrors = 0;
  readonly #scratch = new Native(128);

  private constructor(place: XskPlace) {
    this.#place = place;
    this.#arena = place.arena;
    this.#address = addressOf(place.arena.memory.buffer);
    this.#umem = xskBytes(place.arena, place.chunk) - CHUNKS * place.chunk;
  }

  /** Opens a queue of a NIC; nothing is received before a program redirects frames to it. Throws OsError or ArenaError. */
  static open(place: XskPlace): Xsk {
    const xsk = new Xsk(place);
    try {
      xsk.#open();
    } catch (e) {
      xsk.close();
      throw e;
    }
    return xsk;
  }

  get fd(): number {
    return this.#fd;
  }

  #open(): void {
    const { arena, name, ifindex, queue, chunk } = this.#place;
    const at = (step: string): string => `open ${name} for XDP: ${step}`;
    this.#fd = check(this.#libc.socket(X.AF_XDP, L.SOCK_RAW | L.O_CLOEXEC | L.O_NONBLOCK, 0), at("socket"), {
      EPERM: "needs root, or the capability CAP_NET_RAW",
      EAFNOSUPPORT: "the kernel has no XDP sockets (CONFIG_XDP_SOCKETS), or the service manager does not allow them",
    });
    // without CAP_NET_ADMIN the system's limit holds
    this.#scratch.dv.setInt32(0, SEND_BUFFER, true);
    if (this.#libc.setsockopt(this.#fd, L.SOL_SOCKET, L.SO_SNDBUFFORCE, this.#scratch.address, 4) < 0)
      setOption(this.#fd, L.SOL_SOCKET, L.SO_SNDBUF, SEND_BUFFER, at("SO_SNDBUF"));
    this.#piece = arena.alloc(xskBytes(arena, chunk), `${name}, queue ${queue}`);
    this.#register(at);
    const word = this.#scratch;
    for (const r of RINGS) {
      word.dv.setInt32(0, r.entries, true);
      check(this.#libc.setsockopt(this.#fd, X.SOL_XDP, r.option, word.address, 4), at("make a ring"));
    }
    const offsets = new Native(X.XDP_OFFSETS.SIZE + 8);
    offsets.dv.setUint32(X.XDP_OFFSETS.SIZE, X.XDP_OFFSETS.SIZE, true);
    const size = offsets.address + X.XDP_OFFSETS.SIZE;
    check(this.#libc.getsockopt(this.#fd, X.SOL_XDP, X.XDP.MMAP_OFFSETS, offsets.address, size), at("XDP_MMAP_OFFSETS"));
    [this.#fill, this.#completion, this.#rx, this.#tx] = this.#map(offsets.dv, at);
    for (let i = 0; i < RX; i++) this.#fill.put(i * chunk);
    this.#fill.publish();
    for (let i = 0; i < TX; i++) this.#free[this.#frees++] = (RX + i) * chunk;
    word.u8.fill(0, 0, X.SOCKADDR_XDP.SIZE);
    word.dv.setUint16(X.SOCKADDR_XDP.family, X.AF_XDP, true);
    word.dv.setUint16(X.SOCKADDR_XDP.flags, X.XDP_COPY | X.XDP_USE_NEED_WAKEUP, true);
    word.dv.setUint32(X.SOCKADDR_XDP.ifindex, ifindex, true);
    word.dv.setUint32(X.SOCKADDR_XDP.queue_id, queue, true);
    check(this.#libc.bind(this.#fd, word.address, X.SOCKADDR_XDP.SIZE), at(`bind queue ${queue}`), {
      EBUSY: "another XDP socket has it",
      EOPNOTSUPP: "the driver does not do it",
    });
  }

  /** Makes the chunks the socket's memory; with metadata for what is sent, if the kernel knows of that. */
  #register(at: (step: string) => string): void {
    const { chunk } = this.#place;
    const reg = this.#scratch;
    const umem = this.#address + this.#piece + this.#umem;
    // A child between fork and exec would be given copies of all of it, because the kernel has pinned it.
    check(this.#libc.madvise(this.#address + this.#piece, this.#umem + CHUNKS * chunk, L.MADV_DONTFORK), at("MADV_DONTFORK"));
    for (const metadata of [true, false]) {
      reg.u8.fill(0, 0, X.UMEM_REG.SIZE);
      reg.setWord(X.UMEM_REG.addr, umem);
      reg.setWord(X.UMEM_REG.len, CHUNKS * chunk);
      reg.dv.setUint32(X.UMEM_REG.chunk_size, chunk, true);
      if (metadata) {
        reg.dv.setUint32(X.UMEM_REG.flags, X.XDP_UMEM_TX_METADATA_LEN, true);
        reg.dv.setUint32(X.UMEM_REG.tx_metadata_len, X.TX_METADATA.SIZE, true);
      }
      this.#metadata = metadata;
      const done = this.#libc.setsockopt(this.#fd, X.SOL_XDP, X.XDP.UMEM_REG, reg.address, X.UMEM_REG.SIZE);
      if (done === 0) return;
      if (metadata && errno() === L.ERR.EINVAL) continue;
      check(done, at("lock its memory"), {
        ENOBUFS: `the limit of locked memory is too small (ulimit -l); it takes ${((CHUNKS * chunk) >> 10) + 1} KiB a NIC`,
      });
    }
  }

  #map(offsets: DataView, at: (step: string) => string): [XskRing, XskRing, XskRing, XskRing] {
    let place = this.#piece;
    const rings = RINGS.map((r) => {
      const here = new DataView(offsets.buffer, r.nth * X.XDP_OFFSETS.ring, X.XDP_OFFSETS.ring);
      const head = here.getUint32(X.XDP_OFFSETS.desc, true);
      if (head > RING_HEAD) throw new OsError(at("map a ring"), 0, `its entries begin at ${head}, expected at most ${RING_HEAD}`);
      const bytes = roundUp(head + r.entries * r.bytes, this.#arena.piece);
      const flags = L.MAP_SHARED | L.MAP_FIXED;
      check(this.#libc.mmap(this.#address + place, bytes, L.PROT_READ_WRITE, flags, this.#fd, r.pgoff), at("map a ring"));
      this.#mapped.push({ at: place, bytes });
      check(this.#libc.madvise(this.#address + place, bytes, L.MADV_DONTFORK), at("MADV_DONTFORK"));
      const ring = new XskRing(this.#arena, place, here, r.entries, r.bytes, r.side);
      place += ringBytes(this.#arena, r);
      return ring;
    });
    return rings as [XskRing, XskRing, XskRing, XskRing];
  }

  start(onReadable: () => void): void {
    if (this.#fd < 0 || this.#poll) return;
    this.#poll = new Poll(this.#fd, (failed) => {
      // nothing that needs an answer: an interface that is gone is noticed by the packet socket
      if (failed) this.#poll?.close();
      else onReadable();
    });
  }

  receive(first: number, max: number): number {
    const { u8, u16, u32, descBase } = this.#arena;
    const rx = this.#rx;
    const { chunk } = this.#place;
    const base = this.#piece + this.#umem;
    let count = 0;
    let taken = 0;
    for (let left = Math.min(rx.waiting(), RX); left > 0 && count < max; left--) {
      const w = rx.word(taken++);
      const at = u32[w];
      const len = u32[w + 2];
      if (u32[w + 1] !== 0 || at >= RX * chunk) {
        this.#rxBad++;
        continue;
      }
      const start = at & -chunk;
      this.#held[this.#holding++] = start;
      if (u32[w + 3] !== 0 || len < FRAME_MIN || len > chunk - (at - start) || at - start < L.VNET.SIZE) {
        this.#rxBad++;
        continue;
      }
      const off = base + at;
      const desc = descBase + (first + count) * Desc.SIZE;
      u32[(desc + Desc.off) >> 2] = off;
      u32[(desc + Desc.len) >> 2] = len;
      const udp = (off & 1) === 0 && len >= IPV4_UDP ? unfinishedAt(u16, off) : 0;
      if (udp !== 0) writeUnfinished(u8, off, udp);
      u16[(desc + Desc.flags) >> 1] = udp === 0 ? 0 : DESCF.VNET;
      count++;
    }
    if (taken > 0) {
      rx.advance(taken);
      rx.done();
    }
    if (count === 0 && this.#holding > 0) this.release();
    return count;
  }

  release(): void {
    if (this.#fd < 0 || this.#holding === 0) return;
    for (let i = 0; i < this.#holding; i++) this.#fill.put(this.#held[i]);
    this.#fill.publish();
    this.#holding = 0;
  }

  /** Queues a frame. False if it has to go another way: longer than a chunk, or with work left that only a packet socket takes. */
  send(off: number, len: number, flags: number): boolean {
    if (len > this.#place.chunk - TX_LEAD || this.#fd < 0) return false;
    const { u8, u32 } = this.#arena;
    const header = off - L.VNET.SIZE;
    const headed = (flags & DESCF.VNET) !== 0;
    if (headed && u8[header + L.VNET.gso_type] !== 0) return false;
    const partial = headed && (u8[header + L.VNET.flags] & L.VNET_NEEDS_CSUM) !== 0;
    // TCP has superframes, which cannot go here: its other frames would overtake them
    if (partial && (!this.#metadata || u8[header + L.VNET.csum_offset] !== UDP_CHECKSUM)) return false;
    if (this.#frees === 0) this.#reap();
    if (this.#frees === 0 || this.#tx.pending() >= TX) this.flush();
    if (this.#frees === 0 || this.#tx.pending() >= TX) {
      this.#txErrors++;
      return true;
    }
    const at = this.#free[--this.#frees] + TX_LEAD;
    const to = this.#piece + this.#umem + at;
    u8.copyWithin(to, off, off + len);
    if (partial) this.#ask(to, header);
    const w = this.#tx.word();
    u32[w] = at;
    u32[w + 1] = 0;
    u32[w + 2] = len;
    u32[w + 3] = partial ? X.XDP_TX_METADATA : 0;
    this.#tx.advance(1);
    return true;
  }

  /** Asks for the checksum that a virtio_net_hdr describes. */
  #ask(frame: number, header: number): void {
    const { u8 } = this.#arena;
    const at = frame - X.TX_METADATA.SIZE;
    u8.fill(0, at, frame);
    u8[at + X.TX_METADATA.flags] = X.XDP_TXMD_FLAGS_CHECKSUM;
    u8.copyWithin(at + X.TX_METADATA.csum_start, header + L.VNET.csum_start, header + L.VNET.SIZE);
  }

  /** Hands what is queued to the kernel. False if the NIC took none of some of it: it may be down, or without carrier. */
  flush(): boolean {
    const tx = this.#tx;
    if (this.#fd < 0 || tx.pending() === 0) return true;
    tx.publish();
    let took = true;
    for (let calls = tx.pending() * CALLS_PER_FRAME + CALLS_MORE; calls > 0 && tx.pending() > 0; calls--) {
      if (!tx.wantsCall) break;
      if (this.#libc.sendto(this.#fd, 0, 0, L.MSG_DONTWAIT, 0, 0) >= 0) continue;
      const why = errno();
      if (why === L.ERR.EAGAIN || why === L.ERR.EINTR) continue;
      if (why !== L.ERR.EBUSY) {
        took = false;
        break;
      }
      // one frame was dropped on its way out, for want of carrier or room
      this.#txErrors++;
      took = false;
    }
    if (tx.pending() > 0 && tx.wantsCall) this.#forget(tx.pending());
    this.#reap();
    return took;
  }

  /** Makes the last n frames ones that the kernel skips: they would be sent, too late, when it takes some again. */
  #forget(n: number): void {
    const { u32 } = this.#arena;
    for (let i = 1; i <= n; i++) {
      const w = this.#tx.word(-i);
      const at = u32[w];
      if (at === NOWHERE) continue;
      this.#txErrors++;
      this.#free[this.#frees++] = at - TX_LEAD;
      u32[w] = NOWHERE;
      u32[w + 1] = NOWHERE;
    }
  }

  /** Takes back chunks that have been sent. */
  #reap(): void {
    const { u32 } = this.#arena;
    const { chunk } = this.#place;
    const done = this.#completion;
    const n = Math.min(done.waiting(), TX);
    for (let i = 0; i < n; i++) {
      const at = u32[done.word(i)];
      if (at >= RX * chunk && at < CHUNKS * chunk && this.#frees < TX) this.#free[this.#frees++] = at & -chunk;
    }
    if (n === 0) return;
    done.advance(n);
    done.done();
  }

  stats(): DeviceStats {
    let rxDropped = this.#rxBad;
    if (this.#fd >= 0) {
      const { dv, address } = this.#scratch;
      dv.setUint32(64, X.XDP_STATISTICS.SIZE, true);
      if (this.#libc.getsockopt(this.#fd, X.SOL_XDP, X.XDP.STATISTICS, address, address + 64) === 0)
        rxDropped += dv.getUint32(X.XDP_STATISTICS.rx_dropped, true) + dv.getUint32(X.XDP_STATISTICS.rx_ring_full, true);
    }
    return { rxDropped, txErrors: this.#txErrors };
  }

  close(): void {
    this.#poll?.close();
    this.#poll = undefined;
    const { name, chunk } = this.#place;
    const flags = L.MAP_PRIVATE | L.MAP_ANONYMOUS | L.MAP_FIXED | L.MAP_NORESERVE;
    for (const { at, bytes } of this.#mapped.splice(0))
      check(
        this.#libc.mmap(this.#address + at, bytes, L.PROT_READ_WRITE, flags, -1, 0),
        `close ${name}: put plain memory in a ring's place`,
      );
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
    if (this.#piece < 0) return;
    this.#libc.madvise(this.#address + this.#piece, this.#umem + CHUNKS * chunk, X.MADV_DOFORK);
    this.#arena.free(this.#piece);
    this.#piece = -1;
  }
}

/** Ethernet, IPv4 and UDP headers. */
const IPV4_UDP = 14 + 20 + 8;
