// Open vSwitch's userspace datapath with an active-backup bond, each switch with a database and sockets of its own, nothing of
// the system's.
//
// By carrier it stands on the same lab as Holdfast. A silent loss it notices by talking to the other end of each link (BFD, or
// LACP), which a bridge of the kernel is no party to. So the switch is an Open vSwitch too then, with the other end of the bond,
// and each link goes through a bridge of its own, where it can be silenced:
//
//   host            wires               switch           peer
//   eth1 ─── a1 ─ wire1 ─ b1 ─────────── p1 ┐
//   eth2 ─── a2 ─ wire2 ─ b2 ─────────── p2 ┴ br0 ─ q1 ─ eth0

import type { Netns } from "../../host/lab/netns.js";
import { Lan } from "../../host/lab/topology.js";
import { PRIORITY } from "../tools.js";
import { Contender, HOST, installed, type Joint, PEER, PREFIX, started } from "./contender.js";

const BRIDGE = "br0";
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
const LINKS = [1, 2];
/** Of a port of a kernel's bridge: also forward what is addressed to 01-80-C2-00-00-02, LACP. */
const FORWARD_LACP = 1 << 2;
/** Interface indices of the wires begin here: see host/lab/topology.ts. */
const WIRE_INDEX = 100;

/** How the bond notices a silent link; by carrier it notices a cut one. */
export type Watch = { bfdMs: number } | { lacp: "fast" };

/** One switch in a namespace: database, daemon, and vsctl to talk to it. */
class Switch {
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly ns: Netns,
    private readonly folder: string,
  ) {
    this.env = { ...process.env, OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder, OVS_SYSCONFDIR: folder };
  }

  private get socket(): string {
    return `unix:${this.folder}/db.sock`;
  }

  start(): void {
    const { ns, folder, env } = this;
    const stdio = ["ignore", "ignore", "ignore"] as ["ignore", "ignore", "ignore"];
    ns.exec(["mkdir", "-p", folder]);
    ns.exec(["ovsdb-tool", "create", `${folder}/conf.db`, SCHEMA], { env });
    ns.spawn([...PRIORITY, "ovsdb-server", `${folder}/conf.db`, `--remote=p${this.socket}`, `--unixctl=${folder}/db.ctl`], { env, stdio });
  }

  /** The database answers and knows its tables. */
  answers(): boolean {
    return this.vsctl(["--no-wait", "init"], true) === 0;
  }

  run(): void {
    const stdio = ["ignore", "ignore", "ignore"] as ["ignore", "ignore", "ignore"];
    this.ns.spawn([...PRIORITY, "ovs-vswitchd", this.socket, `--unixctl=${this.folder}/vswitchd.ctl`], { env: this.env, stdio });
  }

  vsctl(args: readonly string[], allowFailure = false): number {
    return this.ns.exec(["ovs-vsctl", `--db=${this.socket}`, "--timeout=10", ...args], { env: this.env, allowFailure }).status;
  }

  /** A bridge with an active-backup bond of these NICs, and further ports. */
  bond(nics: readonly string[], ports: readonly string[], watch: Watch | undefined): void {
    const words = ["add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev"];
    words.push("--", "add-bond", BRIDGE, "bond0", ...nics, "bond_mode=active-backup");
    if (watch && "lacp" in watch) words.push("lacp=active", `other_config:lacp-time=${watch.lacp}`);
    for (const port of ports) words.push("--", "add-port", BRIDGE, port);
    if (watch && "bfdMs" in watch)
      for (const nic of nics)
        words.push("--", "set", "interface", nic, "bfd:enable=true", `bfd:min_tx=${watch.bfdMs}`, `bfd:min_rx=${watch.bfdMs}`);
    this.vsctl(words);
  }

  /** Makes a NIC the bond's active one; false: it is not enabled (yet). */
  activate(nic: string): boolean {
    const ctl = ["ovs-appctl", `--target=${this.folder}/vswitchd.ctl`, "--timeout=10"];
    return this.ns.exec([...ctl, "bond/set-active-member", "bond0", nic], { allowFailure: true }).status === 0;
  }
}

/** What both ways to stand have in common. */
abstract class Ovs extends Contender {
  static available(): boolean {
    return installed("ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl");
  }

  protected async bonded(ns: Netns, nics: readonly string[], ports: readonly string[], watch?: Watch): Promise<Switch> {
    const it = new Switch(ns, `${this.folder}/${ns.name}`);
    it.start();
    await this.until("the database of Open vSwitch answers", () => it.answers());
    it.run();
    it.bond(nics, ports, watch);
    return it;
  }

  protected async address(host: Netns): Promise<void> {
    host.addr(BRIDGE, `${HOST}/${PREFIX}`);
    host.link(BRIDGE, "up");
    await this.addressed(host, BRIDGE);
    await this.answered();
  }
}

export class OpenVSwitch extends Ovs {
  readonly lan: Lan;
  readonly recoveryMs = 0;

  static start(): Promise<OpenVSwitch> {
    return started(new OpenVSwitch(), (it) => it.run());
  }

  private constructor() {
    super("openvswitch", "hfbovs");
    this.lan = new Lan(this.lab, { peerAddresses: [`${PEER}/${PREFIX}`] });
  }

  get joint(): Joint {
    return { ns: this.lan.switch, ports: this.lan.nics.map((nic) => this.lan.port(nic)) };
  }

  get hosts() {
    return [this.lan.host];
  }

  get peer() {
    return this.lan.peer;
  }

  private async run(): Promise<void> {
    await this.bonded(this.lan.host, this.lan.nics, []);
    await this.address(this.lan.host);
  }
}

export class WatchedOpenVSwitch extends Ovs {
  readonly recoveryMs: number;
  readonly joint: Joint;
  readonly hosts: readonly Netns[];
  readonly peer: Netns;
  private readonly switch: Netns;

  static start(name: string, watch: Watch): Promise<WatchedOpenVSwitch> {
    return started(new WatchedOpenVSwitch(name, watch), (it) => it.run());
  }

  private constructor(
    name: string,
    private readonly watch: Watch,
  ) {
    super(name, "hfbovs");
    // BFD is up again after a few of its rounds of a second while it is down; LACP after two of its own.
    this.recoveryMs = "bfdMs" in watch ? 3000 : 5000;
    const [host, wires, sw, peer] = ["host", "wires", "switch", "peer"].map((n) => this.lab.netns(n));
    this.hosts = [host];
    this.peer = peer;
    this.switch = sw;
    for (const i of LINKS) {
      this.lab.veth({ ns: host, name: `eth${i}` }, { ns: wires, name: `a${i}`, index: WIRE_INDEX + i });
      this.lab.veth({ ns: sw, name: `p${i}` }, { ns: wires, name: `b${i}`, index: WIRE_INDEX + 10 + i });
      this.lab.bridge(wires, `wire${i}`, [`a${i}`, `b${i}`]);
      for (const port of [`a${i}`, `b${i}`]) wires.ip(`link set ${port} type bridge_slave group_fwd_mask ${FORWARD_LACP}`);
    }
    this.lab.veth({ ns: peer, name: "eth0" }, { ns: sw, name: "q1", index: WIRE_INDEX });
    peer.addr("eth0", `${PEER}/${PREFIX}`);
    this.joint = { ns: wires, ports: LINKS.map((i) => `a${i}`) };
  }

  private async run(): Promise<void> {
    const [host] = this.hosts;
    const [far, near] = [LINKS.map((i) => `p${i}`), LINKS.map((i) => `eth${i}`)];
    const ends = [
      { it: await this.bonded(this.switch, far, ["q1"], this.watch), nic: far[0] },
      { it: await this.bonded(host, near, [], this.watch), nic: near[0] },
    ];
    // Each end takes the link that it first sees up, and drops what comes by the other: with BFD nothing makes them agree.
    for (const { it, nic } of ends) await this.until(`${nic} is active`, () => it.activate(nic));
    await this.address(host);
  }
}
