// keepalived: two hosts of one NIC each, and a group of addresses that VRRP gives to one of them.
//
// It moves the addresses to another host, so connections break and only what is sent to them is measured: who sends from
// them is another program after the move.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Netns } from "../../host/lab/netns.js";
import { PRIORITY } from "../tools.js";
import { Contender, HOST, installed, type Joint, PEER, PREFIX, started } from "./contender.js";

/** Addresses of the group besides HOST. */
const OTHERS = Array.from({ length: 15 }, (_, i) => `10.71.0.${100 + i}`);
const ROUTER_ID = 71;
const PORT_INDEX = 100;

export class Keepalived extends Contender {
  readonly joint: Joint;
  readonly hosts: readonly Netns[];
  readonly peer: Netns;
  readonly recoveryMs: number;
  override readonly sends = false;

  static available(): boolean {
    return installed("keepalived");
  }

  /** @param advertMs time between two advertisements; three of them missing, and the other host takes over */
  static start(advertMs: number): Promise<Keepalived> {
    return started(new Keepalived(advertMs), (it) => it.run());
  }

  private constructor(private readonly advertMs: number) {
    super("keepalived", "hfbvrrp");
    const [one, two, sw, peer] = ["one", "two", "switch", "peer"].map((n) => this.lab.netns(n));
    this.hosts = [one, two];
    this.peer = peer;
    this.joint = { ns: sw, ports: ["p1", "p2"] };
    this.recoveryMs = 4 * advertMs + 1000;
    for (const [i, host] of this.hosts.entries()) {
      this.lab.veth({ ns: host, name: "eth1" }, { ns: sw, name: `p${i + 1}`, index: PORT_INDEX + 1 + i });
      host.addr("eth1", `10.71.0.${11 + i}/${PREFIX}`);
      // The receiver listens on the address on both hosts, whoever has it.
      host.sysctl("net.ipv4.ip_nonlocal_bind", 1);
    }
    this.lab.veth({ ns: peer, name: "eth0" }, { ns: sw, name: "q1", index: PORT_INDEX });
    this.lab.bridge(sw, "br0", ["p1", "p2", "q1"]);
    peer.addr("eth0", `${PEER}/${PREFIX}`);
  }

  private config(priority: number): string {
    const addresses = [HOST, ...OTHERS].map((a) => `    ${a}/${PREFIX}`).join("\n");
    return `global_defs {
  vrrp_version 3
}
vrrp_instance group {
  state BACKUP
  interface eth1
  virtual_router_id ${ROUTER_ID}
  priority ${priority}
  advert_int ${this.advertMs / 1000}
  virtual_ipaddress {
${addresses}
  }
}
`;
  }

  private async run(): Promise<void> {
    for (const [i, host] of this.hosts.entries()) {
      const base = join(this.folder, host.name);
      writeFileSync(`${base}.conf`, this.config(i === 0 ? 150 : 100));
      const pids = ["-p", `${base}.pid`, "-r", `${base}.vrrp.pid`];
      const cmd = [...PRIORITY, "keepalived", "--dont-fork", "--vrrp", "--log-console", "-f", `${base}.conf`, ...pids];
      host.spawn(cmd, { stdio: "ignore" });
    }
    await this.addressed(this.hosts[0], "eth1");
    await this.answered();
  }
}
