// A NETLINK_ROUTE socket of this process's network namespace: requests with their answers, or notifications.
//
// Invariants: one socket does one of the two, so that a notification never stands between a request and its answer;
// an answer belongs to the request by its sequence number; a dump that the kernel calls inconsistent is asked for again.

import { check, errno, type Libc, libc, Native, OsError, setOption } from "../io/ffi.js";
import * as L from "../io/linux.js";
import { attributes, type Message, messages, type Request, textOf } from "./netlink_message.js";

/** The kernel fills at most 32 KiB a receive; a notification is smaller. */
const BUFFER = 64 << 10;
const ANSWER_MS = 2000;
const DUMP_TRIES = 10;

export class NetlinkSocket {
  readonly #libc: Libc = libc();
  readonly #buffer = new Native(BUFFER);
  #fd: number;
  #seq = 1;

  /** @param groups RTMGRP bits to be notified of; @param receiveBuffer bytes of notifications that may wait */
  constructor(groups = 0, receiveBuffer = 0) {
    const type = L.SOCK_RAW | L.O_CLOEXEC | L.O_NONBLOCK;
    this.#fd = check(this.#libc.socket(L.AF_NETLINK, type, L.NETLINK_ROUTE), "rtnetlink: open a socket");
    try {
      setOption(this.#fd, L.SOL_NETLINK, L.NETLINK_EXT_ACK, 1, "rtnetlink: NETLINK_EXT_ACK");
      setOption(this.#fd, L.SOL_NETLINK, L.NETLINK_CAP_ACK, 1, "rtnetlink: NETLINK_CAP_ACK");
      if (receiveBuffer > 0) this.#raiseBuffer(receiveBuffer);
      // struct sockaddr_nl: family, pad, pid (0: the kernel chooses), groups
      const address = new Native(16);
      address.dv.setUint16(0, L.AF_NETLINK, true);
      address.dv.setUint32(8, groups, true);
      check(this.#libc.bind(this.#fd, address.address, 12), "rtnetlink: bind");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#fd;
  }

  #raiseBuffer(bytes: number): void {
    const word = new Native(8);
    word.dv.setInt32(0, bytes, true);
    if (this.#libc.setsockopt(this.#fd, L.SOL_SOCKET, L.SO_RCVBUFFORCE, word.address, 4) === 0) return;
    // Without CAP_NET_ADMIN the system's limit holds.
    setOption(this.#fd, L.SOL_SOCKET, L.SO_RCVBUF, bytes, "rtnetlink: SO_RCVBUF");
  }

  /** What one receive returns; [] if nothing waits, null if notifications were lost. */
  receive(): Message[] | null {
    for (;;) {
      const got = this.#libc.recv(this.#fd, this.#buffer.address, BUFFER, L.MSG_DONTWAIT | L.MSG_TRUNC);
      if (got >= 0 && got <= BUFFER) return messages(this.#buffer.u8.subarray(0, got));
      if (got > BUFFER) return null;
      const why = errno();
      if (why === L.ERR.EAGAIN) return [];
      if (why === L.ERR.ENOBUFS) return null;
      if (why !== L.ERR.EINTR) throw new OsError("rtnetlink: receive", why);
    }
  }

  /** Sends a request and returns its answers; throws what the kernel refuses, with the reason it gives. */
  ask(request: Request, doing: string): Message[] {
    for (let left = DUMP_TRIES; ; left--) {
      const answers = this.#askOnce(request, doing);
      if (answers) return answers;
      if (left === 0) throw new OsError(doing, 0, "the kernel's tables change faster than they can be read");
    }
  }

  /** The same, once; null if the answer is inconsistent. */
  #askOnce(request: Request, doing: string): Message[] | null {
    const seq = this.#seq++;
    const bytes = request.finish(seq);
    this.#buffer.u8.set(bytes);
    check(this.#libc.send(this.#fd, this.#buffer.address, bytes.length, 0), doing);
    const found: Message[] = [];
    let consistent = true;
    for (;;) {
      this.#await(doing);
      const got = this.receive();
      if (!got) throw new OsError(doing, L.ERR.ENOBUFS, "the answer was lost");
      for (const m of got) {
        if (m.seq !== seq) continue;
        if ((m.flags & L.NLM_F.DUMP_INTR) !== 0) consistent = false;
        if (m.type === L.NLMSG.ERROR) {
          raise(m, doing);
          return found;
        }
        if (m.type === L.NLMSG.DONE) return consistent ? found : null;
        found.push(m);
      }
    }
  }

  /** Waits for an answer: the kernel gives it before send() returns, except under memory pressure. */
  #await(doing: string): void {
    const pollfd = new Native(8);
    pollfd.dv.setInt32(0, this.#fd, true);
    pollfd.dv.setInt16(4, L.POLLIN, true);
    const ready = this.#libc.poll(pollfd.address, 1, ANSWER_MS);
    if (ready === 0) throw new OsError(doing, 0, `the kernel gave no answer within ${ANSWER_MS} ms`);
    if (ready < 0 && errno() !== L.ERR.EINTR) check(ready, doing);
  }

  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }
}

/** Throws what an NLMSG_ERROR says, unless it is an acknowledgement. */
function raise(m: Message, doing: string): void {
  const code = -m.body.getInt32(0, true);
  if (code === 0) return;
  // struct nlmsgerr: the code, then the request's header (alone with NLM_F_CAPPED), then the attributes.
  const request = (m.flags & L.NLM_F.CAPPED) !== 0 ? L.NLMSG.SIZE : m.body.getUint32(4, true);
  const said = (m.flags & L.NLM_F.ACK_TLVS) !== 0 ? textOf(attributes(m.body, 4 + request).get(L.NLMSGERR_ATTR_MSG)) : "";
  throw new OsError(doing, code, said.replace(/\.$/, ""));
}
