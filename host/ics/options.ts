// What a node's transport is made from, and the checks of it.
//
// Invariant: a message names the option, what was found and what is allowed; nothing is opened before all of it is checked.

import { isIP } from "node:net";
import { LIMIT } from "../core/abi/clms.js";
import type { Clock } from "./clock.js";
import { IcsError } from "./errors.js";
import type { Keyring } from "./keyring.js";
import { DEFAULT_TIMINGS, PEERS_MAX, type Timings } from "./limits.js";
import type { OpenPort } from "./port.js";
import { DATAGRAM_DEFAULT, DATAGRAM_MAX, DATAGRAM_MIN, LINKS_MAX, parseUuid, VERSION_MAX, VERSION_MIN } from "./wire.js";

/** An IPv4 or IPv6 address and a UDP port. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/** Another node, with an address for each link: its k-th address and this node's k-th address are link k. */
export interface PeerAddresses {
  readonly node: number;
  readonly addresses: readonly Address[];
}

export interface IcsOptions {
  /** this node's number */
  readonly node: number;
  /** the cluster's uuid, as text */
  readonly cluster: string;
  /** this node's addresses, one a link. Port 0: the system chooses (tests) */
  readonly addresses: readonly Address[];
  readonly peers: readonly PeerAddresses[];
  readonly keys: Keyring;
  /** those left out are DEFAULT_TIMINGS */
  readonly timings?: Partial<Timings>;
  /** bytes of a datagram without UDP and IP headers: what every link can carry; the same on all nodes is best, not needed */
  readonly datagramMax?: number;
  /** versions of the wire format to speak, lowest and highest; for tests of a rolling upgrade */
  readonly versions?: readonly [number, number];
  readonly clock?: Clock;
  readonly random?: (bytes: number) => Buffer;
  readonly openPort?: OpenPort;
}

/** Options that have been looked at. */
export interface Checked {
  readonly uuid: Buffer;
  readonly timings: Timings;
  readonly datagramMax: number;
  readonly versions: readonly [number, number];
}

/** Checks options. Throws IcsError EINVAL. */
export function checkOptions(o: IcsOptions): Checked {
  nodeNumber(o.node, "node");
  const uuid = parseUuid(o.cluster);
  if (!uuid) throw new IcsError("EINVAL", `cluster: found ${JSON.stringify(o.cluster)}; allowed: a uuid, 8-4-4-4-12 hexadecimal digits`);
  checkAddresses(o.addresses, "addresses", 0);
  checkPeers(o.peers, o.node);
  const datagramMax = range(o.datagramMax ?? DATAGRAM_DEFAULT, "datagramMax", DATAGRAM_MIN, DATAGRAM_MAX);
  const versions = o.versions ?? [VERSION_MIN, VERSION_MAX];
  range(versions[0], "versions[0]", 1, 255);
  range(versions[1], "versions[1]", versions[0], 255);
  const timings = { ...DEFAULT_TIMINGS, ...o.timings };
  for (const [name, ms] of Object.entries(timings))
    if (!(ms > 0 && ms <= 3_600_000)) throw new IcsError("EINVAL", `timings.${name}: found ${ms}; allowed: above 0, at most 3,600,000 ms`);
  if (timings.downMs < timings.suspectMs)
    throw new IcsError("EINVAL", `timings.downMs: found ${timings.downMs}; allowed: suspectMs (${timings.suspectMs}) or more`);
  return { uuid, timings, datagramMax, versions };
}

/** Checks a list of peers. Throws IcsError EINVAL. */
export function checkPeers(peers: readonly PeerAddresses[], self: number): void {
  if (peers.length > PEERS_MAX) throw new IcsError("EINVAL", `peers: found ${peers.length}; allowed: at most ${PEERS_MAX}`);
  const seen = new Map<number, number>();
  const places = new Map<string, string>();
  peers.forEach(({ node, addresses }, i) => {
    const at = `peers[${i}]`;
    nodeNumber(node, `${at}.node`);
    if (node === self) throw new IcsError("EINVAL", `${at}.node: found ${node}; allowed: another number than this node's own`);
    if (seen.has(node))
      throw new IcsError("EINVAL", `${at}.node: found ${node}, as in peers[${seen.get(node)}]; allowed: each number once`);
    seen.set(node, i);
    checkAddresses(addresses, `${at}.addresses`, 1);
    addresses.forEach((a, k) => {
      const place = `${a.address}:${a.port}`;
      const other = places.get(place);
      if (other) throw new IcsError("EINVAL", `${at}.addresses[${k}]: found ${place}, as in ${other}; allowed: each address and port once`);
      places.set(place, `${at}.addresses[${k}]`);
    });
  });
}

function checkAddresses(addresses: readonly Address[], at: string, portMin: number): void {
  if (addresses.length < 1 || addresses.length > LINKS_MAX)
    throw new IcsError("EINVAL", `${at}: found ${addresses.length}; allowed: 1 to ${LINKS_MAX} addresses`);
  addresses.forEach((a, i) => {
    if (isIP(a.address) === 0)
      throw new IcsError("EINVAL", `${at}[${i}].address: found ${JSON.stringify(a.address)}; allowed: an IPv4 or IPv6 address`);
    range(a.port, `${at}[${i}].port`, portMin, 65_535);
  });
}

const nodeNumber = (value: number, at: string): number => range(value, at, 1, LIMIT.NODE_MAX);

function range(value: number, at: string, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new IcsError("EINVAL", `${at}: found ${value}; allowed: a whole number from ${min} to ${max}`);
  return value;
}
