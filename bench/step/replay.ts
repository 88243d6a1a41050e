// The subject: one instance that is given the same events over and over.
//
// An event cannot be replayed where it has acted: a record that is accepted is not accepted again. So the op is a batch of
// events, and after it the bytes of the state that it has changed are put back. They are few (what a batch changed is
// found out once). That cost is part of the op; the suite shows it beside the heartbeat, where batches are smallest.
//
// An event is what a host does with it: the time and the message are written, the call is made, the writes are taken and
// confirmed, the messages and the events are taken.

import { Page, STAMP, Stamp, Token, TransRec, WHICH } from "../../host/core/abi/clms.js";
import type { Clms } from "../../host/core/clms.js";
import { ResultHash } from "../core/hash.js";
import type { StepCase } from "./cases.js";
import { type Arrival, afterCall } from "./cluster.js";

/** Calls of the host's own in one op. */
const CALLS = 64;
/** Bytes that are compared, and put back, at once. */
const GRAIN = 64;

/** What a batch did, seen from outside. */
export interface Outcome {
  /** messages that left, in order */
  sent: Uint8Array[];
  applied: number;
  stored: number;
  hash: string;
}

export class Replay {
  /** events in one op */
  readonly events: number;
  /** where the batch begins */
  readonly begin: { applied: number; stored: number };
  /** messages that left in the last op: read by nobody, but then nothing can be optimised away */
  sent = 0;
  /** makes the i-th event happen */
  private readonly call: (i: number) => number;
  /** what a batch changes, as it was */
  private readonly runs: Run[];

  /** @param clms takes the image over: one instance serves all cases, as a host has one */
  constructor(
    readonly c: StepCase,
    private readonly clms: Clms,
    image: Uint8Array,
    private readonly arrivals: readonly Arrival[],
  ) {
    clms.state().set(image);
    const restored = clms.x.clms_restore();
    if (restored !== 0) throw new Error(`${c.name}: the state cannot be restored: ${restored}`);
    const from = clms.state().slice();
    this.begin = { applied: clms.applied, stored: clms.stored };
    this.events = c.call === undefined ? arrivals.length : CALLS;
    this.call = c.call === undefined ? this.arrive() : CALL[c.call](clms);
    for (let i = 0; i < this.events; i++) this.step(i, () => {});
    this.runs = changes(clms.state(), from);
    this.restore();
  }

  /** One batch and the way back. */
  op(): () => void {
    const { call, clms, events } = this;
    if (this.c.call !== undefined && this.c.call !== "advance")
      return () => {
        let bad = 0;
        for (let i = 0; i < events; i++) bad |= call(i);
        if (bad < 0) throw new Error(`${this.c.name}: not the answer that was expected`);
      };
    const count = () => {
      this.sent++;
    };
    return () => {
      this.sent = 0;
      let bad = 0;
      for (let i = 0; i < events; i++) {
        bad |= call(i);
        afterCall(clms, count);
      }
      if (bad < 0) throw new Error(`${this.c.name}: an event was refused`);
      this.restore();
    };
  }

  /** Only the way back. */
  back(): () => void {
    return () => this.restore();
  }

  /** One batch, looked at closely. */
  outcome(): Outcome {
    const { clms } = this;
    const sent: Uint8Array[] = [];
    const hash = new ResultHash();
    for (let i = 0; i < this.events; i++) hash.add(wordOf(this.step(i, () => sent.push(clms.msgBytes().slice()))));
    for (const bytes of sent) hash.add(bytes);
    const { applied, stored } = clms;
    hash.add(clms.state().subarray(0, Page.SIZE));
    this.restore();
    return { sent, applied, stored, hash: hash.hex() };
  }

  private step(i: number, message: () => void): number {
    const result = this.call(i);
    if (result < 0) throw new Error(`${this.c.name}: event ${i}: the module answers ${result}`);
    afterCall(this.clms, message);
    return result;
  }

  private arrive(): (i: number) => number {
    const { arrivals, clms } = this;
    const { u8, inbox, x } = clms;
    return (i) => {
      const { now, bytes } = arrivals[i];
      clms.setNow(now);
      u8.set(bytes, inbox);
      return x.clms_msg_receive(bytes.length);
    };
  }

  private restore(): void {
    const state = this.clms.state();
    for (let i = 0; i < this.runs.length; i++) state.set(this.runs[i].bytes, this.runs[i].from);
  }
}

const wordOf = (n: number): Uint8Array => new Uint8Array(Int32Array.of(n).buffer);

/** Calls that a host, or an application, makes for itself; what is not the expected answer becomes a negative number. */
const CALL: Record<NonNullable<StepCase["call"]>, (clms: Clms) => (i: number) => number> = {
  advance: (clms) => {
    const { x, now } = clms;
    if (clms.deadline <= now + CALLS) throw new Error("time: something is due");
    return (i) => {
      clms.setNow(now + i);
      return x.clms_time_advance();
    };
  },
  gate: (clms) => {
    const { x, gate } = clms;
    return () => (x.clms_gate_enter() === gate ? 0 : -1);
  },
  token: (clms) => {
    const { x, u8, inbox } = clms;
    const at = x.clms_token_get();
    const token = u8.slice(at, at + Token.SIZE);
    return () => {
      u8.set(token, inbox);
      return x.clms_token_check();
    };
  },
  stamp: (clms) => {
    const { x, u8, inbox, master } = clms;
    clms.put.stamp({ ...clms.stampGet(clms.node), node: master, inc: clms.nodeGet(master)?.inc ?? 0 });
    const stamp = u8.slice(inbox, inbox + Stamp.SIZE);
    return () => {
      u8.set(stamp, inbox);
      return x.clms_stamp_check() === STAMP.DELIVER ? 0 : -1;
    };
  },
  history: (clms) => {
    const { x, dv, low, applied } = clms;
    const reach = Math.min(CALLS, applied - low);
    return (i) => {
      const cursor = applied - 1 - (i % reach);
      const at = x.clms_history(WHICH.NEXT_RECORD, cursor, 0);
      return at > 0 && dv.getUint32(at + TransRec.slot, true) === cursor + 1 ? 0 : -1;
    };
  },
};

interface Run {
  from: number;
  bytes: Uint8Array;
}

/** What of the image has changed in the state. */
function changes(state: Uint8Array, image: Uint8Array): Run[] {
  const runs: Run[] = [];
  let from = -1;
  for (let at = 0; at < state.length + GRAIN; at += GRAIN) {
    const end = Math.min(at + GRAIN, state.length);
    const same = at >= state.length || Buffer.compare(state.subarray(at, end), image.subarray(at, end)) === 0;
    if (!same && from < 0) from = at;
    if (!same || from < 0) continue;
    runs.push({ from, bytes: image.slice(from, at) });
    from = -1;
  }
  return runs;
}
