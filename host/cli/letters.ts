// The command line of tools that go by single letters, as getopt reads it: letters may stand together, a value follows
// its letter in the same word or in the next. Long options are this project's addition: --help, --state DIR.
//
// Invariant: a word that is not understood is refused, never ignored.

import { didYouMean } from "../config/suggest.js";
import { UsageError } from "./command.js";

export interface Letters {
  /** letters without a value */
  flags: readonly string[];
  /** letters with a value */
  valued: readonly string[];
  /** long options with a value, besides --help */
  long: readonly string[];
  /** letters that are taken but not named in messages */
  hidden?: readonly string[];
}

export interface LettersRead {
  /** letter (or long name) and value, in the order given */
  given: [string, string][];
  operands: string[];
  help: boolean;
}

/** Reads words; throws UsageError. */
export function readLetters(words: readonly string[], known: Letters): LettersRead {
  const read: LettersRead = { given: [], operands: [], help: false };
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--") {
      read.operands.push(...words.slice(i + 1));
      break;
    }
    if (word.startsWith("--")) i += longOption(word, words[i + 1], known, read);
    else if (word.startsWith("-") && word !== "-") i += letters(word, words[i + 1], known, read);
    else read.operands.push(word);
  }
  return read;
}

/** Returns how many further words it took. */
function longOption(word: string, next: string | undefined, known: Letters, read: LettersRead): number {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  if (name === "help" && equals < 0) {
    read.help = true;
    return 0;
  }
  if (!known.long.includes(name)) throw new UsageError(`unknown option "--${name}"${didYouMean(name, known.long)}; ${allowed(known)}`);
  const value = equals < 0 ? next : word.slice(equals + 1);
  if (value === undefined) throw new UsageError(`option --${name} needs a value`);
  read.given.push([name, value]);
  return equals < 0 ? 1 : 0;
}

function letters(word: string, next: string | undefined, known: Letters, read: LettersRead): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at];
    if (known.flags.includes(letter)) {
      read.given.push([letter, ""]);
      continue;
    }
    if (!known.valued.includes(letter)) throw new UsageError(`unknown option "-${letter}"; ${allowed(known)}`);
    const inline = word.slice(at + 1);
    const value = inline === "" ? next : inline;
    if (value === undefined) throw new UsageError(`option -${letter} needs a value`);
    read.given.push([letter, value]);
    return inline === "" ? 1 : 0;
  }
  return 0;
}

const allowed = (known: Letters): string =>
  `allowed: ${[...known.flags, ...known.valued]
    .filter((l) => !known.hidden?.includes(l))
    .map((l) => `-${l}`)
    .join(", ")}, ${[...known.long, "help"].map((l) => `--${l}`).join(", ")}`;
