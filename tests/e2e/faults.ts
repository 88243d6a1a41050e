// The faults that every row of the Clearview proof is shown across: what strikes, what heals, and when the group has acted.
//
// Invariants: strike() returns when the group has given up what was lost, heal() when it uses everything again; both wait
// for states, never for time. A fault stands in FAULTS if the daemon of these tests has what it takes to notice it.
import assert from "node:assert/strict";
import { FAMILIES, GROUP, PEER, PEER_A, PREFIX, type Stage, type StageOptions, sleep } from "./stage.js";
import type { GroupView } from "./status.js";

/** What can notice a fault. */
export type Watcher = "carrier" | "probes";

/** What the configuration needs for a watcher, and how long it then takes at most to notice. */
interface Watching extends Pick<StageOptions, "settings" | "member"> {
  detectionMs: number;
}

/**
 * What the daemon of the Clearview proof and of the chaos watches its members by. To show the faults of another watcher,
 * give it a line here.
 */
export const WATCHERS: Readonly<Partial<Record<Watcher, Watching>>> = {
  carrier: { detectionMs: 0 },
  // The router is a target by its route. The peers are some too: with none but the router its death would be the group's failure
  // (tests/daemon/probes), and a NIC that goes silent meanwhile could not be told from the others.
  probes: {
    detectionMs: 1000,
    settings: {
      detection_time_ms: 1000,
      probe_quiet_ms: 0,
      probe_repairs: 2,
      probe_recovery_ms: 1000,
      probe_settling_ms: 1000,
      probe_discovery: false,
      targets: FAMILIES.flatMap((f) => [PEER[f], PEER_A[f]]),
    },
    member: (_nic, i) => ({ test_addresses: [`10.77.0.${101 + i}/${PREFIX[4]}`, `2001:db8:77::${101 + i}/${PREFIX[6]}`] }),
  },
};

export interface Fault {
  name: string;
  watcher: Watcher;
  /** what it strikes, one after the other */
  targets(stage: Stage): readonly string[];
  strike(stage: Stage, target: string): Promise<void>;
  heal(stage: Stage, target: string): Promise<void>;
  /** while it lasts, the group's interface may lose its carrier, and what is sent by it */
  away?: true;
  /** no address may move, and no member's state change */
  still?: true;
}

const everyNic = (stage: Stage): readonly string[] => stage.nics;
const once = (name: string) => (): readonly string[] => [name];

/** Waits until a condition holds of each of these members. */
async function untilEach(stage: Stage, what: string, nics: readonly string[], holds: (g: GroupView, nic: string) => boolean) {
  await stage.until(`${nics.join(", ")} ${what}`, (g) => {
    for (const nic of nics) assert.ok(holds(g, nic), `${nic} is ${g.member(nic).state}`);
  });
}

const givenUp = (stage: Stage, nics: readonly string[]): Promise<void> =>
  untilEach(stage, "given up", nics, (g, nic) => g.member(nic).idle);
const inUse = (stage: Stage, nics: readonly string[]): Promise<void> => untilEach(stage, "in use", nics, (g, nic) => g.member(nic).active);

/** NICs at the switch that dies; the peer of the rows is at the other. */
const DYING = "a";
const dying = (stage: Stage): readonly string[] => stage.nics.filter((nic) => stage.campus.side(nic) === DYING);

/** What must not change while a fault is none of the members'. */
export function shape(g: GroupView): unknown {
  const members = g.members.map((m) => `${m.name} ${m.state}`).sort();
  const addresses = g.addresses.map((a) => `${a.address} ${a.state} ${a.member}`).sort();
  return { members, addresses };
}

/** How long a fault that the group must not answer is left to itself: a few detection times. */
const STILL_MS = 3000;

const ALL: readonly Fault[] = [
  {
    name: "carrier loss and repair",
    watcher: "carrier",
    targets: everyNic,
    strike: (stage, nic) => stage.cut(nic),
    heal: (stage, nic) => stage.repair(nic),
  },
  {
    name: "silent loss and repair",
    watcher: "probes",
    targets: everyNic,
    strike: async (stage, nic) => {
      stage.campus.hush(nic);
      await givenUp(stage, [nic]);
    },
    heal: async (stage, nic) => {
      stage.campus.unhush(nic);
      await inUse(stage, [nic]);
    },
  },
  {
    name: "switch death and return",
    watcher: "carrier",
    targets: once(DYING),
    strike: async (stage) => {
      stage.campus.kill(DYING);
      await givenUp(stage, dying(stage));
    },
    heal: async (stage) => {
      stage.campus.revive(DYING);
      await inUse(stage, stage.nics);
    },
  },
  {
    name: "switch death behind carriers that stay, and return",
    watcher: "probes",
    targets: once(DYING),
    strike: async (stage) => {
      stage.campus.hang(DYING);
      await givenUp(stage, dying(stage));
    },
    heal: async (stage) => {
      stage.campus.unhang(DYING);
      await inUse(stage, stage.nics);
    },
  },
  {
    name: "router death and return",
    watcher: "probes",
    targets: once("router"),
    strike: async (stage) => {
      stage.campus.killRouter();
      await sleep(STILL_MS);
    },
    heal: async (stage) => {
      stage.campus.reviveRouter();
      await inUse(stage, stage.nics);
    },
    still: true,
  },
  {
    name: "offline and undo-offline",
    watcher: "carrier",
    targets: everyNic,
    strike: async (stage, nic) => {
      await stage.ask("offline", { nic });
      await givenUp(stage, [nic]);
    },
    heal: async (stage, nic) => {
      await stage.ask("undo_offline", { nic });
      await inUse(stage, [nic]);
    },
  },
  {
    name: "kill -9 and new start",
    watcher: "carrier",
    targets: once(GROUP),
    strike: (stage) => stage.killDaemon(),
    heal: (stage) => stage.startDaemon(),
    away: true,
  },
];

/** The faults that the daemon can notice by what it watches, in the order in which they are shown. */
export const FAULTS: readonly Fault[] = ALL.filter((f) => f.watcher in WATCHERS);

/** What a stage needs so that every watcher of WATCHERS works on it. */
export const WATCHED_STAGE: StageOptions = {
  campus: true,
  settings: Object.assign({}, ...Object.values(WATCHERS).map((w) => w.settings)),
  member: (nic, i) => Object.assign({}, ...Object.values(WATCHERS).map((w) => w.member?.(nic, i))),
};

/** The same with three NICs, so that a dying switch takes two of them at once. */
export const FAULT_STAGE: StageOptions = { ...WATCHED_STAGE, nics: 3 };
