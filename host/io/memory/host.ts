// A small IP stack: a host of the simulated network, or the local stack above a group interface.
// ARP and neighbour discovery, echo, UDP, TCP, over IPv4 and IPv6.
//
// Invariants: it takes only frames to itself, broadcast or multicast, and of these only what is sound; it answers
// only for its own addresses; it sends from an address it has.

import { FAMILY } from "../../core/abi/ipmp.js";
import { canonicalIp, type Family, formatIp, parsePrefix } from "../../core/address.js";
import type { LanClock } from "./clock.js";
import { NeighbourCache } from "./neighbour.js";
import {
  arpFrame,
  BROADCAST,
  decode,
  ETHERTYPE,
  echoBody,
  ethernet,
  type Frame,
  familyOf,
  ICMP,
  type Ip,
  ipBody,
  isMulticast,
  multicastMac,
  ndBody,
  ndFrame,
  ndOption,
  PROTO,
  solicitedNode,
  TCP,
  type TcpFields,
  tcpBody,
  u16,
  u32,
  udpBody,
} from "./packet.js";
import type { Prng } from "./prng.js";
import { TcpConnection } from "./tcp.js";
import type { Wire, WireEnd } from "./wire.js";

export interface HostOptions {
  name: string;
  mac: string;
  /** "address/bits" */
  addresses?: string[];
  /** where packets beyond the host's own prefixes go, one a family at most */
  gateways?: string[];
  /** default 1500 */
  mtu?: number;
}

export interface Datagram {
  src: string;
  sport: number;
  dst: string;
  dport: number;
  data: Uint8Array;
}

interface OwnAddress {
  addr: string;
  family: Family;
  prefix: number;
  network: string;
}

/** An NA's flags: router 0x80, solicited 0x40, override 0x20. */
const NA_SOLICITED_OVERRIDE = 0x60;

/** The network part of an address as text. */
function networkOf(addr: string, prefix: number): string {
  const { bytes16, family } = parsePrefix(addr);
  for (let bit = prefix; bit < bytes16.length * 8; bit++) bytes16[bit >> 3] &= ~(0x80 >> (bit & 7));
  return formatIp(bytes16, family);
}

export class MemoryHost implements WireEnd {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly neighbours: NeighbourCache;
  /** Sees every datagram to a port that nobody has bound; null = nobody. */
  onStray: ((d: Datagram) => void) | null = null;
  readonly stats = { received: 0, sent: 0, malformed: 0, unreachable: 0 };

  readonly #clock: LanClock;
  readonly #prng: Prng;
  readonly #wire: Wire;
  readonly #side: 0 | 1;
  #addresses: OwnAddress[] = [];
  readonly #gateways = new Map<Family, string>();
  readonly #udp = new Map<number, (d: Datagram) => void>();
  readonly #listeners = new Map<number, (c: TcpConnection) => void>();
  readonly #tcp = new Map<string, TcpConnection>();
  readonly #pings = new Map<number, { at: bigint; then: (rtt: bigint) => void }>();
  #nextPort = 49_152;
  #nextPing = 1;

  constructor(clock: LanClock, prng: Prng, wire: Wire, side: 0 | 1, options: HostOptions) {
    this.name = options.name;
    this.mac = options.mac;
    this.mtu = options.mtu ?? 1500;
    this.#clock = clock;
    this.#prng = prng;
    this.#wire = wire;
    this.#side = side;
    this.neighbours = new NeighbourCache(clock, (addr) => this.#solicit(addr));
    for (const text of options.addresses ?? []) this.addAddress(text);
    for (const text of options.gateways ?? []) this.#gateways.set(familyOf(text), canonicalIp(text));
    wire.plug(side, this);
  }

  // ── Addresses ──

  get addresses(): string[] {
    return this.#addresses.map((a) => a.addr);
  }

  addAddress(text: string): void {
    const { bytes16, family, prefix } = parsePrefix(text);
    const addr = formatIp(bytes16, family);
    if (!this.#own(addr)) this.#addresses.push({ addr, family, prefix, network: networkOf(addr, prefix) });
  }

  removeAddress(addr: string): void {
    const text = canonicalIp(addr);
    this.#addresses = this.#addresses.filter((a) => a.addr !== text);
  }

  #own(addr: string): boolean {
    return this.#addresses.some((a) => a.addr === addr);
  }

  /** The own address whose prefix holds an address. */
  #onLink(addr: string): OwnAddress | undefined {
    const family = familyOf(addr);
    return this.#addresses.find((a) => a.family === family && networkOf(addr, a.prefix) === a.network);
  }

  #sourceFor(dst: string): string | undefined {
    const family = familyOf(dst);
    return (this.#onLink(dst) ?? this.#addresses.find((a) => a.family === family))?.addr;
  }

  // ── Sending ──

  #transmit(frame: Uint8Array): void {
    this.stats.sent++;
    this.#wire.send(this.#side, frame);
  }

  /** Sends an IP packet; the source is chosen if not given. */
  send(ip: { src?: string; dst: string; proto: number; ttl?: number }, payload: Uint8Array): void {
    const src = ip.src ?? this.#sourceFor(ip.dst);
    if (src === undefined) {
      this.stats.unreachable++;
      return;
    }
    const type = familyOf(src) === FAMILY.V4 ? ETHERTYPE.IP4 : ETHERTYPE.IP6;
    const body = ipBody({ ...ip, src }, payload);
    if (isMulticast(ip.dst)) {
      this.#transmit(ethernet(multicastMac(ip.dst), this.mac, type, body));
      return;
    }
    const hop = this.#onLink(ip.dst) ? ip.dst : this.#gateways.get(familyOf(ip.dst));
    if (hop === undefined) this.stats.unreachable++;
    else this.neighbours.resolve(hop, (mac) => this.#transmit(ethernet(mac, this.mac, type, body)));
  }

  #solicit(addr: string): void {
    const src = this.#sourceFor(addr);
    if (src === undefined) return;
    if (familyOf(addr) === FAMILY.V4) {
      this.#transmit(arpFrame(BROADCAST, this.mac, { op: 1, spa: src, tpa: addr }));
      return;
    }
    const group = solicitedNode(addr);
    this.#transmit(ndFrame(multicastMac(group), this.mac, { src, dst: group }, ndBody(ICMP.NS, addr, 0, this.mac)));
  }

  // ── Receiving ──

  deliver(bytes: Uint8Array): void {
    const frame = decode(bytes);
    if (!frame || frame.vlans.length > 0 || (frame.dst !== this.mac && (bytes[0] & 1) === 0)) return;
    this.stats.received++;
    if (frame.arp) this.#onArp(frame);
    else if (frame.ip) this.#onIp(frame, frame.ip);
    else this.stats.malformed++;
  }

  #onArp(frame: Frame): void {
    const arp = frame.arp;
    if (!arp || arp.spa === "0.0.0.0" || this.#own(arp.spa)) return;
    const forUs = this.#own(arp.tpa);
    this.neighbours.learn(arp.spa, arp.sha, forUs);
    if (arp.op === 1 && forUs) this.#transmit(arpFrame(arp.sha, this.mac, { op: 2, spa: arp.tpa, tha: arp.sha, tpa: arp.spa }));
  }

  #onIp(frame: Frame, ip: Ip): void {
    if (!ip.sumsOk || ip.offset > 0 || ip.more) {
      this.stats.malformed++;
      return;
    }
    if (ip.proto === PROTO.ICMP6 && (ip.payload[0] === ICMP.NS || ip.payload[0] === ICMP.NA)) this.#onNd(frame, ip);
    else if (!this.#own(ip.dst)) return;
    else if (ip.proto === PROTO.UDP) this.#onUdp(ip);
    else if (ip.proto === PROTO.TCP) this.#onTcp(ip);
    else if (ip.proto === PROTO.ICMP || ip.proto === PROTO.ICMP6) this.#onEcho(ip);
  }

  #onNd(frame: Frame, ip: Ip): void {
    const nd = ip.payload;
    if (nd.length < 24 || ip.ttl !== 255) {
      this.stats.malformed++;
      return;
    }
    const target = formatIp(nd, FAMILY.V6, 8);
    if (nd[0] === ICMP.NA) {
      const mac = ndOption(nd, 2);
      if (mac && !this.#own(target)) this.neighbours.learn(target, mac, false);
      return;
    }
    const mine = this.#own(target);
    const mac = ndOption(nd, 1);
    if (mac && ip.src !== "::") this.neighbours.learn(ip.src, mac, mine);
    if (!mine) return;
    const probe = ip.src === "::";
    const dst = probe ? "ff02::1" : ip.src;
    const reply = ndBody(ICMP.NA, target, probe ? 0x20 : NA_SOLICITED_OVERRIDE, this.mac);
    this.#transmit(ndFrame(probe ? multicastMac(dst) : frame.src, this.mac, { src: target, dst }, reply));
  }

  // ── Echo ──

  /** Sends an echo request; `then` gets the round-trip time in ns if it is answered. */
  ping(dst: string, then: (rtt: bigint) => void, src?: string): void {
    const id = this.#nextPing++ & 0xffff;
    this.#pings.set(id, { at: this.#clock.now(), then });
    const v4 = familyOf(dst) === FAMILY.V4;
    const body = echoBody(v4 ? ICMP.ECHO : ICMP.ECHO6, id, 1, new Uint8Array(32));
    this.send({ src, dst: canonicalIp(dst), proto: v4 ? PROTO.ICMP : PROTO.ICMP6 }, body);
  }

  #onEcho(ip: Ip): void {
    const b = ip.payload;
    const v4 = ip.family === FAMILY.V4;
    if (b.length < 8) this.stats.malformed++;
    else if (b[0] === (v4 ? ICMP.ECHO : ICMP.ECHO6)) {
      const reply = echoBody(v4 ? ICMP.ECHO_REPLY : ICMP.ECHO6_REPLY, u16(b, 4), u16(b, 6), b.subarray(8));
      this.send({ src: ip.dst, dst: ip.src, proto: ip.proto }, reply);
    } else if (b[0] === (v4 ? ICMP.ECHO_REPLY : ICMP.ECHO6_REPLY)) {
      const ping = this.#pings.get(u16(b, 4));
      this.#pings.delete(u16(b, 4));
      ping?.then(this.#clock.now() - ping.at);
    }
  }

  // ── UDP ──

  /** Receives datagrams to a port; null stops that. */
  udpBind(port: number, handler: ((d: Datagram) => void) | null): void {
    if (handler) this.#udp.set(port, handler);
    else this.#udp.delete(port);
  }

  udpSend(d: { src?: string; sport: number; dst: string; dport: number; data: Uint8Array }): void {
    this.send({ src: d.src, dst: canonicalIp(d.dst), proto: PROTO.UDP }, udpBody(d.sport, d.dport, d.data));
  }

  #onUdp(ip: Ip): void {
    const b = ip.payload;
    if (b.length < 8 || u16(b, 4) < 8 || u16(b, 4) > b.length) {
      this.stats.malformed++;
      return;
    }
    const d = { src: ip.src, sport: u16(b, 0), dst: ip.dst, dport: u16(b, 2), data: b.subarray(8, u16(b, 4)) };
    const handler = this.#udp.get(d.dport) ?? this.onStray;
    handler?.(d);
  }

  // ── TCP ──

  /** Takes connections to a port; null stops that. */
  tcpListen(port: number, handler: ((c: TcpConnection) => void) | null): void {
    if (handler) this.#listeners.set(port, handler);
    else this.#listeners.delete(port);
  }

  tcpConnect(to: { dst: string; dport: number; src?: string }): TcpConnection {
    const dst = canonicalIp(to.dst);
    const src = to.src ?? this.#sourceFor(dst);
    if (src === undefined) throw new Error(`${this.name}: no address to reach ${dst} from`);
    return this.#connection(src, this.#nextPort++, dst, to.dport);
  }

  #connection(src: string, sport: number, dst: string, dport: number, peerSeq?: number): TcpConnection {
    const key = `${src} ${sport} ${dst} ${dport}`;
    const connection = new TcpConnection(
      {
        clock: this.#clock,
        mss: this.mtu - (familyOf(src) === FAMILY.V4 ? 40 : 60),
        iss: this.#prng.next(),
        transmit: (fields, data) => this.send({ src, dst, proto: PROTO.TCP }, tcpBody({ sport, dport, ...fields }, data)),
        forget: () => {
          this.#tcp.delete(key);
        },
      },
      peerSeq,
    );
    this.#tcp.set(key, connection);
    return connection;
  }

  #onTcp(ip: Ip): void {
    const b = ip.payload;
    const header = b.length < 20 ? 0 : (b[12] >> 4) * 4;
    if (header < 20 || header > b.length) {
      this.stats.malformed++;
      return;
    }
    const f: TcpFields = { sport: u16(b, 0), dport: u16(b, 2), seq: u32(b, 4), ack: u32(b, 8), flags: b[13], window: u16(b, 14) };
    const data = b.subarray(header);
    const known = this.#tcp.get(`${ip.dst} ${f.dport} ${ip.src} ${f.sport}`);
    if (known) {
      known.receive(f, data);
      return;
    }
    const listener = this.#listeners.get(f.dport);
    if (listener && (f.flags & (TCP.SYN | TCP.ACK | TCP.RST)) === TCP.SYN)
      listener(this.#connection(ip.dst, f.dport, ip.src, f.sport, f.seq));
    else if (!(f.flags & TCP.RST)) this.#refuse(ip, f, data.length);
  }

  #refuse(ip: Ip, f: TcpFields, length: number): void {
    const acked = (f.flags & TCP.ACK) !== 0;
    const ack = (f.seq + length + (f.flags & TCP.SYN ? 1 : 0) + (f.flags & TCP.FIN ? 1 : 0)) >>> 0;
    const reset = { sport: f.dport, dport: f.sport, seq: acked ? f.ack : 0, ack, flags: acked ? TCP.RST : TCP.RST | TCP.ACK, window: 0 };
    this.send({ src: ip.dst, dst: ip.src, proto: PROTO.TCP }, tcpBody(reset, new Uint8Array(0)));
  }
}
