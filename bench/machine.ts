// The machine a figure was measured on, and the state of the source: a figure without them means nothing.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { ROOT } from "./native.js";

export interface Machine {
  cpu: string;
  cores: number;
  memory_gib: number;
  kernel: string;
  node: string;
  v8: string;
  gcc: string;
  commit: string;
  date: string;
}

export function machine(): Machine {
  return {
    cpu: cpuModel(),
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    v8: process.versions.v8,
    gcc: output("gcc", ["-dumpfullversion"]) || "none",
    commit: commit(),
    date: new Date().toISOString(),
  };
}

export function machineLine(m: Machine): string {
  return `${m.cpu}, ${m.cores} cores, ${m.memory_gib} GiB; Linux ${m.kernel}; Node ${m.node}; gcc ${m.gcc}; commit ${m.commit}; ${m.date}`;
}

function cpuModel(): string {
  const model = cpus()[0]?.model.trim();
  if (model && model !== "unknown") return model;
  const line = /^model name\s*:\s*(.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
  return line ? line[1] : process.arch;
}

/** The commit that is checked out; "+" if tracked files differ from it. */
function commit(): string {
  const id = output("git", ["-C", ROOT, "rev-parse", "--short=12", "HEAD"]);
  if (!id) return "unknown";
  return output("git", ["-C", ROOT, "status", "--porcelain", "--untracked-files=no"]) ? `${id}+` : id;
}

/** What a command prints, or nothing if there is no such command or it fails. */
function output(command: string, args: string[]): string {
  const done = spawnSync(command, args, { encoding: "utf8" });
  return done.status === 0 ? done.stdout.trim() : "";
}
