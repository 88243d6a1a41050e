// An etcd cluster of its own for a test: members as child processes on loopback, in a folder that goes with them.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Etcd } from "../../host/arbiter/etcd.js";

export const hasEtcd = (): boolean => spawnSync("etcd", ["--version"]).status === 0 && spawnSync("etcdctl", ["version"]).status === 0;

/** Ports that nobody uses just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const s = createServer();
      await new Promise<void>((done) => s.listen(0, "127.0.0.1", done));
      return s;
    }),
  );
  const ports = servers.map((s) => (s.address() as { port: number }).port);
  await Promise.all(servers.map((s) => new Promise((done) => s.close(done))));
  return ports;
}

export class EtcdLab {
  readonly folder = mkdtempSync(join(tmpdir(), "holdfast-etcd-"));
  readonly members: (ChildProcess | null)[] = [];
  endpoints: string[] = [];
  #peers: string[] = [];
  readonly #more: readonly string[];

  private constructor(more: readonly string[]) {
    this.#more = more;
  }

  /** Starts a cluster of so many members, and waits until it answers. */
  static async start(members: number, more: readonly string[] = [], scheme = "http"): Promise<EtcdLab> {
    const lab = new EtcdLab(more);
    const ports = await freePorts(2 * members);
    lab.endpoints = ports.slice(0, members).map((p) => `${scheme}://127.0.0.1:${p}`);
    lab.#peers = ports.slice(members).map((p) => `http://127.0.0.1:${p}`);
    for (let i = 0; i < members; i++) lab.run(i);
    if (scheme === "http") await lab.ready();
    return lab;
  }

  /** Starts a member, from what is in its folder. */
  run(i: number, name = "data"): void {
    const cluster = this.#peers.map((p, n) => `m${n}=${p}`).join(",");
    const args = ["--name", `m${i}`, "--data-dir", join(this.folder, `${name}${i}`), "--log-outputs", join(this.folder, `log${i}`)];
    const client = ["--listen-client-urls", this.endpoints[i], "--advertise-client-urls", this.endpoints[i]];
    const peer = ["--listen-peer-urls", this.#peers[i], "--initial-advertise-peer-urls", this.#peers[i], "--initial-cluster", cluster];
    this.members[i] = spawn("etcd", [...args, ...client, ...peer, "--logger", "zap", ...this.#more], { stdio: "ignore" });
  }

  /** Waits until the cluster answers. */
  async ready(): Promise<void> {
    const etcd = new Etcd({ endpoints: this.endpoints });
    for (const end = performance.now() + 60_000; ; )
      try {
        await etcd.txn([], [{ get: "x" }]);
        etcd.close();
        return;
      } catch (e) {
        if (performance.now() > end) throw e;
        await new Promise((done) => setTimeout(done, 100));
      }
  }

  async kill(i: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const member = this.members[i];
    if (member === null) return;
    this.members[i] = null;
    const gone = new Promise((done) => member.once("close", done));
    member.kill(signal);
    await gone;
  }

  signal(i: number, signal: NodeJS.Signals): void {
    this.members[i]?.kill(signal);
  }

  /** etcdctl, asking the first member. */
  ctl(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("etcdctl", ["--endpoints", this.endpoints[0], ...args], {
      encoding: "utf8",
      env: { ...process.env, ETCDCTL_API: "3" },
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`etcdctl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Starts the first member from a backup, in a folder of its own. */
  restore(backup: string): void {
    const peer = ["--initial-cluster", `m0=${this.#peers[0]}`, "--initial-advertise-peer-urls", this.#peers[0]];
    this.ctl("snapshot", "restore", backup, "--name", "m0", "--data-dir", join(this.folder, "restored0"), ...peer);
    this.run(0, "restored");
  }

  async stop(): Promise<void> {
    for (let i = 0; i < this.members.length; i++) await this.kill(i);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
