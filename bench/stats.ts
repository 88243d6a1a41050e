// Order statistics over a handful of samples. Medians and extremes, never means: one preempted round must
// not move a figure.

/** The q-quantile (0 … 1) by linear interpolation; the samples need not be sorted. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new Error("no samples");
  const sorted = [...samples].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}
