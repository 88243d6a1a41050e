// `holdfast up`: starts the daemon, in the background unless told otherwise, and says whether that worked.

import { spawn } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import type { Config } from "../config/config.js";
import { IOS } from "../config/settings.js";
import { SUCCESSOR } from "../daemon/handover.js";
import { LEVELS, Log } from "../daemon/log.js";
import { checkMachine, noteNetwork } from "../daemon/machine.js";
import { DEFAULT_STATE_DIR, makeStateDir, type Paths, pathsOf } from "../daemon/paths.js";
import { stayingPid } from "../daemon/pidfile.js";
import { codeOf, messageOf, Refusal } from "../daemon/refusal.js";
import type { RunOptions } from "../daemon/run.js";
import { type Command, EXIT, type Input, RESULT_JSON, STATE, say } from "./command.js";

/** Set for the background process: it reports through its channel to the one that started it. */
const CHILD = "HOLDFAST_BACKGROUND";
/** Longest start: the kernel takes some 20 ms for each NIC, and there may be 2,048. */
const START_MS = 180_000;

type Report = { ready: string[] } | { error: string; code: string };

export const up: Command = {
  name: "up",
  summary: "make the groups of a configuration and keep them at work",
  synopsis: "-c FILE [--state DIR] [--foreground] [--log FORMAT] [--log-level LEVEL] [--json]",
  details:
    "Takes over what an earlier daemon left: the same interface, the same addresses, the same bindings.\n" +
    'In the background, the log goes to DIR/holdfast.log. SIGTERM stops the daemon and leaves the interface; "holdfast\n' +
    'down" removes it. SIGHUP, or "holdfast reload", applies a changed configuration.',
  options: [
    { name: "config", short: "c", value: "FILE", doc: "the configuration" },
    STATE,
    { name: "foreground", doc: "do not go to the background; log to standard error" },
    { name: "log", value: "FORMAT", choices: ["text", "json"], doc: "text or json; default text" },
    { name: "log-level", value: "LEVEL", choices: LEVELS, doc: `${LEVELS.join(", ")}; default info` },
    RESULT_JSON,
  ],
  operands: [],
  async run(input) {
    const { loadConfig } = await import("../config/load.js");
    const config = loadConfig(input.need("config", "-c FILE"));
    const paths = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    const log = { format: input.choice("log", ["text", "json"] as const, "text"), level: input.choice("log-level", LEVELS, "info") };
    if (process.env[SUCCESSOR] !== undefined) return successor(config, paths, new Log(writer(2), log.format, log.level), input);
    if (process.env[CHILD] !== undefined) return child(config, paths, new Log(writer(2), log.format, log.level));
    if (input.has("foreground")) return serve(config, paths, new Log(writer(2), log.format, log.level), { watched: true });
    return parent(input, paths, config);
  },
};

const writer =
  (fd: number) =>
  (line: string): void => {
    try {
      writeSync(fd, line);
    } catch {
      // a log that cannot be written must not stop traffic
    }
  };

type Manner = Pick<RunOptions, "watched"> & Partial<Pick<RunOptions, "predecessor" | "onReady">>;

async function serve(config: Config, paths: Paths, log: Log, manner: Manner): Promise<number> {
  // the daemon loads native code: only now, so that the other commands start fast and work everywhere
  const { runDaemon } = await import("../daemon/run.js");
  const code = await runDaemon({ paths, config, log, onReady: () => undefined, ...manner });
  // nothing is left to do; a forgotten handle must not keep the process
  process.exit(code);
}

async function child(config: Config, paths: Paths, log: Log): Promise<number> {
  const report = (r: Report): void => {
    process.send?.(r, () => process.disconnect?.());
  };
  try {
    return await serve(config, paths, log, { watched: false, onReady: (ready) => report({ ready }) });
  } catch (e) {
    log.error("start", messageOf(e));
    await new Promise<void>((resolve) => {
      if (process.send) process.send({ error: messageOf(e), code: codeOf(e) } satisfies Report, () => resolve());
      else resolve();
    });
    process.exit(EXIT.REFUSED);
  }
}

/** Takes over from the daemon that started this process. */
async function successor(config: Config, paths: Paths, log: Log, input: Input): Promise<number> {
  const { Predecessor } = await import("../daemon/predecessor.js");
  const predecessor = new Predecessor();
  try {
    return await serve(config, paths, log, { watched: input.has("foreground"), predecessor });
  } catch (e) {
    log.error("start", messageOf(e));
    await predecessor.failed(e);
    process.exit(EXIT.REFUSED);
  }
}

/** Starts the background process and waits until it is at work or has failed. */
async function parent(input: Input, paths: Paths, config: Config): Promise<number> {
  checkMachine();
  const living = stayingPid(paths.pid);
  if (living !== null)
    throw new Refusal(
      "EALREADY",
      `the daemon is already running with this state folder (process ${living}); see "holdfast status" and "holdfast down"`,
    );
  makeStateDir(paths);
  // every thread of the daemon is limited from its first moment, not only the one that gives up its privileges
  const { limitChildren } = await import("../daemon/privileges.js");
  limitChildren({ paths, config: config.file, textfile: config.metrics.textfile, xdp: config.groups.some((g) => IOS[g.io]) });
  noteNetwork();
  const logFile = openSync(paths.log, "a", 0o600);
  const words = ["up"];
  // --json is for this process, which tells the result
  for (const [name, value] of input.options) if (name !== "json") words.push(`--${name}`, value);
  const process_ = spawn(process.execPath, [...process.execArgv, process.argv[1], ...words], {
    detached: true,
    stdio: ["ignore", logFile, logFile, "ipc"],
    env: { ...process.env, [CHILD]: "1" },
  });
  closeSync(logFile);
  const report = await new Promise<Report>((resolve) => {
    const timer = setTimeout(
      () => resolve({ error: `not ready within ${START_MS / 1000} s; see ${paths.log}`, code: "ETIMEDOUT" }),
      START_MS,
    );
    const settle = (r: Report): void => {
      clearTimeout(timer);
      resolve(r);
    };
    process_.once("message", (m) => settle(m as Report));
    process_.once("error", (e) => settle({ error: `cannot start the daemon: ${e.message}`, code: "EIO" }));
    process_.once("exit", (code, signal) =>
      settle({ error: `the daemon ended before it was ready (${signal ?? `exit code ${code}`}); see ${paths.log}`, code: "EIO" }),
    );
  });
  if ("error" in report) {
    // one that hangs must not come to life later, when nobody expects it
    process_.kill();
    throw new Refusal(report.code, report.error);
  }
  process_.unref();
  process_.channel?.unref();
  say(input, `holdfast: ${report.ready.join(", ")}: at work (process ${process_.pid}, log ${paths.log})\n`, {
    groups: report.ready,
    pid: process_.pid,
    log: paths.log,
  });
  return EXIT.OK;
}
