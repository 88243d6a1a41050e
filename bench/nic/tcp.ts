// One TCP stream (iperf3) between host and peer: through ipmp0, through a NIC of its own on the same kind of
// switch (the kernel's bridge), and over one veth pair.

import { spawnSync } from "node:child_process";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { Lan } from "../../host/lab/topology.js";
import { HOST, PEER } from "../failover/contender.js";
import { Holdfast } from "../failover/holdfast.js";
import type { Report } from "../report.js";
import { sleep } from "../tools.js";

interface Path {
  name: string;
  host: Netns;
  peer: Netns;
  close(): void;
}

const DIRECTIONS = [
  { title: "host → peer", options: [] as string[] },
  { title: "peer → host", options: ["-R"] },
];

export function haveIperf(): boolean {
  return spawnSync("iperf3", ["--version"]).status === 0;
}

async function throughHoldfast(): Promise<Path> {
  const it = await Holdfast.start("carrier loss", 0);
  return { name: it.name, host: it.lan.host, peer: it.lan.peer, close: () => it.close() };
}

function throughBridge(): Path {
  const lab = new Lab("hfbtbr");
  const { host, peer } = new Lan(lab, { nics: 1, peerAddresses: [`${PEER}/24`] });
  host.addr("eth1", `${HOST}/24`);
  return { name: "bridge", host, peer, close: () => lab.close() };
}

function direct(): Path {
  const lab = new Lab("hfbtdir");
  const host = lab.netns("host");
  const peer = lab.netns("peer");
  lab.veth({ ns: host, name: "eth1" }, { ns: peer, name: "eth0" });
  host.addr("eth1", `${HOST}/24`);
  peer.addr("eth0", `${PEER}/24`);
  return { name: "direct", host, peer, close: () => lab.close() };
}

/** @param amount iperf3's words for how much: ["-t", seconds] or ["-n", bytes] */
export async function runTcp(report: Report, suite: string, rounds: number, amount: readonly string[]): Promise<void> {
  const paths: Path[] = [];
  try {
    paths.push(await throughHoldfast());
    paths.push(throughBridge(), direct());
    for (const path of paths) await serve(path);
    for (const { title, options } of DIRECTIONS) {
      const samples = new Map<string, number[]>(paths.map((p) => [p.name, []]));
      for (let i = 0; i < rounds; i++)
        for (const path of paths) samples.get(path.name)?.push(await throughput(path, [...amount, ...options]));
      for (const [subject, all] of samples)
        report.add({ suite, case: `TCP, ${title}`, subject, unit: "Gbit/s", better: "higher", samples: all });
    }
  } finally {
    for (const path of paths) path.close();
  }
}

/** Starts the server in the peer and waits until it listens. */
async function serve(path: Path): Promise<void> {
  path.peer.spawn(["iperf3", "-s"], { stdio: "ignore" });
  for (let i = 0; i < 100; i++) {
    if (path.peer.exec(["ss", "-Hltn", "sport = :5201"]).stdout !== "") return;
    await sleep(50);
  }
  throw new Error(`${path.name}: iperf3 does not listen after 5 s`);
}

interface Iperf {
  error?: string;
  end?: { sum_received?: { bits_per_second: number } };
}

async function throughput(path: Path, options: readonly string[]): Promise<number> {
  const done = await path.host.execAsync(["iperf3", "-c", PEER, "-J", ...options], { allowFailure: true });
  let answer: Iperf = {};
  try {
    answer = JSON.parse(done.stdout) as Iperf;
  } catch {
    answer.error = done.stderr.trim() || `status ${done.status}`;
  }
  const rate = answer.end?.sum_received?.bits_per_second;
  if (answer.error !== undefined || rate === undefined) throw new Error(`${path.name}: iperf3: ${answer.error ?? "no result"}`);
  return rate / 1e9;
}
