// The command line of `ipmpstat`, in the original's form: letters that may stand together, and a list of fields.
// Pure: words in, a request or a UsageError out.
//
// Invariant: exactly one mode; fields that are not known are refused by a program's call (-P), warned of in a person's.

import { didYouMean } from "../../config/suggest.js";
import { DEFAULT_STATE_DIR } from "../../daemon/paths.js";
import { UsageError } from "../command.js";
import { type Letters, readLetters } from "../letters.js";
import { type Column, fitting } from "./table.js";

export type Mode = "a" | "g" | "i" | "p" | "t";

export const LETTERS: Letters = {
  flags: ["a", "g", "i", "p", "t", "n", "P", "L"],
  valued: ["o"],
  long: ["state"],
  hidden: ["L"],
};

export interface Wanted {
  mode: Mode;
  numeric: boolean;
  parsable: boolean;
  /** text behind -o; null: the default fields */
  fields: string | null;
  state: string;
}

/** Reads the command line; null if help is asked for. */
export function readWords(words: readonly string[]): Wanted | null {
  const { given, operands, help } = readLetters(words, LETTERS);
  if (help) return null;
  const modes = given.filter(([letter]) => "agipt".includes(letter)).map(([letter]) => letter as Mode);
  const has = (letter: string): boolean => given.some(([l]) => l === letter);
  const value = (letter: string): string | null => given.findLast(([l]) => l === letter)?.[1] ?? null;
  if (operands.length > 0) throw new UsageError(`unexpected "${operands[0]}"`);
  if (modes.length !== 1) throw new UsageError(`found ${modes.length} modes; needed: exactly one of -a, -g, -i, -p, -t`);
  const parsable = has("P");
  if (parsable && !has("o")) throw new UsageError("-P needs -o: a program says which fields it reads");
  return { mode: modes[0], numeric: has("n"), parsable, fields: value("o"), state: value("state") ?? DEFAULT_STATE_DIR };
}

/** The fields to show, in the order wanted; what is not known is told to `warn`, or thrown if a program asks. */
export function chooseFields<F extends Column>(known: readonly F[], wanted: Wanted, warn: (text: string) => void): F[] {
  if (wanted.fields === null) return fitting(known);
  if (wanted.fields.toLowerCase() === "all") return [...known];
  const names = known.map((f) => f.name.toLowerCase());
  const chosen: F[] = [];
  for (const name of wanted.fields.split(",")) {
    const found = known.find((f) => f.name.toLowerCase() === name.toLowerCase());
    if (found !== undefined) {
      chosen.push(found);
      continue;
    }
    const text = `unknown output field "${name}"${didYouMean(name, names)}; allowed with -${wanted.mode}: ${names.join(", ")}, all`;
    if (wanted.parsable) throw new UsageError(text);
    warn(`ignored: ${text}`);
  }
  if (chosen.length === 0) throw new UsageError(`no output field is left; allowed with -${wanted.mode}: ${names.join(", ")}, all`);
  return chosen;
}
