// clms.wasm over the transport: five nodes on the virtual network, disks that are perfect. What a daemon will do with both.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CONFF, MSG, Msg } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { CLUSTER, type Station, station, TestNet } from "./net.js";

const NODES = [1, 2, 3, 4, 5];
const START_MS = 5_000;
/** What may be long and has time: all other messages are urgent. */
const BULK = new Set<number>([MSG.REPORT, MSG.CHECKPOINT, MSG.LEARN, MSG.META_PUT]);

class Member {
  dead = false;
  readonly clms: Clms;
  readonly #net: TestNet;
  #station: Station | undefined;
  #alarm: () => void = () => {};

  private constructor(net: TestNet, clms: Clms) {
    this.#net = net;
    this.clms = clms;
  }

  static async start(net: TestNet, module: WebAssembly.Module, node: number): Promise<Member> {
    const member = new Member(net, new Clms(module, 1_000 + node));
    member.#station = await station(net, node, { nodes: NODES, links: 2 });
    member.#station.hook = (_, bytes) => member.#step(() => member.clms.receive(bytes));
    member.#time();
    member.clms.start({
      node,
      cluster: CLUSTER,
      uuid: `0${node}`.repeat(16),
      genesis: NODES.map((n) => ({ node: n })),
      flags: CONFF.BOOTSTRAP | CONFF.AUTO_UP,
    });
    member.#drain();
    return member;
  }

  async die(): Promise<void> {
    this.dead = true;
    this.#alarm();
    await this.#station?.ics.close();
  }

  #time(): number {
    const ns = Math.max(this.clms.now + 1_000, Math.round((START_MS + this.#net.clock.now()) * 1e6));
    this.clms.setNow(ns);
    return ns;
  }

  #step(change: () => void): void {
    if (this.dead) return;
    this.#time();
    change();
    this.#drain();
  }

  #drain(): void {
    const { clms } = this;
    for (let more = true; more; ) {
      more = false;
      while (clms.nextDurable() !== 0) more = true;
      if (more) clms.durableDone(clms.durableSeq);
    }
    // the bytes are the module's: send copies them
    while (clms.nextMessage()) {
      const bytes = clms.msgBytes();
      this.#station?.ics.send(clms.msgTo, bytes, !BULK.has(bytes[Msg.kind]));
    }
    clms.events();
    this.#alarm();
    const due = clms.deadline / 1e6 - START_MS - this.#net.clock.now();
    if (due < 1e9) this.#alarm = this.#net.clock.after(Math.max(0, due), () => this.#step(() => clms.advance(this.#time())));
  }

  get members(): string {
    return this.clms.membership()?.nodes.join(" ") ?? "closed";
  }
}

async function cluster(net: TestNet): Promise<Member[]> {
  const module = await Clms.compile();
  const members = [];
  for (const n of NODES) members.push(await Member.start(net, module, n));
  await net.clock.run(5_000);
  return members;
}

test("clms over ics: five nodes form a cluster, and lose the master within 1.5 s", async () => {
  const net = new TestNet();
  const members = await cluster(net);
  for (const m of members) assert.equal(m.members, "1 2 3 4 5");
  const { master } = members[0].clms;
  await members[master - 1].die();
  await net.clock.run(1_500);
  const rest = NODES.filter((n) => n !== master).join(" ");
  for (const m of members) if (!m.dead) assert.equal(m.members, rest);
});

test("clms over ics: the first link of every node dies, and nobody is missed", async () => {
  const net = new TestNet();
  const members = await cluster(net);
  const before = members.map((m) => m.clms.applied);
  net.pass = (p) => !p.from.address.startsWith("10.0.");
  await net.clock.run(10_000);
  assert.deepEqual(
    members.map((m) => m.clms.applied),
    before,
  );
  for (const m of members) assert.equal(m.members, "1 2 3 4 5");
});

for (const fault of [{ loss: 0.2, jitter: 20 }, { delay: 200 }])
  test(`clms over ics: ${JSON.stringify(fault)} removes nobody, and a master that dies then is replaced`, async () => {
    const net = new TestNet(9);
    const members = await cluster(net);
    const before = members.map((m) => m.clms.applied);
    Object.assign(net, fault);
    await net.clock.run(30_000);
    assert.deepEqual(
      members.map((m) => m.clms.applied),
      before,
    );
    const { master } = members[0].clms;
    await members[master - 1].die();
    await net.clock.run(5_000);
    const rest = NODES.filter((n) => n !== master).join(" ");
    for (const m of members) if (!m.dead) assert.equal(m.members, rest);
  });

test("clms over ics: what an idle cluster of five says", async (t) => {
  const net = new TestNet();
  await cluster(net);
  await net.clock.run(5_000);
  net.log = [];
  await net.clock.run(20_000);
  const sizes = net.log.map((p) => p.bytes.length + 28);
  const perNode = sizes.reduce((sum, n) => sum + n, 0) / NODES.length / 20;
  t.diagnostic(`${Math.round(perNode)} B/s a node, ${(sizes.length / NODES.length / 20).toFixed(1)} datagrams/s`);
  assert.ok(perNode < 12_000, `${perNode} B/s`);
});
