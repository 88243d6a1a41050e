// Failure cases 1 to 24 of cluster membership on the release module: the log must be the one in the file, and whatever the
// order of the messages in the critical phase, all nodes agree on one list of decided records and end in the same states.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Clms } from "../../../host/core/clms.js";
import { parseScenario } from "../scenario.js";
import { CASES, readCases } from "./cases.js";
import { Player } from "./run.js";

const module = await Clms.compile();
const pool: Clms[] = [];
const cases = readCases();

test("there is a scenario for every failure case", () => {
  const numbers = cases.map((c) => Number.parseInt(c.name, 10));
  assert.deepEqual(
    numbers,
    Array.from({ length: CASES }, (_, i) => i + 1),
  );
});

for (const scenario of cases) {
  test(`${scenario.name}.md`, () => {
    assert.equal(new Player(module, pool, scenario).play(false).log, scenario.expected, `${scenario.path}: the log differs`);
  });
  test(`${scenario.name}.md: every order`, (t) => {
    const { explored } = new Player(module, pool, scenario).play(true);
    assert.ok(explored, `${scenario.path}: no critical phase`);
    assert.ok(explored.orders > 1, `${scenario.path}: its critical phase has one order only`);
    t.diagnostic(`${explored.orders} orders${explored.all ? "" : ", a sample"}`);
  });
}

test("a step that is not understood, or waits in vain, is an error with file and line", () => {
  const intro = "This introduction has the fifteen words that every scenario needs so that a reader knows what happens.";
  const play = (steps: string) =>
    new Player(module, pool, parseScenario("bad.md", `# Bad\n\n${intro}\n\n\`\`\`steps\n${steps}\n\`\`\`\n`)).play(false);
  assert.throws(() => play("cluster 1 2 3\nhop"), /bad\.md:7: hop: no such step/);
  assert.throws(() => play("cluster 1 2 3\nstart 1\nuntil members 1"), /bad\.md:8: until members 1: waited in vain/);
});
