// The subject: ipmp.wasm with members that are probed from an IPv4 and an IPv6 test address each, and a router beyond them that
// answers every ARP request, solicitation and echo request at once. Time is virtual, so every run has the same turns.
//
// Only ipmp_time_advance is timed: what the router does, and what the module does with its answers, is not.

import { CTLK } from "../../host/core/abi/ipmp.js";
import type { Ipmp } from "../../host/core/ipmp.js";

export interface Size {
  groups: number;
  /** members of each */
  members: number;
  fdtMs: number;
}

const ROUTER_MAC = [2, 0xaa, 0, 0, 0, 1];
const ROOM = 256;
const ICMP6_AT = 54;

const hex = (n: number): string => n.toString(16).padStart(2, "0");
const be16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 255;
}

/** Adds to a checksum what a changed word adds, in ones' complement. */
function adjust(bytes: Uint8Array, at: number, before: number, after: number): void {
  let sum = (~be16(bytes, at) & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  put16(bytes, at, ~sum & 0xffff);
}

/** Swaps two fields of n bytes. */
function swap(bytes: Uint8Array, a: number, b: number, n: number): void {
  const kept = bytes.slice(a, a + n);
  bytes.copyWithin(a, b, b + n);
  bytes.set(kept, b);
}

/** Makes the router's answer of an echo request: type and addresses change, and so the checksum. */
function toReply(frame: Uint8Array): void {
  swap(frame, 0, 6, 6);
  frame.set(ROUTER_MAC, 6);
  if (frame[12] === 8) {
    swap(frame, 26, 30, 4);
    frame[34] = 0;
    adjust(frame, 36, 0x0800, 0);
  } else {
    swap(frame, 22, 38, 16);
    frame[ICMP6_AT] = 129;
    adjust(frame, ICMP6_AT + 2, 0x8000, 0x8100);
  }
}

/** Makes the router's answer of an ARP request or a solicitation. */
function toAnswer(frame: Uint8Array): void {
  swap(frame, 0, 6, 6);
  frame.set(ROUTER_MAC, 6);
  if (frame[12] === 8) {
    frame[21] = 2;
    swap(frame, 22, 32, 10);
    frame.set(ROUTER_MAC, 22);
    return;
  }
  frame.copyWithin(38, 22, 38);
  frame.copyWithin(22, 62, 78);
  frame.set([136, 0, 0, 0, 0x60, 0, 0, 0], ICMP6_AT);
  frame.set([2, 1, ...ROUTER_MAC], ICMP6_AT + 24);
  let sum = 58 + 32;
  for (let i = 22; i < ICMP6_AT + 32; i += 2) sum += be16(frame, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  put16(frame, ICMP6_AT + 2, ~sum & 0xffff);
}

export class Watched {
  /** ns that ipmp_time_advance took, its calls, and the turns of watchers and other timers in them */
  ns = 0;
  calls = 0;
  turns = 0;

  constructor(
    private readonly ipmp: Ipmp,
    readonly size: Size,
  ) {
    ipmp.x.ipmp_init(1, 0);
    ipmp.setNow(1_000_000_000n);
    for (let g = 0; g < size.groups; g++) this.group(g);
  }

  private group(g: number): void {
    const { ipmp, size } = this;
    const grp = ipmp.grpCreate({ name: `g${g}`, mac: `02:fe:00:00:00:${hex(g)}` });
    ipmp.grpSet(grp, "FDT_MS", size.fdtMs);
    ipmp.grpSet(grp, "PROBE_COUNT", 0);
    ipmp.grpTargets(grp, 0, "ROUTER", [`10.${g}.1.1`]);
    ipmp.grpTargets(grp, 1, "STATIC", [`fe80::${hex(g)}:ffff`]);
    for (let m = 0; m < size.members; m++) {
      const n = g * size.members + m;
      const p = ipmp.phyintCreate({ name: `eth${n}`, ifindex: n + 1, mac: `02:00:00:00:${hex(n >> 8)}:${hex(n & 255)}` });
      ipmp.join(p, grp);
      ipmp.illUp(p, 0, 1);
      ipmp.illUp(p, 1, 1);
      ipmp.testAddr(p, 0, `10.${g}.0.${m + 1}/16`);
      ipmp.testAddr(p, 1, `fe80::${hex(g)}:${hex(m + 1)}/64`);
    }
    this.answer();
  }

  /** Forgets what was measured. */
  reset(): void {
    this.ns = this.calls = this.turns = 0;
  }

  /** Lets virtual time pass from deadline to deadline. */
  pass(ms: number): void {
    const { ipmp } = this;
    const end = ipmp.now + BigInt(ms) * 1_000_000n;
    for (let due = ipmp.deadline(); due !== null && due <= end; due = ipmp.deadline()) {
      ipmp.setNow(due);
      const began = process.hrtime.bigint();
      const fired = ipmp.x.ipmp_time_advance();
      this.ns += Number(process.hrtime.bigint() - began);
      this.calls++;
      this.turns += fired;
      this.answer();
    }
    ipmp.setNow(end);
  }

  /** The router answers everything that waits; events are read. */
  private answer(): void {
    const { ipmp } = this;
    const io = ipmp.pageWord("io_base");
    const answers: { phyint: number; frame: Uint8Array }[] = [];
    ipmp.drainCtl((phyint, off, len, kind) => {
      if (kind !== CTLK.ECHO && kind !== CTLK.LOOKUP) return;
      const frame = ipmp.u8.slice(off, off + len);
      if (kind === CTLK.ECHO) toReply(frame);
      else toAnswer(frame);
      answers.push({ phyint, frame });
    });
    for (const { phyint, frame } of answers) {
      ipmp.u8.set(frame, io + ROOM);
      ipmp.setDesc(0, io + ROOM, frame.length);
      ipmp.rxBatch(phyint, 0, 1);
    }
    ipmp.x.ipmp_event_release((ipmp.pageWord("event_head") - ipmp.pageWord("event_tail")) >>> 0);
    if (answers.length > 0) this.answer();
  }

  /** Probes lost by all watchers so far: with a router that answers everything, none. */
  lost(): number {
    let lost = 0;
    for (let p = 0; p < this.size.groups * this.size.members; p++)
      for (const family of [0, 1] as const) lost += this.ipmp.probe(p, family).lost;
    return lost;
  }
}
