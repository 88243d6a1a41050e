// The third party: one register with a version, read and written by compare-and-swap.
//
// Invariant: a write happens only if the version that the writer read is still there, and raises it; a restored
// backup brings the old version back, which is the fault that it stands for.

/** Bytes of the register: ballot, cluster, set of nodes, slot, hash (Page.arb_register). */
export const REGISTER = 168;

export class Arbiter {
  version = 0;
  readonly bytes = new Uint8Array(REGISTER);
  #savedVersion = 0;
  readonly #saved = new Uint8Array(REGISTER);

  /** Status as clms_arb_answer has it: 1 written, 0 another version stands there. */
  write(expected: number, register: Uint8Array): number {
    if (expected !== this.version) return 0;
    this.bytes.set(register);
    this.version++;
    return 1;
  }

  backup(): void {
    this.#savedVersion = this.version;
    this.#saved.set(this.bytes);
  }

  restore(): void {
    this.version = this.#savedVersion;
    this.bytes.set(this.#saved);
  }
}
