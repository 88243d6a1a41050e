// The module's clock (monotonic, ns, the same for every process of one boot) and the wall clock that people read.

/** CLOCK_MONOTONIC in ns. */
export const monotonic = (): bigint => process.hrtime.bigint();

/** Wall-clock time of a monotonic time: exact as long as the wall clock is not set meanwhile. */
export function isoOf(ns: bigint): string {
  const ago = Number((monotonic() - ns) / 1_000_000n);
  return new Date(Date.now() - ago).toISOString();
}
