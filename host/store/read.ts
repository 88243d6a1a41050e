// What a log's file says, whatever has happened to it. A pure function over its bytes.
//
// A mark vouches for all frames before its end: they were durable before it was written. So what is illegible there was
// damaged, and counts as damaged; what is illegible behind the end was never confirmed to anybody, or its mark was lost too:
// the frames there count up to the first that is not whole.
//
// Invariant: damage is never taken for absence. If frames are lost so that nobody can say what they were, everything that was
// written before them is distrusted; likewise if one mark is illegible and something else is too, for then that mark may have
// been the newer one, and what it vouched for may be what is missing.

import { bodyOf, decodeFrame, decodeMark, frameBytes, HEAD, HEAD_MAGIC, type Mark, START, TAIL_MAGIC } from "./format.js";
import { DAMAGED, Image } from "./image.js";

export interface Found {
  /** the newest mark that is legible; null = none is, and nothing else is believed */
  mark: Mark | null;
  /** the file is of this other version */
  version: number | null;
  image: Image;
  /** what is damaged, a line each, for people */
  damage: string[];
}

/** Where a reader stands: a byte, and the number of the frame that should begin there. */
interface Place {
  at: number;
  seq: number;
}

export function readLog(bytes: Uint8Array): Found {
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pages = [decodeMark(b, 0), decodeMark(b, 1)];
  const marks = pages.filter((m): m is Mark => m !== null && typeof m === "object").sort((x, y) => y.number - x.number);
  const image = new Image();
  const damage = pages.flatMap((m, page) => (m === null || typeof m === "number" ? [`mark ${page} is illegible`] : []));
  if (marks.length === 0) {
    image.distrust();
    const version = pages[0] === pages[1] && typeof pages[0] === "number" ? pages[0] : null;
    return { mark: null, version, image, damage };
  }
  const mark = marks[0];
  const reader = new Reader(b, mark, image, damage);
  const end = reader.vouched();
  if (mark.header.state === DAMAGED) image.header = { state: DAMAGED, slot: 0, bytes: new Uint8Array(0) };
  else image.header = mark.header;
  if (marks.length === 1 && damage.length > 1) image.distrust();
  const read = reader.rest(end);
  if (marks.length === 1 && read < b.length) {
    damage.push(`bytes ${read} to ${b.length - 1} are illegible`);
    image.distrust();
  }
  return { mark, version: null, image, damage };
}

class Reader {
  readonly #b: Buffer;
  readonly #mark: Mark;
  readonly #image: Image;
  readonly #damage: string[];

  constructor(b: Buffer, mark: Mark, image: Image, damage: string[]) {
    this.#b = b;
    this.#mark = mark;
    this.#image = image;
    this.#damage = damage;
  }

  /** Reads what the mark vouches for; returns where that ends. */
  vouched(): Place {
    const { end, frames } = this.#mark;
    const limit = Math.min(end, this.#b.length);
    if (limit < end) this.#damage.push(`the file ends at ${this.#b.length} of ${end} bytes`);
    let place: Place = { at: START, seq: 0 };
    while (place.seq < frames) {
      const next = this.#frame(place, limit) ?? this.#resync(place, limit);
      if (next === null) {
        this.#lost(place, frames, end);
        break;
      }
      place = next;
    }
    return { at: end, seq: frames };
  }

  /** Reads on behind it, as far as everything is whole; returns where that ends. */
  rest(place: Place): number {
    let { at, seq } = place;
    while (true) {
      const frame = decodeFrame(this.#b, at, HEAD_MAGIC, this.#mark.salt);
      if (frame === null || frame.seq !== seq) return at;
      const body = bodyOf(this.#b, at, frame);
      if (body === null || at + frameBytes(frame.len) > this.#b.length) return at;
      this.#image.apply({ op: frame.kind, slot: frame.slot, bytes: frame.damaged ? null : Uint8Array.from(body) });
      at += frameBytes(frame.len);
      seq++;
    }
  }

  /** Takes the frame whose head is here; null if no head that fits is legible. */
  #frame(place: Place, limit: number): Place | null {
    const frame = decodeFrame(this.#b, place.at, HEAD_MAGIC, this.#mark.salt);
    if (frame === null || frame.seq !== place.seq || place.at + HEAD > limit) return null;
    return this.#take(place.at, frame, limit);
  }

  #take(at: number, frame: ReturnType<typeof decodeFrame> & object, limit: number): Place {
    const whole = at + HEAD + frame.len <= limit;
    const body = frame.damaged || !whole ? null : bodyOf(this.#b, at, frame);
    if (body === null && !frame.damaged) this.#damage.push(`frame ${frame.seq} at byte ${at}: its content is damaged`);
    this.#image.apply({ op: frame.kind, slot: frame.slot, bytes: body === null ? null : Uint8Array.from(body) });
    return { at: at + frameBytes(frame.len), seq: frame.seq + 1 };
  }

  /** The head here is illegible: goes on at the next head or tail that is not; null if there is none. */
  #resync(place: Place, limit: number): Place | null {
    const { frames, salt } = this.#mark;
    for (let q = place.at + 8; q + HEAD <= limit; q += 8) {
      const head = decodeFrame(this.#b, q, HEAD_MAGIC, salt);
      if (head !== null && head.seq > place.seq && head.seq < frames) {
        this.#lost(place, head.seq, q);
        return { at: q, seq: head.seq };
      }
      const tail = decodeFrame(this.#b, q, TAIL_MAGIC, salt);
      const begin = tail === null ? 0 : q + HEAD - frameBytes(tail.len);
      if (tail === null || tail.seq < place.seq || tail.seq >= frames || begin < place.at) continue;
      if (tail.seq > place.seq) this.#lost(place, tail.seq, begin);
      else this.#damage.push(`frame ${tail.seq} at byte ${begin}: its head is damaged`);
      return this.#take(begin, tail, limit);
    }
    return null;
  }

  #lost(place: Place, seq: number, at: number): void {
    this.#damage.push(`frames ${place.seq} to ${seq - 1} are lost (bytes ${place.at} to ${at - 1})`);
    this.#image.distrust();
  }
}
