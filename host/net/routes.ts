// Whom the routes of this network namespace lead to through one interface, and notice of changes.
//
// Invariants: what is read is the state of one moment; a change, lost notifications included, leads to one notice at least.

import { FAMILY } from "../core/abi/ipmp.js";
import { type Family, formatIp } from "../core/address.js";
import { Poll, setOption } from "../io/ffi.js";
import * as L from "../io/linux.js";
import { attributes, bytesOf, type Message, Request } from "./netlink_message.js";
import { NetlinkSocket } from "./netlink_socket.js";

/** Notifications that may wait; more are lost, which is noticed. */
const RECEIVE_BUFFER = 1 << 20;

/** A neighbour that a route leads to. */
export interface NextHop {
  ifindex: number;
  family: Family;
  /** canonical text */
  address: string;
}

const FAMILIES = new Map<number, Family>([
  [L.AF_INET, FAMILY.V4],
  [L.AF_INET6, FAMILY.V6],
]);

/**
 * The neighbours that a route's message names: its routers, or the host itself that a route to one host without a router
 * leads to, unless the kernel made that route. Routes to this host, to nobody and to many have none.
 */
export function nextHops({ body }: Message): NextHop[] {
  if (body.byteLength < L.RTMSG.SIZE) return [];
  const family = FAMILIES.get(body.getUint8(L.RTMSG.family));
  const a = attributes(body, L.RTMSG.SIZE);
  const table = a.get(L.RTA.TABLE)?.getUint32(0, true) ?? body.getUint8(L.RTMSG.table);
  if (family === undefined || body.getUint8(L.RTMSG.type) !== L.RTN_UNICAST || table === L.RT_TABLE_LOCAL) return [];
  const one = body.getUint8(L.RTMSG.dst_len) === (family === FAMILY.V4 ? 32 : 128);
  const host = one && body.getUint8(L.RTMSG.protocol) > L.RTPROT_KERNEL ? a.get(L.RTA.DST) : undefined;
  const multipath = a.get(L.RTA.MULTIPATH);
  const ways = multipath === undefined ? [{ ifindex: a.get(L.RTA.OIF)?.getUint32(0, true) ?? 0, a }] : waysOf(multipath);
  return ways.flatMap((way) => {
    const hop = neighbour(way.a, family) ?? (host && { family, bytes: bytesOf(host) });
    return hop === undefined ? [] : [{ ifindex: way.ifindex, family: hop.family, address: formatIp(hop.bytes, hop.family) }];
  });
}

type Attributes = ReturnType<typeof attributes>;

/** The router of a route, or of one of its ways; it may be of the other family (RTA_VIA). */
function neighbour(a: Attributes, family: Family): { family: Family; bytes: Uint8Array } | undefined {
  const gateway = a.get(L.RTA.GATEWAY);
  if (gateway !== undefined) return { family, bytes: bytesOf(gateway) };
  // struct rtvia: family, then the address
  const via = a.get(L.RTA.VIA);
  const other = via && FAMILIES.get(via.getUint16(0, true));
  return via && other !== undefined ? { family: other, bytes: bytesOf(via).subarray(2) } : undefined;
}

/** The ways of a route that has several: each a struct rtnexthop with attributes behind it. */
function waysOf(multipath: DataView): { ifindex: number; a: Attributes }[] {
  const found: { ifindex: number; a: Attributes }[] = [];
  for (let at = 0; at + L.RTNEXTHOP.SIZE <= multipath.byteLength; ) {
    const len = multipath.getUint16(at + L.RTNEXTHOP.len, true);
    if (len < L.RTNEXTHOP.SIZE || at + len > multipath.byteLength) break;
    const way = new DataView(multipath.buffer, multipath.byteOffset + at, len);
    found.push({ ifindex: way.getInt32(L.RTNEXTHOP.ifindex, true), a: attributes(way, L.RTNEXTHOP.SIZE) });
    at += (len + 3) & ~3;
  }
  return found;
}

export class Routes {
  readonly #socket = new NetlinkSocket();

  constructor() {
    // the kernel then leaves out what goes by other interfaces; one that cannot (before 4.20) sends all
    try {
      setOption(this.#socket.fd, L.SOL_NETLINK, L.NETLINK_GET_STRICT_CHK, 1, "rtnetlink: NETLINK_GET_STRICT_CHK");
    } catch {}
  }

  /** Neighbours that routes through an interface lead to, each once, IPv4 first, otherwise in the order of the tables. */
  through(ifindex: number): NextHop[] {
    const found = new Map<string, NextHop>();
    for (const af of FAMILIES.keys()) {
      const request = new Request(L.RTM.GETROUTE, L.NLM_F.DUMP)
        .header(L.RTMSG.SIZE, (dv) => dv.setUint8(L.RTMSG.family, af))
        .u32(L.RTA.OIF, ifindex);
      for (const m of this.#socket.ask(request, `read the routes through link ${ifindex}`))
        for (const hop of nextHops(m)) if (hop.ifindex === ifindex) found.set(hop.address, hop);
    }
    return [...found.values()].sort((a, b) => a.family - b.family);
  }

  /** Calls back after each change of any route; several changes at once lead to one call. */
  watch(onChange: () => void): { close(): void } {
    const socket = new NetlinkSocket(L.RTMGRP_IPV4_ROUTE | L.RTMGRP_IPV6_ROUTE, RECEIVE_BUFFER);
    let open = true;
    const poll = new Poll(socket.fd, (failed) => {
      for (let got = socket.receive(); got === null || got.length > 0; got = socket.receive());
      if (failed && open) poll.rearm();
      if (open) onChange();
    });
    return {
      close: () => {
        open = false;
        poll.close();
        socket.close();
      },
    };
  }

  close(): void {
    this.#socket.close();
  }
}
