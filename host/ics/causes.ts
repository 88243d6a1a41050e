// Every reason for which something is thrown away, by name: the one table that counters, docs/ics.md and tests go by.
//
// Invariant: nothing is dropped without a cause of this table being counted. In the order of the table a datagram is checked:
// causes above BAD_TAG need no key, and whoever can send a datagram can cause them; causes below come from authentic ones only.

export const CAUSES = {
  SHORT: "shorter than a header and a tag, or longer than a datagram of this transport may be",
  PLAIN: "does not begin with the magic number: not of this transport, or not encrypted",
  VERSION: "a version of the wire format that is not spoken here",
  CLUSTER: "of another cluster",
  KIND: "of no known kind, or of a link that is not configured",
  NOT_FOR_US: "for another node number",
  UNKNOWN_SENDER: "from a number that is no configured peer, or is this node's own",
  UNKNOWN_KEY: "sealed with a key that is not in the keyring",
  STALE: "of a former life of its sender or for a former life of this node",
  REPLAYED: "its number has been received, or is too old for the window",
  BAD_TAG: "forged or damaged: it does not open under its key",
  MALFORMED: "authentic, but not laid out as it should be",
  PIECE_AGAIN: "a piece of a message that is there already, or of one that is complete",
  PIECE_CONFLICT: "a piece that contradicts those before it: the message is given up",
  PIECE_FULL: "a piece of a further message while as many are incomplete as may be",
  PIECE_LATE: "an incomplete message whose time is over",
  REPLY_LATE: "a reply that nobody waits for (any more)",
  REQUEST_BUSY: "a request beyond those that are served at a time; it is refused",
  REQUEST_UNSERVED: "a request to a node whose program serves none; it is refused",
  REQUEST_FORGOTTEN: "a request that this node's program has not answered in a minute",
  QUEUE_FULL: "to send: the queue to that node, or of all nodes, is full",
  TOO_LARGE: "to send: longer than a message may be",
  EXPIRED: "to send: waited too long for a way to the node",
  RESTARTED: "to send: it was for a former life of the node, or for a node that was removed",
  SEND_ERROR: "to send: the system refused the datagram",
} as const;

export type Cause = keyof typeof CAUSES;
export const CAUSE_NAMES = Object.keys(CAUSES) as readonly Cause[];

export type CauseCounts = Record<Cause, number>;

/** What has gone through, in all. Numbers only rise. */
export interface Counters {
  /** datagrams and their bytes, without UDP and IP headers */
  sent: number;
  sentBytes: number;
  received: number;
  receivedBytes: number;
  /** messages, requests and replies: queued here, handed up here */
  messagesOut: number;
  messagesIn: number;
  /** datagrams that carried nothing but liveness, and those of the handshake */
  keepAlives: number;
  hellos: number;
  /** pieces sent again because the other side asked for them */
  repeated: number;
  /** times that traffic to a node went over to another link */
  failovers: number;
  dropped: CauseCounts;
}

export function newCounters(): Counters {
  const dropped = Object.fromEntries(CAUSE_NAMES.map((name) => [name, 0])) as CauseCounts;
  return {
    sent: 0,
    sentBytes: 0,
    received: 0,
    receivedBytes: 0,
    messagesOut: 0,
    messagesIn: 0,
    keepAlives: 0,
    hellos: 0,
    repeated: 0,
    failovers: 0,
    dropped,
  };
}
