// The options of `holdfast demo` (what `npm start` runs). Pure: words in, options or a DemoError out.

import { DemoError } from "./model.js";

export interface Options {
  /** stay after the play until Ctrl-C */
  keep: boolean;
  /** the in-memory LAN even where real devices could be had */
  memory: boolean;
  /** line by line instead of a redrawn screen */
  plain: boolean;
  /** draw with ASCII characters only */
  ascii: boolean;
  help: boolean;
  /** length of one phase, in seconds */
  seconds: number;
}

export const SECONDS_DEFAULT = 4;
const SECONDS_MIN = 1;
const SECONDS_MAX = 3600;

export const USAGE = `usage: holdfast demo [--keep] [--memory] [--plain] [--ascii] [--seconds N]

Builds a host with two NICs, a switch and a peer, makes the two NICs one IP interface (ipmp0), sends TCP and
UDP both ways over IPv4 and IPv6, cuts and repairs each link in turn, tells what the receivers noticed, and
removes everything.

  --keep       stay after the play, say what to try, and remove everything on Ctrl-C
  --memory     play on the in-memory LAN even where real devices could be had
  --plain      print line by line instead of redrawing the screen (so too when the output is no terminal)
  --ascii      draw with ASCII characters only
  --seconds N  length of one phase, ${SECONDS_MIN} to ${SECONDS_MAX} seconds; default ${SECONDS_DEFAULT}
  --help       this text

NO_COLOR in the environment turns colours off.
`;

export function parseOptions(args: string[]): Options {
  const options: Options = { keep: false, memory: false, plain: false, ascii: false, help: false, seconds: SECONDS_DEFAULT };
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    if (word === "--keep") options.keep = true;
    else if (word === "--memory") options.memory = true;
    else if (word === "--plain") options.plain = true;
    else if (word === "--ascii") options.ascii = true;
    else if (word === "--help" || word === "-h") options.help = true;
    else if (word === "--seconds") options.seconds = seconds(args[++i]);
    else if (word.startsWith("--seconds=")) options.seconds = seconds(word.slice("--seconds=".length));
    else throw new DemoError(`demo: unknown option "${word}"; allowed are --keep, --memory, --plain, --ascii, --seconds N, --help`);
  }
  return options;
}

function seconds(word: string | undefined): number {
  const value = word === undefined || word.trim() === "" ? Number.NaN : Number(word);
  if (!(value >= SECONDS_MIN && value <= SECONDS_MAX)) {
    const found = word === undefined ? "nothing" : `"${word}"`;
    throw new DemoError(`demo: --seconds takes a number from ${SECONDS_MIN} to ${SECONDS_MAX}, found ${found}`);
  }
  return value;
}
