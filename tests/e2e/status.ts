// The daemon's status as the end-to-end tests ask it: the one place here that knows its form.
import { request } from "../../host/daemon/client.js";
import type { GroupReport, MemberReport, StatusReport } from "../../host/daemon/report.js";

export interface MemberView {
  name: string;
  state: string;
  flags: readonly string[];
  /** it carries every family of the group */
  active: boolean;
  /** it carries no family */
  idle: boolean;
  failed: boolean;
  /** it has carrier */
  link: boolean;
  mac: string;
  note: string | null;
}

export interface AddressView {
  address: string;
  state: string;
  /** name of the member it is bound to; undefined while it is bound to none */
  member: string | undefined;
}

export class GroupView {
  readonly state: string;
  readonly mac: string;
  readonly members: readonly MemberView[];
  readonly addresses: readonly AddressView[];

  constructor(report: GroupReport) {
    this.state = report.state;
    this.mac = report.mac;
    this.members = report.members.map((m) => memberView(m, report.families));
    this.addresses = report.addresses.map((a) => ({ address: a.address.split("/")[0], state: a.state, member: a.nic ?? undefined }));
  }

  member(name: string): MemberView {
    const found = this.members.find((m) => m.name === name);
    if (!found) throw new Error(`no member ${name} in the status; there are ${this.members.map((m) => m.name).join(", ") || "none"}`);
    return found;
  }

  /** Name of the member an address is bound to; undefined if it is unknown, not up, or bound to none. */
  bound(address: string): string | undefined {
    return this.addresses.find((a) => a.address === address && a.state === "up")?.member;
  }

  /** The address is known to the group, in whatever state. */
  knows(address: string): boolean {
    return this.addresses.some((a) => a.address === address);
  }
}

function memberView(m: MemberReport, families: readonly string[]): MemberView {
  return {
    name: m.name,
    state: m.state,
    flags: m.flags,
    active: families.every((f) => m.active.includes(f)),
    idle: m.active.length === 0,
    failed: m.state === "failed",
    link: m.link,
    mac: m.mac ?? "",
    note: m.note,
  };
}

/** Asks the daemon behind a control socket for one group. */
export async function readGroup(socket: string, name: string): Promise<GroupView> {
  return groupOf(await request(socket, "status"), name);
}

/** One group of a status report. */
export function groupOf(report: unknown, name: string): GroupView {
  const group = (report as StatusReport).groups.find((g) => g.name === name);
  if (!group) throw new Error(`no group ${name} in the status`);
  return new GroupView(group);
}
