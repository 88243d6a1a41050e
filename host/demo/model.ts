// What the demo knows and shows: the words that the stages (real devices, in-memory LAN), the script, the score
// and the screen share. Plain data, no behaviour.
//
// Invariant: every time is in milliseconds since the stage was built, and every counter only grows.

/** Which way a stream's half runs, as seen from the host with the group. */
export type Way = "out" | "in";

/** A NIC of the group as it stands now. */
export interface NicState {
  name: string;
  /** it has carrier */
  link: boolean;
  /** state word of the module: RUNNING, FAILED, OFFLINE … */
  state: string;
  /** data addresses bound to it, IPv4 first, without link-local ones */
  addresses: string[];
  /** a link-local address, which the kernel gives every interface by itself, is bound to it too */
  linkLocal: boolean;
  outFrames: number;
  inFrames: number;
}

/** The group and its NICs at one moment. */
export interface Snapshot {
  at: number;
  group: string;
  /** OK, DEGRADED or FAILED */
  state: string;
  nics: NicState[];
  /** since when each bound data address has been bound to its NIC */
  boundSince: ReadonlyMap<string, number>;
}

/** One direction of one stream; a TCP connection has two, and so has a pair of UDP streams. */
export interface StreamName {
  protocol: "TCP" | "UDP";
  family: 4 | 6;
  way: Way;
}

/** What a receiver tells from time to time. */
export interface StreamReport extends StreamName {
  /** packets (UDP) or bytes (TCP) received so far */
  received: number;
  /** packets that never came, so far; 0 for TCP */
  lost: number;
  /** packets that came twice, so far; 0 for TCP */
  duplicates: number;
  /** longest silence since the last report, the present one included */
  gapMs: number;
  /** false once the connection is reset, closed or timed out */
  open: boolean;
}

export type Tone = "good" | "bad" | "plain";

/** Something that happened, as one line for people. */
export interface DemoEvent {
  at: number;
  text: string;
  tone: Tone;
}

/** What a stage tells while it runs. */
export interface StageListener {
  event(e: DemoEvent): void;
  stream(r: StreamReport): void;
  /** the kernel said something about the group interface's link, addresses or routes */
  disturbance(text: string): void;
  /** something the play needs has died; the play ends and says so */
  fatal(error: Error): void;
}

/** A host with a group of two NICs, a switch and a peer, with traffic between them. */
export interface Stage {
  /** "real devices" or "in-memory LAN" */
  readonly kind: "real" | "memory";
  readonly group: string;
  readonly nics: readonly [string, string];
  readonly peerAddresses: readonly string[];
  /** Builds everything and starts the streams; `step` names each step before it is taken. */
  start(listener: StageListener, step: (text: string) => void): Promise<void>;
  /** Takes the link of a NIC away, at the switch's end of the cable. */
  cut(nic: number): Promise<void>;
  repair(nic: number): Promise<void>;
  snapshot(): Promise<Snapshot>;
  /** milliseconds since the stage was built */
  now(): number;
  /** What a user can try while the stage is kept, a command a line. */
  hints(): string[];
  /** Removes everything it built. Safe to call twice and at any moment. */
  close(): Promise<void>;
}

/** A user's mistake or a missing prerequisite: told without a stack trace. */
export class DemoError extends Error {}
