// Clearview row 4: a routing daemon keeps its adjacency over the group, and the routes it learnt, across a failover.
//
// BIRD speaks OSPFv2 and OSPFv3 on the group and on the peer; the peer offers one route of each family.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Netns } from "../../host/lab/netns.js";
import { clearview } from "./clearview.js";
import { DATA, eventually, FAMILIES, type Family, GROUP, sleep } from "./stage.js";

/** What the peer has behind it. */
const FAR: Readonly<Record<Family, string>> = { 4: "198.51.100.1", 6: "2001:db8:ff::1" };
const HOST_ROUTE: Readonly<Record<Family, string>> = { 4: `${FAR[4]}/32`, 6: `${FAR[6]}/128` };
const FULL_MS = 45_000;
/** A neighbour not heard for so long is given up: longer than the daemon needs to start, also on a busy machine. */
const DEAD_S = 15;

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

  /** check link no: while no daemon runs, the group has no carrier, which shall not be more than a silence. */
  private config(id: string, device: string, offers: boolean): string {
    const offer = (f: Family): string => (offers ? `protocol static { ipv${f}; route ${HOST_ROUTE[f]} via "lo"; }` : "");
    const family = (f: Family): string => `
${offer(f)}
protocol kernel kernel${f} { ipv${f} { import none; export where source ~ [ RTS_OSPF_EXT1, RTS_OSPF_EXT2 ]; }; }
protocol ospf v${f === 4 ? 2 : 3} ospf${f} {
  ipv${f} { import all; export where source = RTS_STATIC; };
  area 0 { interface "${device}" { hello 1; dead ${DEAD_S}; wait 2; retransmit 2; check link no; }; };
}`;
    return `log "${this.logFile}" all;
router id ${id};
debug protocols { states, events, interfaces };
protocol device { scan time 1; }
${FAMILIES.map(family).join("")}
`;
  }

  /** Rows of `show ospf neighbors`: state of each neighbour, and the seconds until it is given up. */
  private neighbours(family: Family): { state: string; seconds: number }[] {
    const told = this.ns.exec(["birdc", "-r", "-s", this.socket, "show", "ospf", "neighbors", `ospf${family}`], { allowFailure: true });
    const rows = told.stdout.matchAll(/^\d+\.\d+\.\d+\.\d+\s+\d+\s+(\S+?)\/\S*\s+([\d.]+)/gm);
    return [...rows].map(([, state, seconds]) => ({ state, seconds: Number(seconds) }));
  }

  states(family: Family): string[] {
    return this.neighbours(family).map((n) => n.state);
  }

  /** Seconds until the first neighbour is given up. */
  patience(family: Family): number {
    return Math.min(...this.neighbours(family).map((n) => n.seconds));
  }

  /** Lines logged so far. */
  log(): string[] {
    return readFileSync(this.logFile, "utf8").split("\n").filter(Boolean);
  }
}

/** BIRD also tells what happens to interfaces that it does not use, as the NICs of the group. */
const MEMBER = /interface eth[1-9] /;

/** The interface without a daemon has no carrier; BIRD says so of its routes and goes on. */
const CARRIER = /interface ipmp0 /i;

/**
 * What a log must not hold once the adjacency stands: any neighbour or interface leaving its state. "Scanning interfaces"
 * is none: the device protocol looks again every `scan time`, and is made to do so in every window.
 */
const CHANGE = /changed state|\b[Nn]eighbor\b|\b[Ii]nterface\b|goes down|link down|Inactivity/;

/** Waits until a hello has come on every side since it was called: the time that is left until the neighbour is given up begins anew. */
async function hellos(birds: readonly Bird[]): Promise<void> {
  for (const family of FAMILIES) {
    const left = birds.map((bird) => bird.patience(family));
    await eventually(
      `a hello for IPv${family} has come on every side`,
      async () => {
        for (const [i, bird] of birds.entries()) {
          const now = bird.patience(family);
          assert.ok(now > left[i], `${now} s left, ${left[i]} s before`);
          left[i] = Number.NEGATIVE_INFINITY;
        }
      },
      FULL_MS,
    );
  }
}

clearview({
  name: "bird: the OSPF adjacency on the group stays Full, and the learnt routes, IPv4 and IPv6",
  lab: "bird",
  needs: ["bird"],
  async open(stage) {
    for (const family of FAMILIES) stage.peer.addr("lo", HOST_ROUTE[family]);
    const birds = [
      new Bird(stage.host, stage.folder, "10.77.0.1", GROUP, false),
      new Bird(stage.peer, stage.folder, "10.77.0.9", "eth0", true),
    ];
    for (const family of FAMILIES)
      await eventually(
        `OSPF for IPv${family} is Full on both sides and the far address reachable`,
        async () => {
          for (const bird of birds) assert.deepEqual(bird.states(family), ["Full"]);
          assert.ok(await stage.pings(stage.host, FAR[family], DATA[family][0]));
        },
        FULL_MS,
      );
    await sleep(1500); // what still settles is logged before the mark
    const routes = (): string[] => FAMILIES.map((f) => stage.host.ip(`-${f} route show ${FAR[f]}`));
    return async (fault) => {
      const marks = birds.map((bird) => bird.log().length);
      const before = routes();
      const look = async (when: string): Promise<void> => {
        await hellos(birds);
        for (const family of FAMILIES) {
          for (const bird of birds) assert.deepEqual(bird.states(family), ["Full"], `IPv${family}, ${when}`);
          await stage.reaches(stage.host, FAR[family], DATA[family][0]);
        }
      };
      const judge = async (): Promise<void> => {
        for (const [i, bird] of birds.entries()) {
          const changes = bird
            .log()
            .slice(marks[i])
            .filter((line) => CHANGE.test(line) && !MEMBER.test(line));
          assert.deepEqual(
            changes.filter((line) => !(fault.away && CARRIER.test(line))),
            [],
            "state changes logged",
          );
        }
        assert.deepEqual(routes(), before, "the learnt routes");
      };
      return { look, judge };
    };
  },
});
