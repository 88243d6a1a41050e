// Frames of a scenario: from one line of text to bytes. The text is what summarize() prints for the frame, so input and
// output read alike; behind it may stand changes that break the frame on purpose:
//
//   cut N        only the first N bytes
//   poke AT HEX  these bytes from byte AT on
//
// Invariant: a line that is not understood is an error that says what was expected, never a guess.

import { parseIp, parseMac } from "../../host/core/address.js";
import {
  arpBody,
  BROADCAST,
  ETHERTYPE,
  echoBody,
  ethernet,
  ICMP,
  ipBody,
  multicastMac,
  ndBody,
  PROTO,
  putU16,
  TCP,
  tcpBody,
  udpBody,
} from "../../host/io/memory/packet.js";

/** Name → hardware address. */
export type Macs = ReadonlyMap<string, string>;

/** The words of a line, taken one after the other. */
class Words {
  readonly #words: string[];
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
    this.#words = line.split(/\s+/).filter((w) => w !== "");
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  fail(expected: string): never {
    throw new Error(`frame "${this.#line}": expected ${expected}, found ${JSON.stringify(this.#words[this.#at] ?? "the end")}`);
  }

  next(expected: string): string {
    if (this.done) this.fail(expected);
    return this.#words[this.#at++];
  }

  /** Takes a word if it is the next one. */
  take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  number(expected: string): number {
    const word = this.next(expected);
    const value = Number(word);
    if (!Number.isInteger(value) || value < 0) {
      this.#at--;
      this.fail(expected);
    }
    return value;
  }
}

interface Head {
  src: string;
  dst: string;
  vlans: number[];
  mac(name: string): string;
}

/** The bytes of a frame. */
export function parseFrame(line: string, macs: Macs): Uint8Array {
  const words = new Words(line);
  const mac = (name: string): string => {
    if (name === "all") return BROADCAST;
    const known = macs.get(name);
    if (known) return known;
    parseMac(name);
    return name;
  };
  const [src, dst] = words.next("SRC>DST").split(">");
  const vlans: number[] = [];
  while (words.take("vlan")) vlans.push(words.number("a VLAN number"));
  const head: Head = { src: mac(src), dst, vlans, mac };
  return change(words, parseBody(words, head));
}

function change(words: Words, frame: Uint8Array): Uint8Array {
  let out = frame;
  while (!words.done) {
    if (words.take("cut")) out = out.slice(0, words.number("a length"));
    else if (words.take("poke")) {
      const at = words.number("an offset");
      out = out.slice();
      out.set(Buffer.from(words.next("bytes in hexadecimal"), "hex"), at);
    } else words.fail("cut, poke or the end");
  }
  return out;
}

function parseBody(words: Words, head: Head): Uint8Array {
  if (words.take("arp")) return ethernet(head.mac(head.dst), head.src, ETHERTYPE.ARP, parseArp(words, head), head.vlans);
  if (words.take("type")) {
    const type = words.number("an EtherType");
    return ethernet(head.mac(head.dst), head.src, type, new Uint8Array(words.number("a length")), head.vlans);
  }
  return parseIpFrame(words, head);
}

const ZERO_MAC = "00:00:00:00:00:00";

function parseArp(words: Words, head: Head): Uint8Array {
  const option = (word: string, otherwise: string): string => (words.take(word) ? head.mac(words.next("a hardware address")) : otherwise);
  if (words.take("who-has")) {
    const tpa = words.next("an address");
    if (!words.take("tell")) words.fail("tell");
    const spa = words.next("an address");
    return arpBody({ op: 1, tpa, spa, sha: option("sha", head.src), tha: option("tha", ZERO_MAC) });
  }
  if (words.take("probe")) {
    const tpa = words.next("an address");
    return arpBody({ op: 1, tpa, spa: "0.0.0.0", sha: option("sha", head.src), tha: option("tha", ZERO_MAC) });
  }
  const reply = words.take("reply");
  if (!reply && !words.take("announce")) words.fail("who-has, probe, reply or announce");
  const spa = words.next("an address");
  if (!words.take("is-at")) words.fail("is-at");
  const sha = head.mac(words.next("a hardware address"));
  if (!reply) return arpBody({ op: 1, spa, tpa: spa, sha, tha: option("tha", ZERO_MAC) });
  if (!words.take("to")) words.fail("to");
  return arpBody({ op: 2, spa, sha, tpa: words.next("an address"), tha: option("tha", head.mac(head.dst)) });
}

/** "A>B", "A:p>B:q" or "[A]:p>[B]:q". */
function parseEnds(text: string): { src: string; dst: string; sport: number; dport: number } {
  const ports = /^(?:\[(.*)\]|([0-9.]+)):([0-9]+)>(?:\[(.*)\]|([0-9.]+)):([0-9]+)$/.exec(text);
  const [src, dst] = ports ? [ports[1] ?? ports[2], ports[4] ?? ports[5]] : text.split(">");
  parseIp(src);
  parseIp(dst);
  return { src, dst, sport: Number(ports?.[3] ?? 0), dport: Number(ports?.[6] ?? 0) };
}

function parseIpFrame(words: Words, head: Head): Uint8Array {
  const ends = parseEnds(words.next("addresses, as in 10.0.0.1>10.0.0.2 or 10.0.0.1:5000>10.0.0.2:7"));
  const v6 = ends.src.includes(":");
  const type = v6 ? ETHERTYPE.IP6 : ETHERTYPE.IP4;
  const dst = head.dst === "mc" ? multicastMac(ends.dst) : head.mac(head.dst);
  return ethernet(dst, head.src, type, parsePayload(words, head, ends), head.vlans);
}

function parsePayload(words: Words, head: Head, ends: { src: string; dst: string; sport: number; dport: number }): Uint8Array {
  const ip = { src: ends.src, dst: ends.dst };
  if (words.take("udp"))
    return ipBody({ ...ip, proto: PROTO.UDP }, udpBody(ends.sport, ends.dport, new Uint8Array(words.number("a length"))));
  if (words.take("tcp")) {
    const flags = words
      .next("TCP flags")
      .split("+")
      .reduce((sum, name) => sum | (TCP[name.toUpperCase() as keyof typeof TCP] ?? 0), 0);
    const fields = { sport: ends.sport, dport: ends.dport, seq: 1, ack: 1, flags, window: 1000 };
    return ipBody({ ...ip, proto: PROTO.TCP }, tcpBody(fields, new Uint8Array(words.number("a length"))));
  }
  if (words.take("fragment")) {
    const place = words.next("an offset, as in 0+ or 1480");
    if (!words.take("of") || !words.take("udp,")) words.fail("of udp,");
    const data = new Uint8Array(words.number("a length"));
    if (!words.take("bytes")) words.fail("bytes");
    putU16(data, 0, 5000);
    return ipBody({ ...ip, proto: PROTO.UDP, id: 7, offset: Number.parseInt(place, 10), more: place.endsWith("+") }, data);
  }
  if (words.take("icmp"))
    return ipBody({ ...ip, proto: PROTO.ICMP }, echoBody(echoType(words, ICMP.ECHO, ICMP.ECHO_REPLY), 1, 1, new Uint8Array(8)));
  if (words.take("icmp6"))
    return ipBody({ ...ip, proto: PROTO.ICMP6 }, echoBody(echoType(words, ICMP.ECHO6, ICMP.ECHO6_REPLY), 1, 1, new Uint8Array(8)));
  if (words.take("igmp")) return ipBody({ ...ip, proto: PROTO.IGMP, ttl: 1 }, igmpBody(words));
  if (words.take("mld")) return mldPacket(words, ip);
  return ipBody({ ...ip, proto: PROTO.ICMP6, ttl: 255 }, parseNd(words, head));
}

/** An MLDv2 report of one group joined, behind the router alert that RFC 3810 §5 asks for. */
function mldPacket(words: Words, ip: { src: string; dst: string }): Uint8Array {
  if (words.number("143, an MLDv2 report") !== ICMP.MLD2_REPORT) words.fail("143 as the type");
  const report = new Uint8Array(28);
  report[0] = ICMP.MLD2_REPORT;
  report[7] = 1;
  // CHANGE_TO_EXCLUDE_MODE without sources
  report[8] = 4;
  report.set(parseIp(words.next("a group")).bytes16, 12);
  const plain = ipBody({ ...ip, proto: PROTO.ICMP6, ttl: 1 }, report);
  const packet = new Uint8Array(plain.length + ROUTER_ALERT.length);
  packet.set(plain.subarray(0, 40));
  packet[6] = PROTO.HOPOPT;
  putU16(packet, 4, report.length + ROUTER_ALERT.length);
  packet.set(ROUTER_ALERT, 40);
  packet.set(plain.subarray(40), 40 + ROUTER_ALERT.length);
  return packet;
}

/** Hop-by-hop header: ICMPv6 next, router alert for MLD, two bytes of padding. */
const ROUTER_ALERT = Uint8Array.of(PROTO.ICMP6, 0, 5, 2, 0, 0, 1, 0);

function echoType(words: Words, request: number, reply: number): number {
  const word = words.next("echo or echo-reply");
  if (word !== "echo" && word !== "echo-reply") throw new Error(`expected echo or echo-reply, found ${word}`);
  return word === "echo" ? request : reply;
}

/** An IGMPv2 message: type and group. */
function igmpBody(words: Words): Uint8Array {
  const b = new Uint8Array(8);
  b[0] = words.number("an IGMP type");
  b.set(parseIp(words.next("a group")).bytes16.subarray(0, 4), 4);
  return b;
}

function parseNd(words: Words, head: Head): Uint8Array {
  if (words.take("ns")) {
    const target = words.next("an address");
    return ndBody(ICMP.NS, target, 0, words.take("slla") ? head.mac(words.next("a hardware address")) : null);
  }
  if (!words.take("na")) words.fail("udp, tcp, fragment, icmp, icmp6, igmp, mld, ns or na");
  const target = words.next("an address");
  const letters = words.next("flags of r, s, o, or -");
  const flags = (letters.includes("r") ? 0x80 : 0) | (letters.includes("s") ? 0x40 : 0) | (letters.includes("o") ? 0x20 : 0);
  return ndBody(ICMP.NA, target, flags, words.take("tlla") ? head.mac(words.next("a hardware address")) : null);
}
