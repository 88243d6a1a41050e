// The module's events of single probes, as a ProbeTold; of other events there is none.
// They are for who asked to see probes (Control.probe): too many for the log.

import { EVENT, type IpmpEvent } from "../core/index.js";
import type { Names } from "./events.js";
import type { ProbeTold } from "./probe_report.js";

const STATES: Readonly<Record<number, ProbeTold["state"]>> = {
  [EVENT.PROBE_SENT]: "sent",
  [EVENT.PROBE_ACKED]: "acked",
  [EVENT.PROBE_LOST]: "lost",
};

/** Null if the event is not about a probe. */
export function probeTold(e: IpmpEvent, names: Names): ProbeTold | null {
  const state = STATES[e.type];
  if (state === undefined) return null;
  return {
    state,
    group: names.group(e.grp) ?? "?",
    nic: names.nic(e.phyint) ?? "?",
    family: e.family === 0 ? 0 : 1,
    number: e.count,
    target: e.addr ?? "",
    start: e.start,
    time: e.time,
    mean: e.old,
    deviation: e.new,
  };
}
