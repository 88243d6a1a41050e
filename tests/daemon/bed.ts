// Ground for tests of the daemon on real devices: a host with NICs on a switch, the command line inside it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { GroupReport, MemberReport, StatusReport } from "../../host/daemon/report.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import type { RunResult } from "../../host/lab/run.js";
import { Lan } from "../../host/lab/topology.js";

/** The test file that runs: several do at once, each in a lab of its own. */
const FILE = basename(process.argv[1], ".test.js");

export const CLI = join(dirname(fileURLToPath(import.meta.url)), "../../host/cli/main.js");

/**
 * A test that needs namespaces: skipped, and said so, where there are none; with CI=true it fails instead. The limit is for what
 * will never come, not for a machine that has much else to do.
 */
export function onDevices(name: string, body: (t: TestContext) => Promise<void>, limitMs = 300_000): void {
  const why = Lab.unavailable();
  if (why === undefined) {
    test(name, { timeout: limitMs }, body);
    return;
  }
  if (process.env.CI === "true") {
    test(name, () => assert.fail(`cannot run here, and CI=true demands it: ${why}`));
    return;
  }
  console.log(`skipped: ${name}: ${why}`);
  test(name, { skip: why }, () => undefined);
}

export class Bed {
  readonly lab: Lab;
  readonly lan: Lan;
  readonly host: Netns;
  /** a folder of this bed: configuration and state */
  readonly dir = mkdtempSync(join(tmpdir(), "hfd-bed-"));
  readonly config = join(this.dir, "config.toml");
  readonly state = join(this.dir, "state");
  /** the program that is run */
  program = CLI;

  constructor(t: TestContext, options: { nics?: number; mtu?: number } = {}) {
    this.lab = new Lab(`hfd-${FILE}`);
    t.after(() => {
      this.lab.close();
      rmSync(this.dir, { recursive: true, force: true });
    });
    this.lan = new Lan(this.lab, { ...options, peerAddresses: ["10.8.0.2/24", "2001:db8:8::2/64"] });
    this.host = this.lan.host;
  }

  /** Runs `holdfast WORDS` in the host. */
  cli(...words: string[]): RunResult {
    return this.host.exec([process.execPath, this.program, ...words], { allowFailure: true });
  }

  /** The same with this bed's state folder; must succeed. */
  ok(...words: string[]): string {
    const done = this.cli(...words, "--state", this.state);
    assert.equal(done.status, 0, `holdfast ${words.join(" ")}: exit code ${done.status}\n${done.stderr}${this.log()}`);
    return done.stdout;
  }

  /** The same; must be refused, with one message and no stack. */
  refused(...words: string[]): string {
    const done = this.cli(...words, "--state", this.state);
    assert.equal(done.status, 1, `holdfast ${words.join(" ")}: exit code ${done.status}\n${done.stdout}${done.stderr}`);
    assert.doesNotMatch(done.stderr, /\n {4}at |defect/);
    return done.stderr.trim();
  }

  write(text: string): void {
    writeFileSync(this.config, text);
  }

  up(...more: string[]): string {
    return this.ok("up", "-c", this.config, ...more);
  }

  log(): string {
    try {
      return readFileSync(join(this.state, "holdfast.log"), "utf8");
    } catch {
      return "";
    }
  }

  status(): StatusReport {
    return JSON.parse(this.ok("status", "--json")) as StatusReport;
  }

  group(name = "ipmp0"): GroupReport {
    const found = this.status().groups.find((g) => g.name === name);
    assert.ok(found, `no group ${name}`);
    return found;
  }

  member(nic: string): MemberReport {
    const found = this.status()
      .groups.flatMap((g) => g.members)
      .find((m) => m.name === nic);
    assert.ok(found, `no member ${nic}`);
    return found;
  }

  /** Waits until check() throws no more. */
  async until(check: () => void, ms = 5000): Promise<void> {
    for (const end = performance.now() + ms; ; await delay(30)) {
      try {
        check();
        return;
      } catch (e) {
        if (performance.now() > end) throw e;
      }
    }
  }

  pid(): number {
    return Number(readFileSync(join(this.state, "daemon.pid"), "utf8").split(" ")[0]);
  }

  /** Settings that the daemon changes on a NIC, and its addresses. */
  settings(nic: string): unknown {
    // below 1280 bytes of MTU the kernel has no IPv6 on a NIC, nor its settings
    const read = (key: string): string => this.host.exec(["cat", `/proc/sys/net/${key}`], { allowFailure: true }).stdout.trim();
    const [link] = JSON.parse(this.host.ip(`-j -d addr show dev ${nic}`)) as {
      flags: string[];
      mtu: number;
      promiscuity: number;
      addr_info: { local: string; prefixlen: number }[];
    }[];
    return {
      arpIgnore: read(`ipv4/conf/${nic}/arp_ignore`),
      rpFilter: read(`ipv4/conf/${nic}/rp_filter`),
      disableIpv6: read(`ipv6/conf/${nic}/disable_ipv6`),
      up: link.flags.includes("UP"),
      mtu: link.mtu,
      promiscuity: link.promiscuity,
      addresses: link.addr_info.map((a) => `${a.local}/${a.prefixlen}`).sort(),
    };
  }

  /** One ping each way of the family must come back. */
  ping(address: string): boolean {
    return this.host.exec(["ping", "-c", "1", "-w", "4", address], { allowFailure: true }).status === 0;
  }

  has(link: string): boolean {
    return this.host.exec(["ip", "link", "show", "dev", link], { allowFailure: true }).status === 0;
  }
}

export const two = (more = ""): string =>
  `[[group]]\nname = "ipmp0"\nmembers = ["eth1", "eth2"]\nconflict_probe_count = 0\naddresses = ["10.8.0.1/24", "2001:db8:8::1/64"]\n${more}`;
