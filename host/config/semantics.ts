// What a schema cannot say: names used twice, addresses that cannot be data addresses, numbers that contradict each other.
// Runs over a configuration whose shape is right and adds problems; gives the addresses in canonical form.

import { isIPv4, isIPv6 } from "node:net";
import { FAMILY, LIMIT } from "../core/abi/ipmp.js";
import { formatIp, parseIp } from "../core/address.js";
import type { AddressConfig, GroupConfig, ListenAddress } from "./config.js";
import type { Step } from "./position.js";
import { VLAN_ID_MAX } from "./schema.js";

/** Takes a problem at the value (or the key) that path leads to. */
export type Report = (path: readonly Step[], text: string) => void;

/** Names: no NIC twice, none that is a group, no group twice. */
export function checkNames(groups: readonly GroupConfig[], report: Report): void {
  const group = new Map<string, number>();
  groups.forEach((g, i) => {
    const first = group.get(g.name);
    if (first !== undefined)
      report(["group", i, "name"], `found "${g.name}", which is the name of group[${first}] already; allowed: a name of its own`);
    else group.set(g.name, i);
  });
  const owner = new Map<string, string>();
  groups.forEach((g, i) => {
    g.members.forEach((m, j) => {
      const at: Step[] = ["group", i, "members", j];
      const other = owner.get(m.name);
      if (group.has(m.name)) report(at, `found "${m.name}", which is the name of a group; allowed: NICs that are no group`);
      else if (other === g.name) report(at, `found "${m.name}" a second time; allowed: each NIC once`);
      else if (other !== undefined) report(at, `found "${m.name}", which is in group "${other}" already; allowed: a NIC is in one group`);
      else owner.set(m.name, g.name);
    });
  });
}

/** MTU against the families. */
export function checkMtu(groups: readonly GroupConfig[], report: Report): void {
  groups.forEach((g, i) => {
    if (g.mtu !== null && g.mtu < LIMIT.MTU_MIN_V6 && g.families & 2)
      report(["group", i, "mtu"], `found ${g.mtu}; allowed: at least ${LIMIT.MTU_MIN_V6}, because the group carries IPv6 (see families)`);
  });
}

/** No address twice, in one group or in two. */
export function checkAddressesUnique(groups: readonly GroupConfig[], written: readonly string[][], report: Report): void {
  const owner = new Map<string, string>();
  groups.forEach((g, i) => {
    g.addresses.forEach((a, j) => {
      const other = owner.get(a.addr);
      if (other === undefined) owner.set(a.addr, g.name);
      else report(["group", i, "addresses", j], `found "${written[i][j]}", which group "${other}" has already; allowed: each address once`);
    });
  });
}

/** Marks a service tag for ipmp_grp_vlan. */
const SERVICE = 0x2000;

/** Reads VLANs as ipmp_grp_vlan takes them: a number, or "OUTER.INNER" with a service tag outside; reports what cannot be or stands twice. */
export function readVlans(written: readonly (number | string)[], path: readonly Step[], report: Report): number[] {
  const tags = new Set<number>();
  written.forEach((w, i) => {
    const ids = typeof w === "number" ? [w] : w.split(".").map(Number);
    const tag = ids.length === 2 ? (((ids[0] | SERVICE) << 16) | ids[1]) >>> 0 : ids[0];
    const bad = ids.find((id) => id < 1 || id > VLAN_ID_MAX);
    if (bad !== undefined) report([...path, i], `found ${JSON.stringify(w)}; allowed: numbers from 1 to ${VLAN_ID_MAX}`);
    else if (tags.has(tag)) report([...path, i], `found ${JSON.stringify(w)} a second time; allowed: each VLAN once`);
    else tags.add(tag);
  });
  return [...tags];
}

/** Longest path of a Unix socket on Linux (sun_path without the final NUL). */
const SOCKET_PATH_MAX = 107;

/** Reads where a server is to listen; reports and returns null if that cannot be. */
export function readListen(text: string, path: readonly Step[], report: Report): ListenAddress | null {
  const bad = (why: string): null => {
    report(path, `found "${text}"${why}; allowed: "ADDRESS:PORT" as in "127.0.0.1:9500" or "[::1]:9500", or "unix:/PATH"`);
    return null;
  };
  if (text.startsWith("unix:")) {
    const file = text.slice("unix:".length);
    if (!file.startsWith("/")) return bad(", whose path is not absolute");
    return Buffer.byteLength(file) <= SOCKET_PATH_MAX ? { path: file } : bad(`, whose path is longer than ${SOCKET_PATH_MAX} bytes`);
  }
  const parts = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (parts === null) return bad("");
  const [, v6, v4, digits] = parts;
  const port = Number(digits);
  if (v6 === undefined ? !isIPv4(v4) : !isIPv6(v6)) return bad(", which has no address of this host before the port");
  return port >= 1 && port <= 65_535 ? { host: v6 ?? v4, port } : bad(`, whose port is ${digits}`);
}

/** Reads "address/prefix"; reports and returns null if it cannot be a data address of a group with these families. */
export function readAddress(text: string, families: number, path: readonly Step[], report: Report): AddressConfig | null {
  const bad = (why: string): null => {
    report(path, `found "${text}"${why}`);
    return null;
  };
  const form = 'allowed: an address with its prefix, as in "192.0.2.10/24" or "2001:db8::10/64"';
  const slash = text.lastIndexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const v4 = isIPv4(host);
  if (!v4 && !(isIPv6(host) && !host.includes("%"))) return bad(`; ${form}`);
  if (slash < 0) return bad(`, which has no prefix; ${form}`);
  const bits = v4 ? 32 : 128;
  const digits = text.slice(slash + 1);
  const prefix = Number(digits);
  if (!/^\d{1,3}$/.test(digits) || prefix < 1 || prefix > bits)
    return bad(`, whose prefix is "${digits}"; allowed: a prefix from 1 to ${bits}`);
  const family = v4 ? FAMILY.V4 : FAMILY.V6;
  if (!(families & (1 << family)))
    return bad(`, but the group does not carry ${v4 ? "IPv4" : "IPv6"}; allowed: addresses of the group's families`);
  const { bytes16 } = parseIp(host);
  const kind = v4 ? kindOf4(bytes16) : kindOf6(bytes16);
  if (kind !== "") return bad(`, which is ${kind}; allowed: a unicast address of this host`);
  return { addr: formatIp(bytes16, family), prefix, family };
}

/** What makes an IPv4 address unfit, or "". */
function kindOf4(b: Uint8Array): string {
  if (b[0] === 0) return "in 0.0.0.0/8, no address of a host";
  if (b[0] === 127) return "a loopback address";
  if (b[0] >= 224 && b[0] < 240) return "a multicast address";
  if (b[0] === 255 && b[1] === 255 && b[2] === 255 && b[3] === 255) return "the broadcast address";
  if (b[0] >= 240) return "in 240.0.0.0/4, which is reserved";
  return "";
}

/** What makes an IPv6 address unfit, or "". */
function kindOf6(b: Uint8Array): string {
  if (b[0] === 0xff) return "a multicast address";
  if (b.subarray(0, 15).every((x) => x === 0)) {
    if (b[15] === 0) return "the unspecified address";
    if (b[15] === 1) return "the loopback address";
  }
  if (b.subarray(0, 10).every((x) => x === 0) && b[10] === 0xff && b[11] === 0xff) return "an IPv4-mapped address";
  return "";
}
