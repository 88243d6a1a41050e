// Fencing with real processes: agents that work, hang, lie, talk nonsense, fail, leave children behind.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type FenceAgent, type FenceRun, inputOf, runAgent, shownOf } from "../../host/fence/agent.js";
import { type FenceOptions, Fencing } from "../../host/fence/fence.js";

const AGENT = fileURLToPath(new URL("agent.js", import.meta.url));
const skip = process.platform === "linux" ? false : "needs /proc";
const INC = 7;

const startOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
};
function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

describe("fencing", { skip }, () => {
  let folder: string;
  const victims: ChildProcess[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-fence-"));
  });
  after(() => {
    for (const v of victims) v.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** A node to be fenced: a process that does nothing. */
  function victim(): number {
    const child = spawn("sleep", ["1000"], { stdio: "ignore" });
    victims.push(child);
    return child.pid as number;
  }

  const agent = (pid: number, mode: string, more: Partial<FenceAgent> = {}, options: Record<string, string> = {}): FenceAgent => ({
    command: [process.execPath, AGENT],
    options: { pid, start: startOf(pid), mode, ...options },
    timeoutS: 20,
    ...more,
  });

  const fencing = (levels: FenceAgent[][], o: Partial<FenceOptions> = {}): Fencing =>
    new Fencing({ node: 1, nodes: new Map([[2, levels]]), settleS: 3, ...o });

  it("off, and confirmed by the status afterwards", async () => {
    const pid = victim();
    const runs: FenceRun[] = [];
    const { ok, why, steps } = await fencing([[agent(pid, "good")]], { onRun: (_n, _a, run) => runs.push(run) }).fence(2, INC);
    assert.ok(ok, steps.join("\n"));
    assert.equal(why, "level 1 has confirmed that it is off");
    assert.equal(lives(pid), false);
    assert.deepEqual(
      runs.map((r) => [r.action, r.exit, r.power]),
      [
        ["off", 0, "unknown"],
        ["status", 2, "off"],
      ],
    );
  });

  it("one that is off already", async () => {
    const pid = victim();
    const a = agent(pid, "good");
    process.kill(pid, "SIGKILL");
    assert.ok((await fencing([[a]]).fence(2, INC)).ok);
  });

  it("says off and does nothing: not confirmed", async () => {
    const pid = victim();
    const { ok, why } = await fencing([[agent(pid, "lie")]], { settleS: 1 }).fence(2, INC);
    assert.equal(ok, false);
    assert.match(why, /no level has confirmed that node 2 is off: .*exit 0, power on \(Status: ON\)/);
    assert.ok(lives(pid));
  });

  it("fails, and nonsense: not confirmed, and what it said is harmless", async () => {
    const pid = victim();
    const failed = await fencing([[agent(pid, "fail")]], { settleS: 0 }).fence(2, INC);
    assert.equal(failed.ok, false);
    assert.match(failed.why, /exit 1, power unknown \(Unable to connect\/login to fencing device\)/);
    const nonsense = await fencing([[agent(pid, "garbage")]], { settleS: 0 }).fence(2, INC);
    assert.equal(nonsense.ok, false);
    assert.match(nonsense.why, /^[\x20-\x7e…←]{1,700}$/);
  });

  it("exit code 2 without a word is not off: it may be a complaint about the options", async () => {
    const pid = victim();
    const a = agent(pid, "silent");
    process.kill(pid, "SIGKILL");
    assert.equal((await fencing([[a]], { settleS: 0 }).fence(2, INC)).ok, false);
  });

  it("works and says that it did not: the status decides", async () => {
    const pid = victim();
    const { ok, steps } = await fencing([[agent(pid, "failed")]]).fence(2, INC);
    assert.ok(ok);
    assert.match(steps[0], /exit 1$/);
  });

  it("a plug that takes its time is waited for", async () => {
    const pid = victim();
    const { ok, steps } = await fencing([[agent(pid, "slow", {}, { note: join(folder, "slow") })]], { settleS: 60 }).fence(2, INC);
    assert.ok(ok, steps.join("\n"));
    assert.equal(steps.length, 3);
  });

  it("hangs, with and without an ear for SIGTERM: ended at the limit, and the next level is tried", async () => {
    for (const mode of ["hang", "deaf"]) {
      const pid = victim();
      const begun = performance.now();
      const stuck = agent(pid, mode, { timeoutS: 1, statusS: 2 });
      const { ok, why, steps } = await fencing([[stuck], [agent(pid, "good")]], { settleS: 0 }).fence(2, INC);
      assert.ok(ok, steps.join("\n"));
      assert.equal(why, "level 2 has confirmed that it is off");
      assert.match(steps[0], /not done within 1 s$/);
      assert.ok(performance.now() - begun < 30_000);
    }
  });

  it("leaves children behind: those of its group end with it, and nobody waits for the others", async () => {
    const pid = victim();
    const begun = performance.now();
    const note = join(folder, "children");
    const { ok } = await fencing([[agent(pid, "children", { statusS: 60 }, { note })]]).fence(2, INC);
    assert.ok(ok);
    assert.ok(performance.now() - begun < 60_000);
    const left = [...readFileSync(note, "latin1").matchAll(/child (\d+)/g)].map((m) => Number(m[1]));
    assert.equal(left.length, 2);
    for (const end = performance.now() + 10_000; left.some(lives) && performance.now() < end; ) await new Promise((d) => setTimeout(d, 20));
    assert.deepEqual(left.filter(lives), []);
  });

  it("is not there", async () => {
    const { ok, why } = await fencing([[{ command: ["/nowhere/fence_none"], options: {} }]], { settleS: 0 }).fence(2, INC);
    assert.deepEqual([ok, /\/nowhere\/fence_none is not there/.test(why)], [false, true]);
  });

  it("two power supplies: both have to be confirmed", async () => {
    const [a, b] = [victim(), victim()];
    const half = await fencing([[agent(a, "good"), agent(b, "lie")]], { settleS: 0 }).fence(2, INC);
    assert.equal(half.ok, false);
    const [c, d] = [victim(), victim()];
    const both = await fencing([[agent(c, "good"), agent(d, "good")]]).fence(2, INC);
    assert.ok(both.ok);
    assert.deepEqual([lives(c), lives(d)], [false, false]);
  });

  it("an agent without a status is believed only if it is configured so", async () => {
    const pid = victim();
    const believed = await fencing([[agent(pid, "lie", { confirm: "exit" })]]).fence(2, INC);
    assert.deepEqual([believed.ok, believed.steps.length], [true, 1]);
    const failed = await fencing([[agent(pid, "fail", { confirm: "exit" })]]).fence(2, INC);
    assert.equal(failed.ok, false);
  });

  it("a dry run switches nothing and confirms nothing; a check likewise", async () => {
    const pid = victim();
    const note = join(folder, "dry");
    const a = agent(pid, "good", {}, { note, password: "hunter2" });
    const dry = fencing([[a]], { dryRun: true });
    const { ok, why, steps } = await dry.fence(2, INC);
    assert.deepEqual([ok, why], [false, "dry run: every agent answers; nothing was switched"]);
    assert.equal(readFileSync(note, "latin1"), "monitor\nstatus\n");
    assert.ok(lives(pid));
    assert.ok(steps.some((s) => /^not run: level 1: .* ← action=off .*password=\*\*\*/.test(s)));
    assert.ok(!steps.join().includes("hunter2"));
    assert.ok((await fencing([[a]]).check(2)).ok);
    assert.equal((await fencing([[agent(pid, "fail")]]).check(2)).ok, false);
  });

  it("the own node, and one without agents, are not fenced", async () => {
    const own = new Fencing({ node: 2, nodes: new Map([[2, [[agent(victim(), "good")]]]]) });
    assert.deepEqual(await own.fence(2, INC), { ok: false, why: "node 2 is this node", steps: [] });
    assert.match((await own.fence(3, INC)).why, /node 3 has no fence agent/);
    assert.match((await own.check(3)).why, /node 3 has no fence agent/);
  });

  it("asked twice it is done once; for another incarnation it is done again, and after the first", async () => {
    const pid = victim();
    const note = join(folder, "twice");
    const f = fencing([[agent(pid, "good", {}, { note })]]);
    const [first, second] = [f.fence(2, INC), f.fence(2, INC)];
    assert.equal(first, second);
    const other = f.fence(2, INC + 1);
    assert.ok((await first).ok && (await other).ok);
    assert.equal(readFileSync(note, "latin1"), "off\nstatus\noff\nstatus\n");
    assert.ok((await f.fence(2, INC)).ok);
    assert.equal(readFileSync(note, "latin1"), "off\nstatus\n".repeat(3));
  });

  it("switches on again, if that is wanted, after it was confirmed", async () => {
    const note = join(folder, "restart");
    await fencing([[agent(victim(), "good", {}, { note })]], { restart: true }).fence(2, INC);
    assert.equal(readFileSync(note, "latin1"), "off\nstatus\non\n");
  });

  it("options: a line each, the action first; what could be more than one line is refused", async () => {
    const a: FenceAgent = { command: ["fence_x", "-v"], options: { ip: "192.0.2.1", plug: 4, password: "a=b c" } };
    assert.equal(inputOf(a, "off"), "action=off\nip=192.0.2.1\nplug=4\npassword=a=b c\n");
    assert.equal(shownOf(a, "status"), "fence_x -v ← action=status ip=192.0.2.1 plug=4 password=***");
    for (const options of [{ "a b": "1" }, { action: "on" }, { "": "1" }, { ip: "1\naction=on" }, { ip: "\0" }] as Record<string, string>[])
      assert.throws(() => new Fencing({ node: 1, nodes: new Map([[2, [[{ command: ["x"], options }]]]]) }), TypeError);
    // Shell agents, too: what they are told is what they read.
    const echo = await runAgent({ command: ["sh", "-c", "cat; exit 3"], options: { plug: "x", login: "y" } }, "monitor");
    assert.deepEqual([echo.exit, echo.said], [3, "action=monitor plug=x login=y"]);
  });
});
