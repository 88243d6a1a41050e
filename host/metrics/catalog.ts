// Every metric there is, in the order in which they are written. docs/metrics.md and the dashboard are checked against it.

import { type KstatRecord, PG, PHYI, PI, type ProbeRecord } from "../core/index.js";
import { groupDrops } from "./drops.js";
import type { Metric, Sample } from "./metric.js";
import { PROCESS } from "./process.js";
import type { GroupScene, MemberScene, Scene } from "./scene.js";

type Value = number | bigint;
const FAMILY = ["ipv4", "ipv6"];

const metric = (type: Metric["type"], name: string, help: string, labels: readonly string[], samples: Metric["samples"]): Metric => ({
  name: `holdfast_${name}`,
  type,
  help,
  labels,
  samples,
});

/** One value a group. */
const ofGroup = (type: Metric["type"], name: string, help: string, value: (g: GroupScene, s: Scene) => Value): Metric =>
  metric(type, `group_${name}`, help, ["group"], (s) => s.groups.map((g) => [[g.grp.name], value(g, s)]));

/** Several values a group, told apart by one more label. */
const byGroup = (type: Metric["type"], name: string, help: string, label: string, values: (g: GroupScene) => [string, Value][]): Metric =>
  metric(type, `group_${name}`, help, ["group", label], (s) =>
    s.groups.flatMap((g) => values(g).map(([key, value]): Sample => [[g.grp.name, key], value])),
  );

type Working = MemberScene & { phyint: NonNullable<MemberScene["phyint"]> };
const working = (g: GroupScene): Working[] => g.members.filter((m): m is Working => m.phyint !== null);

/** One value a member at work. */
const ofMember = (type: Metric["type"], name: string, help: string, value: (m: Working, s: Scene) => Value): Metric =>
  metric(type, `member_${name}`, help, ["group", "nic"], (s) =>
    s.groups.flatMap((g) => working(g).map((m): Sample => [[g.grp.name, m.name], value(m, s)])),
  );

/** Several values a member, those that are absent included. */
const byMember = (type: Metric["type"], name: string, help: string, label: string, values: (m: MemberScene) => [string, Value][]): Metric =>
  metric(type, `member_${name}`, help, ["group", "nic", label], (s) =>
    s.groups.flatMap((g) => g.members.flatMap((m) => values(m).map(([key, value]): Sample => [[g.grp.name, m.name, key], value]))),
  );

const lower = (names: object): string[] => Object.keys(names).map((n) => n.toLowerCase());
/** 1 at the key that holds, 0 at the others. */
const oneOf = (keys: readonly string[], holds: string): [string, Value][] => keys.map((k) => [k, k === holds ? 1 : 0]);
const nameOf = (names: Readonly<Record<string, number>>, value: number): string =>
  (Object.keys(names).find((n) => names[n] === value) ?? "").toLowerCase();
/** Wall clock of a monotonic time, seconds. */
const wall = (at: bigint, s: Scene): number => Math.round(Date.now() - Number(s.now - at) / 1e6) / 1000;

/** The module's traffic counters: [key, name, help]. */
const TRAFFIC: readonly [keyof KstatRecord, string, string][] = [
  ["opackets", "transmit_packets_total", "Frames sent."],
  ["obytes", "transmit_bytes_total", "Bytes sent, Ethernet headers included."],
  ["multixmt", "transmit_multicast_packets_total", "Multicast frames sent."],
  ["brdcstxmt", "transmit_broadcast_packets_total", "Broadcast frames sent."],
  ["oerrors", "transmit_errors_total", "Frames that could not be sent: malformed, or no member to send them."],
  ["ipackets", "receive_packets_total", "Frames received."],
  ["rbytes", "receive_bytes_total", "Bytes received, Ethernet headers included."],
  ["multircv", "receive_multicast_packets_total", "Multicast frames received."],
  ["brdcstrcv", "receive_broadcast_packets_total", "Broadcast frames received."],
  ["ierrors", "receive_errors_total", "Malformed frames received."],
];

const GROUPS: readonly Metric[] = [
  metric("gauge", "group_info", "Hardware address of a group.", ["group", "mac"], (s) => s.groups.map((g) => [[g.grp.name, g.grp.mac], 1])),
  byGroup("gauge", "state", "1 for the state a group is in: ok, degraded, failed.", "state", (g) =>
    oneOf(lower(PG), nameOf(PG, g.grp.state)),
  ),
  ofGroup("gauge", "state_since_timestamp_seconds", "When a group entered its state.", (g, s) => wall(g.grp.since, s)),
  ofGroup("gauge", "members", "Members that a group should have by its configuration.", (g) => g.members.length),
  ofGroup("gauge", "members_present", "Members that are there and fit.", (g) => working(g).length),
  byGroup("gauge", "members_active", "Members that carry a family.", "family", (g) =>
    g.families.map((f) => [FAMILY[f.family], f.active.length]),
  ),
  byGroup("gauge", "mtu_bytes", "MTU of a group for a family.", "family", (g) => g.families.map((f) => [FAMILY[f.family], f.mtu])),
  ofGroup("gauge", "addresses", "Data addresses.", (g) => g.grp.naddr),
  byGroup("gauge", "addresses_up", "Data addresses that are up.", "family", (g) => [
    ["ipv4", g.grp.naddrUp4],
    ["ipv6", g.grp.naddrUp6],
  ]),
  ofGroup("counter", "rebinds_total", "Data addresses bound to another member.", (g) => g.grp.rebinds),
  byGroup("counter", "bucket_moves_total", "Flow buckets that went to another member.", "family", (g) =>
    g.families.map((f) => [FAMILY[f.family], f.bucketMoves]),
  ),
  byGroup("counter", "dropped_frames_total", "Frames that were not carried, by cause (DROP in docs/abi/ipmp.md).", "cause", groupDrops),
  ...TRAFFIC.map(([key, name, help]) => ofGroup("counter", name, `${help} Members that left are included.`, (g) => g.stats[key])),
  ofGroup(
    "counter",
    "interface_lost_frames_total",
    "Frames of the stack that found no place in the interface's queue.",
    (g) => g.device.rxDropped,
  ),
  ofGroup("counter", "interface_refused_frames_total", "Received frames that the stack refused.", (g) => g.device.txErrors),
  metric("counter", "failovers_total", "Times a member in use went out of use, by cause.", ["group", "cause"], (s) =>
    [...s.tally.failovers].flatMap(([group, causes]) => [...causes].map(([cause, n]): Sample => [[group, cause], n])),
  ),
  metric(
    "histogram",
    "failover_duration_seconds",
    "From the loss of carrier (or another cause) until every address that moved had been announced once.",
    ["group"],
    (s) => [...s.tally.durations].map(([group, h]) => [[group], h]),
  ),
];

const STATES = [...lower(PI), "absent"];
const FLAGS = Object.entries(PHYI).filter(([name]) => name !== "RUNNING");

const MEMBERS: readonly Metric[] = [
  byMember("gauge", "state", "1 for the state a member is in; absent: not there, or unfit.", "state", (m) =>
    oneOf(STATES, m.phyint === null ? "absent" : nameOf(PI, m.phyint.state)),
  ),
  byMember("gauge", "flag", "1 for each flag that a member has.", "flag", (m) =>
    FLAGS.map(([name, bit]) => [name.toLowerCase(), ((m.phyint?.flags ?? 0) & bit) === 0 ? 0 : 1]),
  ),
  ofMember("gauge", "state_since_timestamp_seconds", "When a member entered its state.", (m, s) => wall(m.phyint.since, s)),
  ofMember("gauge", "link_up", "1 with carrier, 0 without.", (m) => (m.phyint.flags & PHYI.RUNNING ? 1 : 0)),
  ofMember("gauge", "mtu_bytes", "MTU.", (m) => m.phyint.mtu),
  byMember("gauge", "active", "1 if a member carries a family.", "family", (m) =>
    (m.phyint?.ills ?? []).map((ill, f) => [FAMILY[f], ill.active ? 1 : 0]),
  ),
  byMember("gauge", "nominee", "1 if a family's broadcast and multicast is taken from a member.", "family", (m) =>
    (m.phyint?.ills ?? []).map((ill, f) => [FAMILY[f], ill.nominee ? 1 : 0]),
  ),
  byMember("gauge", "addresses", "Data addresses bound to a member.", "family", (m) =>
    (m.phyint?.ills ?? []).map((ill, f) => [FAMILY[f], ill.boundCount]),
  ),
  byMember("gauge", "buckets", "Flow buckets of a member.", "family", (m) =>
    (m.phyint?.ills ?? []).map((ill, f) => [FAMILY[f], ill.nbucket]),
  ),
  ofMember("counter", "failures_total", "Times a member failed.", (m) => m.phyint.fails),
  ...TRAFFIC.map(([key, name, help]) => ofMember("counter", name, help, (m) => m.phyint.kstat[key])),
  ofMember("counter", "ring_lost_frames_total", "Frames received that found no place in the ring.", (m) => m.device?.rxDropped ?? 0),
  ofMember("counter", "refused_frames_total", "Frames that the NIC did not take.", (m) => m.device?.txErrors ?? 0),
];

/** The packet loop: [key, name, help]. */
const LOOP = [
  ["turns", "turns_total", "Turns."],
  ["wakeups", "wakeups_total", "Times frames woke the loop."],
  ["spins", "spins_total", "Turns that looked for frames in vain because of spin_us."],
  ["events", "events_total", "Events of the module."],
  ["txFrames", "transmit_frames_total", "Frames taken from group interfaces."],
  ["rxFrames", "receive_frames_total", "Frames taken from NICs."],
  ["ctl", "control_frames_total", "Frames that the module itself sent: answers, announcements, probes, reports."],
  ["unplugged", "unplugged_frames_total", "Frames for a device that was not there any more."],
  ["unknown", "unknown_frames_total", "Frames of a device that the module did not know any more."],
] as const;

/** What becomes of probes: [label, counter]. */
const OUTCOMES = [
  ["sent", "sent"],
  ["acked", "acked"],
  ["lost", "lost"],
  ["late", "late"],
  ["bad", "bad"],
] as const;

/** Several values of a member's watchers, told apart by family and one more label; watchers of both kinds together. */
const byProbe = (
  type: Metric["type"],
  name: string,
  help: string,
  label: string,
  values: (p: ProbeRecord) => [string, number][],
  join: (a: number, b: number) => number,
): Metric =>
  metric(type, `member_${name}`, help, ["group", "nic", "family", label], (s) =>
    s.groups.flatMap((g) =>
      g.members.flatMap((m) => {
        const found = new Map<string, Sample>();
        for (const p of m.probes)
          for (const [key, value] of values(p)) {
            const labels = [g.grp.name, m.name, FAMILY[p.family], key];
            const known = found.get(labels.join());
            found.set(labels.join(), [labels, known === undefined ? value : join(Number(known[1]), value)]);
          }
        return [...found.values()];
      }),
    ),
  );
const sum = (a: number, b: number): number => a + b;
const STATE = ["disabled", "unknown", "ok", "failed"];

const PROBES: readonly Metric[] = [
  ofGroup(
    "gauge",
    "detection_time_seconds",
    "Time within which probes find a failure now; as configured unless targets are slow.",
    (g) => Number(g.watch.fdt) / 1e9,
  ),
  ofGroup("gauge", "failure", "1 while every member is silent and nothing is moved for it.", (g) => (g.watch.failed ? 1 : 0)),
  ofGroup("counter", "failures_total", "Times every member went silent.", (g) => g.watch.failures),
  byProbe(
    "gauge",
    "probe_state",
    "1 for what a member's probes say: unknown (no target), ok, failed. Members that are not probed have none.",
    "state",
    (p) => oneOf(STATE.slice(1), STATE[p.state]).map(([k, v]) => [k, Number(v)]),
    Math.max,
  ),
  byProbe(
    "counter",
    "probes_total",
    "Probes by what became of them; late: answered after they were given up; bad: answers that fit no probe.",
    "outcome",
    (p) => OUTCOMES.map(([label, key]) => [label, p[key]]),
    sum,
  ),
  byProbe(
    "gauge",
    "target_rtt_seconds",
    "Smoothed round trip time to a target.",
    "target",
    (p) => p.targets.flatMap((t) => (t.rttAvg === null ? [] : [[t.addr, Number(t.rttAvg) / 1e9]])),
    Math.max,
  ),
];

const DAEMON: readonly Metric[] = [
  metric("gauge", "build_info", "Version of the program.", ["version"], (s) => [[[s.version], 1]]),
  metric("counter", "events_total", "Events told, by kind.", ["event"], (s) => [...s.tally.events].map(([event, n]) => [[event], n])),
  metric("counter", "lost_events_total", "Events that found no place in the module's ring.", [], (s) => [[[], s.lost.events]]),
  metric("counter", "lost_control_frames_total", "Control frames that found no place in the module's ring.", [], (s) => [
    [[], s.lost.control],
  ]),
  metric("counter", "module_traps_total", "Times the module trapped and was begun anew.", [], (s) => [[[], s.tally.traps]]),
  metric("gauge", "config_last_reload_successful", "1 if the last reload was applied.", [], (s) => [[[], s.tally.reload.ok ? 1 : 0]]),
  metric("gauge", "config_last_reload_success_timestamp_seconds", "When a configuration was applied last.", [], (s) => [
    [[], s.tally.reload.at / 1000],
  ]),
  ...LOOP.map(([key, name, help]) =>
    metric("counter", `loop_${name}`, `Packet loop: ${help}`, [], ({ loop }) => (loop === null ? [] : [[[], loop[key]]])),
  ),
];

export const METRICS: readonly Metric[] = [...GROUPS, ...MEMBERS, ...PROBES, ...DAEMON, ...PROCESS];
