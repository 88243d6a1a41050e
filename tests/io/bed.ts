// Ground for tests of kernel devices: namespaces, memory laid out as the module lays it out, raw frames from outside.
import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Desc, LIMIT, Page } from "../../host/core/abi/ipmp.js";
import { Arena } from "../../host/io/arena.js";
import type { Device } from "../../host/io/device.js";
import { check, errno, libc, Native, OsError, setOption } from "../../host/io/ffi.js";
import * as L from "../../host/io/linux.js";
import { Lab, type Netns } from "../../host/lab/netns.js";

/** How long to wait for what must come: long enough for a busy machine, since only a failure takes it. */
const PATIENCE_MS = 5000;

/** Why tests of kernel devices cannot run here; false if they can. In continuous integration they must. */
export function skipReason(): string | false {
  const why = Lab.unavailable();
  if (why === undefined) return false;
  if (process.env.CI) throw new Error(`tests of kernel devices must run here, but: ${why}`);
  console.log(`skipped: kernel devices: ${why}`);
  return why;
}

/** Runs fn with this thread in another namespace: sockets opened there stay there. */
export function inside<T>(ns: Netns, fn: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r");
  const there = openSync(`/run/netns/${ns.full}`, "r");
  try {
    check(libc().setns(there, L.CLONE_NEWNET), `enter ${ns.full}`);
    return fn();
  } finally {
    check(libc().setns(home, L.CLONE_NEWNET), "return to the first namespace");
    closeSync(there);
    closeSync(home);
  }
}

/** Memory with a Page, descriptors and an I/O region of so many 64 KiB pages, as ipmp.wasm would have. */
export function moduleMemory(ioPages = 640): { arena: Arena; dv: DataView; u8: Uint8Array } {
  const ioBase = 4 << 16;
  const pages = 4 + ioPages;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const dv = new DataView(memory.buffer);
  dv.setUint32(Page.desc_base, 1 << 16, true);
  dv.setUint32(Page.io_base, ioBase, true);
  dv.setUint32(Page.io_end, pages << 16, true);
  return { arena: Arena.of({ memory, dv, page: 0 }), dv, u8: new Uint8Array(memory.buffer) };
}

export interface Got {
  bytes: Buffer;
  /** the virtio_net_hdr before the frame */
  vnet: Buffer;
  off: number;
  flags: number;
}

/** Takes what a device has now, copied, and gives the frames back. */
export function take(device: Device, arena: Arena, max = 64): Got[] {
  const count = device.receive(0, max);
  assert.ok(count <= Math.min(max, LIMIT.DESC_MAX));
  const found: Got[] = [];
  for (let i = 0; i < count; i++) {
    const desc = arena.descBase + i * Desc.SIZE;
    const off = arena.u32[(desc + Desc.off) >> 2];
    const len = arena.u32[(desc + Desc.len) >> 2];
    assert.ok(off >= arena.base && off + len <= arena.end, "a frame stands in the I/O region");
    found.push({
      bytes: Buffer.from(arena.u8.slice(off, off + len)),
      vnet: Buffer.from(arena.u8.slice(off - 10, off)),
      off,
      flags: arena.u16[(desc + Desc.flags) >> 1],
    });
  }
  if (count > 0) device.release();
  return found;
}

/** Takes until a frame fits, or fails. */
export async function takeUntil(device: Device, arena: Arena, fits: (g: Got) => boolean, what: string): Promise<Got> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await delay(1)) {
    const hit = take(device, arena).find(fits);
    if (hit) return hit;
  }
  assert.fail(`no ${what} within ${PATIENCE_MS} ms`);
}

/** Waits until a condition holds, or fails. */
export async function until(holds: () => boolean, what: string, ms = PATIENCE_MS): Promise<void> {
  for (const end = performance.now() + ms; !holds(); await delay(1))
    if (performance.now() > end) assert.fail(`not within ${ms} ms: ${what}`);
}

/** A plain packet socket without ring or header: sends and receives frames as bytes. */
export class RawSocket {
  readonly #fd: number;
  readonly #buffer = new Native(70_000);

  constructor(name: string) {
    const c = libc();
    this.#fd = check(c.socket(L.AF_PACKET, L.SOCK_RAW | L.O_NONBLOCK | L.O_CLOEXEC, 0), "packet socket");
    // Some thousand small frames.
    setOption(this.#fd, L.SOL_SOCKET, L.SO_RCVBUFFORCE, 4 << 20, "SO_RCVBUFFORCE");
    const address = new Native(L.SOCKADDR_LL.SIZE);
    address.dv.setUint16(0, L.AF_PACKET, true);
    address.dv.setUint16(L.SOCKADDR_LL.protocol, L.ETH_P_ALL, false);
    address.dv.setInt32(L.SOCKADDR_LL.ifindex, c.if_nametoindex(name), true);
    check(c.bind(this.#fd, address.address, L.SOCKADDR_LL.SIZE), `bind ${name}`);
  }

  send(frame: Uint8Array): void {
    this.#buffer.u8.set(frame);
    check(libc().send(this.#fd, this.#buffer.address, frame.length, 0), "send");
  }

  receive(): Buffer | null {
    const got = libc().recv(this.#fd, this.#buffer.address, 70_000, L.MSG_DONTWAIT);
    if (got >= 0) return Buffer.from(this.#buffer.u8.slice(0, got));
    if (errno() === L.ERR.EAGAIN) return null;
    throw new OsError("receive", errno());
  }

  async receiveUntil(fits: (frame: Buffer) => boolean, what: string): Promise<Buffer> {
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await delay(1))
      for (let f = this.receive(); f; f = this.receive()) if (fits(f)) return f;
    assert.fail(`no ${what} within ${PATIENCE_MS} ms`);
  }

  close(): void {
    libc().close(this.#fd);
  }
}

/** EtherType that nothing answers: local experimental 1 (IEEE 802). */
export const TEST_TYPE = 0x88b5;

/** An Ethernet frame from 02:…:aa to 02:…:bb with a number in it. */
export function testFrame(number: number, payload = 46, type = TEST_TYPE): Buffer {
  const frame = Buffer.alloc(14 + payload);
  frame.write("0200000000bb0200000000aa", "hex");
  frame.writeUInt16BE(type, 12);
  for (let i = 14; i < frame.length; i++) frame[i] = (i * 7 + number) & 255;
  frame.writeUInt32BE(number, 14);
  return frame;
}

/** The frame with a VLAN tag after its addresses. */
export function tagged(frame: Buffer, tpid: number, tci: number): Buffer {
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(tpid, 0);
  tag.writeUInt16BE(tci, 2);
  return Buffer.concat([frame.subarray(0, 12), tag, frame.subarray(12)]);
}

export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
