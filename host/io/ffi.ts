// The C library as the host needs it: the only file that knows koffi.
//
// Invariants: nothing is loaded before libc() is first called, so this file may be imported where there is no Linux;
// addresses are numbers (below 2^47, exact); memory that the kernel is given stands in a Native or in the module's
// memory, never in a small typed array, whose bytes the collector may move; a callback that throws ends up as an
// uncaught exception, not in koffi.

import koffi from "koffi";
import { ERR } from "./linux.js";

type Int = number;
type Address = number;

/** The functions used, as C declares them; each returns what C returns, -1 with errno set on failure. */
export interface Libc {
  open(path: string, flags: Int, mode: Int): Int;
  close(fd: Int): Int;
  read(fd: Int, to: Address, bytes: Int): Int;
  write(fd: Int, from: Address, bytes: Int): Int;
  writev(fd: Int, iov: Address, count: Int): Int;
  ioctl(fd: Int, request: Int, argument: Address): Int;
  fcntl(fd: Int, command: Int, argument: Int): Int;
  flock(fd: Int, operation: Int): Int;
  socket(family: Int, type: Int, protocol: Int): Int;
  bind(fd: Int, address: Address, bytes: Int): Int;
  getsockname(fd: Int, address: Address, bytes: Address): Int;
  setsockopt(fd: Int, level: Int, option: Int, value: Address, bytes: Int): Int;
  getsockopt(fd: Int, level: Int, option: Int, value: Address, bytes: Address): Int;
  send(fd: Int, from: Address, bytes: Int, flags: Int): Int;
  sendto(fd: Int, from: Address, bytes: Int, flags: Int, to: Address, toBytes: Int): Int;
  recv(fd: Int, to: Address, bytes: Int, flags: Int): Int;
  sendmmsg(fd: Int, messages: Address, count: Int, flags: Int): Int;
  poll(fds: Address, count: Int, milliseconds: Int): Int;
  mmap(at: Address, bytes: Int, protection: Int, flags: Int, fd: Int, offset: Int): Address;
  madvise(at: Address, bytes: Int, advice: Int): Int;
  setns(fd: Int, type: Int): Int;
  if_nametoindex(name: string): Int;
  clock_gettime(clock: Int, to: Address): Int;
  getpagesize(): Int;
  prctl(option: Int, a: Int, b: Int, c: Int, d: Int): Int;
  capset(header: Address, data: Address): Int;
  prlimit(pid: Int, resource: Int, next: Address, was: Address): Int;
  syscall(number: Int, a: Int, b: Address, c: Int): Int;
}

const WORD = "intptr_t";
const SIGNATURES: Record<keyof Libc, [result: string, args: string[]]> = {
  open: ["int", ["str", "int", "int"]],
  close: ["int", ["int"]],
  read: [WORD, ["int", WORD, WORD]],
  write: [WORD, ["int", WORD, WORD]],
  writev: [WORD, ["int", WORD, "int"]],
  ioctl: ["int", ["int", "ulong", WORD]],
  fcntl: ["int", ["int", "int", "long"]],
  flock: ["int", ["int", "int"]],
  socket: ["int", ["int", "int", "int"]],
  bind: ["int", ["int", WORD, "uint"]],
  getsockname: ["int", ["int", WORD, WORD]],
  setsockopt: ["int", ["int", "int", "int", WORD, "uint"]],
  getsockopt: ["int", ["int", "int", "int", WORD, WORD]],
  send: [WORD, ["int", WORD, WORD, "int"]],
  sendto: [WORD, ["int", WORD, WORD, "int", WORD, "uint"]],
  recv: [WORD, ["int", WORD, WORD, "int"]],
  sendmmsg: ["int", ["int", WORD, "uint", "int"]],
  poll: ["int", [WORD, "ulong", "int"]],
  mmap: [WORD, [WORD, WORD, "int", "int", "int", WORD]],
  madvise: ["int", [WORD, WORD, "int"]],
  setns: ["int", ["int", "int"]],
  if_nametoindex: ["uint", ["str"]],
  clock_gettime: ["int", ["int", WORD]],
  getpagesize: ["int", []],
  prctl: ["int", ["int", "ulong", "ulong", "ulong", "ulong"]],
  capset: ["int", [WORD, WORD]],
  prlimit: ["int", ["int", "int", WORD, WORD]],
  // variadic in C; Linux passes the arguments of both in the same registers
  syscall: ["long", ["long", WORD, WORD, WORD]],
};

let bound: Libc | undefined;

/** The C library, loaded at the first call; throws where there is no Linux. */
export function libc(): Libc {
  if (bound) return bound;
  if (process.platform !== "linux") throw new OsError("load the C library", 0, `kernel devices need Linux, this is ${process.platform}`);
  const library = koffi.load(null);
  const found: Partial<Record<keyof Libc, unknown>> = {};
  for (const [name, [result, args]] of Object.entries(SIGNATURES)) found[name as keyof Libc] = library.func(name, result, args);
  bound = found as unknown as Libc;
  return bound;
}

/** What mappings are aligned to; elsewhere than on Linux, where nothing is ever mapped, the most that any platform has. */
export function pageSize(): number {
  return process.platform === "linux" ? libc().getpagesize() : 0x10000;
}

/** errno of the last call that failed; ask at once. */
export function errno(): number {
  return koffi.errno();
}

const NAMES = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
// Some numbers have two names, some none here.
for (const [name, number] of Object.entries(ERR)) NAMES.set(number, name);

/** "ENETDOWN" for 100 */
export function errnoName(number: number): string {
  return NAMES.get(number) ?? `errno ${number}`;
}

/** The kernel refused something. The message says what was being done, and to what. */
export class OsError extends Error {
  override readonly name = "OsError";
  /** errno name, such as "EBUSY"; empty if no system call failed */
  readonly code: string;

  /** @param doing what was being done, e.g. "bind eth1"; @param hint what to do about it, or why */
  constructor(
    doing: string,
    readonly errno: number,
    hint = "",
  ) {
    const code = errno === 0 ? "" : errnoName(errno);
    super([`${doing}:`, hint, code && (hint ? `(${code})` : code)].filter(Boolean).join(" "));
    this.code = code;
  }
}

/** Passes a result on, or throws the errno behind a -1. */
export function check(result: number, doing: string, hints: Partial<Record<string, string>> = {}): number {
  if (result !== -1) return result;
  const number = errno();
  throw new OsError(doing, number, hints[errnoName(number)]);
}

/** Where a buffer's bytes are. The buffer must be kept alive, and must not be a small typed array's own. */
export function addressOf(buffer: ArrayBufferLike): number {
  return Number(koffi.address(buffer));
}

/** Zeroed memory outside the collector's heap, at an address that holds as long as the object is referenced. */
export class Native {
  readonly dv: DataView;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly address: number;

  constructor(bytes: number) {
    // ArrayBuffers made as such are allocated off the heap; 64 bytes and more also when viewed by typed arrays.
    const buffer = new ArrayBuffer(Math.max(64, (bytes + 7) & ~7));
    this.dv = new DataView(buffer);
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.address = addressOf(buffer);
  }

  /** Writes an address, or another number below 2^53, as u64. */
  setWord(at: number, value: number): void {
    this.dv.setUint32(at, value >>> 0, true);
    this.dv.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  /** Writes a NUL-terminated string. */
  setString(at: number, text: string): void {
    const bytes = Buffer.from(`${text}\0`);
    this.u8.set(bytes, at);
  }
}

/** Sets an integer socket option. */
export function setOption(fd: number, level: number, option: number, value: number, doing: string): void {
  const word = new Native(8);
  word.dv.setInt32(0, value, true);
  check(libc().setsockopt(fd, level, option, word.address, 4), doing);
}

interface PollHandle {
  start(what: object, callback: (...a: unknown[]) => void): void;
  close(): void;
}

/** A descriptor watched by Node's event loop. */
export class Poll {
  readonly #handle: PollHandle;
  readonly #callback: (...a: unknown[]) => void;
  #open = true;

  /**
   * Calls `ready` whenever fd is readable. With `failed` set, the descriptor has an error pending and is no longer
   * watched until rearm() is called.
   */
  constructor(fd: number, ready: (failed: boolean) => void) {
    this.#callback = (status) => {
      try {
        if (this.#open) ready((status as number) < 0);
      } catch (error) {
        // koffi would keep it until JavaScript is entered the next time, if ever.
        setImmediate(() => {
          throw error;
        });
      }
    };
    const handle = koffi.node.poll(fd, { readable: true }, this.#callback);
    if (!handle) throw new OsError(`watch descriptor ${fd}`, 0, "the event loop refuses it");
    // The declaration knows one argument of the callback; the first is in fact the status.
    this.#handle = handle as unknown as PollHandle;
  }

  rearm(): void {
    if (this.#open) this.#handle.start({ readable: true }, this.#callback);
  }

  /** Call it before closing the descriptor. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#handle.close();
  }
}
