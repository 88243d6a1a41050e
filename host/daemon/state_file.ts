// The file of the module's state, written beside the packet loop: a disk that takes its time keeps no frame waiting.
//
// Invariants: the file is the whole old or the whole new state, never a mixture; of states given while one is being written the
// latest is written next; a state is renamed into place only while this process owns the file, so that a process that has handed
// over or stopped puts nothing over what came later.

import { renameSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { writeSnapshot } from "../core/index.js";

export class StateFile {
  readonly #path: string;
  #ours = true;
  /** counts what makes a write that is under way worthless */
  #epoch = 0;
  /** the state to be written next, and who waits for it */
  #next: { bytes: Uint8Array; done: Promise<void> } | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes a state, later; resolved when it, or a newer one, is durable. Rejected with what the system says. */
  save(bytes: Uint8Array): Promise<void> {
    if (this.#next !== null) {
      this.#next.bytes = bytes;
      return this.#next.done;
    }
    const next = { bytes, done: Promise.resolve() };
    next.done = this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        this.#running = this.#write(next.bytes);
        return this.#running;
      });
    this.#next = next;
    return next.done;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (!this.#ours) return;
    const epoch = this.#epoch;
    // writeSnapshot has another one: it may come while this one is being written
    const temporary = `${this.#path}.next`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    // not in the background: nobody else may take the file over in between
    if (epoch !== this.#epoch) return;
    renameSync(temporary, this.#path);
    const folder = await open(dirname(this.#path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Writes a state at once; it is durable when this returns. Throws what the system says. */
  saveNow(bytes: Uint8Array): void {
    this.#epoch++;
    writeSnapshot(this.#path, bytes);
  }

  /** The file is another's from now on. */
  leave(): void {
    this.#epoch++;
    this.#ours = false;
  }

  /** It is ours again. */
  again(): void {
    this.#ours = true;
  }
}
