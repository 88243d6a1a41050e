// Random walks: whatever happens in whatever order, the gate, `done` and the callbacks keep their invariants.

import {
  CALL_RESYNC, EVENT_SUBSYS, Event, KIND_DUMMY, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, NS_COMINGUP, NS_DOWN, NS_KCLEANUP,
  NS_UCLEANUP, NS_UP, PHASE_DONE, PHASE_KERNEL, PHASE_NONE, PHASE_USER, SUBSYS_MAX, TransRec, WHICH_NEXT_RECORD,
} from "../../../abi/clms";
import { entAt, eventAt, fold, page, recAt, self, subsysAt } from "../../layout";
import { appResync, appTick, appValid } from "../applied";
import { clms_gate_enter, gateSettle } from "../gate";
import { clms_history } from "../history";
import { shownUpto } from "../shown";
import { subsysDone, subsysRegister, subsysUnregister } from "../subsys";
import { ME, begin, decide, stage, subsysConf, up } from "./world";

let seed: u64 = 1;
function below(n: u32): u32 {
  seed = seed * 6364136223846793005 + 1442695040888963407;
  return <u32>(seed >> 33) % n;
}

/** The highest slot for which each subsystem's callback has succeeded, and the slot of its last RESYNC. */
const RAN: usize = memory.data(128, 8);
const ANEW: usize = memory.data(128, 8);
/** The subsystem that the host believes to run, plus one, and what for. */
let running: u32 = 0;
let runningSlot: u64 = 0;
let runningCall: u32 = 0;
let reader: u64 = 0;

/** Accepts the next record that the fold allows: a node up, or a step of a set of nodedowns. */
function accept(): void {
  const f = fold();
  if (page().last > page().applied) return;
  const n = 2 + below(4);
  const state: u32 = entAt(n).state;
  const set: u32 = f.set_id;
  if (f.bracket != 0) {
    const phase: u32 = f.phase;
    const from = phase == PHASE_KERNEL ? NS_UP : phase == PHASE_USER ? NS_KCLEANUP : NS_UCLEANUP;
    const may = state == from || (phase == PHASE_KERNEL && state == NS_COMINGUP);
    const to = phase == PHASE_KERNEL ? NS_KCLEANUP : phase == PHASE_USER ? NS_UCLEANUP : NS_DOWN;
    if (may && below(3) != 0) stage(KIND_NODE, n, to, 4, set, 0);
    else stage(KIND_SET_END, 0, 0, 0, set, phase);
  } else if (f.phase != PHASE_NONE) {
    const phase: u32 = f.phase;
    stage(KIND_SET_BEGIN, 0, 0, 0, set, phase == PHASE_DONE || below(4) == 0 ? phase : phase + 1);
  } else if (below(4) == 0) stage(KIND_SET_BEGIN, 0, 0, 0, f.sets + 1, PHASE_KERNEL);
  else if (state == NS_COMINGUP) stage(KIND_NODE, n, NS_UP, 1, 0, 0);
  else if (state != NS_UP) stage(KIND_NODE, n, NS_COMINGUP, 1, 0, 0x1000 + <u64>n);
  else stage(KIND_DUMMY, 0, 0, 0, 0, 0);
}

/** The host reads its events: at most one callback at a time, none twice but after a failure, in rising order of slots. */
function host(failed: u32): void {
  for (; page().event_tail != page().event_head; page().event_tail += 1) {
    const ev = changetype<Event>(eventAt(page().event_tail));
    if (<u32>ev.type != EVENT_SUBSYS) continue;
    expect<u32>(running).toBe(0, "one at a time");
    const i = ev.new;
    running = i + 1;
    runningSlot = ev.slot;
    runningCall = ev.old;
    if (runningCall == CALL_RESYNC) continue;
    expect<bool>(ev.slot > load<u64>(RAN + i * 8) || failed == i + 1).toBe(true, "once for each slot");
    expect<bool>(ev.slot > load<u64>(ANEW + i * 8)).toBe(true, "after its RESYNC");
    expect<u64>(ev.slot).toBe(page().done + 1, "the next that is not done");
  }
}

function answer(): void {
  if (running == 0) return;
  const i = running - 1;
  const ok = below(4) != 0;
  running = 0;
  if (ok) store<u64>((runningCall == CALL_RESYNC ? ANEW : RAN) + i * 8, runningSlot);
  expect<i32>(subsysDone(i, <u32>runningSlot, 0, u32(!ok))).toBe(0);
  host(ok ? 0 : i + 1);
}

function register(): void {
  subsysConf(65 + below(30), below(3));
  const i = subsysRegister();
  if (i < 0) return;
  store<u64>(RAN + i * 8, 0);
  store<u64>(ANEW + i * 8, 0);
}

function unregister(): void {
  const i = below(SUBSYS_MAX);
  if (subsysUnregister(i) == 0 && running == i + 1) running = 0;
}

/** What must hold after every step. */
function holds(): void {
  const pg = page();
  const f = fold();
  expect<bool>(pg.done <= pg.applied).toBe(true, "done is behind applied");
  expect<bool>(appValid()).toBe(true, "a state that can be restored");
  const whole = pg.last == pg.applied && pg.done == pg.applied && f.bracket == 0 && self().resync_due == 0 && running == 0;
  expect<bool>(clms_gate_enter() >= 0).toBe(whole, "open iff all is whole");
  const shown = shownUpto();
  expect<bool>(shown <= pg.done).toBe(true, "nothing is shown before it is done");
  // Not inside a set: the last mark up to what is shown is no SET_BEGIN.
  let s = shown;
  while (s >= pg.low && <u32>recAt(s).kind != KIND_SET_BEGIN && <u32>recAt(s).kind != KIND_SET_END) s--;
  expect<bool>(s < pg.low || <u32>recAt(s).kind == KIND_SET_END).toBe(true, "no half of a set is shown");
  // A reader that follows the history sees slot after slot.
  const got = clms_history(WHICH_NEXT_RECORD, <u32>reader, 0);
  if (got >= 0) expect<u64>(changetype<TransRec>(<usize>got).slot).toBe(++reader, "no slot is left out");
  expect<bool>(reader <= shown).toBe(true, "what was shown stays shown");
}

describe("a random walk", () => {
  test("keeps the invariants of gate, callbacks and history", () => {
    let callbacks: u32 = 0;
    let opened: u32 = 0;
    for (let round: u64 = 1; round <= 40; round++) {
      seed = round;
      begin();
      up(ME);
      memory.fill(RAN, 0, 128);
      memory.fill(ANEW, 0, 128);
      running = 0;
      reader = 0;
      page().event_tail = page().event_head;
      for (let step: u32 = 0; step < 400; step++) {
        const what = below(16);
        if (what < 4) accept();
        else if (what < 8 && page().last > page().applied) decide();
        else if (what < 13) answer();
        else if (what == 13) register();
        else if (what == 14 && below(4) == 0) unregister();
        else if (below(8) == 0) appResync();
        else appTick(page().now);
        gateSettle();
        host(0);
        callbacks += u32(running != 0);
        opened += u32(clms_gate_enter() >= 0);
        holds();
      }
    }
    // The walk went where it was meant to go.
    expect<bool>(callbacks > 4000 && opened > 1000).toBe(true);
  });
});
