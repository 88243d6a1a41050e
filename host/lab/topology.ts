// The usual lab: a host with several NICs, a switch, a peer. What the demo, the benches and the end-to-end tests share.
//
//   host            switch                       peer
//   eth1 ─────────── p1 ┐
//   eth2 ─────────── p2 ├ br0 ─ q1 ───────────── eth0
//   eth3 ─────────── p3 ┘
//
// A link is cut at the switch: p1 down takes the carrier of eth1 away, as a dead switch port or a pulled cable does.
//
// The two ends of a link have unlike interface indices, on purpose: the kernel announces the carrier of a veth device
// at once if they differ, and as late as a second if they happen to be equal. With equal ones a repaired switch port
// would begin to forward long after the host has carrier, and swallow what the host sends meanwhile.
import type { Lab, Netns } from "./netns.js";

/** Indices of switch ports begin here, far above those of any other namespace of the lab. */
const PORT_INDEX = 100;

export interface LanOptions {
  /** NICs of the host; 2 if not given */
  nics?: number;
  mtu?: number;
  /** number the ends of each link alike, for the kernel's late announcements (see above) */
  likeIndices?: boolean;
  /** addresses of the peer's eth0, with prefix lengths */
  peerAddresses?: readonly string[];
}

export class Lan {
  readonly host: Netns;
  readonly switch: Netns;
  readonly peer: Netns;
  /** NIC names in the host, in order */
  readonly nics: readonly string[];

  constructor(
    readonly lab: Lab,
    options: LanOptions = {},
  ) {
    this.host = lab.netns("host");
    this.switch = lab.netns("switch");
    this.peer = lab.netns("peer");
    const nics: string[] = [];
    const { mtu } = options;
    const index = (i: number): number | undefined => (options.likeIndices ? undefined : PORT_INDEX + i);
    for (let i = 1; i <= (options.nics ?? 2); i++) {
      const mac = `02:00:00:00:01:${i.toString(16).padStart(2, "0")}`;
      lab.veth({ ns: this.host, name: `eth${i}`, mac, mtu }, { ns: this.switch, name: `p${i}`, mtu, index: index(i) });
      nics.push(`eth${i}`);
    }
    this.nics = nics;
    lab.veth({ ns: this.peer, name: "eth0", mac: "02:00:00:00:02:01", mtu }, { ns: this.switch, name: "q1", mtu, index: index(0) });
    lab.bridge(this.switch, "br0", [...nics.map((_, i) => `p${i + 1}`), "q1"]);
    for (const cidr of options.peerAddresses ?? []) this.peer.addr("eth0", cidr);
  }

  /** The switch port a NIC of the host is plugged into. */
  port(nic: string): string {
    const i = this.nics.indexOf(nic);
    if (i < 0) throw new Error(`no NIC ${nic} in this lab: ${this.nics.join(", ")}`);
    return `p${i + 1}`;
  }

  /** The switch a NIC is plugged into: here there is one. */
  switchOf(_nic: string): Netns {
    return this.switch;
  }

  /** Takes the carrier of a NIC away. */
  cut(nic: string): void {
    this.switch.link(this.port(nic), "down");
  }

  repair(nic: string): void {
    this.switch.link(this.port(nic), "up");
  }

  /** MAC address of a NIC of the host. */
  mac(nic: string): string {
    return this.host.mac(nic);
  }
}
