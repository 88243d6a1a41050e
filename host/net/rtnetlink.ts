// Links and addresses of this network namespace: read them, change them, be told of changes (of routes: routes.ts).
//
// Invariants: a request returns when the kernel has done it; events come in the kernel's order; a subscriber that was
// told of everything once knows the present state, lost notifications included (see netlink_watch.ts).

import { FAMILY } from "../core/abi/ipmp.js";
import { parseMac, parsePrefix } from "../core/address.js";
import { errno, libc, Native, OsError, Poll } from "../io/ffi.js";
import * as L from "../io/linux.js";
import { Request } from "./netlink_message.js";
import { type Address, type Link, type NetEvent, parseAddress, parseLink } from "./netlink_objects.js";
import { NetlinkSocket } from "./netlink_socket.js";
import { NetView } from "./netlink_watch.js";
import { Routes } from "./routes.js";

export type { Address, Link, NetEvent } from "./netlink_objects.js";

/** Notifications that may wait: some ten thousand. */
const RECEIVE_BUFFER = 8 << 20;

export interface LinkChange {
  up?: boolean;
  mtu?: number;
  mac?: string;
  name?: string;
  /** how IPv6 link-local addresses come about; "none": not at all */
  addrGenMode?: keyof typeof L.ADDR_GEN_MODE;
}

/**
 * What is done to received frames before anybody sees them: joined to superframes by the kernel (GRO) or the NIC (LRO),
 * their VLAN tags taken out.
 */
export type Offload = "gro" | "lro" | "rxvlan";

/** Bits of those that a driver has as flags. */
const FLAG = { lro: L.ETH_FLAG_LRO, rxvlan: L.ETH_FLAG_RXVLAN } as const;

export interface Subscription {
  close(): void;
}

export interface SubscribeOptions {
  /** bytes of notifications that may wait; default 8 MiB */
  receiveBuffer?: number;
}

/** Where the struct for a driver stands in its buffer, behind the ifreq. */
const ETHTOOL_DATA = 48;

export class Rtnetlink {
  readonly #socket = new NetlinkSocket();
  readonly routes = new Routes();
  readonly #subscriptions = new Set<Subscription>();
  readonly #ethtool = new Native(96);
  #ethtoolFd = -1;

  links(): Link[] {
    const request = new Request(L.RTM.GETLINK, L.NLM_F.DUMP).header(L.IFINFOMSG.SIZE, () => {});
    return this.#socket
      .ask(request, "read the links")
      .map(parseLink)
      .filter((l) => l !== null);
  }

  /** One link by name or number; null if there is none. */
  link(which: string | number): Link | null {
    const request = new Request(L.RTM.GETLINK, L.NLM_F.ACK).header(L.IFINFOMSG.SIZE, (dv) => {
      if (typeof which === "number") dv.setInt32(L.IFINFOMSG.index, which, true);
    });
    if (typeof which === "string") request.bytes(L.IFLA.IFNAME, nameBytes(which));
    try {
      const [answer] = this.#socket.ask(request, `read link ${which}`);
      return answer ? parseLink(answer) : null;
    } catch (error) {
      if (error instanceof OsError && error.errno === L.ERR.ENODEV) return null;
      throw error;
    }
  }

  /** The addresses, of one link if given. */
  addresses(ifindex?: number): Address[] {
    const request = new Request(L.RTM.GETADDR, L.NLM_F.DUMP).header(L.IFADDRMSG.SIZE, () => {});
    const all = this.#socket
      .ask(request, "read the addresses")
      .map(parseAddress)
      .filter((a) => a !== null);
    return ifindex === undefined ? all : all.filter((a) => a.ifindex === ifindex);
  }

  /** Changes a link. The kernel may apply a part and refuse the rest. */
  setLink(ifindex: number, change: LinkChange): void {
    const request = new Request(L.RTM.NEWLINK, L.NLM_F.ACK).header(L.IFINFOMSG.SIZE, (dv) => {
      dv.setInt32(L.IFINFOMSG.index, ifindex, true);
      if (change.up === undefined) return;
      dv.setUint32(L.IFINFOMSG.flags, change.up ? L.IFF.UP : 0, true);
      dv.setUint32(L.IFINFOMSG.change, L.IFF.UP, true);
    });
    if (change.mac !== undefined) request.bytes(L.IFLA.ADDRESS, parseMac(change.mac));
    if (change.mtu !== undefined) request.u32(L.IFLA.MTU, change.mtu);
    if (change.name !== undefined) request.bytes(L.IFLA.IFNAME, nameBytes(change.name));
    if (change.addrGenMode !== undefined) {
      const mode = L.ADDR_GEN_MODE[change.addrGenMode];
      request.nest(L.IFLA.AF_SPEC, (r) => r.nest(L.AF_INET6, (inner) => inner.u8(L.IFLA_INET6_ADDR_GEN_MODE, mode)));
    }
    this.#socket.ask(request, `set link ${ifindex} to ${JSON.stringify(change)}`);
  }

  /** Removes a link, such as a veth or a TAP. */
  delLink(ifindex: number): void {
    const request = new Request(L.RTM.DELLINK, L.NLM_F.ACK).header(L.IFINFOMSG.SIZE, (dv) => dv.setInt32(L.IFINFOMSG.index, ifindex, true));
    this.#socket.ask(request, `remove link ${ifindex}`);
  }

  /** Adds "address/prefix"; with nodad an IPv6 address is usable at once, without duplicate detection. */
  addAddress(ifindex: number, cidr: string, options: { nodad?: boolean } = {}): void {
    const request = addressRequest(L.RTM.NEWADDR, L.NLM_F.ACK | L.NLM_F.CREATE | L.NLM_F.EXCL, ifindex, cidr);
    if (options.nodad) request.u32(L.IFA.FLAGS, L.IFA_F.NODAD);
    this.#socket.ask(request, `add ${cidr} to link ${ifindex}`);
  }

  delAddress(ifindex: number, cidr: string): void {
    this.#socket.ask(addressRequest(L.RTM.DELADDR, L.NLM_F.ACK, ifindex, cidr), `remove ${cidr} from link ${ifindex}`);
  }

  /**
   * Tells of every link and address there is, as events, before it returns; afterwards of each change. Events come
   * from the event loop, within the wake-up that the kernel's notification causes.
   */
  subscribe(onEvent: (event: NetEvent) => void, options: SubscribeOptions = {}): Subscription {
    const groups = L.RTMGRP_LINK | L.RTMGRP_IPV4_IFADDR | L.RTMGRP_IPV6_IFADDR;
    const socket = new NetlinkSocket(groups, options.receiveBuffer ?? RECEIVE_BUFFER);
    let open = true;
    let poll: Poll | undefined;
    const subscription = {
      close: () => {
        open = false;
        poll?.close();
        socket.close();
        this.#subscriptions.delete(subscription);
      },
    };
    const view = new NetView((event) => {
      if (open) onEvent(event);
    });
    const drain = (): void => {
      let lost = false;
      while (open) {
        const got = socket.receive();
        if (got?.length === 0) break;
        if (!got) lost = true;
        // After a loss what still waits may be older than what is read again.
        else if (!lost) for (const m of got) view.apply(m);
      }
      if (lost && open) view.replace(this.links(), this.addresses());
    };
    try {
      poll = new Poll(socket.fd, (failed) => {
        drain();
        if (failed && open) poll?.rearm();
      });
      this.#subscriptions.add(subscription);
      view.replace(this.links(), this.addresses());
    } catch (error) {
      subscription.close();
      throw error;
    }
    return subscription;
  }

  /**
   * Carrier as the driver has it now, before the kernel has told anyone; null if there is no such interface or its
   * driver does not say. Costs a microsecond or two: cheap enough to poll.
   */
  carrier(name: string): boolean | null {
    const word = this.#ethtoolWord(name, L.ETHTOOL.GLINK);
    return word === null ? null : word !== 0;
  }

  /** Whether an interface does this to received frames; null if it does not know it. */
  offload(name: string, which: Offload): boolean | null {
    const word = this.#ethtoolWord(name, which === "gro" ? L.ETHTOOL.GGRO : L.ETHTOOL.GFLAGS);
    if (word === null) return null;
    return which === "gro" ? word !== 0 : (word & FLAG[which]) !== 0;
  }

  setOffload(name: string, which: Offload, on: boolean): void {
    if (which === "gro") {
      this.#ethtoolWord(name, L.ETHTOOL.SGRO, on ? 1 : 0);
      return;
    }
    const flags = this.#ethtoolWord(name, L.ETHTOOL.GFLAGS) ?? 0;
    this.#ethtoolWord(name, L.ETHTOOL.SFLAGS, on ? flags | FLAG[which] : flags & ~FLAG[which]);
  }

  /** Mbit/s of an interface as its driver has it now; null if there is no such interface or the driver does not know. */
  speed(name: string): number | null {
    if (this.#ethtoolWord(name, L.ETHTOOL.GSET) === null) return null;
    // struct ethtool_cmd: speed in two halves; all ones = unknown
    const { dv } = this.#ethtool;
    const speed = ((dv.getUint16(ETHTOOL_DATA + 28, true) << 16) | dv.getUint16(ETHTOOL_DATA + 12, true)) >>> 0;
    return speed === 0 || speed === 0xffff_ffff || speed === 0xffff ? null : speed;
  }

  /** Asks a driver for one number, or gives it one; null if there is no such interface or its driver does not have it. */
  #ethtoolWord(name: string, command: number, word = 0): number | null {
    const c = libc();
    if (this.#ethtoolFd < 0) this.#ethtoolFd = c.socket(L.AF_INET, L.SOCK_DGRAM | L.O_CLOEXEC, 0);
    if (this.#ethtoolFd < 0) throw new OsError("open a socket for ethtool", errno());
    // struct ifreq, and behind it struct ethtool_value {cmd, data}, or a longer one that begins with its command
    const { u8, dv, address } = this.#ethtool;
    const value = ETHTOOL_DATA;
    u8.fill(0);
    u8.set(nameBytes(name), L.IFREQ.name);
    this.#ethtool.setWord(L.IFREQ.data, address + value);
    dv.setUint32(value, command, true);
    dv.setUint32(value + 4, word, true);
    if (c.ioctl(this.#ethtoolFd, L.SIOCETHTOOL, address) === 0) return dv.getUint32(value + 4, true);
    const why = errno();
    if (why === L.ERR.ENODEV || why === L.ERR.EOPNOTSUPP) return null;
    throw new OsError(`ethtool command ${command} to ${name}`, why);
  }

  close(): void {
    for (const s of [...this.#subscriptions]) s.close();
    this.#socket.close();
    this.routes.close();
    if (this.#ethtoolFd >= 0) libc().close(this.#ethtoolFd);
    this.#ethtoolFd = -1;
  }
}

/** A NUL-terminated interface name. */
function nameBytes(name: string): Uint8Array {
  const bytes = Buffer.from(`${name}\0`);
  if (bytes.length < 2 || bytes.length > L.IFNAMSIZ)
    throw new OsError(`interface name ${JSON.stringify(name)}`, 0, `must have 1 to ${L.IFNAMSIZ - 1} bytes`);
  return bytes;
}

function addressRequest(type: number, flags: number, ifindex: number, cidr: string): Request {
  const { family, bytes16, prefix } = parsePrefix(cidr);
  const v4 = family === FAMILY.V4;
  const bytes = bytes16.subarray(0, v4 ? 4 : 16);
  return new Request(type, flags)
    .header(L.IFADDRMSG.SIZE, (dv) => {
      dv.setUint8(L.IFADDRMSG.family, v4 ? L.AF_INET : L.AF_INET6);
      dv.setUint8(L.IFADDRMSG.prefix, prefix);
      dv.setUint32(L.IFADDRMSG.index, ifindex, true);
    })
    .bytes(L.IFA.LOCAL, bytes)
    .bytes(L.IFA.ADDRESS, bytes);
}
