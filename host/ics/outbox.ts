// What waits to be sent to one node: two lanes, urgent and bulk, each of short messages and of long ones that go in pieces.
//
// Order: the transport's own frames, urgent short ones, urgent pieces; then bulk short ones and bulk pieces in turn. So a reply overtakes
// any amount of bulk that was queued before it. Between messages no order is promised.
// Invariants: a lane has limits in messages and bytes, all nodes one in bytes together; a long message counts until the other side has
// all of it, or nobody asks any more; what is taken into a datagram is taken once.

import { encodeFrame, encodePiece, FRAME_FLAG, FRAME_HEAD, PIECE_HEAD } from "./frames.js";
import { type Budget, type Care, CONTROL_MAX, LONG_MAX, QUEUE_BYTES, QUEUE_MESSAGES } from "./limits.js";

interface Short {
  frame: Buffer;
  at: number;
}

class Long {
  readonly message: number;
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
  readonly step: number;
  readonly count: number;
  readonly at: number;
  /** first piece that was not sent yet */
  next = 0;
  /** pieces that are wanted again */
  readonly again = new Set<number>();
  /** kept until, and a piece sent again at, once all is sent */
  until = Number.POSITIVE_INFINITY;
  promptAt = Number.POSITIVE_INFINITY;

  constructor(message: number, type: number, flags: number, body: Buffer, step: number, at: number) {
    this.message = message;
    this.type = type;
    this.flags = flags;
    this.body = body;
    this.step = step;
    this.count = Math.ceil(body.length / step);
    this.at = at;
  }

  get pending(): boolean {
    return this.next < this.count || this.again.size > 0;
  }

  /** Index of the piece that goes next. */
  peek(): number {
    return this.again.size > 0 ? (this.again.values().next().value as number) : this.next;
  }

  bytes(index: number): Buffer {
    return this.body.subarray(index * this.step, (index + 1) * this.step);
  }
}

class Lane {
  readonly shorts: Short[] = [];
  readonly longs: Long[] = [];
  bytes = 0;
  readonly messagesMax: number;
  readonly bytesMax: number;
  constructor(messagesMax: number, bytesMax: number) {
    this.messagesMax = messagesMax;
    this.bytesMax = bytesMax;
  }
  full(bytes: number): boolean {
    return this.shorts.length + this.longs.length >= this.messagesMax || this.bytes + bytes > this.bytesMax;
  }
  /** Those that are on their way: what comes after them waits until the other side has one of them. */
  get started(): readonly Long[] {
    return this.longs.slice(0, LONG_MAX);
  }
  get half(): boolean {
    return this.bytes * 2 <= this.bytesMax && (this.shorts.length + this.longs.length) * 2 <= this.messagesMax;
  }
}

export class Outbox {
  readonly #urgent = new Lane(QUEUE_MESSAGES.urgent, QUEUE_BYTES.urgent);
  readonly #bulk = new Lane(QUEUE_MESSAGES.bulk, QUEUE_BYTES.bulk);
  readonly #control: Buffer[] = [];
  readonly #budget: Budget;
  /** bytes of frames in a datagram */
  readonly #room: number;
  #message = 0;
  #piecesFirst = false;
  /** pieces that were taken again since this was last looked at */
  repeated = 0;

  constructor(budget: Budget, room: number) {
    this.#budget = budget;
    this.#room = room;
  }

  /** Queues a message; false: it is full. `always`: it is a reply, which is never refused. `body` is kept, not copied. */
  offer(type: number, urgent: boolean, body: Buffer, now: number, always = false): boolean {
    const lane = urgent ? this.#urgent : this.#bulk;
    if (!always && lane.full(body.length)) return false;
    if (!this.#budget.take(body.length)) {
      if (!always) return false;
      this.#budget.used += body.length;
    }
    lane.bytes += body.length;
    const flags = urgent ? FRAME_FLAG.URGENT : 0;
    if (body.length + FRAME_HEAD <= this.#room) lane.shorts.push({ frame: encodeFrame(type, flags, body), at: now });
    else lane.longs.push(new Long(++this.#message, type, flags, body, this.#room - FRAME_HEAD - PIECE_HEAD, now));
    return true;
  }

  /** A frame of the transport's own. It is dropped if too many wait: what it says will be said again. */
  control(frame: Buffer): void {
    if (this.#control.length < CONTROL_MAX) this.#control.push(frame);
  }

  /** Whether something waits that needs no pace; whether something waits at all. */
  get hasUrgent(): boolean {
    return this.#control.length > 0 || this.#urgent.shorts.length > 0;
  }
  get hasAny(): boolean {
    const long = (l: Long): boolean => l.pending;
    return this.hasUrgent || this.#bulk.shorts.length > 0 || this.#urgent.started.some(long) || this.#bulk.started.some(long);
  }
  /** Whether both lanes are at most half full. */
  get half(): boolean {
    return this.#urgent.half && this.#bulk.half;
  }
  get bytes(): number {
    return this.#urgent.bytes + this.#bulk.bytes;
  }
  get messages(): number {
    const { shorts, longs } = this.#urgent;
    return shorts.length + longs.length + this.#bulk.shorts.length + this.#bulk.longs.length;
  }

  /** Frames for one datagram. `paced`: whether pieces and bulk may go, too; the second value says whether any did. */
  fill(paced: boolean, now: number, care: Care): [Buffer[], boolean] {
    const out = new Filling(this.#room);
    while (this.#control.length > 0 && out.add(this.#control[0])) this.#control.shift();
    this.#shorts(this.#urgent, out);
    const before = out.frames.length;
    if (paced) {
      this.#pieces(this.#urgent, out, now, care);
      if (this.#piecesFirst) this.#pieces(this.#bulk, out, now, care);
      this.#shorts(this.#bulk, out);
      this.#pieces(this.#bulk, out, now, care);
      this.#piecesFirst = !this.#piecesFirst;
    }
    return [out.frames, out.frames.length > before];
  }

  #shorts(lane: Lane, out: Filling): void {
    let taken = 0;
    for (const { frame } of lane.shorts) {
      if (!out.add(frame)) break;
      this.#release(lane, frame.length - FRAME_HEAD);
      taken++;
    }
    if (taken > 0) lane.shorts.splice(0, taken);
  }

  #pieces(lane: Lane, out: Filling, now: number, care: Care): void {
    for (const long of lane.started)
      while (long.pending) {
        const index = long.peek();
        const bytes = long.bytes(index);
        if (FRAME_HEAD + PIECE_HEAD + bytes.length > out.room) return;
        const { message, type, flags, step } = long;
        out.add(encodePiece({ message, total: long.body.length, index, step, type, flags, bytes }));
        if (long.again.delete(index)) this.repeated++;
        else {
          long.next++;
          long.until = now + care.keepMs;
        }
        long.promptAt = now + care.promptMs;
      }
  }

  /** The other side wants pieces again. */
  missing(message: number, indexes: readonly number[], now: number, care: Care): void {
    for (const lane of [this.#urgent, this.#bulk])
      for (const long of lane.started) {
        if (long.message !== message) continue;
        for (const i of indexes) if (i < long.next) long.again.add(i);
        long.until = now + care.keepMs;
        long.promptAt = now + care.promptMs;
      }
  }

  /** The other side has all of it, or wants no more of it. */
  done(message: number): void {
    for (const lane of [this.#urgent, this.#bulk]) this.#forget(lane, (long) => long.message === message);
  }

  /** Drops what waits since before `since`, and forgets long messages that nobody has asked for. Returns how many never left. */
  expire(since: number, now: number): number {
    let count = 0;
    for (const lane of [this.#urgent, this.#bulk]) {
      let old = 0;
      for (; old < lane.shorts.length && lane.shorts[old].at <= since; old++)
        this.#release(lane, lane.shorts[old].frame.length - FRAME_HEAD);
      if (old > 0) lane.shorts.splice(0, old);
      this.#forget(lane, (long) => long.next >= long.count && now >= long.until);
      for (const long of lane.started) if (now >= long.promptAt && !long.pending) long.again.add(0);
      count += old + this.#forget(lane, (long) => long.next < long.count && long.at <= since);
    }
    return count;
  }

  /** When expire has something to do, if what waits may wait `expireMs`. */
  due(expireMs: number): number {
    let due = Number.POSITIVE_INFINITY;
    for (const lane of [this.#urgent, this.#bulk]) {
      if (lane.shorts.length > 0) due = Math.min(due, lane.shorts[0].at + expireMs);
      for (const long of lane.longs) due = Math.min(due, long.next < long.count ? long.at + expireMs : Math.min(long.until, long.promptAt));
    }
    return due;
  }

  /** Forgets everything. Returns how many messages never left. */
  clear(): number {
    this.#control.length = 0;
    let count = 0;
    for (const lane of [this.#urgent, this.#bulk]) {
      for (const { frame } of lane.shorts) this.#release(lane, frame.length - FRAME_HEAD);
      count += lane.shorts.length;
      lane.shorts.length = 0;
      count += lane.longs.filter((l) => l.next < l.count).length;
      this.#forget(lane, () => true);
    }
    // the numbers of long messages belong to the channel: a new one begins at 1
    this.#message = 0;
    return count;
  }

  #forget(lane: Lane, which: (long: Long) => boolean): number {
    let count = 0;
    for (let i = lane.longs.length - 1; i >= 0; i--)
      if (which(lane.longs[i])) {
        this.#release(lane, lane.longs[i].body.length);
        lane.longs.splice(i, 1);
        count++;
      }
    return count;
  }

  #release(lane: Lane, bytes: number): void {
    lane.bytes -= bytes;
    this.#budget.give(bytes);
  }
}

/** One datagram that is being filled. */
class Filling {
  readonly frames: Buffer[] = [];
  room: number;
  constructor(room: number) {
    this.room = room;
  }
  add(frame: Buffer): boolean {
    if (frame.length > this.room) return false;
    this.room -= frame.length;
    this.frames.push(frame);
    return true;
  }
}
