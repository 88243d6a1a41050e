// The time suite: what a turn of a watcher costs as members grow in number, and what a snapshot of such a state is and takes.
//
// A turn should cost the same however many there are: the heap says whose it is, and groups are looked at only when one of
// them has something to do. There is no rival.

import { Ipmp } from "../../host/core/ipmp.js";
import { OURS, type Report } from "../report.js";
import { type Size, Watched } from "./watched.js";

const SUITE = "time";
const FULL: readonly Size[] = [
  { groups: 1, members: 2, fdtMs: 10_000 },
  { groups: 1, members: 32, fdtMs: 10_000 },
  { groups: 8, members: 32, fdtMs: 10_000 },
  { groups: 64, members: 32, fdtMs: 10_000 },
  { groups: 64, members: 32, fdtMs: 1000 },
];
const QUICK: readonly Size[] = [FULL[0], { groups: 2, members: 4, fdtMs: 1000 }];

/** Turns in a sample: small sizes need more time for as many. */
const TURNS = 4096;

export async function runTime(report: Report, quick: boolean): Promise<void> {
  const ipmp = await Ipmp.load();
  for (const size of quick ? QUICK : FULL) {
    const watched = new Watched(ipmp, size);
    turns(report, watched, quick ? 2 : 7, quick ? 16 : TURNS);
    await snapshot(report, ipmp, watched, quick ? 2 : 7);
  }
}

const nameOf = ({ groups, members, fdtMs }: Size): string =>
  `${(groups * members).toLocaleString("en")} members in ${groups} group${groups > 1 ? "s" : ""}, both families, ${fdtMs / 1000} s`;

/** ns a turn. */
function turns(report: Report, watched: Watched, samples: number, least: number): void {
  const { groups, members, fdtMs } = watched.size;
  const watchers = 2 * groups * members;
  const interval = fdtMs / 7;
  const ms = Math.ceil((least / watchers) * interval);
  watched.pass(Math.max(ms, Math.ceil(3 * interval))); // every watcher has found its target
  const taken: number[] = [];
  for (let i = 0; i < samples; i++) {
    watched.reset();
    watched.pass(ms);
    if (watched.turns > 0) taken.push(watched.ns / watched.turns);
  }
  if (watched.lost() > 0) throw new Error(`${nameOf(watched.size)}: ${watched.lost()} probes were lost`);
  report.add({ suite: SUITE, case: `turn, ${nameOf(watched.size)}`, subject: OURS, unit: "ns/turn", better: "lower", samples: taken });
}

/** Size of a snapshot; ms to make it and to go on from it in a new instance. */
async function snapshot(report: Report, ipmp: Ipmp, watched: Watched, samples: number): Promise<void> {
  const made: number[] = [];
  const taken: number[] = [];
  let bytes = 0;
  const fresh = await Ipmp.load();
  for (let i = 0; i < samples; i++) {
    let began = performance.now();
    const saved = ipmp.snapshot();
    made.push(performance.now() - began);
    bytes = saved.length;
    began = performance.now();
    fresh.become(saved);
    taken.push(performance.now() - began);
  }
  const row = { suite: SUITE, subject: OURS, better: "lower" } as const;
  report.add({ ...row, case: `snapshot, size, ${nameOf(watched.size)}`, unit: "KiB", samples: [bytes / 1024] });
  report.add({ ...row, case: `snapshot, making, ${nameOf(watched.size)}`, unit: "ms", samples: made });
  report.add({ ...row, case: `snapshot, taking back, ${nameOf(watched.size)}`, unit: "ms", samples: taken });
}
