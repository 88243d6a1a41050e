// Policy `broadcast` on the network in memory, with the host's own loop: what a switch and a peer see of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMac } from "../../host/core/address.js";
import { Ipmp, POLICY } from "../../host/core/index.js";
import { MemoryLan, VirtualClock } from "../../host/io/memory_lan.js";
import { Loop } from "../../host/loop.js";
import { PEER, region } from "./pump.js";

const MS = 1_000_000n;
const OWN = { v4: "10.0.0.1", v6: "2001:db8::1" };

/** A group of three NICs under policy broadcast, a peer, and the loop; advance() lets virtual time pass. */
async function scene() {
  const ipmp = await Ipmp.load();
  const clock = new VirtualClock(1_000_000_000n);
  const lan = new MemoryLan({ seed: 5, clock, ipmp });
  const loop = new Loop(ipmp, { clock: () => clock.now() });
  const grp = loop.command(() => ipmp.grpCreate({ name: "ipmp0", mac: "02:00:00:00:00:fe" }));
  const { device, host: local } = lan.group("ipmp0", "02:00:00:00:00:fe", region(ipmp, 0), {
    addresses: [`${OWN.v4}/24`, `${OWN.v6}/64`],
  });
  loop.addGroup(grp, device);
  const macs = new Map<string, string>();
  for (let i = 0; i < 3; i++) {
    const mac = `02:00:00:00:00:0${i + 1}`;
    macs.set(`eth${i}`, mac);
    const phyint = ipmp.phyintCreate({ name: `eth${i}`, ifindex: i + 1, mac });
    loop.addMember(phyint, lan.nic(`eth${i}`, mac, region(ipmp, i + 1)));
    loop.command(() => {
      ipmp.join(phyint, grp);
      ipmp.illUp(phyint, 0, 1);
      ipmp.illUp(phyint, 1, 1);
    });
  }
  loop.command(() => {
    ipmp.grpSet(grp, "POLICY", POLICY.BROADCAST);
    for (const [addr, prefix] of [
      [OWN.v4, 24],
      [OWN.v6, 64],
    ] as const)
      ipmp.ipifAdd(grp, { addr, prefix, verified: true });
  });
  const peer = lan.host({ name: "peer", mac: "02:00:00:00:00:99", addresses: [`${PEER.v4}/24`, `${PEER.v6}/64`] });
  const advance = (ms: number): void => {
    for (let i = 0; i < ms * 4; i++) {
      clock.run(MS / 4n);
      loop.step();
    }
  };
  loop.start();
  advance(10);
  return { ipmp, clock, lan, loop, grp, local, peer, macs, advance };
}

for (const [family, own, peerAddr] of [
  ["IPv4", OWN.v4, PEER.v4],
  ["IPv6", OWN.v6, PEER.v6],
]) {
  test(`${family}: every datagram comes by every NIC, under its own address; a cable that goes deaf loses none`, async () => {
    const { lan, local, peer, macs, advance } = await scene();
    const wrong: string[] = [];
    lan.switch.tap = (port, frame) => {
      const mac = macs.get(port);
      if (mac === undefined) return;
      if (formatMac(frame, 6) !== mac) wrong.push(`${port}: source ${formatMac(frame, 6)}`);
      if (frame[12] === 8 && frame[13] === 6 && formatMac(frame, 22) !== mac) wrong.push(`${port}: ARP from ${formatMac(frame, 22)}`);
    };
    const sink = lan.udpSink(peer, 7);
    const source = lan.udpSource(local, { src: own, dst: peerAddr, dport: 7, interval: MS });
    advance(200);
    source.stop();
    advance(20);
    assert.equal(sink.received, source.sent);
    assert.equal(sink.duplicates, 2 * source.sent, "three copies of each");
    const second = lan.udpSink(peer, 8);
    const again = lan.udpSource(local, { src: own, dst: peerAddr, dport: 8, interval: MS });
    advance(50);
    lan.cable("eth1").set({ loss: 1 });
    advance(50);
    lan.cable("eth0").set({ loss: 1 });
    advance(50);
    again.stop();
    advance(20);
    assert.equal(second.received, again.sent, "not one is lost while a NIC is left");
    assert.deepEqual(wrong, []);
  });

  test(`${family}: a TCP stream is whole, though each segment comes several times`, async () => {
    const { lan, local, peer, advance } = await scene();
    lan.cable("peer").set({ rate: 20_000_000 });
    const stream = lan.tcpStream(local, { host: peer, addr: peerAddr, port: 5001 }, { src: own, total: 200_000 });
    advance(300);
    lan.cable("eth2").set({ loss: 1 });
    advance(4000);
    assert.equal(stream.sink?.received, 200_000);
    assert.equal(stream.sink?.wrong, 0);
  });
}
