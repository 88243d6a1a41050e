// A member's seat: what a NIC has while it is at work, its device and its handle in the module, and how it gets and loses it.
//
// Invariants: a handle that a snapshot left under the NIC's name is used again; a seat is given up as a whole; the NIC's
// settings are the ledger's, and go back only by restoreMember().

import type { MemberConfig } from "../config/config.js";
import { IOS, type Io } from "../config/settings.js";
import type { Link, Offload } from "../net/rtnetlink.js";
import type { Env, NicDevice } from "./env.js";
import type { Former } from "./ledger.js";
import { capsOf, hasCarrier, restoreNic } from "./nic.js";
import { BEFORE_XDP, fitOffloads, JOINING } from "./offloads.js";
import type { MemberView } from "./report.js";

export interface Member {
  config: MemberConfig;
  /** what it has while it is at work */
  active: Active | null;
  /** why it is not at work, or will not do much good there */
  note: string | null;
  /** interface whose port it was when it was last heard of, 0 if of none */
  master: number;
  /** when it was last tried, and the next try if one is due */
  tried: number;
  retry: NodeJS.Timeout | null;
  /** what the administrator had told it when it went away: told again when it is back */
  said: { standby: boolean; offline: boolean } | null;
}

export interface Active {
  phyint: number;
  ifindex: number;
  /** its interface's name, which somebody may have changed */
  ifname: string;
  device: NicDevice;
  /** carrier as last reported to the module */
  running: boolean;
}

export const newMember = (config: MemberConfig): Member => ({
  config,
  active: null,
  note: null,
  master: 0,
  tried: Number.NEGATIVE_INFINITY,
  retry: null,
  said: null,
});

/**
 * Opens a NIC's device; where its ring has no room for superframes, the NIC is to make none; where XDP is to see its frames
 * whole, it is to leave VLAN tags in them.
 */
export function openDevice(env: Env, nic: Link, io: Io, former: Former | null | undefined): NicDevice {
  beforeXdp(env, nic, io, former);
  const device = env.openNic(nic, io);
  try {
    settleOffloads(env, nic, io, former, device);
    return device;
  } catch (e) {
    device.close();
    throw e;
  }
}

/** Gives a NIC's device XDP, or takes it away; its packet socket, and what waits there, stays. */
export function turnDevice(env: Env, device: NicDevice, nic: Link, io: Io, former: Former | null | undefined): NicDevice {
  beforeXdp(env, nic, io, former);
  const turned = env.turnNic(device, nic, io);
  settleOffloads(env, nic, io, former, turned);
  return turned;
}

const unwantedBy = (io: Io): readonly Offload[] => (IOS[io] ? BEFORE_XDP : []);

function beforeXdp(env: Env, nic: Link, io: Io, former: Former | null | undefined): void {
  if (IOS[io] && former) fitOffloads(env, nic.name, former, [...new Set([...(former.offloads ?? []), ...unwantedBy(io)])]);
}

function settleOffloads(env: Env, nic: Link, io: Io, former: Former | null | undefined, device: NicDevice): void {
  if (device.why) env.log.info("io", `${nic.name}: not by XDP for now: ${device.why}`, { nic: nic.name });
  if (former) fitOffloads(env, nic.name, former, [...new Set([...(device.superframes ? [] : JOINING), ...unwantedBy(io)])]);
}

/** The NIC's handle in the module, made if there is none; it is in this group or in none. */
export function handleOf(env: Env, name: string, nic: Link, grp: number, families: number): number {
  const { ipmp } = env;
  const { ifindex, mac, mtu } = nic;
  const old = ipmp.phyints().find((p) => p.name === name);
  if (old === undefined) return ipmp.phyintCreate({ name, ifindex, mac, mtu, families, caps: capsOf(nic), link: hasCarrier(nic) });
  // a snapshot may have it in another group
  if (old.grp !== grp) leave(env, old.phyint);
  if (old.ifindex !== ifindex) ipmp.phyintRename(old.phyint, name, ifindex);
  return old.phyint;
}

/** Takes a NIC out of the module and closes its device; its settings stay. */
export function release(env: Env, { phyint, device }: Active): void {
  const { loop, ipmp } = env;
  loop.command(() => leave(env, phyint));
  loop.removeMember(phyint);
  device.close();
  loop.command(() => ipmp.phyintDestroy(phyint));
}

/** Takes a NIC out of its group, if it is in one. */
export function leave({ ipmp }: Env, phyint: number): void {
  if (ipmp.phyint(phyint).grp !== null) ipmp.leave(phyint);
}

/** Gives a NIC the settings back that the ledger has of it. */
export function restoreMember(env: Pick<Env, "net" | "ledger" | "log">, group: string, name: string): void {
  const record = env.ledger.group(group);
  const former = record.members[name];
  if (former === undefined) return;
  for (const problem of former === null ? [] : restoreNic(env.net, name, former)) env.log.warn("restore", problem, { group, nic: name });
  delete record.members[name];
  env.ledger.save();
}

/** What is shown of a member. */
export const viewOf = ({ config, active, note }: Member): MemberView => ({
  name: config.name,
  phyint: active?.phyint ?? null,
  note,
  device: active?.device.stats() ?? null,
  io: active === null ? null : active.device.queues ? "xdp" : "packet",
  ioNote: active?.device.why ?? null,
});
