/* Cluster membership: one ordered vector of node transitions that survives everything.
 * Generated from abi/clms.toml by abi/generate.mjs: do not edit. */
#ifndef HOLDFAST_CLMS_H
#define HOLDFAST_CLMS_H
#include <stdint.h>

#define CLMS_VERSION_CURRENT 1
#define CLMS_VERSION_MINIMUM 1
#define CLMS_VERSION_SNAPSHOT 1

/* Limits */
#define CLMS_NODE_MAX 1024 /* nodes of a cluster; they are numbered from 1 to this */
#define CLMS_VOTER_MAX 128 /* nodes that vote */
#define CLMS_VOTES_MAX 255 /* votes of one node */
#define CLMS_RING_MAX 1024 /* records of the log that are kept (a power of two) */
#define CLMS_BATCH_MAX 256 /* records in one STAGE or LEARN message */
#define CLMS_SVC_MAX 64 /* key services */
#define CLMS_CAND_MAX 16 /* candidates of one key service */
#define CLMS_SUBSYS_MAX 16 /* subsystems registered on one node */
#define CLMS_META_MAX 512 /* bytes of a node's metadata */
#define CLMS_NAME_MAX 31 /* bytes of the name of a subsystem or service, without the final NUL */
#define CLMS_OBSERVERS_MAX 10 /* observers of one node (k of the detector) */
#define CLMS_SUSPECTS_MAX 16 /* suspects named in one ACK */
#define CLMS_SEED_MAX 16 /* nodes to turn to first, when the log knows none */
#define CLMS_GENESIS_MAX 128 /* nodes of the first configuration */
#define CLMS_EVENT_MAX 1024 /* events kept until the host reads them (a power of two) */
#define CLMS_DURABLE_MAX 2048 /* writes kept until the host takes them (a power of two) */
#define CLMS_MSG_MAX 73728 /* bytes of a message */
#define CLMS_OUT_BYTES 524288 /* bytes of outgoing messages kept until the host takes them */
#define CLMS_OUT_MAX 4096 /* outgoing messages kept until the host takes them (a power of two) */
#define CLMS_BITMAP_BYTES 136 /* bytes of a set of nodes: bit n % 8 of byte n / 8 is node n */
#define CLMS_PROTO_CURRENT 1 /* the highest version of the protocol between nodes that this module speaks */

/* Error numbers; functions return them negated */
#define CLMS_EPERM 1 /* not allowed in this state */
#define CLMS_ENOENT 2 /* no such object */
#define CLMS_EAGAIN 11 /* not yet: the gate is closed, or the slot is not applied here; Page.wait_slot says what to wait for */
#define CLMS_EBUSY 16 /* another request of this kind is under way */
#define CLMS_EEXIST 17 /* exists already */
#define CLMS_EINVAL 22 /* argument out of its set */
#define CLMS_ENOSPC 28 /* a limit is reached */
#define CLMS_ERANGE 34 /* value out of its range */
#define CLMS_ENAMETOOLONG 36 /* name longer than NAME_MAX, or empty */
#define CLMS_ENODATA 61 /* nothing newer */
#define CLMS_EREMOTE 66 /* it names a node incarnation that is gone */
#define CLMS_EPROTO 71 /* malformed */
#define CLMS_EBADMSG 74 /* its check value does not fit its bytes */
#define CLMS_EOVERFLOW 75 /* older than the oldest record kept: take the membership anew */
#define CLMS_EMSGSIZE 90 /* longer or shorter than it may be */
#define CLMS_EPROTONOSUPPORT 93 /* a version of the protocol that is not spoken here */
#define CLMS_ENOTCONN 107 /* this node is no member at present */
#define CLMS_EALREADY 114 /* it is so already */
#define CLMS_ESTALE 116 /* from a node incarnation that is gone, or for one */
#define CLMS_EUCLEAN 117 /* it contradicts what is decided here: the histories have diverged */
#define CLMS_EREMOTEIO 121 /* addressed to another node or another cluster */
#define CLMS_ECANCELED 125 /* the cluster refused it; Page.refused says why */
#define CLMS_ELIMNODES 140 /* NodeConf: node numbers are 1 to NODE_MAX */
#define CLMS_ELIMVOTERS 141 /* NodeConf: more than VOTER_MAX voters, or more than VOTES_MAX votes, or none */
#define CLMS_ELIMMODE 142 /* NodeConf: the mode does not fit the number of voters, or needs its explicit flag */
#define CLMS_ELIMPROFILE 143 /* NodeConf: no such profile, or a timing out of its range */
#define CLMS_ELIMSEEDS 144 /* NodeConf: a seed is no node number */
#define CLMS_ELIMPROTO 145 /* NodeConf: the range of protocol versions is empty, or not spoken here */

/* State of a node. The codes are frozen: they stand in the log. */
#define CLMS_NS_NEVERUP 0 /* in the table, never joined */
#define CLMS_NS_COMINGUP 1 /* join accepted, nodeup work under way */
#define CLMS_NS_UP 2 /* full member; the only state that counts as up */
#define CLMS_NS_SHUTDOWN 3 /* maintenance, or announced shutdown: still reversible to UP */
#define CLMS_NS_GOINGDOWN 4 /* past the point of return */
#define CLMS_NS_KCLEANUP 5 /* gone; subsystems of the others clean up */
#define CLMS_NS_UCLEANUP 6 /* the clean-up of subsystems is done; clean-up at user level runs */
#define CLMS_NS_DOWN 7 /* all clean-up is done; the number may be used again */

/* What a node is in the cluster. */
#define CLMS_ROLE_VOTER 0 /* votes and may be master */
#define CLMS_ROLE_LEARNER 1 /* follows the decided log, will be a voter */
#define CLMS_ROLE_OBSERVER 2 /* follows the decided log */
#define CLMS_ROLE_WITNESS 3 /* votes, never is master and holds no key service */

/* What counts as enough. */
#define CLMS_MODE_CLASSIC 0 /* all live voters; no partition safety */
#define CLMS_MODE_CLASSIC_FENCE 1 /* all live voters, the missing ones fenced first */
#define CLMS_MODE_MAJORITY 2 /* a majority of the configured votes */
#define CLMS_MODE_MAJORITY_DYNAMIC 3 /* a majority of the votes of live voters */
#define CLMS_MODE_ARBITER 4 /* as MAJORITY, with one extra vote of a third party */

/* Kind of a record. */
#define CLMS_KIND_DUMMY 0 /* nothing happens in this slot */
#define CLMS_KIND_NODE 1 /* a node goes from from_state to to_state */
#define CLMS_KIND_SET_BEGIN 2 /* a phase of a set of nodedowns begins; arg = PHASE */
#define CLMS_KIND_SET_END 3 /* it ends; arg = PHASE */
#define CLMS_KIND_KEYSVC 4 /* key service set_id; to_state = SVCOP */
#define CLMS_KIND_CONFIG 5 /* configuration; to_state = CFGOP */
#define CLMS_KIND_EPOCH 6 /* a master begins; node = the master */
#define CLMS_KIND_META 7 /* metadata of node; arg = its hash, set_id = its length */

/* What a CONFIG record does. */
#define CLMS_CFGOP_MODE 0 /* arg = MODE */
#define CLMS_CFGOP_NODE 1 /* node's role, votes, site and protocol range; arg as in NODEARG */
#define CLMS_CFGOP_REMOVE 2 /* node is taken out of the table; it must be DOWN or NEVERUP */
#define CLMS_CFGOP_PROTO 3 /* arg = the version of the protocol that runs from here on */

/* What a KEYSVC record does. */
#define CLMS_SVCOP_DEFINE 0 /* service set_id is the one whose name hashes to arg */
#define CLMS_SVCOP_OFFER 1 /* node is a candidate with preference arg (255 = no longer) */
#define CLMS_SVCOP_TAKE 2 /* node holds it; the slot is the fencing token */
#define CLMS_SVCOP_RELEASE 3 /* node is to give it up */
#define CLMS_SVCOP_FREE 4 /* nobody holds it */
#define CLMS_SVCOP_MOVE 5 /* node is wanted as holder until mono_ms exceeds arg; node 0 = no longer */

/* Why a record was made. */
#define CLMS_CAUSE_NONE 0 /* none */
#define CLMS_CAUSE_JOIN 1 /* the node asked to join */
#define CLMS_CAUSE_ADMIN 2 /* the administrator */
#define CLMS_CAUSE_GRACEFUL 3 /* it left by itself */
#define CLMS_CAUSE_HEARTBEAT 4 /* its observers no longer heard it */
#define CLMS_CAUSE_TAKEOVER 5 /* it did not answer a takeover, or was cut off from others that did */
#define CLMS_CAUSE_FENCED 6 /* it was fenced */
#define CLMS_CAUSE_SELF_FENCE 7 /* it gave up by itself */
#define CLMS_CAUSE_CLEANUP 8 /* a clean-up is done */
#define CLMS_CAUSE_DUP_IDENTITY 9 /* another node came with its number */
#define CLMS_CAUSE_UPGRADE 10 /* protocol version */
#define CLMS_CAUSE_REBOOT 11 /* it came back without having been missed */
#define CLMS_CAUSE_CALLBACK 12 /* it did not finish a callback in time */
#define CLMS_CAUSE_DEADLINE 13 /* its time to leave gracefully was over */

/* Flags of a record. The last is not part of its value. */
#define CLMS_RECF_GAP 1 /* DUMMY that fills a gap */
#define CLMS_RECF_BRIDGE 2 /* put in, or made a DUMMY, to keep the walk legal */
#define CLMS_RECF_FRESH 8 /* COMINGUP of a node without durable state: its vote counts again from UP on */
#define CLMS_RECF_REPROPOSED 4 /* proposed again by a takeover */

/* How far a record has come on this node. Not part of its value. */
#define CLMS_STAGE_EMPTY 0 /* no record */
#define CLMS_STAGE_PREPARED 1 /* accepted, not known to be decided */
#define CLMS_STAGE_DECIDED 2 /* decided and applied */
#define CLMS_STAGE_UNKNOWN 4 /* there was one; it is damaged */

/* Phase of a set of nodedowns. */
#define CLMS_PHASE_NONE 0 /* no set is open */
#define CLMS_PHASE_KERNEL 1 /* to KCLEANUP */
#define CLMS_PHASE_USER 2 /* to UCLEANUP */
#define CLMS_PHASE_DONE 3 /* to DOWN */

/* Flags of a node entry. */
#define CLMS_ENTF_USED 1 /* the entry is in use */
#define CLMS_ENTF_LEARNING 2 /* it joined without durable state: its vote does not count before UP */
#define CLMS_ENTF_LAST 4 /* it was the last voter that was a member, and there is none now: it has everything */

/* What this node is doing in the protocol. */
#define CLMS_ENGINE_OFF 0 /* not started */
#define CLMS_ENGINE_FOLLOWER 1 /* follows a master, or waits for one */
#define CLMS_ENGINE_PREVOTE 2 /* asks the others whether they miss the master too */
#define CLMS_ENGINE_PROMISE 3 /* waits until its own promise is durable */
#define CLMS_ENGINE_POLL 4 /* collects reports */
#define CLMS_ENGINE_FENCE 5 /* waits for fences to be confirmed */
#define CLMS_ENGINE_ARBITER 6 /* waits for the arbiter */
#define CLMS_ENGINE_MASTER 7 /* master */
#define CLMS_ENGINE_OBSERVER 8 /* follows the decided log only */
#define CLMS_ENGINE_HALTED 9 /* its history contradicts the cluster's: it must start anew with an empty disk */

/* Set of timings. */
#define CLMS_PROFILE_LAN 0 /* probe every 200 ms, 4 losses: a crash is decided within 1.5 s */
#define CLMS_PROFILE_FAST 1 /* probe every 10 ms, 4 losses: within 100 ms */
#define CLMS_PROFILE_WAN 2 /* probe every 1 s, 5 losses */
#define CLMS_PROFILE_CUSTOM 3 /* NodeConf.probe_ms and losses */

/* Flags of NodeConf. */
#define CLMS_CONFF_BOOTSTRAP 1 /* the very first start of the cluster: this node's vote counts although its disk is empty */
#define CLMS_CONFF_CLASSIC_OK 2 /* classic mode is wanted in spite of its lack of partition safety */
#define CLMS_CONFF_BATCH_JOINS 4 /* joins that wait may enter as one batch */
#define CLMS_CONFF_EXTERNAL 8 /* only clms_node_fault says who is dead; the module's own detector is off */
#define CLMS_CONFF_AUTO_UP 16 /* COMINGUP goes to UP by itself, without clms_node_setstate */

/* Kind of a message. */
#define CLMS_MSG_PROBE 1 /* detector: are you there? */
#define CLMS_MSG_PROBE_ACK 2 /* detector: yes */
#define CLMS_MSG_JOIN 3 /* a node wants in */
#define CLMS_MSG_REFUSE 4 /* it may not, or its incarnation is gone; aux = REFUSED; of a removal slot = its record, clock = that record's hash */
#define CLMS_MSG_HINT 5 /* aux = the master, as far as known */
#define CLMS_MSG_STAGE 6 /* records to accept */
#define CLMS_MSG_COMMIT 7 /* heartbeat of the master: what is decided */
#define CLMS_MSG_LEARN 8 /* decided records */
#define CLMS_MSG_CHECKPOINT 9 /* the fold of the log */
#define CLMS_MSG_ACK 10 /* what is accepted, applied, done; what the node wants; whom it misses */
#define CLMS_MSG_NAK 11 /* a higher ballot is promised */
#define CLMS_MSG_PREVOTE 12 /* do you miss the master too? */
#define CLMS_MSG_PREVOTE_ACK 13 /* aux = 1 yes, 0 no */
#define CLMS_MSG_POLL 14 /* promise, and report; aux = ns that the sender will need beyond the usual */
#define CLMS_MSG_REPORT 15 /* history of a node */
#define CLMS_MSG_PULL 16 /* send decided records above slot */
#define CLMS_MSG_REQUEST 17 /* an administrator's wish, for the master */
#define CLMS_MSG_RESULT 18 /* what became of it */
#define CLMS_MSG_META_GET 19 /* send the metadata with this hash */
#define CLMS_MSG_META_PUT 20 /* metadata */

/* Why a join or a request was refused. */
#define CLMS_REFUSED_NONE 0 /* it was not */
#define CLMS_REFUSED_CLUSTER 1 /* another cluster */
#define CLMS_REFUSED_IDENTITY 2 /* the number belongs to a node with another uuid */
#define CLMS_REFUSED_NUMBER 3 /* the number is not in the table and may not be added */
#define CLMS_REFUSED_PROTO 4 /* no version of the protocol in common */
#define CLMS_REFUSED_EVICTED 5 /* that incarnation has been removed; slot = the record */
#define CLMS_REFUSED_FULL 6 /* a limit is reached */
#define CLMS_REFUSED_STATE 7 /* not in this state */
#define CLMS_REFUSED_GENESIS 8 /* its first configuration is another */
#define CLMS_REFUSED_BLAST 9 /* it would remove more than a minority */
#define CLMS_REFUSED_QUORUM 10 /* those that answer could not decide it, or anything after it */

/* Type of an event. */
#define CLMS_EVENT_NONE 0 /* unused */
#define CLMS_EVENT_ENGINE 1 /* ENGINE old → new */
#define CLMS_EVENT_MASTER 2 /* the master is node (0 = none); slot = round of its ballot */
#define CLMS_EVENT_APPLIED 3 /* a record was applied: slot, node, inc; old/new = states, cause, kind */
#define CLMS_EVENT_GATE 4 /* gate open (new=1) or closed (new=0) */
#define CLMS_EVENT_ADMITTED 5 /* this node was given incarnation inc */
#define CLMS_EVENT_EVICTED 6 /* a decided record removes this node; cause */
#define CLMS_EVENT_REFUSED 7 /* join or request refused: new = REFUSED */
#define CLMS_EVENT_DIVERGED 8 /* the histories contradict each other: start anew with an empty disk */
#define CLMS_EVENT_LEASE 9 /* own lease held (new=1) or over (new=0) */
#define CLMS_EVENT_PAUSED 10 /* this node did not run for arg milliseconds */
#define CLMS_EVENT_SUSPECT 11 /* node is missed (new=1) or heard again (new=0) by this observer */
#define CLMS_EVENT_SUBSYS 12 /* subsystem new is to run callback old (CALL) for slot; node, inc or set_id = arg; answer with clms_subsys_done */
#define CLMS_EVENT_SVC_TAKE 13 /* this node is to hold service new; slot = fencing token; answer with clms_svc_done */
#define CLMS_EVENT_SVC_RELEASE 14 /* this node is to give service new up; answer with clms_svc_done */
#define CLMS_EVENT_FENCE 15 /* fence node, inc; answer with clms_fence_done */
#define CLMS_EVENT_ARB_READ 16 /* read the arbiter's register; answer with clms_arb_answer */
#define CLMS_EVENT_ARB_WRITE 17 /* write Page.arb_register if its version is still arg; answer with clms_arb_answer */
#define CLMS_EVENT_BLAST 18 /* a set of arg nodes would exceed a minority: an operator's word is needed */
#define CLMS_EVENT_REQUEST 19 /* request arg is done: new = REFUSED, slot */
#define CLMS_EVENT_RESYNC 20 /* this node took a checkpoint: subsystems take the membership anew; answer with clms_subsys_done */
#define CLMS_EVENT_META 21 /* metadata of node is here */

/* A callback of a subsystem. */
#define CLMS_CALL_NODEUP 0 /* node comes up */
#define CLMS_CALL_NODEDOWN 1 /* the nodes in KCLEANUP are down: clean up after them */
#define CLMS_CALL_NODEGONE 2 /* the nodes in UCLEANUP: clean up at user level */
#define CLMS_CALL_RESYNC 3 /* take the membership anew */

/* A write that the host is to make durable, in order. */
#define CLMS_DURABLE_HEADER 1 /* Durable.addr = a Header: replace the old one atomically */
#define CLMS_DURABLE_RECORD 2 /* a TransRec for place slot % RING_MAX of the log */
#define CLMS_DURABLE_CHECKPOINT 3 /* the fold of the log: replace the old one atomically */

/* Which transition clms_history is to return. */
#define CLMS_WHICH_NEXT 0 /* the next simple transition (to or from UP) after the cursor */
#define CLMS_WHICH_NEXT_DETAILED 1 /* the next change of any node's state after it */
#define CLMS_WHICH_NEXT_RECORD 2 /* the next record of any kind after it */
#define CLMS_WHICH_PREVIOUS_DETAILED 3 /* the last change of any node's state before it */
#define CLMS_WHICH_THIS 4 /* the record at the cursor itself */

/* What is to become of data in transit. */
#define CLMS_STAMP_DELIVER 0 /* hand it on */
#define CLMS_STAMP_HOLD 1 /* keep it until Page.wait_slot is applied */
#define CLMS_STAMP_REFUSE 2 /* answer EREMOTE: its sender, or the incarnation it is meant for, is gone */

/* State of a key service. */
#define CLMS_SVCS_FREE 0 /* nobody holds it */
#define CLMS_SVCS_HELD 1 /* holder holds it */
#define CLMS_SVCS_RELEASING 2 /* holder is to give it up */

/* A wish that is sent to the master. */
#define CLMS_REQ_NONE 0 /* none */
#define CLMS_REQ_EVICT 1 /* remove node */
#define CLMS_REQ_CONFIG 2 /* node's role and votes; arg as in a CONFIG record */
#define CLMS_REQ_REMOVE 3 /* take node out of the table */
#define CLMS_REQ_MODE 4 /* arg = MODE */
#define CLMS_REQ_SVC_DEFINE 5 /* arg = hash of the name */
#define CLMS_REQ_SVC_OFFER 6 /* set_id = service, arg = preference */
#define CLMS_REQ_SVC_MOVE 7 /* set_id = service, node = where to, arg = for how many ms */
#define CLMS_REQ_OVERRIDE 8 /* the set that waits may exceed a minority */

/* Settings for clms_param_set. */
#define CLMS_PARAM_PROBE_MS 0 /* 1 to 60,000 ms between probes */
#define CLMS_PARAM_LOSSES 1 /* 2 to 100 probes lost before a node is missed */
#define CLMS_PARAM_LEASE_MS 2 /* 1 to 60,000 ms of lease; below PROBE_MS × LOSSES */
#define CLMS_PARAM_CALLBACK_MS 3 /* 10 to 3,600,000 ms for a callback */
#define CLMS_PARAM_BATCH_MS 4 /* 0 to 60,000 ms that a join waits for others, with BATCH_JOINS */
#define CLMS_PARAM_POLL_MS 5 /* 1 to 60,000 ms that a takeover waits for missing reports */
#define CLMS_PARAM_AUTO_REJOIN 6 /* 0 or 1: after an eviction this node asks to join again; default 1 */

/* A record of the log. */
struct clms_transrec {
  uint64_t slot; /* dense, from 1; 0 = empty */
  uint64_t ballot; /* of the last acceptance: (round << 16) | node; not part of the value */
  uint64_t mono_ms; /* rises with every slot; for people and logs only */
  uint16_t node; /* subject; 0 where there is none */
  uint8_t from_state; /* NS */
  uint8_t to_state; /* NS; CFGOP or SVCOP in records of these kinds */
  uint32_t inc; /* incarnation of the subject */
  uint8_t kind; /* KIND */
  uint8_t cause; /* CAUSE */
  uint8_t flags; /* RECF */
  uint8_t stage; /* STAGE, of this copy only */
  uint32_t set_id; /* the set of nodedowns; of a COMINGUP the number of the boot that asked; service or length in other kinds */
  uint64_t arg; /* as the kind says; of a removal: evidence (EVIDENCE) */
  uint64_t prev_hash; /* self_hash of the record before */
  uint64_t self_hash; /* over the value: all but ballot, stage and RECF_REPROPOSED */
};
_Static_assert(sizeof(struct clms_transrec) == 64, "TransRec");

/* A node, as the log says. */
struct clms_nodeent {
  uint16_t node; /* its number */
  uint8_t state; /* NS */
  uint8_t role; /* ROLE */
  uint8_t votes;
  uint8_t flags; /* ENTF */
  uint16_t meta_len; /* bytes of its metadata */
  uint32_t inc; /* incarnation; 0 = never joined */
  uint8_t proto_min; /* versions of the protocol it speaks, from */
  uint8_t proto_max; /* to */
  uint8_t site; /* where it stands; for people and placement */
  uint8_t cause; /* CAUSE of its last transition */
  uint64_t last_slot; /* its last transition */
  uint32_t lineage; /* slot at which its durable state began (1 = genesis): acceptances of another lineage do not count */
  uint32_t born; /* slot of its last COMINGUP: acceptances count only from a log that reaches it */
};
_Static_assert(sizeof(struct clms_nodeent) == 32, "NodeEnt");

/* A key service, as the log says. */
struct clms_svcent {
  uint64_t name; /* hash of its name; 0 = not defined */
  uint64_t token; /* fencing token: slot of the last TAKE */
  uint64_t since; /* slot of the last change */
  uint64_t move_until; /* mono_ms at which the wish for move_to ends */
  uint32_t holder_inc; /* incarnation of the holder */
  uint16_t holder; /* node that holds it, or is to release it; 0 = none */
  uint16_t move_to; /* node wanted as holder; 0 = none */
  uint8_t state; /* SVCS */
  uint8_t ncand; /* candidates */
  uint8_t _pad[6];
  uint16_t cand[16]; /* candidates; ncand are valid */
  uint8_t pref[16]; /* their preferences; lower is preferred */
  uint64_t _pad2[4];
};
_Static_assert(sizeof(struct clms_svcent) == 128, "SvcEnt");

/* The fold of the log: what follows from all records up to slot. The entries stand behind it (Page.fold_base). */
struct clms_fold {
  uint64_t slot; /* last record folded */
  uint64_t hash; /* its self_hash */
  uint64_t mono_ms; /* its mono_ms */
  uint64_t cluster; /* fingerprint of the cluster's uuid */
  uint64_t genesis; /* hash of the first configuration */
  uint64_t epoch_slot; /* last EPOCH record */
  uint64_t set_begin; /* slot of the last SET_BEGIN */
  uint64_t set_end; /* slot of the last SET_END */
  uint64_t config_slot; /* last record that changed who votes */
  uint32_t set_id; /* set of nodedowns that is open */
  uint16_t nused; /* entries in use */
  uint16_t top; /* highest node number in use */
  uint8_t mode; /* MODE */
  uint8_t phase; /* PHASE of the open set; NONE = no set is open */
  uint8_t bracket; /* 1 between SET_BEGIN and SET_END */
  uint8_t proto; /* version of the protocol that runs */
  uint16_t ncoming; /* nodes in COMINGUP */
  uint16_t nup; /* nodes in UP */
  uint16_t nlive; /* nodes from COMINGUP to GOINGDOWN */
  uint16_t _pad;
  uint32_t sets; /* sets so far */
  uint64_t _pad2[4];
};
_Static_assert(sizeof(struct clms_fold) == 128, "Fold");

/* What a node must never forget (DURABLE_HEADER). */
struct clms_header {
  uint32_t magic; /* 0x48534c43, 'CLSH' */
  uint16_t version; /* 1 */
  uint16_t node; /* number */
  uint64_t cluster; /* fingerprint of the cluster's uuid */
  uint64_t uid; /* fingerprint of the node's uuid */
  uint64_t promised; /* ballot */
  uint64_t accepted; /* ballot of the last acceptance */
  uint64_t last; /* highest slot accepted */
  uint64_t last_hash; /* self_hash of the record there */
  uint64_t applied; /* highest slot known to be decided */
  uint64_t chk_slot; /* slot of the checkpoint that the log needs; there may be a newer one */
  uint32_t inc; /* last incarnation given to this node */
  uint32_t lineage; /* slot at which this durable state began; 0 = does not vote */
  uint64_t check; /* over the bytes before */
  uint64_t _pad;
};
_Static_assert(sizeof(struct clms_header) == 96, "Header");

/* The head of every message. */
struct clms_msg {
  uint16_t magic; /* 0x4c43 */
  uint8_t proto; /* version of the protocol */
  uint8_t kind; /* MSG */
  uint32_t len; /* bytes in all */
  uint64_t check; /* over all bytes but these eight and to */
  uint64_t cluster; /* fingerprint of the cluster's uuid */
  uint16_t from; /* sender */
  uint16_t to; /* receiver; not part of the check: one body may go to many */
  uint32_t inc; /* incarnation of the sender; 0 = not admitted yet */
  uint32_t lineage; /* lineage of the sender's durable state */
  uint32_t count; /* records or entries that follow, or as the kind says */
  uint64_t ballot; /* as the kind says */
  uint64_t slot; /* as the kind says */
  uint64_t aux; /* as the kind says */
  uint64_t clock; /* sender's time in ns, to be echoed; or the echo */
  uint64_t applied; /* sender's last applied slot */
};
_Static_assert(sizeof(struct clms_msg) == 80, "Msg");

/* Behind the head of a REPORT, before its records: what a node knows. Msg.count records follow, one for each slot from `from` on. */
struct clms_report {
  uint64_t from; /* slot of the first record that follows */
  uint64_t low; /* oldest slot kept; below it everything is decided */
  uint64_t applied; /* highest slot known to be decided */
  uint64_t applied_hash; /* self_hash of the record there */
  uint64_t last; /* highest slot held */
  uint64_t promised; /* ballot promised: the poll's */
  uint64_t accepted; /* ballot of the last acceptance */
  uint64_t silent_ns; /* since it last acknowledged a master */
  uint8_t hears[136]; /* nodes that it probes and hears */
  uint8_t deaf[136]; /* nodes that it probes and does not hear */
  uint16_t node; /* reporter */
  uint8_t booting; /* 1 it has restarted and is not admitted yet */
  uint8_t _pad[5];
};
_Static_assert(sizeof(struct clms_report) == 344, "Report");

/* Behind the head of an ACK (Msg.ballot = master's ballot, Msg.slot = highest slot accepted durably in it). */
struct clms_ack {
  uint64_t done; /* highest slot whose callbacks are done */
  uint64_t deadline_ms; /* time that a graceful leave may take */
  uint8_t want; /* state it wants for itself (NS); NEVERUP = none */
  uint8_t health; /* local-health score, 0 = well */
  uint8_t nsuspect; /* suspects named */
  uint8_t lease; /* 1 it holds its lease */
  uint32_t meta_len; /* bytes of its metadata */
  uint64_t meta_hash; /* hash of its metadata */
  uint64_t svc_free; /* services that it was to give up and has */
  uint64_t svc_bad; /* services that it cannot hold */
  uint16_t suspect[16]; /* nodes that it probes and does not hear */
};
_Static_assert(sizeof(struct clms_ack) == 80, "Ack");

/* Behind the head of a JOIN. */
struct clms_join {
  uint64_t uid; /* fingerprint of the node's uuid */
  uint64_t genesis; /* hash of the first configuration it was given; 0 = none */
  uint32_t inc; /* last incarnation it was given; 0 = empty disk */
  uint32_t lineage; /* lineage of its durable state; 0 = empty disk */
  uint16_t votes;
  uint8_t role; /* ROLE */
  uint8_t site;
  uint8_t proto_min;
  uint8_t proto_max;
  uint8_t _pad[2];
  uint32_t boot; /* a number of this boot */
  uint32_t _pad2;
  uint64_t _pad3;
};
_Static_assert(sizeof(struct clms_join) == 48, "Join");

/* Behind the head of a REQUEST or RESULT. */
struct clms_request {
  uint32_t id; /* number of the request on its node */
  uint8_t req; /* REQ */
  uint8_t result; /* REFUSED */
  uint16_t node;
  uint32_t set_id;
  uint32_t _pad;
  uint64_t arg;
  uint64_t slot; /* the record that grants it */
};
_Static_assert(sizeof(struct clms_request) == 32, "Request");

/* The one page a host reads at start: where everything is. At the address that clms_page() returns. */
struct clms_page {
  uint32_t magic; /* 0x534d4c43, 'CLMS' */
  uint16_t abi_current; /* version.current */
  uint16_t abi_minimum; /* version.minimum */
  uint32_t snapshot_version; /* version.snapshot */
  uint32_t state_size; /* bytes of the state region, which begins with this page */
  uint64_t now; /* IN, ns: a monotonic clock that goes on while the machine sleeps; the host writes it before a call, it must never go back */
  uint64_t deadline; /* OUT, ns: when clms_time_advance wants to be called next; all ones = never */
  uint64_t generation; /* changes with every change of configuration or state */
  uint64_t seed; /* state of the pseudo-random generator */
  uint32_t inbox_base; /* MSG_MAX bytes for messages, configurations and names that go in */
  uint32_t outbox_base; /* 4,096 bytes for structs that come out */
  uint32_t event_base; /* EVENT_MAX × Event, a ring */
  uint32_t event_head; /* events written so far (free running) */
  uint32_t event_tail; /* events released by the host so far */
  uint32_t event_lost; /* events that found no place */
  uint32_t msg_addr; /* OUT of clms_msg_next: where the message is */
  uint32_t msg_len; /* OUT of clms_msg_next: its bytes */
  uint16_t msg_to; /* OUT of clms_msg_next: the node it goes to */
  uint16_t _pad0;
  uint32_t msg_lost; /* messages that found no place */
  uint32_t durable_addr; /* OUT of clms_durable_next: the bytes to write */
  uint32_t durable_len; /* OUT of clms_durable_next: how many */
  uint64_t durable_slot; /* OUT of clms_durable_next: slot of a RECORD or CHECKPOINT */
  uint32_t durable_seq; /* OUT of clms_durable_next: number of the write, for clms_durable_done */
  uint32_t durable_confirmed; /* highest number confirmed */
  uint64_t wait_slot; /* OUT: after -EAGAIN or STAMP_HOLD, the slot to wait for */
  uint32_t fold_base; /* Fold, then (NODE_MAX + 1) × NodeEnt, (NODE_MAX + 1) × u64 uid, (NODE_MAX + 1) × u64 metadata hash, SVC_MAX × SvcEnt */
  uint32_t ent_base; /* (NODE_MAX + 1) × NodeEnt, by node number */
  uint32_t uid_base; /* (NODE_MAX + 1) × u64: fingerprints of the nodes' uuids */
  uint32_t svc_base; /* SVC_MAX × SvcEnt */
  uint32_t ring_base; /* RING_MAX × TransRec, by slot % RING_MAX */
  uint32_t meta_base; /* (NODE_MAX + 1) × META_MAX bytes */
  uint32_t fold_size; /* bytes of the fold, entries included */
  uint16_t node; /* this node */
  uint16_t master; /* the master; 0 = none known */
  uint32_t inc; /* incarnation of this boot; 0 = not admitted */
  uint32_t lineage; /* lineage of the durable state; 0 = does not vote */
  uint8_t engine; /* ENGINE */
  uint8_t refused; /* REFUSED: why the last join or request was */
  uint8_t lease; /* 1 this node's lease holds */
  uint8_t health; /* local-health score, 0 = well, at most 8 */
  uint32_t gate; /* seqlock of the applications' gate: odd = closed */
  uint64_t promised; /* ballot */
  uint64_t accepted; /* ballot of the last acceptance */
  uint64_t ballot; /* ballot of the master that is followed, or of the own takeover */
  uint64_t low; /* oldest slot in the ring */
  uint64_t applied; /* highest slot applied: Fold.slot */
  uint64_t stored; /* highest slot accepted in the promised ballot */
  uint64_t last; /* highest slot held */
  uint64_t done; /* highest slot whose callbacks are done here */
  uint64_t lease_until; /* ns: end of this node's lease */
  uint32_t takeovers; /* takeovers begun by this node */
  uint32_t polls; /* polls that this node sent */
  uint32_t dropped; /* messages received and not accepted */
  uint32_t merge_from; /* OUT of clms_merge_finish: where the canonical records are */
  uint64_t merge_slot; /* OUT of clms_merge_finish: slot of the first */
  uint64_t arb_version; /* OUT of ARB_WRITE: version that the register must still have */
  uint8_t arb_register[168]; /* OUT of ARB_WRITE: ballot u64, cluster u64, set of nodes 136 bytes, slot u64 of the last record that the writer had taken over, its hash u64 */
  uint8_t _pad[72];
};
_Static_assert(sizeof(struct clms_page) == 512, "Page");

/* What clms_node_start reads from the inbox; count GenesisNode follow. */
struct clms_nodeconf {
  uint32_t size; /* 96 */
  uint16_t node; /* this node's number */
  uint16_t count; /* nodes of the first configuration that follow; the same on every node */
  uint64_t cluster_lo; /* the cluster's uuid */
  uint64_t cluster_hi;
  uint64_t uuid_lo; /* this node's uuid */
  uint64_t uuid_hi;
  uint8_t mode; /* MODE of the first configuration */
  uint8_t role; /* ROLE that it wants if the table does not know it */
  uint8_t site;
  uint8_t profile; /* PROFILE */
  uint16_t votes; /* votes that it wants if the table does not know it */
  uint8_t proto_min; /* versions of the protocol it speaks, from */
  uint8_t proto_max; /* to; 0 = PROTO_CURRENT */
  uint32_t flags; /* CONFF */
  uint32_t probe_ms; /* CUSTOM: ms between probes */
  uint16_t losses; /* CUSTOM: probes lost before a node is missed */
  uint16_t nseed; /* seeds that are valid */
  uint32_t _pad;
  uint16_t seeds[16]; /* nodes to turn to first */
};
_Static_assert(sizeof(struct clms_nodeconf) == 96, "NodeConf");

/* A node of the first configuration. */
struct clms_genesisnode {
  uint16_t node; /* number */
  uint16_t votes; /* 0 for a role that does not vote */
  uint8_t role; /* ROLE */
  uint8_t site;
  uint16_t _pad;
};
_Static_assert(sizeof(struct clms_genesisnode) == 8, "GenesisNode");

/* Something that happened, or that the host is asked to do. */
struct clms_event {
  uint64_t time; /* ns */
  uint32_t seq; /* number, counted from 1 without gaps (lost ones included) */
  uint8_t type; /* EVENT */
  uint8_t kind; /* KIND of the record where it applies */
  uint8_t cause; /* CAUSE where it applies */
  uint8_t _pad;
  uint64_t slot; /* where it applies */
  uint64_t arg; /* where it applies */
  uint16_t node; /* where it applies */
  uint16_t _pad2;
  uint32_t inc; /* where it applies */
  uint32_t old; /* value before */
  uint32_t new; /* value after */
  uint64_t _pad3[2];
};
_Static_assert(sizeof(struct clms_event) == 64, "Event");

/* What a migrating process carries (clms_token_get, clms_token_check). */
struct clms_token {
  uint64_t cluster; /* fingerprint of the cluster's uuid */
  uint64_t slot; /* last slot its old node had shown */
  uint64_t hash; /* self_hash of the record there */
};
_Static_assert(sizeof(struct clms_token) == 24, "Token");

/* What outgoing data carries (clms_stamp_get, clms_stamp_check). */
struct clms_stamp {
  uint64_t cluster; /* fingerprint of the cluster's uuid */
  uint64_t slot; /* sender's last applied slot */
  uint16_t node; /* sender */
  uint16_t to; /* receiver */
  uint32_t inc; /* incarnation of the sender */
  uint32_t to_inc; /* incarnation of the receiver that is meant */
  uint32_t _pad;
};
_Static_assert(sizeof(struct clms_stamp) == 32, "Stamp");

/* A subsystem (clms_subsys_register reads size, version, priority and name from the inbox). */
struct clms_subsys {
  uint32_t size; /* 64 */
  uint32_t version;
  uint16_t priority; /* lower runs first */
  uint8_t used; /* OUT */
  uint8_t running; /* OUT: 1 a callback is running */
  uint32_t call; /* OUT: CALL that runs, or ran last */
  uint64_t slot; /* OUT: for which slot */
  uint64_t _pad;
  uint8_t name[32]; /* NUL-terminated */
};
_Static_assert(sizeof(struct clms_subsys) == 64, "Subsys");

/* Why a node was removed (clms_node_why). */
struct clms_why {
  uint16_t node;
  uint8_t state; /* NS now */
  uint8_t cause; /* CAUSE */
  uint32_t inc; /* incarnation that was removed */
  uint64_t slot; /* the record */
  uint64_t ballot; /* of the master that proposed it */
  uint64_t mono_ms;
  uint8_t count; /* observers that missed it */
  uint8_t of; /* observers that were asked */
  uint16_t observer[3]; /* the first of them; 0 = none */
  uint64_t _pad[3];
};
_Static_assert(sizeof(struct clms_why) == 64, "Why");

/* Functions: exports of the module, called through the runtime of your choice */

/* Where everything is. Version and addresses are valid before clms_init.
 * Returns address of the Page. O(1). */
int32_t clms_page(void);

/* Forgets everything: no node is started, the log is empty. The seed has to differ at every start of a node: the number of its boot, by which the cluster tells a restarted node from an old message, comes from it.
 * Returns 0. O(state region). */
int32_t clms_init(uint32_t seed_lo, uint32_t seed_hi);

/* What the disk of an earlier run holds: the header first, then the checkpoint, then each record. Before clms_node_start. A damaged record becomes UNKNOWN, never EMPTY; a damaged header means that this node does not vote. EPROTO: it is not what it should be; it counts as damaged.
 * Returns 0; -CLMS_EPERM, -CLMS_EINVAL, -CLMS_EMSGSIZE, -CLMS_EPROTO. O(len). */
int32_t clms_recover(uint32_t op, uint32_t len, uint32_t slot_lo, uint32_t slot_hi);

/* Starts this node with the NodeConf in the inbox, from what was recovered or with an empty disk. EREMOTEIO: what was recovered belongs to another cluster or node. EPERM: started already.
 * Returns 0; -CLMS_EPERM, -CLMS_ELIMNODES, -CLMS_ELIMVOTERS, -CLMS_ELIMMODE, -CLMS_ELIMPROFILE, -CLMS_ELIMSEEDS, -CLMS_ELIMPROTO, -CLMS_EINVAL, -CLMS_EREMOTEIO. O(RING_MAX + NODE_MAX). */
int32_t clms_node_start(void);

/* Lets the time in Page.now act: probes, time-outs, heartbeats. Calling it early is harmless; late is noticed as a pause.
 * Returns 0. O(NODE_MAX). */
int32_t clms_time_advance(void);

/* A message from another node. Any bytes get a verdict; what is refused by its head changes nothing but Page.dropped, and what is refused later nothing of the log.
 * Returns 0: taken; -CLMS_EPERM, -CLMS_EMSGSIZE, -CLMS_EPROTO, -CLMS_EBADMSG, -CLMS_EPROTONOSUPPORT, -CLMS_EREMOTEIO, -CLMS_ESTALE. O(len), at most O(len + RING_MAX + NODE_MAX). */
int32_t clms_msg_receive(uint32_t len);

/* The next outgoing message. Its bytes are valid until the next call of any function.
 * Returns 1: Page.msg_to, msg_addr, msg_len say which message goes to whom; 0: none is waiting. O(1). */
int32_t clms_msg_next(void);

/* The next write. Writes are to become durable in this order; the bytes are valid until the next call of any function. An empty RECORD (slot field 0) empties its place.
 * Returns DURABLE: Page.durable_addr, durable_len, durable_slot, durable_seq say what to write; 0: nothing. O(1) for RECORD and HEADER; CHECKPOINT O(NODE_MAX). */
int32_t clms_durable_next(void);

/* This write and all before it are durable. What depends on them leaves now. ERANGE: not a number that was handed out and is unconfirmed.
 * Returns 0; -CLMS_ERANGE. O(1), then as the messages that waited for it. */
int32_t clms_durable_done(uint32_t seq);

/* Frees the places of events that have been read. ERANGE: more than wait.
 * Returns events still waiting; -CLMS_ERANGE. O(1). */
int32_t clms_event_release(uint32_t count);

/* Changes a setting of this node. EPERM: not started.
 * Returns 0; -CLMS_EPERM, -CLMS_EINVAL, -CLMS_ERANGE. O(1). */
int32_t clms_param_set(uint32_t key, uint32_t value);

/* What this node wants for itself. It is asked of the master until the log says so. EPERM: no legal way from the state it is in.
 * Returns 0; -CLMS_EPERM, -CLMS_EINVAL, -CLMS_ENOTCONN, -CLMS_EALREADY. O(1). */
int32_t clms_node_setstate(uint32_t state, uint32_t deadline_ms);

/* The host knows for certain that this incarnation is dead. ESTALE: it is not the one that is a member.
 * Returns 0; -CLMS_EINVAL, -CLMS_ESTALE, -CLMS_EALREADY. O(1). */
int32_t clms_node_fault(uint32_t node, uint32_t inc);

/* Answer to EVENT_FENCE. ENOENT: no such fence was asked for.
 * Returns 0; -CLMS_EINVAL, -CLMS_ENOENT. O(1), then as a takeover. */
int32_t clms_fence_done(uint32_t node, uint32_t inc, uint32_t ok);

/* Answer to EVENT_ARB_READ and EVENT_ARB_WRITE. Version 0: the register is empty. EPERM: nothing was asked.
 * Returns 0; -CLMS_EPERM, -CLMS_EINVAL, -CLMS_EPROTO. O(NODE_MAX), then as a takeover. */
int32_t clms_arb_answer(uint32_t version_lo, uint32_t version_hi, uint32_t status);

/* A wish for the master. It is repeated until EVENT_REQUEST says what became of it. EBUSY: the one before is not done.
 * Returns number of the request; -CLMS_EPERM, -CLMS_EINVAL, -CLMS_EBUSY, -CLMS_ENOTCONN. O(1). */
int32_t clms_request(uint32_t req, uint32_t node, uint32_t set_id, uint32_t arg_lo, uint32_t arg_hi);

/* The node's entry, as applied here: no gate is asked.
 * Returns address of its NodeEnt; -CLMS_EINVAL, -CLMS_ENOENT. O(1). */
int32_t clms_node_get(uint32_t node);

/* Why this node was last removed. EOVERFLOW: the record is no longer kept; state and cause are filled in.
 * Returns address of a Why; -CLMS_EINVAL, -CLMS_ENOENT, -CLMS_EOVERFLOW. O(RING_MAX). */
int32_t clms_node_why(uint32_t node);

/* This node's metadata; the others see it when the log says so.
 * Returns 0; -CLMS_EPERM, -CLMS_EMSGSIZE. O(len). */
int32_t clms_node_set_meta(uint32_t len);

/* A node's metadata. EAGAIN: the log says that it changed, its bytes are on their way.
 * Returns bytes of metadata; they are at Page.meta_base + node × META_MAX; -CLMS_EINVAL, -CLMS_ENOENT, -CLMS_EAGAIN. O(1). */
int32_t clms_node_get_meta(uint32_t node);

/* May an application look? EAGAIN: a transition is under way. ENOTCONN: this node is no member; what it has may be old.
 * Returns Page.gate, even: what is read is consistent as long as Page.gate stays this; -CLMS_EAGAIN, -CLMS_ENOTCONN. O(1). */
int32_t clms_gate_enter(void);

/* Who is up, as one consistent vector.
 * Returns nodes that are UP: their numbers (u16) stand in the outbox, in order, behind the Token of this moment; -CLMS_EAGAIN, -CLMS_ENOTCONN. O(NODE_MAX). */
int32_t clms_membership(void);

/* Transitions by cursor. EOVERFLOW: the cursor is older than the oldest record kept.
 * Returns address of a TransRec; -CLMS_EINVAL, -CLMS_EAGAIN, -CLMS_ENODATA, -CLMS_EOVERFLOW. O(RING_MAX). */
int32_t clms_history(uint32_t which, uint32_t slot_lo, uint32_t slot_hi);

/* What a process takes along when it migrates.
 * Returns address of a Token; -CLMS_EAGAIN, -CLMS_ENOTCONN. O(1). */
int32_t clms_token_get(void);

/* May a process with this token go on here? EUCLEAN: its old node had another history. EOVERFLOW: too old to compare; it is a prefix of what is applied here if the log never diverged.
 * Returns 0: this node has applied what the Token in the inbox says; -CLMS_EAGAIN, -CLMS_EREMOTEIO, -CLMS_EUCLEAN, -CLMS_EOVERFLOW. O(1). */
int32_t clms_token_check(void);

/* What outgoing data carries. EREMOTE: the receiver is no live member.
 * Returns address of a Stamp; -CLMS_EINVAL, -CLMS_ENOTCONN, -CLMS_EREMOTE. O(1). */
int32_t clms_stamp_get(uint32_t to);

/* What is to become of data that came with this stamp.
 * Returns STAMP: deliver, hold or refuse the data whose Stamp is in the inbox; -CLMS_EREMOTEIO, -CLMS_ENOTCONN. O(1). */
int32_t clms_stamp_check(void);

/* A subsystem, from the Subsys in the inbox. It gets RESYNC first, then every callback, one at a time.
 * Returns number of the subsystem; -CLMS_EINVAL, -CLMS_ENAMETOOLONG, -CLMS_EEXIST, -CLMS_ENOSPC, -CLMS_EMSGSIZE. O(SUBSYS_MAX). */
int32_t clms_subsys_register(void);

/* It gets no callbacks any more; one that runs counts as done.
 * Returns 0; -CLMS_ENOENT. O(1). */
int32_t clms_subsys_unregister(uint32_t subsys);

/* The record.
 * Returns address of its Subsys; -CLMS_ENOENT. O(1). */
int32_t clms_subsys_get(uint32_t subsys);

/* The callback of EVENT_SUBSYS is finished. ESTALE: no callback runs for that slot.
 * Returns 0; -CLMS_ENOENT, -CLMS_ESTALE. O(SUBSYS_MAX), then as the transition. */
int32_t clms_subsys_done(uint32_t subsys, uint32_t slot_lo, uint32_t slot_hi, uint32_t status);

/* The hash by which the log knows a name.
 * Returns 0: its hash (u64) is in the outbox; -CLMS_ENAMETOOLONG. O(len). */
int32_t clms_svc_hash(uint32_t len);

/* A key service, as applied here.
 * Returns address of its SvcEnt; -CLMS_EINVAL, -CLMS_ENOENT. O(1). */
int32_t clms_svc_get(uint32_t svc);

/* Answer to these events. ESTALE: it was not asked for. What was taken is used only if clms_svc_holds then says 1: a take may have lasted longer than the lease.
 * Returns 0; -CLMS_EINVAL, -CLMS_ENOENT, -CLMS_ESTALE. O(1). */
int32_t clms_svc_done(uint32_t svc, uint32_t op, uint32_t ok);

/* To ask before each use: the lease may have ended since the last event.
 * Returns 1 this node holds it now, its lease included; 0 it does not; -CLMS_EINVAL, -CLMS_ENOENT. O(1). */
int32_t clms_svc_holds(uint32_t svc);

/* Begins a merge on its own, from the fold that this instance has at that slot; a takeover that is under way keeps its own. EINVAL: the slot is not this instance's Fold.slot.
 * Returns 0; -CLMS_EINVAL. O(RING_MAX). */
int32_t clms_merge_begin(uint32_t slot_lo, uint32_t slot_hi);

/* Folds one report in. EEXIST: this node has reported. EUCLEAN: two decided values for a slot. EOVERFLOW: it no longer has records that are needed: take its checkpoint.
 * Returns records looked at; -CLMS_EPERM, -CLMS_EINVAL, -CLMS_EMSGSIZE, -CLMS_EPROTO, -CLMS_EEXIST, -CLMS_EOVERFLOW, -CLMS_EUCLEAN. O(records). */
int32_t clms_merge_add(uint32_t addr, uint32_t len);

/* The canonical list: the same bytes for every order of the reports. EAGAIN: a gap is not proved empty: add more reports.
 * Returns records of the canonical list; Page.merge_from, Page.merge_slot; -CLMS_EPERM, -CLMS_EAGAIN, -CLMS_EUCLEAN. O(RING_MAX). */
int32_t clms_merge_finish(void);

/* This node's own report, as a REPORT message carries it.
 * Returns bytes of the Report in the outgoing buffer, at Page.merge_from; -CLMS_EPERM. O(RING_MAX). */
int32_t clms_report(uint32_t slot_lo, uint32_t slot_hi);

/* Call it after writing a saved state region (Page.state_size bytes from the page's address) over a new instance: checks version, limits and every index. EPROTO: not usable; the module is then as after clms_init.
 * Returns 0; -CLMS_EPROTO. O(state region). */
int32_t clms_restore(void);

#endif
