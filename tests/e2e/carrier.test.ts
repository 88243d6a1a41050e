// Real NICs: of carriers lost within a second of each other, the kernel announces the later ones up to a second late. The
// group must not wait for that.
import assert from "node:assert/strict";
import { Lab } from "../../host/lab/netns.js";
import { Lan } from "../../host/lab/topology.js";
import { e2e } from "./gate.js";
import { DATA, eventually, FAMILIES, Stage, sleep } from "./stage.js";

const ROUNDS = 4;
/** An announcement later than this is one that the kernel held back. */
const HELD_BACK_MS = 300;

/** How late the kernel by itself announces the second of two losses. */
async function kernelAlone(): Promise<number> {
  const lab = new Lab("hfe-carrierless");
  try {
    const lan = new Lan(lab, { nics: 2, likeIndices: true });
    const told = new Set<string>();
    const monitor = lan.host.spawn(["ip", "-o", "monitor", "link"]);
    monitor.stdout?.setEncoding("utf8").on("data", (text: string) => {
      for (const [, nic] of text.matchAll(/^\d+: (eth\d)@[^\n]*NO-CARRIER/gm)) told.add(nic);
    });
    await sleep(1500); // the first loss is announced at once
    lan.cut("eth1");
    await eventually("the kernel announces the first loss", async () => assert.ok(told.has("eth1")));
    lan.cut("eth2");
    const cut = performance.now();
    await eventually("the kernel announces the second loss", async () => assert.ok(told.has("eth2")));
    return performance.now() - cut;
  } finally {
    lab.close();
  }
}

e2e("late carrier: a NIC that fails right after another is given up before the kernel would say so", [], async (t) => {
  const kernel = await kernelAlone();
  t.diagnostic(`the kernel by itself announces the second loss after ${kernel.toFixed(0)} ms`);
  const stage = await Stage.build(t, "carrier", { nics: 3, lateCarrier: true });
  const rounds: number[] = [];
  // One prompt round is proof enough; a busy machine may spoil others.
  while (rounds.length < ROUNDS && !rounds.some((ms) => ms < kernel / 2)) {
    await sleep(1200);
    await stage.cut("eth1");
    stage.lan.cut("eth2");
    const cut = performance.now();
    await stage.until("both are out of use", (g) => assert.ok(g.member("eth1").idle && g.member("eth2").idle));
    rounds.push(performance.now() - cut);
    for (const nic of ["eth1", "eth2"]) await stage.repair(nic);
    for (const address of FAMILIES.flatMap((f) => DATA[f])) await stage.reaches(stage.peer, address);
  }
  const told = rounds.map((ms) => `${ms.toFixed(0)} ms`).join(", ");
  t.diagnostic(`the group gave the second NIC up after ${told}`);
  // A kernel that holds nothing back leaves nothing to prove.
  assert.ok(kernel < HELD_BACK_MS || rounds.some((ms) => ms < kernel / 2), `the group waited for the kernel: ${told}`);
});
