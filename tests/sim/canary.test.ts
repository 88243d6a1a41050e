// Each check of the recorder is fed a history in which just that is wrong, and must say so: none is vacuous.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Ack,
  CALL,
  CAUSE,
  ENGINE,
  EVENT,
  Event,
  KIND,
  LIMIT,
  MODE,
  MSG,
  NS,
  Report,
  ROLE,
  STAGE,
  Stamp,
  SVCOP,
  TransRec,
} from "../../host/core/abi/clms.js";
import { Bed, type BedOptions, ballot, type FakeNode } from "./canary/bed.js";
import { IDS, type Id } from "./recorder/ids.js";
import type { SimProcess } from "./types.js";
import { STEP } from "./types.js";

const B1 = ballot(1, 1);
const B2 = ballot(2, 2);
const process = (pid: number): SimProcess => ({ pid, seen: 0, at: 1, state: 0 });

function bed(o: BedOptions = {}): Bed {
  const b = new Bed(o);
  b.up();
  assert.deepEqual(b.recorder.violations, [], "the history before is sound");
  return b;
}

function event(b: Bed, node: FakeNode, type: number, about: number, now: number): void {
  const at = b.scratch;
  node.memory.u8.fill(0, at, at + Event.SIZE);
  node.memory.dv.setUint16(at + Event.node, about, true);
  node.memory.dv.setUint32(at + Event.new, now, true);
  b.recorder.onEvent(node.sim, type, at);
}

function report(low: number, applied: number, last: number): Uint8Array {
  const bytes = new Uint8Array(Report.SIZE);
  const dv = new DataView(bytes.buffer);
  dv.setBigUint64(Report.low, BigInt(low), true);
  dv.setBigUint64(Report.applied, BigInt(applied), true);
  dv.setBigUint64(Report.last, BigInt(last), true);
  return bytes;
}

function stamp(b: Bed, node: FakeNode, slot: number, from: [number, number], to: [number, number]): number {
  const { dv } = node.memory;
  const at = b.scratch;
  dv.setBigUint64(at + Stamp.slot, BigInt(slot), true);
  dv.setUint16(at + Stamp.node, from[0], true);
  dv.setUint32(at + Stamp.inc, from[1], true);
  dv.setUint16(at + Stamp.to, to[0], true);
  dv.setUint32(at + Stamp.to_inc, to[1], true);
  return at;
}

const DUMMY = { kind: KIND.DUMMY };
const GAP = { kind: KIND.DUMMY, flags: 1 };
const comes = (node: number, inc: number, from: number = NS.DOWN) => ({
  kind: KIND.NODE,
  node,
  from_state: from,
  to_state: NS.COMINGUP,
  inc,
  arg: 9n,
});
const begin = (set: number, phase: number) => ({ kind: KIND.SET_BEGIN, set_id: set, arg: BigInt(phase) });
const svc = (op: number, node: number, inc = 1) => ({
  kind: KIND.KEYSVC,
  set_id: 0,
  to_state: op,
  node,
  inc,
  arg: op === SVCOP.DEFINE ? 7n : 0n,
});

/** A service that node 1 holds. */
function held(b: Bed): void {
  b.decide(svc(SVCOP.DEFINE, 0));
  b.decide(svc(SVCOP.OFFER, 1));
  b.decide(svc(SVCOP.OFFER, 2));
  b.decide(svc(SVCOP.TAKE, 1));
  b.node(1).memory.holds = 1;
  b.node(1).tokens[0] = b.log.length;
}

const BROKEN: Partial<Record<Id, () => Bed>> = {
  S01: () => {
    const b = bed();
    const slot = b.record(DUMMY);
    for (const n of b.nodes) b.accept(n, slot, B1);
    b.apply(b.node(1), slot);
    b.put(b.node(2), slot, B1, STAGE.DECIDED, b.bytes({ ...DUMMY, slot, mono_ms: 999 }));
    b.apply(b.node(2), slot);
    return b;
  },
  S02: () => {
    const b = bed();
    b.apply(b.node(1), b.log.length - 1);
    return b;
  },
  S03: () => {
    const b = bed();
    b.put(b.node(1), 3, B1, STAGE.DECIDED, b.bytes({ ...DUMMY, slot: 3 }));
    b.recorder.prefix.ring(b.recorder.seats[1]);
    return b;
  },
  S04: () => {
    const b = bed();
    b.stage(b.node(1), B1, b.bytes({ ...DUMMY, slot: 50 }));
    b.stage(b.node(1), B1, b.bytes({ ...DUMMY, slot: 50, mono_ms: 7 }));
    return b;
  },
  S05: () => {
    const b = bed();
    b.promise(b.node(2), B2);
    b.node(2).long("promised", B1);
    b.step(b.node(2));
    return b;
  },
  S06: () => {
    const b = bed();
    b.promise(b.node(2), B2);
    b.accept(b.node(2), b.record(DUMMY), B1);
    return b;
  },
  S07: () => {
    const b = bed();
    b.promise(b.node(1), B2);
    b.node(1).long("ballot", B1);
    b.node(1).byte("engine", ENGINE.MASTER);
    b.step(b.node(1));
    return b;
  },
  S08: () => {
    const b = bed();
    b.decide(DUMMY, B1, [b.node(1)]);
    return b;
  },
  S09: () => {
    const b = bed({ count: 4 });
    b.decide(DUMMY, B1, [b.node(1), b.node(2)]);
    b.decide(DUMMY, B1, [b.node(3), b.node(4)]);
    return b;
  },
  S10: () => {
    const b = bed();
    b.world.now = 100;
    b.side = (i) => (i === 1 ? "1" : "2,3");
    b.recorder.quorums.cut();
    b.world.now = 200;
    b.decide(DUMMY);
    b.side = (i) => (i === 1 ? "2,3" : "1");
    b.decide(DUMMY);
    return b;
  },
  S11: () => {
    const b = bed();
    b.decide({ kind: KIND.NODE, node: 2, from_state: NS.UP, to_state: NS.COMINGUP, inc: 2, arg: 9n });
    return b;
  },
  S12: () => {
    const b = bed();
    b.entry(b.node(2), 1, NS.DOWN, 1);
    b.recorder.prefix.states(b.recorder.seats[2]);
    return b;
  },
  S15: () => {
    const b = bed();
    const slot = b.decide(DUMMY);
    b.stage(b.node(2), B2, b.bytes({ kind: KIND.EPOCH, node: 2, slot }));
    return b;
  },
  S16: () => {
    const b = bed({ count: 5 });
    const slot = b.record(GAP);
    b.take(b.node(2), MSG.REPORT, { from: 3, ballot: B2 }, report(1, slot - 1, slot - 1));
    b.stage(b.node(2), B2, b.log[slot - 1]);
    for (const n of b.nodes) b.accept(n, slot, B2);
    b.applyAll(slot);
    return b;
  },
  S17: () => {
    const b = bed();
    const slot = b.decide({ kind: KIND.EPOCH, node: 1 });
    b.stage(b.node(2), B2, b.bytes({ ...GAP, slot }));
    return b;
  },
  S18: () => {
    const b = bed();
    const slot = b.record(DUMMY);
    b.accept(b.node(2), slot, B1);
    b.node(2).long("last", slot - 1);
    b.step(b.node(2));
    return b;
  },
  S19: () => {
    const b = bed();
    b.decide(begin(1, 1));
    b.decide(begin(1, 1));
    return b;
  },
  S20: () => {
    const b = bed();
    b.down(2, 1);
    b.down(3, 2);
    b.decide(comes(2, 2));
    b.decide(comes(3, 2));
    return b;
  },
  S21: () => {
    const b = bed();
    b.down(2, 1);
    b.decide(begin(2, 1));
    b.decide({ kind: KIND.SET_END, set_id: 2, arg: 1n });
    b.decide(comes(2, 2));
    return b;
  },
  S22: () => {
    const b = bed({ count: 4 });
    const master = b.node(1);
    const ack = (n: number, suspects: number[]) => {
      const body = new Uint8Array(Ack.SIZE);
      const dv = new DataView(body.buffer);
      body[Ack.nsuspect] = suspects.length;
      suspects.forEach((s, i) => {
        dv.setUint16(Ack.suspect + 2 * i, s, true);
      });
      b.take(master, MSG.ACK, { from: n, ballot: B1 }, body);
    };
    for (const x of [3, 4]) event(b, master, EVENT.SUSPECT, x, 1);
    ack(2, [3, 4]);
    b.stage(master, B1, b.bytes({ ...begin(1, 1), slot: b.log.length + 1 }));
    b.decide(begin(1, 1));
    b.decide({ kind: KIND.NODE, node: 3, from_state: NS.UP, to_state: NS.KCLEANUP, inc: 1, set_id: 1, cause: CAUSE.HEARTBEAT });
    b.decide({ kind: KIND.SET_END, set_id: 1, arg: 1n });
    b.decide(begin(1, 2));
    return b;
  },
  S23: () => {
    const b = bed();
    for (const status of [-1, 0, -1]) b.recorder.onCallback(b.node(1).sim, 0, CALL.NODEUP, 2, 0, status);
    return b;
  },
  S24: () => {
    const b = bed();
    b.node(1).word("gate", 2);
    b.accept(b.node(1), b.record(DUMMY), B1);
    return b;
  },
  S25: () => {
    const b = bed();
    const n = b.node(1);
    [1, 2, 3].forEach((up, i) => {
      n.memory.dv.setUint16(b.scratch + 2 * i, up, true);
    });
    b.recorder.onRead(n.sim, process(1), 7, b.scratch, 3);
    b.recorder.onRead(n.sim, process(1), 6, b.scratch, 2);
    return b;
  },
  S26: () => {
    const b = bed();
    b.recorder.onResume(b.node(1).sim, process(1), b.log.length + 1);
    return b;
  },
  S27: () => {
    const b = bed();
    b.recorder.onData(b.node(1).sim, 0, stamp(b, b.node(1), 99, [2, 1], [1, 1]));
    return b;
  },
  S28: () => {
    const b = bed();
    b.down(2, 1);
    b.recorder.onData(b.node(1).sim, 0, stamp(b, b.node(1), 4, [2, 1], [1, 1]));
    return b;
  },
  S29: () => {
    const b = bed();
    b.down(2, 1);
    b.decide(comes(2, 1));
    return b;
  },
  S30: () => {
    const b = bed();
    b.node(2).boot = 2;
    b.node(2).word("inc", 0);
    b.recorder.onBoot(b.node(2).sim, 0);
    b.node(2).word("inc", 1);
    b.step(b.node(2));
    return b;
  },
  S31: () => {
    const b = bed();
    held(b);
    b.recorder.onService(b.node(2).sim, 0, true, 99);
    return b;
  },
  S32: () => {
    const b = bed();
    held(b);
    b.node(1).byte("lease", 1);
    b.node(1).long("lease_until", 1_000);
    b.decide(svc(SVCOP.FREE, 1));
    b.decide(svc(SVCOP.TAKE, 2));
    return b;
  },
  S33: () => {
    const b = bed();
    b.recorder.onUse(b.node(1).sim, 0, 9);
    b.recorder.onUse(b.node(2).sim, 0, 8);
    return b;
  },
  S34: () => {
    const b = bed();
    b.node(2).byte("lease", 1);
    b.node(2).long("lease_until", 1_000);
    b.down(2, 1);
    return b;
  },
  S35: () => {
    const b = bed({ mode: MODE.ARBITER, count: 2 });
    const register = (nodes: number) => {
      const bytes = new Uint8Array(168);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(B1), true);
      bytes[16] = nodes;
      return bytes;
    };
    b.recorder.onArbiter(b.node(1).sim, 1, true, register(2));
    b.recorder.onArbiter(b.node(2).sim, 2, true, register(4));
    return b;
  },
  S36: () => {
    const b = bed();
    const slot = b.record(DUMMY, 1);
    for (const n of b.nodes) b.accept(n, slot, B1);
    b.applyAll(slot);
    return b;
  },
  S37: () => {
    const b = bed();
    b.node(1).long("low", 4);
    b.step(b.node(1));
    return b;
  },
  S38: () => {
    const b = bed();
    b.node(2).memory.u8[1024 + 100] = 1;
    const slot = b.record(DUMMY);
    for (const n of b.nodes) b.accept(n, slot, B1);
    b.applyAll(slot);
    return b;
  },
  S39: () => {
    const b = bed({ count: 4, observers: 1 });
    b.send(b.node(4), MSG.REPORT, { ballot: 0 });
    return b;
  },
  S40: () => {
    const b = bed();
    b.decide({ kind: KIND.CONFIG, to_state: 3, arg: 2n });
    return b;
  },
  S42: () => {
    const b = bed();
    b.recorder.ends.calm();
    b.recorder.ends.end(true);
    return b;
  },
  S43: () => {
    const b = bed();
    b.recorder.ends.calm();
    b.node(1).byte("engine", ENGINE.MASTER);
    b.node(1).word("takeovers", 9);
    for (const n of b.nodes) n.word("gate", 2);
    b.recorder.ends.end(true);
    return b;
  },
  S44: () => {
    const b = bed();
    b.recorder.ends.calm();
    b.node(3).alive = false;
    b.node(1).byte("engine", ENGINE.MASTER);
    for (const n of b.nodes) n.word("gate", 2);
    b.recorder.ends.end(true);
    return b;
  },
  S45: () => {
    const b = bed({ faults: ["mild"] });
    b.down(2, 1);
    return b;
  },
  S46: () => {
    const b = bed();
    b.node(1).word("msg_lost", 1);
    b.recorder.ends.queues(b.recorder.seats[1]);
    return b;
  },
};

/** What needs the module itself to be wrong: those are tested by its mutants, and by experiments.test.ts. */
const ELSEWHERE: readonly Id[] = ["S13", "S14", "S47", "S48"];

test("a sound history breaks nothing", () => {
  const b = bed({ count: 5 });
  b.down(2, 1);
  b.node(2).word("inc", 0);
  b.step(b.node(2));
  b.decide(comes(2, 2));
  held(b);
  b.recorder.onUse(b.node(1).sim, 0, 40);
  b.stage(b.node(1), B1, b.log[b.log.length - 1]);
  b.step(b.node(1), STEP.TIMER);
  assert.deepEqual(b.recorder.violations, []);
});

for (const [id, make] of Object.entries(BROKEN))
  test(`${id} fires`, () => {
    const b = make();
    assert.ok(b.found.includes(id), `found only ${b.found}: ${b.recorder.violations.map((v) => v.text)}`);
  });

test("every invariant has its canary", () => {
  assert.deepEqual(
    IDS.filter((id) => !(id in BROKEN) && !ELSEWHERE.includes(id)),
    [],
  );
  assert.ok(LIMIT.NODE_MAX > 0 && ROLE.VOTER === 0 && TransRec.SIZE === 64);
});
