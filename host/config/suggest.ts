// "Did you mean …?": the nearest of a set of words, if one is near enough to be a slip of the fingers.

/** Edits (insert, delete, replace, swap of neighbours) that turn a into b. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, rows[i - 2][j - 2] + 1);
      row.push(d);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** The word of the set nearest to the given one, or undefined if none is near. */
export function suggest(word: string, words: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const w of words) {
    const d = distance(word.toLowerCase(), w.toLowerCase());
    if (d < least) {
      least = d;
      best = w;
    }
  }
  return best;
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const s = suggest(word, words);
  return s === undefined ? "" : `; did you mean "${s}"?`;
}
