// Names of addresses, by the system's resolver (/etc/hosts, DNS, whatever the machine uses), within a bound on time.
//
// Invariants: an address without a name, or whose name does not come in time, is shown as it is; each address is asked for
// once; what is still under way when time is up is not waited for.

import { lookupService } from "node:dns/promises";
import type { NameOf } from "./fields.js";

/** For everything on a screen together. */
export const NAMES_MS = 2000;

export type Lookup = (address: string) => Promise<string>;

const ask: Lookup = async (address) => (await lookupService(address, 0)).hostname;

export class AddressNames {
  readonly #names = new Map<string, Promise<void>>();
  readonly #known = new Map<string, string>();
  readonly #lookup: Lookup;
  readonly #ms: number;

  constructor(lookup: Lookup = ask, ms = NAMES_MS) {
    this.#lookup = lookup;
    this.#ms = ms;
  }

  /** Waits until all have a name or are known to have none, at most until time is up. */
  async learn(addresses: readonly string[]): Promise<void> {
    const asked = [...new Set(addresses)].map((a) => this.#ask(a));
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#ms);
    });
    await Promise.race([Promise.all(asked), end]);
    clearTimeout(timer);
  }

  #ask(address: string): Promise<void> {
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    const found = this.#lookup(address).then(
      (name) => {
        if (name !== "") this.#known.set(address, name);
      },
      () => undefined,
    );
    this.#names.set(address, found);
    return found;
  }

  readonly nameOf: NameOf = (address) => this.#known.get(address) ?? address;
}
