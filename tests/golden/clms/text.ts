// Records, events and messages as lines of a scenario's log. What differs from run to run by chance, or says only when
// something was (times, hashes, numbers of boots), is left out.

import {
  CALL_NAME,
  CAUSE_NAME,
  CFGOP,
  CFGOP_NAME,
  ENGINE,
  ENGINE_NAME,
  EVENT,
  EVENT_NAME,
  KIND,
  KIND_NAME,
  MODE_NAME,
  Msg,
  NS_NAME,
  PHASE_NAME,
  RECF,
  REFUSED_NAME,
  SVCOP_NAME,
  TransRec,
} from "../../../host/core/abi/clms.js";
import type { ClmsEvent, TransRecord } from "../../../host/core/clms_records.js";

/** round.node */
export function ballotText(ballot: number): string {
  return `${Math.floor(ballot / 65_536)}.${ballot % 65_536}`;
}

function what(r: TransRecord): string {
  switch (r.kind) {
    case KIND.NODE:
      return `node ${r.node} ${NS_NAME[r.from]} > ${NS_NAME[r.to]} inc ${r.inc}`;
    case KIND.SET_BEGIN:
    case KIND.SET_END:
      return PHASE_NAME[Number(r.arg)] ?? String(r.arg);
    case KIND.KEYSVC:
      return `service ${r.setId} ${SVCOP_NAME[r.to]}${r.node ? ` node ${r.node}` : ""}`;
    case KIND.CONFIG:
      return `${CFGOP_NAME[r.to]}${r.to === CFGOP.MODE ? ` ${MODE_NAME[Number(r.arg)]}` : ` node ${r.node}`}`;
    case KIND.DUMMY:
      return "";
    default:
      return `node ${r.node}`;
  }
}

/** "8 NODE node 3 UP > KCLEANUP inc 1, HEARTBEAT, by 1.1" */
export function recordText(r: TransRecord): string {
  const flags = Object.entries(RECF).filter(([, bit]) => (r.flags & bit) !== 0);
  const words = [`${r.slot} ${r.kind === KIND.NODE ? "" : KIND_NAME[r.kind]} ${what(r)}`.trim().replaceAll(/ +/g, " ")];
  if (r.cause !== 0) words.push(CAUSE_NAME[r.cause]);
  for (const [name] of flags) words.push(name.toLowerCase());
  return `${words.join(", ")}, by ${ballotText(r.ballot)}`;
}

/** Events that every log shows; the others only where a scenario watches them. */
export const ALWAYS = ["MASTER", "ADMITTED", "EVICTED", "REFUSED", "DIVERGED", "HALTED", "PAUSED", "BLAST"];

/** Name by which an event is watched, and its text; null: it says nothing to people. */
export function eventText(e: ClmsEvent, ballot: number): { name: string; text: string } | null {
  switch (e.type) {
    case EVENT.ENGINE:
      if (e.new === ENGINE.MASTER) return { name: "MASTER", text: `is master, ballot ${ballotText(ballot)}` };
      if (e.new === ENGINE.HALTED) return { name: "HALTED", text: "stands still: its history is not the cluster's" };
      return { name: "ENGINE", text: `${ENGINE_NAME[e.old]} > ${ENGINE_NAME[e.new]}` };
    case EVENT.ADMITTED:
      return { name: "ADMITTED", text: `is admitted as incarnation ${e.inc}` };
    case EVENT.EVICTED:
      return { name: "EVICTED", text: `learns that it is removed: ${CAUSE_NAME[e.cause]}` };
    case EVENT.REFUSED:
      return { name: "REFUSED", text: `is refused: ${REFUSED_NAME[e.new]}` };
    case EVENT.DIVERGED:
      return { name: "DIVERGED", text: "finds its history contradicted" };
    case EVENT.PAUSED:
      return { name: "PAUSED", text: "finds that it did not run" };
    case EVENT.GATE:
      return { name: "GATE", text: e.new === 1 ? "opens its gate" : "closes its gate" };
    case EVENT.LEASE:
      return { name: "LEASE", text: e.new === 1 ? "holds its lease" : "has lost its lease" };
    case EVENT.SUSPECT:
      return { name: "SUSPECT", text: `${e.new === 1 ? "misses" : "hears again"} node ${e.node}` };
    case EVENT.BLAST:
      return { name: "BLAST", text: `may not remove ${e.arg}: more than a minority` };
    case EVENT.RESYNC:
      return { name: "RESYNC", text: "takes the membership anew" };
    case EVENT.SVC_TAKE:
    case EVENT.SVC_RELEASE:
      return { name: "SERVICE", text: `is to ${e.type === EVENT.SVC_TAKE ? "hold" : "give up"} service ${e.new}` };
    case EVENT.ARB_READ:
    case EVENT.ARB_WRITE:
      return { name: "ARBITER", text: e.type === EVENT.ARB_READ ? "reads the register" : "writes the register" };
    case EVENT.SUBSYS:
      return { name: "CALL", text: `runs ${CALL_NAME[e.old]} for slot ${e.slot}` };
    case EVENT.APPLIED:
    case EVENT.MASTER:
    case EVENT.META:
      return null;
    default:
      return { name: EVENT_NAME[e.type] ?? "?", text: `${EVENT_NAME[e.type]} ${e.new}` };
  }
}

/** What a message says, for those that a scenario waits for or watches. */
export function messageText(kind: string, bytes: Uint8Array): string {
  const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const number = (at: number) => Number(dv.getBigUint64(at, true));
  const count = dv.getUint32(Msg.count, true);
  const ballot = `ballot ${ballotText(number(Msg.ballot))}`;
  switch (kind) {
    case "STAGE": {
      if (count === 0) return ballot;
      const first = number(Msg.SIZE + TransRec.slot);
      return `${ballot} slots ${first}${count > 1 ? `-${first + count - 1}` : ""}`;
    }
    case "REFUSE":
      return REFUSED_NAME[number(Msg.aux)] ?? "";
    case "PREVOTE_ACK":
      return number(Msg.aux) === 1 ? "yes" : "no";
    case "PREVOTE":
    case "JOIN":
    case "HINT":
      return "";
    case "POLL":
    case "NAK":
      return ballot;
    default:
      return `${ballot} slot ${number(Msg.slot)}`;
  }
}
