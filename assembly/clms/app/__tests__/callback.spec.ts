// Subsystems: registered, called in order, one at a time, once for each slot; `done` follows.

import {
  CALL_NODEDOWN, CALL_NODEGONE, CALL_NODEUP, CALL_RESYNC, EEXIST, EINVAL, EMSGSIZE, ENAMETOOLONG, ENOENT, ENOSPC, ESTALE, EVENT_RESYNC,
  EVENT_SUBSYS, NAME_MAX, NS_UP, PHASE_DONE, PHASE_KERNEL, PHASE_USER, SUBSYS_MAX, Subsys, Subsys_name_OFF,
} from "../../../abi/clms";
import { inbox, page, self, subsysAt } from "../../layout";
import { appResync, appTick, appValid } from "../applied";
import { callbackReroll } from "../callback";
import { clms_subsys_get, subsysDone, subsysRegister, subsysUnregister } from "../subsys";
import { ME, begin, calls, coming, eventCount, eventsFull, eventsRead, goes, lastEvent, phase, subsysConf, up } from "./world";

function err(e: u32): i32 { return -<i32>e; }
function done(i: u32, slot: u64): i32 { return subsysDone(i, <u32>slot, <u32>(slot >> 32), 0); }

/** Registers a subsystem and finishes its RESYNC. */
function ready(letter: u32, priority: u32): u32 {
  subsysConf(letter, priority);
  const i = subsysRegister();
  assert(i >= 0);
  assert(done(i, subsysAt(i).slot) == 0);
  eventsRead();
  return i;
}

describe("registry", () => {
  test("refuses by its own reason, and then changes nothing", () => {
    begin();
    const conf = subsysConf(65, 0);
    conf.size = 63;
    expect<i32>(subsysRegister()).toBe(err(EMSGSIZE));
    subsysConf(0, 0);
    expect<i32>(subsysRegister()).toBe(err(ENAMETOOLONG));
    subsysConf(65, 0);
    memory.fill(inbox() + Subsys_name_OFF, 65, NAME_MAX + 1);
    expect<i32>(subsysRegister()).toBe(err(ENAMETOOLONG));
    store<u8>(inbox() + Subsys_name_OFF + NAME_MAX, 0);
    changetype<Subsys>(inbox())._pad = 1;
    expect<i32>(subsysRegister()).toBe(err(EINVAL));
    expect<u32>(eventCount(EVENT_SUBSYS)).toBe(0);
    changetype<Subsys>(inbox())._pad = 0;
    expect<i32>(subsysRegister()).toBe(0);
    expect<i32>(subsysRegister()).toBe(err(EEXIST));
    changetype<Subsys>(inbox()).version = 2;
    expect<i32>(subsysRegister()).toBe(1);
  });

  test("holds SUBSYS_MAX, and gives a number back", () => {
    begin();
    for (let i: u32 = 0; i < SUBSYS_MAX; i++) expect<u32>(ready(65 + i, 0)).toBe(i);
    subsysConf(97, 0);
    expect<i32>(subsysRegister()).toBe(err(ENOSPC));
    expect<i32>(subsysUnregister(SUBSYS_MAX)).toBe(err(ENOENT));
    expect<i32>(subsysUnregister(3)).toBe(0);
    expect<i32>(subsysUnregister(3)).toBe(err(ENOENT));
    expect<i32>(clms_subsys_get(3)).toBe(err(ENOENT));
    expect<i32>(subsysDone(3, 0, 0, 0)).toBe(err(ENOENT));
    expect<u32>(ready(97, 0)).toBe(3);
    expect<i32>(clms_subsys_get(3)).toBe(<i32>changetype<usize>(subsysAt(3)));
    expect<bool>(appValid()).toBe(true);
  });
});

describe("callbacks", () => {
  test("only these records have them", () => {
    begin();
    up(ME);
    ready(65, 0);
    let slot = coming(2);
    expect<u32>(lastEvent(EVENT_SUBSYS).old).toBe(CALL_NODEUP);
    expect<u32>(lastEvent(EVENT_SUBSYS).node).toBe(2);
    expect<u32>(lastEvent(EVENT_SUBSYS).inc).toBe(1);
    done(0, slot);
    eventsRead();
    slot = goes(2, NS_UP);
    expect<u64>(page().done).toBe(slot);
    slot = phase(2, PHASE_KERNEL, 1);
    expect<u32>(lastEvent(EVENT_SUBSYS).old).toBe(CALL_NODEDOWN);
    expect<u64>(lastEvent(EVENT_SUBSYS).arg).toBe(1);
    expect<u64>(page().done).toBe(slot - 1);
    done(0, slot);
    slot = phase(2, PHASE_USER, 1);
    expect<u32>(lastEvent(EVENT_SUBSYS).old).toBe(CALL_NODEGONE);
    done(0, slot);
    eventsRead();
    slot = phase(2, PHASE_DONE, 1);
    expect<u64>(page().done).toBe(slot);
    expect<u32>(eventCount(EVENT_SUBSYS)).toBe(0);
  });

  test("without subsystems all is done at once", () => {
    begin();
    up(ME);
    expect<u64>(page().done).toBe(page().applied);
    expect<u64>(phase(ME, PHASE_KERNEL, 1)).toBe(page().done);
  });

  test("run in order of (priority, number), one at a time, slot by slot", () => {
    begin();
    up(ME); // slots 2, 3
    ready(65, 9);
    ready(66, 5);
    ready(67, 5);
    coming(2); // 4
    goes(2, NS_UP);
    coming(3); // 6
    expect<u64>(page().done).toBe(3);
    expect<i32>(done(0, 4)).toBe(err(ESTALE));
    expect<i32>(done(1, 6)).toBe(err(ESTALE));
    expect<i32>(done(1, 4)).toBe(0);
    expect<i32>(done(1, 4)).toBe(err(ESTALE));
    expect<i32>(done(2, 4)).toBe(0);
    expect<u64>(page().done).toBe(3);
    expect<i32>(done(0, 4)).toBe(0);
    expect<u64>(page().done).toBe(5);
    done(1, 6);
    done(2, 6);
    done(0, 6);
    expect<u64>(page().done).toBe(6);
    expect<u64>(calls()).toBe(24_34_14_26_36_16);
    expect<u32>(subsysAt(0).running).toBe(0);
  });

  test("what failed runs again, and `done` waits", () => {
    begin();
    up(ME);
    ready(65, 0);
    coming(2); // 4
    expect<i32>(subsysDone(0, 4, 0, 1)).toBe(0);
    expect<i32>(subsysDone(0, 4, 0, -5)).toBe(0);
    expect<u64>(page().done).toBe(3);
    expect<u32>(subsysAt(0).running).toBe(1);
    expect<i32>(done(0, 4)).toBe(0);
    expect<u64>(calls()).toBe(14_14_14);
    expect<u64>(page().done).toBe(4);
  });

  test("who registers late takes the membership anew, and joins for later slots only", () => {
    begin();
    up(ME);
    ready(65, 5);
    coming(2); // 4: runs for the first
    subsysConf(66, 0);
    expect<i32>(subsysRegister()).toBe(1);
    eventsRead();
    goes(2, NS_UP);
    coming(3); // 6
    done(0, 4);
    expect<u32>(lastEvent(EVENT_SUBSYS).old).toBe(CALL_RESYNC);
    expect<u64>(lastEvent(EVENT_SUBSYS).slot).toBe(4);
    done(1, 4);
    done(1, 6);
    done(0, 6);
    expect<u64>(calls()).toBe(24_26_16);
    expect<u64>(page().done).toBe(6);
  });

  test("one that unregisters counts as done", () => {
    begin();
    up(ME);
    ready(65, 0);
    ready(66, 1);
    coming(2);
    subsysUnregister(0);
    expect<u32>(lastEvent(EVENT_SUBSYS).new).toBe(1);
    subsysUnregister(1);
    expect<u64>(page().done).toBe(page().applied);
    expect<u32>(self().call_subsys).toBe(0);
  });

  test("a checkpoint: done at once, RESYNC for each, and none at the same time as another", () => {
    begin();
    up(ME);
    ready(65, 0);
    ready(66, 1);
    coming(2); // 4: runs for the first
    eventsRead();
    appResync();
    expect<u64>(page().done).toBe(4);
    expect<u32>(eventCount(EVENT_RESYNC)).toBe(1);
    expect<u32>(eventCount(EVENT_SUBSYS)).toBe(0);
    // What it answers now counts for nothing but that it is over.
    expect<i32>(subsysDone(0, 4, 0, 1)).toBe(0);
    expect<u32>(lastEvent(EVENT_SUBSYS).old).toBe(CALL_RESYNC);
    done(0, 4);
    done(1, 4);
    expect<u64>(calls()).toBe(14_24);
    appResync();
    appResync(); // another while the first one's runs: it runs once more
    done(0, 4);
    done(0, 4);
    done(1, 4);
    expect<u64>(calls()).toBe(14_14_24);
    appResync();
    appResync();
    subsysDone(0, 4, 0, 1); // failed, but to be run again anyway
    done(0, 4);
    done(1, 4);
    expect<u64>(calls()).toBe(14_14_24);
    expect<u32>(self().resync_due).toBe(0);
    expect<u32>(self().call_subsys).toBe(0);
  });

  test("slots that left the ring count as done", () => {
    begin();
    up(ME);
    ready(65, 0);
    coming(2); // 4
    goes(2, NS_UP);
    coming(3); // 6
    page().low = 7;
    done(0, 4);
    expect<u64>(page().done).toBe(6);
    expect<u64>(calls()).toBe(14);
  });

  test("an event that found no place is told again", () => {
    begin();
    up(ME);
    ready(65, 0);
    eventsFull();
    coming(2);
    expect<u32>(subsysAt(0).running).toBe(1);
    eventsRead();
    appTick(page().now);
    expect<u64>(calls()).toBe(14);
    appTick(page().now);
    expect<u64>(calls()).toBe(0);
  });

  test("a takeover runs nothing twice", () => {
    begin();
    up(ME);
    ready(65, 0);
    coming(2);
    done(0, 4);
    eventsRead();
    callbackReroll();
    expect<u32>(eventCount(EVENT_SUBSYS)).toBe(0);
    expect<u64>(page().done).toBe(4);
  });

  test("what cannot be is noticed in a saved state", () => {
    begin();
    up(ME);
    ready(65, 0);
    coming(2);
    expect<bool>(appValid()).toBe(true);
    self().call_subsys = 2;
    expect<bool>(appValid()).toBe(false);
    self().call_subsys = SUBSYS_MAX + 1;
    expect<bool>(appValid()).toBe(false);
    self().call_subsys = 1;
    self().resync_due = 2;
    expect<bool>(appValid()).toBe(false);
    self().resync_due = 0;
    memory.fill(changetype<usize>(subsysAt(0)) + Subsys_name_OFF, 65, NAME_MAX + 1);
    expect<bool>(appValid()).toBe(false);
  });
});
