// A look at the switch ports of the host's NICs: no frame may come from a NIC with another source than that NIC's address.
//
// The kernel's filter lets only wrong frames through, so that hours of traffic cost nothing and none is lost. A frame of a
// kind that nothing else uses, sent past the group by each NIC, proves at the end that the watch was awake all the time.
import assert from "node:assert/strict";
import { Capture } from "../../host/lab/capture.js";
import { decode } from "../../host/lab/decode.js";
import { macBytes } from "../../host/lab/frames.js";
import { sendRaw } from "../../host/lab/program.js";
import { eventually, type Stage } from "./stage.js";

/** EtherType of local experiments (IEEE 802), of the frames that prove the watch awake. */
const EXPERIMENT = 0x88b5;
const WITNESS = "02:00:00:00:0e:0e";
const FRAME_MIN = 60;

function witness(): Buffer {
  const type = Buffer.from([EXPERIMENT >> 8, EXPERIMENT & 255]);
  const frame = Buffer.concat([macBytes("ff:ff:ff:ff:ff:ff"), macBytes(WITNESS), type]);
  return Buffer.concat([frame, Buffer.alloc(FRAME_MIN - frame.length)]);
}

export class SourceWatch {
  private constructor(
    private readonly stage: Stage,
    private readonly captures: ReadonlyMap<string, Capture>,
  ) {}

  static async start(stage: Stage): Promise<SourceWatch> {
    const captures = new Map<string, Capture>();
    for (const nic of stage.nics) {
      const filter = `not ether src ${stage.lan.mac(nic)}`;
      captures.set(nic, await Capture.start(stage.lan.switchOf(nic), stage.lan.port(nic), { direction: "in", filter }));
    }
    return new SourceWatch(stage, captures);
  }

  /** Wrong frames so far, in words. */
  wrong(): string[] {
    return [...this.captures].flatMap(([nic, capture]) =>
      capture.frames
        .map((f) => decode(f.bytes))
        .filter((d) => d.src !== WITNESS)
        .map((d) => `${nic}: ${d.src} > ${d.dst} type ${d.type.toString(16)} ${d.ip ? `${d.ip.src} > ${d.ip.dst}` : ""}`.trim()),
    );
  }

  /** Ends the watch; throws if it slept, and returns the wrong frames. The NICs must have carrier. */
  async stop(): Promise<string[]> {
    if (!this.stage.isPlain)
      for (const [nic, capture] of this.captures)
        await eventually(`the watch at ${nic} sees a frame that is wrong on purpose`, async () => {
          await sendRaw(this.stage.host, nic, [witness()]);
          assert.ok(capture.frames.some((f) => decode(f.bytes).src === WITNESS));
        });
    for (const capture of this.captures.values()) {
      await capture.stop();
      assert.equal(capture.dropped, 0, `${capture.point}: the watch saw everything`);
    }
    return this.wrong();
  }
}
