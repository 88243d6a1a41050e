// Every golden scenario, on the release module: the log must be the one in the file, and neither it nor the module's
// memory may depend on how the frames were batched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Runner } from "./run.js";
import { parseScenario, readScenarios } from "./scenario.js";

const scenarios = readScenarios();

test("there are scenarios", () => {
  assert.ok(scenarios.length >= 16, `${scenarios.length} scenarios`);
});

for (const scenario of scenarios) {
  test(`${scenario.name}.md`, async () => {
    const whole = await Runner.run(scenario, Number.POSITIVE_INFINITY);
    assert.equal(whole.log, scenario.expected, `${scenario.path}: the log differs`);
    for (let batch = 1; batch < Math.max(2, longestRun(scenario.steps)); batch++) {
      const split = await Runner.run(scenario, batch);
      assert.equal(split.log, whole.log, `${scenario.path}: the log depends on the batch size (${batch})`);
      assert.equal(split.hash, whole.hash, `${scenario.path}: the module's memory depends on the batch size (${batch})`);
    }
  });
}

/** Frames of the longest sequence that one device has in a row. */
function longestRun(steps: { text: string }[]): number {
  let longest = 0;
  let length = 0;
  let device = "";
  for (const { text } of steps) {
    const found = /^(\S+) [<>] /.exec(text)?.[1];
    length = found === undefined ? 0 : found === device ? length + 1 : 1;
    device = found ?? "";
    longest = Math.max(longest, length);
  }
  return longest;
}

test("a step that is not understood is an error with file and line", async () => {
  const intro = "This introduction has the fifteen words that every scenario needs so that a reader knows what happens.";
  const bad = (steps: string) => parseScenario("bad.md", `# Bad\n\n${intro}\n\n\`\`\`steps\n${steps}\n\`\`\`\n`);
  await assert.rejects(Runner.run(bad("group ipmp0\njump"), 1), /^Error: bad\.md:7: jump: no such step/);
  await assert.rejects(Runner.run(bad("group ipmp0\nnic eth0\neth0 < eth0>all arp hello"), 1), /bad\.md:8: .*expected who-has/);
  assert.throws(() => parseScenario("none.md", "# None\n"), /no block of/);
});
