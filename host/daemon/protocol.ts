// The control protocol: newline-delimited JSON over a Unix socket.
//
//   → {"v":1,"id":7,"cmd":"offline","nic":"eth1"}
//   ← {"v":1,"id":7,"ok":true,"result":{…}}
//   ← {"v":1,"id":7,"ok":false,"error":{"code":"EMINRED","message":"…"}}
//   ← {"v":1,"id":7,"event":{…}}                    after "events", until either side closes
//
// Invariant: parseRequest never throws anything but Refusal, whatever the line holds.

import { Refusal } from "./refusal.js";

export const PROTOCOL = 1;
/** Longest line that is read, in bytes. */
export const LINE_MAX = 64 * 1024;

export type RequestId = string | number | null;

export type Request = { id: RequestId } & (
  | { cmd: "status" }
  | { cmd: "stats" }
  | { cmd: "metrics" }
  | { cmd: "events" }
  | { cmd: "reload"; binary: boolean }
  | { cmd: "down"; keep: boolean }
  | { cmd: "offline"; nic: string; minRedundancy: number }
  | { cmd: "undo_offline"; nic: string }
  | { cmd: "standby"; nic: string; on: boolean }
);

export const COMMANDS = ["status", "stats", "events", "reload", "down", "offline", "undo_offline", "standby", "metrics"] as const;

type Raw = Record<string, unknown>;

/** Reads a line. The Refusal it throws has the request's id, if one could be made out. */
export function parseRequest(line: string): Request {
  const raw = objectOf(line);
  const id = idOf(raw.id);
  const refuse = (text: string): Refusal => Object.assign(new Refusal("EINVAL", text), { id });
  if (raw.v !== PROTOCOL) throw refuse(`v: found ${JSON.stringify(raw.v) ?? "nothing"}; allowed: ${PROTOCOL}`);
  const cmd = COMMANDS.find((c) => c === raw.cmd);
  if (cmd === undefined) throw refuse(`cmd: found ${short(raw.cmd)}; allowed: ${COMMANDS.join(", ")}`);
  const known: Record<string, readonly string[]> = {
    reload: ["binary"],
    down: ["keep"],
    offline: ["nic", "min_redundancy"],
    undo_offline: ["nic"],
    standby: ["nic", "on"],
  };
  const extra = Object.keys(raw).find((k) => !["v", "id", "cmd", ...(known[cmd] ?? [])].includes(k));
  if (extra !== undefined)
    throw refuse(`${cmd}: unknown key ${short(extra)}; allowed: ${["v", "id", "cmd", ...(known[cmd] ?? [])].join(", ")}`);

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
  switch (cmd) {
    case "reload":
      return { id, cmd, binary: flag("binary", false) };
    case "down":
      return { id, cmd, keep: flag("keep", false) };
    case "offline": {
      const min = "min_redundancy" in raw ? raw.min_redundancy : 1;
      if (!Number.isInteger(min) || (min as number) < 0 || (min as number) > 32)
        throw refuse(`min_redundancy: found ${short(min)}; allowed: a whole number from 0 to 32`);
      return { id, cmd, nic: nic(), minRedundancy: min as number };
    }
    case "undo_offline":
      return { id, cmd, nic: nic() };
    case "standby":
      return { id, cmd, nic: nic(), on: flag("on") };
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
