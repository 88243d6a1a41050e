// Capturing at one point of the lab with the unmodified tcpdump, frames read back while it runs.
//
// Invariants: start() returns when tcpdump captures; stop() returns when what had been captured is read; a capture
// that lost frames says so in dropped, so that a test can insist on completeness.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { LabError, type Netns } from "./netns.js";
import { type Frame, PcapReader } from "./pcap.js";

export type { Frame } from "./pcap.js";

export interface CaptureOptions {
  /** only frames that entered ("in") or left ("out") the device; both if not given */
  direction?: "in" | "out";
  /** bytes kept of each frame; 256 if not given: short slots make a deep ring */
  snaplen?: number;
  /** a tcpdump filter expression */
  filter?: string;
  /** called for every frame as it comes */
  onFrame?: (frame: Frame) => void;
}

/** Nothing more has come for this long: what was sent before stop() is in. */
const QUIET_MS = 150;
const QUIET_LIMIT_MS = 3000;

export class Capture {
  readonly frames: Frame[] = [];
  /** frames the kernel could not hand to tcpdump; known after stop() */
  dropped = 0;
  private readonly reader = new PcapReader();
  private told = "";
  private failure: Error | undefined;

  private constructor(
    readonly point: string,
    private readonly child: ChildProcess,
    onFrame: ((frame: Frame) => void) | undefined,
  ) {
    child.stdout?.on("data", (piece: Buffer) => {
      try {
        for (const frame of this.reader.push(piece)) {
          this.frames.push(frame);
          onFrame?.(frame);
        }
      } catch (e) {
        this.failure ??= e as Error;
      }
    });
    child.stderr?.setEncoding("utf8").on("data", (s: string) => {
      this.told += s;
    });
  }

  /** Begins to capture on a device of ns. */
  static async start(ns: Netns, device: string, options: CaptureOptions = {}): Promise<Capture> {
    const cmd = ["tcpdump", "-i", device, "-n", "-U", "--immediate-mode", "-B", "16384", "-s", String(options.snaplen ?? 256), "-w", "-"];
    if (options.direction) cmd.push("-Q", options.direction);
    if (options.filter) cmd.push(options.filter);
    const child = ns.spawn(cmd);
    const capture = new Capture(`${ns.name}:${device}`, child, options.onFrame);
    await capture.listening();
    return capture;
  }

  /** Waits until the wire is quiet, ends tcpdump and returns all frames. */
  async stop(): Promise<Frame[]> {
    await this.quiet();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const closed = once(this.child, "close");
      this.child.kill("SIGINT");
      await closed;
    }
    this.dropped = Number(/(\d+) packets? dropped by kernel/.exec(this.told)?.[1] ?? 0);
    if (this.failure) throw new LabError(`capture at ${this.point}: ${this.failure.message}`);
    if (this.child.exitCode !== 0) throw new LabError(`capture at ${this.point}: tcpdump ended early: ${this.told.trim()}`);
    return this.frames;
  }

  private async listening(): Promise<void> {
    const ended = once(this.child, "close").then(() => true);
    const failed = once(this.child, "error").then(([e]) => {
      throw new LabError(`capture at ${this.point}: ${(e as Error).message}`);
    });
    while (!/listening on /.test(this.told)) {
      const gone = await Promise.race([ended, failed, sleep(5).then(() => false)]);
      if (gone) throw new LabError(`capture at ${this.point}: ${this.told.trim() || "tcpdump ended"}`);
    }
    failed.catch(() => {});
  }

  /** Returns when no frame came for QUIET_MS, or after QUIET_LIMIT_MS on a wire that is never quiet. */
  private async quiet(): Promise<void> {
    const limit = Date.now() + QUIET_LIMIT_MS;
    for (let seen = -1; seen !== this.frames.length && Date.now() < limit; await sleep(QUIET_MS)) seen = this.frames.length;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
