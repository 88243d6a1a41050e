// Clearview row 4: a routing daemon keeps its adjacency over the group, and the routes it learnt, across a failover.
//
// BIRD speaks OSPFv2 and OSPFv3 on the group and on the peer; the peer offers one route of each family.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Netns } from "../../host/lab/netns.js";
import { e2e } from "./gate.js";
import { DATA, eventually, FAMILIES, type Family, GROUP, Stage, sleep } from "./stage.js";

/** What the peer has behind it. */
const FAR: Readonly<Record<Family, string>> = { 4: "198.51.100.1", 6: "2001:db8:ff::1" };
const HOST_ROUTE: Readonly<Record<Family, string>> = { 4: `${FAR[4]}/32`, 6: `${FAR[6]}/128` };
const FULL_MS = 45_000;

/** One BIRD, speaking both families on one interface; one that offers announces the far routes. */
class Bird {
  private readonly socket: string;
  private readonly logFile: string;

  constructor(
    private readonly ns: Netns,
    folder: string,
    id: string,
    device: string,
    offers: boolean,
  ) {
    const config = join(folder, `bird-${ns.name}.conf`);
    this.socket = join(folder, `bird-${ns.name}.ctl`);
    this.logFile = join(folder, `bird-${ns.name}.log`);
    writeFileSync(config, this.config(id, device, offers));
    ns.spawn(["bird", "-f", "-c", config, "-s", this.socket], { stdio: "ignore" });
  }

  private config(id: string, device: string, offers: boolean): string {
    const offer = (f: Family): string => (offers ? `protocol static { ipv${f}; route ${HOST_ROUTE[f]} via "lo"; }` : "");
    const family = (f: Family): string => `
${offer(f)}
protocol kernel kernel${f} { ipv${f} { import none; export where source ~ [ RTS_OSPF_EXT1, RTS_OSPF_EXT2 ]; }; }
protocol ospf v${f === 4 ? 2 : 3} ospf${f} {
  ipv${f} { import all; export where source = RTS_STATIC; };
  area 0 { interface "${device}" { hello 1; dead 5; wait 2; retransmit 2; }; };
}`;
    return `log "${this.logFile}" all;
router id ${id};
debug protocols { states, events, interfaces };
protocol device { }
${FAMILIES.map(family).join("")}
`;
  }

  /** Rows of `show ospf neighbors`: state of each neighbour. */
  neighbours(family: Family): string[] {
    const told = this.ns.exec(["birdc", "-r", "-s", this.socket, "show", "ospf", "neighbors", `ospf${family}`], { allowFailure: true });
    return [...told.stdout.matchAll(/^\d+\.\d+\.\d+\.\d+\s+\d+\s+(\S+?)\//gm)].map((m) => m[1]);
  }

  /** Lines logged so far. */
  log(): string[] {
    return readFileSync(this.logFile, "utf8").split("\n").filter(Boolean);
  }
}

/** BIRD also tells what happens to interfaces that it does not use, as the NICs of the group. */
const MEMBER = /interface eth[1-9] /;

/** What a log must not hold once the adjacency stands: any neighbour or interface leaving its state. */
const CHANGE = /changed state|Neighbor|neighbor|Interface|interface|goes down|link down|Inactivity/;

e2e("clearview bird: the OSPF adjacency on the group stays Full through failover and repair, IPv4 and IPv6", ["bird"], async (t) => {
  const stage = await Stage.build(t, "bird");
  for (const family of FAMILIES) stage.peer.addr("lo", HOST_ROUTE[family]);
  const birds = [
    new Bird(stage.host, stage.folder, "10.77.0.1", GROUP, false),
    new Bird(stage.peer, stage.folder, "10.77.0.9", "eth0", true),
  ];
  for (const family of FAMILIES)
    await eventually(
      `OSPF for IPv${family} is Full on both sides and the far address reachable`,
      async () => {
        for (const bird of birds) assert.deepEqual(bird.neighbours(family), ["Full"]);
        assert.ok(await stage.pings(stage.host, FAR[family], DATA[family][0]));
      },
      FULL_MS,
    );
  await sleep(1500); // what still settles is logged before the mark
  const marks = birds.map((bird) => bird.log().length);
  const routes = FAMILIES.map((f) => stage.host.ip(`-${f} route show ${FAR[f]}`));
  await stage.eachNic(async (nic, state) => {
    await sleep(2500); // more than two hellos
    for (const family of FAMILIES) {
      for (const bird of birds) assert.deepEqual(bird.neighbours(family), ["Full"], `IPv${family}, ${nic} ${state}`);
      await stage.reaches(stage.host, FAR[family], DATA[family][0]);
    }
  });
  // A lost adjacency would show at the latest when the dead interval is over.
  await sleep(5500);
  for (const [i, bird] of birds.entries()) {
    const since = bird.log().slice(marks[i]);
    assert.deepEqual(
      since.filter((line) => CHANGE.test(line) && !MEMBER.test(line)),
      [],
      "state changes logged during failover and repair",
    );
    for (const family of FAMILIES) assert.deepEqual(bird.neighbours(family), ["Full"], `IPv${family}, at the end`);
  }
  assert.deepEqual(
    FAMILIES.map((f) => stage.host.ip(`-${f} route show ${FAR[f]}`)),
    routes,
    "the learnt routes",
  );
});
