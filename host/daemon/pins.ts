// The pinned addresses of one group: what the configuration says, told to the module whenever address and NIC are both there.
//
// Invariant: after settle() of an address the module has it pinned to the NIC of the configuration if that is at work, and
// not pinned if it is not, or if the configuration has no pin for it.

import type { Env } from "./env.js";
import type { Members } from "./members.js";

export class Pins {
  readonly #env: Pick<Env, "ipmp" | "loop">;
  readonly #grp: number;
  readonly #members: Members;
  #pins: ReadonlyMap<string, string>;

  constructor(env: Pick<Env, "ipmp" | "loop">, grp: number, members: Members, pins: ReadonlyMap<string, string>) {
    this.#env = env;
    this.#grp = grp;
    this.#members = members;
    this.#pins = pins;
  }

  /** An address came, or what is to be known of it changed. */
  settle(addr: string): void {
    const { ipmp, loop } = this.#env;
    const nic = this.#pins.get(addr);
    loop.command(() => {
      const ipif = ipmp.ipifLookup(this.#grp, addr);
      if (ipif === null) return;
      const phyint = nic === undefined ? null : (this.#members.phyintOf(nic) ?? null);
      // a NIC that is about to join or has just left cannot be pinned to: its coming settles all
      if (phyint !== null && ipmp.phyint(phyint).grp !== this.#grp) return;
      if (ipmp.ipif(this.#grp, ipif).pin !== phyint) ipmp.ipifPin(this.#grp, ipif, phyint);
    });
  }

  /** A NIC came: every address that the configuration pins. */
  settleAll(): void {
    for (const addr of this.#pins.keys()) this.settle(addr);
  }

  /** At the beginning: the addresses that a snapshot has pinned too. */
  settleKnown(): void {
    for (const { addr, pin } of this.#env.ipmp.ipifs(this.#grp)) if (pin !== null || this.#pins.has(addr)) this.settle(addr);
  }

  /** Other pins count from now on; says what changed. */
  configure(pins: ReadonlyMap<string, string>): string[] {
    const was = this.#pins;
    this.#pins = pins;
    const changes: string[] = [];
    for (const addr of new Set([...was.keys(), ...pins.keys()])) {
      if (was.get(addr) !== pins.get(addr))
        changes.push(pins.has(addr) ? `${addr} pinned to ${pins.get(addr)}` : `${addr} no longer pinned`);
      this.settle(addr);
    }
    return changes;
  }
}
