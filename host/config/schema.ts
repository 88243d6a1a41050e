// The JSON Schema of the configuration, built from the settings table and the limits of the ABI.
// Invariants: docs/holdfast.schema.json is this schema (scripts/manual.mjs writes it, tests compare them; `holdfast check --schema`
// prints it); every node that can be violated has a description that completes the sentence "allowed: …".

import { LIMIT } from "../core/abi/ipmp.js";
import { IOS, NUMBERS, POLICIES, SWITCHES, WATCH_MODES, WATCHES } from "./settings.js";
import { ENCAPS, REBALANCES, WEIGHTS } from "./shares.js";

/** Longest interface name that Linux takes, in bytes (IFNAMSIZ without the final NUL). */
export const IFNAME_MAX = 15;

/** Largest MTU of a TAP, and so of a group: 65,535 bytes with the Ethernet header. */
export const MTU_MAX = 65_521;

/** Largest number of a VLAN (IEEE 802.1Q). */
export const VLAN_ID_MAX = 4094;

const NAME = {
  type: "string",
  pattern: `^(?!\\.{1,2}$)[!-$&-.0-9;-~]{1,${IFNAME_MAX}}$`,
  description: `an interface name: 1 to ${IFNAME_MAX} printable ASCII characters, none of them space, "/", ":" or "%"`,
};

function numberOf(s: (typeof NUMBERS)[number]) {
  const unit = s.unit === "ms" ? " of milliseconds" : s.unit === "s" ? " of seconds" : "";
  return {
    type: "integer",
    minimum: s.min,
    maximum: s.max,
    default: s.default,
    title: s.doc,
    description: `a whole number${unit} from ${s.min} to ${s.max}`,
  };
}

const MEMBER = {
  type: ["string", "object"],
  pattern: NAME.pattern,
  properties: {
    name: { ...NAME, title: "the NIC" },
    standby: { type: "boolean", default: false, title: "used only when too few others are active", description: "true or false" },
    weight: {
      type: "integer",
      minimum: 1,
      maximum: LIMIT.WEIGHT_MAX,
      default: 1,
      title: "its share of the group's addresses, flows and turns, among the other NICs' weights",
      description: `a whole number from 1 to ${LIMIT.WEIGHT_MAX}`,
    },
    test_addresses: {
      type: "array",
      items: { type: "string", description: 'an address with its prefix, as in "192.0.2.101/24", or "link-local"' },
      maxItems: 2,
      default: [],
      title: "addresses of the NIC's own that it probes from and that never move, one a family",
      description: 'a list of at most one address a family, as in ["192.0.2.101/24", "link-local"]',
    },
  },
  required: ["name"],
  additionalProperties: false,
  description: `${NAME.description}; or { name = "eth1", standby = true }`,
};

const quoted = (words: object): string =>
  Object.keys(words)
    .map((w) => `"${w}"`)
    .join(", ");

const SHARES = {
  weight: {
    type: "string",
    enum: Object.keys(WEIGHTS),
    title:
      'what shares are by: all the same, each NIC\'s speed, or its weight; without it "configured" if any NIC has a weight, else "equal"',
    description: quoted(WEIGHTS),
  },
  encap: {
    type: "array",
    items: { type: "string", enum: Object.keys(ENCAPS), description: quoted(ENCAPS) },
    uniqueItems: true,
    default: Object.keys(ENCAPS),
    title: "encapsulations whose inner packet decides the flow",
    description: `a list of ${quoted(ENCAPS)}`,
  },
  rebalance: {
    type: "string",
    enum: Object.keys(REBALANCES),
    default: "newest",
    title: "which address moves when one has to for evenness",
    description: quoted(REBALANCES),
  },
  pins: {
    type: "object",
    additionalProperties: { ...NAME, description: "the name of a NIC of the group" },
    maxProperties: LIMIT.ADDR_MAX,
    default: {},
    title: "data addresses and the NIC each is to be on while that works",
    description: `a table of at most ${LIMIT.ADDR_MAX}, as in { "192.0.2.10" = "eth1" }`,
  },
};

const TARGET = { type: "string", description: 'an address without prefix, as in "192.0.2.1" or "2001:db8::1"' };

const PROBING = {
  watch: {
    type: "array",
    items: { type: "string", enum: Object.keys(WATCHES), description: quoted(WATCHES) },
    uniqueItems: true,
    default: ["icmp"],
    title: "what NICs are probed by, besides carrier: echo from test addresses, ARP and neighbour solicitations",
    description: `a list of ${quoted(WATCHES)}`,
  },
  watch_mode: {
    type: "string",
    enum: Object.keys(WATCH_MODES),
    default: "any",
    title: "how many of a NIC's kinds of probes must have failed for it to have failed",
    description: quoted(WATCH_MODES),
  },
  routers: {
    type: "boolean",
    default: true,
    title: "the next hops of routes through the group are probed, and hosts that have a route of their own",
    description: "true or false",
  },
  targets: {
    type: "array",
    items: TARGET,
    maxItems: 2 * LIMIT.TARGET_MAX,
    default: [],
    title: "hosts to probe, besides routers",
    description: `a list of at most ${LIMIT.TARGET_MAX} addresses a family`,
  },
  resolve_targets: {
    type: "array",
    items: TARGET,
    maxItems: 2 * LIMIT.TARGET_MAX,
    default: [],
    title: 'hosts that "arp-nd" asks; without any, routers and targets are asked',
    description: `a list of at most ${LIMIT.TARGET_MAX} addresses a family`,
  },
};

const GROUP = {
  type: "object",
  properties: {
    name: { ...NAME, title: "name of the group and of its interface" },
    members: {
      type: "array",
      items: MEMBER,
      minItems: 1,
      maxItems: LIMIT.MEMBER_MAX,
      title: "the NICs",
      description: `a list of 1 to ${LIMIT.MEMBER_MAX} NICs`,
    },
    families: {
      type: "array",
      items: { type: "string", enum: ["ipv4", "ipv6"], description: '"ipv4" or "ipv6"' },
      minItems: 1,
      uniqueItems: true,
      default: ["ipv4", "ipv6"],
      title: "address families the group carries",
      description: '["ipv4"], ["ipv6"] or ["ipv4", "ipv6"]',
    },
    policy: {
      type: "string",
      enum: Object.keys(POLICIES),
      default: "flow",
      title: "how an outgoing frame's NIC is chosen",
      description: `${Object.keys(POLICIES)
        .map((p) => `"${p}"`)
        .join(", ")}`,
    },
    ...Object.fromEntries(
      SWITCHES.map((s) => [s.key, { type: "boolean", default: s.default, title: s.doc, description: "true or false" }]),
    ),
    ...Object.fromEntries(NUMBERS.map((s) => [s.key, numberOf(s)])),
    announce_vlans: {
      type: "array",
      items: {
        type: ["integer", "string"],
        minimum: 1,
        maximum: VLAN_ID_MAX,
        pattern: "^[0-9]{1,4}\\.[0-9]{1,4}$",
        description: `a VLAN from 1 to ${VLAN_ID_MAX}, or "OUTER.INNER" of two tags (802.1ad)`,
      },
      maxItems: LIMIT.VLAN_MAX,
      default: [],
      title: "VLANs in which every data address is announced too",
      description: `a list of at most ${LIMIT.VLAN_MAX} VLANs`,
    },
    mtu: {
      type: "integer",
      minimum: LIMIT.MTU_MIN_V4,
      maximum: MTU_MAX,
      title: "MTU given to every member; without it each keeps its own and the group's is the least of them",
      description: `a whole number of bytes from ${LIMIT.MTU_MIN_V4} (${LIMIT.MTU_MIN_V6} with IPv6) to ${MTU_MAX}`,
    },
    addresses: {
      type: "array",
      items: { type: "string", description: 'an address with its prefix, as in "192.0.2.10/24" or "2001:db8::10/64"' },
      maxItems: LIMIT.ADDR_MAX,
      default: [],
      title: "data addresses put on the group interface; others may be added by any tool",
      description: `a list of at most ${LIMIT.ADDR_MAX} addresses`,
    },
    ...SHARES,
    ...PROBING,
    io: {
      type: "string",
      enum: Object.keys(IOS),
      default: "auto",
      title:
        'how frames get from and to the NICs: "packet", the kernel\'s ring; "xdp", XDP sockets beside it for what they do better; "auto" is "packet"',
      description: quoted(IOS),
    },
  },
  required: ["name", "members"],
  additionalProperties: false,
  description: "a table with the keys of a group",
};

/** How long the packet loop goes on looking for frames under load before it sleeps. */
export const SPIN_US = { min: 0, max: 1000, default: 0 };

const LOOP = {
  type: "object",
  properties: {
    spin_us: {
      type: "integer",
      minimum: SPIN_US.min,
      maximum: SPIN_US.max,
      default: SPIN_US.default,
      title: "how long the packet loop goes on looking for frames under load before it sleeps; costs CPU, saves latency",
      description: `a whole number of microseconds from ${SPIN_US.min} to ${SPIN_US.max}`,
    },
  },
  additionalProperties: false,
  description: "a table [loop]",
};

/** How often metrics are written to a file. */
export const TEXTFILE_S = { min: 1, max: 3600, default: 15 };

const METRICS = {
  type: "object",
  properties: {
    listen: {
      type: "string",
      title: "where metrics are served over HTTP, at /metrics",
      description: '"ADDRESS:PORT" as in "127.0.0.1:9500" or "[::1]:9500", or "unix:/PATH"',
    },
    textfile: {
      type: "string",
      pattern: "^/.+\\.prom$",
      title: "a file for node_exporter's textfile collector",
      description: 'an absolute path that ends in ".prom"',
    },
    textfile_interval_s: {
      type: "integer",
      minimum: TEXTFILE_S.min,
      maximum: TEXTFILE_S.max,
      default: TEXTFILE_S.default,
      title: "how often that file is written",
      description: `a whole number of seconds from ${TEXTFILE_S.min} to ${TEXTFILE_S.max}`,
    },
  },
  additionalProperties: false,
  description: "a table [metrics]",
};

export const SCHEMA = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Configuration of holdfast",
  type: "object",
  properties: {
    group: {
      type: "array",
      items: GROUP,
      minItems: 1,
      maxItems: LIMIT.GRP_MAX,
      description: `1 to ${LIMIT.GRP_MAX} tables, each begun by a line [[group]]`,
    },
    loop: LOOP,
    metrics: METRICS,
  },
  required: ["group"],
  additionalProperties: false,
  description: "tables [[group]], and [loop], [metrics]",
};
