// The limits of the cluster's transport, each named once, and its timings.
//
// Invariant: whatever grows by what others send, or by what is asked of it, has a limit here.

import { LIMIT } from "../core/abi/clms.js";
import { CALL_HEAD } from "./frames.js";

/** Bytes of a message, request or reply: the longest message of clms.wasm. */
export const MESSAGE_MAX = LIMIT.MSG_MAX;
/** Bytes of what is cut into pieces: a message, or a call with its number. */
export const BODY_MAX = MESSAGE_MAX + CALL_HEAD;
/** Peers of a node. */
export const PEERS_MAX = LIMIT.NODE_MAX - 1;

/** Queued to one node, by lane: messages and bytes. */
export const QUEUE_MESSAGES = { urgent: 1_024, bulk: 4_096 } as const;
export const QUEUE_BYTES = { urgent: 512 * 1024, bulk: 1024 * 1024 } as const;
/** Queued to all nodes. Replies are never refused, so this and the limits above may be exceeded by SERVED_MAX replies a node. */
export const QUEUE_BYTES_ALL = 64 * 1024 * 1024;
/** Frames of the transport's own that wait for a datagram to a node. */
export const CONTROL_MAX = 256;

/** Messages from one node of which pieces are missing; bytes of all such messages. */
export const PARTIAL_MAX = 8;
/** Long messages of a lane that are on their way at a time: both lanes together no more than the other side takes. */
export const LONG_MAX = PARTIAL_MAX / 2;
export const PARTIAL_BYTES_ALL = 32 * 1024 * 1024;

/** Requests from one node that have not been answered yet. */
export const SERVED_MAX = 64;
/** Requests to one node that wait for their reply. */
export const CALLS_MAX = 1_024;
/** After this time without an answer from the program a request is forgotten. */
export const SERVE_MS = 60_000;

/** Datagrams handed to the system by one socket and not yet taken. */
export const IN_FLIGHT_MAX = 128;
/** Datagrams of pieces and of the bulk lane that leave at once to one node, and so many a millisecond after that. */
export const BURST = 48;
export const BURST_PER_MS = 16;
/**
 * HELLOs that one node gets at once, and a second after that: as answers to what may be a recording, and as many as reminders of what
 * came in a channel of the past.
 */
export const ANSWERS = 50;

/** How pieces are looked after, in ms. */
export interface Care {
  /** a long message is kept for so long after its last new piece, or the last question for missing ones */
  readonly keepMs: number;
  /** without a word about a message that was sent wholly, one piece is sent again: all of it may have been lost */
  readonly promptMs: number;
}

/** All in ms. timingsFor() gives a set that fits a detector. */
export interface Timings {
  /** a datagram that wants an answer has none for so long: the link is suspected, others are preferred */
  suspectMs: number;
  /** for so long: the link is down */
  downMs: number;
  /** a link by which nothing was confirmed for so long is tried */
  idleMs: number;
  /** a link has to be up for so long before traffic returns to it from a later one */
  stableMs: number;
  /** first and longest time between two HELLOs to a node that does not answer */
  helloMs: number;
  helloMaxMs: number;
  /** a message that finds no way to its node for so long is dropped */
  expireMs: number;
  /** a message whose pieces are not complete after so long is dropped */
  partialMs: number;
  /** after so long without a further piece the missing ones are asked for */
  askMs: number;
}

/**
 * Timings for a detector that probes every `probeMs` and misses a node after `losses` of them: a link that died is left within half
 * of the time after which its node would be missed, if there is another.
 */
export function timingsFor(probeMs: number, losses: number): Timings {
  const missed = probeMs * losses;
  const suspectMs = Math.max(5, missed / 4);
  return {
    suspectMs,
    downMs: 5 * suspectMs,
    idleMs: Math.max(2_000, 2 * missed),
    stableMs: Math.max(2_000, missed),
    helloMs: Math.max(20, suspectMs / 2),
    helloMaxMs: 2_000,
    expireMs: Math.max(500, 2 * missed),
    partialMs: Math.max(2_000, 2 * missed),
    askMs: 30,
  };
}

/** For probes every 200 ms and 4 losses, the profile `lan`. */
export const DEFAULT_TIMINGS: Timings = timingsFor(200, 4);

/** Bytes held for one purpose by all nodes together. */
export class Budget {
  used = 0;
  readonly max: number;
  constructor(max: number) {
    this.max = max;
  }
  /** Takes `bytes` if they fit. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.max) return false;
    this.used += bytes;
    return true;
  }
  give(bytes: number): void {
    this.used -= bytes;
  }
}
