// The daemon's status reply as the end-to-end tests see it: the one place that knows its form.
import { request } from "../../host/daemon/client.js";

export interface MemberView {
  name: string;
  state: string;
  active: boolean;
  failed: boolean;
  standby: boolean;
  mac: string;
}

export interface AddressView {
  address: string;
  /** name of the member it is bound to; undefined while it is bound to none */
  member: string | undefined;
}

export class GroupView {
  constructor(
    readonly state: string,
    readonly mac: string,
    readonly members: readonly MemberView[],
    readonly addresses: readonly AddressView[],
  ) {}

  member(name: string): MemberView {
    const found = this.members.find((m) => m.name === name);
    if (!found) throw new Error(`no member ${name} in the status; there are ${this.members.map((m) => m.name).join(", ") || "none"}`);
    return found;
  }

  /** Name of the member an address is bound to; undefined if it is unknown or bound to none. */
  bound(address: string): string | undefined {
    return this.addresses.find((a) => a.address === address)?.member;
  }
}

interface StatusReply {
  groups: {
    name: string;
    state: string;
    mac: string;
    members: { name: string; state: string; active: boolean; failed: boolean; standby: boolean; mac: string }[];
    addresses: { addr: string; member: string | null }[];
  }[];
}

/** Asks the daemon behind a control socket for one group. */
export async function readGroup(socket: string, name: string): Promise<GroupView> {
  return groupOf((await request(socket, "status")) as StatusReply, name);
}

/** One group of a status reply. */
export function groupOf(reply: unknown, name: string): GroupView {
  const group = (reply as StatusReply).groups.find((g) => g.name === name);
  if (!group) throw new Error(`no group ${name} in the status`);
  const addresses = group.addresses.map((a) => ({ address: a.addr, member: a.member ?? undefined }));
  return new GroupView(group.state, group.mac, group.members, addresses);
}
