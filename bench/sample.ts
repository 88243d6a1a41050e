// Timing one op with benchmark.js: what the suites of the modules share.

import Benchmark from "benchmark";

/** rounds a case; seconds a round; samples a round */
export interface Effort {
  rounds: number;
  seconds: number;
  samples: number;
}

/** Lets the engine's optimising compiler finish before the first sample. */
export function warm(op: () => void, calls = 100): void {
  const until = performance.now() + 30;
  while (performance.now() < until) for (let i = 0; i < calls; i++) op();
}

/** Seconds an op, one figure a sample. */
export function sample(op: () => void, effort: Effort): number[] {
  const bench = new Benchmark("op", op, {
    minTime: effort.seconds / effort.samples,
    maxTime: effort.seconds,
    minSamples: effort.samples,
  });
  bench.run({ async: false });
  if (bench.error) throw bench.error;
  return bench.stats.sample;
}
