// A stage without any network: cutting and repairing take effect at once, and every call is noted.

import type { Snapshot, Stage, StageListener } from "../../host/demo/model.js";
import { STREAMS } from "../../host/demo/score.js";
import { snapshot } from "./sample.js";

export class FakeStage implements Stage {
  readonly kind = "memory";
  readonly group = "ipmp0";
  readonly nics = ["eth1", "eth2"] as const;
  readonly peerAddresses = ["192.0.2.9", "2001:db8::9"];
  readonly calls: string[] = [];
  listener: StageListener | undefined;
  time = 0;
  private cutNic = -1;
  private frames = 0;

  async start(listener: StageListener, step: (text: string) => void): Promise<void> {
    this.listener = listener;
    step("building nothing");
    this.calls.push("start");
  }

  async cut(nic: number): Promise<void> {
    this.calls.push(`cut ${nic}`);
    this.cutNic = nic;
  }

  async repair(nic: number): Promise<void> {
    this.calls.push(`repair ${nic}`);
    this.cutNic = -1;
  }

  /** Each snapshot is 400 ms later than the last, with 100 more frames and packets everywhere. */
  async snapshot(): Promise<Snapshot> {
    this.time += 400;
    this.frames += 100;
    const s = snapshot(this.cutNic);
    s.at = this.time;
    for (const nic of s.nics) {
      nic.outFrames = this.frames;
      nic.inFrames = 2 * this.frames;
    }
    return s;
  }

  /** Every receiver reports. */
  report(received: number, gapMs = 1): void {
    for (const name of STREAMS) this.listener?.stream({ ...name, received, lost: 0, duplicates: 0, gapMs, open: true });
  }

  now(): number {
    return this.time;
  }

  hints(): string[] {
    return ["nothing"];
  }

  async close(): Promise<void> {
    this.calls.push("close");
  }
}
