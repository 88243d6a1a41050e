// NIC → module → NIC, as a program of its own: one group whose side towards the stack is a NIC as well, so that what
// is measured is the loop, the module and the NICs' rings, and no network stack.
//
//   node forwarder.js IO SIDE GROUP_MAC ADDRESS MEMBER=MAC…      prints "ready", ends when its stdin closes
//
// IO: "packet" (the ring alone) or "xdp" (XDP sockets beside it; refuses to begin without).

import { Ipmp } from "../../host/core/ipmp.js";
import { AfPacket } from "../../host/io/af_packet.js";
import { AfXdp } from "../../host/io/af_xdp.js";
import { Arena } from "../../host/io/arena.js";
import type { Device } from "../../host/io/device.js";
import { Loop } from "../../host/loop.js";
import { Rtnetlink } from "../../host/net/rtnetlink.js";

const XDP = "xdp";

function open(io: string, arena: Arena, name: string, rings: number): Device {
  if (io !== XDP) return AfPacket.open(arena, name, { members: rings, groups: 0 });
  const net = new Rtnetlink();
  net.setOffload(name, "rxvlan", false);
  net.close();
  const device = AfXdp.open(arena, name, { members: rings, groups: 0 });
  if (device.why !== null) throw new Error(`${name}: ${device.why}`);
  return device;
}

async function main(io: string, side: string, mac: string, address: string, members: readonly string[]): Promise<void> {
  const ipmp = await Ipmp.load();
  const arena = Arena.of(ipmp);
  const loop = new Loop(ipmp);
  const rings = members.length + 1;
  const grp = loop.command(() => {
    const g = ipmp.grpCreate({ name: "bench", mac });
    ipmp.ipifAdd(g, { addr: address, prefix: 24, verified: true });
    return g;
  });
  loop.addGroup(grp, open(io, arena, side, rings));
  for (const [i, text] of members.entries()) {
    const [name, memberMac] = text.split("=");
    const device = open(io, arena, name, rings);
    const p = loop.command(() => {
      const phyint = ipmp.phyintCreate({ name, ifindex: i + 1, mac: memberMac });
      ipmp.join(phyint, grp);
      for (const family of [0, 1] as const) ipmp.illUp(phyint, family, 1);
      return phyint;
    });
    loop.addMember(p, device);
  }
  loop.start();
  process.stdin.on("end", () => process.exit(0)).resume();
  console.log("ready");
}

const [io, side, mac, address, ...members] = process.argv.slice(2);
if (members.length === 0) {
  console.error("usage: forwarder packet|xdp SIDE GROUP_MAC ADDRESS MEMBER=MAC…");
  process.exitCode = 2;
} else await main(io, side, mac, address, members);
