// The loop: order, bounds, time, events, traps.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { PHYI } from "../../host/core/index.js";
import { arpRequest, GROUP_MAC, incoming, macs, NIC_MAC, outgoing, PEER, quiet, world } from "./loop_world.js";

describe("loop", () => {
  it("takes frames from the stack to the NICs, each with its NIC's address as source", async () => {
    const w = await world();
    quiet(w);
    w.loop.start();
    for (let port = 1; port <= 200; port++) w.tap.incoming.push(outgoing(port));
    w.tap.wake();
    assert.equal(w.nics[0].sent.length + w.nics[1].sent.length, 200);
    for (const i of [0, 1]) {
      assert.ok(w.nics[i].sent.length > 0, "both carry some");
      assert.deepEqual(macs(w.nics[i].sent, 6), [NIC_MAC[i].replaceAll(":", "")]);
    }
    assert.equal(w.tap.largest, 64, "the budget of one turn");
    assert.equal(w.loop.stats().txFrames, 200);
  });

  it("takes frames from a NIC to the stack, to the group's address", async () => {
    const w = await world();
    quiet(w);
    w.loop.start();
    w.nics[1].incoming.push(incoming(1), incoming(1));
    w.nics[1].wake();
    assert.equal(w.tap.sent.length, 2);
    assert.deepEqual(macs(w.tap.sent, 0), [GROUP_MAC.replaceAll(":", "")]);
  });

  it("flushes before it gives a batch back, and sends control frames ahead of data", async () => {
    const w = await world();
    quiet(w);
    w.nics[0].incoming.push(arpRequest(), incoming(0));
    w.loop.step();
    const order = w.log.filter((l) => !/^nic1 |receive 0/.test(l));
    assert.deepEqual(order, ["nic0 receive 2", "nic0 send 806", "tap send 800", "nic0 flush", "tap flush", "nic0 release"]);
    const [answer] = w.nics[0].sent;
    assert.equal(answer.subarray(0, 6).toString("hex"), PEER);
    assert.equal(w.loop.stats().ctl > 0, true);
  });

  it("hears what has arrived before time passes: a loop that is late takes no answer for missing", async () => {
    const w = await world();
    quiet(w);
    w.loop.command(() => w.ipmp.ipifAdd(w.grp, { addr: "10.0.0.2", prefix: 24, up: true, verified: true }));
    w.log.length = 0;
    const pass = w.ipmp.timeAdvance.bind(w.ipmp);
    w.ipmp.timeAdvance = () => {
      w.log.push("time");
      return pass();
    };
    const deadline = w.ipmp.deadline();
    assert.ok(deadline !== null, "the announcement is to be repeated");
    w.clock.now = deadline + 5_000_000n;
    w.nics[0].incoming.push(incoming(0));
    w.loop.step();
    const order = w.log.filter((l) => l === "time" || /^nic0 receive [1-9]|send/.test(l));
    assert.deepEqual(order.slice(0, 4), ["nic0 receive 1", "tap send 800", "time", "nic1 send 806"]);
  });

  it("tells the module how long a NIC's frames have waited, and that it is not known where the device does not say", async () => {
    const w = await world();
    quiet(w);
    const told = (): number => w.ipmp.pageWord("rx_age");
    w.nics[0].age = () => 1234;
    w.nics[0].incoming.push(incoming(0));
    w.loop.step();
    assert.equal(told(), 1234);
    w.nics[1].incoming.push(incoming(1));
    w.loop.step();
    assert.equal(told(), 0);
  });

  it("does not call the module while it is in it: frames that a flush brings in wait for the next turn", async () => {
    const w = await world();
    quiet(w);
    w.loop.start();
    let answers = 0;
    for (const [i, nic] of w.nics.entries())
      nic.onSend = (frame) => {
        if (frame.readUInt16BE(12) !== 0x0800 || answers >= 5) return;
        answers++;
        nic.incoming.push(incoming(i));
        nic.wake();
      };
    w.tap.onSend = () => {
      w.tap.incoming.push(outgoing(answers));
      w.tap.wake();
    };
    w.tap.incoming.push(outgoing(100));
    w.tap.wake();
    assert.equal(answers, 5);
    assert.equal(w.tap.sent.length, 5);
  });

  it("acts on a lost link within the command, and hands out what happened", async () => {
    const w = await world();
    quiet(w);
    w.loop.start();
    const ipif = w.ipmp.ipifs(w.grp)[0];
    const [from, to] = ipif.bound === w.phyints[0] ? [0, 1] : [1, 0];
    assert.equal(
      w.loop.command(() => w.ipmp.link(w.phyints[from], false)),
      true,
    );
    assert.ok(
      w.nics[to].sent.some((f) => f.readUInt16BE(12) === 0x0806),
      "announced by the other NIC before command returns",
    );
    assert.equal(w.nics[from].sent.length, 0);
    assert.deepEqual(new Set(w.events.map((e) => e.time)), new Set([w.clock.now]));
    assert.ok(w.events.length >= 3);
    assert.equal(w.ipmp.phyint(w.phyints[from]).flags & PHYI.FAILED, PHYI.FAILED);
  });

  it("lets event handlers give commands, and passes refusals and handlers' errors on", async () => {
    const w = await world();
    quiet(w);
    let repaired = false;
    w.loop.onEvent = (e) => {
      w.events.push(e);
      if (!repaired) w.loop.command(() => w.ipmp.link(w.phyints[0], true));
      repaired = true;
    };
    w.loop.command(() => w.ipmp.link(w.phyints[0], false));
    assert.equal(w.ipmp.phyint(w.phyints[0]).flags & PHYI.RUNNING, PHYI.RUNNING);
    assert.equal(w.events.at(-1)?.seq, w.events[0].seq + w.events.length - 1, "none left behind");
    assert.throws(() => w.loop.command(() => w.ipmp.grpDestroy(w.grp)), { code: "EBUSY" });
    w.loop.onEvent = () => {
      throw new Error("handler");
    };
    assert.throws(() => w.loop.command(() => w.ipmp.link(w.phyints[1], false)), /handler/);
    assert.equal(w.ipmp.events().length, 0, "the others were handed out");
  });

  it("lets time pass only forward, and calls the module when it asks for it", async () => {
    const w = await world();
    w.loop.start();
    const before = w.nics[0].sent.length + w.nics[1].sent.length;
    const due = w.ipmp.deadline();
    assert.ok(due !== null);
    w.clock.now = due - 1n;
    w.loop.step();
    assert.equal(w.nics[0].sent.length + w.nics[1].sent.length, before);
    w.clock.now = due;
    w.loop.step();
    assert.ok(w.nics[0].sent.length + w.nics[1].sent.length > before, "an announcement");
    w.clock.now = 5n;
    w.loop.step();
    assert.equal(w.ipmp.now, due);
  });

  it("keeps deadlines by itself on the real clock, and sleeps otherwise", async () => {
    const w = await world({});
    w.loop.command(() => {
      w.ipmp.ipifDel(w.grp, w.ipmp.ipifs(w.grp)[0].ipif);
      w.ipmp.grpSet(w.grp, "ANNOUNCE_INTERVAL_MS", 20);
      w.ipmp.grpSet(w.grp, "ANNOUNCE_COUNT", 3);
      w.ipmp.ipifAdd(w.grp, { addr: "10.0.0.2", prefix: 24, up: true, verified: true });
    });
    w.loop.start();
    const count = (): number =>
      [...w.nics[0].sent, ...w.nics[1].sent].filter((f) => f.subarray(28, 32).toString("hex") === "0a000002").length;
    for (let i = 0; i < 200 && count() < 3; i++) await delay(5);
    assert.equal(count(), 3);
    assert.equal(w.ipmp.deadline(), null);
    await delay(20);
    const { turns } = w.loop.stats();
    await delay(200);
    assert.equal(w.loop.stats().turns, turns, "not one turn while idle");
    w.loop.stop();
  });

  it("lets frames pass between the events of a failover, however long a handler takes; each event is told once, in order", async () => {
    const w = await world({});
    w.loop.start();
    while (w.events.length === 0) await delay(1);
    await delay(50);
    const order: string[] = [];
    const seqs: number[] = [];
    w.loop.onEvent = (e) => {
      seqs.push(e.seq);
      order.push("event");
      const until = performance.now() + 3;
      while (performance.now() < until); // a slow log
      w.tap.incoming.push(outgoing(seqs.length));
      setTimeout(() => w.tap.wake(), 0);
    };
    w.nics[1].onSend = (f) => {
      if (f.readUInt16BE(12) === 0x0800) order.push("frame");
    };
    w.loop.command(() => w.ipmp.link(w.phyints[0], false));
    assert.equal(order.length, 0, "not before the frames have had their turn");
    for (let i = 0; i < 1000 && (seqs.length < 4 || order.indexOf("frame") < 0); i++) await delay(5);
    assert.ok(seqs.length >= 4, `${seqs}`);
    assert.deepEqual(
      seqs,
      [...seqs].sort((a, b) => a - b),
    );
    assert.ok(order.lastIndexOf("event") > order.indexOf("frame"), `frames came between events: ${order}`);
    w.loop.stop();
  });

  it("hands out what waits when it is stopped", async () => {
    const w = await world({});
    w.loop.start();
    await delay(50);
    w.events.length = 0;
    w.loop.command(() => w.ipmp.link(w.phyints[0], false));
    w.loop.stop();
    assert.ok(w.events.some((e) => e.name === "IF_STATE"));
  });

  it("lets Node's event loop in while frames keep coming", async () => {
    const w = await world({ turns: 4 });
    w.loop.start();
    let left = 50_000;
    w.tap.incoming.push(outgoing(1));
    for (const nic of w.nics)
      nic.onSend = () => {
        if (left-- > 0) w.tap.incoming.push(outgoing(left & 1023));
      };
    w.tap.wake();
    assert.ok(left > 49_000, "only a few turns at once");
    let rounds = 0;
    for (; left > 0; rounds++) await new Promise((r) => setImmediate(r));
    // 4 turns of at most 64 frames each time.
    assert.ok(rounds >= 50_000 / 256 - 1, `in ${rounds} rounds of the event loop`);
    w.loop.stop();
  });

  it("spins under load only, and only if asked", async () => {
    for (const spinUs of [0, 2000]) {
      const w = await world({ spinUs });
      w.loop.start();
      for (let i = 0; i < 20; i++) {
        w.tap.incoming.push(outgoing(i));
        w.tap.wake();
      }
      await delay(30);
      const { spins } = w.loop.stats();
      if (spinUs === 0) assert.equal(spins, 0);
      else assert.ok(spins > 0);
      await delay(30);
      assert.equal(w.loop.stats().spins, spins, "no longer than that");
      w.tap.incoming.push(outgoing(1));
      w.tap.wake();
      w.loop.stop();
    }
  });

  it("finds frames without being woken while it spins", async () => {
    const w = await world({ spinUs: 1_000_000 });
    w.loop.start();
    for (let i = 0; i < 20; i++) {
      w.tap.incoming.push(outgoing(i));
      w.tap.wake();
    }
    await new Promise((r) => setImmediate(r));
    const before = w.loop.stats();
    w.tap.incoming.push(outgoing(1));
    await delay(5);
    assert.equal(w.loop.stats().txFrames, before.txFrames + 1);
    assert.equal(w.loop.stats().wakeups, before.wakeups);
    w.loop.stop();
  });

  it("stops at a trap, and reports it", async () => {
    const w = await world();
    w.loop.start();
    let reported: Error | undefined;
    w.loop.onTrap = (e) => {
      reported = e;
    };
    const trap = new WebAssembly.RuntimeError("unreachable");
    assert.equal(w.loop.trapped, false);
    assert.throws(
      () =>
        w.loop.command(() => {
          throw trap;
        }),
      trap,
    );
    assert.equal(w.loop.trapped, true, "before anybody is told");
    await new Promise((r) => setImmediate(r));
    assert.equal(reported, trap);
    w.tap.incoming.push(outgoing(1));
    w.tap.wake();
    w.loop.step();
    assert.equal(w.tap.incoming.length, 1, "nothing goes through it any more");
    assert.throws(() => w.loop.command(() => 1), /has trapped/);
  });

  it("stops at a trap of the packet path, and gives the batch back", async () => {
    const w = await world();
    w.loop.start();
    const reported = new Promise<Error>((r) => {
      w.loop.onTrap = r;
    });
    const trap = new WebAssembly.RuntimeError("unreachable");
    // The trap comes while the module's answer is carried out: to the loop it is the same.
    w.nics[0].onSend = w.nics[1].onSend = () => {
      throw trap;
    };
    w.tap.incoming.push(outgoing(1));
    w.log.length = 0;
    w.tap.wake();
    assert.equal(await reported, trap);
    assert.equal(w.log.at(-1), "tap release");
  });

  it("counts frames without a way, and forgets devices that were taken out", async () => {
    const w = await world();
    quiet(w);
    w.loop.start();
    const before = w.loop.stats();
    w.loop.removeGroup(w.grp);
    w.nics[0].incoming.push(incoming(0));
    w.nics[0].wake();
    assert.equal(w.loop.stats().unplugged, before.unplugged + 1);
    w.loop.removeMember(w.phyints[0]);
    w.nics[0].incoming.push(incoming(0));
    w.nics[0].wake();
    w.loop.step();
    assert.equal(w.nics[0].incoming.length, 1);
    w.loop.command(() => {
      w.ipmp.leave(w.phyints[1]);
      w.ipmp.phyintDestroy(w.phyints[1]);
    });
    w.nics[1].incoming.push(incoming(1));
    w.nics[1].wake();
    assert.equal(w.loop.stats().unknown, before.unknown + 1);
    assert.throws(() => w.loop.addMember(w.phyints[1], w.nics[0]), /has a device already: nic1/);
  });
});
