// What members do beyond plain failover, on real devices: standby, flap damping, and the loss of every link.
import assert from "node:assert/strict";
import { e2e } from "./gate.js";
import { DATA, eventually, FAMILIES, GROUP, Stage, sleep } from "./stage.js";

const ALL = FAMILIES.flatMap((f) => DATA[f]);

async function assertReachable(stage: Stage): Promise<void> {
  for (const address of ALL) await stage.reaches(stage.peer, address);
}

/** The group interface as `ip link` shows it. */
function linkFlags(stage: Stage): string[] {
  const [link] = JSON.parse(stage.host.ip(`-j link show dev ${GROUP}`)) as { flags: string[] }[];
  return link.flags;
}

e2e("standby: a standby member takes over when an active one fails and goes back when it is repaired", [], async (t) => {
  const stage = await Stage.build(t, "standby", { nics: 3, standby: ["eth3"] });
  const atRest = (): Promise<unknown> =>
    stage.until("eth3 is in reserve and carries nothing", (g) => {
      assert.equal(g.member("eth3").idle, true);
      assert.ok(g.member("eth1").active && g.member("eth2").active);
      for (const address of ALL) assert.ok(["eth1", "eth2"].includes(g.bound(address) ?? ""), `${address} on ${g.bound(address)}`);
    });
  await atRest();
  for (const nic of ["eth1", "eth2"]) {
    await stage.cut(nic);
    await stage.until(`eth3 stands in for ${nic}`, (g) => {
      assert.equal(g.member("eth3").active, true);
      for (const address of ALL) assert.ok(![undefined, nic].includes(g.bound(address)), `${address} on ${g.bound(address)}`);
    });
    await assertReachable(stage);
    await stage.repair(nic);
    await atRest();
    await assertReachable(stage);
  }
});

/** Takes a NIC's carrier away and gives it back, and waits until the daemon has seen both. */
async function flap(stage: Stage, nic: string): Promise<void> {
  await stage.cut(nic);
  stage.lan.repair(nic);
  await stage.until(`the daemon sees the carrier of ${nic} again`, (g) => assert.ok(g.member(nic).link));
}

e2e("flap: a NIC that comes and goes three times within the window is held failed, others carry on", [], async (t) => {
  const stage = await Stage.build(t, "flap", { settings: { flap_max: 2, flap_window_ms: 60_000 } });
  for (let i = 1; i <= 2; i++) {
    await flap(stage, "eth1");
    await stage.until(`eth1 is used again after flap ${i}`, (g) => assert.ok(g.member("eth1").active));
  }
  await flap(stage, "eth1");
  await sleep(2000);
  const group = await stage.group();
  assert.ok(group.member("eth1").link, "eth1 has carrier");
  assert.ok(group.member("eth1").failed && group.member("eth1").idle, `eth1 is held failed, it is ${group.member("eth1").state}`);
  assert.ok(group.member("eth1").note, "the status says why");
  for (const address of ALL) assert.equal(group.bound(address), "eth2", address);
  await assertReachable(stage);
});

e2e("flap: a held NIC is used again when the window is over", [], async (t) => {
  const stage = await Stage.build(t, "hold", { settings: { flap_max: 1, flap_window_ms: 8_000 } });
  await flap(stage, "eth1");
  await stage.until("eth1 is used again after one flap", (g) => assert.ok(g.member("eth1").active));
  await flap(stage, "eth1");
  await stage.until("eth1 is held", (g) => assert.ok(g.member("eth1").failed && g.member("eth1").note));
  await stage.until("eth1 is used again when the window is over", (g) => assert.ok(g.member("eth1").active));
  await assertReachable(stage);
});

e2e("all links cut: the group interface loses its carrier, and has it again with the first repair, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "all");
  const addresses = stage.host.ip(`-o addr show dev ${GROUP}`);
  for (const nic of stage.nics) await stage.cut(nic);
  await stage.until("the group has failed", (g) => assert.equal(g.state, "failed"));
  await eventually("the group interface has no carrier", async () => assert.ok(linkFlags(stage).includes("NO-CARRIER")));
  assert.equal(await stage.pings(stage.peer, DATA[4][0]), false, "nothing answers");
  for (const [i, nic] of stage.nics.entries()) {
    await stage.repair(nic);
    await stage.until(`the group is back`, (g) => assert.equal(g.state, i + 1 < stage.nics.length ? "degraded" : "ok"));
    await eventually("the group interface has carrier", async () => assert.ok(linkFlags(stage).includes("LOWER_UP")));
    await assertReachable(stage);
  }
  assert.equal(stage.host.ip(`-o addr show dev ${GROUP}`), addresses, "the addresses are what they were");
});
