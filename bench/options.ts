// The command line of the benchmarks: `npm run bench -- SUITE [--quick] [--json FILE]`.

export const SUITES = ["core", "failover", "merge", "nic", "step", "time"] as const;
export type SuiteName = (typeof SUITES)[number];

export interface Options {
  suites: SuiteName[];
  /** tiny sizes: proves that a suite works, its figures mean little */
  quick: boolean;
  json: string | null;
}

export const USAGE = `usage: npm run bench -- SUITE [--quick] [--json FILE]
  SUITE         ${SUITES.join(", ")} or all
  --quick       a few rounds of a few cases: to see that it works, not to quote
  --json FILE   also write the results to FILE`;

/** A mistake on the command line: its message is for the user. */
export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const options: Options = { suites: [], quick: false, json: null };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--quick") options.quick = true;
    else if (arg === "--json") {
      const file = args[++i];
      if (file === undefined || file === "" || file.startsWith("-")) throw new UsageError("--json: a file name must follow");
      options.json = file;
    } else if (arg.startsWith("-")) throw new UsageError(`unknown option "${arg}": allowed are --quick and --json FILE`);
    else options.suites.push(...suitesOf(arg));
  }
  if (options.suites.length === 0) throw new UsageError(`no suite given: one of ${SUITES.join(", ")}, all`);
  options.suites = SUITES.filter((s) => options.suites.includes(s));
  return options;
}

function suitesOf(name: string): readonly SuiteName[] {
  if (name === "all") return SUITES;
  const suite = SUITES.find((s) => s === name);
  if (suite === undefined) throw new UsageError(`unknown suite "${name}": one of ${SUITES.join(", ")}, all`);
  return [suite];
}
