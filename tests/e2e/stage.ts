// What every end-to-end test stands on: a lab (host/lab/topology.ts, or the larger one of campus.ts) with a Holdfast daemon
// in the host, its group ipmp0 over all NICs, and the ways to cut and repair links and to wait until the daemon has acted.
//
// Invariants: waiting is for states, never for time; close() removes everything, also when a test failed half-way.
// HOLDFAST_E2E_PLAIN=1 leaves Holdfast out: ipmp0 is then eth1 renamed and nothing is cut. The tests of tools that
// need no daemon pass that way too, which shows that their machinery is sound.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { request } from "../../host/daemon/client.js";
import { Campus } from "../../host/lab/campus.js";
import { Capture, type CaptureOptions } from "../../host/lab/capture.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { Lan } from "../../host/lab/topology.js";
import { type GroupView, readGroup } from "./status.js";

export const GROUP = "ipmp0";
export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];
/** Data addresses of the group and the address of the peer, per family, without prefix length. */
export const DATA: Readonly<Record<Family, readonly string[]>> = {
  4: ["10.77.0.1", "10.77.0.2"],
  6: ["2001:db8:77::1", "2001:db8:77::2"],
};
export const PEER: Readonly<Record<Family, string>> = { 4: "10.77.0.9", 6: "2001:db8:77::9" };
export const PREFIX: Readonly<Record<Family, number>> = { 4: 24, 6: 64 };
/** In the larger lab PEER is at switch b; this is the one at switch a. */
export const PEER_A: Readonly<Record<Family, string>> = { 4: "10.77.0.8", 6: "2001:db8:77::8" };
/** The router of the larger lab, and the host beyond it. */
export const ROUTER: Readonly<Record<Family, string>> = { 4: "10.77.0.254", 6: "2001:db8:77::fe" };
export const BEYOND: Readonly<Record<Family, string>> = { 4: "198.51.100.9", 6: "2001:db8:ff::9" };
const BEYOND_ROUTER: Readonly<Record<Family, string>> = { 4: "198.51.100.254", 6: "2001:db8:ff::fe" };

const PLAIN = process.env.HOLDFAST_E2E_PLAIN === "1";
export const CLI = join(dirname(fileURLToPath(import.meta.url)), "../../host/cli/main.js");
/** Limits are for what will never come, not for a machine that has much else to do. */
const WAIT_MS = 60_000;
const START_MS = 120_000;

export type TomlValue = string | number | boolean | readonly string[];
/** What a stage needs of a test: somebody who calls back when all is over. */
export type Scope = Pick<TestContext, "after">;

export interface StageOptions {
  nics?: number;
  /** the larger lab: two switches, a peer at each, a router */
  campus?: boolean;
  /** the kernel announces lost carriers late, as those of real NICs (host/lab/topology.ts) */
  lateCarrier?: boolean;
  /** names of NICs that are standby members */
  standby?: readonly string[];
  /** data addresses with prefix length; DATA if not given */
  addresses?: readonly string[];
  /** further settings of the group; flap damping is off unless set here, since every test cuts links on purpose */
  settings?: Readonly<Record<string, TomlValue>>;
  /** the program that is run, if not this build's */
  program?: string;
  /** further settings of each member */
  member?: (nic: string, index: number) => Readonly<Record<string, TomlValue>>;
}

const cidrs = (of: Readonly<Record<Family, string>>): string[] => FAMILIES.map((f) => `${of[f]}/${PREFIX[f]}`);

function topology(lab: Lab, options: StageOptions): Lan | Campus {
  const nics = options.nics ?? 2;
  if (!options.campus) return new Lan(lab, { nics, likeIndices: options.lateCarrier, peerAddresses: cidrs(PEER) });
  const router = { lan: cidrs(ROUTER), beyond: cidrs(BEYOND_ROUTER) };
  return new Campus(lab, { nics, peerA: cidrs(PEER_A), peerB: cidrs(PEER), router, beyond: cidrs(BEYOND) });
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), "holdfast-e2e-"));
  readonly stateDir = join(this.folder, "state");
  readonly lan: Lan | Campus;
  readonly nics: readonly string[];
  daemon: ChildProcess | undefined;
  private log = "";

  private constructor(
    readonly lab: Lab,
    private readonly options: StageOptions,
  ) {
    this.lan = topology(lab, options);
    this.nics = this.lan.nics;
  }

  /** Builds the lab and brings the group up; everything goes when the test ends. */
  static async build(t: Scope, name: string, options: StageOptions = {}): Promise<Stage> {
    const lab = new Lab(`hfe-${name}`);
    t.after(() => lab.close());
    const stage = new Stage(lab, options);
    t.after(() => stage.close());
    if (PLAIN) stage.plain();
    else await stage.startDaemon();
    if (options.campus)
      for (const f of new Set(stage.addresses.map(familyOf))) stage.host.ip(`-${f} route add default via ${ROUTER[f]} dev ${GROUP}`);
    await stage.usable();
    return stage;
  }

  get host(): Netns {
    return this.lan.host;
  }

  get peer(): Netns {
    return this.lan.peer;
  }

  /** The larger lab; a stage that was not built with it has none. */
  get campus(): Campus {
    assert.ok(this.lan instanceof Campus, "the stage was built with the larger lab");
    return this.lan;
  }

  /** Holdfast is left out. */
  get isPlain(): boolean {
    return PLAIN;
  }

  /** Data addresses this stage was built with, with prefix lengths. */
  get addresses(): readonly string[] {
    return this.options.addresses ?? FAMILIES.flatMap((f) => DATA[f].map((a) => `${a}/${PREFIX[f]}`));
  }

  /** Starts the daemon and waits until it has every member and address. */
  async startDaemon(): Promise<void> {
    this.spawnDaemon();
    const up = (g: GroupView): void => {
      assert.deepEqual(g.members.map((m) => m.name).sort(), [...this.nics].sort());
      const standby = this.options.standby?.length ?? 0;
      assert.equal(g.members.filter((m) => m.active).length, this.nics.length - standby, "active members");
      for (const a of this.addresses) assert.ok(g.bound(a.split("/")[0]), `${a} bound`);
    };
    await this.until("the daemon has the group up", up, START_MS);
  }

  /** Starts the daemon and waits for nothing. */
  spawnDaemon(): void {
    const file = join(this.folder, "holdfast.toml");
    writeFileSync(file, this.toml());
    const cmd = [process.execPath, this.options.program ?? CLI, "up", "-c", file, "--state", this.stateDir, "--foreground"];
    const child = this.host.spawn(cmd);
    this.daemon = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (s: string) => {
        this.log += s;
      });
  }

  /** Ends the daemon without any chance to clean up. */
  async killDaemon(): Promise<void> {
    const child = this.daemon;
    assert.ok(child, "the daemon runs");
    const gone = once(child, "exit");
    this.daemon = undefined;
    child.kill("SIGKILL");
    await gone;
  }

  /** Waits until nobody answers at the control socket and the process that was started has ended. */
  async gone(): Promise<void> {
    await eventually("the daemon has ended", async () => {
      assert.notEqual(this.daemon?.exitCode ?? this.daemon?.signalCode, null);
      await assert.rejects(this.group());
    });
  }

  /** The group as the daemon tells it over its control socket. */
  group(): Promise<GroupView> {
    return readGroup(join(this.stateDir, "control.sock"), GROUP);
  }

  /** Asks the daemon for something, as the commands do. */
  ask(cmd: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return request(join(this.stateDir, "control.sock"), cmd, args);
  }

  /** Waits until check() of the group's state throws no more; fails with what it threw last. */
  async until(what: string, check: (g: GroupView) => void, limitMs = WAIT_MS): Promise<GroupView> {
    return await eventually(
      what,
      async () => {
        if (this.daemon && this.daemon.exitCode !== null) throw new Fatal(`the daemon ended with ${this.daemon.exitCode}:\n${this.log}`);
        const g = await this.group();
        check(g);
        return g;
      },
      limitMs,
    );
  }

  /** Takes the carrier of a NIC away and waits until the group has given it up. */
  async cut(nic: string): Promise<void> {
    if (PLAIN) return await sleep(100);
    this.lan.cut(nic);
    await this.until(`${nic} is out of use after its carrier went`, (g) => assert.equal(g.member(nic).idle, true));
  }

  /** Gives the carrier back and waits until the group uses the NIC again; a standby NIC only until it is repaired. */
  async repair(nic: string): Promise<void> {
    if (PLAIN) return await sleep(100);
    this.lan.repair(nic);
    const standby = this.options.standby?.includes(nic) ?? false;
    await this.until(`${nic} is in use after its carrier came`, (g) => {
      const m = g.member(nic);
      assert.ok(standby ? !m.failed : m.active, `${nic} is ${m.state}`);
    });
  }

  /** Cuts and repairs every NIC in turn; traffic flows for a while in each state. */
  async eachNic(during?: (nic: string, state: "cut" | "repaired") => Promise<void> | void): Promise<void> {
    for (const nic of this.nics) {
      await this.cut(nic);
      await sleep(300);
      await during?.(nic, "cut");
      await this.repair(nic);
      await sleep(300);
      await during?.(nic, "repaired");
    }
  }

  /** Captures what the host sent out of each NIC, at the switch. */
  async captureNics(options: CaptureOptions = {}): Promise<Map<string, Capture>> {
    const out = new Map<string, Capture>();
    for (const nic of this.nics)
      out.set(nic, await Capture.start(this.lan.switchOf(nic), this.lan.port(nic), { direction: "in", ...options }));
    return out;
  }

  /** Whether one ping of to arrives and comes back. */
  async pings(ns: Netns, to: string, from?: string): Promise<boolean> {
    const cmd = ["ping", "-n", "-c", "1", "-W", "1", ...(from ? ["-I", from] : []), to];
    return (await ns.execAsync(cmd, { allowFailure: true })).status === 0;
  }

  /** Waits until to answers pings from ns. */
  async reaches(ns: Netns, to: string, from?: string): Promise<void> {
    await eventually(`${ns.name} reaches ${to}${from ? ` from ${from}` : ""}`, async () => assert.ok(await this.pings(ns, to, from)));
  }

  /** What the daemon printed so far. */
  get printed(): string {
    return this.log;
  }

  /** Waits until every data address is past duplicate detection and carries traffic. */
  private async usable(): Promise<void> {
    await eventually(`no address of ${GROUP} is tentative`, async () => {
      assert.doesNotMatch(this.host.ip(`addr show dev ${GROUP}`), /tentative/);
    });
    for (const cidr of this.addresses) {
      const address = cidr.split("/")[0];
      await this.reaches(this.host, PEER[familyOf(address)], address);
    }
  }

  private toml(): string {
    const members = this.nics.map((nic, i) => this.memberToml(nic, i));
    const settings = Object.entries({ flap_max: 0, ...this.options.settings });
    return [
      "[[group]]",
      `name = "${GROUP}"`,
      `members = [${members.join(", ")}]`,
      `addresses = [${this.addresses.map((a) => `"${a}"`).join(", ")}]`,
      ...settings.map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
      "",
    ].join("\n");
  }

  private memberToml(nic: string, index: number): string {
    const standby = this.options.standby?.includes(nic) ? { standby: true } : {};
    const all = Object.entries({ ...standby, ...this.options.member?.(nic, index) });
    if (all.length === 0) return `"${nic}"`;
    return `{ name = "${nic}", ${all.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(", ")} }`;
  }

  private plain(): void {
    this.host.ip(`link set eth1 down`);
    this.host.ip(`link set eth1 name ${GROUP} up`);
    for (const a of this.addresses) this.host.addr(GROUP, a);
  }

  private close(): void {
    this.lab.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A failure that waiting longer cannot mend. */
export class Fatal extends Error {}

/** Tries until it does not throw, and returns its result; after limitMs fails with the last error. */
export async function eventually<T>(what: string, attempt: () => Promise<T>, limitMs = WAIT_MS): Promise<T> {
  const limit = Date.now() + limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (e) {
      if (e instanceof Fatal) throw e;
      if (Date.now() > limit) throw new Error(`not within ${limitMs} ms: ${what}: ${(e as Error).message}`);
    }
    await sleep(10);
  }
}
