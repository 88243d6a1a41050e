// Links and addresses as rtnetlink describes them, as plain objects.
//
// Invariant: what a message does not say has the neutral value (empty, 0, false), so that objects can be compared.

import { FAMILY } from "../core/abi/ipmp.js";
import { type Family, formatIp, formatMac } from "../core/address.js";
import * as L from "../io/linux.js";
import { attributes, bytesOf, type Message, textOf } from "./netlink_message.js";

export interface Link {
  ifindex: number;
  name: string;
  /** "02:00:00:00:00:01"; empty if the link has none of 6 bytes */
  mac: string;
  mtu: number;
  /** IFF bits */
  flags: number;
  /** the administrator wants it up */
  up: boolean;
  carrier: boolean;
  /** RFC 2863: "up", "down", "lowerlayerdown", "dormant", "unknown", … */
  operstate: string;
  /** "tun", "veth", "bridge", …; empty for a NIC */
  kind: string;
  /** ifindex of the bridge, bond, … it is a port of; 0 = none */
  master: number;
  /** ARPHRD: 1 is Ethernet */
  type: number;
}

export interface Address {
  ifindex: number;
  family: Family;
  /** canonical text, without the prefix */
  address: string;
  prefix: number;
  /** IFA_F bits */
  flags: number;
  /** duplicate detection is under way */
  tentative: boolean;
  /** duplicate detection has found another holder */
  dadfailed: boolean;
  /** has no lifetime: neither DHCP's nor autoconfiguration's */
  permanent: boolean;
  /** rtnetlink scope: 0 global, 253 link, 254 host */
  scope: number;
}

export type NetEvent = { type: "link"; link: Link; gone: boolean } | { type: "addr"; addr: Address; gone: boolean };

/** The link that a message is about; null if it is about something else, such as a bridge's port. */
export function parseLink(m: Message): Link | null {
  if (m.body.byteLength < L.IFINFOMSG.SIZE || m.body.getUint8(L.IFINFOMSG.family) !== L.AF_UNSPEC) return null;
  const a = attributes(m.body, L.IFINFOMSG.SIZE);
  const mac = a.get(L.IFLA.ADDRESS);
  const info = a.get(L.IFLA.LINKINFO);
  const flags = m.body.getUint32(L.IFINFOMSG.flags, true);
  return {
    ifindex: m.body.getInt32(L.IFINFOMSG.index, true),
    name: textOf(a.get(L.IFLA.IFNAME)),
    mac: mac?.byteLength === 6 ? formatMac(bytesOf(mac)) : "",
    mtu: a.get(L.IFLA.MTU)?.getUint32(0, true) ?? 0,
    flags,
    up: (flags & L.IFF.UP) !== 0,
    carrier: a.get(L.IFLA.CARRIER)?.getUint8(0) === 1,
    operstate: L.OPERSTATES[a.get(L.IFLA.OPERSTATE)?.getUint8(0) ?? 0] ?? "unknown",
    kind: info ? textOf(attributes(info, 0).get(L.IFLA_INFO_KIND)) : "",
    master: a.get(L.IFLA.MASTER)?.getUint32(0, true) ?? 0,
    type: m.body.getUint16(L.IFINFOMSG.type, true),
  };
}

/** The address that a message is about; null if it is of another family. */
export function parseAddress(m: Message): Address | null {
  if (m.body.byteLength < L.IFADDRMSG.SIZE) return null;
  const af = m.body.getUint8(L.IFADDRMSG.family);
  if (af !== L.AF_INET && af !== L.AF_INET6) return null;
  const a = attributes(m.body, L.IFADDRMSG.SIZE);
  // On a point-to-point link IFA_ADDRESS is the peer's.
  const bytes = a.get(L.IFA.LOCAL) ?? a.get(L.IFA.ADDRESS);
  const family = af === L.AF_INET ? FAMILY.V4 : FAMILY.V6;
  if (!bytes || bytes.byteLength < (family === FAMILY.V4 ? 4 : 16)) return null;
  const flags = a.get(L.IFA.FLAGS)?.getUint32(0, true) ?? m.body.getUint8(L.IFADDRMSG.flags);
  return {
    ifindex: m.body.getUint32(L.IFADDRMSG.index, true),
    family,
    address: formatIp(bytesOf(bytes), family),
    prefix: m.body.getUint8(L.IFADDRMSG.prefix),
    flags,
    tentative: (flags & L.IFA_F.TENTATIVE) !== 0,
    dadfailed: (flags & L.IFA_F.DADFAILED) !== 0,
    permanent: (flags & L.IFA_F.PERMANENT) !== 0,
    scope: m.body.getUint8(L.IFADDRMSG.scope),
  };
}
