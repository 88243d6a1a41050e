// One daemon a state folder: a file with the process number and the time that process started, so that a number that
// meanwhile belongs to somebody else is not taken for a living daemon.

import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { Refusal } from "./refusal.js";

/** linux/sched.h */
const PF_EXITING = 0x4;

/** How long a process that was just killed may take to notice. */
const DYING_MS = 400;
const STEP_MS = 10;

/** Start time of a living process in clock ticks since boot, or null. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // the command name, in parentheses, may hold blanks: the state (field 3) and the start (22) are counted from behind it
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // a zombie is dead, though nobody has buried it yet; what is exiting has no say any more
    const dead = fields[0] === "Z" || fields[0] === "X" || (Number(fields[6]) & PF_EXITING) !== 0;
    return dead ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** The living daemon of a state folder, or null. */
export function livingPid(file: string): number | null {
  try {
    const [pid, start] = readFileSync(file, "latin1").trim().split(" ");
    return start !== undefined && startOf(Number(pid)) === start ? Number(pid) : null;
  } catch {
    return null;
  }
}

/** The same, after giving one that was just killed the time to die. */
export function stayingPid(file: string): number | null {
  for (const end = performance.now() + DYING_MS; ; ) {
    const pid = livingPid(file);
    if (pid === null || pid === process.pid || performance.now() > end) return pid;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STEP_MS);
  }
}

/** Takes the place of this folder's daemon, or refuses because somebody has it. */
export function takePidfile(file: string): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        // a link appears whole or not at all: nobody ever reads half a file
        linkSync(own, file);
        return;
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code !== "EEXIST") throw e;
      }
      const pid = stayingPid(file);
      if (pid !== null)
        throw new Refusal(
          "EALREADY",
          `the daemon is already running with this state folder (process ${pid}); see "holdfast status" and "holdfast down"`,
        );
      unlinkSync(file);
    }
    throw new Refusal("EALREADY", `${file}: another daemon is starting with this state folder`);
  } finally {
    unlinkSync(own);
  }
}

/** Takes the place of a daemon that hands over to this process. */
export function inheritPidfile(file: string): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600 });
  renameSync(own, file);
}

export function dropPidfile(file: string): void {
  if (livingPid(file) === process.pid) unlinkSync(file);
}
