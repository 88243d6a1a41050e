// The larger lab: two switches joined by a trunk, a host with NICs at both, a peer at each, a router with a host beyond.
//
//   host             swa                 swb            host
//   eth1 ─────────── p1 ┐               ┌ p2 ─────────── eth2
//   eth3 ─────────── p3 ├ br0 ─ trunk ─ ┤ br0
//   peera eth0 ───── q1 ┘               ├ p4 ─────────── eth4
//                                       ├ q1 ─────────── peerb eth0
//                                       └ r1 ── eth0 router eth1 ── eth0 beyond
//
// Invariants
// - Odd NICs are at switch a, even ones at switch b. Nothing but the trunk joins the two.
// - What is broken here is broken as seen by a cable's other end: nothing inside the host is touched.
// - A silent fault leaves every carrier as it is: the switch alone decides to forward nothing.
// - Faults may overlap in any order: a cut cable stays cut when its switch returns, and has carrier only when both are well.
// - Frames that a NIC sends can be captured at its port whatever the port does with them.
import { type Lab, LabError, type Netns } from "./netns.js";

/** Indices of switch ports begin here, far above those of the namespaces at the other ends (see topology.ts). */
const PORT_INDEX = 100;
const BRIDGE = "br0";
const TRUNK = "trunk";

export const SWITCHES = ["a", "b"] as const;
export type SwitchName = (typeof SWITCHES)[number];

/** Addresses with prefix lengths. */
export interface CampusOptions {
  /** NICs of the host, 2 to 4; 2 if not given */
  nics?: number;
  peerA?: readonly string[];
  peerB?: readonly string[];
  /** the router's, on the LAN and on the link to the host beyond */
  router?: { lan: readonly string[]; beyond: readonly string[] };
  /** the host beyond; it has its default routes by the router's addresses there */
  beyond?: readonly string[];
}

export class Campus {
  readonly host: Netns;
  readonly peers: Readonly<Record<SwitchName, Netns>>;
  readonly switches: Readonly<Record<SwitchName, Netns>>;
  readonly router: Netns;
  readonly beyond: Netns;
  /** NIC names in the host, in order */
  readonly nics: readonly string[];
  private readonly cuts = new Set<string>();
  private readonly hushed = new Set<string>();
  private readonly dead = new Set<SwitchName>();
  private readonly hanging = new Set<SwitchName>();

  constructor(
    readonly lab: Lab,
    options: CampusOptions = {},
  ) {
    this.host = lab.netns("host");
    this.switches = { a: lab.netns("swa"), b: lab.netns("swb") };
    this.peers = { a: lab.netns("peera"), b: lab.netns("peerb") };
    this.router = lab.netns("router");
    this.beyond = lab.netns("beyond");
    this.nics = Array.from({ length: options.nics ?? 2 }, (_, i) => `eth${i + 1}`);
    this.plug();
    for (const cidr of options.peerA ?? []) this.peers.a.addr("eth0", cidr);
    for (const cidr of options.peerB ?? []) this.peers.b.addr("eth0", cidr);
    this.route(options);
  }

  /** The peer that is there whichever of the host's sides fails: the one at switch b, with the router. */
  get peer(): Netns {
    return this.peers.b;
  }

  /** The switch a NIC of the host is plugged into. */
  side(nic: string): SwitchName {
    const i = this.nics.indexOf(nic);
    if (i < 0) throw new LabError(`no NIC ${nic} in this lab: ${this.nics.join(", ")}`);
    return SWITCHES[i % 2];
  }

  switchOf(nic: string): Netns {
    return this.switches[this.side(nic)];
  }

  /** The switch port a NIC of the host is plugged into. */
  port(nic: string): string {
    this.side(nic);
    return `p${nic.slice(3)}`;
  }

  mac(nic: string): string {
    return this.host.mac(nic);
  }

  // ── Faults, each with its repair ──

  /** Takes the carrier of a NIC away. */
  cut(nic: string): void {
    this.cuts.add(nic);
    this.switchOf(nic).link(this.port(nic), "down");
  }

  repair(nic: string): void {
    this.cuts.delete(nic);
    if (this.dead.has(this.side(nic))) return;
    this.switchOf(nic).link(this.port(nic), "up");
    this.quieten(this.side(nic));
  }

  /** The switch drops whatever comes from this NIC and whatever would go to it; its carrier stays. */
  hush(nic: string): void {
    this.hushed.add(nic);
    if (this.forwards(nic)) this.portState(nic, "disabled");
  }

  unhush(nic: string): void {
    this.hushed.delete(nic);
    if (this.forwards(nic)) this.portState(nic, "forwarding");
  }

  /** The port could forward: its cable and its switch are well. Of another the kernel keeps the state. */
  private forwards(nic: string): boolean {
    const side = this.side(nic);
    return !this.cuts.has(nic) && !this.dead.has(side) && !this.hanging.has(side);
  }

  /** A switch loses its power: everything plugged into it loses its carrier at once, the other switch's trunk too. */
  kill(name: SwitchName): void {
    this.dead.add(name);
    this.batch(name, [BRIDGE, ...this.ports(name)], "down");
  }

  revive(name: SwitchName): void {
    this.dead.delete(name);
    const cut = [...this.cuts].filter((nic) => this.side(nic) === name).map((nic) => this.port(nic));
    const ports = this.ports(name).filter((port) => !cut.includes(port));
    this.batch(name, this.hanging.has(name) ? ports : [BRIDGE, ...ports], "up");
    this.quieten(name);
  }

  /** A switch hangs: it forwards nothing, and every carrier stays. */
  hang(name: SwitchName): void {
    this.hanging.add(name);
    this.switches[name].link(BRIDGE, "down");
  }

  unhang(name: SwitchName): void {
    this.hanging.delete(name);
    if (this.dead.has(name)) return;
    this.switches[name].link(BRIDGE, "up");
    this.quieten(name);
  }

  /** The router goes; no carrier of the host's changes. */
  killRouter(): void {
    this.router.link("eth0", "down");
  }

  reviveRouter(): void {
    this.router.link("eth0", "up");
  }

  private portState(nic: string, state: "disabled" | "forwarding"): void {
    this.switchOf(nic).exec(["bridge", "link", "set", "dev", this.port(nic), "state", state === "disabled" ? "0" : "3"]);
  }

  /** A port or bridge that comes up forwards: ports that shall not are told again. */
  private quieten(name: SwitchName): void {
    for (const nic of this.hushed) if (this.side(nic) === name && this.forwards(nic)) this.portState(nic, "disabled");
  }

  private batch(name: SwitchName, devices: readonly string[], state: "down" | "up"): void {
    const lines = devices.map((device) => `link set ${device} ${state}`);
    this.switches[name].exec(["ip", "-batch", "-"], { input: `${lines.join("\n")}\n` });
  }

  /** Ports of a switch that are there. */
  private ports(name: SwitchName): string[] {
    const links = JSON.parse(this.switches[name].ip(`-j link show master ${BRIDGE}`)) as { ifname: string }[];
    return links.map((l) => l.ifname);
  }

  private plug(): void {
    const { lab, switches, peers, router, beyond } = this;
    for (const [i, nic] of this.nics.entries()) {
      const mac = `02:00:00:00:01:${(i + 1).toString(16).padStart(2, "0")}`;
      lab.veth({ ns: this.host, name: nic, mac }, { ns: this.switchOf(nic), name: this.port(nic), index: PORT_INDEX + i });
    }
    for (const [i, side] of SWITCHES.entries()) {
      const port = { ns: switches[side], name: "q1", index: PORT_INDEX + 10 };
      lab.veth({ ns: peers[side], name: "eth0", mac: `02:00:00:00:02:0${i + 1}` }, port);
    }
    lab.veth({ ns: router, name: "eth0", mac: "02:00:00:00:03:01" }, { ns: switches.b, name: "r1", index: PORT_INDEX + 11 });
    lab.veth({ ns: router, name: "eth1" }, { ns: beyond, name: "eth0" });
    lab.veth({ ns: switches.a, name: TRUNK, index: PORT_INDEX + 12 }, { ns: switches.b, name: TRUNK });
    for (const side of SWITCHES) {
      const nics = this.nics.filter((nic) => this.side(nic) === side).map((nic) => this.port(nic));
      lab.bridge(switches[side], BRIDGE, [...nics, "q1", TRUNK, ...(side === "b" ? ["r1"] : [])]);
    }
  }

  private route(options: CampusOptions): void {
    const { router, beyond } = this;
    router.sysctl("net.ipv4.ip_forward", 1);
    router.sysctl("net.ipv6.conf.all.forwarding", 1);
    router.sysctl("net.ipv6.conf.eth0.keep_addr_on_down", 1);
    for (const cidr of options.router?.lan ?? []) router.addr("eth0", cidr);
    for (const cidr of options.router?.beyond ?? []) router.addr("eth1", cidr);
    for (const cidr of options.beyond ?? []) beyond.addr("eth0", cidr);
    for (const cidr of options.router?.beyond ?? []) beyond.ip(`route add default via ${cidr.split("/")[0]} dev eth0`);
  }
}
