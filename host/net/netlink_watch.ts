// What is known of links and addresses, kept up with notifications.
//
// Invariants: every change leads to exactly one event; after notifications were lost everything is read again, and the
// difference to what was known becomes the events; a link that is gone takes its addresses with it.

import { RTM } from "../io/linux.js";
import type { Message } from "./netlink_message.js";
import { type Address, type Link, type NetEvent, parseAddress, parseLink } from "./netlink_objects.js";

export class NetView {
  readonly links = new Map<number, Link>();
  readonly #addresses = new Map<string, Address>();

  constructor(readonly emit: (event: NetEvent) => void) {}

  addresses(): IterableIterator<Address> {
    return this.#addresses.values();
  }

  /** Takes in one notification. */
  apply(m: Message): void {
    if (m.type === RTM.NEWLINK || m.type === RTM.DELLINK) {
      const link = parseLink(m);
      if (link) this.#link(link, m.type === RTM.DELLINK);
    } else if (m.type === RTM.NEWADDR || m.type === RTM.DELADDR) {
      const addr = parseAddress(m);
      if (addr) this.#address(addr, m.type === RTM.DELADDR);
    }
  }

  /** Takes in everything there is now. */
  replace(links: readonly Link[], addresses: readonly Address[]): void {
    const present = new Set(links.map((l) => l.ifindex));
    const held = new Set(addresses.map(key));
    for (const [k, a] of [...this.#addresses]) if (!held.has(k)) this.#address(a, true);
    for (const l of [...this.links.values()]) if (!present.has(l.ifindex)) this.#link(l, true);
    for (const l of links) this.#link(l, false);
    for (const a of addresses) this.#address(a, false);
  }

  #link(link: Link, gone: boolean): void {
    const known = this.links.get(link.ifindex);
    if (gone) {
      if (!known) return;
      for (const a of [...this.#addresses.values()]) if (a.ifindex === link.ifindex) this.#address(a, true);
      this.links.delete(link.ifindex);
    } else {
      if (known && same(known, link)) return;
      this.links.set(link.ifindex, link);
    }
    this.emit({ type: "link", link, gone });
  }

  #address(addr: Address, gone: boolean): void {
    const k = key(addr);
    const known = this.#addresses.get(k);
    if (gone ? !known : known && same(known, addr)) return;
    if (gone) this.#addresses.delete(k);
    else this.#addresses.set(k, addr);
    this.emit({ type: "addr", addr, gone });
  }
}

function key(a: Address): string {
  return `${a.ifindex} ${a.address}/${a.prefix}`;
}

function same<T extends object>(a: T, b: T): boolean {
  return Object.entries(a).every(([k, v]) => (b as Record<string, unknown>)[k] === v);
}
