// A group on the bench: the release module, a few NICs, virtual time. Shared by the conformance tests.
//
// Invariant: no member that is inactive carries an address, and no address that could be bound is not (R1.3);
// every test calls `check` at its end.

import assert from "node:assert/strict";
import { CTLK_NAME, DROP_NAME, IPIF, LIMIT, OUT, OUT_NAME, PHYI } from "../../host/core/abi/ipmp.js";
import { type IpifRecord, Ipmp, type IpmpEvent } from "../../host/core/index.js";

export const V4 = 0;
export const V6 = 1;
export const MS = 1_000_000n;
export const GROUP_MAC = "02:00:00:00:00:fe";
export const nicMac = (n: number): string => `02:00:00:00:00:${(n + 1).toString(16).padStart(2, "0")}`;

export interface BedOptions {
  nics?: number;
  /** which of them are standbys */
  standby?: number[];
  failback?: boolean;
  families?: number;
  /** false: the NICs are known, but in no group */
  join?: boolean;
  /** an instance to start over with, instead of a new one: for tests that need thousands of beds */
  reuse?: Ipmp;
}

export interface CtlFrame {
  nic: number;
  kind: string;
  bytes: Uint8Array;
}

export interface Outcome {
  /** "nicN", "DELIVER", "CONSUMED", or the name of a DROP */
  what: string;
  bytes: Uint8Array;
}

export class Bed {
  readonly nics: number[] = [];
  #now = 1_000n * MS;

  private constructor(
    readonly ipmp: Ipmp,
    readonly grp: number,
  ) {
    this.ipmp.setNow(this.#now);
  }

  static async make(options: BedOptions = {}): Promise<Bed> {
    const ipmp = options.reuse ?? (await Ipmp.load());
    ipmp.x.ipmp_init(1, 0);
    const families = options.families ?? 3;
    const bed = new Bed(ipmp, ipmp.grpCreate({ name: "ipmp0", mac: GROUP_MAC, families }));
    if (options.failback === false) ipmp.grpSet(bed.grp, "FAILBACK", 0);
    for (let n = 0; n < (options.nics ?? 2); n++) {
      const nic = ipmp.phyintCreate({ name: `nic${n}`, ifindex: n + 1, mac: nicMac(n), families });
      bed.nics.push(nic);
      if (options.standby?.includes(n)) ipmp.setFlags(nic, PHYI.STANDBY, 0);
      if (options.join !== false) bed.join(n);
    }
    ipmp.events();
    return bed;
  }

  /** Puts NIC n into the group, its stub addresses up. */
  join(n: number): void {
    this.ipmp.join(this.nics[n], this.grp);
    for (const family of [V4, V6] as const)
      if ((this.ipmp.phyint(this.nics[n]).families >> family) & 1) this.ipmp.illUp(this.nics[n], family, 1);
  }

  link(n: number, up: boolean): void {
    this.ipmp.link(this.nics[n], up);
  }

  /** Lets virtual time pass, in steps of the module's own deadlines. */
  pass(ms: number): void {
    const end = this.#now + BigInt(Math.round(ms * 1000)) * 1000n;
    for (let due = this.ipmp.deadline(); due !== null && due <= end; due = this.ipmp.deadline()) {
      if (due > this.#now) this.#now = due;
      this.ipmp.setNow(this.#now);
      this.ipmp.timeAdvance();
    }
    this.#now = end;
    this.ipmp.setNow(end);
    this.ipmp.timeAdvance();
  }

  add(addr: string, options: { verified?: boolean; up?: boolean } = {}): number {
    return this.ipmp.ipifAdd(this.grp, { addr, ...options });
  }

  /** Adds n addresses 10.0.0.1 … (or 2001:db8::1 …). */
  addMany(n: number, family: 0 | 1 = V4): number[] {
    return Array.from({ length: n }, (_, i) =>
      this.add(family === V4 ? `10.0.${Math.floor(i / 250)}.${(i % 250) + 1}` : `2001:db8::${(i + 1).toString(16)}`),
    );
  }

  /** NIC that an address is bound to; null if none. */
  boundTo(ipif: number): number | null {
    const { bound } = this.ipmp.ipif(this.grp, ipif);
    return bound === null ? null : this.nics.indexOf(bound);
  }

  /** Addresses bound to each NIC. */
  counts(family: 0 | 1 = V4): number[] {
    return this.nics.map((p) => this.ipmp.phyint(p).ills[family].boundCount);
  }

  flags(n: number): number {
    return this.ipmp.phyint(this.nics[n]).flags;
  }

  has(n: number, flag: keyof typeof PHYI): boolean {
    return (this.flags(n) & PHYI[flag]) !== 0;
  }

  active(n: number, family: 0 | 1 = V4): boolean {
    return this.ipmp.phyint(this.nics[n]).ills[family].active;
  }

  nominee(family: 0 | 1 = V4): number | null {
    const { cast } = this.ipmp.illgrp(this.grp, family);
    return cast === null ? null : this.nics.indexOf(cast);
  }

  events(name?: string): IpmpEvent[] {
    const all = this.ipmp.events();
    return name === undefined ? all : all.filter((e) => e.name === name);
  }

  /** Frames from the wire by NIC n, in one batch; what became of each, and its bytes. */
  receive(n: number, ...frames: Uint8Array[]): Outcome[] {
    return this.#batch(frames, (count) => this.ipmp.rxBatch(this.nics[n], 0, count));
  }

  /** Frames from the local stack, in one batch. */
  transmit(...frames: Uint8Array[]): Outcome[] {
    return this.#batch(frames, (count) => this.ipmp.txBatch(this.grp, 0, count));
  }

  #batch(frames: Uint8Array[], run: (count: number) => number): Outcome[] {
    let off = this.ipmp.pageWord("io_base");
    const at = frames.map((frame, i) => {
      this.ipmp.u8.set(frame, off);
      this.ipmp.setDesc(i, off, frame.length);
      off += (frame.length + 63) & ~63;
      return off - ((frame.length + 63) & ~63);
    });
    run(frames.length);
    return frames.map((frame, i) => {
      const out = this.ipmp.descOut(i);
      const bytes = this.ipmp.u8.slice(at[i], at[i] + frame.length);
      if (out < LIMIT.PHYINT_MAX) return { what: `nic${this.nics.indexOf(out)}`, bytes };
      return { what: out >= OUT.DROP ? (DROP_NAME[out - OUT.DROP] ?? `drop ${out}`) : OUT_NAME[out], bytes };
    });
  }

  /** Takes every waiting control frame. */
  ctl(): CtlFrame[] {
    const frames: CtlFrame[] = [];
    this.ipmp.drainCtl((phyint, off, len, kind) => {
      frames.push({ nic: this.nics.indexOf(phyint), kind: CTLK_NAME[kind], bytes: this.ipmp.u8.slice(off, off + len) });
    });
    return frames;
  }

  ipifs(): IpifRecord[] {
    return this.ipmp.ipifs(this.grp);
  }

  /** What must hold whatever happened (R1.3), and that the module's own check accepts the state, saved and taken back. */
  async check(): Promise<void> {
    this.invariants();
    await Ipmp.restore(this.ipmp.snapshot());
  }

  invariants(): void {
    for (const family of [V4, V6] as const) {
      const anyActive = this.nics.some((_, n) => this.active(n, family));
      for (let n = 0; n < this.nics.length; n++)
        if (!this.active(n, family)) assert.equal(this.counts(family)[n], 0, `nic${n} is inactive and carries addresses`);
      const up = this.ipifs().filter((a) => a.family === family && (a.flags & IPIF.UP) !== 0);
      const bound = up.filter((a) => a.bound !== null).length;
      assert.equal(bound, anyActive ? up.length : 0, "every address that is up is bound while a member is active");
      const nominee = this.nominee(family);
      assert.equal(nominee !== null, anyActive, "a nominee exists iff a member is active");
      if (nominee !== null) assert.ok(this.active(nominee, family), "the nominee is active");
    }
  }
}

/** The errno name a call is refused with; fails if it is not refused. */
export function refused(call: () => unknown): string {
  try {
    call();
  } catch (e) {
    return (e as { code?: string }).code ?? `no errno: ${e}`;
  }
  assert.fail("the call was not refused");
}
