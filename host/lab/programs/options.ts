// Command lines and report lines of the lab programs: every option is --name VALUE, every output line is one JSON object.
import { parseArgs } from "node:util";

/** Options a program knows, with what each means; a default of undefined makes it required unless optional is set. */
export type OptionTable = Record<string, { help: string; default?: string; flag?: boolean; optional?: boolean }>;

export class Options {
  private constructor(private readonly values: Record<string, string | boolean | undefined>) {}

  /** Parses the command line; prints what is wrong and the table, and ends the process, if it does not fit. */
  static parse(program: string, table: OptionTable): Options {
    const fail = (why: string): never => {
      console.error(`${program}: ${why}\n${help(program, table)}`);
      process.exit(2);
    };
    const config = Object.fromEntries(Object.entries(table).map(([name, o]) => [name, { type: o.flag ? "boolean" : "string" } as const]));
    let values: Record<string, string | boolean | undefined> = {};
    try {
      values = parseArgs({ options: config, strict: true, allowPositionals: false }).values;
    } catch (e) {
      fail((e as Error).message);
    }
    for (const [name, o] of Object.entries(table)) {
      values[name] ??= o.default;
      if (values[name] === undefined && !o.flag && !o.optional) fail(`--${name} is required: ${o.help}`);
    }
    return new Options(values);
  }

  text(name: string): string {
    return String(this.values[name]);
  }

  maybe(name: string): string | undefined {
    return this.values[name] as string | undefined;
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  number(name: string): number {
    const n = Number(this.values[name]);
    if (Number.isFinite(n) && n >= 0) return n;
    console.error(`--${name} ${this.values[name]}: must be a number of at least 0`);
    process.exit(2);
  }
}

function help(program: string, table: OptionTable): string {
  const rows = Object.entries(table).map(([name, o]) => {
    const value = o.flag ? "" : " VALUE";
    const preset = o.default === undefined ? "" : ` (${o.default})`;
    return `  --${(name + value).padEnd(20)} ${o.help}${preset}`;
  });
  return [`usage: ${program} options`, ...rows].join("\n");
}

/** Prints one report line. */
export function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line, (_, v) => (typeof v === "bigint" ? v.toString() : v))}\n`);
}

/** Runs end once, at the first SIGINT or SIGTERM or after seconds (0: never). */
export function atEnd(seconds: number, end: () => void): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    end();
  };
  process.on("SIGINT", once);
  process.on("SIGTERM", once);
  if (seconds > 0) setTimeout(once, seconds * 1000);
}
