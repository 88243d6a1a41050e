// What the module says of probing, as plain objects: a NIC's watcher, how a group is watched.
//
// Invariant: an object is a copy, so it does not change under its reader; times and RTTs are bigint, in ns.

import { LIMIT, PR_NAME, Probe, ProbeRec, Target, Watch } from "./abi/ipmp.js";
import { type Family, formatIp, formatMac } from "./address.js";

export interface TargetRecord {
  addr: string;
  /** null = not known yet */
  mac: string | null;
  /** TG */
  state: number;
  /** TGKIND */
  kind: number;
  /** ns; null = no answer yet */
  rttAvg: bigint | null;
  rttDev: bigint | null;
  /** ns: a probe is lost after that time; null = no answer yet */
  crtt: bigint | null;
  fails: number;
  oks: number;
}

export interface ProbeSample {
  /** number, counted from 0 */
  number: number;
  /** name of a PR */
  status: string;
  start: bigint;
  /** ns; 0 without an answer */
  rtt: number;
  /** null = the target has been removed since */
  target: string | null;
}

export interface ProbeRecord {
  family: Family;
  /** test address; null = none */
  addr: string | null;
  prefix: number;
  /** PROBEST */
  state: number;
  /** PMODE */
  mode: number;
  /** in firing order, the next one first */
  targets: TargetRecord[];
  fails: number;
  oks: number;
  sent: number;
  acked: number;
  lost: number;
  late: number;
  bad: number;
  missed: number;
  mcast: number;
  failures: number;
  /** ns: until then losses do not count; 0 = over */
  quietUntil: bigint;
  /** the latest probes, oldest first */
  recent: ProbeSample[];
}

export interface WatchRecord {
  fdtMs: number;
  probeFails: number;
  probeRepairs: number;
  quietMs: number;
  recoveryMs: number;
  settlingMs: number;
  /** WATCH */
  watch: number;
  watchAll: number;
  evidence: number;
  probeEvents: number;
  targetsMax: number;
  discovery: number;
  /** ns: detection time now */
  fdt: bigint;
  /** ns: interval of probes now */
  interval: bigint;
  failed: boolean;
  failures: number;
}

function targetRecord(u8: Uint8Array, dv: DataView, at: number, family: Family): TargetRecord {
  const sa = dv.getBigUint64(at + Target.sa, true);
  const sv = dv.getBigUint64(at + Target.sv, true);
  const known = sa !== 0n;
  return {
    addr: formatIp(u8, family, at + Target.addr),
    mac: dv.getBigUint64(at + Target.mac, true) === 0n ? null : formatMac(u8, at + Target.mac),
    state: u8[at + Target.state],
    kind: u8[at + Target.kind],
    rttAvg: known ? sa >> 3n : null,
    rttDev: known ? sv >> 2n : null,
    crtt: known ? (sa >> 3n) + sv : null,
    fails: u8[at + Target.fails],
    oks: u8[at + Target.oks],
  };
}

export function probeRecord(u8: Uint8Array, dv: DataView, at: number, family: Family): ProbeRecord {
  const u32 = (field: number) => dv.getUint32(at + field, true);
  const n = u8[at + Probe.ntarget];
  const targets = Array.from({ length: n }, (_, i) => targetRecord(u8, dv, at + Probe.target + i * Target.SIZE, family));
  const first = Math.min(u8[at + Probe.last] + 1, n) % Math.max(n, 1);
  const addr = u8.subarray(at + Probe.addr, at + Probe.addr + 16);
  const sent = u32(Probe.count);
  const recent: ProbeSample[] = [];
  for (let k = Math.max(0, sent - LIMIT.PROBE_STATS); k < sent; k++) {
    const rec = at + Probe.rec + (k % LIMIT.PROBE_STATS) * ProbeRec.SIZE;
    const status = PR_NAME[u8[rec + ProbeRec.status]];
    const start = dv.getBigUint64(rec + ProbeRec.start, true);
    const rtt = status === "ACKED" ? dv.getUint32(rec + ProbeRec.rtt, true) : 0;
    recent.push({ number: k, status, start, rtt, target: targets[u8[rec + ProbeRec.target]]?.addr ?? null });
  }
  return {
    family,
    addr: addr.every((b) => b === 0) ? null : formatIp(addr, family),
    prefix: u8[at + Probe.prefix],
    state: u8[at + Probe.state],
    mode: u8[at + Probe.mode],
    targets: [...targets.slice(first), ...targets.slice(0, first)],
    fails: dv.getUint16(at + Probe.fails, true),
    oks: dv.getUint16(at + Probe.oks, true),
    sent,
    acked: u32(Probe.acked),
    lost: u32(Probe.lost),
    late: u32(Probe.late),
    bad: u32(Probe.bad),
    missed: u32(Probe.missed),
    mcast: u32(Probe.mcast),
    failures: u32(Probe.failures),
    quietUntil: dv.getBigUint64(at + Probe.quiet_until, true),
    recent,
  };
}

export function watchRecord(u8: Uint8Array, dv: DataView, at: number): WatchRecord {
  const u32 = (field: number) => dv.getUint32(at + field, true);
  return {
    fdtMs: u32(Watch.fdt_ms),
    probeFails: u8[at + Watch.fails],
    probeRepairs: u8[at + Watch.repairs],
    quietMs: u32(Watch.quiet_ms),
    recoveryMs: u32(Watch.recovery_ms),
    settlingMs: u32(Watch.settling_ms),
    watch: u8[at + Watch.watch],
    watchAll: u8[at + Watch.all],
    evidence: u8[at + Watch.evidence],
    probeEvents: u8[at + Watch.events],
    targetsMax: u8[at + Watch.targets_max],
    discovery: u8[at + Watch.discovery],
    fdt: dv.getBigUint64(at + Watch.fdt, true),
    interval: dv.getBigUint64(at + Watch.interval, true),
    failed: u8[at + Watch.failed] === 1,
    failures: u32(Watch.failures),
  };
}
