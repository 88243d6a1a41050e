// Generated from abi/clms.toml by abi/generate.mjs: do not edit.

export const VERSION = {"current":1,"minimum":1,"snapshot":1} as const;

export const LIMIT = {
  /** nodes of a cluster; they are numbered from 1 to this */
  NODE_MAX: 1024,
  /** nodes that vote */
  VOTER_MAX: 128,
  /** votes of one node */
  VOTES_MAX: 255,
  /** records of the log that are kept (a power of two) */
  RING_MAX: 1024,
  /** records in one STAGE or LEARN message */
  BATCH_MAX: 256,
  /** key services */
  SVC_MAX: 64,
  /** candidates of one key service */
  CAND_MAX: 16,
  /** subsystems registered on one node */
  SUBSYS_MAX: 16,
  /** bytes of a node's metadata */
  META_MAX: 512,
  /** bytes of the name of a subsystem or service, without the final NUL */
  NAME_MAX: 31,
  /** observers of one node (k of the detector) */
  OBSERVERS_MAX: 10,
  /** suspects named in one ACK */
  SUSPECTS_MAX: 16,
  /** nodes to turn to first, when the log knows none */
  SEED_MAX: 16,
  /** nodes of the first configuration */
  GENESIS_MAX: 128,
  /** events kept until the host reads them (a power of two) */
  EVENT_MAX: 1024,
  /** writes kept until the host takes them (a power of two) */
  DURABLE_MAX: 2048,
  /** bytes of a message */
  MSG_MAX: 73728,
  /** bytes of outgoing messages kept until the host takes them */
  OUT_BYTES: 524288,
  /** outgoing messages kept until the host takes them (a power of two) */
  OUT_MAX: 4096,
  /** bytes of a set of nodes: bit n % 8 of byte n / 8 is node n */
  BITMAP_BYTES: 136,
  /** the highest version of the protocol between nodes that this module speaks */
  PROTO_CURRENT: 1,
} as const;

export const ERRNO = {
  /** not allowed in this state */
  EPERM: 1,
  /** no such object */
  ENOENT: 2,
  /** not yet: the gate is closed, or the slot is not applied here; Page.wait_slot says what to wait for */
  EAGAIN: 11,
  /** another request of this kind is under way */
  EBUSY: 16,
  /** exists already */
  EEXIST: 17,
  /** argument out of its set */
  EINVAL: 22,
  /** a limit is reached */
  ENOSPC: 28,
  /** value out of its range */
  ERANGE: 34,
  /** name longer than NAME_MAX, or empty */
  ENAMETOOLONG: 36,
  /** nothing newer */
  ENODATA: 61,
  /** it names a node incarnation that is gone */
  EREMOTE: 66,
  /** malformed */
  EPROTO: 71,
  /** its check value does not fit its bytes */
  EBADMSG: 74,
  /** older than the oldest record kept: take the membership anew */
  EOVERFLOW: 75,
  /** longer or shorter than it may be */
  EMSGSIZE: 90,
  /** a version of the protocol that is not spoken here */
  EPROTONOSUPPORT: 93,
  /** this node is no member at present */
  ENOTCONN: 107,
  /** it is so already */
  EALREADY: 114,
  /** from a node incarnation that is gone, or for one */
  ESTALE: 116,
  /** it contradicts what is decided here: the histories have diverged */
  EUCLEAN: 117,
  /** addressed to another node or another cluster */
  EREMOTEIO: 121,
  /** the cluster refused it; Page.refused says why */
  ECANCELED: 125,
  /** NodeConf: node numbers are 1 to NODE_MAX */
  ELIMNODES: 140,
  /** NodeConf: more than VOTER_MAX voters, or more than VOTES_MAX votes, or none */
  ELIMVOTERS: 141,
  /** NodeConf: the mode does not fit the number of voters, or needs its explicit flag */
  ELIMMODE: 142,
  /** NodeConf: no such profile, or a timing out of its range */
  ELIMPROFILE: 143,
  /** NodeConf: a seed is no node number */
  ELIMSEEDS: 144,
  /** NodeConf: the range of protocol versions is empty, or not spoken here */
  ELIMPROTO: 145,
} as const;

/** What an errno means, for people. */
export const ERRNO_TEXT: Readonly<Record<number, { name: string; text: string }>> = {
  1: { name: "EPERM", text: "not allowed in this state" },
  2: { name: "ENOENT", text: "no such object" },
  11: { name: "EAGAIN", text: "not yet: the gate is closed, or the slot is not applied here; Page.wait_slot says what to wait for" },
  16: { name: "EBUSY", text: "another request of this kind is under way" },
  17: { name: "EEXIST", text: "exists already" },
  22: { name: "EINVAL", text: "argument out of its set" },
  28: { name: "ENOSPC", text: "a limit is reached" },
  34: { name: "ERANGE", text: "value out of its range" },
  36: { name: "ENAMETOOLONG", text: "name longer than NAME_MAX, or empty" },
  61: { name: "ENODATA", text: "nothing newer" },
  66: { name: "EREMOTE", text: "it names a node incarnation that is gone" },
  71: { name: "EPROTO", text: "malformed" },
  74: { name: "EBADMSG", text: "its check value does not fit its bytes" },
  75: { name: "EOVERFLOW", text: "older than the oldest record kept: take the membership anew" },
  90: { name: "EMSGSIZE", text: "longer or shorter than it may be" },
  93: { name: "EPROTONOSUPPORT", text: "a version of the protocol that is not spoken here" },
  107: { name: "ENOTCONN", text: "this node is no member at present" },
  114: { name: "EALREADY", text: "it is so already" },
  116: { name: "ESTALE", text: "from a node incarnation that is gone, or for one" },
  117: { name: "EUCLEAN", text: "it contradicts what is decided here: the histories have diverged" },
  121: { name: "EREMOTEIO", text: "addressed to another node or another cluster" },
  125: { name: "ECANCELED", text: "the cluster refused it; Page.refused says why" },
  140: { name: "ELIMNODES", text: "NodeConf: node numbers are 1 to NODE_MAX" },
  141: { name: "ELIMVOTERS", text: "NodeConf: more than VOTER_MAX voters, or more than VOTES_MAX votes, or none" },
  142: { name: "ELIMMODE", text: "NodeConf: the mode does not fit the number of voters, or needs its explicit flag" },
  143: { name: "ELIMPROFILE", text: "NodeConf: no such profile, or a timing out of its range" },
  144: { name: "ELIMSEEDS", text: "NodeConf: a seed is no node number" },
  145: { name: "ELIMPROTO", text: "NodeConf: the range of protocol versions is empty, or not spoken here" },
};

/** State of a node. The codes are frozen: they stand in the log. */
export const NS = {
  /** in the table, never joined */
  NEVERUP: 0,
  /** join accepted, nodeup work under way */
  COMINGUP: 1,
  /** full member; the only state that counts as up */
  UP: 2,
  /** maintenance, or announced shutdown: still reversible to UP */
  SHUTDOWN: 3,
  /** past the point of return */
  GOINGDOWN: 4,
  /** gone; subsystems of the others clean up */
  KCLEANUP: 5,
  /** the clean-up of subsystems is done; clean-up at user level runs */
  UCLEANUP: 6,
  /** all clean-up is done; the number may be used again */
  DOWN: 7,
} as const;
export const NS_NAME: Readonly<Record<number, string>> = {
  0: "NEVERUP",
  1: "COMINGUP",
  2: "UP",
  3: "SHUTDOWN",
  4: "GOINGDOWN",
  5: "KCLEANUP",
  6: "UCLEANUP",
  7: "DOWN",
};

/** What a node is in the cluster. */
export const ROLE = {
  /** votes and may be master */
  VOTER: 0,
  /** follows the decided log, will be a voter */
  LEARNER: 1,
  /** follows the decided log */
  OBSERVER: 2,
  /** votes, never is master and holds no key service */
  WITNESS: 3,
} as const;
export const ROLE_NAME: Readonly<Record<number, string>> = {
  0: "VOTER",
  1: "LEARNER",
  2: "OBSERVER",
  3: "WITNESS",
};

/** What counts as enough. */
export const MODE = {
  /** all live voters; no partition safety */
  CLASSIC: 0,
  /** all live voters, the missing ones fenced first */
  CLASSIC_FENCE: 1,
  /** a majority of the configured votes */
  MAJORITY: 2,
  /** a majority of the votes of live voters */
  MAJORITY_DYNAMIC: 3,
  /** as MAJORITY, with one extra vote of a third party */
  ARBITER: 4,
} as const;
export const MODE_NAME: Readonly<Record<number, string>> = {
  0: "CLASSIC",
  1: "CLASSIC_FENCE",
  2: "MAJORITY",
  3: "MAJORITY_DYNAMIC",
  4: "ARBITER",
};

/** Kind of a record. */
export const KIND = {
  /** nothing happens in this slot */
  DUMMY: 0,
  /** a node goes from from_state to to_state */
  NODE: 1,
  /** a phase of a set of nodedowns begins; arg = PHASE */
  SET_BEGIN: 2,
  /** it ends; arg = PHASE */
  SET_END: 3,
  /** key service set_id; to_state = SVCOP */
  KEYSVC: 4,
  /** configuration; to_state = CFGOP */
  CONFIG: 5,
  /** a master begins; node = the master */
  EPOCH: 6,
  /** metadata of node; arg = its hash, set_id = its length */
  META: 7,
} as const;
export const KIND_NAME: Readonly<Record<number, string>> = {
  0: "DUMMY",
  1: "NODE",
  2: "SET_BEGIN",
  3: "SET_END",
  4: "KEYSVC",
  5: "CONFIG",
  6: "EPOCH",
  7: "META",
};

/** What a CONFIG record does. */
export const CFGOP = {
  /** arg = MODE */
  MODE: 0,
  /** node's role, votes, site and protocol range; arg as in NODEARG */
  NODE: 1,
  /** node is taken out of the table; it must be DOWN or NEVERUP */
  REMOVE: 2,
  /** arg = the version of the protocol that runs from here on */
  PROTO: 3,
} as const;
export const CFGOP_NAME: Readonly<Record<number, string>> = {
  0: "MODE",
  1: "NODE",
  2: "REMOVE",
  3: "PROTO",
};

/** What a KEYSVC record does. */
export const SVCOP = {
  /** service set_id is the one whose name hashes to arg */
  DEFINE: 0,
  /** node is a candidate with preference arg (255 = no longer) */
  OFFER: 1,
  /** node holds it; the slot is the fencing token */
  TAKE: 2,
  /** node is to give it up */
  RELEASE: 3,
  /** nobody holds it */
  FREE: 4,
  /** node is wanted as holder until mono_ms exceeds arg; node 0 = no longer */
  MOVE: 5,
} as const;
export const SVCOP_NAME: Readonly<Record<number, string>> = {
  0: "DEFINE",
  1: "OFFER",
  2: "TAKE",
  3: "RELEASE",
  4: "FREE",
  5: "MOVE",
};

/** Why a record was made. */
export const CAUSE = {
  /** none */
  NONE: 0,
  /** the node asked to join */
  JOIN: 1,
  /** the administrator */
  ADMIN: 2,
  /** it left by itself */
  GRACEFUL: 3,
  /** its observers no longer heard it */
  HEARTBEAT: 4,
  /** it did not answer a takeover, or was cut off from others that did */
  TAKEOVER: 5,
  /** it was fenced */
  FENCED: 6,
  /** it gave up by itself */
  SELF_FENCE: 7,
  /** a clean-up is done */
  CLEANUP: 8,
  /** another node came with its number */
  DUP_IDENTITY: 9,
  /** protocol version */
  UPGRADE: 10,
  /** it came back without having been missed */
  REBOOT: 11,
  /** it did not finish a callback in time */
  CALLBACK: 12,
  /** its time to leave gracefully was over */
  DEADLINE: 13,
} as const;
export const CAUSE_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "JOIN",
  2: "ADMIN",
  3: "GRACEFUL",
  4: "HEARTBEAT",
  5: "TAKEOVER",
  6: "FENCED",
  7: "SELF_FENCE",
  8: "CLEANUP",
  9: "DUP_IDENTITY",
  10: "UPGRADE",
  11: "REBOOT",
  12: "CALLBACK",
  13: "DEADLINE",
};

/** Flags of a record. The last is not part of its value. */
export const RECF = {
  /** DUMMY that fills a gap */
  GAP: 1,
  /** put in, or made a DUMMY, to keep the walk legal */
  BRIDGE: 2,
  /** COMINGUP of a node without durable state: its vote counts again from UP on */
  FRESH: 8,
  /** proposed again by a takeover */
  REPROPOSED: 4,
} as const;
export const RECF_NAME: Readonly<Record<number, string>> = {
  1: "GAP",
  2: "BRIDGE",
  8: "FRESH",
  4: "REPROPOSED",
};

/** How far a record has come on this node. Not part of its value. */
export const STAGE = {
  /** no record */
  EMPTY: 0,
  /** accepted, not known to be decided */
  PREPARED: 1,
  /** decided and applied */
  DECIDED: 2,
  /** there was one; it is damaged */
  UNKNOWN: 4,
} as const;
export const STAGE_NAME: Readonly<Record<number, string>> = {
  0: "EMPTY",
  1: "PREPARED",
  2: "DECIDED",
  4: "UNKNOWN",
};

/** Phase of a set of nodedowns. */
export const PHASE = {
  /** no set is open */
  NONE: 0,
  /** to KCLEANUP */
  KERNEL: 1,
  /** to UCLEANUP */
  USER: 2,
  /** to DOWN */
  DONE: 3,
} as const;
export const PHASE_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "KERNEL",
  2: "USER",
  3: "DONE",
};

/** Flags of a node entry. */
export const ENTF = {
  /** the entry is in use */
  USED: 1,
  /** it joined without durable state: its vote does not count before UP */
  LEARNING: 2,
  /** it was the last voter that was a member, and there is none now: it has everything */
  LAST: 4,
} as const;
export const ENTF_NAME: Readonly<Record<number, string>> = {
  1: "USED",
  2: "LEARNING",
  4: "LAST",
};

/** What this node is doing in the protocol. */
export const ENGINE = {
  /** not started */
  OFF: 0,
  /** follows a master, or waits for one */
  FOLLOWER: 1,
  /** asks the others whether they miss the master too */
  PREVOTE: 2,
  /** waits until its own promise is durable */
  PROMISE: 3,
  /** collects reports */
  POLL: 4,
  /** waits for fences to be confirmed */
  FENCE: 5,
  /** waits for the arbiter */
  ARBITER: 6,
  /** master */
  MASTER: 7,
  /** follows the decided log only */
  OBSERVER: 8,
  /** its history contradicts the cluster's: it must start anew with an empty disk */
  HALTED: 9,
} as const;
export const ENGINE_NAME: Readonly<Record<number, string>> = {
  0: "OFF",
  1: "FOLLOWER",
  2: "PREVOTE",
  3: "PROMISE",
  4: "POLL",
  5: "FENCE",
  6: "ARBITER",
  7: "MASTER",
  8: "OBSERVER",
  9: "HALTED",
};

/** Set of timings. */
export const PROFILE = {
  /** probe every 200 ms, 4 losses: a crash is decided within 1.5 s */
  LAN: 0,
  /** probe every 10 ms, 4 losses: within 100 ms */
  FAST: 1,
  /** probe every 1 s, 5 losses */
  WAN: 2,
  /** NodeConf.probe_ms and losses */
  CUSTOM: 3,
} as const;
export const PROFILE_NAME: Readonly<Record<number, string>> = {
  0: "LAN",
  1: "FAST",
  2: "WAN",
  3: "CUSTOM",
};

/** Flags of NodeConf. */
export const CONFF = {
  /** the very first start of the cluster: this node's vote counts although its disk is empty */
  BOOTSTRAP: 1,
  /** classic mode is wanted in spite of its lack of partition safety */
  CLASSIC_OK: 2,
  /** joins that wait may enter as one batch */
  BATCH_JOINS: 4,
  /** only clms_node_fault says who is dead; the module's own detector is off */
  EXTERNAL: 8,
  /** COMINGUP goes to UP by itself, without clms_node_setstate */
  AUTO_UP: 16,
} as const;
export const CONFF_NAME: Readonly<Record<number, string>> = {
  1: "BOOTSTRAP",
  2: "CLASSIC_OK",
  4: "BATCH_JOINS",
  8: "EXTERNAL",
  16: "AUTO_UP",
};

/** Kind of a message. */
export const MSG = {
  /** detector: are you there? */
  PROBE: 1,
  /** detector: yes */
  PROBE_ACK: 2,
  /** a node wants in */
  JOIN: 3,
  /** it may not, or its incarnation is gone; aux = REFUSED; of a removal slot = its record, clock = that record's hash */
  REFUSE: 4,
  /** aux = the master, as far as known */
  HINT: 5,
  /** records to accept */
  STAGE: 6,
  /** heartbeat of the master: what is decided */
  COMMIT: 7,
  /** decided records */
  LEARN: 8,
  /** the fold of the log */
  CHECKPOINT: 9,
  /** what is accepted, applied, done; what the node wants; whom it misses */
  ACK: 10,
  /** a higher ballot is promised */
  NAK: 11,
  /** do you miss the master too? */
  PREVOTE: 12,
  /** aux = 1 yes, 0 no */
  PREVOTE_ACK: 13,
  /** promise, and report; aux = ns that the sender will need beyond the usual */
  POLL: 14,
  /** history of a node */
  REPORT: 15,
  /** send decided records above slot */
  PULL: 16,
  /** an administrator's wish, for the master */
  REQUEST: 17,
  /** what became of it */
  RESULT: 18,
  /** send the metadata with this hash */
  META_GET: 19,
  /** metadata */
  META_PUT: 20,
} as const;
export const MSG_NAME: Readonly<Record<number, string>> = {
  1: "PROBE",
  2: "PROBE_ACK",
  3: "JOIN",
  4: "REFUSE",
  5: "HINT",
  6: "STAGE",
  7: "COMMIT",
  8: "LEARN",
  9: "CHECKPOINT",
  10: "ACK",
  11: "NAK",
  12: "PREVOTE",
  13: "PREVOTE_ACK",
  14: "POLL",
  15: "REPORT",
  16: "PULL",
  17: "REQUEST",
  18: "RESULT",
  19: "META_GET",
  20: "META_PUT",
};

/** Why a join or a request was refused. */
export const REFUSED = {
  /** it was not */
  NONE: 0,
  /** another cluster */
  CLUSTER: 1,
  /** the number belongs to a node with another uuid */
  IDENTITY: 2,
  /** the number is not in the table and may not be added */
  NUMBER: 3,
  /** no version of the protocol in common */
  PROTO: 4,
  /** that incarnation has been removed; slot = the record */
  EVICTED: 5,
  /** a limit is reached */
  FULL: 6,
  /** not in this state */
  STATE: 7,
  /** its first configuration is another */
  GENESIS: 8,
  /** it would remove more than a minority */
  BLAST: 9,
  /** those that answer could not decide it, or anything after it */
  QUORUM: 10,
} as const;
export const REFUSED_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "CLUSTER",
  2: "IDENTITY",
  3: "NUMBER",
  4: "PROTO",
  5: "EVICTED",
  6: "FULL",
  7: "STATE",
  8: "GENESIS",
  9: "BLAST",
  10: "QUORUM",
};

/** Type of an event. */
export const EVENT = {
  /** unused */
  NONE: 0,
  /** ENGINE old → new */
  ENGINE: 1,
  /** the master is node (0 = none); slot = round of its ballot */
  MASTER: 2,
  /** a record was applied: slot, node, inc; old/new = states, cause, kind */
  APPLIED: 3,
  /** gate open (new=1) or closed (new=0) */
  GATE: 4,
  /** this node was given incarnation inc */
  ADMITTED: 5,
  /** a decided record removes this node; cause */
  EVICTED: 6,
  /** join or request refused: new = REFUSED */
  REFUSED: 7,
  /** the histories contradict each other: start anew with an empty disk */
  DIVERGED: 8,
  /** own lease held (new=1) or over (new=0) */
  LEASE: 9,
  /** this node did not run for arg milliseconds */
  PAUSED: 10,
  /** node is missed (new=1) or heard again (new=0) by this observer */
  SUSPECT: 11,
  /** subsystem new is to run callback old (CALL) for slot; node, inc or set_id = arg; answer with clms_subsys_done */
  SUBSYS: 12,
  /** this node is to hold service new; slot = fencing token; answer with clms_svc_done */
  SVC_TAKE: 13,
  /** this node is to give service new up; answer with clms_svc_done */
  SVC_RELEASE: 14,
  /** fence node, inc; answer with clms_fence_done */
  FENCE: 15,
  /** read the arbiter's register; answer with clms_arb_answer */
  ARB_READ: 16,
  /** write Page.arb_register if its version is still arg; answer with clms_arb_answer */
  ARB_WRITE: 17,
  /** a set of arg nodes would exceed a minority: an operator's word is needed */
  BLAST: 18,
  /** request arg is done: new = REFUSED, slot */
  REQUEST: 19,
  /** this node took a checkpoint: subsystems take the membership anew; answer with clms_subsys_done */
  RESYNC: 20,
  /** metadata of node is here */
  META: 21,
} as const;
export const EVENT_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "ENGINE",
  2: "MASTER",
  3: "APPLIED",
  4: "GATE",
  5: "ADMITTED",
  6: "EVICTED",
  7: "REFUSED",
  8: "DIVERGED",
  9: "LEASE",
  10: "PAUSED",
  11: "SUSPECT",
  12: "SUBSYS",
  13: "SVC_TAKE",
  14: "SVC_RELEASE",
  15: "FENCE",
  16: "ARB_READ",
  17: "ARB_WRITE",
  18: "BLAST",
  19: "REQUEST",
  20: "RESYNC",
  21: "META",
};

/** A callback of a subsystem. */
export const CALL = {
  /** node comes up */
  NODEUP: 0,
  /** the nodes in KCLEANUP are down: clean up after them */
  NODEDOWN: 1,
  /** the nodes in UCLEANUP: clean up at user level */
  NODEGONE: 2,
  /** take the membership anew */
  RESYNC: 3,
} as const;
export const CALL_NAME: Readonly<Record<number, string>> = {
  0: "NODEUP",
  1: "NODEDOWN",
  2: "NODEGONE",
  3: "RESYNC",
};

/** A write that the host is to make durable, in order. */
export const DURABLE = {
  /** Durable.addr = a Header: replace the old one atomically */
  HEADER: 1,
  /** a TransRec for place slot % RING_MAX of the log */
  RECORD: 2,
  /** the fold of the log: replace the old one atomically */
  CHECKPOINT: 3,
} as const;
export const DURABLE_NAME: Readonly<Record<number, string>> = {
  1: "HEADER",
  2: "RECORD",
  3: "CHECKPOINT",
};

/** Which transition clms_history is to return. */
export const WHICH = {
  /** the next simple transition (to or from UP) after the cursor */
  NEXT: 0,
  /** the next change of any node's state after it */
  NEXT_DETAILED: 1,
  /** the next record of any kind after it */
  NEXT_RECORD: 2,
  /** the last change of any node's state before it */
  PREVIOUS_DETAILED: 3,
  /** the record at the cursor itself */
  THIS: 4,
} as const;
export const WHICH_NAME: Readonly<Record<number, string>> = {
  0: "NEXT",
  1: "NEXT_DETAILED",
  2: "NEXT_RECORD",
  3: "PREVIOUS_DETAILED",
  4: "THIS",
};

/** What is to become of data in transit. */
export const STAMP = {
  /** hand it on */
  DELIVER: 0,
  /** keep it until Page.wait_slot is applied */
  HOLD: 1,
  /** answer EREMOTE: its sender, or the incarnation it is meant for, is gone */
  REFUSE: 2,
} as const;
export const STAMP_NAME: Readonly<Record<number, string>> = {
  0: "DELIVER",
  1: "HOLD",
  2: "REFUSE",
};

/** State of a key service. */
export const SVCS = {
  /** nobody holds it */
  FREE: 0,
  /** holder holds it */
  HELD: 1,
  /** holder is to give it up */
  RELEASING: 2,
} as const;
export const SVCS_NAME: Readonly<Record<number, string>> = {
  0: "FREE",
  1: "HELD",
  2: "RELEASING",
};

/** A wish that is sent to the master. */
export const REQ = {
  /** none */
  NONE: 0,
  /** remove node */
  EVICT: 1,
  /** node's role and votes; arg as in a CONFIG record */
  CONFIG: 2,
  /** take node out of the table */
  REMOVE: 3,
  /** arg = MODE */
  MODE: 4,
  /** arg = hash of the name */
  SVC_DEFINE: 5,
  /** set_id = service, arg = preference */
  SVC_OFFER: 6,
  /** set_id = service, node = where to, arg = for how many ms */
  SVC_MOVE: 7,
  /** the set that waits may exceed a minority */
  OVERRIDE: 8,
} as const;
export const REQ_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "EVICT",
  2: "CONFIG",
  3: "REMOVE",
  4: "MODE",
  5: "SVC_DEFINE",
  6: "SVC_OFFER",
  7: "SVC_MOVE",
  8: "OVERRIDE",
};

/** Settings for clms_param_set. */
export const PARAM = {
  /** 1 to 60,000 ms between probes */
  PROBE_MS: 0,
  /** 2 to 100 probes lost before a node is missed */
  LOSSES: 1,
  /** 1 to 60,000 ms of lease; below PROBE_MS × LOSSES */
  LEASE_MS: 2,
  /** 10 to 3,600,000 ms for a callback */
  CALLBACK_MS: 3,
  /** 0 to 60,000 ms that a join waits for others, with BATCH_JOINS */
  BATCH_MS: 4,
  /** 1 to 60,000 ms that a takeover waits for missing reports */
  POLL_MS: 5,
  /** 0 or 1: after an eviction this node asks to join again; default 1 */
  AUTO_REJOIN: 6,
} as const;
export const PARAM_NAME: Readonly<Record<number, string>> = {
  0: "PROBE_MS",
  1: "LOSSES",
  2: "LEASE_MS",
  3: "CALLBACK_MS",
  4: "BATCH_MS",
  5: "POLL_MS",
  6: "AUTO_REJOIN",
};

/** A record of the log. */
export const TransRec = {
  SIZE: 64,
  /** dense, from 1; 0 = empty: u64 */
  slot: 0,
  /** of the last acceptance: (round << 16) | node; not part of the value: u64 */
  ballot: 8,
  /** rises with every slot; for people and logs only: u64 */
  mono_ms: 16,
  /** subject; 0 where there is none: u16 */
  node: 24,
  /** NS: u8 */
  from_state: 26,
  /** NS; CFGOP or SVCOP in records of these kinds: u8 */
  to_state: 27,
  /** incarnation of the subject: u32 */
  inc: 28,
  /** KIND: u8 */
  kind: 32,
  /** CAUSE: u8 */
  cause: 33,
  /** RECF: u8 */
  flags: 34,
  /** STAGE, of this copy only: u8 */
  stage: 35,
  /** the set of nodedowns; of a COMINGUP the number of the boot that asked; service or length in other kinds: u32 */
  set_id: 36,
  /** as the kind says; of a removal: evidence (EVIDENCE): u64 */
  arg: 40,
  /** self_hash of the record before: u64 */
  prev_hash: 48,
  /** over the value: all but ballot, stage and RECF_REPROPOSED: u64 */
  self_hash: 56,
} as const;

/** A node, as the log says. */
export const NodeEnt = {
  SIZE: 32,
  /** its number: u16 */
  node: 0,
  /** NS: u8 */
  state: 2,
  /** ROLE: u8 */
  role: 3,
  /** votes: u8 */
  votes: 4,
  /** ENTF: u8 */
  flags: 5,
  /** bytes of its metadata: u16 */
  meta_len: 6,
  /** incarnation; 0 = never joined: u32 */
  inc: 8,
  /** versions of the protocol it speaks, from: u8 */
  proto_min: 12,
  /** to: u8 */
  proto_max: 13,
  /** where it stands; for people and placement: u8 */
  site: 14,
  /** CAUSE of its last transition: u8 */
  cause: 15,
  /** its last transition: u64 */
  last_slot: 16,
  /** slot at which its durable state began (1 = genesis): acceptances of another lineage do not count: u32 */
  lineage: 24,
  /** slot of its last COMINGUP: acceptances count only from a log that reaches it: u32 */
  born: 28,
} as const;

/** A key service, as the log says. */
export const SvcEnt = {
  SIZE: 128,
  /** hash of its name; 0 = not defined: u64 */
  name: 0,
  /** fencing token: slot of the last TAKE: u64 */
  token: 8,
  /** slot of the last change: u64 */
  since: 16,
  /** mono_ms at which the wish for move_to ends: u64 */
  move_until: 24,
  /** incarnation of the holder: u32 */
  holder_inc: 32,
  /** node that holds it, or is to release it; 0 = none: u16 */
  holder: 36,
  /** node wanted as holder; 0 = none: u16 */
  move_to: 38,
  /** SVCS: u8 */
  state: 40,
  /** candidates: u8 */
  ncand: 41,
  /** candidates; ncand are valid: 16 × u16 */
  cand: 48,
  /** their preferences; lower is preferred: 16 × u8 */
  pref: 80,
} as const;

/** The fold of the log: what follows from all records up to slot. The entries stand behind it (Page.fold_base). */
export const Fold = {
  SIZE: 128,
  /** last record folded: u64 */
  slot: 0,
  /** its self_hash: u64 */
  hash: 8,
  /** its mono_ms: u64 */
  mono_ms: 16,
  /** fingerprint of the cluster's uuid: u64 */
  cluster: 24,
  /** hash of the first configuration: u64 */
  genesis: 32,
  /** last EPOCH record: u64 */
  epoch_slot: 40,
  /** slot of the last SET_BEGIN: u64 */
  set_begin: 48,
  /** slot of the last SET_END: u64 */
  set_end: 56,
  /** last record that changed who votes: u64 */
  config_slot: 64,
  /** set of nodedowns that is open: u32 */
  set_id: 72,
  /** entries in use: u16 */
  nused: 76,
  /** highest node number in use: u16 */
  top: 78,
  /** MODE: u8 */
  mode: 80,
  /** PHASE of the open set; NONE = no set is open: u8 */
  phase: 81,
  /** 1 between SET_BEGIN and SET_END: u8 */
  bracket: 82,
  /** version of the protocol that runs: u8 */
  proto: 83,
  /** nodes in COMINGUP: u16 */
  ncoming: 84,
  /** nodes in UP: u16 */
  nup: 86,
  /** nodes from COMINGUP to GOINGDOWN: u16 */
  nlive: 88,
  /** sets so far: u32 */
  sets: 92,
} as const;

/** What a node must never forget (DURABLE_HEADER). */
export const Header = {
  SIZE: 96,
  /** 0x48534c43, 'CLSH': u32 */
  magic: 0,
  /** 1: u16 */
  version: 4,
  /** number: u16 */
  node: 6,
  /** fingerprint of the cluster's uuid: u64 */
  cluster: 8,
  /** fingerprint of the node's uuid: u64 */
  uid: 16,
  /** ballot: u64 */
  promised: 24,
  /** ballot of the last acceptance: u64 */
  accepted: 32,
  /** highest slot accepted: u64 */
  last: 40,
  /** self_hash of the record there: u64 */
  last_hash: 48,
  /** highest slot known to be decided: u64 */
  applied: 56,
  /** slot of the checkpoint that the log needs; there may be a newer one: u64 */
  chk_slot: 64,
  /** last incarnation given to this node: u32 */
  inc: 72,
  /** slot at which this durable state began; 0 = does not vote: u32 */
  lineage: 76,
  /** over the bytes before: u64 */
  check: 80,
} as const;

/** The head of every message. */
export const Msg = {
  SIZE: 80,
  /** 0x4c43: u16 */
  magic: 0,
  /** version of the protocol: u8 */
  proto: 2,
  /** MSG: u8 */
  kind: 3,
  /** bytes in all: u32 */
  len: 4,
  /** over all bytes but these eight and to: u64 */
  check: 8,
  /** fingerprint of the cluster's uuid: u64 */
  cluster: 16,
  /** sender: u16 */
  from: 24,
  /** receiver; not part of the check: one body may go to many: u16 */
  to: 26,
  /** incarnation of the sender; 0 = not admitted yet: u32 */
  inc: 28,
  /** lineage of the sender's durable state: u32 */
  lineage: 32,
  /** records or entries that follow, or as the kind says: u32 */
  count: 36,
  /** as the kind says: u64 */
  ballot: 40,
  /** as the kind says: u64 */
  slot: 48,
  /** as the kind says: u64 */
  aux: 56,
  /** sender's time in ns, to be echoed; or the echo: u64 */
  clock: 64,
  /** sender's last applied slot: u64 */
  applied: 72,
} as const;

/** Behind the head of a REPORT, before its records: what a node knows. Msg.count records follow, one for each slot from `from` on. */
export const Report = {
  SIZE: 344,
  /** slot of the first record that follows: u64 */
  from: 0,
  /** oldest slot kept; below it everything is decided: u64 */
  low: 8,
  /** highest slot known to be decided: u64 */
  applied: 16,
  /** self_hash of the record there: u64 */
  applied_hash: 24,
  /** highest slot held: u64 */
  last: 32,
  /** ballot promised: the poll's: u64 */
  promised: 40,
  /** ballot of the last acceptance: u64 */
  accepted: 48,
  /** since it last acknowledged a master: u64 */
  silent_ns: 56,
  /** nodes that it probes and hears: 136 × u8 */
  hears: 64,
  /** nodes that it probes and does not hear: 136 × u8 */
  deaf: 200,
  /** reporter: u16 */
  node: 336,
  /** 1 it has restarted and is not admitted yet: u8 */
  booting: 338,
} as const;

/** Behind the head of an ACK (Msg.ballot = master's ballot, Msg.slot = highest slot accepted durably in it). */
export const Ack = {
  SIZE: 80,
  /** highest slot whose callbacks are done: u64 */
  done: 0,
  /** time that a graceful leave may take: u64 */
  deadline_ms: 8,
  /** state it wants for itself (NS); NEVERUP = none: u8 */
  want: 16,
  /** local-health score, 0 = well: u8 */
  health: 17,
  /** suspects named: u8 */
  nsuspect: 18,
  /** 1 it holds its lease: u8 */
  lease: 19,
  /** bytes of its metadata: u32 */
  meta_len: 20,
  /** hash of its metadata: u64 */
  meta_hash: 24,
  /** services that it was to give up and has: u64 */
  svc_free: 32,
  /** services that it cannot hold: u64 */
  svc_bad: 40,
  /** nodes that it probes and does not hear: 16 × u16 */
  suspect: 48,
} as const;

/** Behind the head of a JOIN. */
export const Join = {
  SIZE: 48,
  /** fingerprint of the node's uuid: u64 */
  uid: 0,
  /** hash of the first configuration it was given; 0 = none: u64 */
  genesis: 8,
  /** last incarnation it was given; 0 = empty disk: u32 */
  inc: 16,
  /** lineage of its durable state; 0 = empty disk: u32 */
  lineage: 20,
  /** votes: u16 */
  votes: 24,
  /** ROLE: u8 */
  role: 26,
  /** site: u8 */
  site: 27,
  /** proto_min: u8 */
  proto_min: 28,
  /** proto_max: u8 */
  proto_max: 29,
  /** a number of this boot: u32 */
  boot: 32,
} as const;

/** Behind the head of a REQUEST or RESULT. */
export const Request = {
  SIZE: 32,
  /** number of the request on its node: u32 */
  id: 0,
  /** REQ: u8 */
  req: 4,
  /** REFUSED: u8 */
  result: 5,
  /** node: u16 */
  node: 6,
  /** set_id: u32 */
  set_id: 8,
  /** arg: u64 */
  arg: 16,
  /** the record that grants it: u64 */
  slot: 24,
} as const;

/** The one page a host reads at start: where everything is. At the address that clms_page() returns. */
export const Page = {
  SIZE: 512,
  /** 0x534d4c43, 'CLMS': u32 */
  magic: 0,
  /** version.current: u16 */
  abi_current: 4,
  /** version.minimum: u16 */
  abi_minimum: 6,
  /** version.snapshot: u32 */
  snapshot_version: 8,
  /** bytes of the state region, which begins with this page: u32 */
  state_size: 12,
  /** IN, ns: a monotonic clock that goes on while the machine sleeps; the host writes it before a call, it must never go back: u64 */
  now: 16,
  /** OUT, ns: when clms_time_advance wants to be called next; all ones = never: u64 */
  deadline: 24,
  /** changes with every change of configuration or state: u64 */
  generation: 32,
  /** state of the pseudo-random generator: u64 */
  seed: 40,
  /** MSG_MAX bytes for messages, configurations and names that go in: u32 */
  inbox_base: 48,
  /** 4,096 bytes for structs that come out: u32 */
  outbox_base: 52,
  /** EVENT_MAX × Event, a ring: u32 */
  event_base: 56,
  /** events written so far (free running): u32 */
  event_head: 60,
  /** events released by the host so far: u32 */
  event_tail: 64,
  /** events that found no place: u32 */
  event_lost: 68,
  /** OUT of clms_msg_next: where the message is: u32 */
  msg_addr: 72,
  /** OUT of clms_msg_next: its bytes: u32 */
  msg_len: 76,
  /** OUT of clms_msg_next: the node it goes to: u16 */
  msg_to: 80,
  /** messages that found no place: u32 */
  msg_lost: 84,
  /** OUT of clms_durable_next: the bytes to write: u32 */
  durable_addr: 88,
  /** OUT of clms_durable_next: how many: u32 */
  durable_len: 92,
  /** OUT of clms_durable_next: slot of a RECORD or CHECKPOINT: u64 */
  durable_slot: 96,
  /** OUT of clms_durable_next: number of the write, for clms_durable_done: u32 */
  durable_seq: 104,
  /** highest number confirmed: u32 */
  durable_confirmed: 108,
  /** OUT: after -EAGAIN or STAMP_HOLD, the slot to wait for: u64 */
  wait_slot: 112,
  /** Fold, then (NODE_MAX + 1) × NodeEnt, (NODE_MAX + 1) × u64 uid, (NODE_MAX + 1) × u64 metadata hash, SVC_MAX × SvcEnt: u32 */
  fold_base: 120,
  /** (NODE_MAX + 1) × NodeEnt, by node number: u32 */
  ent_base: 124,
  /** (NODE_MAX + 1) × u64: fingerprints of the nodes' uuids: u32 */
  uid_base: 128,
  /** SVC_MAX × SvcEnt: u32 */
  svc_base: 132,
  /** RING_MAX × TransRec, by slot % RING_MAX: u32 */
  ring_base: 136,
  /** (NODE_MAX + 1) × META_MAX bytes: u32 */
  meta_base: 140,
  /** bytes of the fold, entries included: u32 */
  fold_size: 144,
  /** this node: u16 */
  node: 148,
  /** the master; 0 = none known: u16 */
  master: 150,
  /** incarnation of this boot; 0 = not admitted: u32 */
  inc: 152,
  /** lineage of the durable state; 0 = does not vote: u32 */
  lineage: 156,
  /** ENGINE: u8 */
  engine: 160,
  /** REFUSED: why the last join or request was: u8 */
  refused: 161,
  /** 1 this node's lease holds: u8 */
  lease: 162,
  /** local-health score, 0 = well, at most 8: u8 */
  health: 163,
  /** seqlock of the applications' gate: odd = closed: u32 */
  gate: 164,
  /** ballot: u64 */
  promised: 168,
  /** ballot of the last acceptance: u64 */
  accepted: 176,
  /** ballot of the master that is followed, or of the own takeover: u64 */
  ballot: 184,
  /** oldest slot in the ring: u64 */
  low: 192,
  /** highest slot applied: Fold.slot: u64 */
  applied: 200,
  /** highest slot accepted in the promised ballot: u64 */
  stored: 208,
  /** highest slot held: u64 */
  last: 216,
  /** highest slot whose callbacks are done here: u64 */
  done: 224,
  /** ns: end of this node's lease: u64 */
  lease_until: 232,
  /** takeovers begun by this node: u32 */
  takeovers: 240,
  /** polls that this node sent: u32 */
  polls: 244,
  /** messages received and not accepted: u32 */
  dropped: 248,
  /** OUT of clms_merge_finish: where the canonical records are: u32 */
  merge_from: 252,
  /** OUT of clms_merge_finish: slot of the first: u64 */
  merge_slot: 256,
  /** OUT of ARB_WRITE: version that the register must still have: u64 */
  arb_version: 264,
  /** OUT of ARB_WRITE: ballot u64, cluster u64, set of nodes 136 bytes, slot u64 of the last record that the writer had taken over, its hash u64: 168 × u8 */
  arb_register: 272,
} as const;

/** What clms_node_start reads from the inbox; count GenesisNode follow. */
export const NodeConf = {
  SIZE: 96,
  /** 96: u32 */
  size: 0,
  /** this node's number: u16 */
  node: 4,
  /** nodes of the first configuration that follow; the same on every node: u16 */
  count: 6,
  /** the cluster's uuid: u64 */
  cluster_lo: 8,
  /** cluster_hi: u64 */
  cluster_hi: 16,
  /** this node's uuid: u64 */
  uuid_lo: 24,
  /** uuid_hi: u64 */
  uuid_hi: 32,
  /** MODE of the first configuration: u8 */
  mode: 40,
  /** ROLE that it wants if the table does not know it: u8 */
  role: 41,
  /** site: u8 */
  site: 42,
  /** PROFILE: u8 */
  profile: 43,
  /** votes that it wants if the table does not know it: u16 */
  votes: 44,
  /** versions of the protocol it speaks, from: u8 */
  proto_min: 46,
  /** to; 0 = PROTO_CURRENT: u8 */
  proto_max: 47,
  /** CONFF: u32 */
  flags: 48,
  /** CUSTOM: ms between probes: u32 */
  probe_ms: 52,
  /** CUSTOM: probes lost before a node is missed: u16 */
  losses: 56,
  /** seeds that are valid: u16 */
  nseed: 58,
  /** nodes to turn to first: 16 × u16 */
  seeds: 64,
} as const;

/** A node of the first configuration. */
export const GenesisNode = {
  SIZE: 8,
  /** number: u16 */
  node: 0,
  /** 0 for a role that does not vote: u16 */
  votes: 2,
  /** ROLE: u8 */
  role: 4,
  /** site: u8 */
  site: 5,
} as const;

/** Something that happened, or that the host is asked to do. */
export const Event = {
  SIZE: 64,
  /** ns: u64 */
  time: 0,
  /** number, counted from 1 without gaps (lost ones included): u32 */
  seq: 8,
  /** EVENT: u8 */
  type: 12,
  /** KIND of the record where it applies: u8 */
  kind: 13,
  /** CAUSE where it applies: u8 */
  cause: 14,
  /** where it applies: u64 */
  slot: 16,
  /** where it applies: u64 */
  arg: 24,
  /** where it applies: u16 */
  node: 32,
  /** where it applies: u32 */
  inc: 36,
  /** value before: u32 */
  old: 40,
  /** value after: u32 */
  new: 44,
} as const;

/** What a migrating process carries (clms_token_get, clms_token_check). */
export const Token = {
  SIZE: 24,
  /** fingerprint of the cluster's uuid: u64 */
  cluster: 0,
  /** last slot its old node had shown: u64 */
  slot: 8,
  /** self_hash of the record there: u64 */
  hash: 16,
} as const;

/** What outgoing data carries (clms_stamp_get, clms_stamp_check). */
export const Stamp = {
  SIZE: 32,
  /** fingerprint of the cluster's uuid: u64 */
  cluster: 0,
  /** sender's last applied slot: u64 */
  slot: 8,
  /** sender: u16 */
  node: 16,
  /** receiver: u16 */
  to: 18,
  /** incarnation of the sender: u32 */
  inc: 20,
  /** incarnation of the receiver that is meant: u32 */
  to_inc: 24,
} as const;

/** A subsystem (clms_subsys_register reads size, version, priority and name from the inbox). */
export const Subsys = {
  SIZE: 64,
  /** 64: u32 */
  size: 0,
  /** version: u32 */
  version: 4,
  /** lower runs first: u16 */
  priority: 8,
  /** OUT: u8 */
  used: 10,
  /** OUT: 1 a callback is running: u8 */
  running: 11,
  /** OUT: CALL that runs, or ran last: u32 */
  call: 12,
  /** OUT: for which slot: u64 */
  slot: 16,
  /** NUL-terminated: 32 × u8 */
  name: 32,
} as const;

/** Why a node was removed (clms_node_why). */
export const Why = {
  SIZE: 64,
  /** node: u16 */
  node: 0,
  /** NS now: u8 */
  state: 2,
  /** CAUSE: u8 */
  cause: 3,
  /** incarnation that was removed: u32 */
  inc: 4,
  /** the record: u64 */
  slot: 8,
  /** of the master that proposed it: u64 */
  ballot: 16,
  /** mono_ms: u64 */
  mono_ms: 24,
  /** observers that missed it: u8 */
  count: 32,
  /** observers that were asked: u8 */
  of: 33,
  /** the first of them; 0 = none: 3 × u16 */
  observer: 34,
} as const;

/** The exported functions. All arguments and results are 32-bit integers. */
export interface ClmsExports {
  memory: WebAssembly.Memory;
  /** Where everything is. Version and addresses are valid before clms_init. Returns address of the Page. O(1). */
  clms_page(): number;
  /** Forgets everything: no node is started, the log is empty. The seed has to differ at every start of a node: the number of its boot, by which the cluster tells a restarted node from an old message, comes from it. Returns 0. O(state region). */
  clms_init(seed_lo: number, seed_hi: number): number;
  /** What the disk of an earlier run holds: the header first, then the checkpoint, then each record. Before clms_node_start. A damaged record becomes UNKNOWN, never EMPTY; a damaged header means that this node does not vote. EPROTO: it is not what it should be; it counts as damaged. Returns 0; -EPERM, -EINVAL, -EMSGSIZE, -EPROTO. O(len). */
  clms_recover(op: number, len: number, slot_lo: number, slot_hi: number): number;
  /** Starts this node with the NodeConf in the inbox, from what was recovered or with an empty disk. EREMOTEIO: what was recovered belongs to another cluster or node. EPERM: started already. Returns 0; -EPERM, -ELIMNODES, -ELIMVOTERS, -ELIMMODE, -ELIMPROFILE, -ELIMSEEDS, -ELIMPROTO, -EINVAL, -EREMOTEIO. O(RING_MAX + NODE_MAX). */
  clms_node_start(): number;
  /** Lets the time in Page.now act: probes, time-outs, heartbeats. Calling it early is harmless; late is noticed as a pause. Returns 0. O(NODE_MAX). */
  clms_time_advance(): number;
  /** A message from another node. Any bytes get a verdict; what is refused by its head changes nothing but Page.dropped, and what is refused later nothing of the log. Returns 0: taken; -EPERM, -EMSGSIZE, -EPROTO, -EBADMSG, -EPROTONOSUPPORT, -EREMOTEIO, -ESTALE. O(len), at most O(len + RING_MAX + NODE_MAX). */
  clms_msg_receive(len: number): number;
  /** The next outgoing message. Its bytes are valid until the next call of any function. Returns 1: Page.msg_to, msg_addr, msg_len say which message goes to whom; 0: none is waiting. O(1). */
  clms_msg_next(): number;
  /** The next write. Writes are to become durable in this order; the bytes are valid until the next call of any function. An empty RECORD (slot field 0) empties its place. Returns DURABLE: Page.durable_addr, durable_len, durable_slot, durable_seq say what to write; 0: nothing. O(1) for RECORD and HEADER; CHECKPOINT O(NODE_MAX). */
  clms_durable_next(): number;
  /** This write and all before it are durable. What depends on them leaves now. ERANGE: not a number that was handed out and is unconfirmed. Returns 0; -ERANGE. O(1), then as the messages that waited for it. */
  clms_durable_done(seq: number): number;
  /** Frees the places of events that have been read. ERANGE: more than wait. Returns events still waiting; -ERANGE. O(1). */
  clms_event_release(count: number): number;
  /** Changes a setting of this node. EPERM: not started. Returns 0; -EPERM, -EINVAL, -ERANGE. O(1). */
  clms_param_set(key: number, value: number): number;
  /** What this node wants for itself. It is asked of the master until the log says so. EPERM: no legal way from the state it is in. Returns 0; -EPERM, -EINVAL, -ENOTCONN, -EALREADY. O(1). */
  clms_node_setstate(state: number, deadline_ms: number): number;
  /** The host knows for certain that this incarnation is dead. ESTALE: it is not the one that is a member. Returns 0; -EINVAL, -ESTALE, -EALREADY. O(1). */
  clms_node_fault(node: number, inc: number): number;
  /** Answer to EVENT_FENCE. ENOENT: no such fence was asked for. Returns 0; -EINVAL, -ENOENT. O(1), then as a takeover. */
  clms_fence_done(node: number, inc: number, ok: number): number;
  /** Answer to EVENT_ARB_READ and EVENT_ARB_WRITE. Version 0: the register is empty. EPERM: nothing was asked. Returns 0; -EPERM, -EINVAL, -EPROTO. O(NODE_MAX), then as a takeover. */
  clms_arb_answer(version_lo: number, version_hi: number, status: number): number;
  /** A wish for the master. It is repeated until EVENT_REQUEST says what became of it. EBUSY: the one before is not done. Returns number of the request; -EPERM, -EINVAL, -EBUSY, -ENOTCONN. O(1). */
  clms_request(req: number, node: number, set_id: number, arg_lo: number, arg_hi: number): number;
  /** The node's entry, as applied here: no gate is asked. Returns address of its NodeEnt; -EINVAL, -ENOENT. O(1). */
  clms_node_get(node: number): number;
  /** Why this node was last removed. EOVERFLOW: the record is no longer kept; state and cause are filled in. Returns address of a Why; -EINVAL, -ENOENT, -EOVERFLOW. O(RING_MAX). */
  clms_node_why(node: number): number;
  /** This node's metadata; the others see it when the log says so. Returns 0; -EPERM, -EMSGSIZE. O(len). */
  clms_node_set_meta(len: number): number;
  /** A node's metadata. EAGAIN: the log says that it changed, its bytes are on their way. Returns bytes of metadata; they are at Page.meta_base + node × META_MAX; -EINVAL, -ENOENT, -EAGAIN. O(1). */
  clms_node_get_meta(node: number): number;
  /** May an application look? EAGAIN: a transition is under way. ENOTCONN: this node is no member; what it has may be old. Returns Page.gate, even: what is read is consistent as long as Page.gate stays this; -EAGAIN, -ENOTCONN. O(1). */
  clms_gate_enter(): number;
  /** Who is up, as one consistent vector. Returns nodes that are UP: their numbers (u16) stand in the outbox, in order, behind the Token of this moment; -EAGAIN, -ENOTCONN. O(NODE_MAX). */
  clms_membership(): number;
  /** Transitions by cursor. EOVERFLOW: the cursor is older than the oldest record kept. Returns address of a TransRec; -EINVAL, -EAGAIN, -ENODATA, -EOVERFLOW. O(RING_MAX). */
  clms_history(which: number, slot_lo: number, slot_hi: number): number;
  /** What a process takes along when it migrates. Returns address of a Token; -EAGAIN, -ENOTCONN. O(1). */
  clms_token_get(): number;
  /** May a process with this token go on here? EUCLEAN: its old node had another history. EOVERFLOW: too old to compare; it is a prefix of what is applied here if the log never diverged. Returns 0: this node has applied what the Token in the inbox says; -EAGAIN, -EREMOTEIO, -EUCLEAN, -EOVERFLOW. O(1). */
  clms_token_check(): number;
  /** What outgoing data carries. EREMOTE: the receiver is no live member. Returns address of a Stamp; -EINVAL, -ENOTCONN, -EREMOTE. O(1). */
  clms_stamp_get(to: number): number;
  /** What is to become of data that came with this stamp. Returns STAMP: deliver, hold or refuse the data whose Stamp is in the inbox; -EREMOTEIO, -ENOTCONN. O(1). */
  clms_stamp_check(): number;
  /** A subsystem, from the Subsys in the inbox. It gets RESYNC first, then every callback, one at a time. Returns number of the subsystem; -EINVAL, -ENAMETOOLONG, -EEXIST, -ENOSPC, -EMSGSIZE. O(SUBSYS_MAX). */
  clms_subsys_register(): number;
  /** It gets no callbacks any more; one that runs counts as done. Returns 0; -ENOENT. O(1). */
  clms_subsys_unregister(subsys: number): number;
  /** The record. Returns address of its Subsys; -ENOENT. O(1). */
  clms_subsys_get(subsys: number): number;
  /** The callback of EVENT_SUBSYS is finished. ESTALE: no callback runs for that slot. Returns 0; -ENOENT, -ESTALE. O(SUBSYS_MAX), then as the transition. */
  clms_subsys_done(subsys: number, slot_lo: number, slot_hi: number, status: number): number;
  /** The hash by which the log knows a name. Returns 0: its hash (u64) is in the outbox; -ENAMETOOLONG. O(len). */
  clms_svc_hash(len: number): number;
  /** A key service, as applied here. Returns address of its SvcEnt; -EINVAL, -ENOENT. O(1). */
  clms_svc_get(svc: number): number;
  /** Answer to these events. ESTALE: it was not asked for. What was taken is used only if clms_svc_holds then says 1: a take may have lasted longer than the lease. Returns 0; -EINVAL, -ENOENT, -ESTALE. O(1). */
  clms_svc_done(svc: number, op: number, ok: number): number;
  /** To ask before each use: the lease may have ended since the last event. Returns 1 this node holds it now, its lease included; 0 it does not; -EINVAL, -ENOENT. O(1). */
  clms_svc_holds(svc: number): number;
  /** Begins a merge on its own, from the fold that this instance has at that slot; a takeover that is under way keeps its own. EINVAL: the slot is not this instance's Fold.slot. Returns 0; -EINVAL. O(RING_MAX). */
  clms_merge_begin(slot_lo: number, slot_hi: number): number;
  /** Folds one report in. EEXIST: this node has reported. EUCLEAN: two decided values for a slot. EOVERFLOW: it no longer has records that are needed: take its checkpoint. Returns records looked at; -EPERM, -EINVAL, -EMSGSIZE, -EPROTO, -EEXIST, -EOVERFLOW, -EUCLEAN. O(records). */
  clms_merge_add(addr: number, len: number): number;
  /** The canonical list: the same bytes for every order of the reports. EAGAIN: a gap is not proved empty: add more reports. Returns records of the canonical list; Page.merge_from, Page.merge_slot; -EPERM, -EAGAIN, -EUCLEAN. O(RING_MAX). */
  clms_merge_finish(): number;
  /** This node's own report, as a REPORT message carries it. Returns bytes of the Report in the outgoing buffer, at Page.merge_from; -EPERM. O(RING_MAX). */
  clms_report(slot_lo: number, slot_hi: number): number;
  /** Call it after writing a saved state region (Page.state_size bytes from the page's address) over a new instance: checks version, limits and every index. EPROTO: not usable; the module is then as after clms_init. Returns 0; -EPROTO. O(state region). */
  clms_restore(): number;
}
