// One group at work: its interface, its members, its data addresses; each kept equal in three places, the kernel, the
// module and the configuration.
//
// Invariants: the kernel decides which data addresses there are, the configuration which members there should be, the
// module who carries what; close() leaves the kernel's side as it is (the interface stays, persistent), dismantle() gives
// everything back; a group that could not be opened has left nothing.

import type { GroupConfig } from "../config/config.js";
import { settingText } from "../config/told.js";
import { EVENT, type GrpRecord, type IpmpEvent, WEIGHT } from "../core/index.js";
import type { Link } from "../net/rtnetlink.js";
import { Addresses } from "./addresses.js";
import type { Carrier, Env } from "./env.js";
import { groupMac } from "./machine.js";
import { Members } from "./members.js";
import { Pins } from "./pins.js";
import { Probing } from "./probing.js";
import type { Manner } from "./reconfigure.js";
import { messageOf, Refusal } from "./refusal.js";
import { type GroupView, groupMtu } from "./report.js";

/** Time between two tries to make an interface anew. */
const REMAKE_MS = 1000;

/** How long a daemon that was killed may take to let go of its interface: the kernel closes files after the process is dead. */
const RELEASE_MS = 3000;
const RELEASE_STEP_MS = 5;

export class Group {
  readonly #env: Env;
  readonly grp: number;
  readonly members: Members;
  readonly addresses: Addresses;
  readonly #pins: Pins;
  readonly #probing: Probing;
  #tap: Carrier;
  #ifindex: number;
  /** MTU that the interface was given last, null while it has its own */
  #mtu: number | null = null;
  /** somebody removed the interface; the next try to make it anew is due */
  #retry: NodeJS.Timeout | null = null;
  #config: GroupConfig;

  private constructor(env: Env, config: GroupConfig, grp: number, tap: Carrier, ifindex: number) {
    this.#env = env;
    this.#config = config;
    this.grp = grp;
    this.#ifindex = ifindex;
    this.#tap = tap;
    this.members = new Members(env, config, grp);
    this.addresses = new Addresses(env, config.name, grp, config.families);
    this.#pins = new Pins(env, grp, this.members, config.pins);
    this.#probing = new Probing(env, grp, config);
  }

  get name(): string {
    return this.#config.name;
  }

  get ifindex(): number {
    return this.#ifindex;
  }

  /** Makes a group and its interface, or takes over what an earlier daemon left; without members. */
  static open(env: Env, config: GroupConfig): Group {
    const { name, families } = config;
    const { net, ledger, ipmp, loop } = env;
    const ours = ledger.groups.has(name);
    if (!ours) requireFreeName(env, name);
    ledger.group(name);
    ledger.save();
    let tap: Carrier | null = null;
    try {
      tap = ours ? takeOver(env, name) : env.openTap(name);
      const mac = groupMac(name);
      const ifindex = setUp(env, name, mac);
      const grp = loop.command(() => ipmp.grpLookup(name) ?? ipmp.grpCreate({ name, mac, families }));
      loop.addGroup(grp, tap);
      const group = new Group(env, config, grp, tap, ifindex);
      group.#applySettings();
      return group;
    } catch (e) {
      tap?.close();
      if (!ours) {
        const link = tap === null ? null : net.link(name);
        if (link !== null) net.delLink(link.ifindex);
        ledger.groups.delete(name);
        ledger.save();
      }
      throw e;
    }
  }

  #applySettings(): void {
    const { loop, ipmp } = this.#env;
    loop.command(() => {
      for (const [key, value] of this.#config.settings) ipmp.grpSet(this.grp, key, value);
      ipmp.grpSet(this.grp, "PROBE_EVENTS", this.#env.probesWanted() ? 1 : 0);
      ipmp.grpVlan(this.grp, 0, false);
      for (const tags of this.#config.vlans) ipmp.grpVlan(this.grp, tags, true);
    });
  }

  // ── The interface ──

  /** After the members: MTU, carrier, up, addresses. */
  bringUp(): void {
    const { net, ipmp } = this.#env;
    const g = ipmp.grp(this.grp);
    const link = net.link(this.name);
    this.#giveMtu(groupMtu(ipmp, g), link?.mtu);
    this.#tap.setCarrier(this.#running(g));
    if (!link?.up) net.setLink(this.ifindex, { up: true });
    this.addresses.configure(this.ifindex, this.#config.addresses);
    this.resync();
    this.#pins.settleKnown();
    this.#probing.settle(this.ifindex);
  }

  #running(g: GrpRecord): boolean {
    return ([0, 1] as const).some((f) => g.families & (1 << f) && this.#env.ipmp.illgrp(this.grp, f).active.length > 0);
  }

  /** Makes the module's data addresses those that the kernel has now. */
  resync(): void {
    this.addresses.resync(this.#env.net.addresses(this.ifindex));
  }

  /** What the module says about this group that the kernel must be told. */
  onEvent(e: IpmpEvent): void {
    if (e.type === EVENT.MEMBER_CHANGE && e.new === 1) this.#pins.settleAll();
    if (e.type === EVENT.ADDR_STATE && e.new === 1 && e.addr !== null) this.#pins.settle(e.addr);
    if (this.#retry !== null) return;
    if (e.type === EVENT.GRP_RUNNING) this.#attempt("carrier", () => this.#tap.setCarrier(e.new === 1));
    if (e.type === EVENT.MTU) {
      const { net, ipmp } = this.#env;
      this.#attempt("mtu", () => this.#giveMtu(groupMtu(ipmp, ipmp.grp(this.grp)), net.link(this.ifindex)?.mtu));
    }
  }

  #giveMtu(mtu: number | null, has: number | undefined): void {
    if (mtu === null) return;
    this.#mtu = mtu;
    if (has !== mtu) this.#env.net.setLink(this.ifindex, { mtu });
  }

  /** Somebody changed the interface's name, hardware address or MTU: the group's are the ones that count. */
  interfaceChanged(link: Link): void {
    const { net, ipmp, log } = this.#env;
    const { mac } = ipmp.grp(this.grp);
    const mtu = this.#mtu ?? link.mtu;
    if (link.name === this.name && link.mac === mac && link.mtu === mtu) return;
    // what is told may be what we ourselves have changed again since
    const now = net.link(this.ifindex);
    if (now === null) return;
    const told = (event: string, what: string): void => log.warn(event, `${this.name}: ${what}`, { group: this.name });
    if (now.name !== this.name) {
      told("interface_renamed", `it was renamed to ${now.name}; named ${this.name} again`);
      this.#attempt("interface_renamed", () => net.setLink(this.ifindex, { name: this.name }));
    }
    if (now.mac !== mac) {
      told("interface_mac", `its hardware address was changed to ${now.mac}; set back to ${mac}`);
      this.#attempt("interface_mac", () => net.setLink(this.ifindex, { mac }));
    }
    if (now.mtu !== mtu) {
      told(
        "interface_mtu",
        `its MTU was changed to ${now.mtu}; set back to ${mtu}, the least of its members' (see mtu in the configuration)`,
      );
      this.#attempt("interface_mtu", () => net.setLink(this.ifindex, { mtu }));
    }
  }

  /** Somebody removed the interface: it is made anew, with the addresses of the configuration. */
  interfaceGone(): void {
    const { loop, log } = this.#env;
    loop.removeGroup(this.grp);
    this.#tap.close();
    this.addresses.resync([]);
    const text = `${this.name}: the group interface was removed by somebody; it is made anew, with the addresses of the configuration`;
    log.warn("interface_gone", text, { group: this.name });
    this.#remake("");
  }

  /** Makes the interface anew; what keeps us from it is logged when it changes, and tried again. */
  #remake(told: string): void {
    const { env, name } = { env: this.#env, name: this.name };
    this.#retry = null;
    try {
      requireFreeName(env, name);
      this.#tap = env.openTap(name);
      this.#ifindex = setUp(env, name, env.ipmp.grp(this.grp).mac);
      env.loop.addGroup(this.grp, this.#tap);
      this.bringUp();
    } catch (e) {
      if (env.loop.trapped) return;
      env.loop.removeGroup(this.grp);
      this.#tap.close();
      const why = messageOf(e);
      if (why !== told) env.log.error("interface_gone", `${name}: cannot be made anew yet: ${why}`, { group: name });
      this.#retry = setTimeout(() => this.#remake(why), REMAKE_MS);
    }
  }

  /** A change of the interface that is no reason to stop when it fails. */
  #attempt(event: string, change: () => void): void {
    try {
      change();
    } catch (e) {
      this.#env.log.error(event, `${this.name}: ${messageOf(e)}`, { group: this.name });
    }
  }

  /** Its interface's descriptor, for a process that takes over. Throws Refusal while there is no interface. */
  heirloom(): [name: string, fd: number] {
    if (this.#retry !== null) throw new Refusal("EAGAIN", `${this.name}: its interface is being made anew; try again`);
    return [this.name, this.#tap.fd];
  }

  view(): GroupView {
    return { grp: this.grp, members: this.members.views(), device: this.#tap.stats() };
  }

  /** Routes may have changed: other routers are probed. */
  routesChanged(): void {
    this.#attempt("routes", () => this.#probing.settle(this.ifindex));
  }

  /** Somebody wants to see every probe, or nobody does any more. */
  tellProbes(wanted: boolean): void {
    this.#env.loop.command(() => this.#env.ipmp.grpSet(this.grp, "PROBE_EVENTS", wanted ? 1 : 0));
  }

  // ── Change and end ──

  /** Applies another configuration of the same group; says what changed. */
  reconfigure(next: GroupConfig, { attempt, put }: Manner): string[] {
    const was = this.#config;
    this.#config = next;
    this.members.config = next;
    const changes: string[] = [];
    const settings = [...next.settings].filter(([key, value]) => was.settings.get(key) !== value);
    const vlans = was.vlans.join() !== next.vlans.join();
    const applySettings = (): void => {
      if (settings.length > 0 || vlans) attempt(() => this.#applySettings());
      changes.push(...settings.map(([key, value]) => settingText(key, value)));
      if (vlans) changes.push(`announced in ${next.vlans.length} VLANs`);
    };
    // weights that do not count yet are told before they do: then shares change once
    const later = was.settings.get("WEIGHT") !== WEIGHT.CONFIGURED;
    if (!later) applySettings();
    if (was.mtu !== next.mtu)
      attempt(() => {
        this.members.setMtu(next.mtu);
        changes.push(`MTU ${next.mtu ?? "of each NIC its own"}`);
      });
    if (was.io !== next.io)
      attempt(() => {
        this.members.turn();
        changes.push(`io = "${next.io}"`);
      });
    const { families } = this.#env.ipmp.grp(this.grp);
    const gains = (next.families & ~families) !== 0;
    const changeFamilies = (): void => {
      this.#carry(next.families);
      changes.push(`carries ${familiesOf(next.families)}`);
    };
    // NICs that come have the new ones at once
    if (gains) attempt(changeFamilies);
    const had = new Set(this.members.names);
    attempt(() => this.members.dropTests(next.members));
    for (const m of next.members)
      attempt(() => {
        if (!had.has(m.name)) {
          put(this.members, m);
          changes.push(`${m.name} put in`);
        } else changes.push(...this.members.set(m).map((c) => `${m.name}: ${c}`));
      });
    if (later) applySettings();
    attempt(() => changes.push(...this.addresses.configure(this.ifindex, next.addresses)));
    if (!gains && next.families !== families) attempt(changeFamilies);
    attempt(() => changes.push(...this.#pins.configure(next.pins)));
    attempt(() => changes.push(...this.#probing.configure(next, this.ifindex)));
    return changes.map((c) => `${this.name}: ${c}`);
  }

  /**
   * Other families from now on. One that comes is plumbed before the members get it, one that goes when no address and no
   * member has it any more; the interface and its other addresses stay as they are.
   */
  #carry(families: number): void {
    const { ipmp, loop } = this.#env;
    const was = ipmp.grp(this.grp).families;
    this.addresses.carry(families & was);
    loop.command(() => ipmp.grpPlumb(this.grp, families | was));
    this.members.carry(families);
    loop.command(() => ipmp.grpPlumb(this.grp, families));
    this.addresses.carry(families);
    this.resync();
  }

  /** Lets go of devices and interface; nothing changes for the kernel. */
  close(): void {
    this.#forgetRetry();
    this.members.close();
    this.#tap.close();
  }

  /** Takes everything apart: members get their settings back, the interface goes. */
  dismantle(): void {
    const { loop, ipmp, net, ledger } = this.#env;
    this.#forgetRetry();
    for (const name of this.members.names) this.members.detach(name);
    loop.removeGroup(this.grp);
    this.#tap.close();
    loop.command(() => {
      for (const a of ipmp.ipifs(this.grp)) ipmp.ipifDel(this.grp, a.ipif);
      ipmp.grpDestroy(this.grp);
    });
    // what bears its name may meanwhile be somebody else's
    if (net.link(this.name)?.ifindex === this.ifindex) net.delLink(this.ifindex);
    ledger.groups.delete(this.name);
    ledger.save();
  }

  #forgetRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }
}

const familiesOf = (bits: number): string => ["IPv4", "IPv6"].filter((_, f) => bits & (1 << f)).join(" and ");

/** Refuses a group whose interface would have the name of one that is not ours. */
export function requireFreeName({ net }: Pick<Env, "net">, name: string): void {
  if (net.link(name) === null) return;
  throw new Refusal(
    "EEXIST",
    `group "${name}": an interface of that name exists already; choose another name, or remove it with "ip link del ${name}"`,
  );
}

/** Gives a new interface its hardware address; returns its number. */
function setUp({ net }: Env, name: string, mac: string): number {
  const link = net.link(name);
  if (link === null) throw new Refusal("ENODEV", `group "${name}": its interface vanished while it was made`);
  if (link.mac !== mac) net.setLink(link.ifindex, { mac });
  return link.ifindex;
}

/** Opens an interface that an earlier daemon had, and may be just letting go of. */
function takeOver(env: Env, name: string): Carrier {
  for (const end = performance.now() + RELEASE_MS; ; ) {
    try {
      return env.openTap(name);
    } catch (e) {
      if ((e as { code?: unknown }).code !== "EBUSY" || performance.now() > end) throw e;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RELEASE_STEP_MS);
  }
}
