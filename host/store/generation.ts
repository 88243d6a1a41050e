// The log's file while it is written: a generation begins with all that the disk is to hold, and grows by batches.
//
// A batch is durable with one sync. The mark that vouches for it is written with the next batch, or by mark() when nothing
// more comes: so a mark never vouches for what was not durable before it, and never costs a batch a second sync.
//
// A checkpoint is written twice, so that no single bit costs the node its vote; so is the header, in frame and mark.
//
// Invariant: bytes that are durable are never written again, but for the older of the two marks. A new generation takes the
// place of the old one by a rename, when it is all durable.

import { DURABLE } from "../core/abi/clms.js";
import { encodeFrame, encodeMark, type Identity, type Mark, newSalt, PAGE, START } from "./format.js";
import type { StoreFile, StoreFs } from "./fs.js";
import { type Image, type Item, SOUND, type Write } from "./image.js";
import { LOG } from "./opening.js";
import { replaceOpen } from "./replace.js";

export class Generation {
  readonly #file: StoreFile;
  readonly #base: Omit<Mark, "number" | "end" | "frames" | "header">;
  /** number of the last mark written */
  #marks = 2;
  #end: number;
  #frames: number;
  /** the header as the durable frames leave it */
  #header: Item;
  #unmarked = false;

  private constructor(file: StoreFile, mark: Mark) {
    this.#file = file;
    this.#base = mark;
    this.#end = mark.end;
    this.#frames = mark.frames;
    this.#header = mark.header;
  }

  /**
   * Writes a new generation and puts it in the place of the old one, durably. Rejects with the file system's error; after
   * `gone` was called nobody knows which of the two the next start finds.
   */
  static async begin(
    fs: StoreFs,
    folder: string,
    identity: Identity,
    image: Image,
    number: number,
    gone?: () => void,
  ): Promise<Generation> {
    const salt = newSalt();
    const writes = twice(image.writes());
    const frames = framesOf(writes, 0, salt);
    const end = START + frames.length;
    const mark: Mark = { ...identity, generation: number, salt, number: 2, end, frames: writes.length, header: image.header };
    const bytes = Buffer.concat([encodeMark(mark), encodeMark({ ...mark, number: 1 }), frames]);
    return new Generation(await replaceOpen(fs, folder, LOG, bytes, gone), mark);
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#end;
  }

  /** Are there durable frames that no mark vouches for? */
  get unmarked(): boolean {
    return this.#unmarked;
  }

  /** Makes writes durable. After a rejection the same may be tried again if isTransient() says so of the error. */
  async append(batch: readonly Write[]): Promise<void> {
    const writes = twice(batch);
    const frames = framesOf(writes, this.#frames, this.#base.salt);
    await this.#file.write(frames, this.#end);
    const marked = this.#unmarked;
    if (marked) await this.#writeMark();
    await this.#file.sync();
    if (marked) this.#marks++;
    this.#end += frames.length;
    this.#frames += writes.length;
    const header = writes.findLast((w) => w.op === DURABLE.HEADER);
    if (header?.bytes) this.#header = { state: SOUND, slot: 0, bytes: header.bytes };
    this.#unmarked = true;
  }

  /** Makes the mark durable that vouches for all batches so far. */
  async mark(): Promise<void> {
    if (!this.#unmarked) return;
    await this.#writeMark();
    await this.#file.sync();
    this.#marks++;
    this.#unmarked = false;
  }

  /** Over the older of the two. */
  #writeMark(): Promise<void> {
    const number = this.#marks + 1;
    const mark = { ...this.#base, number, end: this.#end, frames: this.#frames, header: this.#header };
    return this.#file.write(encodeMark(mark), (number % 2) * PAGE);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const twice = (writes: readonly Write[]): Write[] =>
  writes.flatMap((w) => (w.op === DURABLE.CHECKPOINT && w.bytes !== null ? [w, w] : [w]));

function framesOf(writes: readonly Write[], first: number, salt: number): Buffer {
  return Buffer.concat(writes.map((w, i) => encodeFrame(w.op, w.slot, w.bytes, first + i, salt)));
}
