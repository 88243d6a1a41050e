// One life of the module: from a snapshot or from nothing, brought in line with the configuration and with what the
// kernel shows, until it is closed. After a trap it is closed and another one begun.
//
// Invariants: changes of the set of groups and members run one after another (serially), so none ever sees another half
// done; reports of the kernel about what is at work already are acted on at once; a report about an engine that is
// closed does nothing.

import type { Config, GroupConfig } from "../config/config.js";
import { Ipmp, type IpmpEvent } from "../core/index.js";
import { Loop } from "../loop.js";
import { openNic, openTap } from "./devices.js";
import type { Env, NameBook } from "./env.js";
import { Group } from "./group.js";
import type { Address, Kernel, KernelListener, Nic } from "./kernel.js";
import type { Ledger } from "./ledger.js";
import type { Log } from "./log.js";
import { groupMac } from "./machine.js";
import { vetNic } from "./nic.js";
import { messageOf, Refusal } from "./refusal.js";
import type { GroupView } from "./report.js";

export interface EngineOptions {
  kernel: Kernel;
  ledger: Ledger;
  log: Log;
  config: Config;
  snapshot: Uint8Array | null;
  onEvent(e: IpmpEvent, names: NameBook): void;
  /** the module has trapped: this engine is of no more use */
  onTrap(error: Error): void;
}

export class Engine implements KernelListener {
  readonly ipmp: Ipmp;
  readonly loop: Loop;
  readonly names: NameBook = nameBook();
  readonly #env: Env;
  readonly #groups = new Map<string, Group>();
  #serial: Promise<unknown> = Promise.resolve();
  #open = true;

  private constructor(ipmp: Ipmp, options: EngineOptions) {
    this.ipmp = ipmp;
    this.loop = new Loop(ipmp);
    this.loop.onEvent = (e) => {
      if (!this.#open) return;
      const name = this.names.group(e.grp);
      if (name !== undefined) this.#groups.get(name)?.onEvent(e);
      options.onEvent(e, this.names);
    };
    this.loop.onTrap = (error) => {
      if (this.#open) options.onTrap(error);
    };
    const { kernel, ledger, log } = options;
    this.#env = {
      ipmp,
      loop: this.loop,
      kernel,
      ledger,
      log,
      names: this.names,
      openTap: (name) => openTap(ipmp, name),
      openNic: (phyint, nic) => openNic(ipmp, phyint, nic),
      memberMacs: (except) => this.#memberMacs(except),
    };
  }

  /** Begins a life. Throws Refusal, with everything closed again, if the configuration cannot be had on this machine. */
  static async begin(options: EngineOptions): Promise<Engine> {
    const { config, snapshot, ledger } = options;
    const ipmp = snapshot === null ? await Ipmp.load(undefined, { seed: process.hrtime.bigint() }) : await Ipmp.restore(snapshot);
    const engine = new Engine(ipmp, options);
    const made: Group[] = [];
    try {
      engine.#vetAll(config.groups);
      engine.#prune(config);
      for (const g of config.groups) {
        const fresh = !ledger.groups.has(g.name);
        const group = await Group.open(engine.#env, g);
        engine.#groups.set(g.name, group);
        if (fresh) made.push(group);
        const known = new Set(Object.keys(ledger.group(g.name).members));
        for (const m of g.members) await group.attach(m, fresh || !known.has(m.name));
        await engine.#takeOut(g, known);
        await group.bringUp();
      }
      engine.loop.start();
      return engine;
    } catch (e) {
      // what this attempt made goes again; what an earlier daemon left is left
      for (const group of made) await group.dismantle().catch((x) => options.log.error("start", messageOf(x)));
      engine.close();
      throw e;
    }
  }

  /** Before anything is changed: is every NIC that is new to us fit? */
  #vetAll(groups: readonly GroupConfig[]): void {
    const { kernel, ledger } = this.#env;
    const macs = new Map<string, string>();
    for (const g of groups)
      for (const m of g.members) {
        if (ledger.groups.get(g.name)?.members[m.name] !== undefined) continue;
        const nic = vetNic(kernel, m.name, { group: g.name, families: g.families, mtu: g.mtu, macs });
        macs.set(nic.mac, m.name);
      }
  }

  /** A restored module forgets what the configuration no longer has. */
  #prune(config: Config): void {
    const { ipmp, loop } = this;
    const wanted = (name: string): GroupConfig | undefined => config.groups.find((g) => g.name === name);
    loop.command(() => {
      for (const g of ipmp.grps()) {
        const w = wanted(g.name);
        const keep = w !== undefined && w.families === g.families && g.mac === groupMac(g.name);
        for (const p of g.members.map((m) => ipmp.phyint(m)))
          if (!keep || !w.members.some((m) => m.name === p.name)) {
            ipmp.leave(p.phyint);
            ipmp.phyintDestroy(p.phyint);
          }
        if (keep) continue;
        for (const a of ipmp.ipifs(g.grp)) ipmp.ipifDel(g.grp, a.ipif);
        ipmp.grpDestroy(g.grp);
      }
      for (const p of ipmp.phyints()) if (p.grp === null) ipmp.phyintDestroy(p.phyint);
    });
  }

  /** NICs that an earlier daemon had in this group and the configuration no longer has. */
  async #takeOut(config: GroupConfig, known: ReadonlySet<string>): Promise<void> {
    for (const name of known) if (!config.members.some((m) => m.name === name)) await this.#groups.get(config.name)?.detach(name);
  }

  #memberMacs(except: string): Map<string, string> {
    const macs = new Map<string, string>();
    for (const p of this.ipmp.phyints()) if (p.name !== except && p.grp !== null) macs.set(p.mac, p.name);
    return macs;
  }

  /** Runs changes one after another. */
  serially<T>(change: () => Promise<T>): Promise<T> {
    const run = this.#serial.then(() => {
      if (!this.#open) throw new Refusal("EAGAIN", "the daemon is starting over; try again");
      return change();
    });
    this.#serial = run.catch(() => undefined);
    return run;
  }

  // ── What the kernel tells ──

  link(nic: Nic): void {
    if (!this.#open) return;
    for (const g of this.#groups.values()) {
      if (g.ifindex === nic.ifindex) g.interfaceChanged(nic);
      if (g.linkChanged(nic)) return;
    }
    for (const g of this.#groups.values()) if (g.waitsFor(nic.name)) this.#tryAttach(g, nic.name);
  }

  #tryAttach(group: Group, name: string): void {
    this.serially(async () => {
      const config = group.waitsFor(name);
      if (config !== null && this.#groups.get(group.name) === group) await group.attach(config, false);
    }).catch((e) => this.#env.log.error("member_unusable", messageOf(e), { group: group.name, nic: name }));
  }

  linkGone(ifindex: number, name: string): void {
    if (!this.#open) return;
    for (const g of this.#groups.values()) {
      if (g.unplugged(ifindex)) return;
      if (g.ifindex === ifindex)
        this.#env.log.error("interface_gone", `${name}: the group interface was removed by somebody; "holdfast down" and "up" make it anew`, { group: name });
    }
  }

  address(a: Address): void {
    if (this.#open) this.#groupOf(a.ifindex)?.addresses.seen(a);
  }

  addressGone(a: Address): void {
    if (this.#open) this.#groupOf(a.ifindex)?.addresses.gone(a);
    // a NIC that was refused for its addresses may be fit now
    const free = this.#env.kernel.names().find((n) => this.#env.kernel.nic(n)?.ifindex === a.ifindex);
    const nic = free === undefined ? null : this.#env.kernel.nic(free);
    if (nic !== null) this.link(nic);
  }

  overrun(): void {
    if (!this.#open) return;
    this.#env.log.warn("kernel", "reports of the kernel were lost; everything is read again");
    this.resync();
  }

  /** Acts on everything as the kernel shows it now. */
  resync(): void {
    const { kernel } = this.#env;
    const present = new Set<number>();
    for (const name of kernel.names()) {
      const nic = kernel.nic(name);
      if (nic === null) continue;
      present.add(nic.ifindex);
      this.link(nic);
    }
    for (const p of this.ipmp.phyints()) if (!present.has(p.ifindex)) this.linkGone(p.ifindex, p.name);
    for (const g of this.#groups.values()) g.resync();
  }

  #groupOf(ifindex: number): Group | undefined {
    return [...this.#groups.values()].find((g) => g.ifindex === ifindex);
  }

  // ── What the administrator wants ──

  /** Handle of a member at work. */
  member(nic: string): number {
    for (const g of this.#groups.values()) {
      const phyint = g.phyintOf(nic);
      if (phyint === undefined) continue;
      if (phyint === null) throw new Refusal("ENODEV", `${nic}: it is in group "${g.name}" but not there at the moment`);
      return phyint;
    }
    const all = [...this.#groups.values()].flatMap((g) => g.memberNames);
    throw new Refusal("ENODEV", `${nic}: in no group; there are: ${all.join(", ")}`);
  }

  /** Applies another configuration; says what changed. If it is refused before the first change, nothing has changed. */
  async reconfigure(next: Config): Promise<string[]> {
    const changes: string[] = [];
    this.#vetNew(next);
    for (const [name, group] of this.#groups) {
      const same = next.groups.find((g) => g.name === name);
      if (same !== undefined && same.families === this.ipmp.grp(group.grp).families) continue;
      await group.dismantle();
      this.#groups.delete(name);
      changes.push(`${name}: group removed`);
    }
    // first out, then in: a NIC may go from one group to another
    for (const g of next.groups) for (const name of this.#groups.get(g.name)?.memberNames ?? []) {
      if (g.members.some((m) => m.name === name)) continue;
      await this.#groups.get(g.name)?.detach(name);
      changes.push(`${g.name}: ${name} taken out`);
    }
    for (const g of next.groups) {
      const group = this.#groups.get(g.name);
      if (group !== undefined) {
        changes.push(...(await group.reconfigure(g)));
        continue;
      }
      const made = await Group.open(this.#env, g);
      this.#groups.set(g.name, made);
      for (const m of g.members) await made.attach(m, true);
      await made.bringUp();
      changes.push(`${g.name}: group created`);
    }
    return changes;
  }

  /** NICs that are in no group yet must be fit before anything is changed. */
  #vetNew(next: Config): void {
    const ours = new Set([...this.#groups.values()].flatMap((g) => g.memberNames));
    const staying = new Set(next.groups.flatMap((g) => g.members.map((m) => m.name)));
    const macs = new Map<string, string>();
    for (const p of this.ipmp.phyints()) if (staying.has(p.name)) macs.set(p.mac, p.name);
    for (const g of next.groups)
      for (const m of g.members) {
        if (ours.has(m.name)) continue;
        macs.set(vetNic(this.#env.kernel, m.name, { group: g.name, families: g.families, mtu: g.mtu, macs }).mac, m.name);
      }
  }

  views(): GroupView[] {
    return [...this.#groups.values()].map((g) => g.view());
  }

  /** Takes all groups apart. */
  async dismantle(): Promise<void> {
    for (const [name, group] of this.#groups) {
      await group.dismantle();
      this.#groups.delete(name);
    }
  }

  /** Lets go of every device; nothing changes for the kernel. Safe to call twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.loop.stop();
    for (const g of this.#groups.values()) g.close();
  }
}

function nameBook(): NameBook {
  const groups = new Map<number, string>();
  const nics = new Map<number, string>();
  return {
    group: (grp) => (grp === null ? undefined : groups.get(grp)),
    nic: (phyint) => (phyint === null ? undefined : nics.get(phyint)),
    nameGroup: (grp, name) => groups.set(grp, name),
    nameNic: (phyint, name) => nics.set(phyint, name),
  };
}
