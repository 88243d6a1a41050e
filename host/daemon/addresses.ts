// The data addresses of one group: whatever address the kernel has on the group interface, whoever put it there.
//
// Invariants: the module has an address exactly while the kernel has it and it is usable (duplicate detection passed);
// an address that stands there with two prefixes is one; what the module refuses is logged once and left alone.

import type { AddressConfig } from "../config/config.js";
import { FAMILY } from "../core/index.js";
import type { Address } from "../net/rtnetlink.js";
import type { Env } from "./env.js";
import { messageOf, Refusal } from "./refusal.js";

const familyOf = (address: string): number => (address.includes(":") ? FAMILY.V6 : FAMILY.V4);
const textOf = (a: AddressConfig): string => `${a.addr}/${a.prefix}`;

export class Addresses {
  readonly #env: Env;
  readonly #group: string;
  readonly #grp: number;
  #families: number;
  /** address → the prefixes it stands with on the interface */
  readonly #there = new Map<string, Set<number>>();

  constructor(env: Env, group: string, grp: number, families: number) {
    this.#env = env;
    this.#group = group;
    this.#grp = grp;
    this.#families = families;
  }

  /** The kernel has an address, new or changed. */
  seen(a: Address): void {
    // a duplicate of another host's must not be answered for; one under detection may be, soon
    if (a.dadfailed) this.gone(a);
    if (a.dadfailed || a.tentative) return;
    const prefixes = this.#there.get(a.address) ?? new Set();
    prefixes.add(a.prefix);
    this.#there.set(a.address, prefixes);
    this.#add(a);
  }

  gone(a: Address): void {
    const prefixes = this.#there.get(a.address);
    prefixes?.delete(a.prefix);
    if (prefixes !== undefined && prefixes.size > 0) return;
    this.#there.delete(a.address);
    this.#drop(a.address);
  }

  /** Makes the module's addresses those of a complete list. */
  resync(list: readonly Address[]): void {
    this.#there.clear();
    for (const a of list) this.seen(a);
    for (const a of this.#env.ipmp.ipifs(this.#grp)) if (!this.#there.has(a.addr)) this.#drop(a.addr);
  }

  /** Addresses of these families count from now on; the module forgets the others. */
  carry(families: number): void {
    this.#families = families;
    for (const a of this.#env.ipmp.ipifs(this.#grp)) {
      if (families & (1 << familyOf(a.addr))) continue;
      this.#there.delete(a.addr);
      this.#drop(a.addr);
    }
  }

  #add(a: Address): void {
    const { ipmp, loop, log } = this.#env;
    try {
      loop.command(() => {
        const known = ipmp.ipifLookup(this.#grp, a.address);
        // the kernel's own detection has vouched for IPv6; nobody has for IPv4
        if (known === null) ipmp.ipifAdd(this.#grp, { addr: a.address, prefix: a.prefix, up: true, verified: a.family === FAMILY.V6 });
      });
    } catch (e) {
      const lacks =
        this.#families & (1 << a.family) ? "" : ` (the group does not carry ${a.family === FAMILY.V6 ? "IPv6" : "IPv4"}; see families)`;
      log.warn("address_refused", `${this.#group}: ${a.address}/${a.prefix} cannot be a data address${lacks}: ${messageOf(e)}`, {
        group: this.#group,
        address: a.address,
      });
    }
  }

  #drop(addr: string): void {
    const { ipmp, loop } = this.#env;
    loop.command(() => {
      const known = ipmp.ipifLookup(this.#grp, addr);
      if (known !== null) ipmp.ipifDel(this.#grp, known);
    });
  }

  /**
   * Puts the addresses of the configuration on the interface, and takes off those that an earlier configuration put
   * there. The module hears of them from the kernel, as of all others. Says what changed.
   */
  configure(ifindex: number, wanted: readonly AddressConfig[]): string[] {
    const { net, ledger } = this.#env;
    const record = ledger.group(this.#group);
    const want = new Set(wanted.map(textOf));
    const has = new Set(net.addresses(ifindex).map((a) => `${a.address}/${a.prefix}`));
    const changes: string[] = [];
    for (const old of record.addresses.filter((t) => !want.has(t))) {
      if (has.has(old)) net.delAddress(ifindex, old);
      changes.push(`${old} removed`);
    }
    record.addresses = [...want];
    ledger.save();
    for (const a of wanted) {
      if (has.has(textOf(a))) continue;
      try {
        net.addAddress(ifindex, textOf(a));
      } catch (e) {
        throw new Refusal("EADDRNOTAVAIL", `group "${this.#group}": address ${textOf(a)} cannot be put on ${this.#group}: ${messageOf(e)}`);
      }
      changes.push(`${textOf(a)} added`);
    }
    return changes;
  }
}
