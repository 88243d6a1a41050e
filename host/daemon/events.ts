// The module's events in words: what goes to the log, to the control socket and to the demo.
//
// Invariant: handles become names here and nowhere else; an event whose NIC or group is gone keeps the name it had.

import { CAUSE, CAUSE_NAME, EVENT, type IpmpEvent, PG_NAME, PHYI, PI_NAME, PMODE_NAME, TG, TG_NAME } from "../core/index.js";
import { isoOf } from "./clock.js";
import type { Level } from "./log.js";

/** An event as JSON: absent fields do not apply. */
export interface EventRecord {
  time: string;
  /** number given by the module; 0 for events of the daemon itself */
  seq: number;
  /** EVENT in lower case, as in "if_state" */
  event: string;
  level: Level;
  /** one sentence for people */
  text: string;
  group?: string;
  nic?: string;
  family?: string;
  old?: string;
  new?: string;
  cause?: string;
  count?: number;
  address?: string;
  mac?: string;
}

/** Events of the daemon itself, besides those of the module. */
export const OWN_EVENTS = [
  "reload",
  "trap",
  "restored",
  "exchanged",
  // what befalls NICs, group interfaces and addresses (members.ts, group.ts, addresses.ts, offloads.ts)
  "start",
  "restore",
  "member_gone",
  "member_renamed",
  "member_mac",
  "member_mtu",
  "member_enslaved",
  "member_unusable",
  "member_address",
  "interface_gone",
  "interface_renamed",
  "address_refused",
  "offload",
] as const;
export type OwnEvent = (typeof OWN_EVENTS)[number];

/** Every event there is, by name. */
export const EVENT_NAMES: readonly string[] = [
  ...Object.keys(EVENT)
    .filter((name) => name !== "NONE")
    .map((name) => name.toLowerCase()),
  ...OWN_EVENTS,
];

/** Names of handles, those that are gone included. */
export interface Names {
  group(grp: number | null): string | undefined;
  nic(phyint: number | null): string | undefined;
}

/** Words for the causes, as they end a sentence. */
const WHY: Readonly<Record<number, string>> = {
  [CAUSE.LINK]: "carrier",
  [CAUSE.ADMIN]: "the administrator",
  [CAUSE.GROUP]: "every member of the group fails",
  [CAUSE.MEMBERSHIP]: "membership",
  [CAUSE.FLAP]: "carrier came and went too often",
  [CAUSE.HWADDRDUP]: "its hardware address is not unique",
  [CAUSE.DETECTOR]: "a detector",
  [CAUSE.PROBE]: "probes",
  [CAUSE.TARGETS]: "targets found or lost",
};

const FAMILY_WORD = ["IPv4", "IPv6"];
const FAMILY_KEY = ["ipv4", "ipv6"];
const NONE = 0xffff;

function flagList(flags: number): string {
  const on = Object.entries(PHYI).filter(([, bit]) => flags & bit);
  return on.length === 0 ? "none" : on.map(([name]) => name.toLowerCase()).join(",");
}

type Told = Pick<EventRecord, "text"> & Partial<EventRecord>;

/** What each type of event says. */
function tell(e: IpmpEvent, group: string, nic: string, names: Names): Told {
  const word = FAMILY_WORD[e.family];
  const family = FAMILY_KEY[e.family];
  const why = WHY[e.cause] === undefined ? "" : ` (${WHY[e.cause]})`;
  const address = e.addr ?? undefined;
  switch (e.type) {
    case EVENT.GRP_CHANGE:
      return { text: `${group}: group ${e.new ? "created" : "removed"}`, new: e.new ? "created" : "removed" };
    case EVENT.GRP_STATE: {
      const [old, now] = [PG_NAME[e.old]?.toLowerCase(), PG_NAME[e.new]?.toLowerCase()];
      return { text: `${group}: group ${old} -> ${now}`, old, new: now, level: now === "ok" ? "info" : "warn" };
    }
    case EVENT.GRP_RUNNING:
      return {
        text: `${group}: interface ${e.new ? "has carrier" : "has no carrier"}`,
        new: e.new ? "up" : "down",
        level: e.new ? "info" : "warn",
      };
    case EVENT.MEMBER_CHANGE:
      return { text: `${nic}: ${e.new ? "joined" : "left"} ${group}`, new: e.new ? "joined" : "left" };
    case EVENT.IF_STATE: {
      const [old, now] = [PI_NAME[e.old]?.toLowerCase(), PI_NAME[e.new]?.toLowerCase()];
      return { text: `${nic}: ${old} -> ${now}${why}`, old, new: now, level: now === "failed" ? "warn" : "info" };
    }
    case EVENT.IF_FLAGS:
      return { text: `${nic}: flags ${flagList(e.old)} -> ${flagList(e.new)}`, old: flagList(e.old), new: flagList(e.new), level: "debug" };
    case EVENT.ILL_ACTIVE:
      return { text: `${nic}: ${e.new ? "carries" : "no longer carries"} ${word}`, family, new: e.new ? "active" : "inactive" };
    case EVENT.CAST: {
      const [old, now] = [e.old, e.new].map((p) => (p === NONE ? "none" : (names.nic(p) ?? "none")));
      return { text: `${group}: ${word} broadcast and multicast: ${old} -> ${now}`, family, old, new: now, level: "debug" };
    }
    case EVENT.REBIND: {
      const about = e.phyint === null ? "to even out" : nic;
      return { text: `${group}: ${e.count} address${e.count === 1 ? "" : "es"} bound anew (${about})`, count: e.count };
    }
    case EVENT.ADDR_STATE: {
      const now = ["down", "up", "duplicate"][e.new] ?? String(e.new);
      const whose = e.phyint === null ? `${group}:` : `${nic}: test address`;
      return { text: `${whose} ${address} ${now}`, address, new: now, level: e.new === 2 ? "error" : "info" };
    }
    case EVENT.CONFLICT:
      return {
        text: `${group}: ${address} is also claimed by ${e.mac}${e.new ? "; given up" : ""}`,
        address,
        mac: e.mac ?? undefined,
        new: e.new ? "given up" : undefined,
        level: "warn",
      };
    case EVENT.MCAST_FULL:
      return { text: `${group}: more ${word} multicast memberships than are remembered`, family, count: e.count, level: "warn" };
    case EVENT.MTU:
      return { text: `${group}: ${word} MTU ${e.old} -> ${e.new}`, family, old: String(e.old), new: String(e.new) };
    case EVENT.LINK:
      return { text: `${nic}: carrier ${e.new ? "up" : "down"}`, old: e.old ? "up" : "down", new: e.new ? "up" : "down" };
    case EVENT.FLAP:
      return {
        text: `${nic}: ${e.new ? "held failed: carrier came and went too often" : "no longer held failed"}`,
        new: e.new ? "held" : "released",
        level: "warn",
      };
    case EVENT.WEIGHT:
      return { text: `${nic}: weight ${e.old} -> ${e.new}`, old: String(e.old), new: String(e.new) };
    case EVENT.PIN: {
      const what = address ?? `${e.count} address${e.count === 1 ? "" : "es"}`;
      const now = e.new ? "pinned" : "released";
      return {
        text: `${group}: ${what} ${e.new ? "pinned to" : "no longer pinned to"} ${nic}`,
        address,
        new: now,
        count: e.count || undefined,
      };
    }
    default:
      return tellProbe(e, group, nic, address);
  }
}

/** What events of probing say. */
function tellProbe(e: IpmpEvent, group: string, nic: string, address: string | undefined): Told {
  const family = FAMILY_KEY[e.family];
  const probe = { level: "debug", address, family, count: e.count } as const;
  switch (e.type) {
    case EVENT.PROBE_SENT:
      return { ...probe, text: `${nic}: probe ${e.count} to ${address}` };
    case EVENT.PROBE_ACKED:
      return { ...probe, text: `${nic}: ${address} answered probe ${e.count} after ${(Number(e.time - e.start) / 1e6).toFixed(3)} ms` };
    case EVENT.PROBE_LOST:
      return { ...probe, text: `${nic}: probe ${e.count} to ${address} was not answered` };
    case EVENT.GRP_FAILURE:
      return {
        text: `${group}: ${e.new ? "every member has gone silent: group failure" : "group failure is over"}`,
        new: e.new ? "failure" : "over",
        level: e.new ? "error" : "info",
      };
    case EVENT.FDT:
      return {
        text: `${group}: detection time ${e.old} ms -> ${e.new} ms`,
        old: String(e.old),
        new: String(e.new),
        level: e.new > e.old ? "warn" : "info",
      };
    case EVENT.TARGETS:
      return { text: `${nic}: ${e.count} ${FAMILY_WORD[e.family]} targets`, family, count: e.count, new: PMODE_NAME[e.new]?.toLowerCase() };
    case EVENT.TARGET_STATE: {
      const [old, now] = [e.old, e.new].map((s) => (s === 0 ? "none" : (TG_NAME[s]?.toLowerCase() ?? "none")));
      const level = e.new === TG.SLOW || e.new === TG.DEAD ? "warn" : "debug";
      return { text: `${nic}: target ${address} ${old} -> ${now}`, address, family, old, new: now, level };
    }
    default:
      return { text: `event ${e.name}` };
  }
}

export function describeEvent(e: IpmpEvent, names: Names): EventRecord {
  const group = names.group(e.grp);
  const nic = names.nic(e.phyint);
  const told = tell(e, group ?? "?", nic ?? "?", names);
  return {
    time: isoOf(e.time),
    seq: e.seq,
    event: e.name.toLowerCase(),
    level: "info",
    group,
    nic,
    cause: e.cause === CAUSE.NONE ? undefined : CAUSE_NAME[e.cause]?.toLowerCase(),
    ...told,
  };
}
