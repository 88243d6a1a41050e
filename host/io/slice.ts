// How soon the thread that carries frames gets its processor back from one that computes.
//
// The kernel's scheduler lets whoever runs finish its slice (1.4 to 4 ms) before a thread that has just been woken gets on,
// unless that thread has asked for shorter slices (Linux 6.12 and newer; older ones ignore the wish). V8's compiler and collector
// threads compute for milliseconds, and on a machine of few processors they do so where a frame is waited for.
//
// Invariants: weight (nice) and policy of every thread stay what they were, and a policy that somebody has chosen is left
// alone. Where the call is forbidden nothing is lost but time.
// Source: sched_setattr(2), sched(7), proc_pid_stat(5).

import { readdirSync, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { libc, Native } from "./ffi.js";
import { NR_SCHED_SETATTR, SCHED_ATTR, SCHED_OTHER } from "./linux.js";

/** The shortest that the kernel grants. */
export const SLICE_NS = 100_000;
/** What the kernel takes for: as others have it. */
const USUAL_NS = 0;

/** Fields of a thread's stat behind its name, which may hold blanks. */
const NICE = 19 - 3;
const POLICY = 41 - 3;

/**
 * Asks for short slices for the main thread and usual ones for all others, which may have inherited what the starting process
 * had. True: granted. Cost: a read and a call a thread, once.
 */
export async function askShortSlices(): Promise<boolean> {
  // Threads of the file system start at their first use, and shall not inherit what this one has.
  await stat("/");
  const main = String(process.pid);
  for (const tid of readdirSync("/proc/self/task")) if (tid !== main) setSlice(tid, USUAL_NS);
  return setSlice(main, SLICE_NS);
}

function setSlice(tid: string, ns: number): boolean {
  const number = NR_SCHED_SETATTR[process.arch];
  const fields = statOf(tid);
  if (number === undefined || fields === null || Number(fields[POLICY]) !== SCHED_OTHER) return false;
  const attr = new Native(SCHED_ATTR.SIZE);
  attr.dv.setUint32(SCHED_ATTR.size, SCHED_ATTR.SIZE, true);
  attr.dv.setUint32(SCHED_ATTR.policy, SCHED_OTHER, true);
  attr.dv.setInt32(SCHED_ATTR.nice, Number(fields[NICE]), true);
  attr.dv.setBigUint64(SCHED_ATTR.runtime, BigInt(ns), true);
  return libc().syscall(number, Number(tid), attr.address, 0) === 0;
}

/** Null: the thread has ended. */
function statOf(tid: string): string[] | null {
  try {
    const told = readFileSync(`/proc/self/task/${tid}/stat`, "latin1");
    return told.slice(told.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
