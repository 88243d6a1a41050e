// The new side of an exchange of the program: this process takes over from the one that started it (see handover.ts).
//
// Invariants: before `go` nothing is changed; while the old process lives this one takes pid file and control socket only
// when told to; if the old one dies after `go`, this one goes on alone.

import type { Failed, FromSuccessor, Go, Healthy, ToSuccessor } from "./handover.js";
import { codeOf, Refusal } from "./refusal.js";

/** How long the old process may take to tell of its end. */
const PARTING_MS = 1000;

export class Predecessor {
  #go: ((go: Go) => void) | null = null;
  #lost: ((e: Error) => void) | null = null;
  #committed: ((told: boolean) => void) | null = null;
  #alone = false;

  constructor() {
    process.on("message", (m: ToSuccessor) => {
      if (m.step === "go") this.#go?.(m);
      else this.#committed?.(true);
    });
    process.once("disconnect", () => {
      this.#alone = true;
      this.#lost?.(new Refusal("ECONNRESET", "the process that is to be replaced has gone before it handed over"));
      this.#committed?.(false);
    });
  }

  #tell(m: FromSuccessor): Promise<void> {
    return new Promise((resolve) => {
      if (!process.connected || process.send === undefined) resolve();
      else process.send(m, () => resolve());
    });
  }

  /** Says that everything is loaded; gives what the old process hands over. */
  prepared(version: string): Promise<Go> {
    return new Promise((resolve, reject) => {
      this.#go = resolve;
      this.#lost = reject;
      void this.#tell({ step: "prepared", version });
    });
  }

  /** Says that frames are carried here; true when told to take everything, false when the old process has died. */
  async healthy(what: Omit<Healthy, "step">): Promise<boolean> {
    if (this.#alone) return false;
    const commit = new Promise<boolean>((resolve) => {
      this.#committed = resolve;
    });
    await this.#tell({ step: "healthy", ...what });
    return await commit;
  }

  /** Says that everything is taken; resolves when the old process has told whoever watches it. */
  async committed(): Promise<void> {
    const parted = new Promise<void>((resolve) => process.once("disconnect", resolve));
    await this.#tell({ step: "committed" });
    if (!process.connected) return;
    await Promise.race([parted, new Promise((resolve) => setTimeout(resolve, PARTING_MS))]);
    if (process.connected) process.disconnect?.();
  }

  async failed(e: unknown): Promise<void> {
    const error = e instanceof Error ? e.message : String(e);
    await this.#tell({ step: "failed", code: codeOf(e), error } satisfies Failed);
  }
}
