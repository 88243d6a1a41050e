// The table of engines: in range for any numbers, every engine of a takeover is reached and left.

import {
  ENGINE_FOLLOWER, ENGINE_HALTED, ENGINE_MASTER, ENGINE_OBSERVER, ENGINE_OFF, ENGINE_POLL, ENGINE_PREVOTE, ENGINE_PROMISE,
} from "../../../abi/clms";
import { layoutInit, page } from "../../layout";
import { TE_COUNT, TE_HIGHER, TE_NOTHING, TE_RENEW, TE_TIMEOUT, engineNext, engineStep, hasOwnRole } from "../fsm";

describe("the table of engines", () => {
  test("leads to engines only, and any number may be asked", () => {
    for (let engine: u32 = 0; engine < 20; engine++) {
      for (let event: u32 = 0; event < 20; event++) {
        const next = engineNext(engine, event);
        const valid = engine <= ENGINE_HALTED && event < TE_COUNT && next <= ENGINE_HALTED;
        expect<bool>(next == TE_NOTHING || valid).toBe(true);
      }
    }
    expect<u32>(engineNext(u32.MAX_VALUE, 0)).toBe(TE_NOTHING);
    expect<u32>(engineNext(1, u32.MAX_VALUE)).toBe(TE_NOTHING);
  });

  test("every engine of the takeover is reached from FOLLOWER, none but by its events; OFF, OBSERVER and HALTED are not in it", () => {
    let reached: u32 = 1 << ENGINE_FOLLOWER;
    for (let round: u32 = 0; round < 10; round++)
      for (let engine: u32 = 0; engine <= ENGINE_HALTED; engine++)
        for (let event: u32 = 0; event < TE_COUNT; event++) {
          const next = engineNext(engine, event);
          if (((reached >> engine) & 1) != 0 && next != TE_NOTHING) reached |= 1 << next;
        }
    const out: u32 = (1 << ENGINE_OFF) | (1 << ENGINE_OBSERVER) | (1 << ENGINE_HALTED);
    expect<u32>(reached).toBe(((1 << (ENGINE_HALTED + 1)) - 1) & ~out);
    for (let event: u32 = 0; event < TE_COUNT; event++) {
      expect<u32>(engineNext(ENGINE_OFF, event)).toBe(TE_NOTHING);
      expect<u32>(engineNext(ENGINE_OBSERVER, event)).toBe(TE_NOTHING);
      expect<u32>(engineNext(ENGINE_HALTED, event)).toBe(TE_NOTHING);
    }
  });

  test("who has a role of its own gives it up for a higher ballot or when its time is over, to be a follower", () => {
    layoutInit();
    for (let engine: u32 = 0; engine <= ENGINE_HALTED; engine++) {
      page().engine = <u8>engine;
      const own = engine >= ENGINE_PREVOTE && engine <= ENGINE_MASTER;
      expect<bool>(hasOwnRole()).toBe(own);
      expect<u32>(engineNext(engine, TE_HIGHER)).toBe(own ? ENGINE_FOLLOWER : TE_NOTHING);
      expect<u32>(engineNext(engine, TE_TIMEOUT)).toBe(own ? ENGINE_FOLLOWER : TE_NOTHING);
      expect<u32>(engineNext(engine, TE_RENEW)).toBe(engine == ENGINE_MASTER ? ENGINE_PROMISE : TE_NOTHING);
    }
  });

  test("nobody becomes master but by a poll that was durable", () => {
    for (let engine: u32 = 0; engine <= ENGINE_HALTED; engine++)
      for (let event: u32 = 0; event < TE_COUNT; event++) {
        if (engineNext(engine, event) == ENGINE_MASTER) expect<bool>(engine >= ENGINE_POLL && engine < ENGINE_MASTER).toBe(true);
        if (engineNext(engine, event) == ENGINE_POLL) expect<u32>(engine).toBe(ENGINE_PROMISE);
      }
  });

  test("a step is taken and told, or means nothing and changes nothing", () => {
    layoutInit();
    page().engine = <u8>ENGINE_FOLLOWER;
    const before = page().event_head;
    expect<bool>(engineStep(TE_HIGHER)).toBe(false);
    expect<u32>(page().event_head).toBe(before);
    expect<bool>(engineStep(0)).toBe(true);
    expect<u32>(page().engine).toBe(ENGINE_PREVOTE);
    expect<u32>(page().event_head).toBe(before + 1);
    page().engine = <u8>ENGINE_MASTER;
    page().master = 3;
    engineStep(TE_HIGHER);
    expect<u32>(page().master).toBe(0, "a master that gives up knows none");
  });
});
