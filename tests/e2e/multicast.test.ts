// Broadcast and multicast: every NIC gets a copy from the switch, the group delivers one; the copies of its own that the
// switch sends back are dropped.
import assert from "node:assert/strict";
import { Capture, type Frame } from "../../host/lab/capture.js";
import { decode } from "../../host/lab/decode.js";
import { Program, type UdpReport, udpReport } from "../../host/lab/program.js";
import { readHeader } from "../../host/lab/stream.js";
import { e2e } from "./gate.js";
import { DATA, GROUP, PEER, Stage, sleep } from "./stage.js";

const RATE = 300;

interface Kind {
  name: string;
  to: string;
  port: number;
  /** what a receiver binds to, and which group it joins, on the named interface */
  bind: string;
  joins: boolean;
  broadcast: boolean;
}

const KINDS: readonly Kind[] = [
  { name: "IPv4 broadcast", to: "10.77.0.255", port: 5601, bind: "0.0.0.0", joins: false, broadcast: true },
  { name: "IPv4 multicast", to: "239.77.0.1", port: 5602, bind: "0.0.0.0", joins: true, broadcast: false },
  { name: "IPv6 multicast", to: "ff15::77:1", port: 5603, bind: "::", joins: true, broadcast: false },
];

interface Side {
  ns: Stage["host"];
  device: string;
  address4: string;
  address6: string;
}

const interfaceOf = (kind: Kind, side: Side): string | undefined =>
  kind.joins ? (kind.bind === "::" ? side.device : side.address4) : undefined;

function receive(kind: Kind, side: Side): Promise<Program> {
  const group = kind.joins ? kind.to : undefined;
  return Program.start(side.ns, "udp_receive", {
    address: kind.bind,
    port: kind.port,
    group,
    interface: interfaceOf(kind, side),
    counts: true,
  });
}

function send(kind: Kind, side: Side): Promise<Program> {
  const extra = kind.broadcast ? { broadcast: true as const } : {};
  const from = kind.bind === "::" ? side.address6 : side.address4;
  const options = { to: kind.to, from, port: kind.port, rate: RATE, flows: 1, interface: interfaceOf(kind, side), ...extra };
  return Program.start(side.ns, "udp_send", options);
}

/** How often each number of a kind is among frames. */
function counted(frames: readonly Frame[], kind: Kind): Map<number, number> {
  const counts = new Map<number, number>();
  for (const frame of frames) {
    const d = decode(frame.bytes);
    const header = d.udp?.dport === kind.port ? readHeader(d.udp.payload) : undefined;
    if (header) counts.set(header.sequence, (counts.get(header.sequence) ?? 0) + 1);
  }
  return counts;
}

function assertOnce(counts: Map<number, number>, what: string): void {
  assert.deepEqual(
    [...counts].filter(([, n]) => n !== 1),
    [],
    `${what}: each once`,
  );
}

function sides(stage: Stage): { host: Side; peer: Side } {
  return {
    host: { ns: stage.host, device: GROUP, address4: DATA[4][0], address6: DATA[6][0] },
    peer: { ns: stage.peer, device: "eth0", address4: PEER[4], address6: PEER[6] },
  };
}

/** Sends every kind from one side to the other during cut and repair of each NIC. */
async function play(stage: Stage, from: Side, to: Side): Promise<{ kind: Kind; sent: number; report: UdpReport }[]> {
  const receivers = [];
  for (const kind of KINDS) receivers.push(await receive(kind, to));
  const senders = [];
  for (const kind of KINDS) senders.push(await send(kind, from));
  await stage.eachNic();
  const out = [];
  for (const [i, kind] of KINDS.entries()) {
    const { sent } = await senders[i].stop();
    await sleep(200);
    out.push({ kind, sent, report: await udpReport(receivers[i]) });
  }
  return out;
}

function assertPlayed(results: { kind: Kind; sent: number; report: UdpReport }[], cuts: number): string[] {
  return results.map(({ kind, sent, report }) => {
    const about = `${kind.name}: ${sent} sent, ${report.received} received, ${report.duplicates} twice`;
    assert.equal(report.duplicates, 0, about);
    assert.ok(report.received > 0 && sent - report.received <= RATE * cuts, about);
    return about;
  });
}

e2e("multicast: the group delivers broadcast and multicast once during failover and repair, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "mcin", { nics: 3 });
  const { host, peer } = sides(stage);
  const filter = "udp and portrange 5601-5603";
  const shown = await Capture.start(stage.host, GROUP, { filter, direction: "in" });
  const copies = await stage.captureNics({ filter, direction: "out" });
  const results = await play(stage, peer, host);
  for (const line of assertPlayed(results, stage.nics.length)) t.diagnostic(line);
  const frames = await shown.stop();
  for (const { kind, report } of results) {
    const counts = counted(frames, kind);
    assertOnce(counts, `${kind.name} on ${GROUP}`);
    assert.equal(counts.size, report.received, `${kind.name}: tcpdump and the receiver saw the same`);
  }
  // Without a second copy on another NIC this test would prove nothing.
  for (const [nic, capture] of copies) {
    const list = await capture.stop();
    for (const kind of KINDS) assert.ok(counted(list, kind).size > 0, `${nic} was sent ${kind.name}`);
  }
});

e2e("multicast: what the group sends leaves once and does not come back to it, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "mcout", { nics: 3 });
  const { host, peer } = sides(stage);
  const back = await Capture.start(stage.host, GROUP, { direction: "in" });
  const returned = await stage.captureNics({ filter: "udp and portrange 5601-5603", direction: "out" });
  const results = await play(stage, host, peer);
  for (const line of assertPlayed(results, stage.nics.length)) t.diagnostic(line);
  const own = new Set([stage.host.mac(GROUP), ...stage.nics.map((nic) => stage.lan.mac(nic))]);
  const reflected = (await back.stop()).map((f) => decode(f.bytes)).filter((d) => own.has(d.src));
  assert.deepEqual(
    reflected.map((d) => `${d.src} > ${d.dst}`),
    [],
    "own frames delivered to the group",
  );
  let copies = 0;
  for (const capture of returned.values()) copies += (await capture.stop()).length;
  assert.ok(copies > 0, "the switch did send copies back");
});
