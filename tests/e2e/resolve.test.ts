// ARP and neighbour discovery at the switch side: questions about data addresses are answered once, with the address of
// the NIC they are bound to; after a cut the new owner announces them, as itself.
import assert from "node:assert/strict";
import { Capture, type Frame } from "../../host/lab/capture.js";
import { decode, ND_ADVERTISE, ND_SOLICIT } from "../../host/lab/decode.js";
import { announcementsOf } from "./announce.js";
import { e2e } from "./gate.js";
import { DATA, eventually, FAMILIES, type Family, Stage, sleep } from "./stage.js";

/** Captured frames of one phase: those that came after mark(). */
class Tap {
  private at = 0;

  constructor(private readonly capture: Capture) {}

  mark(): void {
    this.at = this.capture.frames.length;
  }

  frames(): Frame[] {
    return this.capture.frames.slice(this.at);
  }
}

interface Claim {
  address: string;
  claimed: string | undefined;
  frameSource: string;
}

/** Answers among frames: ARP replies and solicited neighbour advertisements. */
function answers(frames: readonly Frame[]): Claim[] {
  return frames.flatMap((frame) => {
    const d = decode(frame.bytes);
    if (d.arp?.op === 2) return [{ address: d.arp.senderIp, claimed: d.arp.senderMac, frameSource: d.src }];
    if (d.nd?.type === ND_ADVERTISE && d.nd.solicited) return [{ address: d.nd.target, claimed: d.nd.mac, frameSource: d.src }];
    return [];
  });
}

/** Questions about an address among frames. */
function questions(frames: readonly Frame[], address: string): number {
  return frames.filter((frame) => {
    const d = decode(frame.bytes);
    return (d.arp?.op === 1 && d.arp.targetIp === address) || (d.nd?.type === ND_SOLICIT && d.nd.target === address);
  }).length;
}

/** Whatever the host says about a data address in ARP or ND, as sender or target, unasked or not. */
function claims(frames: readonly Frame[]): Claim[] {
  return frames.flatMap((frame) => {
    const d = decode(frame.bytes);
    if (d.arp) return [{ address: d.arp.senderIp, claimed: d.arp.senderMac, frameSource: d.src }];
    if (d.nd?.mac === undefined) return [];
    const address = d.nd.type === ND_ADVERTISE ? d.nd.target : (d.ip?.src ?? "");
    return [{ address, claimed: d.nd.mac, frameSource: d.src }];
  });
}

function neighbour(stage: Stage, address: string): string | undefined {
  const rows = JSON.parse(stage.peer.ip(`-j neigh show to ${address} dev eth0`) || "[]") as { lladdr?: string }[];
  return rows[0]?.lladdr;
}

/** The peer forgets everything, asks for every data address, and learns the NIC each is bound to. */
async function assertResolved(stage: Stage, family: Family, nics: Map<string, Tap>, peer: Tap, when: string): Promise<void> {
  for (const tap of [...nics.values(), peer]) tap.mark();
  stage.peer.ip("neigh flush dev eth0");
  for (const address of DATA[family]) await stage.reaches(stage.peer, address);
  await sleep(300); // late copies
  const group = await stage.group();
  for (const address of DATA[family]) {
    const bound = group.bound(address);
    assert.ok(bound, `${address} is bound, ${when}`);
    const right = stage.lan.mac(bound);
    assert.equal(neighbour(stage, address), right, `${when}: the peer knows ${address} at ${bound}`);
    const all = [...nics].flatMap(([nic, tap]) => answers(tap.frames()).map((a) => ({ ...a, nic })));
    const given = all.filter((a) => a.address === address);
    assert.equal(given.length, questions(peer.frames(), address), `${when}: every question about ${address} answered once`);
    for (const a of given) {
      assert.equal(a.claimed, right, `${when}: the answer for ${address} gives the NIC it is bound to, ${bound}`);
      assert.equal(a.frameSource, stage.lan.mac(a.nic), `${when}: the answer left ${a.nic} as ${a.nic}`);
    }
  }
  for (const [nic, tap] of nics)
    for (const c of claims(tap.frames()).filter((c) => DATA[family].includes(c.address)))
      assert.equal(c.claimed, stage.lan.mac(group.bound(c.address) ?? ""), `${when}: what ${nic} says of ${c.address}`);
}

for (const family of FAMILIES)
  e2e(`resolve: questions about data addresses are answered once with the bound NIC's address, IPv${family}`, [], async (t) => {
    const stage = await Stage.build(t, `resolve${family}`, { nics: 3, settings: { announce_count: 1 } });
    const captures = await stage.captureNics({ filter: "arp or icmp6" });
    const nics = new Map([...captures].map(([nic, capture]) => [nic, new Tap(capture)]));
    const asked = await Capture.start(stage.lan.switchOf(stage.nics[0]), "q1", { direction: "in", filter: "arp or icmp6" });
    const peer = new Tap(asked);
    await assertResolved(stage, family, nics, peer, "all NICs working");
    await stage.eachNic((nic, state) => assertResolved(stage, family, nics, peer, `${nic} ${state}`));
  });

e2e("announce: after a cut the new owner announces every address that moved, as itself, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "announce", { nics: 3, settings: { announce_count: 3, announce_interval_ms: 100 } });
  const data = FAMILIES.flatMap((f) => DATA[f]);
  for (const address of data) await stage.reaches(stage.peer, address); // the peer knows them all
  await sleep(1000); // announcements of the beginning are over
  const captures = await stage.captureNics({ filter: "arp or icmp6" });
  const taps = new Map([...captures].map(([nic, capture]) => [nic, new Tap(capture)]));
  const announced = (address: string) => [...taps].flatMap(([nic, tap]) => announcementsOf(nic, tap.frames(), address));
  let moved = 0;
  for (const nic of stage.nics) {
    const before = await stage.group();
    for (const tap of taps.values()) tap.mark();
    await stage.cut(nic);
    const after = await stage.group();
    for (const address of data.filter((a) => before.bound(a) === nic)) {
      const owner = after.bound(address);
      assert.ok(owner && owner !== nic, `${address} moved from ${nic} to ${owner}`);
      const mac = stage.lan.mac(owner);
      await eventually(`${address} is announced three times`, async () => assert.ok(announced(address).length >= 3));
      for (const a of announced(address))
        assert.deepEqual([a.nic, a.frameSource, a.claimed], [owner, mac, mac], `announcement of ${address}`);
      await eventually(`the peer has learnt ${address}`, async () => assert.equal(neighbour(stage, address), mac));
      moved++;
    }
    await stage.repair(nic);
    await sleep(500); // announcements of the way back are over
  }
  assert.ok(moved >= data.length, `${moved} addresses moved`);
});
