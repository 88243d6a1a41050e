// Frames at the switch side of every NIC: whatever leaves a NIC bears that NIC's address as its source, tagged or not;
// what arrives tagged reaches the group as it came.
import assert from "node:assert/strict";
import { Capture, type Frame } from "../../host/lab/capture.js";
import { decode, ETH_QINQ, ETH_VLAN } from "../../host/lab/decode.js";
import { type FrameSpec, udpFrame } from "../../host/lab/frames.js";
import { Program, sendRaw } from "../../host/lab/program.js";
import { readHeader } from "../../host/lab/stream.js";
import { e2e } from "./gate.js";
import { DATA, FAMILIES, type Family, GROUP, PEER, Stage } from "./stage.js";
import { Traffic } from "./traffic.js";

const TAGS = [
  { name: "untagged", tags: [] },
  { name: "802.1Q", tags: [{ id: 100, tpid: ETH_VLAN }] },
  {
    name: "QinQ",
    tags: [
      { id: 200, tpid: ETH_QINQ },
      { id: 100, tpid: ETH_VLAN },
    ],
  },
] as const;
const RAW_PORT = 5500;
const FLOWS = 40;
const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** FLOWS frames of each kind of tag and family; stream = kind, sequence = flow. */
function frames(from: Pick<FrameSpec, "src" | "dst">, addresses: (f: Family) => Pick<FrameSpec, "srcIp" | "dstIp">): Buffer[] {
  const out: Buffer[] = [];
  for (const [stream, kind] of TAGS.entries())
    for (const family of FAMILIES)
      for (let sequence = 0; sequence < FLOWS; sequence++)
        out.push(
          udpFrame({
            ...from,
            ...addresses(family),
            tags: kind.tags,
            sport: 20_000 + sequence,
            dport: RAW_PORT + family,
            stream,
            sequence,
          }),
        );
  return out;
}

/** How often each raw frame is among the captured: key "kind family flow". */
function found(captured: readonly Frame[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const frame of captured) {
    const d = decode(frame.bytes);
    const header = d.udp && d.ip && d.udp.dport === RAW_PORT + d.ip.version ? readHeader(d.udp.payload) : undefined;
    if (!header || !d.ip) continue;
    assert.deepEqual(d.tags, TAGS[header.stream].tags, `tags of a ${TAGS[header.stream].name} frame`);
    const key = `${TAGS[header.stream].name} IPv${d.ip.version} ${header.sequence}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Every raw frame once. */
function assertEachOnce(captured: readonly Frame[], where: string): void {
  const counts = found(captured);
  assert.equal(counts.size, TAGS.length * FAMILIES.length * FLOWS, `every frame is ${where}`);
  assert.deepEqual(
    [...counts].filter(([, n]) => n !== 1),
    [],
    `each once ${where}`,
  );
}

e2e("wire: every frame that leaves a NIC has its hardware address as source, tagged or not, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "wire", { nics: 3 });
  const captures = await stage.captureNics();
  const mac = stage.host.mac(GROUP);
  const outward = (dst: string): Buffer[] => frames({ src: mac, dst }, (f) => ({ srcIp: DATA[f][0], dstIp: PEER[f] }));
  const peerMac = stage.peer.mac("eth0");
  const traffic = [];
  for (const family of FAMILIES) traffic.push(await Traffic.start(stage, family, 300));
  const server = await Program.start(stage.peer, "tcp", { address: PEER[4] });
  const client = await Program.start(stage.host, "tcp", { to: PEER[4], from: DATA[4][0] });
  await sendRaw(stage.host, GROUP, outward(peerMac));
  await stage.eachNic(async () => {
    stage.host.ip(`neigh flush dev ${GROUP}`);
    stage.peer.ip("neigh flush dev eth0");
    await sendRaw(stage.host, GROUP, outward(BROADCAST));
  });
  for (const running of traffic) await running.stop();
  await client.stop();
  await server.stop().catch(() => {}); // it has reported already
  for (const [nic, capture] of captures) {
    const own = stage.lan.mac(nic);
    const all = await capture.stop();
    assert.ok(all.length > 100, `${nic} carried ${all.length} frames`);
    const wrong = all.map((f) => decode(f.bytes)).filter((d) => d.src !== own);
    assert.deepEqual(
      wrong.map((d) => `${d.src} > ${d.dst} type ${d.type.toString(16)}`),
      [],
      `frames out of ${nic} with another source`,
    );
    t.diagnostic(`${nic}: ${all.length} frames, all with source ${own}`);
  }
});

e2e("wire: tagged frames cross the group once, both ways, tags intact, spread over the NICs, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "tags", { nics: 3 });
  const peerMac = stage.peer.mac("eth0");
  const captures = await stage.captureNics();
  await sendRaw(
    stage.host,
    GROUP,
    frames({ src: stage.host.mac(GROUP), dst: peerMac }, (f) => ({ srcIp: DATA[f][0], dstIp: PEER[f] })),
  );
  const perNic: Frame[][] = [];
  for (const capture of captures.values()) perNic.push(await capture.stop());
  assertEachOnce(perNic.flat(), "at the switch");
  for (const [i, list] of perNic.entries()) assert.ok(found(list).size > 0, `${stage.nics[i]} carried some of the flows`);

  const [nic] = stage.nics;
  const inside = await Capture.start(stage.host, GROUP, { direction: "in" });
  await sendRaw(
    stage.peer,
    "eth0",
    frames({ src: peerMac, dst: stage.lan.mac(nic) }, (f) => ({ srcIp: PEER[f], dstIp: DATA[f][0] })),
  );
  const delivered = await inside.stop();
  assertEachOnce(delivered, `delivered to ${GROUP}`);
  for (const frame of delivered) {
    const d = decode(frame.bytes);
    if (d.udp?.dport === RAW_PORT + 4 || d.udp?.dport === RAW_PORT + 6)
      assert.equal(d.dst, stage.host.mac(GROUP), "addressed to the group");
  }
});
