// How long an answer takes, and how long is too long: the filter of R2.8, in integers (ns).
//
//   first sample m    sa = 8 m            sv = 2 m
//   sample m          d = m - sa / 8      sa += d       sv += |d| - sv / 4
//   CRTT = sa / 8 + sv                    the smoothed mean and four deviations; 0 = no sample yet
//
// A sample that would lift CRTT above the interval of probes is deferred once: if the next one fits, it was an outlier
// and is forgotten; if the next does not fit either, both are taken in, in their order. What the host was late to read
// (Page.rx_age) is no sample: the time would be its own, and two such in a row would raise the detection time.

import { Target } from "../../abi/ipmp";

/** Longest sample that is taken in: more cannot be told from it, and no sum overflows. */
// @ts-ignore: decorator
@inline const SAMPLE_MAX: u64 = 1 << 40;

/** CRTT of a target: a probe to it that has no answer after that time is lost; 0 without a sample. */
export function rttOf(t: Target): u64 {
  return t.sa == 0 ? 0 : (t.sa >> 3) + t.sv;
}

/** Takes one sample in. */
export function rttAdd(t: Target, sample: u64): void {
  const m = min<u64>(max<u64>(sample, 1), SAMPLE_MAX);
  if (t.sa == 0) {
    t.sa = m << 3;
    t.sv = m << 1;
    return;
  }
  const d = <i64>m - <i64>(t.sa >> 3);
  t.sa = <u64>max<i64>(<i64>t.sa + d, 1);
  t.sv = t.sv - (t.sv >> 2) + <u64>abs<i64>(d);
}

/** Takes a sample in, or defers it; returns whether CRTT is above the interval now. */
export function rttSample(t: Target, sample: u64, interval: u64): bool {
  const sa = t.sa;
  const sv = t.sv;
  rttAdd(t, sample);
  if (rttOf(t) <= interval) {
    t.deferred = 0;
    return false;
  }
  const first = t.deferred;
  t.sa = sa;
  t.sv = sv;
  if (first == 0) {
    t.deferred = max<u64>(sample, 1);
    return false;
  }
  t.deferred = 0;
  rttAdd(t, first);
  rttAdd(t, sample);
  return rttOf(t) > interval;
}

/** Takes a measuring sample in, if that lowers CRTT: it can only tell that a target has become faster. */
export function rttLower(t: Target, sample: u64): void {
  const sa = t.sa;
  const sv = t.sv;
  const before = rttOf(t);
  rttAdd(t, sample);
  if (before == 0 || rttOf(t) < before) return;
  t.sa = sa;
  t.sv = sv;
}

/** No sample yet. */
export function rttReset(t: Target): void {
  t.sa = t.sv = t.deferred = 0;
}
