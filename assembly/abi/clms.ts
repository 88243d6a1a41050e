// Generated from abi/clms.toml by abi/generate.mjs: do not edit.

/** ABI of this module */
// @ts-ignore: decorator
@inline export const ABI_CURRENT: u32 = 1;
/** oldest host ABI it serves */
// @ts-ignore: decorator
@inline export const ABI_MINIMUM: u32 = 1;
/** layout of the state region */
// @ts-ignore: decorator
@inline export const SNAPSHOT_VERSION: u32 = 1;

// Limits
/** nodes of a cluster; they are numbered from 1 to this */
// @ts-ignore: decorator
@inline export const NODE_MAX: u32 = 1024;
/** nodes that vote */
// @ts-ignore: decorator
@inline export const VOTER_MAX: u32 = 128;
/** votes of one node */
// @ts-ignore: decorator
@inline export const VOTES_MAX: u32 = 255;
/** records of the log that are kept (a power of two) */
// @ts-ignore: decorator
@inline export const RING_MAX: u32 = 1024;
/** records in one STAGE or LEARN message */
// @ts-ignore: decorator
@inline export const BATCH_MAX: u32 = 256;
/** key services */
// @ts-ignore: decorator
@inline export const SVC_MAX: u32 = 64;
/** candidates of one key service */
// @ts-ignore: decorator
@inline export const CAND_MAX: u32 = 16;
/** subsystems registered on one node */
// @ts-ignore: decorator
@inline export const SUBSYS_MAX: u32 = 16;
/** bytes of a node's metadata */
// @ts-ignore: decorator
@inline export const META_MAX: u32 = 512;
/** bytes of the name of a subsystem or service, without the final NUL */
// @ts-ignore: decorator
@inline export const NAME_MAX: u32 = 31;
/** observers of one node (k of the detector) */
// @ts-ignore: decorator
@inline export const OBSERVERS_MAX: u32 = 10;
/** suspects named in one ACK */
// @ts-ignore: decorator
@inline export const SUSPECTS_MAX: u32 = 16;
/** nodes to turn to first, when the log knows none */
// @ts-ignore: decorator
@inline export const SEED_MAX: u32 = 16;
/** nodes of the first configuration */
// @ts-ignore: decorator
@inline export const GENESIS_MAX: u32 = 128;
/** events kept until the host reads them (a power of two) */
// @ts-ignore: decorator
@inline export const EVENT_MAX: u32 = 1024;
/** writes kept until the host takes them (a power of two) */
// @ts-ignore: decorator
@inline export const DURABLE_MAX: u32 = 2048;
/** bytes of a message */
// @ts-ignore: decorator
@inline export const MSG_MAX: u32 = 73728;
/** bytes of outgoing messages kept until the host takes them */
// @ts-ignore: decorator
@inline export const OUT_BYTES: u32 = 524288;
/** outgoing messages kept until the host takes them (a power of two) */
// @ts-ignore: decorator
@inline export const OUT_MAX: u32 = 4096;
/** bytes of a set of nodes: bit n % 8 of byte n / 8 is node n */
// @ts-ignore: decorator
@inline export const BITMAP_BYTES: u32 = 136;
/** the highest version of the protocol between nodes that this module speaks */
// @ts-ignore: decorator
@inline export const PROTO_CURRENT: u32 = 1;

// Error numbers
/** not allowed in this state */
// @ts-ignore: decorator
@inline export const EPERM: i32 = 1;
/** no such object */
// @ts-ignore: decorator
@inline export const ENOENT: i32 = 2;
/** not yet: the gate is closed, or the slot is not applied here; Page.wait_slot says what to wait for */
// @ts-ignore: decorator
@inline export const EAGAIN: i32 = 11;
/** another request of this kind is under way */
// @ts-ignore: decorator
@inline export const EBUSY: i32 = 16;
/** exists already */
// @ts-ignore: decorator
@inline export const EEXIST: i32 = 17;
/** argument out of its set */
// @ts-ignore: decorator
@inline export const EINVAL: i32 = 22;
/** a limit is reached */
// @ts-ignore: decorator
@inline export const ENOSPC: i32 = 28;
/** value out of its range */
// @ts-ignore: decorator
@inline export const ERANGE: i32 = 34;
/** name longer than NAME_MAX, or empty */
// @ts-ignore: decorator
@inline export const ENAMETOOLONG: i32 = 36;
/** nothing newer */
// @ts-ignore: decorator
@inline export const ENODATA: i32 = 61;
/** it names a node incarnation that is gone */
// @ts-ignore: decorator
@inline export const EREMOTE: i32 = 66;
/** malformed */
// @ts-ignore: decorator
@inline export const EPROTO: i32 = 71;
/** its check value does not fit its bytes */
// @ts-ignore: decorator
@inline export const EBADMSG: i32 = 74;
/** older than the oldest record kept: take the membership anew */
// @ts-ignore: decorator
@inline export const EOVERFLOW: i32 = 75;
/** longer or shorter than it may be */
// @ts-ignore: decorator
@inline export const EMSGSIZE: i32 = 90;
/** a version of the protocol that is not spoken here */
// @ts-ignore: decorator
@inline export const EPROTONOSUPPORT: i32 = 93;
/** this node is no member at present */
// @ts-ignore: decorator
@inline export const ENOTCONN: i32 = 107;
/** it is so already */
// @ts-ignore: decorator
@inline export const EALREADY: i32 = 114;
/** from a node incarnation that is gone, or for one */
// @ts-ignore: decorator
@inline export const ESTALE: i32 = 116;
/** it contradicts what is decided here: the histories have diverged */
// @ts-ignore: decorator
@inline export const EUCLEAN: i32 = 117;
/** addressed to another node or another cluster */
// @ts-ignore: decorator
@inline export const EREMOTEIO: i32 = 121;
/** the cluster refused it; Page.refused says why */
// @ts-ignore: decorator
@inline export const ECANCELED: i32 = 125;
/** NodeConf: node numbers are 1 to NODE_MAX */
// @ts-ignore: decorator
@inline export const ELIMNODES: i32 = 140;
/** NodeConf: more than VOTER_MAX voters, or more than VOTES_MAX votes, or none */
// @ts-ignore: decorator
@inline export const ELIMVOTERS: i32 = 141;
/** NodeConf: the mode does not fit the number of voters, or needs its explicit flag */
// @ts-ignore: decorator
@inline export const ELIMMODE: i32 = 142;
/** NodeConf: no such profile, or a timing out of its range */
// @ts-ignore: decorator
@inline export const ELIMPROFILE: i32 = 143;
/** NodeConf: a seed is no node number */
// @ts-ignore: decorator
@inline export const ELIMSEEDS: i32 = 144;
/** NodeConf: the range of protocol versions is empty, or not spoken here */
// @ts-ignore: decorator
@inline export const ELIMPROTO: i32 = 145;

// NS: State of a node. The codes are frozen: they stand in the log.
/** in the table, never joined */
// @ts-ignore: decorator
@inline export const NS_NEVERUP: u32 = 0;
/** join accepted, nodeup work under way */
// @ts-ignore: decorator
@inline export const NS_COMINGUP: u32 = 1;
/** full member; the only state that counts as up */
// @ts-ignore: decorator
@inline export const NS_UP: u32 = 2;
/** maintenance, or announced shutdown: still reversible to UP */
// @ts-ignore: decorator
@inline export const NS_SHUTDOWN: u32 = 3;
/** past the point of return */
// @ts-ignore: decorator
@inline export const NS_GOINGDOWN: u32 = 4;
/** gone; subsystems of the others clean up */
// @ts-ignore: decorator
@inline export const NS_KCLEANUP: u32 = 5;
/** the clean-up of subsystems is done; clean-up at user level runs */
// @ts-ignore: decorator
@inline export const NS_UCLEANUP: u32 = 6;
/** all clean-up is done; the number may be used again */
// @ts-ignore: decorator
@inline export const NS_DOWN: u32 = 7;

// ROLE: What a node is in the cluster.
/** votes and may be master */
// @ts-ignore: decorator
@inline export const ROLE_VOTER: u32 = 0;
/** follows the decided log, will be a voter */
// @ts-ignore: decorator
@inline export const ROLE_LEARNER: u32 = 1;
/** follows the decided log */
// @ts-ignore: decorator
@inline export const ROLE_OBSERVER: u32 = 2;
/** votes, never is master and holds no key service */
// @ts-ignore: decorator
@inline export const ROLE_WITNESS: u32 = 3;

// MODE: What counts as enough.
/** all live voters; no partition safety */
// @ts-ignore: decorator
@inline export const MODE_CLASSIC: u32 = 0;
/** all live voters, the missing ones fenced first */
// @ts-ignore: decorator
@inline export const MODE_CLASSIC_FENCE: u32 = 1;
/** a majority of the configured votes */
// @ts-ignore: decorator
@inline export const MODE_MAJORITY: u32 = 2;
/** a majority of the votes of live voters */
// @ts-ignore: decorator
@inline export const MODE_MAJORITY_DYNAMIC: u32 = 3;
/** as MAJORITY, with one extra vote of a third party */
// @ts-ignore: decorator
@inline export const MODE_ARBITER: u32 = 4;

// KIND: Kind of a record.
/** nothing happens in this slot */
// @ts-ignore: decorator
@inline export const KIND_DUMMY: u32 = 0;
/** a node goes from from_state to to_state */
// @ts-ignore: decorator
@inline export const KIND_NODE: u32 = 1;
/** a phase of a set of nodedowns begins; arg = PHASE */
// @ts-ignore: decorator
@inline export const KIND_SET_BEGIN: u32 = 2;
/** it ends; arg = PHASE */
// @ts-ignore: decorator
@inline export const KIND_SET_END: u32 = 3;
/** key service set_id; to_state = SVCOP */
// @ts-ignore: decorator
@inline export const KIND_KEYSVC: u32 = 4;
/** configuration; to_state = CFGOP */
// @ts-ignore: decorator
@inline export const KIND_CONFIG: u32 = 5;
/** a master begins; node = the master */
// @ts-ignore: decorator
@inline export const KIND_EPOCH: u32 = 6;
/** metadata of node; arg = its hash, set_id = its length */
// @ts-ignore: decorator
@inline export const KIND_META: u32 = 7;

// CFGOP: What a CONFIG record does.
/** arg = MODE */
// @ts-ignore: decorator
@inline export const CFGOP_MODE: u32 = 0;
/** node's role, votes, site and protocol range; arg as in NODEARG */
// @ts-ignore: decorator
@inline export const CFGOP_NODE: u32 = 1;
/** node is taken out of the table; it must be DOWN or NEVERUP */
// @ts-ignore: decorator
@inline export const CFGOP_REMOVE: u32 = 2;
/** arg = the version of the protocol that runs from here on */
// @ts-ignore: decorator
@inline export const CFGOP_PROTO: u32 = 3;

// SVCOP: What a KEYSVC record does.
/** service set_id is the one whose name hashes to arg */
// @ts-ignore: decorator
@inline export const SVCOP_DEFINE: u32 = 0;
/** node is a candidate with preference arg (255 = no longer) */
// @ts-ignore: decorator
@inline export const SVCOP_OFFER: u32 = 1;
/** node holds it; the slot is the fencing token */
// @ts-ignore: decorator
@inline export const SVCOP_TAKE: u32 = 2;
/** node is to give it up */
// @ts-ignore: decorator
@inline export const SVCOP_RELEASE: u32 = 3;
/** nobody holds it */
// @ts-ignore: decorator
@inline export const SVCOP_FREE: u32 = 4;
/** node is wanted as holder until mono_ms exceeds arg; node 0 = no longer */
// @ts-ignore: decorator
@inline export const SVCOP_MOVE: u32 = 5;

// CAUSE: Why a record was made.
/** none */
// @ts-ignore: decorator
@inline export const CAUSE_NONE: u32 = 0;
/** the node asked to join */
// @ts-ignore: decorator
@inline export const CAUSE_JOIN: u32 = 1;
/** the administrator */
// @ts-ignore: decorator
@inline export const CAUSE_ADMIN: u32 = 2;
/** it left by itself */
// @ts-ignore: decorator
@inline export const CAUSE_GRACEFUL: u32 = 3;
/** its observers no longer heard it */
// @ts-ignore: decorator
@inline export const CAUSE_HEARTBEAT: u32 = 4;
/** it did not answer a takeover, or was cut off from others that did */
// @ts-ignore: decorator
@inline export const CAUSE_TAKEOVER: u32 = 5;
/** it was fenced */
// @ts-ignore: decorator
@inline export const CAUSE_FENCED: u32 = 6;
/** it gave up by itself */
// @ts-ignore: decorator
@inline export const CAUSE_SELF_FENCE: u32 = 7;
/** a clean-up is done */
// @ts-ignore: decorator
@inline export const CAUSE_CLEANUP: u32 = 8;
/** another node came with its number */
// @ts-ignore: decorator
@inline export const CAUSE_DUP_IDENTITY: u32 = 9;
/** protocol version */
// @ts-ignore: decorator
@inline export const CAUSE_UPGRADE: u32 = 10;
/** it came back without having been missed */
// @ts-ignore: decorator
@inline export const CAUSE_REBOOT: u32 = 11;
/** it did not finish a callback in time */
// @ts-ignore: decorator
@inline export const CAUSE_CALLBACK: u32 = 12;
/** its time to leave gracefully was over */
// @ts-ignore: decorator
@inline export const CAUSE_DEADLINE: u32 = 13;

// RECF: Flags of a record. The last is not part of its value.
/** DUMMY that fills a gap */
// @ts-ignore: decorator
@inline export const RECF_GAP: u32 = 1;
/** put in, or made a DUMMY, to keep the walk legal */
// @ts-ignore: decorator
@inline export const RECF_BRIDGE: u32 = 2;
/** COMINGUP of a node without durable state: its vote counts again from UP on */
// @ts-ignore: decorator
@inline export const RECF_FRESH: u32 = 8;
/** proposed again by a takeover */
// @ts-ignore: decorator
@inline export const RECF_REPROPOSED: u32 = 4;

// STAGE: How far a record has come on this node. Not part of its value.
/** no record */
// @ts-ignore: decorator
@inline export const STAGE_EMPTY: u32 = 0;
/** accepted, not known to be decided */
// @ts-ignore: decorator
@inline export const STAGE_PREPARED: u32 = 1;
/** decided and applied */
// @ts-ignore: decorator
@inline export const STAGE_DECIDED: u32 = 2;
/** there was one; it is damaged */
// @ts-ignore: decorator
@inline export const STAGE_UNKNOWN: u32 = 4;

// PHASE: Phase of a set of nodedowns.
/** no set is open */
// @ts-ignore: decorator
@inline export const PHASE_NONE: u32 = 0;
/** to KCLEANUP */
// @ts-ignore: decorator
@inline export const PHASE_KERNEL: u32 = 1;
/** to UCLEANUP */
// @ts-ignore: decorator
@inline export const PHASE_USER: u32 = 2;
/** to DOWN */
// @ts-ignore: decorator
@inline export const PHASE_DONE: u32 = 3;

// ENTF: Flags of a node entry.
/** the entry is in use */
// @ts-ignore: decorator
@inline export const ENTF_USED: u32 = 1;
/** it joined without durable state: its vote does not count before UP */
// @ts-ignore: decorator
@inline export const ENTF_LEARNING: u32 = 2;
/** it was the last voter that was a member, and there is none now: it has everything */
// @ts-ignore: decorator
@inline export const ENTF_LAST: u32 = 4;

// ENGINE: What this node is doing in the protocol.
/** not started */
// @ts-ignore: decorator
@inline export const ENGINE_OFF: u32 = 0;
/** follows a master, or waits for one */
// @ts-ignore: decorator
@inline export const ENGINE_FOLLOWER: u32 = 1;
/** asks the others whether they miss the master too */
// @ts-ignore: decorator
@inline export const ENGINE_PREVOTE: u32 = 2;
/** waits until its own promise is durable */
// @ts-ignore: decorator
@inline export const ENGINE_PROMISE: u32 = 3;
/** collects reports */
// @ts-ignore: decorator
@inline export const ENGINE_POLL: u32 = 4;
/** waits for fences to be confirmed */
// @ts-ignore: decorator
@inline export const ENGINE_FENCE: u32 = 5;
/** waits for the arbiter */
// @ts-ignore: decorator
@inline export const ENGINE_ARBITER: u32 = 6;
/** master */
// @ts-ignore: decorator
@inline export const ENGINE_MASTER: u32 = 7;
/** follows the decided log only */
// @ts-ignore: decorator
@inline export const ENGINE_OBSERVER: u32 = 8;
/** its history contradicts the cluster's: it must start anew with an empty disk */
// @ts-ignore: decorator
@inline export const ENGINE_HALTED: u32 = 9;

// PROFILE: Set of timings.
/** probe every 200 ms, 4 losses: a crash is decided within 1.5 s */
// @ts-ignore: decorator
@inline export const PROFILE_LAN: u32 = 0;
/** probe every 10 ms, 4 losses: within 100 ms */
// @ts-ignore: decorator
@inline export const PROFILE_FAST: u32 = 1;
/** probe every 1 s, 5 losses */
// @ts-ignore: decorator
@inline export const PROFILE_WAN: u32 = 2;
/** NodeConf.probe_ms and losses */
// @ts-ignore: decorator
@inline export const PROFILE_CUSTOM: u32 = 3;

// CONFF: Flags of NodeConf.
/** the very first start of the cluster: this node's vote counts although its disk is empty */
// @ts-ignore: decorator
@inline export const CONFF_BOOTSTRAP: u32 = 1;
/** classic mode is wanted in spite of its lack of partition safety */
// @ts-ignore: decorator
@inline export const CONFF_CLASSIC_OK: u32 = 2;
/** joins that wait may enter as one batch */
// @ts-ignore: decorator
@inline export const CONFF_BATCH_JOINS: u32 = 4;
/** only clms_node_fault says who is dead; the module's own detector is off */
// @ts-ignore: decorator
@inline export const CONFF_EXTERNAL: u32 = 8;
/** COMINGUP goes to UP by itself, without clms_node_setstate */
// @ts-ignore: decorator
@inline export const CONFF_AUTO_UP: u32 = 16;

// MSG: Kind of a message.
/** detector: are you there? */
// @ts-ignore: decorator
@inline export const MSG_PROBE: u32 = 1;
/** detector: yes */
// @ts-ignore: decorator
@inline export const MSG_PROBE_ACK: u32 = 2;
/** a node wants in */
// @ts-ignore: decorator
@inline export const MSG_JOIN: u32 = 3;
/** it may not, or its incarnation is gone; aux = REFUSED; of a removal slot = its record, clock = that record's hash */
// @ts-ignore: decorator
@inline export const MSG_REFUSE: u32 = 4;
/** aux = the master, as far as known */
// @ts-ignore: decorator
@inline export const MSG_HINT: u32 = 5;
/** records to accept */
// @ts-ignore: decorator
@inline export const MSG_STAGE: u32 = 6;
/** heartbeat of the master: what is decided */
// @ts-ignore: decorator
@inline export const MSG_COMMIT: u32 = 7;
/** decided records */
// @ts-ignore: decorator
@inline export const MSG_LEARN: u32 = 8;
/** the fold of the log */
// @ts-ignore: decorator
@inline export const MSG_CHECKPOINT: u32 = 9;
/** what is accepted, applied, done; what the node wants; whom it misses */
// @ts-ignore: decorator
@inline export const MSG_ACK: u32 = 10;
/** a higher ballot is promised */
// @ts-ignore: decorator
@inline export const MSG_NAK: u32 = 11;
/** do you miss the master too? */
// @ts-ignore: decorator
@inline export const MSG_PREVOTE: u32 = 12;
/** aux = 1 yes, 0 no */
// @ts-ignore: decorator
@inline export const MSG_PREVOTE_ACK: u32 = 13;
/** promise, and report; aux = ns that the sender will need beyond the usual */
// @ts-ignore: decorator
@inline export const MSG_POLL: u32 = 14;
/** history of a node */
// @ts-ignore: decorator
@inline export const MSG_REPORT: u32 = 15;
/** send decided records above slot */
// @ts-ignore: decorator
@inline export const MSG_PULL: u32 = 16;
/** an administrator's wish, for the master */
// @ts-ignore: decorator
@inline export const MSG_REQUEST: u32 = 17;
/** what became of it */
// @ts-ignore: decorator
@inline export const MSG_RESULT: u32 = 18;
/** send the metadata with this hash */
// @ts-ignore: decorator
@inline export const MSG_META_GET: u32 = 19;
/** metadata */
// @ts-ignore: decorator
@inline export const MSG_META_PUT: u32 = 20;

// REFUSED: Why a join or a request was refused.
/** it was not */
// @ts-ignore: decorator
@inline export const REFUSED_NONE: u32 = 0;
/** another cluster */
// @ts-ignore: decorator
@inline export const REFUSED_CLUSTER: u32 = 1;
/** the number belongs to a node with another uuid */
// @ts-ignore: decorator
@inline export const REFUSED_IDENTITY: u32 = 2;
/** the number is not in the table and may not be added */
// @ts-ignore: decorator
@inline export const REFUSED_NUMBER: u32 = 3;
/** no version of the protocol in common */
// @ts-ignore: decorator
@inline export const REFUSED_PROTO: u32 = 4;
/** that incarnation has been removed; slot = the record */
// @ts-ignore: decorator
@inline export const REFUSED_EVICTED: u32 = 5;
/** a limit is reached */
// @ts-ignore: decorator
@inline export const REFUSED_FULL: u32 = 6;
/** not in this state */
// @ts-ignore: decorator
@inline export const REFUSED_STATE: u32 = 7;
/** its first configuration is another */
// @ts-ignore: decorator
@inline export const REFUSED_GENESIS: u32 = 8;
/** it would remove more than a minority */
// @ts-ignore: decorator
@inline export const REFUSED_BLAST: u32 = 9;
/** those that answer could not decide it, or anything after it */
// @ts-ignore: decorator
@inline export const REFUSED_QUORUM: u32 = 10;

// EVENT: Type of an event.
/** unused */
// @ts-ignore: decorator
@inline export const EVENT_NONE: u32 = 0;
/** ENGINE old → new */
// @ts-ignore: decorator
@inline export const EVENT_ENGINE: u32 = 1;
/** the master is node (0 = none); slot = round of its ballot */
// @ts-ignore: decorator
@inline export const EVENT_MASTER: u32 = 2;
/** a record was applied: slot, node, inc; old/new = states, cause, kind */
// @ts-ignore: decorator
@inline export const EVENT_APPLIED: u32 = 3;
/** gate open (new=1) or closed (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_GATE: u32 = 4;
/** this node was given incarnation inc */
// @ts-ignore: decorator
@inline export const EVENT_ADMITTED: u32 = 5;
/** a decided record removes this node; cause */
// @ts-ignore: decorator
@inline export const EVENT_EVICTED: u32 = 6;
/** join or request refused: new = REFUSED */
// @ts-ignore: decorator
@inline export const EVENT_REFUSED: u32 = 7;
/** the histories contradict each other: start anew with an empty disk */
// @ts-ignore: decorator
@inline export const EVENT_DIVERGED: u32 = 8;
/** own lease held (new=1) or over (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_LEASE: u32 = 9;
/** this node did not run for arg milliseconds */
// @ts-ignore: decorator
@inline export const EVENT_PAUSED: u32 = 10;
/** node is missed (new=1) or heard again (new=0) by this observer */
// @ts-ignore: decorator
@inline export const EVENT_SUSPECT: u32 = 11;
/** subsystem new is to run callback old (CALL) for slot; node, inc or set_id = arg; answer with clms_subsys_done */
// @ts-ignore: decorator
@inline export const EVENT_SUBSYS: u32 = 12;
/** this node is to hold service new; slot = fencing token; answer with clms_svc_done */
// @ts-ignore: decorator
@inline export const EVENT_SVC_TAKE: u32 = 13;
/** this node is to give service new up; answer with clms_svc_done */
// @ts-ignore: decorator
@inline export const EVENT_SVC_RELEASE: u32 = 14;
/** fence node, inc; answer with clms_fence_done */
// @ts-ignore: decorator
@inline export const EVENT_FENCE: u32 = 15;
/** read the arbiter's register; answer with clms_arb_answer */
// @ts-ignore: decorator
@inline export const EVENT_ARB_READ: u32 = 16;
/** write Page.arb_register if its version is still arg; answer with clms_arb_answer */
// @ts-ignore: decorator
@inline export const EVENT_ARB_WRITE: u32 = 17;
/** a set of arg nodes would exceed a minority: an operator's word is needed */
// @ts-ignore: decorator
@inline export const EVENT_BLAST: u32 = 18;
/** request arg is done: new = REFUSED, slot */
// @ts-ignore: decorator
@inline export const EVENT_REQUEST: u32 = 19;
/** this node took a checkpoint: subsystems take the membership anew; answer with clms_subsys_done */
// @ts-ignore: decorator
@inline export const EVENT_RESYNC: u32 = 20;
/** metadata of node is here */
// @ts-ignore: decorator
@inline export const EVENT_META: u32 = 21;

// CALL: A callback of a subsystem.
/** node comes up */
// @ts-ignore: decorator
@inline export const CALL_NODEUP: u32 = 0;
/** the nodes in KCLEANUP are down: clean up after them */
// @ts-ignore: decorator
@inline export const CALL_NODEDOWN: u32 = 1;
/** the nodes in UCLEANUP: clean up at user level */
// @ts-ignore: decorator
@inline export const CALL_NODEGONE: u32 = 2;
/** take the membership anew */
// @ts-ignore: decorator
@inline export const CALL_RESYNC: u32 = 3;

// DURABLE: A write that the host is to make durable, in order.
/** Durable.addr = a Header: replace the old one atomically */
// @ts-ignore: decorator
@inline export const DURABLE_HEADER: u32 = 1;
/** a TransRec for place slot % RING_MAX of the log */
// @ts-ignore: decorator
@inline export const DURABLE_RECORD: u32 = 2;
/** the fold of the log: replace the old one atomically */
// @ts-ignore: decorator
@inline export const DURABLE_CHECKPOINT: u32 = 3;

// WHICH: Which transition clms_history is to return.
/** the next simple transition (to or from UP) after the cursor */
// @ts-ignore: decorator
@inline export const WHICH_NEXT: u32 = 0;
/** the next change of any node's state after it */
// @ts-ignore: decorator
@inline export const WHICH_NEXT_DETAILED: u32 = 1;
/** the next record of any kind after it */
// @ts-ignore: decorator
@inline export const WHICH_NEXT_RECORD: u32 = 2;
/** the last change of any node's state before it */
// @ts-ignore: decorator
@inline export const WHICH_PREVIOUS_DETAILED: u32 = 3;
/** the record at the cursor itself */
// @ts-ignore: decorator
@inline export const WHICH_THIS: u32 = 4;

// STAMP: What is to become of data in transit.
/** hand it on */
// @ts-ignore: decorator
@inline export const STAMP_DELIVER: u32 = 0;
/** keep it until Page.wait_slot is applied */
// @ts-ignore: decorator
@inline export const STAMP_HOLD: u32 = 1;
/** answer EREMOTE: its sender, or the incarnation it is meant for, is gone */
// @ts-ignore: decorator
@inline export const STAMP_REFUSE: u32 = 2;

// SVCS: State of a key service.
/** nobody holds it */
// @ts-ignore: decorator
@inline export const SVCS_FREE: u32 = 0;
/** holder holds it */
// @ts-ignore: decorator
@inline export const SVCS_HELD: u32 = 1;
/** holder is to give it up */
// @ts-ignore: decorator
@inline export const SVCS_RELEASING: u32 = 2;

// REQ: A wish that is sent to the master.
/** none */
// @ts-ignore: decorator
@inline export const REQ_NONE: u32 = 0;
/** remove node */
// @ts-ignore: decorator
@inline export const REQ_EVICT: u32 = 1;
/** node's role and votes; arg as in a CONFIG record */
// @ts-ignore: decorator
@inline export const REQ_CONFIG: u32 = 2;
/** take node out of the table */
// @ts-ignore: decorator
@inline export const REQ_REMOVE: u32 = 3;
/** arg = MODE */
// @ts-ignore: decorator
@inline export const REQ_MODE: u32 = 4;
/** arg = hash of the name */
// @ts-ignore: decorator
@inline export const REQ_SVC_DEFINE: u32 = 5;
/** set_id = service, arg = preference */
// @ts-ignore: decorator
@inline export const REQ_SVC_OFFER: u32 = 6;
/** set_id = service, node = where to, arg = for how many ms */
// @ts-ignore: decorator
@inline export const REQ_SVC_MOVE: u32 = 7;
/** the set that waits may exceed a minority */
// @ts-ignore: decorator
@inline export const REQ_OVERRIDE: u32 = 8;

// PARAM: Settings for clms_param_set.
/** 1 to 60,000 ms between probes */
// @ts-ignore: decorator
@inline export const PARAM_PROBE_MS: u32 = 0;
/** 2 to 100 probes lost before a node is missed */
// @ts-ignore: decorator
@inline export const PARAM_LOSSES: u32 = 1;
/** 1 to 60,000 ms of lease; below PROBE_MS × LOSSES */
// @ts-ignore: decorator
@inline export const PARAM_LEASE_MS: u32 = 2;
/** 10 to 3,600,000 ms for a callback */
// @ts-ignore: decorator
@inline export const PARAM_CALLBACK_MS: u32 = 3;
/** 0 to 60,000 ms that a join waits for others, with BATCH_JOINS */
// @ts-ignore: decorator
@inline export const PARAM_BATCH_MS: u32 = 4;
/** 1 to 60,000 ms that a takeover waits for missing reports */
// @ts-ignore: decorator
@inline export const PARAM_POLL_MS: u32 = 5;
/** 0 or 1: after an eviction this node asks to join again; default 1 */
// @ts-ignore: decorator
@inline export const PARAM_AUTO_REJOIN: u32 = 6;

/** A record of the log. */
@unmanaged export class TransRec {
  slot: u64;
  ballot: u64;
  mono_ms: u64;
  node: u16;
  from_state: u8;
  to_state: u8;
  inc: u32;
  kind: u8;
  cause: u8;
  flags: u8;
  stage: u8;
  set_id: u32;
  arg: u64;
  prev_hash: u64;
  self_hash: u64;
}
if (offsetof<TransRec>() != 64) ERROR("TransRec is ABI: 64 bytes");
/** bytes of a TransRec */
// @ts-ignore: decorator
@inline export const TransRec_SIZE: u32 = 64;
if (offsetof<TransRec>("slot") != 0) ERROR("TransRec.slot is at 0");
if (offsetof<TransRec>("ballot") != 8) ERROR("TransRec.ballot is at 8");
if (offsetof<TransRec>("mono_ms") != 16) ERROR("TransRec.mono_ms is at 16");
if (offsetof<TransRec>("node") != 24) ERROR("TransRec.node is at 24");
if (offsetof<TransRec>("from_state") != 26) ERROR("TransRec.from_state is at 26");
if (offsetof<TransRec>("to_state") != 27) ERROR("TransRec.to_state is at 27");
if (offsetof<TransRec>("inc") != 28) ERROR("TransRec.inc is at 28");
if (offsetof<TransRec>("kind") != 32) ERROR("TransRec.kind is at 32");
if (offsetof<TransRec>("cause") != 33) ERROR("TransRec.cause is at 33");
if (offsetof<TransRec>("flags") != 34) ERROR("TransRec.flags is at 34");
if (offsetof<TransRec>("stage") != 35) ERROR("TransRec.stage is at 35");
if (offsetof<TransRec>("set_id") != 36) ERROR("TransRec.set_id is at 36");
if (offsetof<TransRec>("arg") != 40) ERROR("TransRec.arg is at 40");
if (offsetof<TransRec>("prev_hash") != 48) ERROR("TransRec.prev_hash is at 48");
if (offsetof<TransRec>("self_hash") != 56) ERROR("TransRec.self_hash is at 56");

/** A node, as the log says. */
@unmanaged export class NodeEnt {
  node: u16;
  state: u8;
  role: u8;
  votes: u8;
  flags: u8;
  meta_len: u16;
  inc: u32;
  proto_min: u8;
  proto_max: u8;
  site: u8;
  cause: u8;
  last_slot: u64;
  lineage: u32;
  born: u32;
}
if (offsetof<NodeEnt>() != 32) ERROR("NodeEnt is ABI: 32 bytes");
/** bytes of a NodeEnt */
// @ts-ignore: decorator
@inline export const NodeEnt_SIZE: u32 = 32;
if (offsetof<NodeEnt>("node") != 0) ERROR("NodeEnt.node is at 0");
if (offsetof<NodeEnt>("state") != 2) ERROR("NodeEnt.state is at 2");
if (offsetof<NodeEnt>("role") != 3) ERROR("NodeEnt.role is at 3");
if (offsetof<NodeEnt>("votes") != 4) ERROR("NodeEnt.votes is at 4");
if (offsetof<NodeEnt>("flags") != 5) ERROR("NodeEnt.flags is at 5");
if (offsetof<NodeEnt>("meta_len") != 6) ERROR("NodeEnt.meta_len is at 6");
if (offsetof<NodeEnt>("inc") != 8) ERROR("NodeEnt.inc is at 8");
if (offsetof<NodeEnt>("proto_min") != 12) ERROR("NodeEnt.proto_min is at 12");
if (offsetof<NodeEnt>("proto_max") != 13) ERROR("NodeEnt.proto_max is at 13");
if (offsetof<NodeEnt>("site") != 14) ERROR("NodeEnt.site is at 14");
if (offsetof<NodeEnt>("cause") != 15) ERROR("NodeEnt.cause is at 15");
if (offsetof<NodeEnt>("last_slot") != 16) ERROR("NodeEnt.last_slot is at 16");
if (offsetof<NodeEnt>("lineage") != 24) ERROR("NodeEnt.lineage is at 24");
if (offsetof<NodeEnt>("born") != 28) ERROR("NodeEnt.born is at 28");

/** A key service, as the log says. */
@unmanaged export class SvcEnt {
  name: u64;
  token: u64;
  since: u64;
  move_until: u64;
  holder_inc: u32;
  holder: u16;
  move_to: u16;
  state: u8;
  ncand: u8;
  private _42: u16;
  private _44: u32;
  private _48: u64;
  private _56: u64;
  private _64: u64;
  private _72: u64;
  private _80: u64;
  private _88: u64;
  private _96: u64;
  private _104: u64;
  private _112: u64;
  private _120: u64;
}
if (offsetof<SvcEnt>() != 128) ERROR("SvcEnt is ABI: 128 bytes");
/** bytes of a SvcEnt */
// @ts-ignore: decorator
@inline export const SvcEnt_SIZE: u32 = 128;
if (offsetof<SvcEnt>("name") != 0) ERROR("SvcEnt.name is at 0");
if (offsetof<SvcEnt>("token") != 8) ERROR("SvcEnt.token is at 8");
if (offsetof<SvcEnt>("since") != 16) ERROR("SvcEnt.since is at 16");
if (offsetof<SvcEnt>("move_until") != 24) ERROR("SvcEnt.move_until is at 24");
if (offsetof<SvcEnt>("holder_inc") != 32) ERROR("SvcEnt.holder_inc is at 32");
if (offsetof<SvcEnt>("holder") != 36) ERROR("SvcEnt.holder is at 36");
if (offsetof<SvcEnt>("move_to") != 38) ERROR("SvcEnt.move_to is at 38");
if (offsetof<SvcEnt>("state") != 40) ERROR("SvcEnt.state is at 40");
if (offsetof<SvcEnt>("ncand") != 41) ERROR("SvcEnt.ncand is at 41");
/** candidates; ncand are valid: 16 × u16 */
// @ts-ignore: decorator
@inline export const SvcEnt_cand_OFF: u32 = 48;
/** their preferences; lower is preferred: 16 × u8 */
// @ts-ignore: decorator
@inline export const SvcEnt_pref_OFF: u32 = 80;

/** The fold of the log: what follows from all records up to slot. The entries stand behind it (Page.fold_base). */
@unmanaged export class Fold {
  slot: u64;
  hash: u64;
  mono_ms: u64;
  cluster: u64;
  genesis: u64;
  epoch_slot: u64;
  set_begin: u64;
  set_end: u64;
  config_slot: u64;
  set_id: u32;
  nused: u16;
  top: u16;
  mode: u8;
  phase: u8;
  bracket: u8;
  proto: u8;
  ncoming: u16;
  nup: u16;
  nlive: u16;
  _pad: u16;
  sets: u32;
  private _96: u64;
  private _104: u64;
  private _112: u64;
  private _120: u64;
}
if (offsetof<Fold>() != 128) ERROR("Fold is ABI: 128 bytes");
/** bytes of a Fold */
// @ts-ignore: decorator
@inline export const Fold_SIZE: u32 = 128;
if (offsetof<Fold>("slot") != 0) ERROR("Fold.slot is at 0");
if (offsetof<Fold>("hash") != 8) ERROR("Fold.hash is at 8");
if (offsetof<Fold>("mono_ms") != 16) ERROR("Fold.mono_ms is at 16");
if (offsetof<Fold>("cluster") != 24) ERROR("Fold.cluster is at 24");
if (offsetof<Fold>("genesis") != 32) ERROR("Fold.genesis is at 32");
if (offsetof<Fold>("epoch_slot") != 40) ERROR("Fold.epoch_slot is at 40");
if (offsetof<Fold>("set_begin") != 48) ERROR("Fold.set_begin is at 48");
if (offsetof<Fold>("set_end") != 56) ERROR("Fold.set_end is at 56");
if (offsetof<Fold>("config_slot") != 64) ERROR("Fold.config_slot is at 64");
if (offsetof<Fold>("set_id") != 72) ERROR("Fold.set_id is at 72");
if (offsetof<Fold>("nused") != 76) ERROR("Fold.nused is at 76");
if (offsetof<Fold>("top") != 78) ERROR("Fold.top is at 78");
if (offsetof<Fold>("mode") != 80) ERROR("Fold.mode is at 80");
if (offsetof<Fold>("phase") != 81) ERROR("Fold.phase is at 81");
if (offsetof<Fold>("bracket") != 82) ERROR("Fold.bracket is at 82");
if (offsetof<Fold>("proto") != 83) ERROR("Fold.proto is at 83");
if (offsetof<Fold>("ncoming") != 84) ERROR("Fold.ncoming is at 84");
if (offsetof<Fold>("nup") != 86) ERROR("Fold.nup is at 86");
if (offsetof<Fold>("nlive") != 88) ERROR("Fold.nlive is at 88");
if (offsetof<Fold>("sets") != 92) ERROR("Fold.sets is at 92");

/** What a node must never forget (DURABLE_HEADER). */
@unmanaged export class Header {
  magic: u32;
  version: u16;
  node: u16;
  cluster: u64;
  uid: u64;
  promised: u64;
  accepted: u64;
  last: u64;
  last_hash: u64;
  applied: u64;
  chk_slot: u64;
  inc: u32;
  lineage: u32;
  check: u64;
  _pad: u64;
}
if (offsetof<Header>() != 96) ERROR("Header is ABI: 96 bytes");
/** bytes of a Header */
// @ts-ignore: decorator
@inline export const Header_SIZE: u32 = 96;
if (offsetof<Header>("magic") != 0) ERROR("Header.magic is at 0");
if (offsetof<Header>("version") != 4) ERROR("Header.version is at 4");
if (offsetof<Header>("node") != 6) ERROR("Header.node is at 6");
if (offsetof<Header>("cluster") != 8) ERROR("Header.cluster is at 8");
if (offsetof<Header>("uid") != 16) ERROR("Header.uid is at 16");
if (offsetof<Header>("promised") != 24) ERROR("Header.promised is at 24");
if (offsetof<Header>("accepted") != 32) ERROR("Header.accepted is at 32");
if (offsetof<Header>("last") != 40) ERROR("Header.last is at 40");
if (offsetof<Header>("last_hash") != 48) ERROR("Header.last_hash is at 48");
if (offsetof<Header>("applied") != 56) ERROR("Header.applied is at 56");
if (offsetof<Header>("chk_slot") != 64) ERROR("Header.chk_slot is at 64");
if (offsetof<Header>("inc") != 72) ERROR("Header.inc is at 72");
if (offsetof<Header>("lineage") != 76) ERROR("Header.lineage is at 76");
if (offsetof<Header>("check") != 80) ERROR("Header.check is at 80");

/** The head of every message. */
@unmanaged export class Msg {
  magic: u16;
  proto: u8;
  kind: u8;
  len: u32;
  check: u64;
  cluster: u64;
  from: u16;
  to: u16;
  inc: u32;
  lineage: u32;
  count: u32;
  ballot: u64;
  slot: u64;
  aux: u64;
  clock: u64;
  applied: u64;
}
if (offsetof<Msg>() != 80) ERROR("Msg is ABI: 80 bytes");
/** bytes of a Msg */
// @ts-ignore: decorator
@inline export const Msg_SIZE: u32 = 80;
if (offsetof<Msg>("magic") != 0) ERROR("Msg.magic is at 0");
if (offsetof<Msg>("proto") != 2) ERROR("Msg.proto is at 2");
if (offsetof<Msg>("kind") != 3) ERROR("Msg.kind is at 3");
if (offsetof<Msg>("len") != 4) ERROR("Msg.len is at 4");
if (offsetof<Msg>("check") != 8) ERROR("Msg.check is at 8");
if (offsetof<Msg>("cluster") != 16) ERROR("Msg.cluster is at 16");
if (offsetof<Msg>("from") != 24) ERROR("Msg.from is at 24");
if (offsetof<Msg>("to") != 26) ERROR("Msg.to is at 26");
if (offsetof<Msg>("inc") != 28) ERROR("Msg.inc is at 28");
if (offsetof<Msg>("lineage") != 32) ERROR("Msg.lineage is at 32");
if (offsetof<Msg>("count") != 36) ERROR("Msg.count is at 36");
if (offsetof<Msg>("ballot") != 40) ERROR("Msg.ballot is at 40");
if (offsetof<Msg>("slot") != 48) ERROR("Msg.slot is at 48");
if (offsetof<Msg>("aux") != 56) ERROR("Msg.aux is at 56");
if (offsetof<Msg>("clock") != 64) ERROR("Msg.clock is at 64");
if (offsetof<Msg>("applied") != 72) ERROR("Msg.applied is at 72");

/** Behind the head of a REPORT, before its records: what a node knows. Msg.count records follow, one for each slot from `from` on. */
@unmanaged export class Report {
  from: u64;
  low: u64;
  applied: u64;
  applied_hash: u64;
  last: u64;
  promised: u64;
  accepted: u64;
  silent_ns: u64;
  private _64: u64;
  private _72: u64;
  private _80: u64;
  private _88: u64;
  private _96: u64;
  private _104: u64;
  private _112: u64;
  private _120: u64;
  private _128: u64;
  private _136: u64;
  private _144: u64;
  private _152: u64;
  private _160: u64;
  private _168: u64;
  private _176: u64;
  private _184: u64;
  private _192: u64;
  private _200: u64;
  private _208: u64;
  private _216: u64;
  private _224: u64;
  private _232: u64;
  private _240: u64;
  private _248: u64;
  private _256: u64;
  private _264: u64;
  private _272: u64;
  private _280: u64;
  private _288: u64;
  private _296: u64;
  private _304: u64;
  private _312: u64;
  private _320: u64;
  private _328: u64;
  node: u16;
  booting: u8;
  private _339: u8;
  private _340: u32;
}
if (offsetof<Report>() != 344) ERROR("Report is ABI: 344 bytes");
/** bytes of a Report */
// @ts-ignore: decorator
@inline export const Report_SIZE: u32 = 344;
if (offsetof<Report>("from") != 0) ERROR("Report.from is at 0");
if (offsetof<Report>("low") != 8) ERROR("Report.low is at 8");
if (offsetof<Report>("applied") != 16) ERROR("Report.applied is at 16");
if (offsetof<Report>("applied_hash") != 24) ERROR("Report.applied_hash is at 24");
if (offsetof<Report>("last") != 32) ERROR("Report.last is at 32");
if (offsetof<Report>("promised") != 40) ERROR("Report.promised is at 40");
if (offsetof<Report>("accepted") != 48) ERROR("Report.accepted is at 48");
if (offsetof<Report>("silent_ns") != 56) ERROR("Report.silent_ns is at 56");
/** nodes that it probes and hears: 136 × u8 */
// @ts-ignore: decorator
@inline export const Report_hears_OFF: u32 = 64;
/** nodes that it probes and does not hear: 136 × u8 */
// @ts-ignore: decorator
@inline export const Report_deaf_OFF: u32 = 200;
if (offsetof<Report>("node") != 336) ERROR("Report.node is at 336");
if (offsetof<Report>("booting") != 338) ERROR("Report.booting is at 338");

/** Behind the head of an ACK (Msg.ballot = master's ballot, Msg.slot = highest slot accepted durably in it). */
@unmanaged export class Ack {
  done: u64;
  deadline_ms: u64;
  want: u8;
  health: u8;
  nsuspect: u8;
  lease: u8;
  meta_len: u32;
  meta_hash: u64;
  svc_free: u64;
  svc_bad: u64;
  private _48: u64;
  private _56: u64;
  private _64: u64;
  private _72: u64;
}
if (offsetof<Ack>() != 80) ERROR("Ack is ABI: 80 bytes");
/** bytes of a Ack */
// @ts-ignore: decorator
@inline export const Ack_SIZE: u32 = 80;
if (offsetof<Ack>("done") != 0) ERROR("Ack.done is at 0");
if (offsetof<Ack>("deadline_ms") != 8) ERROR("Ack.deadline_ms is at 8");
if (offsetof<Ack>("want") != 16) ERROR("Ack.want is at 16");
if (offsetof<Ack>("health") != 17) ERROR("Ack.health is at 17");
if (offsetof<Ack>("nsuspect") != 18) ERROR("Ack.nsuspect is at 18");
if (offsetof<Ack>("lease") != 19) ERROR("Ack.lease is at 19");
if (offsetof<Ack>("meta_len") != 20) ERROR("Ack.meta_len is at 20");
if (offsetof<Ack>("meta_hash") != 24) ERROR("Ack.meta_hash is at 24");
if (offsetof<Ack>("svc_free") != 32) ERROR("Ack.svc_free is at 32");
if (offsetof<Ack>("svc_bad") != 40) ERROR("Ack.svc_bad is at 40");
/** nodes that it probes and does not hear: 16 × u16 */
// @ts-ignore: decorator
@inline export const Ack_suspect_OFF: u32 = 48;

/** Behind the head of a JOIN. */
@unmanaged export class Join {
  uid: u64;
  genesis: u64;
  inc: u32;
  lineage: u32;
  votes: u16;
  role: u8;
  site: u8;
  proto_min: u8;
  proto_max: u8;
  private _30: u16;
  boot: u32;
  _pad2: u32;
  _pad3: u64;
}
if (offsetof<Join>() != 48) ERROR("Join is ABI: 48 bytes");
/** bytes of a Join */
// @ts-ignore: decorator
@inline export const Join_SIZE: u32 = 48;
if (offsetof<Join>("uid") != 0) ERROR("Join.uid is at 0");
if (offsetof<Join>("genesis") != 8) ERROR("Join.genesis is at 8");
if (offsetof<Join>("inc") != 16) ERROR("Join.inc is at 16");
if (offsetof<Join>("lineage") != 20) ERROR("Join.lineage is at 20");
if (offsetof<Join>("votes") != 24) ERROR("Join.votes is at 24");
if (offsetof<Join>("role") != 26) ERROR("Join.role is at 26");
if (offsetof<Join>("site") != 27) ERROR("Join.site is at 27");
if (offsetof<Join>("proto_min") != 28) ERROR("Join.proto_min is at 28");
if (offsetof<Join>("proto_max") != 29) ERROR("Join.proto_max is at 29");
if (offsetof<Join>("boot") != 32) ERROR("Join.boot is at 32");

/** Behind the head of a REQUEST or RESULT. */
@unmanaged export class Request {
  id: u32;
  req: u8;
  result: u8;
  node: u16;
  set_id: u32;
  _pad: u32;
  arg: u64;
  slot: u64;
}
if (offsetof<Request>() != 32) ERROR("Request is ABI: 32 bytes");
/** bytes of a Request */
// @ts-ignore: decorator
@inline export const Request_SIZE: u32 = 32;
if (offsetof<Request>("id") != 0) ERROR("Request.id is at 0");
if (offsetof<Request>("req") != 4) ERROR("Request.req is at 4");
if (offsetof<Request>("result") != 5) ERROR("Request.result is at 5");
if (offsetof<Request>("node") != 6) ERROR("Request.node is at 6");
if (offsetof<Request>("set_id") != 8) ERROR("Request.set_id is at 8");
if (offsetof<Request>("arg") != 16) ERROR("Request.arg is at 16");
if (offsetof<Request>("slot") != 24) ERROR("Request.slot is at 24");

/** The one page a host reads at start: where everything is. At the address that clms_page() returns. */
@unmanaged export class Page {
  magic: u32;
  abi_current: u16;
  abi_minimum: u16;
  snapshot_version: u32;
  state_size: u32;
  now: u64;
  deadline: u64;
  generation: u64;
  seed: u64;
  inbox_base: u32;
  outbox_base: u32;
  event_base: u32;
  event_head: u32;
  event_tail: u32;
  event_lost: u32;
  msg_addr: u32;
  msg_len: u32;
  msg_to: u16;
  _pad0: u16;
  msg_lost: u32;
  durable_addr: u32;
  durable_len: u32;
  durable_slot: u64;
  durable_seq: u32;
  durable_confirmed: u32;
  wait_slot: u64;
  fold_base: u32;
  ent_base: u32;
  uid_base: u32;
  svc_base: u32;
  ring_base: u32;
  meta_base: u32;
  fold_size: u32;
  node: u16;
  master: u16;
  inc: u32;
  lineage: u32;
  engine: u8;
  refused: u8;
  lease: u8;
  health: u8;
  gate: u32;
  promised: u64;
  accepted: u64;
  ballot: u64;
  low: u64;
  applied: u64;
  stored: u64;
  last: u64;
  done: u64;
  lease_until: u64;
  takeovers: u32;
  polls: u32;
  dropped: u32;
  merge_from: u32;
  merge_slot: u64;
  arb_version: u64;
  private _272: u64;
  private _280: u64;
  private _288: u64;
  private _296: u64;
  private _304: u64;
  private _312: u64;
  private _320: u64;
  private _328: u64;
  private _336: u64;
  private _344: u64;
  private _352: u64;
  private _360: u64;
  private _368: u64;
  private _376: u64;
  private _384: u64;
  private _392: u64;
  private _400: u64;
  private _408: u64;
  private _416: u64;
  private _424: u64;
  private _432: u64;
  private _440: u64;
  private _448: u64;
  private _456: u64;
  private _464: u64;
  private _472: u64;
  private _480: u64;
  private _488: u64;
  private _496: u64;
  private _504: u64;
}
if (offsetof<Page>() != 512) ERROR("Page is ABI: 512 bytes");
/** bytes of a Page */
// @ts-ignore: decorator
@inline export const Page_SIZE: u32 = 512;
if (offsetof<Page>("magic") != 0) ERROR("Page.magic is at 0");
if (offsetof<Page>("abi_current") != 4) ERROR("Page.abi_current is at 4");
if (offsetof<Page>("abi_minimum") != 6) ERROR("Page.abi_minimum is at 6");
if (offsetof<Page>("snapshot_version") != 8) ERROR("Page.snapshot_version is at 8");
if (offsetof<Page>("state_size") != 12) ERROR("Page.state_size is at 12");
if (offsetof<Page>("now") != 16) ERROR("Page.now is at 16");
if (offsetof<Page>("deadline") != 24) ERROR("Page.deadline is at 24");
if (offsetof<Page>("generation") != 32) ERROR("Page.generation is at 32");
if (offsetof<Page>("seed") != 40) ERROR("Page.seed is at 40");
if (offsetof<Page>("inbox_base") != 48) ERROR("Page.inbox_base is at 48");
if (offsetof<Page>("outbox_base") != 52) ERROR("Page.outbox_base is at 52");
if (offsetof<Page>("event_base") != 56) ERROR("Page.event_base is at 56");
if (offsetof<Page>("event_head") != 60) ERROR("Page.event_head is at 60");
if (offsetof<Page>("event_tail") != 64) ERROR("Page.event_tail is at 64");
if (offsetof<Page>("event_lost") != 68) ERROR("Page.event_lost is at 68");
if (offsetof<Page>("msg_addr") != 72) ERROR("Page.msg_addr is at 72");
if (offsetof<Page>("msg_len") != 76) ERROR("Page.msg_len is at 76");
if (offsetof<Page>("msg_to") != 80) ERROR("Page.msg_to is at 80");
if (offsetof<Page>("msg_lost") != 84) ERROR("Page.msg_lost is at 84");
if (offsetof<Page>("durable_addr") != 88) ERROR("Page.durable_addr is at 88");
if (offsetof<Page>("durable_len") != 92) ERROR("Page.durable_len is at 92");
if (offsetof<Page>("durable_slot") != 96) ERROR("Page.durable_slot is at 96");
if (offsetof<Page>("durable_seq") != 104) ERROR("Page.durable_seq is at 104");
if (offsetof<Page>("durable_confirmed") != 108) ERROR("Page.durable_confirmed is at 108");
if (offsetof<Page>("wait_slot") != 112) ERROR("Page.wait_slot is at 112");
if (offsetof<Page>("fold_base") != 120) ERROR("Page.fold_base is at 120");
if (offsetof<Page>("ent_base") != 124) ERROR("Page.ent_base is at 124");
if (offsetof<Page>("uid_base") != 128) ERROR("Page.uid_base is at 128");
if (offsetof<Page>("svc_base") != 132) ERROR("Page.svc_base is at 132");
if (offsetof<Page>("ring_base") != 136) ERROR("Page.ring_base is at 136");
if (offsetof<Page>("meta_base") != 140) ERROR("Page.meta_base is at 140");
if (offsetof<Page>("fold_size") != 144) ERROR("Page.fold_size is at 144");
if (offsetof<Page>("node") != 148) ERROR("Page.node is at 148");
if (offsetof<Page>("master") != 150) ERROR("Page.master is at 150");
if (offsetof<Page>("inc") != 152) ERROR("Page.inc is at 152");
if (offsetof<Page>("lineage") != 156) ERROR("Page.lineage is at 156");
if (offsetof<Page>("engine") != 160) ERROR("Page.engine is at 160");
if (offsetof<Page>("refused") != 161) ERROR("Page.refused is at 161");
if (offsetof<Page>("lease") != 162) ERROR("Page.lease is at 162");
if (offsetof<Page>("health") != 163) ERROR("Page.health is at 163");
if (offsetof<Page>("gate") != 164) ERROR("Page.gate is at 164");
if (offsetof<Page>("promised") != 168) ERROR("Page.promised is at 168");
if (offsetof<Page>("accepted") != 176) ERROR("Page.accepted is at 176");
if (offsetof<Page>("ballot") != 184) ERROR("Page.ballot is at 184");
if (offsetof<Page>("low") != 192) ERROR("Page.low is at 192");
if (offsetof<Page>("applied") != 200) ERROR("Page.applied is at 200");
if (offsetof<Page>("stored") != 208) ERROR("Page.stored is at 208");
if (offsetof<Page>("last") != 216) ERROR("Page.last is at 216");
if (offsetof<Page>("done") != 224) ERROR("Page.done is at 224");
if (offsetof<Page>("lease_until") != 232) ERROR("Page.lease_until is at 232");
if (offsetof<Page>("takeovers") != 240) ERROR("Page.takeovers is at 240");
if (offsetof<Page>("polls") != 244) ERROR("Page.polls is at 244");
if (offsetof<Page>("dropped") != 248) ERROR("Page.dropped is at 248");
if (offsetof<Page>("merge_from") != 252) ERROR("Page.merge_from is at 252");
if (offsetof<Page>("merge_slot") != 256) ERROR("Page.merge_slot is at 256");
if (offsetof<Page>("arb_version") != 264) ERROR("Page.arb_version is at 264");
/** OUT of ARB_WRITE: ballot u64, cluster u64, set of nodes 136 bytes, slot u64 of the last record that the writer had taken over, its hash u64: 168 × u8 */
// @ts-ignore: decorator
@inline export const Page_arb_register_OFF: u32 = 272;

/** What clms_node_start reads from the inbox; count GenesisNode follow. */
@unmanaged export class NodeConf {
  size: u32;
  node: u16;
  count: u16;
  cluster_lo: u64;
  cluster_hi: u64;
  uuid_lo: u64;
  uuid_hi: u64;
  mode: u8;
  role: u8;
  site: u8;
  profile: u8;
  votes: u16;
  proto_min: u8;
  proto_max: u8;
  flags: u32;
  probe_ms: u32;
  losses: u16;
  nseed: u16;
  _pad: u32;
  private _64: u64;
  private _72: u64;
  private _80: u64;
  private _88: u64;
}
if (offsetof<NodeConf>() != 96) ERROR("NodeConf is ABI: 96 bytes");
/** bytes of a NodeConf */
// @ts-ignore: decorator
@inline export const NodeConf_SIZE: u32 = 96;
if (offsetof<NodeConf>("size") != 0) ERROR("NodeConf.size is at 0");
if (offsetof<NodeConf>("node") != 4) ERROR("NodeConf.node is at 4");
if (offsetof<NodeConf>("count") != 6) ERROR("NodeConf.count is at 6");
if (offsetof<NodeConf>("cluster_lo") != 8) ERROR("NodeConf.cluster_lo is at 8");
if (offsetof<NodeConf>("cluster_hi") != 16) ERROR("NodeConf.cluster_hi is at 16");
if (offsetof<NodeConf>("uuid_lo") != 24) ERROR("NodeConf.uuid_lo is at 24");
if (offsetof<NodeConf>("uuid_hi") != 32) ERROR("NodeConf.uuid_hi is at 32");
if (offsetof<NodeConf>("mode") != 40) ERROR("NodeConf.mode is at 40");
if (offsetof<NodeConf>("role") != 41) ERROR("NodeConf.role is at 41");
if (offsetof<NodeConf>("site") != 42) ERROR("NodeConf.site is at 42");
if (offsetof<NodeConf>("profile") != 43) ERROR("NodeConf.profile is at 43");
if (offsetof<NodeConf>("votes") != 44) ERROR("NodeConf.votes is at 44");
if (offsetof<NodeConf>("proto_min") != 46) ERROR("NodeConf.proto_min is at 46");
if (offsetof<NodeConf>("proto_max") != 47) ERROR("NodeConf.proto_max is at 47");
if (offsetof<NodeConf>("flags") != 48) ERROR("NodeConf.flags is at 48");
if (offsetof<NodeConf>("probe_ms") != 52) ERROR("NodeConf.probe_ms is at 52");
if (offsetof<NodeConf>("losses") != 56) ERROR("NodeConf.losses is at 56");
if (offsetof<NodeConf>("nseed") != 58) ERROR("NodeConf.nseed is at 58");
/** nodes to turn to first: 16 × u16 */
// @ts-ignore: decorator
@inline export const NodeConf_seeds_OFF: u32 = 64;

/** A node of the first configuration. */
@unmanaged export class GenesisNode {
  node: u16;
  votes: u16;
  role: u8;
  site: u8;
  _pad: u16;
}
if (offsetof<GenesisNode>() != 8) ERROR("GenesisNode is ABI: 8 bytes");
/** bytes of a GenesisNode */
// @ts-ignore: decorator
@inline export const GenesisNode_SIZE: u32 = 8;
if (offsetof<GenesisNode>("node") != 0) ERROR("GenesisNode.node is at 0");
if (offsetof<GenesisNode>("votes") != 2) ERROR("GenesisNode.votes is at 2");
if (offsetof<GenesisNode>("role") != 4) ERROR("GenesisNode.role is at 4");
if (offsetof<GenesisNode>("site") != 5) ERROR("GenesisNode.site is at 5");

/** Something that happened, or that the host is asked to do. */
@unmanaged export class Event {
  time: u64;
  seq: u32;
  type: u8;
  kind: u8;
  cause: u8;
  _pad: u8;
  slot: u64;
  arg: u64;
  node: u16;
  _pad2: u16;
  inc: u32;
  old: u32;
  new: u32;
  private _48: u64;
  private _56: u64;
}
if (offsetof<Event>() != 64) ERROR("Event is ABI: 64 bytes");
/** bytes of a Event */
// @ts-ignore: decorator
@inline export const Event_SIZE: u32 = 64;
if (offsetof<Event>("time") != 0) ERROR("Event.time is at 0");
if (offsetof<Event>("seq") != 8) ERROR("Event.seq is at 8");
if (offsetof<Event>("type") != 12) ERROR("Event.type is at 12");
if (offsetof<Event>("kind") != 13) ERROR("Event.kind is at 13");
if (offsetof<Event>("cause") != 14) ERROR("Event.cause is at 14");
if (offsetof<Event>("slot") != 16) ERROR("Event.slot is at 16");
if (offsetof<Event>("arg") != 24) ERROR("Event.arg is at 24");
if (offsetof<Event>("node") != 32) ERROR("Event.node is at 32");
if (offsetof<Event>("inc") != 36) ERROR("Event.inc is at 36");
if (offsetof<Event>("old") != 40) ERROR("Event.old is at 40");
if (offsetof<Event>("new") != 44) ERROR("Event.new is at 44");

/** What a migrating process carries (clms_token_get, clms_token_check). */
@unmanaged export class Token {
  cluster: u64;
  slot: u64;
  hash: u64;
}
if (offsetof<Token>() != 24) ERROR("Token is ABI: 24 bytes");
/** bytes of a Token */
// @ts-ignore: decorator
@inline export const Token_SIZE: u32 = 24;
if (offsetof<Token>("cluster") != 0) ERROR("Token.cluster is at 0");
if (offsetof<Token>("slot") != 8) ERROR("Token.slot is at 8");
if (offsetof<Token>("hash") != 16) ERROR("Token.hash is at 16");

/** What outgoing data carries (clms_stamp_get, clms_stamp_check). */
@unmanaged export class Stamp {
  cluster: u64;
  slot: u64;
  node: u16;
  to: u16;
  inc: u32;
  to_inc: u32;
  _pad: u32;
}
if (offsetof<Stamp>() != 32) ERROR("Stamp is ABI: 32 bytes");
/** bytes of a Stamp */
// @ts-ignore: decorator
@inline export const Stamp_SIZE: u32 = 32;
if (offsetof<Stamp>("cluster") != 0) ERROR("Stamp.cluster is at 0");
if (offsetof<Stamp>("slot") != 8) ERROR("Stamp.slot is at 8");
if (offsetof<Stamp>("node") != 16) ERROR("Stamp.node is at 16");
if (offsetof<Stamp>("to") != 18) ERROR("Stamp.to is at 18");
if (offsetof<Stamp>("inc") != 20) ERROR("Stamp.inc is at 20");
if (offsetof<Stamp>("to_inc") != 24) ERROR("Stamp.to_inc is at 24");

/** A subsystem (clms_subsys_register reads size, version, priority and name from the inbox). */
@unmanaged export class Subsys {
  size: u32;
  version: u32;
  priority: u16;
  used: u8;
  running: u8;
  call: u32;
  slot: u64;
  _pad: u64;
  private _32: u64;
  private _40: u64;
  private _48: u64;
  private _56: u64;
}
if (offsetof<Subsys>() != 64) ERROR("Subsys is ABI: 64 bytes");
/** bytes of a Subsys */
// @ts-ignore: decorator
@inline export const Subsys_SIZE: u32 = 64;
if (offsetof<Subsys>("size") != 0) ERROR("Subsys.size is at 0");
if (offsetof<Subsys>("version") != 4) ERROR("Subsys.version is at 4");
if (offsetof<Subsys>("priority") != 8) ERROR("Subsys.priority is at 8");
if (offsetof<Subsys>("used") != 10) ERROR("Subsys.used is at 10");
if (offsetof<Subsys>("running") != 11) ERROR("Subsys.running is at 11");
if (offsetof<Subsys>("call") != 12) ERROR("Subsys.call is at 12");
if (offsetof<Subsys>("slot") != 16) ERROR("Subsys.slot is at 16");
/** NUL-terminated: 32 × u8 */
// @ts-ignore: decorator
@inline export const Subsys_name_OFF: u32 = 32;

/** Why a node was removed (clms_node_why). */
@unmanaged export class Why {
  node: u16;
  state: u8;
  cause: u8;
  inc: u32;
  slot: u64;
  ballot: u64;
  mono_ms: u64;
  count: u8;
  of: u8;
  private _34: u16;
  private _36: u32;
  private _40: u64;
  private _48: u64;
  private _56: u64;
}
if (offsetof<Why>() != 64) ERROR("Why is ABI: 64 bytes");
/** bytes of a Why */
// @ts-ignore: decorator
@inline export const Why_SIZE: u32 = 64;
if (offsetof<Why>("node") != 0) ERROR("Why.node is at 0");
if (offsetof<Why>("state") != 2) ERROR("Why.state is at 2");
if (offsetof<Why>("cause") != 3) ERROR("Why.cause is at 3");
if (offsetof<Why>("inc") != 4) ERROR("Why.inc is at 4");
if (offsetof<Why>("slot") != 8) ERROR("Why.slot is at 8");
if (offsetof<Why>("ballot") != 16) ERROR("Why.ballot is at 16");
if (offsetof<Why>("mono_ms") != 24) ERROR("Why.mono_ms is at 24");
if (offsetof<Why>("count") != 32) ERROR("Why.count is at 32");
if (offsetof<Why>("of") != 33) ERROR("Why.of is at 33");
/** the first of them; 0 = none: 3 × u16 */
// @ts-ignore: decorator
@inline export const Why_observer_OFF: u32 = 34;
