// The frames that one sendmmsg call sends: a table of struct mmsghdr and struct iovec, set up once.
//
// Invariants: message i uses iovecs 2i and 2i + 1; the first is the header of a frame that has none of its own, and
// is then 10 zero bytes of the table; the table stands outside the module's memory, so that no defect of the module can
// make the kernel read elsewhere.

import { Native } from "./ffi.js";
import { IOVEC, MMSGHDR, VNET } from "./linux.js";

const MESSAGES = 256;
const IOVECS_AT = MESSAGES * MMSGHDR.SIZE;
const HEADER_AT = IOVECS_AT + 2 * MESSAGES * IOVEC.SIZE;
const HIGH_STEP = 0x1_0000_0000;

export class SendTable {
  /** messages in the table */
  count = 0;
  readonly #table = new Native(HEADER_AT + 16);
  readonly #memory: number;

  /** @param memory address of the module's memory in this process */
  constructor(memory: number) {
    this.#memory = memory;
    for (let i = 0; i < MESSAGES; i++) {
      const iov = IOVECS_AT + 2 * i * IOVEC.SIZE;
      this.#table.setWord(iov + IOVEC.base, this.#table.address + HEADER_AT);
      this.#table.setWord(iov + IOVEC.len, VNET.SIZE);
    }
  }

  get full(): boolean {
    return this.count === MESSAGES;
  }

  clear(): void {
    this.count = 0;
  }

  /** Address of message i. */
  address(i: number): number {
    return this.#table.address + i * MMSGHDR.SIZE;
  }

  /** Adds a frame; with `headed`, its virtio_net_hdr stands right before it. */
  push(off: number, len: number, headed: boolean): void {
    const u32 = this.#table.u32;
    const message = this.count * MMSGHDR.SIZE;
    const second = IOVECS_AT + (2 * this.count + 1) * IOVEC.SIZE;
    const from = this.#memory + (headed ? off - VNET.SIZE : off);
    u32[(second + IOVEC.base) >> 2] = from >>> 0;
    u32[(second + IOVEC.base + 4) >> 2] = from / HIGH_STEP;
    u32[(second + IOVEC.len) >> 2] = headed ? len + VNET.SIZE : len;
    const iov = this.#table.address + (headed ? second : second - IOVEC.SIZE);
    u32[(message + MMSGHDR.iov) >> 2] = iov >>> 0;
    u32[(message + MMSGHDR.iov + 4) >> 2] = iov / HIGH_STEP;
    u32[(message + MMSGHDR.iovlen) >> 2] = headed ? 1 : 2;
    this.count++;
  }
}
