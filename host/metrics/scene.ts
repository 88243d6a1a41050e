// What the metrics are read from: the module's records, devices and loop as they are, and what has been counted beside them.

import {
  type GrpRecord,
  type IllgrpRecord,
  type Ipmp,
  type KstatRecord,
  type PhyintRecord,
  type ProbeRecord,
  type WatchRecord,
  watchersAtWork,
} from "../core/index.js";
import type { GroupView } from "../daemon/report.js";
import type { DeviceStats } from "../io/device.js";
import type { LoopStats } from "../loop.js";
import type { Tally } from "./tally.js";

export interface MemberScene {
  name: string;
  /** null: it is not at work */
  phyint: PhyintRecord | null;
  device: DeviceStats | null;
  /** its watchers that do something, by echo before by ARP and ND */
  probes: ProbeRecord[];
}

export interface GroupScene {
  grp: GrpRecord;
  families: IllgrpRecord[];
  stats: KstatRecord;
  watch: WatchRecord;
  device: DeviceStats;
  members: MemberScene[];
}

export interface Scene {
  version: string;
  /** monotonic ns at which everything was read */
  now: bigint;
  groups: GroupScene[];
  /** null while the module is being begun anew */
  loop: LoopStats | null;
  lost: { events: number; control: number };
  tally: Tally;
}

/** One group as it is; reads no address, of which there may be thousands. */
export function groupScene(ipmp: Ipmp, view: GroupView): GroupScene {
  const grp = ipmp.grp(view.grp);
  return {
    grp,
    families: ([0, 1] as const).filter((f) => grp.families & (1 << f)).map((f) => ipmp.illgrp(view.grp, f)),
    stats: ipmp.grpStats(view.grp),
    watch: ipmp.watch(view.grp),
    device: view.device,
    members: view.members.map(({ name, phyint, device }) => ({
      name,
      phyint: phyint === null ? null : ipmp.phyint(phyint),
      device,
      probes: phyint === null ? [] : watchersAtWork(ipmp, phyint),
    })),
  };
}
