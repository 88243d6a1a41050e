// The chaos without devices: its plans, its judge, its command line.
import assert from "node:assert/strict";
import test from "node:test";
import { carries, type Deed, judge, RESOLVE_MS, type Silence } from "./judge.js";
import { KINDS, kindOf } from "./kinds.js";
import { DEFAULTS, parse, UsageError } from "./options.js";
import { plan } from "./plan.js";

const NICS = ["eth1", "eth2", "eth3"];
const SIDES = NICS.map((name, i) => ({ name, side: i % 2 === 0 ? "a" : "b" }));
const EPOCH_MS = 60_000;

test("chaos plan: the same seed gives the same faults, another gives others", () => {
  assert.deepEqual(plan(7, NICS, EPOCH_MS), plan(7, NICS, EPOCH_MS));
  assert.notDeepEqual(plan(7, NICS, EPOCH_MS), plan(8, NICS, EPOCH_MS));
});

test("chaos plan: every kind is drawn; one fault a target at a time; the daemon is asked for nothing while it is away; all ends in time", () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const steps = plan(seed, NICS, EPOCH_MS);
    assert.ok(steps.length > 10, `seed ${seed}: ${steps.length} faults`);
    for (const [i, step] of steps.entries()) {
      kinds.add(step.kind);
      assert.ok(step.at <= step.until && step.until <= EPOCH_MS, JSON.stringify(step));
      for (const other of steps.slice(0, i)) {
        if (other.until < step.at) continue;
        assert.notEqual(other.target, step.target, `seed ${seed}: two faults of ${step.target} at once`);
        assert.ok(!(kindOf(other.kind).daemon && kindOf(step.kind).daemon), `seed ${seed}: ${other.kind} and ${step.kind} at once`);
      }
    }
  }
  assert.deepEqual([...kinds].sort(), KINDS.map((k) => k.name).sort());
});

test("chaos plan: blackouts happen, are rare, and short", () => {
  let blackouts = 0;
  let steps = 0;
  for (let seed = 0; seed < 200; seed++) {
    const all = plan(seed, ["eth1", "eth2"], EPOCH_MS);
    steps += all.length;
    for (const step of all) {
      const together = all.filter((s) => s.at <= step.at && s.until >= step.at);
      const losses = together.flatMap((s) => kindOf(s.kind).loss(s.target) ?? []).filter((l) => !("daemon" in l));
      if (carries(SIDES.slice(0, 2), "a", losses) || carries(SIDES.slice(0, 2), "b", losses)) continue;
      blackouts++;
    }
  }
  assert.ok(blackouts > 10 && blackouts < steps / 10, `${blackouts} blackouts among ${steps} faults`);
});

test("chaos judge: who carries what, while NICs, switches or the daemon are lost", () => {
  assert.equal(carries(SIDES, "a", []), true);
  assert.equal(carries(SIDES, "a", [{ nic: "eth1" }]), true, "by the other NICs, over the trunk or not");
  assert.equal(carries(SIDES, "a", [{ nic: "eth1" }, { nic: "eth3" }]), true, "over the trunk");
  assert.equal(carries(SIDES, "a", [{ switch: "b" }]), true);
  assert.equal(carries(SIDES, "b", [{ switch: "b" }]), false, "the other end is behind it");
  assert.equal(carries(SIDES, "a", [{ switch: "b" }, { nic: "eth1" }, { nic: "eth3" }]), false);
  assert.equal(carries(SIDES, "b", [{ switch: "a" }, { nic: "eth2" }]), false);
  assert.equal(carries(SIDES, "a", [{ daemon: true }]), false);
  assert.equal(carries(SIDES, "beyond", []), true);
  assert.equal(carries(SIDES, "beyond", [{ switch: "a" }]), true);
  assert.equal(carries(SIDES, "beyond", [{ switch: "b" }]), false, "the router is at switch b");
  assert.equal(carries(SIDES, "beyond", [{ router: true }]), false);
  assert.equal(carries(SIDES, "b", [{ router: true }]), true);
});

const at = (ms: number): bigint => BigInt(ms) * 1_000_000n;
const silence = (from: number, to: number): Silence => ({ flow: "f", place: "b", from: at(from), to: at(to) });
const deed = (loss: Deed["loss"], began: number, ended: number, detectionMs = 0): Deed => ({
  what: `fault at ${began}`,
  loss,
  detectionMs,
  began: at(began),
  ending: at(ended),
  ended: at(ended),
});
const BOUND = 100;
const verdict = (s: Silence, ...deeds: Deed[]) => judge(SIDES, s, deeds, BOUND);
const right = (s: Silence, ...deeds: Deed[]): boolean => {
  const { ms, allowedMs } = verdict(s, ...deeds);
  return ms <= allowedMs;
};

test("chaos judge: the bound alone where nothing was done, or something that is seen at once", () => {
  assert.ok(right(silence(1000, 1100)));
  assert.ok(!right(silence(1000, 1101)));
  const cut = deed({ nic: "eth1" }, 990, 3000);
  assert.ok(right(silence(1000, 1100), cut));
  assert.ok(!right(silence(1000, 1101), cut));
});

test("chaos judge: the detection time counts only if such a fault began or ended about then", () => {
  const silent = deed({ nic: "eth1" }, 990, 9000, 500);
  assert.ok(right(silence(1000, 1600), silent));
  assert.ok(!right(silence(1000, 1601), silent));
  assert.ok(!right(silence(5000, 5600), silent), "long after it was noticed");
  assert.ok(right(silence(8990, 9590), silent), "at its end");
});

test("chaos judge: the time without any way is not counted, and then peers may have to ask again", () => {
  const dead = deed({ switch: "b" }, 1000, 3000);
  const v = verdict(silence(1010, 3500), dead);
  assert.equal(v.barrenMs, 1990);
  assert.equal(v.allowedMs, BOUND + 1990 + RESOLVE_MS);
  assert.ok(right(silence(1010, 3000 + BOUND + RESOLVE_MS), dead));
  assert.ok(!right(silence(1010, 3011 + BOUND + RESOLVE_MS), dead));
  // what had waited has come at 3,010 ms, and is not what ends the silence
  assert.ok(right(silence(3010, 3010 + BOUND + RESOLVE_MS), dead));
  assert.ok(!right(silence(3010, 3011 + BOUND + RESOLVE_MS), dead));
  assert.ok(!right(silence(4000, 4001 + BOUND), dead), "long after");
});

test("chaos judge: overlapping faults leave no way only while all last", () => {
  const [one, two, three] = [deed({ nic: "eth1" }, 0, 2000), deed({ nic: "eth2" }, 500, 3000), deed({ nic: "eth3" }, 1000, 4000)];
  assert.equal(verdict(silence(0, 4000), one, two, three).barrenMs, 1000);
  assert.equal(verdict(silence(1500, 1700), one, two, three).barrenMs, 200);
});

test("chaos options: what is given is read; what cannot be is refused with what is allowed", () => {
  assert.deepEqual(parse(["ipmp"]), DEFAULTS);
  const given = parse(["ipmp", "--seed", "9", "--minutes", "2", "--nics", "3", "--bound-ms", "250", "--json", "f"]);
  assert.deepEqual(given, { seed: 9, minutes: 2, nics: [3, 3], boundMs: 250, json: "f", help: false });
  for (const [args, said] of [
    [[], /what to try must be given, and is ipmp/],
    [["clms"], /"clms"/],
    [["ipmp", "--seed"], /--seed ""/],
    [["ipmp", "--seed", "1.5"], /whole number from 0/],
    [["ipmp", "--minutes", "0"], /--minutes "0": a number from 0.2/],
    [["ipmp", "--nics", "1-9"], /from 2 to 4/],
    [["ipmp", "--nics", "4-2"], /from 2 to 4/],
    [["ipmp", "--speed", "2"], /unknown option "--speed": allowed are --seed/],
    [["ipmp", "--json", "--help"], /a file name must follow/],
  ] as [string[], RegExp][])
    assert.throws(
      () => parse(args),
      (e) => e instanceof UsageError && said.test(e.message),
      args.join(" "),
    );
});
