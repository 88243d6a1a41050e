// A NIC on its way into a group and out again: is it fit, what must be set, what was set before.
//
// Invariants: vetNic changes nothing; prepareNic tells the ledger before it changes anything; restoreNic undoes exactly
// what the ledger says and may be repeated.

import { readFileSync, writeFileSync } from "node:fs";
import { CAP, LIMIT } from "../core/index.js";
import { ARPHRD_ETHER, IFF } from "../io/linux.js";
import type { Link, Rtnetlink } from "../net/rtnetlink.js";
import type { Former } from "./ledger.js";
import { Refusal } from "./refusal.js";

export const isLinkLocal = (addr: string): boolean => /^fe[89ab]/i.test(addr);

/** What the vetting must know besides the NIC itself. */
export interface VetContext {
  group: string;
  families: number;
  /** MTU the configuration gives the members, or null */
  mtu: number | null;
  /** hardware address → name, of the members that are in already */
  macs: ReadonlyMap<string, string>;
  /** the device that is meant, if its name may be another now */
  ifindex?: number;
}

/**
 * The device that a configured name means: the one that has been the member, as long as it is there, whatever somebody
 * has named it; else the one of that name.
 */
export function locate(net: Rtnetlink, name: string, former: Former | null | undefined): Link | null {
  const known = former?.ifindex === undefined ? null : net.link(former.ifindex);
  return known ?? net.link(name);
}

/** Finds a NIC and refuses it, with the reason, if it cannot be a member. */
export function vetNic(net: Rtnetlink, name: string, context: VetContext): Link {
  const nic = net.link(context.ifindex ?? name);
  const who = `group "${context.group}": ${name}`;
  if (nic === null)
    throw new Refusal(
      "ENODEV",
      `${who}: no such interface; there are: ${net
        .links()
        .map((l) => l.name)
        .join(", ")}`,
    );
  if (nic.flags & IFF.LOOPBACK) throw new Refusal("EINVAL", `${who}: it is the loopback interface; allowed: Ethernet NICs`);
  if (nic.type !== ARPHRD_ETHER || nic.mac === "")
    throw new Refusal("EINVAL", `${who}: it is no Ethernet interface; allowed: Ethernet NICs`);
  if (nic.master !== 0)
    throw new Refusal(
      "EBUSY",
      `${who}: it is in use: it belongs to ${net.link(nic.master)?.name ?? `interface ${nic.master}`} (bridge, bond, team or VRF); take it out with "ip link set ${name} nomaster"`,
    );
  const own = net.addresses(nic.ifindex).filter((a) => !isLinkLocal(a.address));
  if (own.length > 0) {
    const list = own.map((a) => `${a.address}/${a.prefix}`).join(", ");
    throw new Refusal(
      "EADDRINUSE",
      `${who}: it has addresses of its own: ${list}; a member has none: put them into addresses of the group, and remove them here with ` +
        `"ip addr flush dev ${name}" (and in whatever configures them: a DHCP client, NetworkManager, systemd-networkd, ifupdown)`,
    );
  }
  const twin = context.macs.get(nic.mac);
  if (twin !== undefined)
    throw new Refusal("ENOTUNIQ", `${who}: its hardware address ${nic.mac} is also that of ${twin}; allowed: each member its own`);
  vetMtu(nic, name, context);
  return nic;
}

/** Refuses a NIC whose frames are too short for the families of the group. */
export function vetMtu(nic: Pick<Link, "mtu">, name: string, { group, families, mtu }: Omit<VetContext, "macs">): void {
  const min = families & 2 ? LIMIT.MTU_MIN_V6 : LIMIT.MTU_MIN_V4;
  const has = mtu ?? nic.mtu;
  if (has >= min) return;
  const what = families & 2 ? "IPv6" : "IPv4";
  throw new Refusal("EMSGSIZE", `group "${group}": ${name}: its MTU is ${has}; needed: at least ${min} in a group that carries ${what}`);
}

/** It is up and has carrier. */
export const hasCarrier = (nic: Link): boolean => nic.up && nic.carrier;

/**
 * Whether a NIC can carry frames, given whether it could before. That it cannot is believed at once; that it can again,
 * only when the kernel has acted on it: before, neither it nor a switch port across the cable need be ready.
 */
export function canCarry(nic: Link, before: boolean): boolean {
  if (!hasCarrier(nic)) return false;
  return before || nic.operstate === "up" || nic.operstate === "unknown";
}

/** CAP bits of a NIC that has been vetted. */
export function capsOf(nic: Link): number {
  return (
    (nic.flags & IFF.MULTICAST ? CAP.MULTICAST : 0) |
    (nic.flags & IFF.NOARP ? CAP.NOARP : 0) |
    (nic.flags & IFF.POINTOPOINT ? CAP.POINTOPOINT : 0)
  );
}

/**
 * The kernel's own stack still sees what a member receives. These make it keep silent, or it would answer and deliver
 * beside the group: no ARP for any local address; no IPv4 from a device without addresses (that is what the reverse path
 * filter comes to); no IPv6 at all.
 */
const sysctlsOf = (name: string): [string, string][] => [
  [`net/ipv4/conf/${name}/arp_ignore`, "8"],
  [`net/ipv4/conf/${name}/rp_filter`, "1"],
  [`net/ipv6/conf/${name}/disable_ipv6`, "1"],
];

/** A NIC's settings now, to be put back one day. */
export function formerOf(net: Rtnetlink, nic: Link): Former {
  const sysctls: Record<string, string> = {};
  for (const [key] of sysctlsOf(nic.name)) {
    const value = readSysctl(key);
    if (value !== null) sysctls[key] = value;
  }
  const linkLocal = net
    .addresses(nic.ifindex)
    .filter((a) => isLinkLocal(a.address))
    .map((a) => `${a.address}/${a.prefix}`);
  return { ifindex: nic.ifindex, up: nic.up, mtu: nic.mtu, sysctls, linkLocal };
}

/** Makes a NIC ready to be a member. The ledger has its former settings already. */
export function prepareNic(net: Rtnetlink, nic: Link, mtu: number | null): void {
  for (const [key, value] of sysctlsOf(nic.name)) writeSysctl(key, value);
  if (mtu !== null && nic.mtu !== mtu) setMtu(net, nic, mtu);
  if (!nic.up) net.setLink(nic.ifindex, { up: true });
}

export function setMtu(net: Rtnetlink, nic: Pick<Link, "name" | "ifindex">, mtu: number): void {
  try {
    net.setLink(nic.ifindex, { mtu });
  } catch (e) {
    throw new Refusal("ERANGE", `${nic.name}: it does not take an MTU of ${mtu} (${(e as Error).message}); see mtu in the configuration`);
  }
}

/** Gives a NIC its former settings back, as far as it is still there. Returns what could not be restored, in words. */
export function restoreNic(net: Rtnetlink, name: string, former: Former): string[] {
  const failed: string[] = [];
  const attempt = (what: string, change: () => void): void => {
    try {
      change();
    } catch (e) {
      failed.push(`${name}: ${what}: ${(e as Error).message}`);
    }
  };
  // another device of that name never had these settings
  const nic = former.ifindex === undefined ? net.link(name) : net.link(former.ifindex);
  if (nic === null) return [];
  if (nic.mtu !== former.mtu) attempt("mtu", () => net.setLink(nic.ifindex, { mtu: former.mtu }));
  if (!former.up && nic.up) attempt("link", () => net.setLink(nic.ifindex, { up: false }));
  for (const o of former.offloads ?? []) attempt(o, () => net.setOffload(nic.name, o, true));
  for (const [key, value] of Object.entries(former.sysctls)) {
    const now = key.replace(/\/conf\/[^/]+\//, `/conf/${nic.name}/`);
    attempt(now, () => writeSysctl(now, value));
  }
  const has = new Set(net.addresses(nic.ifindex).map((a) => `${a.address}/${a.prefix}`));
  for (const text of former.linkLocal) if (!has.has(text)) attempt(text, () => net.addAddress(nic.ifindex, text));
  return failed;
}

function readSysctl(key: string): string | null {
  try {
    return readFileSync(`/proc/sys/${key}`, "latin1").trim();
  } catch {
    return null;
  }
}

/** A key that does not exist (a kernel without IPv6) needs no setting. */
function writeSysctl(key: string, value: string): void {
  if (readSysctl(key) === null || readSysctl(key) === value) return;
  try {
    writeFileSync(`/proc/sys/${key}`, value);
  } catch (e) {
    throw new Refusal(
      (e as NodeJS.ErrnoException).code ?? "EIO",
      `sysctl ${key.replaceAll("/", ".")} cannot be set to ${value}: ${(e as Error).message}`,
    );
  }
}
