// What a command is, and how its words become options: shared by all commands.
//
// Invariant: a word that is not understood is refused with the nearest that is, never ignored.

import { didYouMean } from "../config/suggest.js";

/** Exit codes. */
export const EXIT = { OK: 0, REFUSED: 1, USAGE: 2 } as const;

/** The command line is wrong: printed with the way to the help, exit code 2. */
export class UsageError extends Error {}

export interface Option {
  /** without the dashes */
  name: string;
  /** one letter, without the dash */
  short?: string;
  /** name of its value; none: the option takes none. FILE, DIR, GROUP, NIC and NAME are also what completion offers */
  value?: string;
  /** the values there are */
  choices?: readonly string[];
  doc: string;
}

export interface Command {
  name: string;
  /** one line for the list of commands */
  summary: string;
  /** what follows the name, as in "-c FILE [--state DIR]" */
  synopsis: string;
  /** more for its own help */
  details?: string;
  options: readonly Option[];
  /** names of the plain words it needs; in brackets: that may be left out, so at the end; with "|": the words there are */
  operands: readonly string[];
  run(input: Input): Promise<number>;
}

export class Input {
  constructor(
    readonly operands: readonly string[],
    readonly options: ReadonlyMap<string, string>,
  ) {}

  /** Value of an option, or the fallback. */
  value(name: string, fallback: string): string {
    return this.options.get(name) ?? fallback;
  }

  has(name: string): boolean {
    return this.options.has(name);
  }

  /** Value of an option that must be given. */
  need(name: string, hint: string): string {
    const value = this.options.get(name);
    if (value === undefined) throw new UsageError(`option ${hint} is needed`);
    return value;
  }

  /** Value of an option that is a whole number. */
  number(name: string, min: number, max: number, fallback: number): number {
    const text = this.options.get(name);
    if (text === undefined) return fallback;
    const n = Number(text);
    if (!/^\d{1,9}$/.test(text) || n < min || n > max) throw new UsageError(`--${name}: found "${text}"; allowed: ${min} to ${max}`);
    return n;
  }

  /** Value of an option that is one of a set. */
  choice<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.options.get(name) ?? fallback;
    const found = allowed.find((a) => a === value);
    if (found === undefined)
      throw new UsageError(`--${name}: found "${value}"${didYouMean(value, allowed)}; allowed: ${allowed.join(", ")}`);
    return found;
  }
}

export const HELP: Option = { name: "help", short: "h", doc: "this text" };
export const STATE: Option = { name: "state", value: "DIR", doc: "state folder of the daemon; default /run/holdfast" };
/** For commands whose result is a sentence: the same for programs, refusals included. */
export const RESULT_JSON: Option = { name: "json", doc: "JSON instead of text, refusals (on standard error) included" };
export const JSON_OPTION: Option = { name: "json", doc: "JSON instead of text" };

/** Prints a result: a sentence for people, or what it is about for programs. */
export function say(input: Input, text: string, result: unknown): void {
  process.stdout.write(input.has("json") ? `${JSON.stringify(result)}\n` : text);
}

/** Reads the words behind a command's name. Null: help is asked for. */
export function parseWords(command: Command, words: readonly string[]): Input | null {
  const known = [...command.options, HELP];
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--") {
      operands.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const [flag, inline] = splitOption(word);
    const option = known.find((o) => flag === `--${o.name}` || flag === `-${o.short}`);
    if (option === undefined) throw new UsageError(unknownOption(flag, known));
    if (option === HELP) return null;
    if (options.has(option.name)) throw new UsageError(`option --${option.name} is given twice`);
    if (option.value === undefined && inline !== undefined) throw new UsageError(`option --${option.name} takes no value`);
    const value = option.value === undefined ? "" : (inline ?? words[++i]);
    if (value === undefined) throw new UsageError(`option ${flag} needs a value: ${option.value}`);
    options.set(option.name, value);
  }
  const needed = command.operands.filter((o) => !o.startsWith("["));
  if (operands.length < needed.length) throw new UsageError(`needed: ${needed.slice(operands.length).join(" ")}`);
  if (operands.length > command.operands.length) throw new UsageError(`unexpected "${operands[command.operands.length]}"`);
  return new Input(operands, options);
}

function splitOption(word: string): [string, string | undefined] {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function unknownOption(flag: string, known: readonly Option[]): string {
  const names = known.map((o) => `--${o.name}`);
  return `unknown option "${flag}"${didYouMean(flag, names)}; allowed: ${names.join(", ")}`;
}

/** The help text of a command. */
export function helpOf(command: Command): string {
  const options = [...command.options, HELP];
  const left = (o: Option): string => `${o.short ? `-${o.short}, ` : "    "}--${o.name}${o.value ? ` ${o.value}` : ""}`;
  const width = Math.max(...options.map((o) => left(o).length));
  return [
    `usage: holdfast ${command.name}${command.synopsis ? ` ${command.synopsis}` : ""}`,
    "",
    `${command.summary[0].toUpperCase()}${command.summary.slice(1)}.`,
    ...(command.details ? ["", command.details] : []),
    "",
    "options:",
    ...options.map((o) => `  ${left(o).padEnd(width)}  ${o.doc}`),
    "",
  ].join("\n");
}
