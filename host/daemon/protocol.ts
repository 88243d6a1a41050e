// The control protocol: newline-delimited JSON over a Unix socket.
//
//   → {"v":1,"id":7,"cmd":"offline","nic":"eth1"}
//   ← {"v":1,"id":7,"ok":true,"result":{…}}
//   ← {"v":1,"id":7,"ok":false,"error":{"code":"EMINRED","message":"…"}}
//   ← {"v":1,"id":7,"event":{…}}                    after "events" and "probes", until either side closes
//
// After "capture" and its reply the connection carries a pcapng stream and nothing else; a line from the client ends it.
//
// Invariant: parseRequest never throws anything but Refusal, whatever the line holds.

import { EVENTS_KEPT } from "./history.js";
import { Refusal } from "./refusal.js";

export const PROTOCOL = 1;
/** Longest line that is read, in bytes. */
export const LINE_MAX = 64 * 1024;

export type RequestId = string | number | null;

export type Request = { id: RequestId } & (
  | { cmd: "status" }
  | { cmd: "stats" }
  | { cmd: "metrics" }
  | { cmd: "events"; last: number }
  | { cmd: "reload"; binary: boolean }
  | { cmd: "down"; keep: boolean }
  | { cmd: "offline"; nic: string; minRedundancy: number; down: boolean }
  | { cmd: "undo_offline"; nic: string }
  | { cmd: "standby"; nic: string; on: boolean }
  | { cmd: "recent"; last: number }
  | { cmd: "probes" }
  | CaptureRequest
);

/** Frames of all NICs, of a group's, or of one; null: not narrowed. */
export interface CaptureRequest {
  cmd: "capture";
  group: string | null;
  nic: string | null;
  /** bytes kept of each frame */
  snaplen: number;
}

/** Longest frame there is: a superframe with its Ethernet header and tags. */
export const SNAPLEN = { min: 14, max: 262_144 } as const;

export const COMMANDS = [
  "status",
  "stats",
  "events",
  "reload",
  "down",
  "offline",
  "undo_offline",
  "standby",
  "recent",
  "probes",
  "capture",
  "metrics",
] as const;

/** Keys of a command besides v, id and cmd. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  events: ["last"],
  reload: ["binary"],
  down: ["keep"],
  offline: ["nic", "min_redundancy", "down"],
  undo_offline: ["nic"],
  standby: ["nic", "on"],
  recent: ["last"],
  capture: ["group", "nic", "snaplen"],
};

type Raw = Record<string, unknown>;

/** Reads a line. The Refusal it throws has the request's id, if one could be made out. */
export function parseRequest(line: string): Request {
  const raw = objectOf(line);
  const id = idOf(raw.id);
  const refuse = (text: string): Refusal => Object.assign(new Refusal("EINVAL", text), { id });
  if (raw.v !== PROTOCOL) throw refuse(`v: found ${JSON.stringify(raw.v) ?? "nothing"}; allowed: ${PROTOCOL}`);
  const cmd = COMMANDS.find((c) => c === raw.cmd);
  if (cmd === undefined) throw refuse(`cmd: found ${short(raw.cmd)}; allowed: ${COMMANDS.join(", ")}`);
  const keys = ["v", "id", "cmd", ...(KEYS[cmd] ?? [])];
  const extra = Object.keys(raw).find((k) => !keys.includes(k));
  if (extra !== undefined) throw refuse(`${cmd}: unknown key ${short(extra)}; allowed: ${keys.join(", ")}`);
  return requestOf(cmd, raw, id, refuse);
}

type Refuse = (text: string) => Refusal;

function requestOf(cmd: (typeof COMMANDS)[number], raw: Raw, id: RequestId, refuse: Refuse): Request {
  const nic = (): string => {
    if (typeof raw.nic !== "string" || raw.nic === "") throw refuse(`nic: found ${short(raw.nic)}; needed: the name of a NIC`);
    return raw.nic;
  };
  const flag = (key: string, fallback?: boolean): boolean => {
    // null is not "nothing said": what is not understood must not take groups down
    const value = key in raw ? raw[key] : fallback;
    if (typeof value !== "boolean") throw refuse(`${key}: found ${short(raw[key])}; allowed: true or false`);
    return value;
  };
  const number = (key: string, min: number, max: number, fallback: number): number => {
    const value = key in raw ? raw[key] : fallback;
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max)
      throw refuse(`${key}: found ${short(value)}; allowed: a whole number from ${min} to ${max}`);
    return value;
  };
  const name = (key: string): string | null => {
    const value = raw[key] ?? null;
    if (value !== null && (typeof value !== "string" || value === "")) throw refuse(`${key}: found ${short(value)}; needed: a name`);
    return value;
  };
  switch (cmd) {
    case "events":
      return { id, cmd, last: number("last", 0, EVENTS_KEPT, 0) };
    case "recent":
      return { id, cmd, last: number("last", 0, EVENTS_KEPT, EVENTS_KEPT) };
    case "reload":
      return { id, cmd, binary: flag("binary", false) };
    case "down":
      return { id, cmd, keep: flag("keep", false) };
    case "offline":
      return { id, cmd, nic: nic(), minRedundancy: number("min_redundancy", 0, 32, 1), down: flag("down", false) };
    case "undo_offline":
      return { id, cmd, nic: nic() };
    case "standby":
      return { id, cmd, nic: nic(), on: flag("on") };
    case "capture":
      return { id, cmd, group: name("group"), nic: name("nic"), snaplen: number("snaplen", SNAPLEN.min, SNAPLEN.max, SNAPLEN.max) };
    default:
      return { id, cmd };
  }
}

function objectOf(line: string): Raw {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Refusal("EINVAL", "not JSON; needed: one JSON object a line");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal("EINVAL", `found ${short(value)}; needed: one JSON object a line`);
  return value as Raw;
}

/** The id is given back as it came; what is no plain id is taken as none. */
function idOf(id: unknown): RequestId {
  return (typeof id === "string" && id.length <= 256) || typeof id === "number" ? id : null;
}

function short(v: unknown): string {
  const s = JSON.stringify(v) ?? "nothing";
  return s.length > 60 ? `${s.slice(0, 60)}…` : s;
}

export const replyOk = (id: RequestId, result: unknown): string => `${JSON.stringify({ v: PROTOCOL, id, ok: true, result })}\n`;
export const replyError = (id: RequestId, code: string, message: string): string =>
  `${JSON.stringify({ v: PROTOCOL, id, ok: false, error: { code, message } })}\n`;
export const eventLine = (id: RequestId, event: unknown): string => `${JSON.stringify({ v: PROTOCOL, id, event })}\n`;
