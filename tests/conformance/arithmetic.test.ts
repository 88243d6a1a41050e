// Conformance R8.25, the table of R2.4 for every combination: every state that a group of up to four members can come to
// (STANDBY, INACTIVE, FAILED, OFFLINE of each, FAILBACK), and in each of them every event of every member, is taken through
// the module and through the model of arithmetic_model.ts; flags, who is active and the group's state must be the same.
//
// Groups of up to three are searched with leaving and coming back as well; of four, leaving ends a path.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Grp, Illgrp, Page, PG_NAME, PHYI, Phyint } from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/index.js";
import { ArithmeticModel } from "./arithmetic_model.js";
import { Bed, refused } from "./bed.js";

/** The records of one small group without addresses, saved and put back: a few kilobytes instead of the state region. */
class Records {
  readonly #parts: [number, number][];

  constructor(
    readonly ipmp: Ipmp,
    nics: number,
  ) {
    this.#parts = [
      [ipmp.page, Page.SIZE],
      [ipmp.pageWord("grp_base"), Grp.SIZE],
      [ipmp.pageWord("illgrp_base"), 2 * Illgrp.SIZE],
      [ipmp.pageWord("phyint_base"), nics * Phyint.SIZE],
    ];
  }

  save(): Uint8Array[] {
    return this.#parts.map(([at, size]) => this.ipmp.u8.slice(at, at + size));
  }

  restore(saved: Uint8Array[]): void {
    saved.forEach((bytes, i) => {
      this.ipmp.u8.set(bytes, this.#parts[i][0]);
    });
  }
}

interface Event {
  name: string;
  /** whether it can happen in this state */
  can(model: ArithmeticModel, id: number): boolean;
  run(bed: Bed, model: ArithmeticModel, id: number): void;
}

const member = (model: ArithmeticModel, id: number) => model.members.find((m) => m.id === id);

const EVENTS: Event[] = [
  {
    name: "lost",
    can: (model, id) => member(model, id)?.failed === false,
    run(bed, model, id) {
      bed.link(id, false);
      model.lost(id);
    },
  },
  {
    name: "repaired",
    can: (model, id) => member(model, id)?.failed === true,
    run(bed, model, id) {
      bed.link(id, true);
      model.repaired(id);
    },
  },
  {
    name: "offline",
    can: (model, id) => member(model, id)?.offline === false,
    run(bed, model, id) {
      bed.ipmp.offline(bed.nics[id], 0);
      model.offline(id);
    },
  },
  {
    name: "undo",
    can: (model, id) => member(model, id)?.offline === true,
    run(bed, model, id) {
      bed.ipmp.undoOffline(bed.nics[id]);
      model.undo(id);
    },
  },
  {
    name: "set standby",
    can: (model, id) => member(model, id) !== undefined,
    run(bed, model, id) {
      if (model.setStandby(id)) bed.ipmp.setFlags(bed.nics[id], PHYI.STANDBY, 0);
      else
        assert.equal(
          refused(() => bed.ipmp.setFlags(bed.nics[id], PHYI.STANDBY, 0)),
          "EINVAL",
        );
    },
  },
  {
    name: "clear standby",
    can: (model, id) => member(model, id) !== undefined,
    run(bed, model, id) {
      bed.ipmp.setFlags(bed.nics[id], 0, PHYI.STANDBY);
      model.clearStandby(id);
    },
  },
  {
    name: "leave",
    can: (model, id) => member(model, id) !== undefined,
    run(bed, model, id) {
      bed.ipmp.leave(bed.nics[id]);
      model.leave(id);
    },
  },
  {
    name: "join",
    can: (model, id) => member(model, id) === undefined,
    run(bed, model, id) {
      const flags = bed.flags(id);
      up(bed, id);
      bed.join(id);
      model.join(id, (flags & PHYI.STANDBY) !== 0, (flags & PHYI.RUNNING) !== 0);
    },
  },
];

/** Its own addresses come up before it joins: a NIC without one is "down", which R2.4 does not speak of. */
function up(bed: Bed, id: number): void {
  bed.ipmp.illUp(bed.nics[id], 0, 1);
  bed.ipmp.illUp(bed.nics[id], 1, 1);
}

/** What both say of every member and of the group, as text. */
function said(bed: Bed, model: ArithmeticModel): { module: string; model: string } {
  const mine: string[] = [];
  const its: string[] = [];
  for (const m of model.members) {
    const flag = (standby: boolean, inactive: boolean, failed: boolean, offline: boolean, active: boolean): string =>
      `nic${m.id}${standby ? " standby" : ""}${inactive ? " inactive" : ""}${failed ? " failed" : ""}${offline ? " offline" : ""}${active ? " ACTIVE" : ""}`;
    mine.push(flag(m.standby, m.inactive, m.failed, m.offline, model.active.includes(m.id)));
    its.push(
      flag(bed.has(m.id, "STANDBY"), bed.has(m.id, "INACTIVE"), !bed.has(m.id, "RUNNING"), bed.has(m.id, "OFFLINE"), bed.active(m.id)),
    );
  }
  return {
    model: `${mine.join(", ")}: ${model.state}`,
    module: `${its.join(", ")}: ${PG_NAME[bed.ipmp.grp(bed.grp).state]}`,
  };
}

interface Found {
  states: number;
  steps: number;
  /** how often an event left, by the text of R2.4, more or fewer standbys at work than are needed */
  levelled: Map<string, number>;
}

/** Searches every state reachable for n members; returns how many states and how many transitions there were. */
async function search(ipmp: Ipmp, n: number, failback: boolean, rejoin: boolean): Promise<Found> {
  const bed = await Bed.make({ nics: n, failback, join: false, reuse: ipmp });
  ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  const records = new Records(ipmp, n);
  const empty = records.save();
  const seen = new Set<string>();
  const open: { saved: Uint8Array[]; model: ArithmeticModel; path: string[] }[] = [];
  const levelled = new Map<string, number>();
  let steps = 0;
  /** Judges the state the module is in, and keeps it if it is new. */
  const arrive = (model: ArithmeticModel, path: string[], last: boolean): void => {
    if (model.level()) {
      const event = (path.at(-1) ?? "").replace(/ nic.*/, "");
      levelled.set(event, (levelled.get(event) ?? 0) + 1);
    }
    const both = said(bed, model);
    assert.equal(both.module, both.model, path.join("; "));
    const away = bed.nics.map((_, id) => (member(model, id) ? "" : `${id}:${bed.flags(id)}`)).join();
    const key = `${both.module}|${away}`;
    if (last || seen.has(key)) return;
    seen.add(key);
    open.push({ saved: records.save(), model, path });
  };
  // They join in order, each with and without STANDBY and carrier.
  for (let mask = 0; mask < 1 << (2 * n); mask++) {
    records.restore(empty);
    const model = new ArithmeticModel(failback);
    const path = [`failback ${failback}`];
    for (let id = 0; id < n; id++) {
      const standby = ((mask >> (2 * id)) & 1) === 1;
      const carrier = ((mask >> (2 * id + 1)) & 1) === 0;
      if (standby) ipmp.setFlags(bed.nics[id], PHYI.STANDBY, 0);
      if (!carrier) bed.link(id, false);
      up(bed, id);
      bed.join(id);
      model.join(id, standby, carrier);
      path.push(`join nic${id}${standby ? " standby" : ""}${carrier ? "" : " without carrier"}`);
    }
    arrive(model, path, false);
  }
  for (let next = 0; next < open.length; next++) {
    const at = open[next];
    for (const event of EVENTS) {
      for (let id = 0; id < n; id++) {
        if (!event.can(at.model, id)) continue;
        records.restore(at.saved);
        ipmp.x.ipmp_event_release(0);
        const model = at.model.clone();
        const path = [...at.path, `${event.name} nic${id}`];
        event.run(bed, model, id);
        steps++;
        arrive(model, path, event.name === "leave" && !rejoin);
      }
    }
  }
  return { states: seen.size, steps, levelled };
}

for (const n of [1, 2, 3, 4])
  test(`conformance R8.25: R2.4 for every combination of ${n} member${n > 1 ? "s" : ""}`, async (t) => {
    const ipmp = await Ipmp.load();
    for (const failback of [true, false]) {
      const { states, steps, levelled } = await search(ipmp, n, failback, n < 4);
      t.diagnostic(`failback ${failback}: ${states} states, ${steps} transitions, levelled after ${JSON.stringify([...levelled])}`);
      assert.ok(states >= [0, 12, 200, 5000, 4000][n], `${states} states`);
      // The one event after which the text of R2.4 leaves a standby at work that nobody needs (RATIONALE.md).
      for (const event of levelled.keys()) assert.equal(event, "leave");
      assert.equal(levelled.has("leave"), n > 2);
    }
  });

test("conformance R8.25: by R2.4 a standby goes on working when the failed member it stood in for leaves; here it rests at once", async () => {
  const bed = await Bed.make({ nics: 3, standby: [1] });
  const model = new ArithmeticModel(true);
  for (const id of [0, 1, 2]) model.join(id, id === 1, true);
  bed.link(0, false);
  model.lost(0);
  assert.deepEqual([bed.active(1), model.active], [true, [1, 2]]);
  bed.ipmp.leave(bed.nics[0]);
  model.leave(0);
  assert.deepEqual(model.active, [1, 2], "the text: nothing happens to members that stay");
  assert.deepEqual([bed.active(1), bed.active(2)], [false, true]);
  await bed.check();
});

test("conformance R2.4: a member that leaves is replaced before it goes: the group keeps carrier and its addresses stay bound", async () => {
  const bed = await Bed.make({ nics: 2, standby: [1] });
  const addrs = bed.addMany(3);
  bed.events();
  bed.ipmp.leave(bed.nics[0]);
  assert.deepEqual(
    addrs.map((i) => bed.boundTo(i)),
    [1, 1, 1],
  );
  assert.deepEqual(bed.events("GRP_RUNNING"), []);
  await bed.check();
});
