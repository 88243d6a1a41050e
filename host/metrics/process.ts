// The metrics that every process has, under the names that all of Prometheus' client libraries use.

import { readdirSync } from "node:fs";
import type { Metric } from "./metric.js";

const own = (type: Metric["type"], name: string, help: string, value: () => number | null): Metric => ({
  name: `process_${name}`,
  type,
  help,
  labels: [],
  samples: () => {
    const v = value();
    return v === null ? [] : [[[], v]];
  },
});

function openFds(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}

const started = Date.now() / 1000 - process.uptime();

export const PROCESS: readonly Metric[] = [
  own("counter", "cpu_seconds_total", "CPU time used, user and system.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }),
  own("gauge", "resident_memory_bytes", "Memory in use.", () => process.memoryUsage.rss()),
  own("gauge", "open_fds", "Open descriptors.", openFds),
  own("gauge", "start_time_seconds", "Start of the process.", () => started),
];
