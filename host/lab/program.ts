// Running the lab programs: starts one in a namespace, collects its report lines, ends it and hands back the last.
//
// Invariant: a program that ends by itself with an error makes the next wait throw, with what it printed.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LabError, type Netns } from "./netns.js";
import type { Gap, StreamReport } from "./stream.js";

const PROGRAMS = join(dirname(fileURLToPath(import.meta.url)), "programs");

/** A report line; which members are there depends on the program. */
// biome-ignore lint/suspicious/noExplicitAny: lines are as various as the programs; each reader narrows what it asked for
export type Line = Record<string, any>;

export class Program {
  readonly lines: Line[] = [];
  private told = "";
  private ended = false;
  private readonly over: Promise<unknown>;

  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
    onLine: ((line: Line) => void) | undefined,
  ) {
    this.over = once(child, "close").then(() => {
      this.ended = true;
    });
    child.on("error", (e) => {
      this.told += e.message;
    });
    child.stderr?.setEncoding("utf8").on("data", (s: string) => {
      this.told += s;
    });
    if (child.stdout)
      createInterface({ input: child.stdout }).on("line", (text) => {
        const line = JSON.parse(text) as Line;
        this.lines.push(line);
        onLine?.(line);
      });
  }

  /** Starts host/lab/programs/NAME with options (true: a flag) and waits until it is ready. */
  static async start(
    ns: Netns,
    name: string,
    options: Record<string, string | number | true | undefined>,
    onLine?: (line: Line) => void,
  ): Promise<Program> {
    const argv = Object.entries(options).flatMap(([k, v]) => (v === undefined ? [] : v === true ? [`--${k}`] : [`--${k}`, String(v)]));
    const child = ns.spawn([process.execPath, join(PROGRAMS, `${name}.js`), ...argv]);
    const program = new Program(`${name} in ${ns.name}`, child, onLine);
    await program.line((l) => "ready" in l || "connected" in l);
    return program;
  }

  /** The first line that fits, past or future. */
  async line(fits: (line: Line) => boolean, limitMs = 60_000): Promise<Line> {
    const limit = Date.now() + limitMs;
    for (;;) {
      const found = this.lines.find(fits);
      if (found) return found;
      if (this.ended) throw new LabError(`${this.name} ended: ${this.told.trim() || "it said nothing"}`);
      if (Date.now() > limit)
        throw new LabError(`${this.name}: no such line within ${limitMs} ms; it said ${JSON.stringify(this.lines.at(-1))}`);
      await Promise.race([this.over, new Promise((resolve) => setTimeout(resolve, 5))]);
    }
  }

  /** Asks it to end and returns its last line. */
  async stop(limitMs = 60_000): Promise<Line> {
    if (!this.ended) this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), limitMs);
    await this.over;
    clearTimeout(late);
    const last = this.lines.at(-1);
    if (this.child.signalCode === "SIGKILL")
      throw new LabError(`${this.name} did not end within ${limitMs / 1000} s; it said last ${JSON.stringify(last)}`);
    if (last === undefined) throw new LabError(`${this.name} left no report: ${this.told.trim()}`);
    return last;
  }
}

/** Puts frames on an interface of ns and waits until they are out. */
export async function sendRaw(ns: Netns, device: string, frames: readonly Buffer[], perMs = 2): Promise<void> {
  const cmd = [process.execPath, join(PROGRAMS, "raw_send.js"), "--interface", device, "--per-ms", String(perMs)];
  const { stdout } = await ns.execAsync(cmd, { input: `${frames.map((f) => f.toString("hex")).join("\n")}\n`, timeoutMs: 60_000 });
  const { sent, errors } = JSON.parse(stdout) as Line;
  if (sent !== frames.length)
    throw new LabError(`raw_send on ${device} in ${ns.name}: ${sent} of ${frames.length} frames sent, ${errors} errors`);
}

/** What udp_receive reports at its end, added over the streams. */
export interface UdpReport {
  streams: Record<string, StreamReport>;
  received: number;
  lost: number;
  duplicates: number;
  reordered: number;
  longestMs: number;
  gaps: Gap[];
  counts?: Record<string, [sequence: number, times: number][]>;
}

/** Ends a udp_receive and adds its streams up. */
export async function udpReport(receiver: Program): Promise<UdpReport> {
  const { report, counts } = await receiver.stop();
  const streams = report as Record<string, StreamReport>;
  const all = Object.values(streams);
  const sum = (key: "received" | "lost" | "duplicates" | "reordered"): number => all.reduce((n, s) => n + s[key], 0);
  return {
    streams,
    counts,
    received: sum("received"),
    lost: sum("lost"),
    duplicates: sum("duplicates"),
    reordered: sum("reordered"),
    longestMs: Math.max(0, ...all.map((s) => s.longestMs)),
    gaps: all.flatMap((s) => s.gaps),
  };
}
