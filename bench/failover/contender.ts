// Who is measured: a host with two NICs on a switch and one address, made of them by Holdfast or by a rival.
// Each contender has its own lab, so that the two can stand side by side and be measured in turn.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { Lan } from "../../host/lab/topology.js";
import { dropFolder, takeFolder } from "../folder.js";
import { ROOT } from "../native.js";
import { OURS } from "../report.js";
import { PRIORITY, sleep } from "../tools.js";

export const HOST = "10.71.0.1";
export const PEER = "10.71.0.2";
const PREFIX = 24;

/**
 * A lab whose switch has interface numbers of its own. Linux tells of a link's change at once only if the numbers of a
 * veth's two ends differ (it takes others for real NICs and lets one event a second through, for host and switch
 * alike): with equal numbers one would measure that second.
 */
class NumberedLab extends Lab {
  override netns(name: string): Netns {
    const ns = super.netns(name);
    if (name === "switch") for (let i = 0; i < 8; i++) ns.ip(`link add name spare${i} type veth peer name eraps${i}`);
    return ns;
  }
}

export abstract class Contender {
  readonly lab: Lab;
  readonly lan: Lan;
  /** files of this contender's programs */
  protected readonly folder: string;
  private closed = false;

  /** @param device the interface in the host that has the address HOST */
  protected constructor(
    readonly name: string,
    prefix: string,
    readonly device: string,
  ) {
    this.lab = new NumberedLab(prefix);
    this.folder = takeFolder(prefix);
    this.lan = new Lan(this.lab, { peerAddresses: [`${PEER}/${PREFIX}`] });
  }

  close(): void {
    this.closed = true;
    this.lab.close();
    dropFolder(this.folder);
  }

  /** Waits until the host's device has its address. */
  protected async addressed(): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline && !this.closed) {
      const shown = this.lan.host.exec(["ip", "-4", "-o", "addr", "show", "dev", this.device], { allowFailure: true });
      if (shown.stdout.includes(HOST)) return;
      await sleep(50);
    }
    throw new Error(`${this.name}: ${this.device} has no address after 10 s`);
  }
}

/** The daemon, as an operator runs it; damping of flapping links is off, since cutting links is what we do. */
export class Holdfast extends Contender {
  static async start(): Promise<Holdfast> {
    const it = new Holdfast(OURS, "hfbipmp", "ipmp0");
    try {
      const config = join(it.folder, "holdfast.toml");
      const members = it.lan.nics.map((n) => `"${n}"`).join(", ");
      writeFileSync(config, `[[group]]\nname = "ipmp0"\nmembers = [${members}]\nflap_max = 0\naddresses = ["${HOST}/${PREFIX}"]\n`);
      const main = join(ROOT, "dist", "host", "cli", "main.js");
      const state = join(it.folder, "state");
      const daemon = it.lan.host.spawn([...PRIORITY, process.execPath, main, "up", "-c", config, "--state", state, "--foreground"]);
      let said = "";
      for (const stream of [daemon.stdout, daemon.stderr])
        stream?.setEncoding("utf8").on("data", (text: string) => {
          said = (said + text).slice(-2000);
        });
      const died = new Promise<never>((_, reject) =>
        daemon.once("exit", (code, signal) => reject(new Error(`holdfast up ended with ${signal ?? `status ${code}`}: ${said.trim()}`))),
      );
      died.catch(() => {}); // after the start its end is noticed by the stream's
      await Promise.race([it.addressed(), died]);
      return it;
    } catch (e) {
      it.close();
      throw e;
    }
  }
}

/** Open vSwitch's userspace datapath with an active-backup bond: its own database and sockets, nothing of the system's. */
export class OpenVSwitch extends Contender {
  static available(): boolean {
    return ["ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl"].every(
      (program) => Lab.unavailable() === undefined && found(program),
    );
  }

  static async start(): Promise<OpenVSwitch> {
    const it = new OpenVSwitch("openvswitch", "hfbovs", "br0");
    try {
      await it.run();
      return it;
    } catch (e) {
      it.close();
      throw e;
    }
  }

  private async run(): Promise<void> {
    const { host } = this.lan;
    const dir = this.folder;
    const env = { ...process.env, OVS_RUNDIR: dir, OVS_LOGDIR: dir, OVS_DBDIR: dir, OVS_SYSCONFDIR: dir };
    const stdio = ["ignore", "ignore", "ignore"] as ["ignore", "ignore", "ignore"];
    const socket = `unix:${dir}/db.sock`;
    host.exec(["ovsdb-tool", "create", `${dir}/conf.db`, "/usr/share/openvswitch/vswitch.ovsschema"], { env });
    host.spawn([...PRIORITY, "ovsdb-server", `${dir}/conf.db`, `--remote=p${socket}`, `--unixctl=${dir}/db.ctl`], { env, stdio });
    await this.until(() => host.exec(["ovs-vsctl", `--db=${socket}`, "--no-wait", "init"], { env, allowFailure: true }).status === 0);
    host.spawn([...PRIORITY, "ovs-vswitchd", socket, `--unixctl=${dir}/vswitchd.ctl`], { env, stdio });
    const bridge = ["add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"];
    const bond = ["add-bond", "br0", "bond0", ...this.lan.nics, "bond_mode=active-backup"];
    host.exec(["ovs-vsctl", `--db=${socket}`, "--timeout=10", ...bridge, "--", ...bond], { env });
    host.addr("br0", `${HOST}/${PREFIX}`);
    host.link("br0", "up");
    await this.addressed();
  }

  private async until(done: () => boolean): Promise<void> {
    for (let i = 0; i < 100; i++) {
      if (done()) return;
      await sleep(50);
    }
    throw new Error("openvswitch: its database did not answer within 5 s");
  }
}

function found(program: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.some((f) => f !== "" && existsSync(join(f, program)));
}
