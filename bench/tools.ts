// The native tools, run inside a lab's namespace.

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Netns } from "../host/lab/netns.js";
import { build, Conversation, fields } from "./native.js";

/**
 * Priority for what is measured, and for generators: what else runs on the machine shall be in the figures as little as
 * possible. It is what Open vSwitch's own start script gives its switch.
 */
export const PRIORITY = ["nice", "-n", "-10"] as const;

/** Starts a tool that holds a conversation on its stdin and stdout, and waits until it is ready. */
async function converse(ns: Netns, name: string, args: readonly string[]): Promise<Conversation> {
  const tool = start(ns, name, args);
  await tool.line();
  return tool;
}

function start(ns: Netns, name: string, args: readonly string[]): Conversation {
  const child = ns.spawn([build(name), ...args], { stdio: ["pipe", "pipe", "pipe"] });
  return new Conversation(child as ChildProcessWithoutNullStreams, `${name} in ${ns.full}`);
}

/** Counters of an interface, as the kernel keeps them. */
export interface Counters {
  rx_packets: number;
  tx_packets: number;
  rx_bytes: number;
  tx_bytes: number;
}

/** Sets and reads the links of one namespace without spawning. */
export class Links {
  private constructor(private readonly tool: Conversation) {}

  static async open(ns: Netns): Promise<Links> {
    return new Links(await converse(ns, "link", []));
  }

  async set(name: string, state: "up" | "down"): Promise<void> {
    await this.tool.ask(`${state} ${name}`);
  }

  async carrier(name: string): Promise<boolean> {
    return fields(await this.tool.ask(`carrier ${name}`)).carrier === 1;
  }

  async count(name: string): Promise<Counters> {
    return fields(await this.tool.ask(`count ${name}`)) as unknown as Counters;
  }

  close(): Promise<void> {
    return this.tool.close();
  }
}

/** What a stream's receiver saw in its window; see bench/native/stream.c. */
export interface StreamReport {
  received: number;
  lost: number;
  old: number;
  gap_ns: number;
  gap_lost: number;
  median_ns: number;
  silent_ns: number;
  first: number;
  highest: number;
  first_us: number;
  last_us: number;
}

/** The receiving end of a stream. */
export class Receiver {
  private constructor(private readonly tool: Conversation) {}

  static async open(ns: Netns, address: string, port: number): Promise<Receiver> {
    return new Receiver(await converse(ns, "stream", ["recv", address, String(port)]));
  }

  async mark(): Promise<void> {
    await this.tool.ask("mark");
  }

  async report(): Promise<StreamReport> {
    return fields(await this.tool.ask("report")) as unknown as StreamReport;
  }

  close(): Promise<void> {
    return this.tool.close();
  }
}

/** Starts the sending end of a stream; it ends when closed. */
export function sender(ns: Netns, address: string, port: number, intervalNs: number): Conversation {
  return start(ns, "stream", ["send", address, String(port), String(intervalNs)]);
}

export interface FloodOptions {
  from: { mac: string; ip: string };
  to: { macs: readonly string[]; ip: string };
  bytes: number;
  ms: number;
}

/** Sends frames into an interface as fast as possible for a while; how many the kernel took, and in what time. */
export async function flood(ns: Netns, name: string, o: FloodOptions): Promise<{ sent: number; ns: number }> {
  const words = [name, o.from.mac, o.to.macs.join(","), o.from.ip, o.to.ip, String(o.bytes), String(o.ms)];
  const done = await ns.execAsync([...PRIORITY, build("flood"), ...words], { timeoutMs: o.ms + 10_000 });
  return fields(done.stdout) as { sent: number; ns: number };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
