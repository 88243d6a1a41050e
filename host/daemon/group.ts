// One group at work: its interface, its members, its data addresses; each kept equal in three places, the kernel, the
// module and the configuration.
//
// Invariants: the kernel decides which data addresses there are, the configuration which members there should be, the
// module who carries what; a member that is absent has neither handle nor device; close() leaves the kernel's side as it
// is (the interface stays, persistent), dismantle() gives everything back.

import type { GroupConfig, MemberConfig } from "../config/config.js";
import { type GrpRecord, IpmpError, type IpmpEvent, EVENT, PHYI } from "../core/index.js";
import type { DeviceStats } from "../io/device.js";
import { Addresses } from "./addresses.js";
import type { Carrier, Env } from "./env.js";
import type { Nic } from "./kernel.js";
import { groupMac } from "./machine.js";
import { capsOf, formerOf, prepareNic, restoreNic, vetNic } from "./nic.js";
import { messageOf, Refusal } from "./refusal.js";
import { type GroupView, groupMtu, type MemberView } from "./report.js";

interface Member {
  config: MemberConfig;
  phyint: number | null;
  ifindex: number | null;
  device: { stats(): DeviceStats; close(): void } | null;
  /** why it is not at work although configured */
  note: string | null;
}

export class Group {
  readonly #env: Env;
  #config: GroupConfig;
  readonly #members = new Map<string, Member>();
  readonly grp: number;
  readonly #tap: Carrier;
  readonly ifindex: number;
  readonly #addresses: Addresses;

  private constructor(env: Env, config: GroupConfig, grp: number, tap: Carrier, ifindex: number) {
    this.#env = env;
    this.#config = config;
    this.grp = grp;
    this.#tap = tap;
    this.ifindex = ifindex;
    this.#addresses = new Addresses(env, config.name, grp, config.families);
  }

  get name(): string {
    return this.#config.name;
  }

  /** Makes, or takes over, a group and its interface; without members. */
  static async open(env: Env, config: GroupConfig): Promise<Group> {
    const mac = groupMac(config.name);
    const fresh = !env.ledger.groups.has(config.name);
    env.ledger.group(config.name);
    env.ledger.save();
    const there = env.kernel.nic(config.name) !== null;
    if (there && fresh) {
      env.ledger.groups.delete(config.name);
      env.ledger.save();
      throw new Refusal("EEXIST", `group "${config.name}": an interface of that name exists already; choose another name, or remove it with "ip link del ${config.name}"`);
    }
    const tap = await env.openTap(config.name);
    try {
      const nic = env.kernel.nic(config.name);
      if (nic === null) throw new Refusal("ENODEV", `group "${config.name}": its interface vanished while it was made`);
      if (nic.mac !== mac) await env.kernel.setMac(nic.ifindex, mac);
      const grp = env.loop.command(() => env.ipmp.grpLookup(config.name) ?? env.ipmp.grpCreate({ name: config.name, mac, families: config.families }));
      env.names.nameGroup(grp, config.name);
      env.loop.addGroup(grp, tap);
      const group = new Group(env, config, grp, tap, nic.ifindex);
      group.#applySettings();
      return group;
    } catch (e) {
      tap.close();
      throw e;
    }
  }

  #applySettings(): void {
    const { loop, ipmp } = this.#env;
    loop.command(() => {
      for (const [key, value] of this.#config.settings) ipmp.grpSet(this.grp, key, value);
    });
  }

  // ── Members ──

  /** Puts a NIC in. Without strict, one that is missing or unfit is noted and waited for. */
  async attach(config: MemberConfig, strict: boolean): Promise<void> {
    const member: Member = this.#members.get(config.name) ?? { config, phyint: null, ifindex: null, device: null, note: null };
    member.config = config;
    this.#members.set(config.name, member);
    try {
      await this.#attach(member);
    } catch (e) {
      if (strict) {
        this.#members.delete(config.name);
        throw e;
      }
      const note = messageOf(e);
      if (member.note !== note) this.#env.log.warn("member_unusable", note, { group: this.name, nic: config.name });
      member.note = note;
    }
  }

  async #attach(member: Member): Promise<void> {
    const { kernel, ledger, loop, ipmp, names } = this.#env;
    const { name, standby } = member.config;
    const vetted = vetNic(kernel, name, { group: this.name, families: this.#config.families, mtu: this.#config.mtu, macs: this.#env.memberMacs(name) });
    const record = ledger.group(this.name);
    if (record.members[name] === undefined) {
      record.members[name] = formerOf(kernel, vetted);
      ledger.save();
    }
    await prepareNic(kernel, vetted, this.#config.mtu);
    const nic = kernel.nic(name);
    if (nic === null) throw new Refusal("ENODEV", `group "${this.name}": ${name}: it vanished while it was set up`);
    const phyint = loop.command(() => this.#known(nic));
    names.nameNic(phyint, name);
    const device = await this.#env.openNic(phyint, nic);
    loop.addMember(phyint, device);
    Object.assign(member, { phyint, ifindex: nic.ifindex, device, note: null });
    try {
      loop.command(() => {
        const is = ipmp.phyint(phyint);
        if (is.grp === null) ipmp.join(phyint, this.grp);
        for (const family of [0, 1] as const)
          if (this.#config.families & (1 << family) && is.ills[family].up === 0) ipmp.illUp(phyint, family, 1);
        this.#applyStandby(phyint, standby);
        ipmp.link(phyint, nic.running);
      });
    } catch (e) {
      this.#release(member);
      if (!(e instanceof IpmpError)) throw e;
      throw new Refusal(e.code, `group "${this.name}": ${name}: the module refuses it: ${e.message}`);
    }
  }

  /** The NIC's handle in the module, made or brought up to date. */
  #known(nic: Nic): number {
    const { ipmp } = this.#env;
    const old = ipmp.phyints().find((p) => p.name === nic.name);
    if (old === undefined)
      return ipmp.phyintCreate({
        name: nic.name,
        ifindex: nic.ifindex,
        mac: nic.mac,
        mtu: nic.mtu,
        families: this.#config.families,
        caps: capsOf(nic),
        link: nic.running,
      });
    if (old.ifindex !== nic.ifindex) ipmp.phyintRename(old.phyint, nic.name, nic.ifindex);
    if (old.mac !== nic.mac) ipmp.setMac(old.phyint, nic.mac);
    if (old.mtu !== nic.mtu) ipmp.setMtu(old.phyint, nic.mtu);
    return old.phyint;
  }

  #applyStandby(phyint: number, on: boolean): void {
    const { ipmp } = this.#env;
    const flags = ipmp.phyint(phyint).flags;
    if ((flags & PHYI.STANDBY) !== 0 === on) return;
    if (on) ipmp.setFlags(phyint, PHYI.STANDBY, flags & PHYI.INACTIVE);
    else ipmp.setFlags(phyint, 0, PHYI.STANDBY);
  }

  /** Takes a NIC out of the module and closes its device; its settings stay. */
  #release(member: Member): void {
    const { loop, ipmp } = this.#env;
    const { phyint, device } = member;
    if (phyint === null) return;
    loop.command(() => {
      if (ipmp.phyint(phyint).grp !== null) ipmp.leave(phyint);
    });
    loop.removeMember(phyint);
    device?.close();
    loop.command(() => ipmp.phyintDestroy(phyint));
    Object.assign(member, { phyint: null, ifindex: null, device: null });
  }

  /** Takes a NIC out for good and gives its settings back. */
  async detach(name: string): Promise<void> {
    const member = this.#members.get(name);
    if (member) this.#release(member);
    this.#members.delete(name);
    await restoreMember(this.#env, this.name, name);
  }

  /** The NIC is gone: unplugged, or moved to another namespace. It comes back under the same name, or not. */
  unplugged(ifindex: number): boolean {
    const member = [...this.#members.values()].find((m) => m.ifindex === ifindex);
    if (member === undefined) return false;
    this.#release(member);
    member.note = "it is gone; waiting for it to come back";
    const record = this.#env.ledger.group(this.name);
    delete record.members[member.config.name];
    this.#env.ledger.save();
    this.#env.log.warn("member_gone", `${member.config.name}: it is gone; it joins again when it comes back`, { group: this.name, nic: member.config.name });
    return true;
  }

  /** A configured NIC that is not at work, by name. */
  waitsFor(name: string): MemberConfig | null {
    const member = this.#members.get(name);
    return member !== undefined && member.phyint === null ? member.config : null;
  }

  /** Something about a link changed; true if it is a member at work. */
  linkChanged(nic: Nic): boolean {
    const member = [...this.#members.values()].find((m) => m.ifindex === nic.ifindex);
    if (member === undefined || member.phyint === null) return false;
    const { loop, ipmp, log } = this.#env;
    const phyint = member.phyint;
    loop.command(() => {
      ipmp.link(phyint, nic.running);
      const is = ipmp.phyint(phyint);
      if (is.mac !== nic.mac) ipmp.setMac(phyint, nic.mac);
      if (is.mtu !== nic.mtu) ipmp.setMtu(phyint, nic.mtu);
    });
    const note = nic.master === null ? null : `it was put into ${nic.master}, which takes its frames away`;
    if (note !== null && note !== member.note) log.warn("member_enslaved", `${nic.name}: ${note}`, { group: this.name, nic: nic.name });
    member.note = note;
    return true;
  }

  /** Handle of a member by name; null if it is absent, undefined if it is none of ours. */
  phyintOf(name: string): number | null | undefined {
    return this.#members.get(name)?.phyint;
  }

  get memberNames(): string[] {
    return [...this.#members.keys()];
  }

  // ── Interface and addresses ──

  /** After the members: MTU, up, carrier, addresses. */
  async bringUp(): Promise<void> {
    const { kernel, ipmp } = this.#env;
    const g = ipmp.grp(this.grp);
    const mtu = groupMtu(ipmp, g);
    const nic = kernel.nic(this.name);
    if (mtu !== null && nic !== null && nic.mtu !== mtu) await kernel.setMtu(this.ifindex, mtu);
    this.#tap.setCarrier(this.#running(g));
    if (nic !== null && !nic.up) await kernel.setUp(this.ifindex, true);
    await this.#addresses.configure(this.ifindex, this.#config.addresses);
    this.resync();
  }

  #running(g: GrpRecord): boolean {
    return ([0, 1] as const).some((f) => g.families & (1 << f) && this.#env.ipmp.illgrp(this.grp, f).active.length > 0);
  }

  /** Makes the module's data addresses those that the kernel has now. */
  resync(): void {
    this.#addresses.resync(this.#env.kernel.addresses(this.ifindex));
  }

  get addresses(): Addresses {
    return this.#addresses;
  }

  /** What the module says about this group that the kernel must be told. */
  onEvent(e: IpmpEvent): void {
    if (e.type === EVENT.GRP_RUNNING) this.#tap.setCarrier(e.new === 1);
    if (e.type === EVENT.MTU) {
      const mtu = groupMtu(this.#env.ipmp, this.#env.ipmp.grp(this.grp));
      if (mtu === null || this.#env.kernel.nic(this.name)?.mtu === mtu) return;
      this.#env.kernel.setMtu(this.ifindex, mtu).catch((x) => this.#env.log.error("mtu", `${this.name}: MTU ${mtu} cannot be set: ${messageOf(x)}`));
    }
  }

  /** Somebody changed the interface's own hardware address: the module's is the one that counts. */
  interfaceChanged(nic: Nic): void {
    const { mac } = this.#env.ipmp.grp(this.grp);
    if (nic.mac === mac) return;
    this.#env.log.warn("interface_mac", `${this.name}: its hardware address was changed to ${nic.mac}; set back to ${mac}`, { group: this.name });
    this.#env.kernel.setMac(this.ifindex, mac).catch((x) => this.#env.log.error("interface_mac", `${this.name}: ${messageOf(x)}`));
  }

  view(): GroupView {
    const members = [...this.#members.values()].map(
      (m): MemberView => ({ name: m.config.name, phyint: m.phyint, note: m.note, device: m.device?.stats() ?? null }),
    );
    return { grp: this.grp, members, device: this.#tap.stats() };
  }

  // ── Change and end ──

  /** Applies another configuration of the same group and families; says what changed. */
  async reconfigure(next: GroupConfig): Promise<string[]> {
    const was = this.#config;
    const changes: string[] = [];
    for (const name of this.memberNames)
      if (!next.members.some((m) => m.name === name)) {
        await this.detach(name);
        changes.push(`${this.name}: ${name} taken out`);
      }
    this.#config = next;
    const settings = [...next.settings].filter(([key, value]) => was.settings.get(key) !== value);
    if (settings.length > 0) {
      this.#applySettings();
      changes.push(...settings.map(([key, value]) => `${this.name}: ${key.toLowerCase()} = ${value}`));
    }
    if (was.mtu !== next.mtu) changes.push(...(await this.#changeMtu(next.mtu)));
    for (const m of next.members) {
      const member = this.#members.get(m.name);
      if (member === undefined) {
        await this.attach(m, true);
        changes.push(`${this.name}: ${m.name} put in`);
      } else if (member.config.standby !== m.standby) {
        member.config = m;
        const { phyint } = member;
        if (phyint !== null) this.#env.loop.command(() => this.#applyStandby(phyint, m.standby));
        changes.push(`${this.name}: ${m.name}: standby ${m.standby ? "on" : "off"}`);
      }
    }
    changes.push(...(await this.#addresses.configure(this.ifindex, next.addresses)).map((c) => `${this.name}: ${c}`));
    return changes;
  }

  async #changeMtu(mtu: number | null): Promise<string[]> {
    const { kernel, ledger } = this.#env;
    for (const m of this.#members.values()) {
      if (m.ifindex === null) continue;
      await kernel.setMtu(m.ifindex, mtu ?? ledger.group(this.name).members[m.config.name]?.mtu ?? 1500);
    }
    return [`${this.name}: MTU ${mtu ?? "of each NIC its own"}`];
  }

  /** Lets go of devices and interface; nothing changes for the kernel. */
  close(): void {
    for (const m of this.#members.values()) m.device?.close();
    this.#tap.close();
  }

  /** Takes everything apart: members get their settings back, the interface goes. */
  async dismantle(): Promise<void> {
    const { loop, ipmp, kernel, ledger } = this.#env;
    for (const name of this.memberNames) await this.detach(name);
    loop.removeGroup(this.grp);
    this.#tap.close();
    loop.command(() => {
      for (const a of ipmp.ipifs(this.grp)) ipmp.ipifDel(this.grp, a.ipif);
      ipmp.grpDestroy(this.grp);
    });
    if (kernel.nic(this.name) !== null) await kernel.delLink(this.ifindex);
    ledger.groups.delete(this.name);
    ledger.save();
  }
}

/** Gives a NIC the settings back that the ledger has of it. */
export async function restoreMember(env: Pick<Env, "kernel" | "ledger" | "log">, group: string, name: string): Promise<void> {
  const record = env.ledger.group(group);
  const former = record.members[name];
  if (former === undefined) return;
  for (const problem of await restoreNic(env.kernel, name, former)) env.log.warn("restore", problem, { group, nic: name });
  delete record.members[name];
  env.ledger.save();
}
