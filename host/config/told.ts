// A setting as people wrote it: the opposite way of load.ts, for what a reload says.

import { type GrpKey, NUMBERS, POLICIES, SWITCHES, WATCH_MODES, WATCHES } from "./settings.js";
import { ENCAPS, REBALANCES, WEIGHTS } from "./shares.js";

type Words = Readonly<Record<string, number>>;

/** Keys with one word, and keys with a list of words that are bits. */
const WORDS: Readonly<Partial<Record<GrpKey, [key: string, words: Words]>>> = {
  POLICY: ["policy", POLICIES],
  WEIGHT: ["weight", WEIGHTS],
  REBALANCE: ["rebalance", REBALANCES],
  WATCH_ALL: ["watch_mode", WATCH_MODES],
};
const LISTS: Readonly<Partial<Record<GrpKey, [key: string, words: Words]>>> = { ENCAP: ["encap", ENCAPS], WATCH: ["watch", WATCHES] };

/** As in `failback = false` or `policy = "flow"`. */
export function settingText(grpkey: GrpKey, value: number): string {
  const number = NUMBERS.find((s) => s.grpkey === grpkey);
  if (number !== undefined) return `${number.key} = ${value}`;
  const yes = SWITCHES.find((s) => s.grpkey === grpkey);
  if (yes !== undefined) return `${yes.key} = ${value === 1}`;
  const word = WORDS[grpkey];
  if (word !== undefined) return `${word[0]} = ${JSON.stringify(Object.keys(word[1]).find((w) => word[1][w] === value))}`;
  const [key, words] = LISTS[grpkey] ?? [grpkey.toLowerCase(), {}];
  return `${key} = ${JSON.stringify(Object.keys(words).filter((w) => words[w] & value))}`;
}
