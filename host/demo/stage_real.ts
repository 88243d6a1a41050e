// The play on real devices: a host with two NICs, a switch and a peer as network namespaces, the holdfast daemon in
// the host's, traffic programs in the host's and the peer's.
//
// Invariants: everything stands in namespaces called hfdemo-… and in the folder FOLDER; close() removes both, and what
// a killed demo left the next one removes: the lab's prefix belongs to one process at a time, and the folder with it.
// A helper process that ends early ends the play.

import type { ChildProcess } from "node:child_process";
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { follow, request } from "../daemon/client.js";
import type { EventRecord } from "../daemon/events.js";
import type { StatusReport } from "../daemon/report.js";
import { Lab, type Netns } from "../lab/netns.js";
import { Lan } from "../lab/topology.js";
import { eventOf, snapshotOf } from "./daemon_view.js";
import { DemoError, type Snapshot, type Stage, type StageListener, type StreamReport } from "./model.js";
import { STREAMS, streamIndex } from "./score.js";

const PREFIX = "hfdemo";
/** Configuration and state of the demo's daemon. */
const FOLDER = "/run/hfdemo";
const SOCKET = join(FOLDER, "control.sock");
const HERE = dirname(fileURLToPath(import.meta.url));
const CLI = join(HERE, "..", "cli", "main.js");
const TRAFFIC = join(HERE, "traffic.js");
const TUN = "/dev/net/tun";
/** Longest wait for any step of the building. */
const STEP_MS = 15_000;
const POLL_MS = 50;
/** How much later than a refused request the end of a process may become known. */
const GRACE_MS = 300;

/** Why the play cannot be on real devices here; undefined if it can. */
export function whyNotReal(): string | undefined {
  const why = Lab.unavailable();
  if (why !== undefined) return why;
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return `needs ${TUN}`;
  }
}

export class RealStage implements Stage {
  readonly kind = "real";
  readonly group = "ipmp0";
  readonly nics = ["eth1", "eth2"] as const;
  /** data addresses of the group, in the order in which they are added */
  private readonly addresses = ["192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64", "2001:db8::2/64"];
  readonly peerAddresses = ["192.0.2.9", "2001:db8::9"];
  private readonly began = performance.now();
  private readonly wallBegan = Date.now();
  private listener: StageListener | undefined;
  private lab: Lab | undefined;
  private lan: Lan | undefined;
  private closing = false;

  now(): number {
    return performance.now() - this.began;
  }

  async start(listener: StageListener, step: (text: string) => void): Promise<void> {
    this.listener = listener;
    step("building a host, a switch and a peer in network namespaces");
    await pause(0); // building blocks: let the step be shown first
    this.lab = new Lab(PREFIX);
    this.lan = new Lan(this.lab, { nics: this.nics.length, peerAddresses: [`${this.peerAddresses[0]}/24`, `${this.peerAddresses[1]}/64`] });
    step("starting holdfast: eth1 and eth2 become ipmp0");
    await this.startDaemon(this.lan.host);
    step("ip addr add: two IPv4 and two IPv6 data addresses on ipmp0");
    await this.addAddresses(this.lan.host);
    step("starting TCP and UDP streams, both ways, over IPv4 and IPv6");
    await this.startStreams(this.lan);
    this.watchNetlink(this.lan.host);
  }

  async cut(nic: number): Promise<void> {
    this.lan?.cut(this.nics[nic]);
  }

  async repair(nic: number): Promise<void> {
    this.lan?.repair(this.nics[nic]);
  }

  async snapshot(): Promise<Snapshot> {
    try {
      return await this.ask();
    } catch (e) {
      // If the daemon has died, that is what is told, not that it does not answer.
      await pause(GRACE_MS);
      throw new DemoError(`demo: holdfast does not answer: ${(e as Error).message}`);
    }
  }

  private async ask(): Promise<Snapshot> {
    const status = (await request(SOCKET, "status")) as StatusReport;
    const report = status.groups.find((group) => group.name === this.group);
    if (report === undefined) throw new DemoError(`demo: holdfast knows no group ${this.group}`);
    return snapshotOf(report, this.now(), this.wallBegan);
  }

  hints(): string[] {
    const host = `ip netns exec ${PREFIX}-host`;
    return [
      `${host} ip addr show ${this.group}`,
      `${host} ping ${this.peerAddresses[0]}`,
      `${host} tcpdump -ni ${this.group}`,
      `${host} ip monitor all dev ${this.group}`,
      `ip netns exec ${PREFIX}-switch ip link set p1 down     # cuts eth1; "up" repairs it; p2 is eth2`,
      `ip netns exec ${PREFIX}-peer ip neigh                  # which NIC the peer sends to`,
      `npx holdfast status --state ${FOLDER}`,
    ];
  }

  async close(): Promise<void> {
    this.closing = true;
    if (this.lab === undefined) return; // another demo may be running
    this.lab.close();
    rmSync(FOLDER, { recursive: true, force: true });
  }

  // ── Steps of the building ──

  private async startDaemon(host: Netns): Promise<void> {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { mode: 0o700 });
    const config = join(FOLDER, "holdfast.toml");
    writeFileSync(config, `[[group]]\nname = "${this.group}"\nmembers = ${JSON.stringify(this.nics)}\n`);
    this.helper(host, "holdfast", [CLI, "up", "-c", config, "--state", FOLDER, "--foreground"]);
    await this.until("holdfast to answer", async () => (await this.ask()).nics.length === this.nics.length);
    follow(SOCKET, (e) => this.tell(e as EventRecord)).catch((e: Error) => this.died(`holdfast's events: ${e.message}`));
  }

  private async addAddresses(host: Netns): Promise<void> {
    for (const address of this.addresses) host.ip(`addr add ${address} dev ${this.group}`);
    await this.until("the data addresses to be usable", async () => {
      const bound = (await this.ask()).nics.flatMap((nic) => nic.addresses);
      if (this.addresses.some((address) => !bound.includes(address.split("/")[0]))) return false;
      return !host.ip(`addr show dev ${this.group}`).includes("tentative");
    });
  }

  /** The UDP streams and the connections use different data addresses, so that each NIC has some of each family. */
  private async startStreams(lan: Lan): Promise<void> {
    const [a4, b4, a6, b6] = this.addresses.map((address) => address.split("/")[0]);
    const hosts = [a4, b6, b4, a6].join(",");
    const peers = this.peerAddresses.join(",");
    const heard = new Set<number>();
    let ready = false;
    const take = (line: StreamReport[] | { ready: true }): void => {
      if (!Array.isArray(line)) {
        ready = true;
        return;
      }
      for (const report of line) {
        heard.add(streamIndex(report));
        this.listener?.stream(report);
      }
    };
    this.helper(lan.peer, "the peer's traffic", [TRAFFIC, "peer", hosts, peers], take);
    await this.until("the peer to listen", async () => ready);
    this.helper(lan.host, "the host's traffic", [TRAFFIC, "host", hosts, peers], take);
    await this.until("every stream to be received", async () => heard.size === STREAMS.length);
  }

  /** From now on, whatever the kernel says about the group's link, addresses or routes is told. */
  private watchNetlink(host: Netns): void {
    const name = new RegExp(`\\b${this.group}\\b`);
    const child = this.need().spawn(host, ["ip", "monitor", "link", "address", "route"]);
    child.on("exit", () => this.died("ip monitor ended"));
    if (child.stdout === null) throw new DemoError("demo: ip monitor gave no output to read");
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (name.test(line)) this.listener?.disturbance(`netlink: ${line.trim()}`);
    });
  }

  // ── Helper processes ──

  /** Starts a program of this package in a namespace; `onLine` gets each JSON line it prints. */
  private helper<T>(ns: Netns, what: string, words: string[], onLine?: (line: T) => void): ChildProcess {
    // Its standard input is a pipe of ours: a traffic program ends with us, even if we are killed.
    const child = this.need().spawn(ns, [process.execPath, ...words], { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    child.stdin?.on("error", () => {}); // it may end first
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
    });
    if (onLine === undefined) child.stdout?.resume();
    else if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => onLine(JSON.parse(line) as T));
    child.on("error", (e) => this.died(`${what}: ${e.message}`));
    child.on("close", (code, signal) =>
      this.died(`${what} ended with ${signal ?? `status ${code}`}${said.trim() ? `:\n${said.trim()}` : ""}`),
    );
    return child;
  }

  private need(): Lab {
    if (this.lab === undefined || this.closing) throw new DemoError("demo: the stage is closed");
    return this.lab;
  }

  private died(why: string): void {
    if (!this.closing) this.listener?.fatal(new DemoError(`demo: ${why}`));
  }

  private tell(event: EventRecord): void {
    const said = eventOf(event, Date.parse(event.time) - this.wallBegan);
    if (said !== undefined) this.listener?.event(said);
  }

  /** Asks again and again until it is so. A question that fails counts as no. */
  private async until(what: string, question: () => Promise<boolean>): Promise<void> {
    const end = this.now() + STEP_MS;
    let last = "";
    while (!this.closing) {
      try {
        if (await question()) return;
      } catch (e) {
        last = `: ${(e as Error).message}`;
      }
      if (this.now() > end) throw new DemoError(`demo: waited ${STEP_MS / 1000} s for ${what}${last}`);
      await pause(POLL_MS);
    }
    throw new DemoError("demo: the stage was closed while it was being built");
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
