// Two real nodes and their arbiter on a real etcd: who goes on when one dies, and when only the link between them is cut.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Arbiter } from "../../host/arbiter/arbiter.js";
import { Etcd } from "../../host/arbiter/etcd.js";
import { EVENT, MODE } from "../../host/core/abi/clms.js";
import { CLUSTER } from "../store/bed.js";
import { type Asked, Pair } from "../store/pair.js";
import { EtcdLab, hasEtcd } from "./etcd_lab.js";

describe("two nodes with an arbiter", { skip: hasEtcd() ? false : "needs etcd-server and etcd-client" }, () => {
  let lab: EtcdLab;
  let runs = 0;
  let pair: Pair;
  let arbiters: Arbiter[];

  before(async () => {
    lab = await EtcdLab.start(1);
  });
  after(() => lab.stop());

  function ask({ event, member, register }: Asked): void {
    const arbiter = arbiters[member.node - 1];
    const answer: Parameters<Arbiter["read"]>[0] = (a) => member.step(() => member.clms.arbAnswer(a.register, a.version, a.status));
    if (event.type === EVENT.ARB_WRITE) arbiter.write(Number(event.arg), register, answer);
    else arbiter.read(answer);
  }

  async function start(): Promise<void> {
    const prefix = `/run${++runs}`;
    arbiters = [1, 2].map((node) => new Arbiter(new Etcd({ endpoints: lab.endpoints }), { cluster: CLUSTER, node, prefix }));
    pair = await Pair.start(MODE.ARBITER, ask);
  }

  async function stop(): Promise<void> {
    pair.stop();
    for (const a of arbiters) await a.close();
  }

  it("one dies, master or not: the other goes on with the arbiter's vote", async () => {
    for (const victim of ["the master", "the other"]) {
      await start();
      try {
        await pair.until("there is a master", () => pair.members.some((m) => m.isMaster));
        const [master, other] = [...pair.members].sort((a, b) => Number(b.isMaster) - Number(a.isMaster));
        const [dead, left] = victim === "the master" ? [master, other] : [other, master];
        dead.crash();
        await arbiters[dead.node - 1].close();
        await pair.until(`${victim} is removed`, () => left.up === `${left.node}`);
        assert.ok(left.isMaster && arbiters[left.node - 1].held, victim);
      } finally {
        await stop();
      }
    }
  });

  it("the link is cut: one goes on, never both; when it heals they are one cluster again", async () => {
    await start();
    try {
      pair.cut = true;
      const alone = (): number => pair.members.filter((m) => m.up === `${m.node}`).length;
      await pair.until("one has removed the other", () => alone() === 1);
      for (const end = performance.now() + 3_000; performance.now() < end; await new Promise((d) => setTimeout(d, 20))) {
        assert.equal(alone(), 1);
        assert.ok(arbiters.filter((a) => a.held).length <= 1);
      }
      pair.cut = false;
      await pair.until("both are up again", () => pair.members.every((m) => m.up === "1,2"));
      const [one, two] = pair.members.map((m) => m.clms);
      await pair.until("both have applied the same", () => one.applied === two.applied);
      assert.equal(one.history(4, one.applied)?.selfHash, two.history(4, two.applied)?.selfHash);
    } finally {
      await stop();
    }
  });
});
