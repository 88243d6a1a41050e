// DHCP clients and servers for the tests: busybox's for IPv4, ISC's for IPv6, each with short leases.
//
// The programs are run as they are. ISC's are run from a copy: distributions confine them by path to folders that a
// test must not use. The client's script writes down what the client told it, and sets the address as such scripts do.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Netns } from "../../host/lab/netns.js";

/** Longer than the daemon needs to start, also on a busy machine. */
export const LEASE_S = 40;
const RENEW_S = 2;

/** Something a client told its script. */
export interface ClientEvent {
  reason: string;
  address: string;
}

/** A running client; USR1 or a renewal timer make it renew. */
export class Client {
  constructor(
    readonly child: ChildProcess,
    private readonly journal: string,
  ) {}

  events(): ClientEvent[] {
    if (!existsSync(this.journal)) return [];
    return readFileSync(this.journal, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [reason, address] = line.split(" ");
        return { reason, address };
      });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await gone;
  }
}

function script(path: string, text: string): string {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** udhcpd on the peer's eth0, giving out 10.77.0.100 to .120. */
export function serve4(peer: Netns, folder: string): ChildProcess {
  const config = join(folder, "udhcpd.conf");
  const leases = join(folder, "udhcpd.leases");
  writeFileSync(leases, "");
  const lines = [
    "start 10.77.0.100",
    "end 10.77.0.120",
    "interface eth0",
    "min_lease 5",
    `lease_file ${leases}`,
    `pidfile ${folder}/udhcpd.pid`,
  ];
  writeFileSync(config, [...lines, `option lease ${LEASE_S}`, "option subnet 255.255.255.0", ""].join("\n"));
  return peer.spawn(["udhcpd", "-f", config], { stdio: "ignore" });
}

/** udhcpc on a device; it asks for the server's answers as unicast, which is its default. */
export function lease4(ns: Netns, device: string, folder: string): Client {
  const journal = join(folder, "udhcpc.journal");
  const run = script(
    join(folder, "udhcpc.script"),
    `#!/bin/sh
echo "$1 $ip" >> ${journal}
case $1 in
  deconfig) ip -4 addr flush dev $interface ;;
  bound|renew) ip addr replace $ip/$mask dev $interface valid_lft $lease preferred_lft $lease ;;
esac
`,
  );
  return new Client(ns.spawn(["udhcpc", "-f", "-i", device, "-s", run, "-t", "10", "-T", "1", "-A", "1"], { stdio: "ignore" }), journal);
}

function copyOf(command: string, folder: string): string {
  const from = ["/usr/sbin", "/sbin", "/usr/bin"].map((d) => join(d, command)).find(existsSync);
  if (from === undefined) throw new Error(`${command} is not installed`);
  const to = join(folder, command);
  copyFileSync(from, to);
  chmodSync(to, 0o755);
  return to;
}

/** dhcpd for IPv6 on the peer's eth0, renewal every RENEW_S seconds. */
export function serve6(peer: Netns, folder: string): ChildProcess {
  const config = join(folder, "dhcpd6.conf");
  const leases = join(folder, "dhcpd6.leases");
  writeFileSync(leases, "");
  writeFileSync(
    config,
    `authoritative;
default-lease-time ${LEASE_S};
preferred-lifetime ${LEASE_S};
option dhcp-renewal-time ${RENEW_S};
option dhcp-rebinding-time ${LEASE_S / 2};
subnet6 2001:db8:77::/64 { range6 2001:db8:77::100 2001:db8:77::120; }
`,
  );
  const cmd = [copyOf("dhcpd", folder), "-6", "-f", "-cf", config, "-lf", leases, "-pf", join(folder, "dhcpd6.pid"), "--no-pid", "eth0"];
  return peer.spawn(cmd, { stdio: "ignore" });
}

/** dhclient for IPv6 on a device. */
export function lease6(ns: Netns, device: string, folder: string): Client {
  const journal = join(folder, "dhclient6.journal");
  const run = script(
    join(folder, "dhclient6.script"),
    `#!/bin/sh
echo "$reason $new_ip6_address" >> ${journal}
case $reason in
  BOUND6|RENEW6|REBIND6) ip -6 addr replace $new_ip6_address/64 dev $interface valid_lft $new_max_life preferred_lft $new_preferred_life ;;
  EXPIRE6|RELEASE6|STOP6) ip -6 addr del $old_ip6_address/64 dev $interface ;;
esac
`,
  );
  const config = join(folder, "dhclient6.conf");
  writeFileSync(config, "");
  const leases = join(folder, "dhclient6.leases");
  const cmd = [copyOf("dhclient", folder), "-6", "-d", "-1", "-cf", config, "-lf", leases, "-sf", run, "--no-pid", device];
  return new Client(ns.spawn(cmd, { stdio: "ignore" }), journal);
}
