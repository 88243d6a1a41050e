// A daemon process from start to end: the machine is checked, the state folder taken, the daemon started, signals and
// requests obeyed, everything closed.
//
// Invariants: until it is ready, a daemon that fails has changed nothing that it has not put back; SIGTERM and SIGINT
// leave the groups to the next start, only a request to go down takes them apart.

import { readFileSync, rmSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import type { Config } from "../config/config.js";
import { Rtnetlink } from "../net/rtnetlink.js";
import { Control } from "./control.js";
import { Daemon } from "./daemon.js";
import { Ledger } from "./ledger.js";
import type { Log } from "./log.js";
import { checkMachine, noteNetwork } from "./machine.js";
import { makeStateDir, type Paths } from "./paths.js";
import { dropPidfile, takePidfile } from "./pidfile.js";
import { giveUp } from "./privileges.js";
import { messageOf } from "./refusal.js";

export interface RunOptions {
  paths: Paths;
  config: Config;
  log: Log;
  onReady(groups: string[]): void;
}

/**
 * The module is compiled whole and optimised before the start: otherwise its rare paths would be compiled in the middle
 * of the first failovers, while frames wait.
 */
function compileAtOnce(): void {
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--no-wasm-lazy-compilation");
}

/** Runs until it is told to end. Throws what refuses the start. */
export async function runDaemon({ paths, config, log, onReady }: RunOptions): Promise<number> {
  checkMachine();
  compileAtOnce();
  makeStateDir(paths);
  takePidfile(paths.pid);
  const end: (() => void | Promise<void>)[] = [() => dropPidfile(paths.pid)];
  try {
    const ledger = Ledger.open(paths.ledger);
    let exit: (code: number) => void = () => undefined;
    const ended = new Promise<number>((resolve) => {
      exit = resolve;
    });
    const net = new Rtnetlink();
    end.push(() => net.close());
    const fatal = (e: Error): void => {
      log.error("fatal", messageOf(e));
      exit(1);
    };
    const d = new Daemon({ paths, config, net, ledger, log, version: version(), onFatal: fatal });
    end.push(() => d.stop());
    await d.start();
    net.subscribe((e) => d.engine?.onNet(e));
    const control = new Control(
      (request) => {
        switch (request.cmd) {
          case "status":
            return d.status();
          case "stats":
            return d.stats();
          case "reload":
            return d.reload();
          case "recent":
            return { events: d.history.last(request.last) };
          case "down":
            return down(d, ledger, paths, request.keep, () => exit(0));
          default:
            return d.member(request);
        }
      },
      log,
      { history: d.history, capture: d.capture },
    );
    d.control = control;
    await control.listen(paths.socket);
    end.push(() => control.close());
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => exit(0));
    process.on("SIGHUP", () => {
      try {
        d.reload();
      } catch (e) {
        log.error("reload", messageOf(e));
      }
    });
    process.on("uncaughtException", fatal);
    noteNetwork();
    const { kept, problem } = giveUp(paths, config.file);
    log.info("privileges", `kept ${kept.join(", ")}`);
    if (problem !== "") log.warn("privileges", `not all could be given up: ${problem}`);
    const groups = config.groups.map((g) => g.name);
    log.info("ready", `${groups.join(", ")}: at work`, { pid: process.pid, config: config.file });
    onReady(groups);
    const code = await ended;
    log.info("end", "stopping");
    return code;
  } finally {
    for (const step of end.reverse()) await step();
  }
}

/** Takes the groups apart, or with keep only ends; the process ends after the reply is written. */
function down(daemon: Daemon, ledger: Ledger, paths: Paths, keep: boolean, exit: () => void): unknown {
  if (!keep) {
    daemon.dismantle();
    ledger.remove();
    rmSync(paths.snapshot, { force: true });
  }
  setImmediate(exit);
  return { kept: keep };
}

function version(): string {
  return (JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string }).version;
}
