// What chaos can do: each kind of fault with what it takes away while it lasts, how often it is drawn, and how it is done.
//
// Invariants: begin() and end() return when it is done, not when the group has acted. A kind is in KINDS if the daemon has what
// it takes to notice it (WATCHERS of tests/e2e/faults.ts).
import { Refusal } from "../../host/daemon/refusal.js";
import { SWITCHES, type SwitchName } from "../../host/lab/campus.js";
import { WATCHERS, type Watcher } from "../e2e/faults.js";
import { eventually, FAMILIES, type Family, GROUP, PREFIX, type Stage, sleep } from "../e2e/stage.js";

/** What a fault keeps from carrying while it lasts. */
export type Loss = { nic: string } | { switch: SwitchName } | { router: true } | { daemon: true };

export interface Kind {
  name: string;
  watcher: Watcher;
  /** how often it is drawn, beside the others */
  weight: number;
  /** how long it lasts, milliseconds */
  ms: readonly [least: number, most: number];
  /** what it may strike */
  targets(nics: readonly string[]): readonly string[];
  /** what it takes away; nothing if traffic goes on */
  loss(target: string): Loss | undefined;
  /** it asks the daemon for something, or is about the daemon itself: such faults exclude each other */
  daemon?: true;
  begin(stage: Stage, target: string): Promise<void>;
  end(stage: Stage, target: string): Promise<void>;
}

const everyNic = (nics: readonly string[]): readonly string[] => nics;
const only = (name: string) => (): readonly string[] => [name];
const nothing = (): undefined => undefined;
const nic = (name: string): Loss => ({ nic: name });
const switchOf = (name: string): Loss => ({ switch: name as SwitchName });
const theRouter = (): Loss => ({ router: true });
const theDaemon = (): Loss => ({ daemon: true });
const done = async (): Promise<void> => {};

/** An address that comes and goes by hand. */
const EXTRA: Readonly<Record<Family, string>> = { 4: "10.77.0.44", 6: "2001:db8:77::44" };
const FLAPS = 4;
const FLAP_MS = 60;

/** Asks the daemon; what it refuses for the sake of redundancy is not done, which is right. */
async function unlessRefused(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
  }
}

/** Waits until a daemon answers and has its group. */
async function answers(stage: Stage): Promise<void> {
  await eventually("the daemon answers after its new start", async () => void (await stage.group()));
}

const ALL: readonly Kind[] = [
  {
    name: "carrier loss",
    watcher: "carrier",
    weight: 6,
    ms: [200, 5000],
    targets: everyNic,
    loss: nic,
    begin: async (stage, target) => stage.campus.cut(target),
    end: async (stage, target) => stage.campus.repair(target),
  },
  {
    name: "flapping",
    watcher: "carrier",
    weight: 2,
    ms: [FLAPS * FLAP_MS * 2, FLAPS * FLAP_MS * 4],
    targets: everyNic,
    loss: nic,
    begin: async (stage, target) => {
      for (let i = 0; i < FLAPS; i++) {
        stage.campus.cut(target);
        await sleep(FLAP_MS);
        stage.campus.repair(target);
        await sleep(FLAP_MS);
      }
    },
    end: done,
  },
  {
    name: "silent loss",
    watcher: "probes",
    weight: 6,
    ms: [200, 8000],
    targets: everyNic,
    loss: nic,
    begin: async (stage, target) => stage.campus.hush(target),
    end: async (stage, target) => stage.campus.unhush(target),
  },
  {
    name: "switch death",
    watcher: "carrier",
    weight: 2,
    ms: [300, 4000],
    targets: () => SWITCHES,
    loss: switchOf,
    begin: async (stage, target) => stage.campus.kill(target as SwitchName),
    end: async (stage, target) => stage.campus.revive(target as SwitchName),
  },
  {
    name: "switch hangs",
    watcher: "probes",
    weight: 2,
    ms: [300, 8000],
    targets: () => SWITCHES,
    loss: switchOf,
    begin: async (stage, target) => stage.campus.hang(target as SwitchName),
    end: async (stage, target) => stage.campus.unhang(target as SwitchName),
  },
  {
    name: "router death",
    watcher: "probes",
    weight: 1,
    ms: [500, 8000],
    targets: only("router"),
    loss: theRouter,
    begin: async (stage) => stage.campus.killRouter(),
    end: async (stage) => stage.campus.reviveRouter(),
  },
  {
    name: "offline",
    watcher: "carrier",
    weight: 2,
    ms: [300, 4000],
    targets: everyNic,
    loss: nic,
    daemon: true,
    begin: (stage, target) => unlessRefused(stage.ask("offline", { nic: target })),
    end: (stage, target) => unlessRefused(stage.ask("undo_offline", { nic: target })),
  },
  {
    name: "standby",
    watcher: "carrier",
    weight: 1,
    ms: [300, 4000],
    targets: everyNic,
    loss: nothing,
    daemon: true,
    begin: async (stage, target) => void (await stage.ask("standby", { nic: target, on: true })),
    end: async (stage, target) => void (await stage.ask("standby", { nic: target, on: false })),
  },
  {
    name: "kill -9",
    watcher: "carrier",
    weight: 1,
    ms: [50, 1500],
    targets: only(GROUP),
    loss: theDaemon,
    daemon: true,
    begin: (stage) => stage.killDaemon(),
    end: async (stage) => {
      stage.spawnDaemon();
      await answers(stage);
    },
  },
  {
    name: "freeze",
    watcher: "carrier",
    weight: 1,
    ms: [50, 800],
    targets: only(GROUP),
    loss: theDaemon,
    daemon: true,
    begin: async (stage) => void stage.daemon?.kill("SIGSTOP"),
    end: async (stage) => void stage.daemon?.kill("SIGCONT"),
  },
  {
    name: "address by hand",
    watcher: "carrier",
    weight: 1,
    ms: [100, 3000],
    targets: only(GROUP),
    loss: nothing,
    begin: async (stage) => {
      for (const f of FAMILIES) stage.host.ip(`addr add ${EXTRA[f]}/${PREFIX[f]} dev ${GROUP}`);
    },
    end: async (stage) => {
      for (const f of FAMILIES) stage.host.ip(`addr del ${EXTRA[f]}/${PREFIX[f]} dev ${GROUP}`);
    },
  },
  {
    name: "forgotten neighbours",
    watcher: "carrier",
    weight: 1,
    ms: [100, 100],
    targets: only(GROUP),
    loss: nothing,
    begin: async (stage) => {
      stage.host.ip(`neigh flush dev ${GROUP}`);
      for (const side of SWITCHES) stage.campus.peers[side].ip("neigh flush dev eth0");
    },
    end: done,
  },
];

export const KINDS: readonly Kind[] = ALL.filter((k) => k.watcher in WATCHERS);

export function kindOf(name: string): Kind {
  const found = ALL.find((k) => k.name === name);
  if (!found) throw new Error(`no kind of fault "${name}"`);
  return found;
}

/** How long the daemon may take to notice a fault of this kind, milliseconds. */
export const detectionMs = (kind: Kind): number => WATCHERS[kind.watcher]?.detectionMs ?? 0;
