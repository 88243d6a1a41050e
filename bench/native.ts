// The C programs beside the benchmarks: the twin of the packet path, and the tools that load and measure a
// network precisely. Compiled on use into build/native, again only when a source is newer.

import { type ChildProcessWithoutNullStreams, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder; this file runs as dist/bench/native.js. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const SOURCES = join(ROOT, "bench", "native");
const ABI = join(ROOT, "docs", "abi");
const OUT = join(ROOT, "build", "native");

/** What every program is compiled with; the figures of the twin are for these. */
export const CFLAGS = ["-std=gnu11", "-O3", "-march=native", "-Wall", "-Wextra"];

export function haveGcc(): boolean {
  return spawnSync("gcc", ["--version"]).status === 0;
}

/** Compiles bench/native/NAME.c if it is stale; returns the program's path. */
export function build(name: string): string {
  const source = join(SOURCES, `${name}.c`);
  const program = join(OUT, name);
  const inputs = [source, ...headers(SOURCES), ...headers(ABI)];
  const newest = Math.max(...inputs.map((f) => statSync(f).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return program;
  mkdirSync(OUT, { recursive: true });
  const done = spawnSync("gcc", [...CFLAGS, "-I", ABI, "-o", program, source], { encoding: "utf8" });
  if (done.error) throw new Error(`${name}.c: gcc could not be started (${done.error.message}); install gcc`);
  if (done.status !== 0) throw new Error(`${name}.c: gcc failed:\n${done.stderr}`);
  if (done.stderr) console.error(done.stderr.trimEnd());
  return program;
}

function headers(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((f) => f.endsWith(".h"))
    .map((f) => join(folder, f));
}

/** A program that answers each line on its stdin with one line on its stdout. */
export class Conversation {
  private buffer = "";
  private waiting: { resolve: (line: string) => void; reject: (e: Error) => void }[] = [];
  private readonly ready: string[] = [];
  private ended: Error | null = null;
  private stderr = "";

  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly name: string,
  ) {
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-2000);
    });
    child.stdin.on("error", () => {}); // a dead program is reported by its exit
    child.on("error", (e) => this.end(e.message));
    child.on("close", (code, signal) => this.end(`ended with ${signal ?? `status ${code}`}`));
  }

  /** The next line it prints, within ms milliseconds. */
  line(ms = 10_000): Promise<string> {
    const line = this.ready.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name}: no answer within ${ms} ms`)), ms);
      this.waiting.push({
        resolve: (l) => {
          clearTimeout(timer);
          resolve(l);
        },
        reject: (e) => {
          clearTimeout(timer);
          reject(e);
        },
      });
    });
  }

  async ask(command: string, ms?: number): Promise<string> {
    if (this.ended) throw this.ended;
    this.child.stdin.write(`${command}\n`);
    const answer = await this.line(ms);
    if (answer.startsWith("error:")) throw new Error(`${this.name}: "${command}": ${answer.slice(6).trim()}`);
    return answer;
  }

  /** Ends the program and waits until it is gone. */
  async close(): Promise<void> {
    if (this.ended) return;
    const gone = new Promise<void>((resolve) => this.child.once("close", () => resolve()));
    this.child.stdin.end();
    const hard = setTimeout(() => this.child.kill("SIGKILL"), 2_000);
    await gone;
    clearTimeout(hard);
  }

  private read(text: string): void {
    this.buffer += text;
    let at = this.buffer.indexOf("\n");
    while (at >= 0) {
      const line = this.buffer.slice(0, at);
      this.buffer = this.buffer.slice(at + 1);
      const next = this.waiting.shift();
      if (next) next.resolve(line);
      else this.ready.push(line);
      at = this.buffer.indexOf("\n");
    }
  }

  private end(how: string): void {
    if (this.ended) return;
    this.ended = new Error(`${this.name} ${how}${this.stderr ? `: ${this.stderr.trim()}` : ""}`);
    for (const w of this.waiting) w.reject(this.ended);
    this.waiting = [];
  }
}

/** Reads "name=number name=number …" as printed by the tools. */
export function fields(line: string): Record<string, number> {
  return Object.fromEntries(
    line
      .trim()
      .split(/\s+/)
      .map((pair) => pair.split("="))
      .map(([name, value]) => [name, Number(value)]),
  );
}
