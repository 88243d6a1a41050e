// The durable state of a node of the cluster: takes the module's writes in order, makes them durable in that order, and says
// when they are; at the next start it gives them back.
//
//   const store = await Store.open(linuxFs, { folder, cluster, node, onDurable });
//   store.giveBack(clms);                                   before clms.start()
//   after each call of the module:
//     while ((op = clms.nextDurable()) !== 0) store.take(op, clms.durableSlot, clms.durableBytes(), clms.durableSeq);
//     store.flush();
//   onDurable(seq): clms.durableDone(seq), and then what is done after each call
//
// While a sync runs, writes gather; the next sync takes them all. What the disk refuses is tried again until it is taken: the
// node then confirms nothing, and the others go on without it.
//
// Invariants: onDurable(seq) is called only when that write and all before it would survive a loss of power; after a sync that
// failed nothing of that file is believed, everything is written anew from memory; a folder has one store at a time.

import { join } from "node:path";
import { DURABLE_NAME, ERRNO } from "../core/abi/clms.js";
import type { Clms } from "../core/clms.js";
import { ClmsError } from "../core/errors.js";
import { isTransient, StoreError, storeError } from "./errors.js";
import type { Identity } from "./format.js";
import type { StoreFs } from "./fs.js";
import { Generation } from "./generation.js";
import { dashed, writeIdentity } from "./identity.js";
import { DAMAGED, type Image, type Write } from "./image.js";
import { DAMAGED_LOG, IDENTITY, LOG, look, type Opening, type Wanted } from "./opening.js";
import { replaceFile } from "./replace.js";

/** A log that is longer than this is begun anew; one holds some 20,000 transitions by then. */
const ROTATE_BYTES = 8 << 20;
/** Without a write for so long, the last mark is written. */
const MARK_MS = 50;
/** After a refusal: wait at first, at most. */
const RETRY_MS = 50;
const RETRY_MAX_MS = 2_000;

export interface StoreOptions extends Wanted {
  /** this write and all before it are durable */
  onDurable: (seq: number) => void;
  /** the disk refuses what has to be written, told once for each reason; null: it takes it again */
  onTrouble?: (error: StoreError | null) => void;
  /** bytes by which the log may grow before it is begun anew; default 8 MiB */
  rotateBytes?: number;
  /** ms without a write after which the last mark is written; default 50 */
  markMs?: number;
}

export interface StoreStats {
  /** writes taken, writes confirmed, syncs that confirmed them */
  taken: number;
  confirmed: number;
  syncs: number;
  /** ms of the last sync, of the longest */
  lastMs: number;
  longestMs: number;
  /** bytes of the log's file; number of its generation */
  bytes: number;
  generation: number;
  /** the disk refuses writes */
  trouble: boolean;
}

interface Pending extends Write {
  seq: number;
}

export class Store {
  /**
   * Had the node no vote at the start, because of damage? The cluster admits it anew, as one without a disk. The module may
   * find more: after its start, Page.lineage is 0.
   */
  readonly voteLost: boolean;
  readonly #fs: StoreFs;
  readonly #o: StoreOptions;
  readonly #unlock: () => void;
  readonly #opening: Opening;
  readonly #image: Image;
  #file: Generation;
  #generation: number;
  /** nobody knows what the file holds: only a new generation helps */
  #broken = false;
  #pending: Pending[] = [];
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closing = false;
  #wake: (() => void) | null = null;
  #trouble: string | null = null;
  #rotateAt: number;
  readonly #stats = { taken: 0, confirmed: 0, syncs: 0, lastMs: 0, longestMs: 0 };

  private constructor(fs: StoreFs, o: StoreOptions, unlock: () => void, opening: Opening, file: Generation) {
    this.#fs = fs;
    this.#o = o;
    this.#unlock = unlock;
    this.#opening = opening;
    this.#image = opening.image;
    this.voteLost = opening.image.header.state === DAMAGED || opening.image.checkpoint.state === DAMAGED;
    this.#file = file;
    this.#generation = opening.generation + 1;
    this.#rotateAt = this.#limit();
  }

  /**
   * Opens the state folder of a node, and makes it if there is none. Rejects with a StoreError: locked, cluster, node,
   * version, damaged, full, read-only, denied, io; then the folder still holds what it held.
   */
  static async open(fs: StoreFs, o: StoreOptions): Promise<Store> {
    const { folder } = o;
    let unlock: (() => void) | null = null;
    try {
      await fs.mkdir(folder);
      unlock = await fs.lock(join(folder, "lock"));
      if (unlock === null) throw new StoreError("locked", `${folder}: another daemon uses this state folder`);
      const opening = await look(fs, o);
      if (opening.damaged) opening.notes.push(await keepDamaged(fs, folder));
      const file = await Generation.begin(fs, folder, opening.identity, opening.image, opening.generation + 1);
      if (!opening.noted) await replaceFile(fs, folder, IDENTITY, writeIdentity(opening.identity));
      return new Store(fs, o, unlock, opening, file);
    } catch (e) {
      unlock?.();
      throw storeError(folder, "prepare the state of the cluster", e);
    }
  }

  /** Whose it is; the node's uuid is made at the first start, and stays. */
  get identity(): Identity {
    const { cluster, node, uuid } = this.#opening.identity;
    return { cluster: dashed(cluster), node, uuid: dashed(uuid) };
  }

  /** Nothing of this node was ever durable here: only then may the cluster's very first start count its vote (BOOTSTRAP). */
  get blank(): boolean {
    return this.#opening.blank;
  }

  /** What was found at the start that should not have been, a line each. */
  get notes(): readonly string[] {
    return this.#opening.notes;
  }

  get stats(): StoreStats {
    return { ...this.#stats, bytes: this.#file.bytes, generation: this.#generation, trouble: this.#trouble !== null };
  }

  /** What the folder held at the start, in the order in which the module takes it. */
  writes(): Write[] {
    return this.#image.writes();
  }

  /** Gives the module what the folder held, before it is started. Returns what the module finds damaged besides, a line each. */
  giveBack(clms: Pick<Clms, "recover">): string[] {
    return this.writes().flatMap((w) => {
      try {
        clms.recover(w.op, w.bytes, w.slot);
        return [];
      } catch (e) {
        if (e instanceof ClmsError && e.errno === ERRNO.EPROTO) return [`${DURABLE_NAME[w.op]} of slot ${w.slot}: ${e.message}`];
        throw e;
      }
    });
  }

  /** A write of the module (DURABLE, its slot, its bytes, its number). The bytes are copied. */
  take(op: number, slot: number, bytes: Uint8Array, seq: number): void {
    const write = { op, slot, bytes: bytes.slice(), seq };
    this.#pending.push(write);
    this.#image.apply(write);
    this.#stats.taken++;
  }

  /** Begins a sync of what was taken, unless one runs: then what was taken goes with the next. */
  flush(): void {
    if (this.#pending.length === 0 || this.#running !== null || this.#closing) return;
    this.#disarm();
    this.#running = this.#run().finally(() => {
      this.#running = null;
      // Taken while the last of it was finished.
      if (this.#pending.length > 0) this.flush();
      else this.#arm();
    });
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      const begun = performance.now();
      if (!(await this.#insist(batch))) return;
      const ms = performance.now() - begun;
      this.#stats.lastMs = ms;
      this.#stats.longestMs = Math.max(this.#stats.longestMs, ms);
      this.#stats.syncs++;
      this.#stats.confirmed += batch.length;
      this.#o.onDurable(batch[batch.length - 1].seq);
      if (this.#file.bytes > this.#rotateAt) await this.#rotate();
    }
  }

  /** Tries until it is durable: true; or until the store is closed: false. */
  async #insist(batch: readonly Write[]): Promise<boolean> {
    for (let wait = RETRY_MS; ; wait = Math.min(2 * wait, RETRY_MAX_MS)) {
      try {
        if (this.#broken) await this.#anew();
        else await this.#file.append(batch);
        this.#tell(null);
        return true;
      } catch (e) {
        if (!isTransient(e)) this.#broken = true;
        this.#tell(storeError(this.#o.folder, "write the state of the cluster", e));
      }
      if (this.#closing) return false;
      await this.#sleep(wait);
    }
  }

  /** Everything that was taken so far into a new file, which takes the place of the old one. */
  async #anew(): Promise<void> {
    const { folder } = this.#o;
    const gone = (): void => {
      this.#broken = true;
    };
    const next = await Generation.begin(this.#fs, folder, this.#opening.identity, this.#image, this.#generation + 1, gone);
    await this.#file.close().catch(() => undefined);
    this.#file = next;
    this.#generation++;
    this.#broken = false;
    this.#rotateAt = this.#limit();
  }

  /** The log has become long. It goes on as it is if there is no room for another. */
  async #rotate(): Promise<void> {
    try {
      await this.#anew();
    } catch (e) {
      this.#rotateAt = this.#limit();
      this.#tell(storeError(this.#o.folder, "begin the log of the cluster anew", e));
    }
  }

  #limit(): number {
    return this.#file.bytes + (this.#o.rotateBytes ?? ROTATE_BYTES);
  }

  #tell(error: StoreError | null): void {
    const text = error?.message ?? null;
    if (text === this.#trouble) return;
    this.#trouble = text;
    this.#o.onTrouble?.(error);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  // ── The mark, once nothing more comes ──

  #arm(): void {
    if (this.#closing || !this.#file.unmarked || this.#broken) return;
    this.#disarm();
    this.#timer = setTimeout(() => {
      if (this.#running !== null || this.#closing) return;
      this.#running = this.#mark().finally(() => {
        this.#running = null;
        this.flush();
      });
    }, this.#o.markMs ?? MARK_MS);
    this.#timer.unref();
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** What it vouches for is durable without it: it can wait for the next batch. */
  async #mark(): Promise<void> {
    try {
      await this.#file.mark();
    } catch (e) {
      if (!isTransient(e)) this.#broken = true;
      this.#tell(storeError(this.#o.folder, "write the state of the cluster", e));
    }
  }

  /**
   * Ends: what was taken is written, once, and the folder is free for another daemon. Rejects with a StoreError (closed) if
   * not all that was taken is durable; nothing of that has been confirmed, and the folder is free nevertheless.
   */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#disarm();
    this.#wake?.();
    try {
      await this.#running;
      if (this.#pending.length > 0) await this.#run();
      if (!this.#broken) await this.#mark();
    } finally {
      await this.#file.close().catch(() => undefined);
      this.#unlock();
    }
    const lost = this.#stats.taken - this.#stats.confirmed;
    if (lost > 0) throw new StoreError("closed", `${this.#o.folder}: ${lost} writes could not be made durable: ${this.#trouble}`);
  }
}

/** Keeps a damaged log for whoever wants to look at it; returns a line about it. */
async function keepDamaged(fs: StoreFs, folder: string): Promise<string> {
  const kept = join(folder, DAMAGED_LOG);
  try {
    await fs.unlink(kept).catch(() => undefined);
    await fs.link(join(folder, LOG), kept);
    return `the damaged log is kept as ${kept}`;
  } catch (e) {
    return `the damaged log could not be kept: ${e instanceof Error ? e.message : e}`;
  }
}
