// One life of the module: from a snapshot or from nothing, brought in line with the configuration and with what the
// kernel shows, until it is closed. After a trap it is closed and another one begun.
//
// Invariants: every change is made within one call, so none ever sees another half done; reports of the kernel are acted
// on at once; a report to an engine that is closed does nothing.

import type { Config, GroupConfig } from "../config/config.js";
import { didYouMean } from "../config/suggest.js";
import { Ipmp, IpmpError, type IpmpEvent } from "../core/index.js";
import type { RingHeirloom } from "../io/ring_heirloom.js";
import { Loop } from "../loop.js";
import type { Link, NetEvent, Rtnetlink } from "../net/rtnetlink.js";
import { CarrierWatch } from "./carrier.js";
import { type Heirlooms, openNic, openTap, turnNic } from "./devices.js";
import type { Env } from "./env.js";
import type { Names } from "./events.js";
import { Group } from "./group.js";
import type { Ledger } from "./ledger.js";
import type { Log } from "./log.js";
import { groupMac } from "./machine.js";
import { hasCarrier, vetNic } from "./nic.js";
import { reconfigure } from "./reconfigure.js";
import { messageOf, Refusal } from "./refusal.js";
import type { GroupView } from "./report.js";
import { RouteWatch } from "./route_watch.js";
import { restoreMember } from "./seat.js";

/** What is not urgent about a link waits so long. */
const SOON_MS = 5;

export interface EngineOptions {
  net: Rtnetlink;
  ledger: Ledger;
  log: Log;
  config: Config;
  snapshot: Uint8Array | null;
  /** interfaces and rings of a process that this one takes over from */
  heirlooms?: Heirlooms;
  /** somebody wants to see every probe */
  probesWanted: boolean;
  /** a new instance that was made before there was a hurry */
  spare?: Ipmp;
  onEvent(e: IpmpEvent, names: Names): void;
  /** announcements of a group have been sent; `more`: first ones are still due */
  onAnnounced(grp: number, at: bigint, more: boolean): void;
  /** the module has trapped: this engine is of no more use */
  onTrap(error: Error): void;
}

export class Engine {
  readonly ipmp: Ipmp;
  readonly loop: Loop;
  readonly names: Names;
  readonly #env: Env;
  readonly #groups = new Map<string, Group>();
  readonly #watch: CarrierWatch;
  /** links that are read anew in a moment: what the kernel tells of them meanwhile is in that */
  readonly #soon = new Set<number>();
  #open = true;
  /** another process is about to take over: nothing is done until resume() */
  #resting = false;
  /** somebody wants to see every probe */
  #probesWanted: boolean;
  readonly #routes: RouteWatch;
  /** what was inherited is used once; later an interface of that name is another */
  #begun = false;
  /** what is applied, or about to be */
  #config: Config;

  private constructor(ipmp: Ipmp, options: EngineOptions) {
    this.ipmp = ipmp;
    this.#config = options.config;
    this.#probesWanted = options.probesWanted;
    this.names = nameBook(ipmp);
    this.loop = new Loop(ipmp, { spinUs: options.config.spinUs });
    this.loop.onEvent = (e) => {
      if (!this.#open) return;
      const name = this.names.group(e.grp);
      if (name !== undefined) this.#groups.get(name)?.onEvent(e);
      options.onEvent(e, this.names);
    };
    this.loop.onAnnounced = options.onAnnounced;
    this.loop.onTrap = (error) => {
      if (this.#open) options.onTrap(error);
    };
    const { net, ledger, log } = options;
    const watched = () => [...this.#groups.values()].flatMap((g) => g.members.watched());
    this.#watch = new CarrierWatch(net, watched, (ifindex) => this.#guarded(() => this.#lost(ifindex)));
    this.#routes = new RouteWatch(net, () => this.#guarded(() => this.#routesChanged()));
    this.#env = {
      ipmp,
      loop: this.loop,
      net,
      ledger,
      log,
      openTap: (name) => openTap(ipmp, name, this.#config, this.#begun ? undefined : options.heirlooms),
      openNic: (nic, io) =>
        openNic(ipmp, nic, io, this.#config, (ifindex) => this.#doubt(ifindex), this.#begun ? undefined : options.heirlooms?.rings),
      turnNic: (device, nic, io) => turnNic(ipmp, device, nic, io, this.#config, (ifindex) => this.#doubt(ifindex)),
      inherits: options.heirlooms !== undefined && options.snapshot !== null,
      recheck: (which) => this.recheck(which),
      probesWanted: () => this.#probesWanted,
      memberMacs: (except) => this.#memberMacs(except),
    };
  }

  /** Begins a life. Throws Refusal, with everything closed again, if the configuration cannot be had on this machine. */
  static async begin(options: EngineOptions): Promise<Engine> {
    const { config, snapshot, ledger } = options;
    const ipmp = options.spare ?? (await Ipmp.load(undefined, { seed: process.hrtime.bigint() }));
    if (snapshot !== null) ipmp.become(snapshot);
    const engine = new Engine(ipmp, options);
    const made: Group[] = [];
    try {
      engine.#vetAll(config.groups);
      engine.#prune(config);
      engine.#clearLeftovers(config);
      for (const g of config.groups) {
        const fresh = !ledger.groups.has(g.name);
        const group = Group.open(engine.#env, g);
        engine.#groups.set(g.name, group);
        if (fresh) made.push(group);
        const known = new Set(Object.keys(ledger.group(g.name).members));
        for (const m of g.members) {
          if (fresh || !known.has(m.name)) group.members.attach(m);
          else group.members.attachOrWait(m);
        }
        group.members.settle();
        group.bringUp();
      }
      engine.#begun = true;
      engine.#env.inherits = false;
      engine.loop.start();
      engine.#watch.start();
      engine.#routes.start();
      return engine;
    } catch (e) {
      // what this attempt made goes again; what an earlier daemon left is left
      for (const group of made) {
        try {
          group.dismantle();
        } catch (x) {
          options.log.error("start", messageOf(x));
        }
      }
      engine.close();
      throw e;
    }
  }

  /** Before anything is changed: is every NIC that is new to us fit? */
  #vetAll(groups: readonly GroupConfig[]): void {
    const { net, ledger } = this.#env;
    const macs = new Map<string, string>();
    for (const g of groups)
      for (const m of g.members) {
        if (m.name in (ledger.groups.get(g.name)?.members ?? {})) continue;
        const nic = vetNic(net, m.name, { group: g.name, families: g.families, mtu: g.mtu, macs });
        macs.set(nic.mac, m.name);
      }
  }

  /** A restored module forgets groups that the configuration no longer has, or has otherwise. */
  #prune(config: Config): void {
    const { ipmp, loop } = this;
    loop.command(() => {
      for (const g of ipmp.grps()) {
        const wanted = config.groups.find((w) => w.name === g.name);
        if (wanted !== undefined && wanted.families === g.families && g.mac === groupMac(g.name)) continue;
        for (const phyint of g.members) {
          ipmp.leave(phyint);
          ipmp.phyintDestroy(phyint);
        }
        for (const a of ipmp.ipifs(g.grp)) ipmp.ipifDel(g.grp, a.ipif);
        ipmp.grpDestroy(g.grp);
      }
    });
  }

  /** Groups and NICs that an earlier daemon had and the configuration no longer has. */
  #clearLeftovers(config: Config): void {
    const { net, ledger } = this.#env;
    for (const [name, record] of [...ledger.groups]) {
      const wanted = config.groups.find((g) => g.name === name);
      for (const member of Object.keys(record.members))
        if (!wanted?.members.some((m) => m.name === member)) restoreMember(this.#env, name, member);
      if (wanted !== undefined) continue;
      const link = net.link(name);
      if (link !== null) net.delLink(link.ifindex);
      ledger.groups.delete(name);
      ledger.save();
    }
  }

  #memberMacs(except: string): Map<string, string> {
    const macs = new Map<string, string>();
    for (const p of this.ipmp.phyints()) if (p.name !== except && p.grp !== null) macs.set(p.mac, p.name);
    return macs;
  }

  // ── What the kernel tells ──

  onNet(e: NetEvent): void {
    this.#guarded(() => this.#onNet(e));
  }

  /** A trap is the trap handler's business, not that of the kernel's messenger. */
  #guarded(act: () => void): void {
    if (!this.#open || this.#resting || this.loop.trapped) return;
    try {
      act();
    } catch (e) {
      if (!this.loop.trapped) throw e;
    }
  }

  #onNet(e: NetEvent): void {
    if (e.type === "link") {
      this.#watch.reported();
      if (e.gone) this.#linkGone(e.link);
      else if (!this.#soon.has(e.link.ifindex) && (hasCarrier(e.link) || !this.#lost(e.link.ifindex))) this.#link(e.link);
      return;
    }
    const addresses = this.#groupOf(e.addr.ifindex)?.addresses;
    if (addresses !== undefined) {
      if (e.gone) addresses.gone(e.addr);
      else addresses.seen(e.addr);
    } else if (!e.gone) {
      for (const g of this.#groups.values()) g.members.addressSeen(e.addr);
    } else {
      // a NIC that was refused for its addresses may be fit now
      this.recheck(e.addr.ifindex);
    }
  }

  #link(link: Link): void {
    for (const g of this.#groups.values()) {
      if (g.ifindex === link.ifindex) g.interfaceChanged(link);
      if (g.members.linkChanged(link)) return;
    }
    for (const g of this.#groups.values()) {
      const config = g.members.waitsFor(link);
      if (config !== null) g.members.attachOrWait(config);
    }
  }

  #linkGone({ ifindex }: Pick<Link, "ifindex">): void {
    for (const g of this.#groups.values()) {
      if (g.members.gone(ifindex)) return;
      if (g.ifindex === ifindex) g.interfaceGone();
    }
  }

  #routesChanged(): void {
    for (const g of this.#groups.values()) g.routesChanged();
  }

  /** A NIC's socket says that it is down or away. Its driver is asked first: that is quick. */
  #doubt(ifindex: number): void {
    if (!this.#soon.has(ifindex) && !this.#watch.look(ifindex)) this.recheck(ifindex);
  }

  /**
   * A NIC has no carrier: its addresses move now. All else about the link, which may take longer than that, is read when frames
   * have had their turn. Whether it is a member that had carrier.
   */
  #lost(ifindex: number): boolean {
    if (![...this.#groups.values()].some((g) => g.members.lost(ifindex))) return false;
    this.#soon.add(ifindex);
    setTimeout(() => {
      this.#soon.delete(ifindex);
      this.recheck(ifindex);
    }, SOON_MS);
    return true;
  }

  /** Reads a link again and acts on what it is now. */
  recheck(which: number | string): void {
    this.#guarded(() => {
      const link = this.#env.net.link(which);
      if (link !== null) this.#link(link);
      else for (const p of this.ipmp.phyints()) if (p.ifindex === which) this.#linkGone(p);
    });
  }

  /** Acts on everything as the kernel shows it now. */
  resync(): void {
    const links = this.#env.net.links();
    const present = new Set(links.map((l) => l.ifindex));
    for (const p of this.ipmp.phyints()) if (!present.has(p.ifindex)) this.#linkGone(p);
    for (const l of links) this.#link(l);
    for (const g of this.#groups.values()) g.resync();
    this.#routesChanged();
  }

  #groupOf(ifindex: number): Group | undefined {
    return [...this.#groups.values()].find((g) => g.ifindex === ifindex);
  }

  // ── What the administrator wants ──

  /** Handle of a member at work. */
  member(nic: string): number {
    for (const g of this.#groups.values()) {
      const phyint = g.members.phyintOf(nic);
      if (phyint === undefined) continue;
      if (phyint === null) throw new Refusal("ENODEV", `${nic}: it is in group "${g.name}" but not there at the moment`);
      return phyint;
    }
    for (const g of this.#groups.values()) {
      const phyint = g.members.called(nic);
      if (phyint !== undefined) return phyint;
    }
    const all = this.groups().flatMap((g) => g.members);
    throw new Refusal("ENODEV", `${nic}: in no group${didYouMean(nic, all)}; there are: ${all.join(", ")}`);
  }

  /** Brings the addresses of a member's own, as far as the module has them, up or down. */
  ownAddresses(nic: string, up: boolean): void {
    for (const g of this.#groups.values()) g.members.ownAddresses(nic, up);
  }

  /** Every probe becomes an event from now on, or none does any more. */
  tellProbes(wanted: boolean): void {
    this.#probesWanted = wanted;
    for (const g of this.#groups.values()) g.tellProbes(wanted);
  }

  /** Groups with their members, the absent included. */
  groups(): { name: string; members: string[] }[] {
    return [...this.#groups.values()].map((g) => ({ name: g.name, members: g.members.names }));
  }

  /** Applies another configuration; says what changed. Throws, with nothing changed, if that is refused. */
  reconfigure(next: Config): string[] {
    const was = this.#config;
    this.#config = next;
    try {
      return reconfigure({ env: this.#env, groups: this.#groups }, was, next);
    } catch (e) {
      this.#config = was;
      throw e;
    }
  }

  // ── Another process takes over ──

  /** Descriptors of the group interfaces. Throws Refusal while one of them is not there. */
  heirlooms(): [name: string, fd: number][] {
    return [...this.#groups.values()].map((g) => g.heirloom());
  }

  /** The NICs' rings; how far they have been read holds from rest() on. */
  rings(): RingHeirloom[] {
    return [...this.#groups.values()].flatMap((g) => g.members.rings());
  }

  /** Members at work, by group. */
  atWork(): Record<string, string[]> {
    const working = (g: Group): string[] => g.members.names.filter((n) => g.members.phyintOf(n) !== null);
    return Object.fromEntries([...this.#groups].map(([name, g]) => [name, working(g)]));
  }

  /** Stands still with every device open; gives the state as it is from then on. */
  rest(): Uint8Array {
    this.#resting = true;
    this.#watch.stop();
    this.#routes.stop();
    this.loop.rest();
    return this.ipmp.snapshot();
  }

  /** Goes on after a rest; acts on everything that happened meanwhile. */
  resume(): void {
    this.#resting = false;
    this.loop.discard();
    this.loop.start();
    this.#watch.start();
    this.#routes.start();
    this.resync();
  }

  views(): GroupView[] {
    return [...this.#groups.values()].map((g) => g.view());
  }

  /** Takes all groups apart. */
  dismantle(): void {
    for (const [name, group] of this.#groups) {
      group.dismantle();
      this.#groups.delete(name);
    }
  }

  /** Lets go of every device; nothing changes for the kernel. Safe to call twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.loop.stop();
    this.#watch.stop();
    this.#routes.stop();
    for (const g of this.#groups.values()) g.close();
  }
}

/** Names as the module has them; of what is gone, as it had them last. */
function nameBook(ipmp: Ipmp): Names {
  const groups = new Map<number, string>();
  const nics = new Map<number, string>();
  const find = (last: Map<number, string>, handle: number | null, read: (handle: number) => string): string | undefined => {
    if (handle === null) return undefined;
    try {
      last.set(handle, read(handle));
    } catch (e) {
      if (!(e instanceof IpmpError)) throw e;
    }
    return last.get(handle);
  };
  return {
    group: (grp) => find(groups, grp, (g) => ipmp.grp(g).name),
    nic: (phyint) => find(nics, phyint, (p) => ipmp.phyint(p).name),
  };
}
