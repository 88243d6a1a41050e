// Running commands for the lab: one place that builds the argument vector, captures output and words the error.
//
// Invariant: a command that fails throws a LabError naming the command, where it ran and what it printed.
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";

/** A lab command failed, or the lab cannot be built here; the message is meant for people. */
export class LabError extends Error {
  override name = "LabError";
}

export interface RunResult {
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** text for standard input */
  input?: string;
  /** return a failing status instead of throwing */
  allowFailure?: boolean;
  /** milliseconds before the command is killed; 30 s if not given */
  timeoutMs?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/** The argument vector that runs cmd in network namespace ns (the caller's own if undefined). */
export function inNetns(ns: string | undefined, cmd: readonly string[]): string[] {
  if (ns === undefined) return [...cmd];
  // ip has its own -n: saves a process and a mount namespace.
  if (cmd[0] === "ip" || cmd[0] === "bridge") return [cmd[0], "-n", ns, ...cmd.slice(1)];
  return ["ip", "netns", "exec", ns, ...cmd];
}

/** Runs a command to its end, blocking. */
export function run(ns: string | undefined, cmd: readonly string[], options: RunOptions = {}): RunResult {
  const argv = inNetns(ns, cmd);
  const done = spawnSync(argv[0], argv.slice(1), {
    input: options.input,
    encoding: "utf8",
    timeout: options.timeoutMs ?? 30_000,
    killSignal: "SIGKILL",
    maxBuffer: 256 << 20,
    env: options.env ?? process.env,
    cwd: options.cwd,
  });
  return settle(ns, cmd, options, done.status ?? -1, done.stdout ?? "", done.stderr ?? "", done.error);
}

/** The same without blocking the event loop. */
export function runAsync(ns: string | undefined, cmd: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = start(ns, cmd, { stdio: ["pipe", "pipe", "pipe"], env: options.env, cwd: options.cwd });
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    let failure: Error | undefined;
    child.stdout?.setEncoding("utf8").on("data", (s: string) => {
      stdout += s;
    });
    child.stderr?.setEncoding("utf8").on("data", (s: string) => {
      stderr += s;
    });
    const limit = setTimeout(() => {
      failure = new Error(`no end within ${options.timeoutMs ?? 30_000} ms`);
      child.kill("SIGKILL");
    }, options.timeoutMs ?? 30_000);
    child.on("error", (e) => {
      failure = e;
      finish(-1);
    });
    child.on("close", (code) => finish(code ?? -1));
    child.stdin?.on("error", () => {}); // the command may end without reading its input
    child.stdin?.end(options.input ?? "");
    function finish(status: number): void {
      clearTimeout(limit);
      try {
        resolve(settle(ns, cmd, options, status, stdout, stderr, failure));
      } catch (e) {
        reject(e);
      }
    }
  });
}

/** Starts a command that stays; it leads its own process group, so that Ctrl-C on the terminal does not reach it. */
export function start(ns: string | undefined, cmd: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const argv = inNetns(ns, cmd);
  return spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
}

/** Turns the end of a command into a result, or into the error the caller asked for. */
function settle(
  ns: string | undefined,
  cmd: readonly string[],
  options: RunOptions,
  status: number,
  stdout: string,
  stderr: string,
  error: Error | undefined,
): RunResult {
  if (error === undefined && (status === 0 || options.allowFailure)) return { status, stdout, stderr };
  const where = ns === undefined ? "" : ` in namespace ${ns}`;
  const why = error?.message ?? (stderr.trim() || stdout.trim() || "no output");
  throw new LabError(`${cmd.join(" ")}${where}: ${error ? "did not run" : `status ${status}`}: ${why}`);
}
