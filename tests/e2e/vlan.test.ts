// VLAN interfaces on the group interface: what is sent and received in a VLAN survives the failover of the NIC that carries it.
import assert from "node:assert/strict";
import type { Netns } from "../../host/lab/netns.js";
import { Program, udpReport } from "../../host/lab/program.js";
import { e2e } from "./gate.js";
import { eventually, FAMILIES, type Family, GROUP, Stage, sleep } from "./stage.js";

const ID = 5;
const HERE: Readonly<Record<Family, string>> = { 4: "10.78.0.1", 6: "2001:db8:78::1" };
const THERE: Readonly<Record<Family, string>> = { 4: "10.78.0.9", 6: "2001:db8:78::9" };
const CIDR: Readonly<Record<Family, number>> = { 4: 24, 6: 64 };
/** Datagrams a second, each family and direction. */
const RATE = 200;

interface Stream {
  what: string;
  receiver: Program;
  sender: Program;
}

/** Numbered datagrams of one family in the VLAN, both ways. */
async function streams(stage: Stage, family: Family): Promise<Stream[]> {
  const out = await Program.start(stage.peer, "udp_receive", { address: THERE[family], port: 5101 });
  const into = await Program.start(stage.host, "udp_receive", { address: HERE[family], port: 5103 });
  const send = { rate: RATE, flows: 4 } as const;
  return [
    {
      what: `IPv${family} out`,
      receiver: out,
      sender: await Program.start(stage.host, "udp_send", { to: THERE[family], from: HERE[family], port: 5101, ...send }),
    },
    {
      what: `IPv${family} in`,
      receiver: into,
      sender: await Program.start(stage.peer, "udp_send", { to: HERE[family], from: THERE[family], port: 5103, ...send }),
    },
  ];
}

/** Both ends of the VLAN: namespace, and the interface it is on. */
const ENDS = (stage: Stage): [Netns, string][] => [
  [stage.host, GROUP],
  [stage.peer, "eth0"],
];

/** Makes a VLAN interface: the kernel's, or where it has none, one in user space with the same hardware address. */
async function vlanOn(ns: Netns, on: string): Promise<void> {
  const name = `${on}.${ID}`;
  if (ns.exec(["ip", "link", "add", "link", on, "name", name, "type", "vlan", "id", String(ID)], { allowFailure: true }).status !== 0) {
    await Program.start(ns, "vlan", { on, id: ID, name });
    ns.ip(`link set ${name} address ${ns.mac(on)}`);
  }
  ns.link(name, "up");
}

e2e("vlan: an 802.1Q interface on the group interface goes on through failovers, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "vlan", { nics: 2, settings: { announce_interval_ms: 100 } });
  if (stage.isPlain) return;
  for (const [ns, on] of ENDS(stage)) await vlanOn(ns, on);
  for (const f of FAMILIES) {
    stage.host.addr(`${GROUP}.${ID}`, `${HERE[f]}/${CIDR[f]}`);
    stage.peer.addr(`eth0.${ID}`, `${THERE[f]}/${CIDR[f]}`);
  }
  for (const f of FAMILIES)
    await eventually(`IPv${f} in the VLAN`, async () => assert.ok(await stage.pings(stage.host, THERE[f], HERE[f])));
  const neighbours = (): string => stage.peer.ip(`neigh show dev eth0.${ID}`);
  const all: Stream[] = [];
  for (const f of FAMILIES) all.push(...(await streams(stage, f)));
  // whom the peer takes for the address of the VLAN: the NIC that is left, one and then the other
  const stands = (mac: string): void => assert.match(neighbours(), new RegExp(`^${HERE[4].replaceAll(".", "\\.")} lladdr ${mac}`, "m"));
  await stage.eachNic(async (nic, state) => {
    const other = stage.nics.find((n) => n !== nic) ?? "";
    if (state === "cut") await eventually(`the peer knows ${other} in the VLAN`, async () => stands(stage.lan.mac(other)));
  });
  for (const f of FAMILIES)
    await eventually(`IPv${f} in the VLAN`, async () => assert.ok(await stage.pings(stage.peer, HERE[f], THERE[f])));
  await sleep(500);
  for (const { what, receiver, sender } of all) {
    const { sent, perFlow } = await sender.stop();
    await sleep(200);
    const report = await udpReport(receiver);
    t.diagnostic(`${what}: ${sent} sent, ${report.received} received, longest silence of a flow ${report.longestMs.toFixed(1)} ms`);
    assert.equal(report.duplicates, 0, `${what}: nothing twice`);
    for (const [flow, count] of perFlow.entries())
      assert.ok((report.streams[flow]?.last ?? -1) >= count * 0.8, `${what}: flow ${flow} goes on after the last failover`);
  }
});
