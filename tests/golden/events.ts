// Events as lines of a scenario's log.

import { CAUSE_NAME, EVENT, type IpmpEvent, PG_NAME, PHYI_NAME, PI_NAME, PMODE_NAME, TG_NAME } from "../../host/core/index.js";

export type NicName = (phyint: number | null) => string;

/** "+FAILED -RUNNING": the bits that changed. */
function flagChange(before: number, after: number): string {
  const parts: string[] = [];
  for (const [bit, name] of Object.entries(PHYI_NAME)) {
    const mask = Number(bit);
    if ((before & mask) !== (after & mask)) parts.push(`${after & mask ? "+" : "-"}${name}`);
  }
  return parts.join(" ");
}

const FAMILY = ["IPv4", "IPv6"];
const ADDR_STATE = ["down", "up", "duplicate"];

export function eventLine(e: IpmpEvent, nic: NicName, macName: (mac: string) => string): string {
  const who = nic(e.phyint);
  const nominee = (p: number): string => nic(p === 0xffff ? null : p);
  switch (e.type) {
    case EVENT.GRP_CHANGE:
      return e.new === 1 ? "group created" : "group destroyed";
    case EVENT.GRP_STATE:
      return `group ${PG_NAME[e.old]} -> ${PG_NAME[e.new]}`;
    case EVENT.GRP_RUNNING:
      return e.new === 1 ? "group has carrier" : "group has no carrier";
    case EVENT.MEMBER_CHANGE:
      return `${who} ${e.new === 1 ? "joined" : "left"}`;
    case EVENT.IF_STATE:
      return `${who} ${PI_NAME[e.old]} -> ${PI_NAME[e.new]} (${CAUSE_NAME[e.cause]})`;
    case EVENT.IF_FLAGS:
      return `${who} flags ${flagChange(e.old, e.new)}`;
    case EVENT.ILL_ACTIVE:
      return `${who} ${FAMILY[e.family]} ${e.new === 1 ? "active" : "not active"}`;
    case EVENT.CAST:
      return `${FAMILY[e.family]} nominee ${nominee(e.old)} -> ${nominee(e.new)}`;
    case EVENT.REBIND:
      return `${e.count} ${FAMILY[e.family]} bound anew (${e.phyint === null ? "to even out" : who})`;
    case EVENT.ADDR_STATE:
      return `${e.addr} ${ADDR_STATE[e.new] ?? e.new}`;
    case EVENT.CONFLICT:
      return `${e.addr} claimed by ${e.mac === null ? "nobody" : macName(e.mac)}`;
    case EVENT.MTU:
      return `${FAMILY[e.family]} MTU ${e.old} -> ${e.new}`;
    case EVENT.LINK:
      return `${who} carrier ${e.new === 1 ? "up" : "down"}`;
    case EVENT.FLAP:
      return `${who} ${e.new === 1 ? "held failed by damping" : "released by damping"}`;
    case EVENT.GRP_FAILURE:
      return e.new === 1 ? "every member silent: group failure" : "group failure over";
    case EVENT.FDT:
      return `detection time ${e.old} ms -> ${e.new} ms`;
    case EVENT.TARGETS:
      return `${who} ${e.count} ${FAMILY[e.family]} targets (${PMODE_NAME[e.new]})`;
    case EVENT.TARGET_STATE:
      return `${who} target ${e.addr} ${e.old === 0 ? "none" : TG_NAME[e.old]} -> ${e.new === 0 ? "none" : TG_NAME[e.new]}`;
    case EVENT.WEIGHT:
      return `${who} weight ${e.old} -> ${e.new}`;
    case EVENT.PIN:
      return `${e.addr ?? `${e.count} of its addresses`} ${e.new === 1 ? "pinned to" : "no longer pinned to"} ${who}`;
    default:
      return `${e.name} ${e.old} -> ${e.new}`;
  }
}
