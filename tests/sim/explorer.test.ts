import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Clms } from "../../host/core/clms.js";
import { exploreScene, outcomeText } from "./explorer/main.js";
import { SCENES } from "./explorer/scene.js";
import { mutantModules } from "./mutants.js";

/** So many states of each scene, breadth first: all of it ends in about a minute on two cores. */
const STATES = 200_000;
const LIMITS = { depth: Number.MAX_SAFE_INTEGER, states: STATES, ms: 10 * 60_000 };

/** Mutants that an order of messages brings out, with the scene that has it; most die among some thousand states, one among 512,000. */
const KILLED: Readonly<Record<string, string>> = {
  NO_BALLOTS: "majority",
  NO_PROMISE_ON_REPORT: "majority",
  MINORITY_DROPPED: "majority-timeout",
  COMMIT_ANY_BALLOT: "majority",
  CANDIDATE_GOES_ON: "majority",
  TAIL_CUT: "majority-two",
  LOWEST_BALLOT: "majority-twice",
  PROMISE_NOT_DURABLE: "majority-restart",
};

const scene = (name: string) => {
  const found = SCENES.find((s) => s.name === name);
  assert.ok(found, name);
  return found;
};

describe("explorer: every order of messages, losses, crashes and time-outs of a takeover, to a bound", async () => {
  const release = await Clms.compile();
  for (const s of SCENES)
    it(s.name, (t) => {
      const o = exploreScene(release, s, LIMITS);
      t.diagnostic(outcomeText(o));
      assert.equal(o.violation, null, [o.violation?.text, ...(o.violation?.path ?? [])].join("\n"));
      assert.ok(o.complete || o.states >= STATES, `only ${o.states} states`);
      assert.ok(o.takeovers > 0, "in no state a second master: nothing was explored");
    });
});

describe("explorer: finds what is broken", () => {
  for (const [name, where] of Object.entries(KILLED))
    it(name, async (t) => {
      const path = (await mutantModules([name])).get(name);
      assert.ok(path);
      const o = exploreScene(await Clms.compile(readFileSync(path)), scene(where), { ...LIMITS, states: 4 * STATES });
      t.diagnostic(`${name}: ${outcomeText(o)}`);
      assert.ok(o.violation, `${name} lives through ${o.states} states`);
    });
});
