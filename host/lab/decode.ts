// Reading captured frames: just enough of Ethernet, VLAN, ARP, IPv4, IPv6, UDP, TCP and neighbour discovery to ask
// who sent what to whom. Independent of the module's own parser on purpose: it is what the module is tested against.
//
// Invariant: decode() of any bytes returns; what is cut off or not understood is simply absent from the result.

export interface Decoded {
  dst: string;
  src: string;
  /** EtherType after the tags */
  type: number;
  /** VLAN tags, outermost first: identifier and the tag's EtherType */
  tags: { id: number; tpid: number }[];
  /** bytes after the EtherType */
  payload: Buffer;
  arp?: Arp;
  ip?: Ip;
  udp?: Ports;
  tcp?: Ports & { flags: number; sequence: number };
  nd?: Neighbour;
}

export interface Arp {
  /** 1 request, 2 reply */
  op: number;
  senderMac: string;
  senderIp: string;
  targetMac: string;
  targetIp: string;
}

export interface Ip {
  version: 4 | 6;
  src: string;
  dst: string;
  protocol: number;
  hops: number;
  payload: Buffer;
}

export interface Ports {
  sport: number;
  dport: number;
  payload: Buffer;
}

export interface Neighbour {
  /** 135 solicitation, 136 advertisement */
  type: number;
  target: string;
  /** source (solicitation) or target (advertisement) link-layer address option */
  mac?: string;
  override: boolean;
  solicited: boolean;
}

export const ETH_IPV4 = 0x0800;
export const ETH_ARP = 0x0806;
export const ETH_IPV6 = 0x86dd;
export const ETH_VLAN = 0x8100;
export const ETH_QINQ = 0x88a8;
export const ND_SOLICIT = 135;
export const ND_ADVERTISE = 136;
const ICMPV6 = 58;

export function mac(bytes: Buffer, at = 0): string {
  return bytes
    .subarray(at, at + 6)
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1:");
}

function ipv4(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

/** The canonical text form (RFC 5952). */
export function ipv6(bytes: Buffer, at: number): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(at + 2 * i));
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && words[from + length] === 0) length++;
    if (length > best.length) best = { from, length };
  }
  const hex = (part: number[]): string => part.map((w) => w.toString(16)).join(":");
  if (best.from < 0) return hex(words);
  return `${hex(words.slice(0, best.from))}::${hex(words.slice(best.from + best.length))}`;
}

/** Takes a frame apart. */
export function decode(frame: Buffer): Decoded {
  const out: Decoded = { dst: "", src: "", type: 0, tags: [], payload: Buffer.alloc(0) };
  if (frame.length < 14) return out;
  out.dst = mac(frame, 0);
  out.src = mac(frame, 6);
  let at = 12;
  for (;;) {
    out.type = frame.readUInt16BE(at);
    if ((out.type !== ETH_VLAN && out.type !== ETH_QINQ) || frame.length < at + 6) break;
    out.tags.push({ id: frame.readUInt16BE(at + 2) & 0xfff, tpid: out.type });
    at += 4;
  }
  out.payload = frame.subarray(at + 2);
  if (out.type === ETH_ARP) out.arp = readArp(out.payload);
  if (out.type === ETH_IPV4) out.ip = readIpv4(out.payload);
  if (out.type === ETH_IPV6) out.ip = readIpv6(out.payload);
  if (out.ip) readUpper(out, out.ip);
  return out;
}

function readArp(b: Buffer): Arp | undefined {
  if (b.length < 28 || b.readUInt16BE(2) !== ETH_IPV4 || b[4] !== 6 || b[5] !== 4) return undefined;
  return { op: b.readUInt16BE(6), senderMac: mac(b, 8), senderIp: ipv4(b, 14), targetMac: mac(b, 18), targetIp: ipv4(b, 24) };
}

function readIpv4(b: Buffer): Ip | undefined {
  if (b.length < 20 || b[0] >> 4 !== 4) return undefined;
  const header = (b[0] & 15) * 4;
  const total = Math.min(b.readUInt16BE(2) || b.length, b.length);
  if (header < 20 || header > total) return undefined;
  const first = (b.readUInt16BE(6) & 0x1fff) === 0;
  const payload = first ? b.subarray(header, total) : Buffer.alloc(0);
  return { version: 4, src: ipv4(b, 12), dst: ipv4(b, 16), protocol: b[9], hops: b[8], payload };
}

function readIpv6(b: Buffer): Ip | undefined {
  if (b.length < 40 || b[0] >> 4 !== 6) return undefined;
  let protocol = b[6];
  let at = 40;
  // Hop-by-hop options only: MLD carries them; nothing else in the lab has extension headers.
  if (protocol === 0 && b.length >= at + 8) {
    protocol = b[at];
    at += 8 + 8 * b[at + 1];
  }
  const end = Math.min(40 + (b.readUInt16BE(4) || b.length), b.length);
  return { version: 6, src: ipv6(b, 8), dst: ipv6(b, 24), protocol, hops: b[7], payload: b.subarray(Math.min(at, end), end) };
}

function readUpper(out: Decoded, ip: Ip): void {
  const p = ip.payload;
  if (ip.protocol === 17 && p.length >= 8) out.udp = { sport: p.readUInt16BE(0), dport: p.readUInt16BE(2), payload: p.subarray(8) };
  if (ip.protocol === 6 && p.length >= 20)
    out.tcp = {
      sport: p.readUInt16BE(0),
      dport: p.readUInt16BE(2),
      payload: p.subarray((p[12] >> 4) * 4),
      flags: p[13],
      sequence: p.readUInt32BE(4),
    };
  if (ip.protocol === ICMPV6 && ip.version === 6 && p.length >= 24 && (p[0] === ND_SOLICIT || p[0] === ND_ADVERTISE)) out.nd = readNd(p);
}

function readNd(p: Buffer): Neighbour {
  const wanted = p[0] === ND_SOLICIT ? 1 : 2;
  const nd: Neighbour = { type: p[0], target: ipv6(p, 8), override: (p[4] & 0x20) !== 0, solicited: (p[4] & 0x40) !== 0 };
  for (let at = 24; at + 8 <= p.length && p[at + 1] > 0; at += 8 * p[at + 1]) if (p[at] === wanted) nd.mac = mac(p, at + 2);
  return nd;
}
