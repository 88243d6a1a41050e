// What the tools under the original's names share: they end with exit code 0 or 1, and tell a mistake in one line, with
// their usage if it is one of the command line.
//
// Invariant: no stack for what is a user's mistake or the machine's state.

import { isExpected } from "../daemon/refusal.js";
import { UsageError } from "./command.js";

/** Exit codes of ipmpstat and if_mpadm: as the original's, any failure is 1. */
export const TOOL_EXIT = { OK: 0, FAILED: 1 } as const;

/** Runs a tool to its end, and ends the process: what it still waits for (a name server) is not waited for. */
export async function runTool(name: string, usage: string, main: (words: readonly string[]) => Promise<number>): Promise<void> {
  // a reader that goes away (| head) is no error
  process.stdout.on("error", (e: NodeJS.ErrnoException) => process.exit(e.code === "EPIPE" ? TOOL_EXIT.OK : TOOL_EXIT.FAILED));
  const code = await main(process.argv.slice(2)).catch((e) => tell(name, usage, e));
  process.exitCode = code;
  process.stdout.write("", () => process.exit(code));
}

function tell(name: string, usage: string, e: unknown): number {
  const say = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
  if (e instanceof UsageError) {
    say(e.message);
    process.stderr.write(usage);
  } else if (isExpected(e)) say(e.message);
  else say(`this is a defect of holdfast, please report it: ${e instanceof Error ? e.stack : String(e)}`);
  return TOOL_EXIT.FAILED;
}
