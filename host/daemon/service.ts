// Telling a service manager how the daemon is (sd_notify): a datagram to the socket that NOTIFY_SOCKET names.
//
// Invariants: without NOTIFY_SOCKET nothing is done; a manager that cannot be reached never stops the daemon; the
// watchdog is fed from the event loop, and only while frames can be carried: a loop that hangs feeds it no more.

import { errno, errnoName, libc, Native } from "../io/ffi.js";
import * as L from "../io/linux.js";
import type { Log } from "./log.js";

/** Fed this many times in each interval that the manager waits. */
const FEEDS = 3;
/** Between two tries when its queue is full, and how often the last word is tried. */
const RETRY_MS = 20;
const PATIENCE = 50;
const LATE_MAX = 16;

export class ServiceManager {
  readonly #log: Log;
  readonly #path: string;
  #fd = -1;
  #timer: NodeJS.Timeout | null = null;
  #silent = false;
  /** what the manager's queue had no room for */
  readonly #late: string[] = [];
  #retry: NodeJS.Timeout | null = null;

  constructor(log: Log, path: string = process.env.NOTIFY_SOCKET ?? "") {
    this.#log = log;
    this.#path = path;
  }

  /** Somebody is told. */
  get present(): boolean {
    return this.#path !== "";
  }

  /** At work. `status` is for people. */
  ready(status: string): void {
    this.#tell("READY=1", `STATUS=${status}`);
  }

  status(text: string): void {
    this.#tell(`STATUS=${text}`);
  }

  /** A reload begins; ready() ends it. */
  reloading(): void {
    this.#tell("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): void {
    this.#stopFeeding();
    this.#tell("STOPPING=1", "STATUS=stopping");
  }

  /** Another process is the service from now on: this one says nothing more. */
  handOver(pid: number): void {
    this.#stopFeeding();
    this.#tell(`MAINPID=${pid}`);
    // nothing is carried here any more: there is time to wait for a manager that is busy
    for (let left = PATIENCE; left > 0 && !this.#sendLate(); left--) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    this.#silent = true;
  }

  /** Feeds the manager's watchdog, if it has one for this process, as long as `well` says so. */
  feed(well: () => boolean): void {
    const { WATCHDOG_USEC, WATCHDOG_PID } = process.env;
    const microseconds = Number(WATCHDOG_USEC);
    if (!this.present || !(microseconds > 0) || (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid)) return;
    const feed = (): void => {
      if (well() && this.#late.length === 0) this.#tell("WATCHDOG=1");
    };
    feed();
    this.#timer = setInterval(feed, microseconds / 1000 / FEEDS);
  }

  #stopFeeding(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.#stopFeeding();
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }

  #tell(...lines: string[]): void {
    if (!this.present || this.#silent) return;
    this.#late.push(lines.map((l) => l.replaceAll("\n", " ")).join("\n"));
    if (this.#late.length > LATE_MAX) this.#late.shift();
    this.#sendLate();
  }

  /** Sends what waits, in order; true if nothing does any more. A manager whose queue is full is tried again soon. */
  #sendLate(): boolean {
    for (let message = this.#late[0]; message !== undefined; message = this.#late[0]) {
      const why = this.#send(Buffer.from(message));
      if (why === "EAGAIN") {
        this.#retry ??= setTimeout(() => {
          this.#retry = null;
          this.#sendLate();
        }, RETRY_MS).unref();
        return false;
      }
      this.#late.shift();
      if (why !== "") this.#unreachable(why);
    }
    return true;
  }

  #unreachable(why: string): void {
    this.#late.length = 0;
    this.#log.warn("service", `the service manager at ${this.#path} cannot be told: ${why}`);
    // once is enough
    this.#silent = true;
  }

  /** Sends a datagram; why not, or "". */
  #send(message: Uint8Array): string {
    const c = libc();
    const path = Buffer.from(this.#path);
    if ((path[0] !== 0x2f && path[0] !== 0x40) || path.length < 2 || path.length >= L.SOCKADDR_UN.path_size)
      return "not the path of a socket";
    // an abstract socket's name begins with a NUL, which is written as @
    if (path[0] === 0x40) path[0] = 0;
    if (this.#fd < 0) this.#fd = c.socket(L.AF_UNIX, L.SOCK_DGRAM | L.O_CLOEXEC | L.O_NONBLOCK, 0);
    const native = new Native(L.SOCKADDR_UN.SIZE + message.length);
    native.dv.setUint16(L.SOCKADDR_UN.family, L.AF_UNIX, true);
    native.u8.set(path, L.SOCKADDR_UN.path);
    native.u8.set(message, L.SOCKADDR_UN.SIZE);
    const from = native.address + L.SOCKADDR_UN.SIZE;
    const sent = c.sendto(this.#fd, from, message.length, L.MSG_NOSIGNAL, native.address, L.SOCKADDR_UN.path + path.length);
    return sent >= 0 ? "" : errnoName(errno());
  }
}
