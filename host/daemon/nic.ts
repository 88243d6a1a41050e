// A NIC on its way into a group and out again: is it fit, what must be set, what was set before.
//
// Invariants: vetNic changes nothing; prepareNic tells the ledger before it changes anything; restoreNic undoes exactly
// what the ledger says and may be repeated.

import { readFileSync, writeFileSync } from "node:fs";
import { CAP, LIMIT } from "../core/index.js";
import type { Kernel, Nic } from "./kernel.js";
import type { Former } from "./ledger.js";
import { Refusal } from "./refusal.js";

const isLinkLocal = (addr: string): boolean => /^fe[89ab]/i.test(addr);

/** What the vetting must know besides the NIC itself. */
export interface VetContext {
  group: string;
  families: number;
  /** MTU the configuration gives the members, or null */
  mtu: number | null;
  /** hardware address → name, of the members that are in already */
  macs: ReadonlyMap<string, string>;
}

/** Finds a NIC and refuses it, with the reason, if it cannot be a member. */
export function vetNic(kernel: Kernel, name: string, context: VetContext): Nic {
  const nic = kernel.nic(name);
  const who = `group "${context.group}": ${name}`;
  if (nic === null) throw new Refusal("ENODEV", `${who}: no such interface; there are: ${kernel.names().join(", ")}`);
  if (nic.loopback) throw new Refusal("EINVAL", `${who}: it is the loopback interface; allowed: Ethernet NICs`);
  if (!nic.ethernet) throw new Refusal("EINVAL", `${who}: it is no Ethernet interface; allowed: Ethernet NICs`);
  if (nic.master !== null)
    throw new Refusal(
      "EBUSY",
      `${who}: it is in use: it belongs to ${nic.master} (bridge, bond, team or VRF); take it out with "ip link set ${name} nomaster"`,
    );
  const own = kernel.addresses(nic.ifindex).filter((a) => !isLinkLocal(a.addr));
  if (own.length > 0) {
    const list = own.map((a) => `${a.addr}/${a.prefix}`).join(", ");
    throw new Refusal(
      "EADDRINUSE",
      `${who}: it has addresses of its own: ${list}; a member has none: put them into addresses of the group, and remove them here with ` +
        `"ip addr flush dev ${name}" (and in whatever configures them: a DHCP client, NetworkManager, systemd-networkd, ifupdown)`,
    );
  }
  const twin = context.macs.get(nic.mac);
  if (twin !== undefined)
    throw new Refusal("ENOTUNIQ", `${who}: its hardware address ${nic.mac} is also that of ${twin}; allowed: each member its own`);
  const min = context.families & 2 ? LIMIT.MTU_MIN_V6 : LIMIT.MTU_MIN_V4;
  if ((context.mtu ?? nic.mtu) < min)
    throw new Refusal(
      "EMSGSIZE",
      `${who}: its MTU is ${context.mtu ?? nic.mtu}; needed: at least ${min} in a group that carries ${context.families & 2 ? "IPv6" : "IPv4"}`,
    );
  return nic;
}

/** CAP bits of a NIC that has been vetted. */
export function capsOf(nic: Nic): number {
  return (nic.multicast ? CAP.MULTICAST : 0) | (nic.noarp ? CAP.NOARP : 0) | (nic.pointToPoint ? CAP.POINTOPOINT : 0);
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
export function formerOf(kernel: Kernel, nic: Nic): Former {
  const sysctls: Record<string, string> = {};
  for (const [key] of sysctlsOf(nic.name)) {
    const value = readSysctl(key);
    if (value !== null) sysctls[key] = value;
  }
  const linkLocal = kernel
    .addresses(nic.ifindex)
    .filter((a) => isLinkLocal(a.addr))
    .map((a) => `${a.addr}/${a.prefix}`);
  return { up: nic.up, mtu: nic.mtu, sysctls, linkLocal };
}

/** Makes a NIC ready to be a member. The ledger has its former settings already. */
export async function prepareNic(kernel: Kernel, nic: Nic, mtu: number | null): Promise<void> {
  for (const [key, value] of sysctlsOf(nic.name)) writeSysctl(key, value);
  if (mtu !== null && nic.mtu !== mtu) {
    try {
      await kernel.setMtu(nic.ifindex, mtu);
    } catch (e) {
      throw new Refusal("ERANGE", `${nic.name}: it does not take an MTU of ${mtu} (${(e as Error).message}); see mtu in the configuration`);
    }
  }
  if (!nic.up) await kernel.setUp(nic.ifindex, true);
}

/** Gives a NIC its former settings back, as far as it is still there. Returns what could not be restored, in words. */
export async function restoreNic(kernel: Kernel, name: string, former: Former): Promise<string[]> {
  const failed: string[] = [];
  const attempt = async (what: string, change: () => void | Promise<void>): Promise<void> => {
    try {
      await change();
    } catch (e) {
      failed.push(`${name}: ${what}: ${(e as Error).message}`);
    }
  };
  const nic = kernel.nic(name);
  if (nic === null) return [];
  if (nic.mtu !== former.mtu) await attempt("mtu", () => kernel.setMtu(nic.ifindex, former.mtu));
  if (!former.up && nic.up) await attempt("link", () => kernel.setUp(nic.ifindex, false));
  for (const [key, value] of Object.entries(former.sysctls)) await attempt(key, () => writeSysctl(key, value));
  const has = new Set(kernel.addresses(nic.ifindex).map((a) => `${a.addr}/${a.prefix}`));
  for (const text of former.linkLocal) {
    const [addr, prefix] = text.split("/");
    if (!has.has(text)) await attempt(text, () => kernel.addAddress(nic.ifindex, addr, Number(prefix)));
  }
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
