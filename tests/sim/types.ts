// The names that the parts of the simulator share: what a schedule is, what a world offers, who watches it.
//
// A world is a pure function of (scenario, seed, nemesis): no wall clock, no Math.random. Times are virtual ns since
// the beginning, integers below 2^53. Nodes are addressed by their index in world.nodes, which is the node's number
// for all but twins (a second process under a number that is in use); index 0 is empty.
//
// Invariant: an observer only looks. It may call exports that change nothing (clms_node_get, clms_svc_holds after
// node.refresh()), never one that steps the node.

import type { Clms } from "../../host/core/clms.js";

export type Time = number;
export const US = 1_000;
export const MS = 1_000_000;
export const SEC = 1_000_000_000;
/** A time that never comes. */
export const NEVER: Time = Number.MAX_SAFE_INTEGER;

// ── Faults: objects that the nemesis changes while the world runs ──

/** What a directed link does to a message. Probabilities are 0 to 1, drawn for each message. */
export interface NetParams {
  /** delay = delayNs + exponential of mean jitterNs; with probability tail, that and exponential of mean tailNs */
  delayNs: number;
  jitterNs: number;
  tail: number;
  tailNs: number;
  drop: number;
  duplicate: number;
  /** extra delay of up to reorderNs */
  reorder: number;
  reorderNs: number;
  /** comes once more, up to replayNs later */
  replay: number;
  replayNs: number;
  /** one to eight bytes change */
  corrupt: number;
  truncate: number;
  /** bytes are added, up to more than MSG_MAX */
  oversize: number;
  /** a burst begins: this and the next burstLen messages of the link are lost */
  burst: number;
  burstLen: number;
  /** longer messages are lost; 0 = none */
  mtu: number;
}

/** What a node's disk does. */
export interface DiskParams {
  /** a sync takes syncNs + exponential of mean syncJitterNs */
  syncNs: number;
  syncJitterNs: number;
  /** probability that a sync takes slowNs longer */
  slow: number;
  slowNs: number;
  /** writes wait as long as it is set */
  full: boolean;
  /** as full; the machine that has it is usually restarted */
  readOnly: boolean;
  /** at a crash: probability that the write after the last one that was kept is torn */
  torn: number;
  /** for each record at each reading: its place turns out damaged */
  bitflip: number;
  /** for each record write: it lands in another place (found damaged there), the right place keeps what it had */
  misdirect: number;
  /** for each record write: confirmed, but the place keeps what it had */
  lostWrite: number;
  /** at each start: probability that the header is damaged, that the checkpoint is */
  headerDamage: number;
  checkpointDamage: number;
}

/** How a node's host behaves. */
export interface HostParams {
  /** time of a callback of a subsystem: callNs + exponential of mean callJitterNs */
  callNs: number;
  callJitterNs: number;
  /** probabilities that a callback is never answered, fails (and is run again), is answered twice, comes lateNs later */
  callNever: number;
  callError: number;
  callTwice: number;
  callLate: number;
  lateNs: number;
  /** time to take or release a service, probability that taking it fails */
  svcNs: number;
  svcFail: number;
  /** time of a fence; probabilities that it fails (said so), that it lies (said done, target lives) */
  fenceNs: number;
  fenceFail: number;
  fenceLie: number;
  /** a fenced machine starts again after this; 0 = never by itself */
  fenceRebootNs: number;
  /** the host's certain word on who is dead (CONFF EXTERNAL, plain classic): delay; 0 = it says nothing */
  wordNs: number;
  /** after EVENT_BLAST the operator says that it may be; 0 = never */
  overrideNs: number;
}

export interface ArbiterParams {
  delayNs: number;
  jitterNs: number;
  down: boolean;
  /** answer lost: the host says "not reachable" after a second, a write may have happened nevertheless */
  lose: number;
}

export interface FaultParams {
  net: NetParams;
  disk: DiskParams;
  host: HostParams;
  arbiter: ArbiterParams;
}

// ── Scenario ──

export interface NodeSpec {
  /** 1 to NODE_MAX */
  node: number;
  /** ROLE */
  role: number;
  votes: number;
  site: number;
  /** is it in the first configuration? */
  genesis: boolean;
  /** first start */
  at: Time;
}

export interface AppParams {
  /** time between an application's looks on each node; 0 = no application */
  tickNs: number;
  /** processes per cluster at the beginning */
  processes: number;
  /** probabilities for each look of a process: it migrates, it sends data */
  migrate: number;
  send: number;
  /** subsystems on each node, 0 to 3 */
  subsystems: number;
  /** key services of the cluster */
  services: number;
  /** candidates of a service: this many nodes, from number 1 + service on; 0 = every voter */
  candidates: number;
}

export interface Scenario {
  name: string;
  nodes: NodeSpec[];
  /** MODE */
  mode: number;
  /** PROFILE; probeMs and losses for CUSTOM */
  profile: number;
  probeMs: number;
  losses: number;
  /** CONFF, without BOOTSTRAP */
  flags: number;
  /** PARAM → value, set after each start */
  params: Readonly<Record<number, number>>;
  /** the phase in which faults happen, then heal, then the phase that has to converge */
  safetyNs: Time;
  livenessNs: Time;
  /** time from the admission to the wish to be UP, without AUTO_UP */
  upNs: number;
  /** names of fault classes that the nemesis may use */
  faults: readonly string[];
  app: AppParams;
  /** what the faults are at the beginning, and again after heal() */
  base: FaultParams;
  /** ns per second that the clocks of the nodes drift at most */
  driftNs: number;
}

// ── What runs ──

/** How a node is stopped. */
export const CRASH = {
  /** between two steps */
  NOW: 0,
  /** in its next step: before its writes are taken */
  BEFORE_WRITES: 1,
  /** in its next step: after its writes went to the disk, before its messages leave */
  BEFORE_SEND: 2,
  /** in its next step: after the first of its messages left */
  MID_SEND: 3,
} as const;

export interface SimProcess {
  pid: number;
  /** highest slot that it has seen, on whatever node */
  seen: number;
  /** index of the node it runs on, or is on its way to */
  at: number;
  /** 0 runs, 1 is on its way, 2 waits at its destination */
  state: number;
}

/** A durable image: what a disk would give back after a crash now. Opaque to all but disk.ts. */
export interface DiskImage {
  readonly node: number;
}

export interface SimDisk {
  params: DiskParams;
  /** writes that were taken and are not confirmed */
  readonly pending: number;
  /** may the node's first start be repeated with BOOTSTRAP: nothing was ever durable */
  readonly empty: boolean;
  copy(): DiskImage;
  restore(image: DiskImage): void;
  wipe(): void;
  /** damages the durable place of a slot; false if it holds nothing */
  damage(place: number): boolean;
}

export interface SimNode {
  /** place in world.nodes */
  readonly index: number;
  /** node number */
  readonly id: number;
  /** uuid of the cluster that it is configured for, in hexadecimal */
  readonly cluster: string;
  readonly spec: NodeSpec;
  /** the module; valid while alive (and, after a crash, until the next boot, to look at) */
  clms: Clms;
  readonly disk: SimDisk;
  host: HostParams;
  alive: boolean;
  /** number of this boot, from 1; 0 = never started */
  boot: number;
  /** steps of the module since the beginning */
  steps: number;
  /** it does nothing before this time; 0 = it runs */
  pausedUntil: Time;
  /** every step takes this long (slow CPU); 0 = no time */
  slowNs: number;
  /** fencing token of each service that this host really has taken; 0 = not held */
  readonly tokens: Float64Array;
  /** its own clock, ns */
  local(): number;
  /** writes its own clock into Page.now, so that clms_svc_holds is asked about this moment */
  refresh(): void;
}

export interface World {
  readonly scenario: Scenario;
  readonly seed: number;
  now: Time;
  /** by index; [0] is undefined */
  readonly nodes: SimNode[];
  readonly processes: SimProcess[];
  /** the parameters of every link without its own */
  net: NetParams;
  arbiter: ArbiterParams;
  /** two 32-bit words that depend on every step so far (S47) */
  readonly hash: readonly [number, number];
  /** steps of all modules, messages delivered */
  readonly stepsTotal: number;
  readonly delivered: number;
  /** runs everything up to and including t */
  runUntil(t: Time): void;
  /** calls nemesis.fire(action) at that time */
  at(t: Time, action: number): void;
  /** a stream of random numbers of its own, fixed by the world's seed and the name */
  random(name: string): Random;

  // What a nemesis does. Links are directed: from index to index. What names no node does nothing.
  crash(index: number, how?: number): void;
  /** starts a node that is down; nothing if it runs */
  start(index: number): void;
  restart(index: number, afterNs: number): void;
  pause(index: number, ns: number): void;
  wipe(index: number): void;
  clockJump(index: number, ns: number): void;
  setState(index: number, state: number, deadlineMs: number): void;
  request(index: number, req: number, node: number, setId: number, arg: number): number;
  /** the host's certain word to all running nodes that node's last incarnation is dead */
  word(index: number): void;
  /** a second process under the number of a node; returns its index */
  twin(of: number, sameUuid: boolean, sameCluster: boolean): number;
  /** index 0 is the arbiter */
  cut(from: number, to: number, on: boolean): void;
  clog(from: number, to: number, on: boolean): void;
  link(from: number, to: number): NetParams;
  unlink(from: number, to: number): void;
  arbiterBackup(): void;
  arbiterRestore(): void;
  /** no faults any more: links, disks, hosts, pauses, arbiter; nodes that are down stay down */
  heal(): void;
}

/** A stream of pseudo-random numbers. */
export interface Random {
  /** 32 bits, unsigned */
  u32(): number;
  /** 0 ≤ x < 1 */
  unit(): number;
  /** 0 ≤ x < n, an integer */
  below(n: number): number;
  /** lo ≤ x ≤ hi, an integer */
  between(lo: number, hi: number): number;
  chance(p: number): boolean;
  exponential(mean: number): number;
}

/** Why a step of the module happened. */
export const STEP = {
  BOOT: 0,
  MESSAGE: 1,
  TIMER: 2,
  DURABLE: 3,
  /** an answer of the host: callback, service, fence, arbiter */
  ANSWER: 4,
  /** a wish: state, request, word on a dead node */
  WISH: 5,
  /** the application asked something */
  APP: 6,
} as const;

/** What watches a world. Addresses are in node.clms; they are valid during the call only. */
export interface Observer {
  /** after every step of a module and the taking of all that came out of it; step is STEP */
  afterStep(node: SimNode, step: number): void;
  /** after clms_node_start gave result (0 or a negative errno) */
  onBoot(node: SimNode, result: number): void;
  onCrash(node: SimNode): void;
  /** the module trapped: always a defect */
  onTrap(node: SimNode, error: Error): void;
  /** a message leaves the module for node number `to` */
  onSend(node: SimNode, to: number, at: number, len: number): void;
  /** a message is about to be given to the module (at = inbox); `from` = index of the sender, `intact` = as it was sent */
  onReceive(node: SimNode, from: number, at: number, len: number, intact: boolean): void;
  /** what the module said to it: 0 or a negative errno */
  onVerdict(node: SimNode, verdict: number): void;
  /** a write is taken from the module: op DURABLE */
  onWrite(node: SimNode, op: number, slot: number, at: number, len: number): void;
  /** writes up to seq are confirmed, before the module hears of it */
  onDurable(node: SimNode, seq: number): void;
  /** an event of the module, before the host acts on it; at = the Event */
  onEvent(node: SimNode, type: number, at: number): void;
  /** the host runs callback `call` of a subsystem; done when status ≥ 0 (0 done, other failed) */
  onCallback(node: SimNode, subsys: number, call: number, slot: number, arg: number, status: number): void;
  /** the host really has a service (held) with its token, or no longer */
  onService(node: SimNode, svc: number, held: boolean, token: number): void;
  /** the resource of a service was used with this token, clms_svc_holds having said yes */
  onUse(node: SimNode, svc: number, token: number): void;
  /** a fence was asked (phase 0), really killed its target (1), was answered (2: ok) or (3: failed) */
  onFence(node: SimNode, target: number, inc: number, phase: number): void;
  /** the register was read or written by this node: version now, did it change */
  onArbiter(node: SimNode, version: number, changed: boolean, register: Uint8Array): void;
  /** a process read the membership: count numbers (u16) at `at`; slot = the Token's */
  onRead(node: SimNode, process: SimProcess, slot: number, at: number, count: number): void;
  /** clms_token_check let a process go on here with a token of that slot */
  onResume(node: SimNode, process: SimProcess, slot: number): void;
  /** a process came with a token of another history (EUCLEAN) */
  onDiverged(node: SimNode, process: SimProcess): void;
  /** application data: verdict is STAMP or a negative errno; at = the Stamp */
  onData(node: SimNode, verdict: number, at: number): void;
  /** a request of this node was answered: id, REFUSED */
  onRequest(node: SimNode, id: number, refused: number): void;
}

export interface Nemesis {
  /** before the first step: plans actions with world.at */
  begin(world: World): void;
  /** an action's time has come */
  fire(world: World, action: number): void;
}
