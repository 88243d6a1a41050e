// The two-switch lab does what it says: who reaches whom, and what each fault takes away and leaves.
import assert from "node:assert/strict";
import { Campus } from "../../host/lab/campus.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { e2e } from "./gate.js";
import { eventually } from "./stage.js";

const LAN = { host: "10.5.0.1", peerA: "10.5.0.8", peerB: "10.5.0.9", router: "10.5.0.254", beyond: "10.6.0.9" };

/** A host with an address on one NIC at each switch, as a plain machine has. */
function build(lab: Lab): Campus {
  const campus = new Campus(lab, {
    nics: 2,
    peerA: [`${LAN.peerA}/24`],
    peerB: [`${LAN.peerB}/24`],
    router: { lan: [`${LAN.router}/24`, "2001:db8:5::fe/64"], beyond: ["10.6.0.1/24"] },
    beyond: [`${LAN.beyond}/24`],
  });
  campus.host.addr("eth1", `${LAN.host}/24`);
  campus.host.ip(`route add default via ${LAN.router}`);
  return campus;
}

function carriers(campus: Campus): string {
  const up = (nic: string): boolean => campus.host.ip(`link show dev ${nic}`).includes("LOWER_UP");
  return campus.nics.map((nic) => `${nic} ${up(nic) ? "up" : "down"}`).join(", ");
}

async function reach(from: Netns, to: string, wanted: boolean): Promise<void> {
  const ping = ["ping", "-n", "-c", "1", "-W", wanted ? "1" : "0.3", to];
  const once = async (): Promise<boolean> => (await from.execAsync(ping, { allowFailure: true })).status === 0;
  if (wanted) await eventually(`${from.name} reaches ${to}`, async () => assert.ok(await once()));
  else assert.equal(await once(), false, `${from.name} does not reach ${to}`);
}

/** Who answers the host, by name: all others must not. */
async function assertReached(campus: Campus, who: readonly string[]): Promise<void> {
  for (const [name, address] of Object.entries(LAN)) if (name !== "host") await reach(campus.host, address, who.includes(name));
}

const ALL = ["peerA", "peerB", "router", "beyond"];

e2e("lab campus: every fault takes away what it says, leaves the carriers it says, and is repaired", [], async (t) => {
  const lab = new Lab("hfe-campus");
  t.after(() => lab.close());
  const campus = build(lab);
  await assertReached(campus, ALL);
  const faults: { name: string; strike(): void; heal(): void; left: readonly string[]; carriers: string }[] = [
    { name: "cut", strike: () => campus.cut("eth1"), heal: () => campus.repair("eth1"), left: [], carriers: "eth1 down, eth2 up" },
    { name: "hush", strike: () => campus.hush("eth1"), heal: () => campus.unhush("eth1"), left: [], carriers: "eth1 up, eth2 up" },
    { name: "kill a", strike: () => campus.kill("a"), heal: () => campus.revive("a"), left: [], carriers: "eth1 down, eth2 up" },
    { name: "kill b", strike: () => campus.kill("b"), heal: () => campus.revive("b"), left: ["peerA"], carriers: "eth1 up, eth2 down" },
    { name: "hang a", strike: () => campus.hang("a"), heal: () => campus.unhang("a"), left: [], carriers: "eth1 up, eth2 up" },
    { name: "hang b", strike: () => campus.hang("b"), heal: () => campus.unhang("b"), left: ["peerA"], carriers: "eth1 up, eth2 up" },
    {
      name: "router",
      strike: () => campus.killRouter(),
      heal: () => campus.reviveRouter(),
      left: ["peerA", "peerB"],
      carriers: "eth1 up, eth2 up",
    },
  ];
  for (const fault of faults) {
    fault.strike();
    await eventually(`${fault.name}: carriers`, async () => assert.equal(carriers(campus), fault.carriers));
    await assertReached(campus, fault.left);
    fault.heal();
    await eventually(`${fault.name} healed: carriers`, async () => assert.equal(carriers(campus), "eth1 up, eth2 up"));
    await assertReached(campus, ALL);
  }
  // Overlapping: a cable that is cut stays cut when its switch returns; a port that is silent stays so.
  campus.cut("eth1");
  campus.kill("a");
  campus.revive("a");
  await eventually("eth1 has no carrier, its switch is well", async () => assert.equal(carriers(campus), "eth1 down, eth2 up"));
  campus.kill("a");
  campus.repair("eth1");
  await assertReached(campus, []);
  campus.hush("eth1");
  campus.revive("a");
  await eventually("eth1 has carrier", async () => assert.equal(carriers(campus), "eth1 up, eth2 up"));
  await assertReached(campus, []);
  campus.hang("a");
  campus.unhush("eth1");
  await assertReached(campus, []);
  campus.unhang("a");
  await assertReached(campus, ALL);
  assert.match(campus.router.ip("-6 addr show dev eth0"), /2001:db8:5::fe/, "the router kept its IPv6 address");
});
