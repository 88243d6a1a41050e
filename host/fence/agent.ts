// One run of one fence agent: a program that is told on its input, a line "key=value" each, what to do to which plug, as the
// common agents for Linux take it. Secrets never stand in its arguments or environment.
//
//   action     off, on, status, monitor
//   exit       0 done (of status: it is on); of status 2 with "Status: OFF" printed: it is off; anything else: failed
//
// Invariants: a run ends within its time limit; whatever it has started in its process group ends with it; what it prints
// is cut and made harmless before anybody reads it.

import { spawn } from "node:child_process";

export type FenceAction = "off" | "on" | "status" | "monitor";

export interface FenceAgent {
  /** the program, by its path or a name in PATH, and arguments that come before everything */
  command: readonly [string, ...string[]];
  /** what it is told besides the action: ip, plug, username, password, … */
  options: Readonly<Record<string, string | number>>;
  /** s that "off" and "on" may take; default 60 */
  timeoutS?: number;
  /** s that "status" and "monitor" may take; default 20 */
  statusS?: number;
  /**
   * what confirms that the node is off: "status" (default) the agent's status afterwards; "exit" that "off" ended with 0, for
   * agents that know no status
   */
  confirm?: "status" | "exit";
}

export interface FenceRun {
  action: FenceAction;
  /** its exit code; null = it did not end by itself */
  exit: number | null;
  /** what ended it instead: a signal, or why it could not be started */
  ended: string;
  /** of status: what it says; else "unknown" */
  power: "on" | "off" | "unknown";
  /** the last of what it printed, on one line */
  said: string;
  ms: number;
}

/** Bytes of output that are kept. */
const KEPT = 4096;
const SAID = 300;
/** After the polite signal. */
const GRACE_MS = 1_000;
const KEY = /^[A-Za-z][A-Za-z0-9_-]*$/;
const SECRET = /pass|secret|token|key|community/i;

/** What an agent is told; throws a TypeError for a key or value that could be taken for more than one line. */
export function inputOf(agent: FenceAgent, action: FenceAction): string {
  return entriesOf(agent, action)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

/** The same for people: secrets are not shown. */
export function shownOf(agent: FenceAgent, action: FenceAction): string {
  const told = entriesOf(agent, action).map(([key, value]) => `${key}=${SECRET.test(key) ? "***" : value}`);
  return `${agent.command.join(" ")} ← ${told.join(" ")}`;
}

function entriesOf(agent: FenceAgent, action: FenceAction): [string, string | number][] {
  const entries: [string, string | number][] = [["action", action], ...Object.entries(agent.options)];
  for (const [key, value] of entries.slice(1)) {
    if (!KEY.test(key) || key === "action")
      throw new TypeError(`fence option ${JSON.stringify(key)}: letters, digits, "_" and "-"; not action`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(`${value}`)) throw new TypeError(`fence option ${key}: its value holds a control character`);
  }
  return entries;
}

/** Runs an agent once; always resolves. */
export function runAgent(agent: FenceAgent, action: FenceAction): Promise<FenceRun> {
  const [program, ...args] = agent.command;
  const watching = action === "status" || action === "monitor";
  const limitMs = (watching ? (agent.statusS ?? 20) : (agent.timeoutS ?? 60)) * 1000;
  const input = inputOf(agent, action);
  const begun = performance.now();
  return new Promise((done) => {
    let output = "";
    let ended = "";
    let over = false;
    const timers: NodeJS.Timeout[] = [];
    // A group of its own, so that all of it can be ended.
    const child = spawn(program, args, { detached: true, stdio: "pipe", env: { PATH: process.env.PATH, LANG: "C", LC_ALL: "C" } });
    const all = (signal: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // Nothing of it is left.
      }
    };
    const end = (exit: number | null): void => {
      if (over) return;
      over = true;
      for (const t of timers) clearTimeout(t);
      all("SIGKILL");
      // A child that went its own way may hold the other ends; nobody listens to it any more.
      for (const s of [child.stdin, child.stdout, child.stderr]) s.destroy();
      const said = harmless(output);
      done({ action, exit, ended, power: action === "status" ? powerOf(exit, output) : "unknown", said, ms: performance.now() - begun });
    };
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString("latin1")).slice(-KEPT);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    // It may not read what it is told.
    child.stdin.on("error", () => undefined);
    child.on("error", (e) => {
      ended = (e as NodeJS.ErrnoException).code === "ENOENT" ? `${program} is not there` : e.message;
      end(null);
    });
    child.on("exit", (code, signal) => {
      if (signal !== null && ended === "") ended = `ended by ${signal}`;
      // What it printed last may still be on its way.
      timers.push(setTimeout(() => end(ended === "" ? code : null), 50));
    });
    child.on("close", (code) => end(ended === "" ? code : null));
    timers.push(
      setTimeout(() => {
        ended = `not done within ${limitMs / 1000} s`;
        all("SIGTERM");
        timers.push(setTimeout(() => end(null), GRACE_MS));
      }, limitMs),
    );
    child.stdin.end(input);
  });
}

/** Exit code 2 alone may also mean that the agent has not understood its options: it has to say so, too. */
function powerOf(exit: number | null, output: string): "on" | "off" | "unknown" {
  const said = [...output.matchAll(/^\s*status:\s*(on|off)\s*$/gim)].map((m) => m[1].toLowerCase());
  if (exit === 2 && said.length > 0 && said.every((s) => s === "off")) return "off";
  return exit === 0 && !said.includes("off") ? "on" : "unknown";
}

/** On one line, without control characters, and short. */
function harmless(output: string): string {
  const text = output.replace(/[^\x20-\x7e]+/g, " ").trim();
  return text.length > SAID ? `…${text.slice(1 - SAID)}` : text;
}
