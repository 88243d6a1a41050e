#!/usr/bin/env node
// The command `holdfast`: finds the command that is meant, runs it, turns what it throws into a message and an exit code.
//
// Invariants: a user's mistake gives one message on standard error and no stack; exit code 0 done, 1 refused or failed,
// 2 the command line is wrong.

import { readFileSync } from "node:fs";
import { suggest } from "../config/suggest.js";
import { isExpected } from "../daemon/refusal.js";
import { check } from "./check.js";
import { type Command, EXIT, helpOf, parseWords, UsageError } from "./command.js";
import { down } from "./down.js";
import { events } from "./events.js";
import { offline, standby, undoOffline } from "./member.js";
import { metrics } from "./metrics.js";
import { reload } from "./reload.js";
import { status } from "./status.js";
import { up } from "./up.js";

/** In the order in which the help lists them. */
const COMMANDS: readonly Command[] = [up, status, events, metrics, check, reload, offline, undoOffline, standby, down];

/** `demo` reads its own words, so that `npm start -- WORDS` and `holdfast demo WORDS` are one. */
const DEMO = { name: "demo", summary: "show a failover, on namespaces of its own or on an in-memory LAN" };

function version(): string {
  const pkg = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };
  return pkg.version;
}

function overview(): string {
  const rows = [...COMMANDS, DEMO];
  const width = Math.max(...rows.map((c) => c.name.length));
  return [
    "usage: holdfast COMMAND [options]",
    "",
    "Several NICs as one IP interface: a NIC, cable or switch fails, nothing above notices.",
    "",
    "commands:",
    ...rows.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`),
    "",
    "holdfast COMMAND --help tells more; holdfast --version prints the version.",
    "Exit codes: 0 done, 1 refused or failed, 2 wrong command line.",
    "",
  ].join("\n");
}

async function dispatch(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined) {
    process.stderr.write(overview());
    return EXIT.USAGE;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const topic = rest[0];
    if (topic === undefined) {
      process.stdout.write(overview());
      return EXIT.OK;
    }
    return dispatch([topic, "--help"]);
  }
  if (name === "--version" || name === "-V") {
    process.stdout.write(`holdfast ${version()}\n`);
    return EXIT.OK;
  }
  if (name === DEMO.name) {
    const { demo } = await import("../demo/main.js");
    return demo(rest);
  }
  const command = COMMANDS.find((c) => c.name === name);
  if (command === undefined) {
    const names = [...COMMANDS.map((c) => c.name), DEMO.name];
    const near = suggest(name, names);
    const kind = name.startsWith("-") ? "option" : "command";
    throw new UsageError(`unknown ${kind} "${name}"${near === undefined ? "" : `; did you mean "${near}"?`}; allowed: ${names.join(", ")}`);
  }
  return runCommand(command, rest);
}

async function runCommand(command: Command, words: readonly string[]): Promise<number> {
  try {
    const input = parseWords(command, words);
    if (input !== null) return await command.run(input);
    process.stdout.write(helpOf(command));
    return EXIT.OK;
  } catch (e) {
    if (e instanceof UsageError) throw new UsageError(`${command.name}: ${e.message}\nsee "holdfast ${command.name} --help"`);
    throw e;
  }
}

/** What is expected to go wrong is told by its message; anything else is a defect and shows where it is. */
function tell(e: unknown): number {
  if (e instanceof UsageError) {
    const hint = e.message.includes("\n") ? "" : '\nsee "holdfast --help"';
    process.stderr.write(`holdfast: ${e.message}${hint}\n`);
    return EXIT.USAGE;
  }
  if (e instanceof Error && e.name === "ConfigError") process.stderr.write(`${e.message}\n`);
  else if (isExpected(e)) process.stderr.write(`holdfast: ${e.message}\n`);
  else process.stderr.write(`holdfast: this is a defect of holdfast, please report it: ${e instanceof Error ? e.stack : String(e)}\n`);
  return EXIT.REFUSED;
}

// a reader that goes away (| head) is no error
process.stdout.on("error", (e: NodeJS.ErrnoException) => process.exit(e.code === "EPIPE" ? EXIT.OK : EXIT.REFUSED));
process.exitCode = await dispatch(process.argv.slice(2)).catch(tell);
