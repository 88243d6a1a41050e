// The command line of the simulator: what each option means, and that a mistake is refused with what is allowed.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exploreMain } from "./explorer/main.js";
import { SCENES } from "./explorer/scene.js";
import { mutantModules } from "./mutants.js";
import { DEPTH_MAX, HELP, type Options, parse, STATES_MAX, UsageError } from "./options.js";

const USUAL: Options = {
  seed: 1,
  nodes: [3, 7],
  modes: ["majority"],
  all: false,
  schedules: 1000,
  minutes: -1,
  faults: null,
  replay: null,
  json: null,
  mutants: null,
  explore: null,
  depth: null,
  states: null,
  threads: 0,
  scale: false,
  latency: false,
  verbose: false,
  help: false,
};

test("options: defaults, and every option", () => {
  assert.deepEqual(parse([]), USUAL);
  const all = ["--seed", "7", "--nodes", "5", "--mode", "arbiter", "--minutes", "2", "--faults", "net,crash", "--json=out.json"];
  assert.deepEqual(parse([...all, "--threads", "1", "--verbose", "--replay=4"]), {
    ...USUAL,
    ...{ seed: 7, nodes: [5, 5], modes: ["arbiter"], minutes: 2, faults: ["net", "crash"], json: "out.json", threads: 1, verbose: true },
    ...{ replay: 4, schedules: Number.MAX_SAFE_INTEGER },
  });
  assert.deepEqual(parse(["--mutants", "--scale", "--latency", "--help"]), {
    ...USUAL,
    ...{ mutants: [], scale: true, latency: true, help: true },
  });
  assert.deepEqual(parse(["--mutants", "TAIL_CUT,ONE_NACK"]).mutants, ["TAIL_CUT", "ONE_NACK"]);
  assert.equal(parse(["--mode", "all"]).all, true);
});

test("options: the explorer's scenes and bounds", () => {
  assert.deepEqual(parse(["--explore"]).explore, []);
  const names = SCENES.map((s) => s.name);
  assert.deepEqual(parse(["--explore", names.join(",")]).explore, names);
  assert.deepEqual(parse([`--explore=${names[0]}`, "--depth", "12", "--states", "5000"]), {
    ...USUAL,
    ...{ explore: [names[0]], depth: 12, states: 5000 },
  });
  assert.equal(parse(["--explore", "--depth", `${DEPTH_MAX}`]).depth, DEPTH_MAX);
  assert.equal(parse(["--explore", "--states", `${STATES_MAX}`]).states, STATES_MAX);
  for (const name of names) assert.ok(HELP.includes(name), name);
});

function refused(args: string[], text: RegExp): void {
  assert.throws(
    () => parse(args),
    (e) => e instanceof UsageError && text.test(e.message),
    args.join(" "),
  );
}

test("options: a mistake is refused with what is allowed", () => {
  refused(["--fast"], /"--fast" not understood; allowed are --seed .* --explore --depth --states .* --help/);
  refused(["explore"], /"explore" not understood/);
  refused(["--seed"], /--seed "": a whole number from 0 to/);
  for (const word of ["0", "3-2", "x", "65"]) refused(["--nodes", word], new RegExp(`--nodes "${word}": N or N-M is needed, from 1 to 64`));
  refused(["--mode", "quorum"], /--mode "quorum": one of majority, .*, all/);
  refused(["--faults", "net,fire"], /--faults "fire": a list, with commas, of net,/);
  for (const word of ["0", "1.5", "101", "-1", "1e9", "deep"])
    refused(["--explore", "--depth", word], new RegExp(`--depth "${word}": a whole number from 1 to ${DEPTH_MAX} is needed`));
  for (const word of ["0", "20000001", "many"])
    refused(["--explore", "--states", word], new RegExp(`--states "${word}": a whole number from 1 to ${STATES_MAX} is needed`));
  refused(["--explore", "majority,dance"], /--explore "dance": scenes, with commas, are needed: majority, .*; all without a name/);
  refused(["--explore", ","], /--explore ",": scenes/);
  refused(["--depth", "5"], /--depth bounds the explorer: it needs --explore/);
  refused(["--states", "5"], /--states bounds the explorer: it needs --explore/);
});

/** Runs the command as npm does. */
function sim(...args: string[]): { status: number | null; out: string; err: string } {
  const main = fileURLToPath(new URL("./main.js", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

test("the command: what was visited of each scene, to the bound; a mistake ends with 2", () => {
  const one = sim("--explore", "majority,classic", "--depth", "4");
  assert.equal(one.status, 0, one.err);
  const lines = one.out.trim().split("\n");
  assert.equal(lines.length, 3);
  for (const [i, name] of ["majority", "classic"].entries())
    assert.match(lines[i], new RegExp(`^${name} +[\\d,]+ states, depth 4, .*: bounded$`));
  assert.match(lines[2], /^sim: [\d,]+ states of 2 scenes in [\d.]+ s, 0 violations$/);
  const few = sim("--explore=majority", "--states", "100");
  assert.ok(Number(/majority +([\d,]+) states/.exec(few.out)?.[1]) < 200, few.out);
  const wrong = sim("--explore", "--depth", "100000");
  assert.equal(wrong.status, 2);
  assert.match(wrong.err, /^sim: --depth "100000": a whole number from 1 to 100 is needed\n$/);
});

test("the explorer ends with 3, the invariant and the way there, when something is broken", async () => {
  const wasm = (await mutantModules(["NO_PROMISE_ON_REPORT"])).get("NO_PROMISE_ON_REPORT");
  assert.ok(wasm);
  const lines: string[] = [];
  const code = await exploreMain({ scenes: ["majority"], states: 200_000, wasm }, null, (line) => lines.push(line));
  assert.equal(code, 3);
  assert.match(lines[0], /^majority +[\d,]+ states, .*: BROKEN: S\d\d /);
  assert.match(lines[1], /^S\d\d \w+: /);
  assert.ok(lines.slice(2, -1).length > 2 && lines.slice(2, -1).every((l) => /^ {2}node \d/.test(l)), lines.join("\n"));
  assert.match(lines[lines.length - 1], /of 1 scenes? in [\d.]+ s, 1 violations?$/);
});
