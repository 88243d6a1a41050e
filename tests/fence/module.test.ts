// Two real nodes of a cluster that fences, with an agent that kills a process that stands for the machine.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { MODE } from "../../host/core/abi/clms.js";
import { Fencing } from "../../host/fence/fence.js";
import { type Asked, Pair } from "../store/pair.js";

const AGENT = fileURLToPath(new URL("agent.js", import.meta.url));

async function run(mode: string, then: (pair: Pair, attempts: () => boolean[]) => Promise<void>): Promise<void> {
  const machines: ChildProcess[] = [1, 2].map(() => spawn("sleep", ["1000"], { stdio: "ignore" }));
  const levels = (n: number) => [
    [{ command: [process.execPath, AGENT] as [string, string], options: { pid: machines[n - 1].pid as number, mode } }],
  ];
  const fencing = [1, 2].map((node) => new Fencing({ node, settleS: 1, nodes: new Map([1, 2].map((n) => [n, levels(n)])) }));
  const attempts: boolean[] = [];
  const ask = async ({ event, member }: Asked): Promise<void> => {
    const { ok } = await fencing[member.node - 1].fence(event.node, event.inc);
    attempts.push(ok);
    member.step(() => member.clms.fenceDone(event.node, event.inc, ok));
  };
  const pair = await Pair.start(MODE.CLASSIC_FENCE, (asked) => void ask(asked));
  try {
    await then(pair, () => attempts);
  } finally {
    pair.stop();
    for (const m of machines) m.kill("SIGKILL");
  }
}

describe("two nodes that fence", { skip: process.platform === "linux" ? false : "needs /proc" }, () => {
  it("one dies: it is confirmed off, and only then the other goes on", () =>
    run("good", async (pair, attempts) => {
      await pair.until("there is a master", () => pair.members.some((m) => m.isMaster));
      const dead = pair.members.find((m) => m.isMaster) ?? pair.members[0];
      const left = pair.members[2 - dead.node];
      dead.crash();
      await pair.until("the dead one is removed", () => {
        assert.ok(attempts().includes(true) || left.up !== `${left.node}`, "removed before it was confirmed off");
        return left.up === `${left.node}`;
      });
    }));

  it("an agent that lies: nothing is confirmed, and nobody goes on", () =>
    run("lie", async (pair, attempts) => {
      await pair.until("there is a master", () => pair.members.some((m) => m.isMaster));
      const dead = pair.members.find((m) => m.isMaster) ?? pair.members[0];
      const left = pair.members[2 - dead.node];
      dead.crash();
      await pair.until("it has been tried twice", () => attempts().length >= 2);
      assert.deepEqual([...new Set(attempts())], [false]);
      assert.equal(left.up, "1,2");
    }));
});
