// The members of one group: NICs on their way in, at work, gone and back again.
//
// Invariants: a member is a device, found by its configured name once; what it is called later does not matter, and the
// module knows it by its configured name; the configuration says which members there should be; one that is not at work
// has neither handle nor device nor place in the module, and a note why; a NIC's former settings are in the ledger before
// the first of them is changed.

import type { GroupConfig, MemberConfig } from "../config/config.js";
import { IpmpError, PHYI } from "../core/index.js";
import type { RingHeirloom } from "../io/ring_heirloom.js";
import type { Address, Link } from "../net/rtnetlink.js";
import type { Watched } from "./carrier.js";
import type { Env, NicDevice } from "./env.js";
import type { Former } from "./ledger.js";
import { enslavedBy, noteOf, setStandby } from "./member_state.js";
import { canCarry, formerOf, hasCarrier, isLinkLocal, locate, prepareNic, setMtu, vetNic } from "./nic.js";
import { tellTests, testsText } from "./probing.js";
import { messageOf, Refusal } from "./refusal.js";
import type { MemberView } from "./report.js";
import { type Active, handleOf, leave, type Member, newMember, openDevice, release, restoreMember, turnDevice, viewOf } from "./seat.js";
import { tellShare } from "./shares.js";

/** Shortest time between two tries to put a NIC in. */
const RETRY_MS = 1000;
/** Offline because somebody said so, and not for its hardware address. */
const OFFLINE = PHYI.OFFLINE | PHYI.HWADDRDUP;

export class Members {
  readonly #env: Env;
  readonly #grp: number;
  readonly #members = new Map<string, Member>();
  config: GroupConfig;

  constructor(env: Env, config: GroupConfig, grp: number) {
    this.#env = env;
    this.config = config;
    this.#grp = grp;
  }

  get names(): string[] {
    return [...this.#members.keys()];
  }

  get #group(): string {
    return this.config.name;
  }

  /** Settings that a NIC had before; null or undefined: none are known. */
  #former(name: string): Former | null | undefined {
    return this.#env.ledger.group(this.#group).members[name];
  }

  #byIndex(ifindex: number): [Member, Active] | null {
    for (const m of this.#members.values()) if (m.active?.ifindex === ifindex) return [m, m.active];
    return null;
  }

  // ── In ──

  /** Puts a NIC in; throws, with everything undone, if that cannot be. */
  attach(config: MemberConfig): void {
    const known = config.name in this.#env.ledger.group(this.#group).members;
    const member = newMember(config);
    try {
      this.#attach(member);
      this.#members.set(config.name, member);
    } catch (e) {
      if (!known) restoreMember(this.#env, this.#group, config.name);
      throw e;
    }
  }

  /** Puts a NIC in, or notes why that cannot be and waits until something about it changes. */
  attachOrWait(config: MemberConfig): void {
    const member = this.#members.get(config.name) ?? newMember(config);
    this.#members.set(config.name, member);
    if (member.retry !== null) return;
    const wait = member.tried + RETRY_MS - performance.now();
    if (wait > 0) {
      // trying changes things about the NIC, which are reasons to try again: not in a circle
      member.retry = setTimeout(() => {
        member.retry = null;
        this.#env.recheck(this.#former(config.name)?.ifindex ?? config.name);
      }, wait);
      return;
    }
    member.tried = performance.now();
    try {
      this.#attach(member);
      const { said } = member;
      member.said = null;
      if (said !== null) this.restore(config.name, said.standby, said.offline);
    } catch (e) {
      if (this.#env.loop.trapped) throw e;
      const note = messageOf(e);
      if (member.note !== note) this.#env.log.warn("member_unusable", note, { group: this.#group, nic: config.name });
      member.note = note;
    }
  }

  /** Gives the NIC a device and a place in the module. What has changed about it since a snapshot comes with settle(). */
  #attach(member: Member): void {
    const { net, ledger } = this.#env;
    const { name } = member.config;
    const { families, mtu } = this.config;
    const record = ledger.group(this.#group);
    const { ifindex } = locate(net, name, record.members[name]) ?? {};
    const vetted = vetNic(net, name, { group: this.#group, families, mtu, macs: this.#env.memberMacs(name), ifindex });
    const former = record.members[name];
    if (!former || (former.ifindex ?? vetted.ifindex) !== vetted.ifindex) {
      record.members[name] = formerOf(net, vetted);
      ledger.save();
    }
    prepareNic(net, vetted, mtu);
    const nic = net.link(vetted.ifindex);
    if (nic === null) throw new Refusal("ENODEV", `group "${this.#group}": ${name}: it vanished while it was set up`);
    const device = openDevice(this.#env, nic, this.config.io, this.#former(name));
    this.#sit(member, nic, device);
  }

  /** Gives a NIC whose device is open its place in the module. If that cannot be, the device is closed. */
  #sit(member: Member, nic: Link, device: NicDevice): void {
    const { loop } = this.#env;
    const { name } = member.config;
    let phyint = -1;
    try {
      phyint = loop.command(() => handleOf(this.#env, name, nic, this.#grp, this.config.families));
      loop.addMember(phyint, device);
      loop.command(() => this.#join(phyint, member.config));
      const active = { phyint, ifindex: nic.ifindex, ifname: nic.name, device, running: hasCarrier(nic) };
      Object.assign(member, { active, note: noteOf(name, nic) });
    } catch (e) {
      if (phyint >= 0) loop.removeMember(phyint);
      device.close();
      this.prune();
      if (!(e instanceof IpmpError)) throw e;
      throw new Refusal(e.code, `group "${this.#group}": ${name}: the module refuses it: ${e.message}`);
    }
  }

  #join(phyint: number, config: MemberConfig): void {
    const { ipmp } = this.#env;
    tellShare(this.#env, phyint, config);
    tellTests(this.#env, phyint, config.tests);
    const is = ipmp.phyint(phyint);
    // the families first: it joins as what it will be, and the group's state does not waver
    for (const family of [0, 1] as const)
      if (this.config.families & (1 << family) && is.ills[family].up === 0) ipmp.illUp(phyint, family, 1);
    if (is.grp === null) ipmp.join(phyint, this.#grp);
    else if (this.#env.inherits) return;
    setStandby(this.#env, phyint, config.standby);
  }

  /**
   * After the members are in, all of them: what a snapshot has of NICs that are no longer ours goes, and what changed
   * about the others is reported. Not before, or announcements would leave by NICs that have no device yet.
   */
  settle(): void {
    this.prune();
    for (const { active } of this.#members.values()) {
      const link = active === null ? null : this.#env.net.link(active.ifindex);
      if (link !== null) this.linkChanged(link);
    }
  }

  /** Takes NICs out of the module that are in this group, or in none, and not at work here. */
  prune(): void {
    const { ipmp, loop } = this.#env;
    const ours = new Set([...this.#members.values()].map((m) => m.active?.phyint));
    loop.command(() => {
      for (const p of ipmp.phyints()) {
        if ((p.grp !== null && p.grp !== this.#grp) || ours.has(p.phyint)) continue;
        leave(this.#env, p.phyint);
        ipmp.phyintDestroy(p.phyint);
      }
    });
  }

  // ── Out ──

  /** Takes a NIC out for good and gives its settings back. */
  detach(name: string): void {
    const member = this.#members.get(name);
    if (member?.active) release(this.#env, member.active);
    if (member?.retry) clearTimeout(member.retry);
    this.#members.delete(name);
    restoreMember(this.#env, this.#group, name);
  }

  /** The NIC is gone: unplugged, or moved to another namespace. False if it is none of ours. */
  gone(ifindex: number): boolean {
    const found = this.#byIndex(ifindex);
    if (found === null) return false;
    const { name } = found[0].config;
    this.#lose(...found, "member_gone", "it is gone; it joins again when it comes back");
    // what comes back under this name is a new device with settings of its own
    this.#env.ledger.group(this.#group).members[name] = null;
    this.#env.ledger.save();
    return true;
  }

  /** A member leaves by what somebody did to its device; it joins again, as what it was told to be, when that ends. */
  #lose(member: Member, active: Active, event: string, note: string): void {
    const { name } = member.config;
    const said = this.#saidTo(active);
    release(this.#env, active);
    Object.assign(member, { active: null, note, said });
    this.#env.log.warn(event, `${name}: ${note}`, { group: this.#group, nic: name });
  }

  /** What the administrator told it. */
  #saidTo({ phyint }: Active): { standby: boolean; offline: boolean } {
    const { flags } = this.#env.ipmp.phyint(phyint);
    return { standby: (flags & PHYI.STANDBY) !== 0, offline: (flags & OFFLINE) === PHYI.OFFLINE };
  }

  /** Somebody gave the device another name: it stays the member that it is. */
  #follow(config: MemberConfig, active: Active, nic: Link): void {
    if (nic.name === active.ifname) return;
    const text = `${config.name}: its interface was renamed from ${active.ifname} to ${nic.name} by somebody; it stays the member "${config.name}"`;
    active.ifname = nic.name;
    this.#env.log.warn("member_renamed", text, { group: this.#group, nic: config.name });
  }

  // ── News ──

  /** The configured NIC that is not at work and that this link is, or null. */
  waitsFor(link: Link): MemberConfig | null {
    for (const { config, active, master } of this.#members.values()) {
      // one that left for a master needs no trial to know that it still has one
      if (active !== null || (link.master !== 0 && link.master === master)) continue;
      const former = this.#former(config.name);
      if (former?.ifindex !== link.ifindex && link.name !== config.name) continue;
      if (locate(this.#env.net, config.name, former)?.ifindex === link.ifindex) return config;
    }
    return null;
  }

  /** Something about a link changed. False if it is no member at work. */
  linkChanged(nic: Link): boolean {
    const found = this.#byIndex(nic.ifindex);
    if (found === null) return false;
    const [member, active] = found;
    const { name } = member.config;
    const { loop, ipmp, net, log } = this.#env;
    this.#follow(member.config, active, nic);
    member.master = nic.master;
    if (nic.master !== 0) {
      this.#lose(member, active, "member_enslaved", enslavedBy(net.link(nic.master)?.name));
      return true;
    }
    active.running = canCarry(nic, active.running);
    if (nic.mtu > active.device.mtuMax && !this.#widen(member, active, nic)) return false;
    const is = ipmp.phyint(active.phyint);
    const told = { group: this.#group, nic: name };
    if (is.mac !== nic.mac) log.info("member_mac", `${name}: its hardware address was changed from ${is.mac} to ${nic.mac}`, told);
    if (is.mtu !== nic.mtu) log.info("member_mtu", `${name}: its MTU was changed from ${is.mtu} to ${nic.mtu}`, told);
    loop.command(() => {
      ipmp.link(active.phyint, active.running);
      if (is.mac !== nic.mac) ipmp.setMac(active.phyint, nic.mac);
      if (is.mtu !== nic.mtu) ipmp.setMtu(active.phyint, nic.mtu);
      tellShare(this.#env, active.phyint, member.config);
      tellTests(this.#env, active.phyint, member.config.tests);
    });
    member.note = noteOf(name, nic);
    return true;
  }

  /** A NIC has no carrier: its addresses move. Whether it is a member that had it; what else has changed is for linkChanged(). */
  lost(ifindex: number): boolean {
    const active = this.#byIndex(ifindex)?.[1];
    if (!active?.running) return false;
    active.running = false;
    this.#env.loop.command(() => this.#env.ipmp.link(active.phyint, false));
    return true;
  }

  /** The ring's slots have become too small for the NIC's frames: another ring. False if there is no room for one. */
  #widen(member: Member, active: Active, nic: Link): boolean {
    this.#env.loop.removeMember(active.phyint);
    active.device.close();
    try {
      active.device = openDevice(this.#env, nic, this.config.io, this.#former(member.config.name));
      this.#env.loop.addMember(active.phyint, active.device);
      return true;
    } catch (e) {
      release(this.#env, active);
      const note = `its MTU is now ${nic.mtu}: ${messageOf(e)}`;
      Object.assign(member, { active: null, note });
      const { name } = member.config;
      this.#env.log.warn("member_unusable", `${name}: ${note}`, { group: this.#group, nic: name });
      return false;
    }
  }

  /** Somebody gives a member an address of its own: it would be of no use there, and is a mistake. */
  addressSeen(a: Address): void {
    const found = this.#byIndex(a.ifindex);
    if (found === null || isLinkLocal(a.address)) return;
    const { name } = found[0].config;
    const text = `${name}: it was given the address ${a.address}/${a.prefix}, which does not work on a member; it belongs on ${this.#group}`;
    this.#env.log.warn("member_address", text, { group: this.#group, nic: name, address: a.address });
  }

  // ── Settings ──

  /** Takes test addresses away that the next configuration has otherwise: another NIC may be given them. */
  dropTests(next: readonly MemberConfig[]): void {
    const { loop } = this.#env;
    for (const { config, active } of this.#members.values()) {
      const then = next.find((m) => m.name === config.name)?.tests ?? [];
      const kept = config.tests.filter((t) => then.some((n) => n.family === t.family && n.cidr === t.cidr));
      if (active !== null && kept.length < config.tests.length) loop.command(() => tellTests(this.#env, active.phyint, kept));
    }
  }

  /** Standby, weight and test addresses of the configuration; says what changed. */
  set(config: MemberConfig): string[] {
    const member = this.#members.get(config.name);
    if (member === undefined) return [];
    const { config: was, active } = member;
    member.config = config;
    if (active !== null)
      this.#env.loop.command(() => {
        if (was.standby !== config.standby) setStandby(this.#env, active.phyint, config.standby);
        tellShare(this.#env, active.phyint, config);
        tellTests(this.#env, active.phyint, config.tests);
      });
    const standby = was.standby === config.standby ? [] : [`standby ${config.standby ? "on" : "off"}`];
    const weight = was.weight === config.weight ? [] : [`weight ${config.weight}`];
    const tests = testsText(was) === testsText(config) ? [] : [`test addresses: ${testsText(config)}`];
    return [...standby, ...weight, ...tests];
  }

  /**
   * Brings the addresses of a member's own up or down in every family the group carries: what the module knows of them is
   * that there is one, the stub if no other. One that is not ours is none of our business.
   */
  ownAddresses(name: string, up: boolean): void {
    const active = this.#members.get(name)?.active;
    if (!active) return;
    const { ipmp, loop } = this.#env;
    loop.command(() => {
      const { ills } = ipmp.phyint(active.phyint);
      for (const family of [0, 1] as const)
        if (this.config.families & (1 << family) && ills[family].up > 0 !== up) ipmp.illUp(active.phyint, family, up ? 1 : 0);
    });
  }

  /** Tells a member at work, again, what the administrator told it once. */
  restore(name: string, standby: boolean, offline: boolean): void {
    const active = this.#members.get(name)?.active;
    if (!active) return;
    const { ipmp, loop } = this.#env;
    loop.command(() => {
      setStandby(this.#env, active.phyint, standby);
      const is = (ipmp.phyint(active.phyint).flags & PHYI.OFFLINE) !== 0;
      if (offline && !is) ipmp.offline(active.phyint, 0);
    });
  }

  /**
   * Gives every member at work the families of the group, one after another: the module knows a NIC by those it has for
   * good, so each leaves for a moment, with its device open, and what it receives meanwhile waits.
   */
  carry(families: number): void {
    const { ipmp, net, loop } = this.#env;
    this.config = { ...this.config, families };
    for (const member of this.#members.values()) {
      const { active, config } = member;
      const nic = active === null ? null : net.link(active.ifindex);
      if (active === null || nic === null || ipmp.phyint(active.phyint).families === families) continue;
      const said = this.#saidTo(active);
      active.device.rest?.();
      loop.command(() => leave(this.#env, active.phyint));
      loop.removeMember(active.phyint);
      loop.command(() => ipmp.phyintDestroy(active.phyint));
      Object.assign(member, { active: null, said });
      try {
        this.#sit(member, nic, active.device);
      } catch (e) {
        // tried again when whoever wanted this has taken it back
        setImmediate(() => this.#env.recheck(nic.ifindex));
        throw e;
      }
      member.said = null;
      this.restore(config.name, said.standby, said.offline);
    }
  }

  /** Gives every member at work XDP, or takes it away, as the configuration now has it. */
  turn(): void {
    for (const { config, active } of this.#members.values()) {
      const nic = active === null ? null : this.#env.net.link(active.ifindex);
      if (active === null || nic === null) continue;
      this.#env.loop.removeMember(active.phyint);
      active.device = turnDevice(this.#env, active.device, nic, this.config.io, this.#former(config.name));
      this.#env.loop.addMember(active.phyint, active.device);
    }
  }

  /** Gives every member this MTU, or its own former one. */
  setMtu(mtu: number | null): void {
    const { net, ledger } = this.#env;
    for (const { config, active } of this.#members.values()) {
      const wanted = mtu ?? ledger.group(this.#group).members[config.name]?.mtu;
      if (active !== null && wanted !== undefined) setMtu(net, { name: config.name, ifindex: active.ifindex }, wanted);
    }
  }

  // ── Views ──

  /** Handle of a member; null if it is not at work, undefined if it is none of ours. */
  phyintOf(name: string): number | null | undefined {
    const member = this.#members.get(name);
    return member === undefined ? undefined : (member.active?.phyint ?? null);
  }

  /** Number of the device that a member at work is. */
  ifindexOf(name: string): number | undefined {
    return this.#members.get(name)?.active?.ifindex;
  }

  /** The member at work whose interface has this name now. */
  called(ifname: string): number | undefined {
    return [...this.#members.values()].find(({ active }) => active?.ifname === ifname)?.active?.phyint;
  }

  /** Members whose carrier is to be watched. */
  watched(): Watched[] {
    return [...this.#members.values()].flatMap(({ active }) => active ?? []);
  }

  /** The rings of the members at work, for a process that takes over. */
  rings(): RingHeirloom[] {
    return [...this.#members.values()].flatMap(({ active }) => active?.device.heirloom() ?? []);
  }

  views(): MemberView[] {
    return [...this.#members.values()].map(viewOf);
  }

  /** Lets go of every device; nothing changes for kernel or module. */
  close(): void {
    for (const m of this.#members.values()) {
      m.active?.device.close();
      if (m.retry !== null) clearTimeout(m.retry);
    }
  }
}
