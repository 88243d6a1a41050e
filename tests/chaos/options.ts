// The command line of the chaos: what may be given, and what is said when something else is.

export class UsageError extends Error {}

export interface Options {
  seed: number;
  minutes: number;
  /** NICs of the host: each epoch has the next number of the range */
  nics: readonly [number, number];
  boundMs: number;
  json: string | null;
  help: boolean;
}

export const NICS: readonly [number, number] = [2, 4];
export const DEFAULTS: Options = { seed: 1, minutes: 30, nics: NICS, boundMs: 500, json: null, help: false };

export const HELP = `npm run chaos -- ipmp [options]: random faults on a group of real devices under TCP and UDP load (root, Linux)

  --seed S          of the faults; default ${DEFAULTS.seed}
  --minutes M       for so long; default ${DEFAULTS.minutes}
  --nics N | N-M    so many NICs, epoch by epoch; default ${NICS.join("-")}, which is all there can be
  --bound-ms B      how long a receiver may hear nothing beyond the detection time; default ${DEFAULTS.boundMs}
  --json FILE       the result as JSON

Exit codes: 0 nothing was wrong · 1 something was, or it could not run · 2 the command line.`;

function figure(name: string, text: string | undefined, least: number, most: number, whole: boolean): number {
  const n = Number(text);
  if (text === undefined || text.trim() === "" || !(n >= least && n <= most) || (whole && !Number.isInteger(n)))
    throw new UsageError(`${name} "${text ?? ""}": a ${whole ? "whole " : ""}number from ${least} to ${most} is needed`);
  return n;
}

function range(text: string | undefined): [number, number] {
  const m = /^(\d+)(?:-(\d+))?$/.exec(text ?? "");
  const [least, most] = [Number(m?.[1]), Number(m?.[2] ?? m?.[1])];
  if (!m || least < NICS[0] || most > NICS[1] || least > most)
    throw new UsageError(`--nics "${text ?? ""}": a number or a range from ${NICS.join(" to ")} is needed`);
  return [least, most];
}

const OPTIONS: Record<string, (o: Options, text: string | undefined) => void> = {
  "--seed": (o, text) => {
    o.seed = figure("--seed", text, 0, 0xffffffff, true);
  },
  "--minutes": (o, text) => {
    o.minutes = figure("--minutes", text, 0.2, 100_000, false);
  },
  "--nics": (o, text) => {
    o.nics = range(text);
  },
  "--bound-ms": (o, text) => {
    o.boundMs = figure("--bound-ms", text, 1, 60_000, true);
  },
  "--json": (o, text) => {
    if (!text || text.startsWith("-")) throw new UsageError("--json: a file name must follow");
    o.json = text;
  },
};

/** Reads the command line; throws UsageError with what is allowed. */
export function parse(args: readonly string[]): Options {
  const o: Options = { ...DEFAULTS };
  const rest = [...args];
  const what: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--help") o.help = true;
    else if (OPTIONS[word]) OPTIONS[word](o, rest.shift());
    else if (word.startsWith("-")) throw new UsageError(`unknown option "${word}": allowed are ${Object.keys(OPTIONS).join(", ")}, --help`);
    else what.push(word);
  }
  if (!o.help && (what.length !== 1 || what[0] !== "ipmp"))
    throw new UsageError(`"${what.join(" ")}": what to try must be given, and is ipmp`);
  return o;
}
