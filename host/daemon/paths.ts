// The files of a daemon's state folder.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Refusal } from "./refusal.js";

export const DEFAULT_STATE_DIR = "/run/holdfast";

/** Longest path of a Unix socket on Linux (sun_path without the final NUL). */
const SOCKET_PATH_MAX = 107;

export interface Paths {
  dir: string;
  socket: string;
  /** where a process that takes over listens until the socket is its own */
  next: string;
  pid: string;
  /** what was changed on this machine, to be undone by `down` */
  ledger: string;
  snapshot: string;
  log: string;
}

export function pathsOf(dir: string): Paths {
  const full = resolve(dir);
  const socket = join(full, "control.sock");
  if (Buffer.byteLength(socket) > SOCKET_PATH_MAX)
    throw new Refusal(
      "ENAMETOOLONG",
      `state folder ${full}: the path is too long for a socket; allowed: ${SOCKET_PATH_MAX - "/control.sock".length} bytes`,
    );
  return {
    dir: full,
    socket,
    next: join(full, "next.sock"),
    pid: join(full, "daemon.pid"),
    ledger: join(full, "ledger.json"),
    snapshot: join(full, "ipmp.snapshot"),
    log: join(full, "holdfast.log"),
  };
}

/** Makes the folder, for root alone. */
export function makeStateDir(paths: Paths): void {
  try {
    mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
  } catch (e) {
    throw new Refusal((e as NodeJS.ErrnoException).code ?? "EIO", `state folder ${paths.dir}: cannot be made: ${(e as Error).message}`);
  }
}
