// What the kernel counts for an interface by itself, from the table it shows in /proc/thread-self/net/dev.
//
// Invariant: reading never fails; an interface that is not there has counted nothing.

import { readFileSync } from "node:fs";

/** Columns after the name: 8 for receiving, then 8 for sending; the fourth of each is "drop". */
const RX_DROP = 3;
const TX_DROP = 11;

/** Frames that the kernel has dropped on an interface, by direction as the local stack sees it. */
export function kernelDrops(name: string): { rx: number; tx: number } {
  let table = "";
  try {
    // The thread's own entry: a process may have threads in several namespaces.
    table = readFileSync("/proc/thread-self/net/dev", "utf8");
  } catch {
    return { rx: 0, tx: 0 };
  }
  const line = table.split("\n").find((l) => l.trimStart().startsWith(`${name}:`));
  const columns = line
    ? line
        .slice(line.indexOf(":") + 1)
        .trim()
        .split(/\s+/)
        .map(Number)
    : [];
  return { rx: columns[RX_DROP] ?? 0, tx: columns[TX_DROP] ?? 0 };
}
