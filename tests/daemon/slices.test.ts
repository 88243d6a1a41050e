// Who gets a processor first: the thread that carries frames has short slices, what computes for it has usual ones.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { SLICE_NS } from "../../host/io/slice.js";
import { Bed, onDevices, two } from "./bed.js";
import { Installed } from "./installed.js";

/** Slices by thread, as the kernel tells them; null: one that has no slices of a thread's own (before 6.12). */
function slices(pid: number): Map<string, number | null> {
  const of = (tid: string) => /^se\.slice\s*:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/task/${tid}/sched`, "latin1"))?.[1];
  return new Map(readdirSync(`/proc/${pid}/task`).map((tid) => [tid, of(tid) === undefined ? null : Number(of(tid))]));
}

const nice = (pid: number): string => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ")[16];

onDevices("the thread that carries frames has short slices and no other, also in a process that took over; nice stays", async (t) => {
  const program = new Installed(t);
  const bed = new Bed(t);
  bed.program = program.cli;
  bed.write(two());
  bed.up();
  const usual = slices(process.pid).get(String(process.pid)) ?? null;
  if (usual === null) t.diagnostic("this kernel has no slices of a thread's own: only nice is looked at");
  const judge = (pid: number): void => {
    assert.equal(nice(pid), nice(process.pid));
    const of = slices(pid);
    assert.ok(of.size > 4, `${of.size} threads`);
    for (const [tid, slice] of of) assert.equal(slice, usual !== null && tid === String(pid) ? SLICE_NS : usual, `thread ${tid} of ${pid}`);
  };
  judge(bed.pid());
  const first = bed.pid();
  bed.ok("reload", "--binary");
  assert.notEqual(bed.pid(), first);
  judge(bed.pid());
});
