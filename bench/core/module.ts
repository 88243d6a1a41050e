// The subject: ipmp.wasm with one group, its members and addresses, and 4,096 frames in its memory.
//
// Receiving overwrites a frame's destination with the group's, and a frame can be received once only: after each
// receive call the batch's destinations are put back. That is part of the op, here and in the twin, and is measured
// alone as well.

import { Grp, Illgrp, Ipif, LIMIT, OUT, Phyint, POLICY } from "../../host/core/abi/ipmp.js";
import type { Ipmp } from "../../host/core/ipmp.js";
import { type CoreCase, FRAME_BYTES, FRAMES } from "./cases.js";
import { dataAddress, GROUP_MAC, memberMac, rxFrames, txFrames } from "./frames.js";
import { ResultHash } from "./hash.js";

export class ModuleSubject {
  private readonly frames: Uint8Array;
  private readonly pristine: Uint8Array;
  private readonly words: Int32Array;
  private readonly base: number;
  private first = 0;
  /** frames that the calls said went on: read by nobody, but then nothing can be optimised away */
  sink = 0;

  constructor(
    private readonly ipmp: Ipmp,
    readonly c: CoreCase,
  ) {
    this.configure();
    // A virtio header fits before the first frame, as it does before every frame of a device.
    this.base = ipmp.pageWord("io_base") + FRAME_BYTES;
    this.frames = ipmp.u8.subarray(this.base, this.base + FRAMES * FRAME_BYTES);
    this.pristine = c.path === "tx" ? txFrames(c.addresses) : rxFrames(c.addresses, c.members, c.batch);
    this.words = new Int32Array(ipmp.memory.buffer, this.base, (FRAMES * FRAME_BYTES) / 4);
    this.frames.set(this.pristine);
    for (let i = 0; i < FRAMES; i++) ipmp.setDesc(i, this.base + i * FRAME_BYTES, FRAME_BYTES);
  }

  private configure(): void {
    const { ipmp, c } = this;
    const started = ipmp.x.ipmp_init(1, 0);
    const grp = ipmp.grpCreate({ name: "bench", mac: GROUP_MAC });
    if (started !== 0 || grp !== 0) throw new Error("the module does not start afresh");
    ipmp.grpSet(grp, "POLICY", POLICY[c.policy]);
    for (let i = 0; i < c.members; i++) {
      const p = ipmp.phyintCreate({ name: `eth${i}`, ifindex: i + 1, mac: memberMac(i) });
      if (p !== i) throw new Error(`NIC ${i} got handle ${p}`);
      ipmp.join(p, grp);
      ipmp.illUp(p, 0, 1);
      ipmp.illUp(p, 1, 1);
    }
    for (let i = 0; i < c.addresses; i++) ipmp.ipifAdd(grp, { addr: dataAddress(i), prefix: 16, verified: true });
  }

  /** The op: one batch, the next one. Returns a function without indirections, for the benchmark's inner loop. */
  op(): () => void {
    const { batch, members } = this.c;
    const tx = this.ipmp.x.ipmp_tx_batch;
    const rx = this.ipmp.x.ipmp_rx_batch;
    const last = FRAMES - 1;
    if (this.c.path === "tx")
      return () => {
        this.sink += tx(0, this.first, batch);
        this.first = (this.first + batch) & last;
      };
    const { words } = this;
    const targets = this.targets();
    return () => {
      const member = (this.first / batch) % members;
      this.sink += rx(member, this.first, batch);
      putBack(words, this.first, batch, targets[2 * member], targets[2 * member + 1]);
      this.first = (this.first + batch) & last;
    };
  }

  /** What the receive op does besides the call. */
  putBackOp(): () => void {
    const { batch, members } = this.c;
    const { words } = this;
    const targets = this.targets();
    const last = FRAMES - 1;
    return () => {
      const member = (this.first / batch) % members;
      putBack(words, this.first, batch, targets[2 * member], targets[2 * member + 1]);
      this.first = (this.first + batch) & last;
    };
  }

  /** The first two words of a frame to each member; the second ends with two bytes of the sender's, all 02:00. */
  private targets(): Int32Array {
    const { batch, members } = this.c;
    const words = new Int32Array(this.pristine.buffer);
    const stride = (batch * FRAME_BYTES) / 4;
    return Int32Array.from({ length: 2 * members }, (_, i) => words[(i >> 1) * stride + (i & 1)]);
  }

  /** Passes over all frames from the state the subject is in; the last leaves the frames as the module made them. */
  passes(n: number): void {
    this.first = 0;
    const op = this.op();
    const calls = FRAMES / this.c.batch;
    for (let i = 0; i < (n - 1) * calls; i++) op();
    for (let i = 0; i < calls; i++) {
      if (this.c.path === "tx") op();
      else this.ipmp.x.ipmp_rx_batch(i % this.c.members, i * this.c.batch, this.c.batch);
    }
  }

  /** Hash of what became of each frame, and with counters also of all that was counted. */
  hash(counters: boolean): string {
    const hash = new ResultHash().add(this.outs()).add(this.frames);
    if (counters) for (const region of this.counters()) hash.add(region);
    return hash.hex();
  }

  /** Puts all frames back as they came. */
  reset(): void {
    this.frames.set(this.pristine);
    this.first = 0;
  }

  /** How many frames of the last pass were not sent or delivered. */
  losses(): number {
    const outs = new Uint16Array(this.outs().buffer);
    return outs.filter((o) => (this.c.path === "tx" ? o >= LIMIT.PHYINT_MAX : o !== OUT.DELIVER)).length;
  }

  private outs(): Uint8Array {
    return new Uint8Array(Uint16Array.from({ length: FRAMES }, (_, i) => this.ipmp.descOut(i)).buffer);
  }

  private counters(): Uint8Array[] {
    const { ipmp, c } = this;
    const at = (from: number, length: number) => ipmp.u8.subarray(from, from + length);
    const nics = Array.from({ length: c.members }, (_, p) => at(ipmp.x.ipmp_phyint_get(p) + Phyint.kstat, 80));
    return [...nics, at(ipmp.x.ipmp_grp_get(0) + Grp.drops, 256), at(ipmp.pageWord("ipif_bytes_base"), 8 * c.addresses)];
  }

  /** Everything the twin needs: the case, then the records as the module has them, then the frames. */
  image(): Uint8Array {
    const { ipmp, c } = this;
    const head = new Uint32Array([0x31424648, c.path === "rx" ? 1 : 0, c.batch, FRAMES, FRAME_BYTES, c.members, c.addresses, 0]);
    const record = (from: number, length: number) => ipmp.u8.subarray(from, from + length);
    const parts = [
      new Uint8Array(head.buffer),
      record(ipmp.pageWord("grp_base"), Grp.SIZE),
      record(ipmp.pageWord("illgrp_base"), 2 * Illgrp.SIZE),
      record(ipmp.pageWord("phyint_base"), c.members * Phyint.SIZE),
      record(ipmp.pageWord("ipif_base"), c.addresses * Ipif.SIZE),
      this.pristine,
    ];
    return Buffer.concat(parts);
  }
}

function putBack(words: Int32Array, first: number, count: number, low: number, high: number): void {
  const step = FRAME_BYTES / 4;
  for (let at = first * step, end = at + count * step; at < end; at += step) {
    words[at] = low;
    words[at + 1] = high;
  }
}
