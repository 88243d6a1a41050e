// Frames a second through a forwarder, NIC to NIC, with a generator that fills one core.
//
//   near                    middle                          far
//   g0 ──────────────── side0 ─ forwarder ─ eth1 ────────── s1
//                                         └ eth2 ────────── s2      (the module has two members)
//
// out: frames enter at side0 and leave by the members (for the module: the transmit path, side0 standing for
//      the group interface); counted where they arrive, at s1 and s2.
// in:  frames enter at eth1 and leave by side0 (the receive path); counted at g0.
// The kernel's bridge joins side0 and eth1; "direct" is one veth pair g0 ─ s1 without a middle.

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { Conversation, ROOT } from "../native.js";
import { OURS, type Report } from "../report.js";
import { flood, Links, PRIORITY, sleep } from "../tools.js";

// Addresses that no device of near and far has: what arrives there is counted, and dropped at once.
const GROUP_MAC = "02:00:00:00:00:10";
const FAR_MAC = "02:00:00:00:00:99";
const MEMBERS = ["eth1", "eth2"] as const;
const memberMac = (i: number) => `02:00:00:00:01:0${i + 1}`;
const DATA = "10.72.0.1";
const OTHER = "10.72.0.2";

export const DIRECTIONS = ["out", "in"] as const;
type Direction = (typeof DIRECTIONS)[number];

/** A way from near to far, with a generator possible at either end. */
abstract class Way {
  readonly lab: Lab;
  readonly near: Netns;
  readonly far: Netns;
  private links: { near: Links; far: Links } | undefined;

  /** @param sinks the far interfaces */
  protected constructor(
    readonly name: string,
    prefix: string,
    readonly sinks: readonly string[],
  ) {
    this.lab = new Lab(prefix);
    this.near = this.lab.netns("near");
    this.far = this.lab.netns("far");
  }

  protected async watch(): Promise<void> {
    for (const ns of [this.near, this.far]) ns.sysctl("net.ipv6.conf.all.disable_ipv6", 1);
    this.links = { near: await Links.open(this.near), far: await Links.open(this.far) };
  }

  /** Thousand frames a second that come out at the other end while the generator runs for ms milliseconds. */
  async measure(direction: Direction, bytes: number, ms: number): Promise<number> {
    const before = await this.arrived(direction);
    const near = { mac: GROUP_MAC, ip: DATA };
    const far = { mac: FAR_MAC, ip: OTHER };
    const { ns } =
      direction === "out"
        ? await flood(this.near, "g0", { from: near, to: { macs: [far.mac], ip: far.ip }, bytes, ms })
        : await flood(this.far, "s1", { from: far, to: { macs: [this.inwardMac()], ip: near.ip }, bytes, ms });
    // What still stands in queues is at most a few thousand frames; let it drain, so that it cannot reach the next round.
    await sleep(50);
    const frames = (await this.arrived(direction)) - before;
    if (frames === 0) throw new Error(`${this.name}, ${direction}: no frame arrived`);
    return (frames / ns) * 1e6;
  }

  /** The hardware address that frames from the far side are sent to. */
  protected inwardMac(): string {
    return GROUP_MAC;
  }

  private async arrived(direction: Direction): Promise<number> {
    if (!this.links) throw new Error(`${this.name} is not open`);
    if (direction === "in") return (await this.links.near.count("g0")).rx_packets;
    let sum = 0;
    for (const s of this.sinks) sum += (await this.links.far.count(s)).rx_packets;
    return sum;
  }

  async close(): Promise<void> {
    await Promise.all([this.links?.near.close(), this.links?.far.close()]).catch(() => {});
    this.lab.close();
  }
}

class Direct extends Way {
  static async open(): Promise<Direct> {
    const it = new Direct("direct", "hfbdir", ["s1"]);
    it.lab.veth({ ns: it.near, name: "g0" }, { ns: it.far, name: "s1" });
    await it.watch();
    return it;
  }
}

class Bridge extends Way {
  static async open(): Promise<Bridge> {
    const it = new Bridge("bridge", "hfbbr", ["s1"]);
    const middle = it.lab.netns("middle");
    it.lab.veth({ ns: it.near, name: "g0" }, { ns: middle, name: "side0" });
    it.lab.veth({ ns: it.far, name: "s1" }, { ns: middle, name: "eth1" });
    it.lab.bridge(middle, "br0", ["side0", "eth1"]);
    // Both ends known, as they soon are on a switch: the bridge forwards, it does not flood.
    middle.exec(["bridge", "fdb", "add", FAR_MAC, "dev", "eth1", "master", "static"]);
    middle.exec(["bridge", "fdb", "add", GROUP_MAC, "dev", "side0", "master", "static"]);
    await it.watch();
    return it;
  }
}

class Module extends Way {
  private forwarder: Conversation | undefined;

  static packet(): Promise<Module> {
    return Module.open(OURS, "packet");
  }

  /** The same with XDP sockets beside the packet rings; these frames are all UDP, which is what goes there. */
  static xdp(): Promise<Module> {
    return Module.open(`${OURS}, io = "xdp"`, "xdp");
  }

  private static async open(name: string, io: string): Promise<Module> {
    const it = new Module(name, `hfbm${io}`, ["s1", "s2"]);
    try {
      const middle = it.lab.netns("middle");
      middle.sysctl("net.ipv6.conf.all.disable_ipv6", 1);
      it.lab.veth({ ns: it.near, name: "g0" }, { ns: middle, name: "side0" });
      for (const [i, name] of MEMBERS.entries()) it.lab.veth({ ns: it.far, name: it.sinks[i] }, { ns: middle, name, mac: memberMac(i) });
      await it.watch();
      const program = join(ROOT, "dist", "bench", "nic", "forwarder.js");
      const members = MEMBERS.map((name, i) => `${name}=${memberMac(i)}`);
      const child = middle.spawn([...PRIORITY, process.execPath, program, io, "side0", GROUP_MAC, DATA, ...members], {
        stdio: ["pipe", "pipe", "pipe"],
      });
      it.forwarder = new Conversation(child as ChildProcessWithoutNullStreams, "forwarder");
      await it.forwarder.line();
      return it;
    } catch (e) {
      await it.close();
      throw e;
    }
  }

  protected override inwardMac(): string {
    return memberMac(0);
  }

  override async close(): Promise<void> {
    await this.forwarder?.close();
    await super.close();
  }
}

export async function runRate(report: Report, suite: string, sizes: readonly number[], rounds: number, ms: number): Promise<void> {
  const ways: Way[] = [];
  try {
    for (const open of [Module.packet, Module.xdp, Bridge.open, Direct.open]) ways.push(await open());
    for (const direction of DIRECTIONS)
      for (const bytes of sizes) {
        const samples = new Map<string, number[]>(ways.map((w) => [w.name, []]));
        for (const way of ways) await way.measure(direction, bytes, ms / 2); // compiled and in the caches before it counts
        for (let i = 0; i < rounds; i++) for (const way of ways) samples.get(way.name)?.push(await way.measure(direction, bytes, ms));
        for (const [subject, all] of samples)
          report.add({ suite, case: `frames ${direction}, ${bytes} B`, subject, unit: "kframes/s", better: "higher", samples: all });
      }
  } finally {
    for (const way of ways) await way.close();
  }
}
