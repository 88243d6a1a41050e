// Holdfast as an operator runs it; damping of flapping links is off, since breaking links is what the benchmark does.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Lan } from "../../host/lab/topology.js";
import { ROOT } from "../native.js";
import { OURS } from "../report.js";
import { PRIORITY } from "../tools.js";
import type { FaultName } from "./cases.js";
import { Contender, HOST, PEER, PREFIX, started } from "./contender.js";

/**
 * What the group's configuration needs to notice a fault within a time, by fault. Holdfast takes part in the cases of the
 * faults that stand here.
 */
const NOTICED_BY: Readonly<Partial<Record<FaultName, (detectionMs: number) => Noticing>>> = {
  "carrier loss": () => ({ settings: [], member: (nic) => `"${nic}"` }),
  // The peer is the one target: with the quiet time at the beginning off, since the first answers come at once.
  "silent loss": (ms) => ({
    settings: [`detection_time_ms = ${ms}`, "probe_quiet_ms = 0", `targets = ["${PEER}"]`],
    member: (nic, i) => `{ name = "${nic}", test_addresses = ["10.71.0.${201 + i}/${PREFIX}"] }`,
  }),
};

/** Lines of the group, and how a member stands in it. */
interface Noticing {
  settings: readonly string[];
  member(nic: string, index: number): string;
}

/** Repaired by probes takes about twice as long as failed. */
const REPAIR_FACTOR = 2;

export class Holdfast extends Contender {
  readonly lan: Lan;
  readonly recoveryMs: number;

  static notices(fault: FaultName): boolean {
    return fault in NOTICED_BY;
  }

  /** @param detectionMs the time within which the fault is to be noticed; 0 for one that tells of itself */
  static start(fault: FaultName, detectionMs: number): Promise<Holdfast> {
    const noticing = NOTICED_BY[fault]?.(detectionMs);
    if (noticing === undefined) throw new Error(`${fault}: nothing notices it`);
    return started(new Holdfast(detectionMs), (it) => it.run(noticing));
  }

  private constructor(detectionMs: number) {
    super(OURS, "hfbipmp");
    this.lan = new Lan(this.lab, { peerAddresses: [`${PEER}/${PREFIX}`] });
    this.recoveryMs = REPAIR_FACTOR * detectionMs;
  }

  get joint() {
    return { ns: this.lan.switch, ports: this.lan.nics.map((nic) => this.lan.port(nic)) };
  }

  get hosts() {
    return [this.lan.host];
  }

  get peer() {
    return this.lan.peer;
  }

  private async run({ settings, member }: Noticing): Promise<void> {
    const config = join(this.folder, "holdfast.toml");
    const members = this.lan.nics.map(member).join(", ");
    const group = ['name = "ipmp0"', `members = [${members}]`, "flap_max = 0", `addresses = ["${HOST}/${PREFIX}"]`, ...settings];
    writeFileSync(config, `[[group]]\n${group.join("\n")}\n`);
    const main = join(ROOT, "dist", "host", "cli", "main.js");
    const state = join(this.folder, "state");
    const daemon = this.lan.host.spawn([...PRIORITY, process.execPath, main, "up", "-c", config, "--state", state, "--foreground"]);
    let said = "";
    for (const stream of [daemon.stdout, daemon.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-2000);
      });
    const died = new Promise<never>((_, reject) =>
      daemon.once("exit", (code, signal) => reject(new Error(`holdfast up ended with ${signal ?? `status ${code}`}: ${said.trim()}`))),
    );
    died.catch(() => {}); // after the start its end is noticed by the stream's
    await Promise.race([this.addressed(this.lan.host, "ipmp0"), died]);
    await this.answered();
  }
}
