// Generated from abi/ipmp.toml by abi/generate.mjs: do not edit.

/** ABI of this module */
// @ts-ignore: decorator
@inline export const ABI_CURRENT: u32 = 1;
/** oldest host ABI it serves */
// @ts-ignore: decorator
@inline export const ABI_MINIMUM: u32 = 1;
/** layout of the state region */
// @ts-ignore: decorator
@inline export const SNAPSHOT_VERSION: u32 = 3;

// Limits
/** groups */
// @ts-ignore: decorator
@inline export const GRP_MAX: u32 = 64;
/** members of one group */
// @ts-ignore: decorator
@inline export const MEMBER_MAX: u32 = 32;
/** NICs known to the module (GRP_MAX × MEMBER_MAX) */
// @ts-ignore: decorator
@inline export const PHYINT_MAX: u32 = 2048;
/** data addresses of one group, IPv4 and IPv6 together */
// @ts-ignore: decorator
@inline export const ADDR_MAX: u32 = 4096;
/** tables of the state region */
// @ts-ignore: decorator
@inline export const EXTENT_MAX: u32 = 24;
/** explicit ARP/ND entries of one group */
// @ts-ignore: decorator
@inline export const ARPENT_MAX: u32 = 64;
/** bytes of a group or interface name, without the final NUL */
// @ts-ignore: decorator
@inline export const NAME_MAX: u32 = 31;
/** flow buckets of one group and family (a power of two) */
// @ts-ignore: decorator
@inline export const BUCKET_MAX: u32 = 256;
/** neighbours remembered by the next-hop policy, per group (a power of two) */
// @ts-ignore: decorator
@inline export const NEXTHOP_MAX: u32 = 512;
/** resolution requests remembered to answer each once, per group (a power of two) */
// @ts-ignore: decorator
@inline export const RESOLVE_MAX: u32 = 128;
/** multicast memberships remembered per group and family */
// @ts-ignore: decorator
@inline export const MCAST_MAX: u32 = 64;
/** descriptors, and so frames in one batch */
// @ts-ignore: decorator
@inline export const DESC_MAX: u32 = 4096;
/** events kept until the host reads them (a power of two) */
// @ts-ignore: decorator
@inline export const EVENT_MAX: u32 = 1024;
/** control frames kept until the host sends them (a power of two) */
// @ts-ignore: decorator
@inline export const CTL_MAX: u32 = 2048;
/** bytes of a control frame */
// @ts-ignore: decorator
@inline export const CTL_FRAME_MAX: u32 = 176;
/** bytes of a frame, segmentation-offload frames included */
// @ts-ignore: decorator
@inline export const FRAME_MAX: u32 = 69632;
/** slots of a group's address index (a power of two, twice ADDR_MAX) */
// @ts-ignore: decorator
@inline export const ADDR_SLOTS: u32 = 8192;
/** announcements a group may emit for each millisecond that passed, four times that at once at most: 4,096 addresses are out in about 30 ms */
// @ts-ignore: decorator
@inline export const ANNOUNCE_BURST: u32 = 128;
/** smallest MTU of a member of a group that has IPv4 (RFC 791) */
// @ts-ignore: decorator
@inline export const MTU_MIN_V4: u32 = 68;
/** smallest MTU of a member of a group that has IPv6 (RFC 8200) */
// @ts-ignore: decorator
@inline export const MTU_MIN_V6: u32 = 1280;
/** VLANs of a group in which its data addresses are announced too (ipmp_grp_vlan) */
// @ts-ignore: decorator
@inline export const VLAN_MAX: u32 = 16;
/** addresses in VLANs that a group has learnt from its stack, to be announced there */
// @ts-ignore: decorator
@inline export const VADDR_MAX: u32 = 64;
/** ms after which such an address is forgotten if the stack has sent no ARP or ND for it */
// @ts-ignore: decorator
@inline export const VADDR_AGE_MS: u32 = 600000;
/** addresses of a group whose foreign claims are counted at a time (a power of two) */
// @ts-ignore: decorator
@inline export const CLAIM_MAX: u32 = 64;
/** ms between two answers to all about one address; those between go to the requester only */
// @ts-ignore: decorator
@inline export const BROADCAST_REPLY_MS: u32 = 15000;
/** sources remembered of a multicast membership's filter */
// @ts-ignore: decorator
@inline export const MCAST_SRC_MAX: u32 = 4;
/** VLANs of a group and family whose multicast querier is remembered */
// @ts-ignore: decorator
@inline export const QUERIER_MAX: u32 = 8;
/** ms that an older querier counts after its last query (RFC 3376 §8.12, RFC 3810 §9.12) */
// @ts-ignore: decorator
@inline export const QUERIER_MS: u32 = 260000;
/** times that memberships are reported by a new nominee (RFC 3376 §8.1, the robustness variable) */
// @ts-ignore: decorator
@inline export const REJOIN_COUNT: u32 = 2;
/** ms between them (RFC 3376 §8.11) */
// @ts-ignore: decorator
@inline export const REJOIN_INTERVAL_MS: u32 = 1000;
/** largest weight of a member */
// @ts-ignore: decorator
@inline export const WEIGHT_MAX: u32 = 1000;
/** largest speed of a member, in Mbit/s */
// @ts-ignore: decorator
@inline export const SPEED_MAX: u32 = 10000000;
/** encapsulations, and quotations of ICMP errors, looked through in one packet */
// @ts-ignore: decorator
@inline export const ENCAP_MAX: u32 = 4;
/** ms over which the traffic of an address is counted for REBALANCE.LEAST_TRAFFIC */
// @ts-ignore: decorator
@inline export const LOAD_PERIOD_MS: u32 = 10000;
/** probes remembered by one watcher (10 intervals of 5, and the two that may be outstanding) */
// @ts-ignore: decorator
@inline export const PROBE_STATS: u32 = 52;
/** targets of one watcher, and of one kind in a group's lists */
// @ts-ignore: decorator
@inline export const TARGET_MAX: u32 = 16;
/** targets put to use again when every one has failed */
// @ts-ignore: decorator
@inline export const PROBE_TARGETS_MIN: u32 = 3;
/** ms: shortest detection time */
// @ts-ignore: decorator
@inline export const FDT_MIN_MS: u32 = 30;
/** ms: longest detection time, configured or adapted */
// @ts-ignore: decorator
@inline export const FDT_MAX_MS: u32 = 600000;

// Error numbers
/** not allowed in this state */
// @ts-ignore: decorator
@inline export const EPERM: i32 = 1;
/** no such object */
// @ts-ignore: decorator
@inline export const ENOENT: i32 = 2;
/** still in use */
// @ts-ignore: decorator
@inline export const EBUSY: i32 = 16;
/** exists already */
// @ts-ignore: decorator
@inline export const EEXIST: i32 = 17;
/** the NIC is in no group */
// @ts-ignore: decorator
@inline export const ENODEV: i32 = 19;
/** argument out of its set */
// @ts-ignore: decorator
@inline export const EINVAL: i32 = 22;
/** a limit is reached */
// @ts-ignore: decorator
@inline export const ENOSPC: i32 = 28;
/** value out of its range */
// @ts-ignore: decorator
@inline export const ERANGE: i32 = 34;
/** name longer than NAME_MAX */
// @ts-ignore: decorator
@inline export const ENAMETOOLONG: i32 = 36;
/** not a snapshot of this module, or one that contradicts itself */
// @ts-ignore: decorator
@inline export const EPROTO: i32 = 71;
/** too many members */
// @ts-ignore: decorator
@inline export const EOVERFLOW: i32 = 75;
/** another member has this hardware address */
// @ts-ignore: decorator
@inline export const ENOTUNIQ: i32 = 76;
/** MTU below the minimum of the group's families */
// @ts-ignore: decorator
@inline export const EMSGSIZE: i32 = 90;
/** the NIC cannot multicast, or does no ARP/ND */
// @ts-ignore: decorator
@inline export const EOPNOTSUPP: i32 = 95;
/** the group lacks a family that the NIC has, or the family is not plumbed */
// @ts-ignore: decorator
@inline export const EAFNOSUPPORT: i32 = 97;
/** an address of the NIC itself is up */
// @ts-ignore: decorator
@inline export const EADDRINUSE: i32 = 98;
/** address in use elsewhere, or under another program's control */
// @ts-ignore: decorator
@inline export const EADDRNOTAVAIL: i32 = 99;
/** it is so already */
// @ts-ignore: decorator
@inline export const EALREADY: i32 = 114;
/** too few other usable members (IPMP_EMINRED) */
// @ts-ignore: decorator
@inline export const EMINRED: i32 = 132;
/** hardware address meanwhile in use by another member (IPMP_EHWADDRDUP) */
// @ts-ignore: decorator
@inline export const EHWADDRDUP: i32 = 133;
/** another member of the group has this test address */
// @ts-ignore: decorator
@inline export const ETESTADDRDUP: i32 = 134;

// FAMILY: Address family; index of a phyint's two ills and of a group's two illgrps.
/** IPv4, ARP */
// @ts-ignore: decorator
@inline export const FAMILY_V4: u32 = 0;
/** IPv6, ND */
// @ts-ignore: decorator
@inline export const FAMILY_V6: u32 = 1;

// MACTYPE: Link type of a NIC.
/** unknown: refused */
// @ts-ignore: decorator
@inline export const MACTYPE_NONE: u32 = 0;
/** Ethernet */
// @ts-ignore: decorator
@inline export const MACTYPE_ETHER: u32 = 1;
/** anything else with 6-byte addresses */
// @ts-ignore: decorator
@inline export const MACTYPE_OTHER: u32 = 2;

// CAP: What a NIC is, as bits of PhyintConf.caps.
/** it can multicast */
// @ts-ignore: decorator
@inline export const CAP_MULTICAST: u32 = 1;
/** it does no ARP */
// @ts-ignore: decorator
@inline export const CAP_NOARP: u32 = 2;
/** it does no neighbour discovery */
// @ts-ignore: decorator
@inline export const CAP_NONUD: u32 = 4;
/** it has one peer */
// @ts-ignore: decorator
@inline export const CAP_POINTOPOINT: u32 = 8;
/** an address of its own is up */
// @ts-ignore: decorator
@inline export const CAP_ADDR_UP: u32 = 16;
/** an address of its own is under DHCP's or autoconfiguration's control */
// @ts-ignore: decorator
@inline export const CAP_ADDR_MANAGED: u32 = 32;

// PHYI: Flags of a NIC, as bits of Phyint.flags.
/** used only when too few others are active */
// @ts-ignore: decorator
@inline export const PHYI_STANDBY: u32 = 1;
/** fit for use, not needed now */
// @ts-ignore: decorator
@inline export const PHYI_INACTIVE: u32 = 2;
/** does not work */
// @ts-ignore: decorator
@inline export const PHYI_FAILED: u32 = 4;
/** taken out by the administrator */
// @ts-ignore: decorator
@inline export const PHYI_OFFLINE: u32 = 8;
/** set aside: another member has its hardware address */
// @ts-ignore: decorator
@inline export const PHYI_HWADDRDUP: u32 = 16;
/** it has carrier */
// @ts-ignore: decorator
@inline export const PHYI_RUNNING: u32 = 32;

// PI: State of a NIC.
/** known, in no group */
// @ts-ignore: decorator
@inline export const PI_INIT: u32 = 0;
/** probing has nothing to probe */
// @ts-ignore: decorator
@inline export const PI_NOTARGETS: u32 = 1;
/** works */
// @ts-ignore: decorator
@inline export const PI_RUNNING: u32 = 2;
/** does not work */
// @ts-ignore: decorator
@inline export const PI_FAILED: u32 = 3;
/** taken out by the administrator */
// @ts-ignore: decorator
@inline export const PI_OFFLINE: u32 = 4;

// PG: State of a group.
/** every member usable */
// @ts-ignore: decorator
@inline export const PG_OK: u32 = 0;
/** some members usable */
// @ts-ignore: decorator
@inline export const PG_DEGRADED: u32 = 1;
/** no member usable */
// @ts-ignore: decorator
@inline export const PG_FAILED: u32 = 2;

// POLICY: How an outgoing unicast frame's NIC is chosen.
/** by hash of addresses and ports */
// @ts-ignore: decorator
@inline export const POLICY_FLOW: u32 = 0;
/** one NIC a neighbour */
// @ts-ignore: decorator
@inline export const POLICY_NEXT_HOP: u32 = 1;
/** the NIC that the source address is bound to */
// @ts-ignore: decorator
@inline export const POLICY_SOURCE: u32 = 2;
/** one NIC for all */
// @ts-ignore: decorator
@inline export const POLICY_ACTIVE_BACKUP: u32 = 3;
/** by hash of source and destination hardware address and VLAN */
// @ts-ignore: decorator
@inline export const POLICY_L2: u32 = 4;
/** by hash of source hardware address and VLAN */
// @ts-ignore: decorator
@inline export const POLICY_VLAN_SRCMAC: u32 = 5;
/** each frame by the next NIC, by weight; may reorder a flow */
// @ts-ignore: decorator
@inline export const POLICY_ROUND_ROBIN: u32 = 6;
/** every frame by every active NIC */
// @ts-ignore: decorator
@inline export const POLICY_BROADCAST: u32 = 7;

// GRPKEY: Settings of a group, for ipmp_grp_set.
/** a POLICY value; default FLOW */
// @ts-ignore: decorator
@inline export const GRPKEY_POLICY: u32 = 0;
/** 0 or 1: a repaired NIC is used again at once; default 1 */
// @ts-ignore: decorator
@inline export const GRPKEY_FAILBACK: u32 = 1;
/** 1 to 20 announcements after a rebind; default 5 */
// @ts-ignore: decorator
@inline export const GRPKEY_ANNOUNCE_COUNT: u32 = 2;
/** 10 to 20,000 ms between them, after the second; default 2,000 */
// @ts-ignore: decorator
@inline export const GRPKEY_ANNOUNCE_INTERVAL_MS: u32 = 3;
/** 0 to 10 conflict probes before a new address is announced, or a test address is used; default 3 */
// @ts-ignore: decorator
@inline export const GRPKEY_PROBE_COUNT: u32 = 4;
/** 10 to 20,000 ms between them; default 150 */
// @ts-ignore: decorator
@inline export const GRPKEY_PROBE_INTERVAL_MS: u32 = 5;
/** 0 to 600,000 ms of carrier before a NIC counts as repaired; default 0 */
// @ts-ignore: decorator
@inline export const GRPKEY_UP_DELAY_MS: u32 = 6;
/** 0 to 60,000 ms without carrier before a NIC counts as failed; default 0 */
// @ts-ignore: decorator
@inline export const GRPKEY_DOWN_DELAY_MS: u32 = 7;
/** 0 to 2: repairs by carrier tolerated within the window, one more and it stays failed; default 2, 0 turns damping off */
// @ts-ignore: decorator
@inline export const GRPKEY_FLAP_MAX: u32 = 8;
/** 1 to 600,000 ms; default 60,000 */
// @ts-ignore: decorator
@inline export const GRPKEY_FLAP_WINDOW_MS: u32 = 9;
/** 30 to 600,000 ms: time within which probes detect a failure; default 10,000 */
// @ts-ignore: decorator
@inline export const GRPKEY_FDT_MS: u32 = 10;
/** 2 to 20 probes lost in a row mean failed; default 5. The interval of probes is FDT_MS / (PROBE_FAILS + 2) */
// @ts-ignore: decorator
@inline export const GRPKEY_PROBE_FAILS: u32 = 11;
/** 1 to 40 answers in a row mean repaired; default 10 */
// @ts-ignore: decorator
@inline export const GRPKEY_PROBE_REPAIRS: u32 = 12;
/** 0 to 600,000 ms without an answer after probing began before losses count; default 40,000 */
// @ts-ignore: decorator
@inline export const GRPKEY_QUIET_MS: u32 = 13;
/** WATCH bits: which probes are sent; default ICMP */
// @ts-ignore: decorator
@inline export const GRPKEY_WATCH: u32 = 14;
/** 0: a member fails if one of its watchers says so; 1: if all of them do; default 0. Carrier always counts */
// @ts-ignore: decorator
@inline export const GRPKEY_WATCH_ALL: u32 = 15;
/** 0 to 3,600,000 ms before a slow or dead target may be used again; default 60,000 */
// @ts-ignore: decorator
@inline export const GRPKEY_RECOVERY_MS: u32 = 16;
/** 0 to 3,600,000 ms before a detection time that was raised is lowered; default 60,000 */
// @ts-ignore: decorator
@inline export const GRPKEY_SETTLING_MS: u32 = 17;
/** 0 or 1: a probe without an answer is not lost if the member has received any frame since; default 0 */
// @ts-ignore: decorator
@inline export const GRPKEY_EVIDENCE: u32 = 18;
/** 0 or 1: every probe is told by events; default 0 */
// @ts-ignore: decorator
@inline export const GRPKEY_PROBE_EVENTS: u32 = 19;
/** 1 to 16 targets of one watcher in use at a time; default 5 */
// @ts-ignore: decorator
@inline export const GRPKEY_TARGETS_MAX: u32 = 20;
/** 0 or 1: without routers, targets are found by multicast; default 1 */
// @ts-ignore: decorator
@inline export const GRPKEY_DISCOVERY: u32 = 21;
/** a WEIGHT value: what a member's share is by; default EQUAL */
// @ts-ignore: decorator
@inline export const GRPKEY_WEIGHT: u32 = 30;
/** ENCAP bits: what FLOW looks into; default all */
// @ts-ignore: decorator
@inline export const GRPKEY_ENCAP: u32 = 31;
/** 1 to 65,535: the UDP port of VXLAN; default 4,789 */
// @ts-ignore: decorator
@inline export const GRPKEY_VXLAN_PORT: u32 = 32;
/** a REBALANCE value: which address moves to even out; default NEWEST */
// @ts-ignore: decorator
@inline export const GRPKEY_REBALANCE: u32 = 33;
/** 0 or 1: announcements leave by every other active member too, as under POLICY.BROADCAST they always do; default 0 */
// @ts-ignore: decorator
@inline export const GRPKEY_ANNOUNCE_ALL: u32 = 40;
/** 0 or 1: addresses that the stack uses in VLANs are announced there; default 1 */
// @ts-ignore: decorator
@inline export const GRPKEY_ANNOUNCE_VLANS: u32 = 41;
/** 0 to 86,400 s after which an address is announced again though nothing happened to it; default 0, never */
// @ts-ignore: decorator
@inline export const GRPKEY_ANNOUNCE_REFRESH_S: u32 = 42;
/** 1,000 to 600,000 ms between two defences of an address; default 10,000 (RFC 5227 §1.1) */
// @ts-ignore: decorator
@inline export const GRPKEY_DEFEND_INTERVAL_MS: u32 = 43;
/** 0 to 100 foreign claims within the window that an address is defended against, one more and it is given up; default 0, it is never given up */
// @ts-ignore: decorator
@inline export const GRPKEY_CONFLICT_MAX: u32 = 44;
/** 1,000 to 600,000 ms; default 30,000 */
// @ts-ignore: decorator
@inline export const GRPKEY_CONFLICT_WINDOW_MS: u32 = 45;
/** 0 to 86,400 s until a duplicate address, data or test, is probed for anew; default 300, 0 never */
// @ts-ignore: decorator
@inline export const GRPKEY_RECOVERY_S: u32 = 46;
/** 10 to 20,000 ms from the first announcement to the second, ANNOUNCE_INTERVAL_MS if that is less; default 100 */
// @ts-ignore: decorator
@inline export const GRPKEY_ANNOUNCE_AGAIN_MS: u32 = 47;

// OUT: What became of a frame: Desc.out. Below PHYINT_MAX it is the NIC to send it on.
/** hand it to the group interface */
// @ts-ignore: decorator
@inline export const OUT_DELIVER: u32 = 32768;
/** answered by the module; nothing to do */
// @ts-ignore: decorator
@inline export const OUT_CONSUMED: u32 = 32769;
/** send a copy on every member for which ipmp_tx_copy returns 1 (POLICY.BROADCAST) */
// @ts-ignore: decorator
@inline export const OUT_ALL: u32 = 32770;
/** dropped; the low byte is a DROP value */
// @ts-ignore: decorator
@inline export const OUT_DROP: u32 = 33024;

// DROP: Why a frame was dropped; index of Grp.drops.
/** not dropped */
// @ts-ignore: decorator
@inline export const DROP_NONE: u32 = 0;
/** the descriptor points outside the I/O region */
// @ts-ignore: decorator
@inline export const DROP_BAD_DESC: u32 = 1;
/** shorter than its headers */
// @ts-ignore: decorator
@inline export const DROP_SHORT: u32 = 2;
/** more than two VLAN tags */
// @ts-ignore: decorator
@inline export const DROP_VLAN: u32 = 3;
/** IPv4 header contradicts itself or the frame */
// @ts-ignore: decorator
@inline export const DROP_IP4_HEADER: u32 = 4;
/** IPv6 header contradicts itself or the frame */
// @ts-ignore: decorator
@inline export const DROP_IP6_HEADER: u32 = 5;
/** not a valid ARP packet for IPv4 over Ethernet */
// @ts-ignore: decorator
@inline export const DROP_ARP_FORMAT: u32 = 6;
/** not a valid neighbour discovery packet (RFC 4861 §6.1, §7.1) */
// @ts-ignore: decorator
@inline export const DROP_ND_FORMAT: u32 = 7;
/** no active member */
// @ts-ignore: decorator
@inline export const DROP_NO_ACTIVE: u32 = 8;
/** received on a NIC that is in no group */
// @ts-ignore: decorator
@inline export const DROP_NOT_MEMBER: u32 = 9;
/** received on a member that is offline */
// @ts-ignore: decorator
@inline export const DROP_OFFLINE: u32 = 10;
/** unicast to another host */
// @ts-ignore: decorator
@inline export const DROP_OTHER_HOST: u32 = 11;
/** sent by a member of this group */
// @ts-ignore: decorator
@inline export const DROP_REFLECTED: u32 = 12;
/** broadcast or multicast on another member than the nominee */
// @ts-ignore: decorator
@inline export const DROP_NOT_NOMINEE: u32 = 13;
/** a resolution request that another member has already received */
// @ts-ignore: decorator
@inline export const DROP_RESOLVE_DUP: u32 = 14;
/** link control protocol (01:80:c2:00:00:0x) */
// @ts-ignore: decorator
@inline export const DROP_LINK_LOCAL: u32 = 15;
/** the answer found no place in the control ring */
// @ts-ignore: decorator
@inline export const DROP_CTL_FULL: u32 = 16;
/** source hardware address is a group address or zero */
// @ts-ignore: decorator
@inline export const DROP_SOURCE_MAC: u32 = 17;
/** an echo reply to a test address that answers no probe of this member, or a request to it that is damaged or from no host */
// @ts-ignore: decorator
@inline export const DROP_PROBE_REPLY: u32 = 20;
/** an echo request to a test address too long for the answer to fit a control frame */
// @ts-ignore: decorator
@inline export const DROP_ECHO_LONG: u32 = 21;
/** longer than the MTU of the NIC that would send it, and no superframe */
// @ts-ignore: decorator
@inline export const DROP_MTU: u32 = 24;
/** ARP or ND of the stack about a data address that another host has */
// @ts-ignore: decorator
@inline export const DROP_DUPLICATE: u32 = 26;

// EVENT: Type of an event.
/** unused */
// @ts-ignore: decorator
@inline export const EVENT_NONE: u32 = 0;
/** group created (new=1) or destroyed (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_GRP_CHANGE: u32 = 1;
/** group state old → new (PG) */
// @ts-ignore: decorator
@inline export const EVENT_GRP_STATE: u32 = 2;
/** group interface has carrier (new=1) or not (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_GRP_RUNNING: u32 = 3;
/** NIC joined (new=1) or left (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_MEMBER_CHANGE: u32 = 4;
/** NIC state old → new (PI), cause */
// @ts-ignore: decorator
@inline export const EVENT_IF_STATE: u32 = 5;
/** NIC flags old → new (PHYI) */
// @ts-ignore: decorator
@inline export const EVENT_IF_FLAGS: u32 = 6;
/** NIC carries a family (new=1) or does not (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_ILL_ACTIVE: u32 = 7;
/** nominee of a family: old → new (phyint, 65535 = none) */
// @ts-ignore: decorator
@inline export const EVENT_CAST: u32 = 8;
/** count addresses bound anew; phyint is the member they left or came to, 65535 where weights or pins evened out */
// @ts-ignore: decorator
@inline export const EVENT_REBIND: u32 = 9;
/** data address, or with a phyint its test address, up (new=1), down (0) or duplicate (2) */
// @ts-ignore: decorator
@inline export const EVENT_ADDR_STATE: u32 = 10;
/** foreign claim on a data address, or on the test address of phyint (of a data address: the member it is bound to); mac is the claimant's; new is 1 if the address is given up for it */
// @ts-ignore: decorator
@inline export const EVENT_CONFLICT: u32 = 11;
/** MTU of the family's group interface: old → new */
// @ts-ignore: decorator
@inline export const EVENT_MTU: u32 = 12;
/** carrier of a NIC: old → new */
// @ts-ignore: decorator
@inline export const EVENT_LINK: u32 = 13;
/** carrier came up too often: NIC held failed (new=1), released (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_FLAP: u32 = 14;
/** probe sent to addr: start, number in count, filter in old (mean) and new (deviation), ns */
// @ts-ignore: decorator
@inline export const EVENT_PROBE_SENT: u32 = 20;
/** probe answered: RTT is time − start */
// @ts-ignore: decorator
@inline export const EVENT_PROBE_ACKED: u32 = 21;
/** probe without an answer */
// @ts-ignore: decorator
@inline export const EVENT_PROBE_LOST: u32 = 22;
/** every member went silent: group failure begins (new=1), ends (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_GRP_FAILURE: u32 = 23;
/** detection time old → new, ms: it could not be met (raised), or can be again (lowered) */
// @ts-ignore: decorator
@inline export const EVENT_FDT: u32 = 24;
/** a NIC's targets: mode old → new (PMODE), how many in count */
// @ts-ignore: decorator
@inline export const EVENT_TARGETS: u32 = 25;
/** target addr: old → new (TG; 0 = none) */
// @ts-ignore: decorator
@inline export const EVENT_TARGET_STATE: u32 = 26;
/** weight in effect of a member: old → new */
// @ts-ignore: decorator
@inline export const EVENT_WEIGHT: u32 = 30;
/** data address pinned to phyint (new=1), or no longer (new=0) */
// @ts-ignore: decorator
@inline export const EVENT_PIN: u32 = 31;
/** a multicast membership found no place (MCAST_MAX); count so far. Once, until all have been forgotten */
// @ts-ignore: decorator
@inline export const EVENT_MCAST_FULL: u32 = 35;

// CAUSE: Why a NIC changed its state.
/** none */
// @ts-ignore: decorator
@inline export const CAUSE_NONE: u32 = 0;
/** carrier */
// @ts-ignore: decorator
@inline export const CAUSE_LINK: u32 = 1;
/** the administrator */
// @ts-ignore: decorator
@inline export const CAUSE_ADMIN: u32 = 2;
/** every member of the group fails */
// @ts-ignore: decorator
@inline export const CAUSE_GROUP: u32 = 3;
/** it joined or left */
// @ts-ignore: decorator
@inline export const CAUSE_MEMBERSHIP: u32 = 4;
/** damping */
// @ts-ignore: decorator
@inline export const CAUSE_FLAP: u32 = 5;
/** hardware address no longer unique */
// @ts-ignore: decorator
@inline export const CAUSE_HWADDRDUP: u32 = 6;
/** a detector outside the module */
// @ts-ignore: decorator
@inline export const CAUSE_DETECTOR: u32 = 7;
/** probes */
// @ts-ignore: decorator
@inline export const CAUSE_PROBE: u32 = 20;
/** targets found or lost */
// @ts-ignore: decorator
@inline export const CAUSE_TARGETS: u32 = 21;

// IPIF: Flags of a data address, as bits of Ipif.flags.
/** the entry is in use */
// @ts-ignore: decorator
@inline export const IPIF_USED: u32 = 1;
/** the address is up */
// @ts-ignore: decorator
@inline export const IPIF_UP: u32 = 2;
/** it is bound to a member */
// @ts-ignore: decorator
@inline export const IPIF_BOUND: u32 = 4;
/** the stack has already checked that it is unique */
// @ts-ignore: decorator
@inline export const IPIF_VERIFIED: u32 = 8;
/** another host uses it */
// @ts-ignore: decorator
@inline export const IPIF_DUPLICATE: u32 = 16;
/** this group has announced it before */
// @ts-ignore: decorator
@inline export const IPIF_ANNOUNCED: u32 = 32;

// ARPENT: Flags of an explicit ARP/ND entry.
/** the entry is in use */
// @ts-ignore: decorator
@inline export const ARPENT_USED: u32 = 1;
/** its hardware address is a member's: it follows active members */
// @ts-ignore: decorator
@inline export const ARPENT_PROXY: u32 = 2;
/** the module answers for it */
// @ts-ignore: decorator
@inline export const ARPENT_PUBLISH: u32 = 4;
/** its present hardware address has been announced */
// @ts-ignore: decorator
@inline export const ARPENT_NOTIFIED: u32 = 8;

// DESCF: Flags of a frame, as bits of Desc.flags.
/** a virtio_net_hdr of 10 bytes stands right before the frame */
// @ts-ignore: decorator
@inline export const DESCF_VNET: u32 = 1;

// KSTAT: Traffic counters of a NIC and, summed, of a group; index of Phyint.kstat and Kstats.
/** frames sent */
// @ts-ignore: decorator
@inline export const KSTAT_OPACKETS: u32 = 0;
/** bytes sent */
// @ts-ignore: decorator
@inline export const KSTAT_OBYTES: u32 = 1;
/** frames received */
// @ts-ignore: decorator
@inline export const KSTAT_IPACKETS: u32 = 2;
/** bytes received */
// @ts-ignore: decorator
@inline export const KSTAT_RBYTES: u32 = 3;
/** multicast frames sent */
// @ts-ignore: decorator
@inline export const KSTAT_MULTIXMT: u32 = 4;
/** broadcast frames sent */
// @ts-ignore: decorator
@inline export const KSTAT_BRDCSTXMT: u32 = 5;
/** multicast frames received */
// @ts-ignore: decorator
@inline export const KSTAT_MULTIRCV: u32 = 6;
/** broadcast frames received */
// @ts-ignore: decorator
@inline export const KSTAT_BRDCSTRCV: u32 = 7;
/** frames received and dropped as malformed */
// @ts-ignore: decorator
@inline export const KSTAT_IERRORS: u32 = 8;
/** frames to send and dropped */
// @ts-ignore: decorator
@inline export const KSTAT_OERRORS: u32 = 9;

// WEIGHT: What the shares of a group's members are by: of addresses, flow buckets and frames of ROUND_ROBIN.
/** all the same */
// @ts-ignore: decorator
@inline export const WEIGHT_EQUAL: u32 = 0;
/** PHYIKEY.SPEED; where it is not known, the least that is known of a member */
// @ts-ignore: decorator
@inline export const WEIGHT_SPEED: u32 = 1;
/** PHYIKEY.WEIGHT */
// @ts-ignore: decorator
@inline export const WEIGHT_CONFIGURED: u32 = 2;

// ENCAP: Encapsulations whose inner packet decides the flow, as bits.
/** UDP to VXLAN_PORT (RFC 7348) */
// @ts-ignore: decorator
@inline export const ENCAP_VXLAN: u32 = 1;
/** GRE version 0 (RFC 2784, RFC 2890), NVGRE (RFC 7637) */
// @ts-ignore: decorator
@inline export const ENCAP_GRE: u32 = 2;
/** IPv4 or IPv6 in IPv4 or IPv6 (RFC 2003, RFC 2473, RFC 4213) */
// @ts-ignore: decorator
@inline export const ENCAP_IPIP: u32 = 4;

// REBALANCE: Which of the fullest member's addresses moves when one has to for evenness.
/** the one bound last */
// @ts-ignore: decorator
@inline export const REBALANCE_NEWEST: u32 = 0;
/** the one with the fewest bytes sent in the last full LOAD_PERIOD_MS and since */
// @ts-ignore: decorator
@inline export const REBALANCE_LEAST_TRAFFIC: u32 = 1;

// PHYIKEY: Settings of a NIC, for ipmp_phyint_set.
/** 1 to WEIGHT_MAX: its share if the group's WEIGHT is CONFIGURED; default 1 */
// @ts-ignore: decorator
@inline export const PHYIKEY_WEIGHT: u32 = 0;
/** 0 to SPEED_MAX Mbit/s: its share if the group's WEIGHT is SPEED; default 0, not known */
// @ts-ignore: decorator
@inline export const PHYIKEY_SPEED: u32 = 1;

// WATCH: Kinds of probes, as bits of GRPKEY.WATCH.
/** ICMP and ICMPv6 echo from test addresses */
// @ts-ignore: decorator
@inline export const WATCH_ICMP: u32 = 1;
/** ARP requests and neighbour solicitations, without test addresses; only to configured targets */
// @ts-ignore: decorator
@inline export const WATCH_RESOLVE: u32 = 2;

// WATCHER: A member's watcher of one family, by kind of probe.
/** echo */
// @ts-ignore: decorator
@inline export const WATCHER_ICMP: u32 = 0;
/** ARP, ND */
// @ts-ignore: decorator
@inline export const WATCHER_RESOLVE: u32 = 1;

// PROBEST: What a watcher says.
/** it does not probe */
// @ts-ignore: decorator
@inline export const PROBEST_DISABLED: u32 = 0;
/** it has no target */
// @ts-ignore: decorator
@inline export const PROBEST_UNKNOWN: u32 = 1;
/** answers come */
// @ts-ignore: decorator
@inline export const PROBEST_OK: u32 = 2;
/** no answers, or not enough since */
// @ts-ignore: decorator
@inline export const PROBEST_FAILED: u32 = 3;

// PMODE: Where a watcher has its targets from.
/** it does not probe */
// @ts-ignore: decorator
@inline export const PMODE_DISABLED: u32 = 0;
/** routers and configured targets */
// @ts-ignore: decorator
@inline export const PMODE_ROUTES: u32 = 1;
/** hosts that answered multicast */
// @ts-ignore: decorator
@inline export const PMODE_MULTICAST: u32 = 2;

// TG: State of a target.
/** probed in its turn */
// @ts-ignore: decorator
@inline export const TG_ACTIVE: u32 = 1;
/** enough others are */
// @ts-ignore: decorator
@inline export const TG_UNUSED: u32 = 2;
/** too slow beside the others */
// @ts-ignore: decorator
@inline export const TG_SLOW: u32 = 3;
/** it alone did not answer */
// @ts-ignore: decorator
@inline export const TG_DEAD: u32 = 4;

// TGKIND: Where a target comes from; kind of a list of ipmp_grp_targets.
/** next hop of a route */
// @ts-ignore: decorator
@inline export const TGKIND_ROUTER: u32 = 0;
/** configured */
// @ts-ignore: decorator
@inline export const TGKIND_STATIC: u32 = 1;
/** configured for ARP and ND; if there are none, ROUTER and STATIC serve */
// @ts-ignore: decorator
@inline export const TGKIND_RESOLVE: u32 = 2;
/** answered multicast; never given */
// @ts-ignore: decorator
@inline export const TGKIND_HOST: u32 = 3;

// PR: What became of a probe.
/** never sent */
// @ts-ignore: decorator
@inline export const PR_NONE: u32 = 0;
/** no answer yet */
// @ts-ignore: decorator
@inline export const PR_SENT: u32 = 1;
/** answered */
// @ts-ignore: decorator
@inline export const PR_ACKED: u32 = 2;
/** no answer in time */
// @ts-ignore: decorator
@inline export const PR_LOST: u32 = 3;
/** no answer in time, but frames came (EVIDENCE) */
// @ts-ignore: decorator
@inline export const PR_SEEN: u32 = 4;
/** the target's hardware address is being asked for */
// @ts-ignore: decorator
@inline export const PR_WAIT: u32 = 5;

// EXTENT: Whose handles the slices of an Extent belong to.
/** nobody's: all of it may be in use */
// @ts-ignore: decorator
@inline export const EXTENT_WHOLE: u32 = 0;
/** groups: Page.grp_top slices may be in use */
// @ts-ignore: decorator
@inline export const EXTENT_GRP: u32 = 1;
/** NICs: Page.phyint_top slices may be in use */
// @ts-ignore: decorator
@inline export const EXTENT_PHYINT: u32 = 2;

// CTLK: What a control frame is.
/** ARP reply or neighbour advertisement to a request */
// @ts-ignore: decorator
@inline export const CTLK_ANSWER: u32 = 0;
/** announcement of a data address */
// @ts-ignore: decorator
@inline export const CTLK_ANNOUNCE: u32 = 1;
/** conflict probe (RFC 5227 §2.1.1, RFC 4862 §5.4) */
// @ts-ignore: decorator
@inline export const CTLK_PROBE: u32 = 2;
/** defence of a data or test address */
// @ts-ignore: decorator
@inline export const CTLK_DEFEND: u32 = 3;
/** multicast membership report */
// @ts-ignore: decorator
@inline export const CTLK_REPORT: u32 = 4;
/** echo request: a probe */
// @ts-ignore: decorator
@inline export const CTLK_ECHO: u32 = 5;
/** echo reply to a ping of a test address */
// @ts-ignore: decorator
@inline export const CTLK_PONG: u32 = 6;
/** request for a target's hardware address */
// @ts-ignore: decorator
@inline export const CTLK_LOOKUP: u32 = 7;
/** ARP request or neighbour solicitation as a probe */
// @ts-ignore: decorator
@inline export const CTLK_ASK: u32 = 8;

/** The one page a host reads at start: where everything is. At the address that ipmp_page() returns. */
@unmanaged export class Page {
  magic: u32;
  abi_current: u16;
  abi_minimum: u16;
  snapshot_version: u32;
  state_size: u32;
  now: u64;
  deadline: u64;
  io_base: u32;
  io_end: u32;
  desc_base: u32;
  inbox_base: u32;
  ctl_base: u32;
  ctl_head: u32;
  ctl_tail: u32;
  event_base: u32;
  event_head: u32;
  event_tail: u32;
  event_lost: u32;
  ctl_lost: u32;
  grp_base: u32;
  illgrp_base: u32;
  phyint_base: u32;
  ipif_base: u32;
  arpent_base: u32;
  ipif_bytes_base: u32;
  generation: u64;
  seed: u64;
  ngrp: u32;
  nphyint: u32;
  stats_base: u32;
  pin_base: u32;
  timers_due: u64;
  grp_top: u32;
  phyint_top: u32;
  extent_base: u32;
  extent_count: u32;
  rx_age: u32;
  private _164: u32;
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
}
if (offsetof<Page>() != 256) ERROR("Page is ABI: 256 bytes");
/** bytes of a Page */
// @ts-ignore: decorator
@inline export const Page_SIZE: u32 = 256;
if (offsetof<Page>("magic") != 0) ERROR("Page.magic is at 0");
if (offsetof<Page>("abi_current") != 4) ERROR("Page.abi_current is at 4");
if (offsetof<Page>("abi_minimum") != 6) ERROR("Page.abi_minimum is at 6");
if (offsetof<Page>("snapshot_version") != 8) ERROR("Page.snapshot_version is at 8");
if (offsetof<Page>("state_size") != 12) ERROR("Page.state_size is at 12");
if (offsetof<Page>("now") != 16) ERROR("Page.now is at 16");
if (offsetof<Page>("deadline") != 24) ERROR("Page.deadline is at 24");
if (offsetof<Page>("io_base") != 32) ERROR("Page.io_base is at 32");
if (offsetof<Page>("io_end") != 36) ERROR("Page.io_end is at 36");
if (offsetof<Page>("desc_base") != 40) ERROR("Page.desc_base is at 40");
if (offsetof<Page>("inbox_base") != 44) ERROR("Page.inbox_base is at 44");
if (offsetof<Page>("ctl_base") != 48) ERROR("Page.ctl_base is at 48");
if (offsetof<Page>("ctl_head") != 52) ERROR("Page.ctl_head is at 52");
if (offsetof<Page>("ctl_tail") != 56) ERROR("Page.ctl_tail is at 56");
if (offsetof<Page>("event_base") != 60) ERROR("Page.event_base is at 60");
if (offsetof<Page>("event_head") != 64) ERROR("Page.event_head is at 64");
if (offsetof<Page>("event_tail") != 68) ERROR("Page.event_tail is at 68");
if (offsetof<Page>("event_lost") != 72) ERROR("Page.event_lost is at 72");
if (offsetof<Page>("ctl_lost") != 76) ERROR("Page.ctl_lost is at 76");
if (offsetof<Page>("grp_base") != 80) ERROR("Page.grp_base is at 80");
if (offsetof<Page>("illgrp_base") != 84) ERROR("Page.illgrp_base is at 84");
if (offsetof<Page>("phyint_base") != 88) ERROR("Page.phyint_base is at 88");
if (offsetof<Page>("ipif_base") != 92) ERROR("Page.ipif_base is at 92");
if (offsetof<Page>("arpent_base") != 96) ERROR("Page.arpent_base is at 96");
if (offsetof<Page>("ipif_bytes_base") != 100) ERROR("Page.ipif_bytes_base is at 100");
if (offsetof<Page>("generation") != 104) ERROR("Page.generation is at 104");
if (offsetof<Page>("seed") != 112) ERROR("Page.seed is at 112");
if (offsetof<Page>("ngrp") != 120) ERROR("Page.ngrp is at 120");
if (offsetof<Page>("nphyint") != 124) ERROR("Page.nphyint is at 124");
if (offsetof<Page>("stats_base") != 128) ERROR("Page.stats_base is at 128");
if (offsetof<Page>("pin_base") != 132) ERROR("Page.pin_base is at 132");
if (offsetof<Page>("timers_due") != 136) ERROR("Page.timers_due is at 136");
if (offsetof<Page>("grp_top") != 144) ERROR("Page.grp_top is at 144");
if (offsetof<Page>("phyint_top") != 148) ERROR("Page.phyint_top is at 148");
if (offsetof<Page>("extent_base") != 152) ERROR("Page.extent_base is at 152");
if (offsetof<Page>("extent_count") != 156) ERROR("Page.extent_count is at 156");
if (offsetof<Page>("rx_age") != 160) ERROR("Page.rx_age is at 160");

/** A table of the state region: count slices of `slice` bytes, one a handle. Slices of handles that there never were are all zero, so that a sparse copy need not look at them. */
@unmanaged export class Extent {
  off: u32;
  slice: u32;
  count: u32;
  by: u32;
}
if (offsetof<Extent>() != 16) ERROR("Extent is ABI: 16 bytes");
/** bytes of a Extent */
// @ts-ignore: decorator
@inline export const Extent_SIZE: u32 = 16;
if (offsetof<Extent>("off") != 0) ERROR("Extent.off is at 0");
if (offsetof<Extent>("slice") != 4) ERROR("Extent.slice is at 4");
if (offsetof<Extent>("count") != 8) ERROR("Extent.count is at 8");
if (offsetof<Extent>("by") != 12) ERROR("Extent.by is at 12");

/** One frame of a batch. The host fills off, len, flags; the module fills out and may change the frame's bytes, never its place or length. */
@unmanaged export class Desc {
  off: u32;
  len: u32;
  out: u16;
  flags: u16;
  _pad: u32;
}
if (offsetof<Desc>() != 16) ERROR("Desc is ABI: 16 bytes");
/** bytes of a Desc */
// @ts-ignore: decorator
@inline export const Desc_SIZE: u32 = 16;
if (offsetof<Desc>("off") != 0) ERROR("Desc.off is at 0");
if (offsetof<Desc>("len") != 4) ERROR("Desc.len is at 4");
if (offsetof<Desc>("out") != 8) ERROR("Desc.out is at 8");
if (offsetof<Desc>("flags") != 10) ERROR("Desc.flags is at 10");

/** A frame that the module itself wants sent: answers, announcements, probes, membership reports. Ahead of all data. */
@unmanaged export class Ctl {
  port: u16;
  len: u16;
  kind: u16;
  grp: u16;
  _pad: u64;
  private _16: u64;
  private _24: u64;
  private _32: u64;
  private _40: u64;
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
  private _128: u64;
  private _136: u64;
  private _144: u64;
  private _152: u64;
  private _160: u64;
  private _168: u64;
  private _176: u64;
  private _184: u64;
}
if (offsetof<Ctl>() != 192) ERROR("Ctl is ABI: 192 bytes");
/** bytes of a Ctl */
// @ts-ignore: decorator
@inline export const Ctl_SIZE: u32 = 192;
if (offsetof<Ctl>("port") != 0) ERROR("Ctl.port is at 0");
if (offsetof<Ctl>("len") != 2) ERROR("Ctl.len is at 2");
if (offsetof<Ctl>("kind") != 4) ERROR("Ctl.kind is at 4");
if (offsetof<Ctl>("grp") != 6) ERROR("Ctl.grp is at 6");
/** the frame: 176 × u8 */
// @ts-ignore: decorator
@inline export const Ctl_frame_OFF: u32 = 16;

/** Something that happened. */
@unmanaged export class Event {
  time: u64;
  seq: u32;
  type: u8;
  family: u8;
  cause: u8;
  watcher: u8;
  grp: u16;
  phyint: u16;
  old: u32;
  new: u32;
  count: u32;
  private _32: u64;
  private _40: u64;
  mac: u64;
  start: u64;
}
if (offsetof<Event>() != 64) ERROR("Event is ABI: 64 bytes");
/** bytes of a Event */
// @ts-ignore: decorator
@inline export const Event_SIZE: u32 = 64;
if (offsetof<Event>("time") != 0) ERROR("Event.time is at 0");
if (offsetof<Event>("seq") != 8) ERROR("Event.seq is at 8");
if (offsetof<Event>("type") != 12) ERROR("Event.type is at 12");
if (offsetof<Event>("family") != 13) ERROR("Event.family is at 13");
if (offsetof<Event>("cause") != 14) ERROR("Event.cause is at 14");
if (offsetof<Event>("watcher") != 15) ERROR("Event.watcher is at 15");
if (offsetof<Event>("grp") != 16) ERROR("Event.grp is at 16");
if (offsetof<Event>("phyint") != 18) ERROR("Event.phyint is at 18");
if (offsetof<Event>("old") != 20) ERROR("Event.old is at 20");
if (offsetof<Event>("new") != 24) ERROR("Event.new is at 24");
if (offsetof<Event>("count") != 28) ERROR("Event.count is at 28");
/** data address where it applies (IPv4 in the first 4 bytes), network order: 16 × u8 */
// @ts-ignore: decorator
@inline export const Event_addr_OFF: u32 = 32;
if (offsetof<Event>("mac") != 48) ERROR("Event.mac is at 48");
if (offsetof<Event>("start") != 56) ERROR("Event.start is at 56");

/** What ipmp_phyint_create reads from the inbox. */
@unmanaged export class PhyintConf {
  size: u32;
  ifindex: u32;
  mac: u64;
  mtu: u32;
  mactype: u8;
  families: u8;
  caps: u8;
  link: u8;
  private _24: u64;
  private _32: u64;
  private _40: u64;
  private _48: u64;
  _pad: u64;
}
if (offsetof<PhyintConf>() != 64) ERROR("PhyintConf is ABI: 64 bytes");
/** bytes of a PhyintConf */
// @ts-ignore: decorator
@inline export const PhyintConf_SIZE: u32 = 64;
if (offsetof<PhyintConf>("size") != 0) ERROR("PhyintConf.size is at 0");
if (offsetof<PhyintConf>("ifindex") != 4) ERROR("PhyintConf.ifindex is at 4");
if (offsetof<PhyintConf>("mac") != 8) ERROR("PhyintConf.mac is at 8");
if (offsetof<PhyintConf>("mtu") != 16) ERROR("PhyintConf.mtu is at 16");
if (offsetof<PhyintConf>("mactype") != 20) ERROR("PhyintConf.mactype is at 20");
if (offsetof<PhyintConf>("families") != 21) ERROR("PhyintConf.families is at 21");
if (offsetof<PhyintConf>("caps") != 22) ERROR("PhyintConf.caps is at 22");
if (offsetof<PhyintConf>("link") != 23) ERROR("PhyintConf.link is at 23");
/** NUL-terminated: 32 × u8 */
// @ts-ignore: decorator
@inline export const PhyintConf_name_OFF: u32 = 24;

/** What ipmp_grp_create reads from the inbox. */
@unmanaged export class GrpConf {
  size: u32;
  families: u8;
  private _5: u8;
  private _6: u16;
  mac: u64;
  private _16: u64;
  private _24: u64;
  private _32: u64;
  private _40: u64;
  private _48: u64;
  private _56: u64;
  private _64: u64;
  private _72: u64;
  private _80: u64;
  private _88: u64;
}
if (offsetof<GrpConf>() != 96) ERROR("GrpConf is ABI: 96 bytes");
/** bytes of a GrpConf */
// @ts-ignore: decorator
@inline export const GrpConf_SIZE: u32 = 96;
if (offsetof<GrpConf>("size") != 0) ERROR("GrpConf.size is at 0");
if (offsetof<GrpConf>("families") != 4) ERROR("GrpConf.families is at 4");
if (offsetof<GrpConf>("mac") != 8) ERROR("GrpConf.mac is at 8");
/** group name, NUL-terminated: 32 × u8 */
// @ts-ignore: decorator
@inline export const GrpConf_name_OFF: u32 = 16;
/** name of the group interface, NUL-terminated; never changes: 32 × u8 */
// @ts-ignore: decorator
@inline export const GrpConf_ifname_OFF: u32 = 48;

/** What ipmp_ipif_add, ipmp_ipif_lookup and the arpent calls read from the inbox. */
@unmanaged export class AddrConf {
  private _0: u64;
  private _8: u64;
  family: u8;
  prefix: u8;
  flags: u8;
  private _19: u8;
  private _20: u32;
  mac: u64;
}
if (offsetof<AddrConf>() != 32) ERROR("AddrConf is ABI: 32 bytes");
/** bytes of a AddrConf */
// @ts-ignore: decorator
@inline export const AddrConf_SIZE: u32 = 32;
/** network order; IPv4 in the first 4 bytes, the rest 0: 16 × u8 */
// @ts-ignore: decorator
@inline export const AddrConf_addr_OFF: u32 = 0;
if (offsetof<AddrConf>("family") != 16) ERROR("AddrConf.family is at 16");
if (offsetof<AddrConf>("prefix") != 17) ERROR("AddrConf.prefix is at 17");
if (offsetof<AddrConf>("flags") != 18) ERROR("AddrConf.flags is at 18");
if (offsetof<AddrConf>("mac") != 24) ERROR("AddrConf.mac is at 24");

/** A group: one IP interface made of several NICs. Read-only to the host. */
@unmanaged export class Grp {
  mac: u64;
  private _8: u64;
  private _16: u64;
  private _24: u64;
  private _32: u64;
  private _40: u64;
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
  private _512: u64;
  private _520: u64;
  private _528: u64;
  private _536: u64;
  private _544: u64;
  private _552: u64;
  private _560: u64;
  private _568: u64;
  private _576: u64;
  used: u8;
  state: u8;
  families: u8;
  mactype: u8;
  policy: u8;
  failback: u8;
  announce_count: u8;
  probe_count: u8;
  announce_interval_ms: u32;
  probe_interval_ms: u32;
  up_delay_ms: u32;
  down_delay_ms: u32;
  flap_window_ms: u32;
  flap_max: u16;
  nif: u16;
  nactif: u16;
  naddr: u16;
  narpent: u16;
  naddr_up4: u16;
  naddr_up6: u16;
  ipif_free: u16;
  ipif_hiwater: u16;
  ann_first_head: u16;
  ann_first_tail: u16;
  ann_later_head: u16;
  ann_later_tail: u16;
  dad_head: u16;
  dad_tail: u16;
  private _642: u16;
  private _644: u32;
  pace_time: u64;
  pace_left: u32;
  nexthop_rotor: u32;
  since: u64;
  rebinds: u64;
  private _680: u64;
  private _688: u64;
  private _696: u64;
  private _704: u64;
  private _712: u64;
  private _720: u64;
  private _728: u64;
  private _736: u64;
  private _744: u64;
  private _752: u64;
  private _760: u64;
  private _768: u64;
  private _776: u64;
  private _784: u64;
  private _792: u64;
  private _800: u64;
  private _808: u64;
  private _816: u64;
  private _824: u64;
  private _832: u64;
  private _840: u64;
  private _848: u64;
  private _856: u64;
  private _864: u64;
  private _872: u64;
  private _880: u64;
  private _888: u64;
  private _896: u64;
  private _904: u64;
  private _912: u64;
  private _920: u64;
  private _928: u64;
  private _936: u64;
  private _944: u64;
  private _952: u64;
  private _960: u64;
  private _968: u64;
  private _976: u64;
  private _984: u64;
  private _992: u64;
  private _1000: u64;
  private _1008: u64;
  private _1016: u64;
  private _1024: u64;
  private _1032: u64;
  private _1040: u64;
  private _1048: u64;
  private _1056: u64;
  private _1064: u64;
  private _1072: u64;
  weight_mode: u8;
  encap: u8;
  rebalance: u8;
  _pad3: u8;
  vxlan_port: u16;
  npin: u16;
  load_due: u64;
  private _1096: u64;
  private _1104: u64;
  private _1112: u64;
  private _1120: u64;
  private _1128: u64;
  private _1136: u64;
  private _1144: u64;
  private _1152: u64;
  private _1160: u64;
  private _1168: u64;
  private _1176: u64;
  private _1184: u64;
  private _1192: u64;
  private _1200: u64;
  private _1208: u64;
  private _1216: u64;
  private _1224: u64;
  private _1232: u64;
  private _1240: u64;
  private _1248: u64;
  private _1256: u64;
  private _1264: u64;
  private _1272: u64;
}
if (offsetof<Grp>() != 1280) ERROR("Grp is ABI: 1280 bytes");
/** bytes of a Grp */
// @ts-ignore: decorator
@inline export const Grp_SIZE: u32 = 1280;
if (offsetof<Grp>("mac") != 0) ERROR("Grp.mac is at 0");
/** a bit for the group's and each member's hardware address, by a hash of 12 bits: a quick no for reflections: 512 × u8 */
// @ts-ignore: decorator
@inline export const Grp_reflect_OFF: u32 = 8;
/** group name: 32 × u8 */
// @ts-ignore: decorator
@inline export const Grp_name_OFF: u32 = 520;
/** name of the group interface: 32 × u8 */
// @ts-ignore: decorator
@inline export const Grp_ifname_OFF: u32 = 552;
if (offsetof<Grp>("used") != 584) ERROR("Grp.used is at 584");
if (offsetof<Grp>("state") != 585) ERROR("Grp.state is at 585");
if (offsetof<Grp>("families") != 586) ERROR("Grp.families is at 586");
if (offsetof<Grp>("mactype") != 587) ERROR("Grp.mactype is at 587");
if (offsetof<Grp>("policy") != 588) ERROR("Grp.policy is at 588");
if (offsetof<Grp>("failback") != 589) ERROR("Grp.failback is at 589");
if (offsetof<Grp>("announce_count") != 590) ERROR("Grp.announce_count is at 590");
if (offsetof<Grp>("probe_count") != 591) ERROR("Grp.probe_count is at 591");
if (offsetof<Grp>("announce_interval_ms") != 592) ERROR("Grp.announce_interval_ms is at 592");
if (offsetof<Grp>("probe_interval_ms") != 596) ERROR("Grp.probe_interval_ms is at 596");
if (offsetof<Grp>("up_delay_ms") != 600) ERROR("Grp.up_delay_ms is at 600");
if (offsetof<Grp>("down_delay_ms") != 604) ERROR("Grp.down_delay_ms is at 604");
if (offsetof<Grp>("flap_window_ms") != 608) ERROR("Grp.flap_window_ms is at 608");
if (offsetof<Grp>("flap_max") != 612) ERROR("Grp.flap_max is at 612");
if (offsetof<Grp>("nif") != 614) ERROR("Grp.nif is at 614");
if (offsetof<Grp>("nactif") != 616) ERROR("Grp.nactif is at 616");
if (offsetof<Grp>("naddr") != 618) ERROR("Grp.naddr is at 618");
if (offsetof<Grp>("narpent") != 620) ERROR("Grp.narpent is at 620");
if (offsetof<Grp>("naddr_up4") != 622) ERROR("Grp.naddr_up4 is at 622");
if (offsetof<Grp>("naddr_up6") != 624) ERROR("Grp.naddr_up6 is at 624");
if (offsetof<Grp>("ipif_free") != 626) ERROR("Grp.ipif_free is at 626");
if (offsetof<Grp>("ipif_hiwater") != 628) ERROR("Grp.ipif_hiwater is at 628");
if (offsetof<Grp>("ann_first_head") != 630) ERROR("Grp.ann_first_head is at 630");
if (offsetof<Grp>("ann_first_tail") != 632) ERROR("Grp.ann_first_tail is at 632");
if (offsetof<Grp>("ann_later_head") != 634) ERROR("Grp.ann_later_head is at 634");
if (offsetof<Grp>("ann_later_tail") != 636) ERROR("Grp.ann_later_tail is at 636");
if (offsetof<Grp>("dad_head") != 638) ERROR("Grp.dad_head is at 638");
if (offsetof<Grp>("dad_tail") != 640) ERROR("Grp.dad_tail is at 640");
if (offsetof<Grp>("pace_time") != 648) ERROR("Grp.pace_time is at 648");
if (offsetof<Grp>("pace_left") != 656) ERROR("Grp.pace_left is at 656");
if (offsetof<Grp>("nexthop_rotor") != 660) ERROR("Grp.nexthop_rotor is at 660");
if (offsetof<Grp>("since") != 664) ERROR("Grp.since is at 664");
if (offsetof<Grp>("rebinds") != 672) ERROR("Grp.rebinds is at 672");
/** traffic of members that have left (KSTAT): 10 × u64 */
// @ts-ignore: decorator
@inline export const Grp_kstat0_OFF: u32 = 680;
/** frames dropped (DROP): 32 × u64 */
// @ts-ignore: decorator
@inline export const Grp_drops_OFF: u32 = 760;
/** phyints in the order they joined; nif are valid: 32 × u16 */
// @ts-ignore: decorator
@inline export const Grp_members_OFF: u32 = 1016;
if (offsetof<Grp>("weight_mode") != 1080) ERROR("Grp.weight_mode is at 1080");
if (offsetof<Grp>("encap") != 1081) ERROR("Grp.encap is at 1081");
if (offsetof<Grp>("rebalance") != 1082) ERROR("Grp.rebalance is at 1082");
if (offsetof<Grp>("vxlan_port") != 1084) ERROR("Grp.vxlan_port is at 1084");
if (offsetof<Grp>("npin") != 1086) ERROR("Grp.npin is at 1086");
if (offsetof<Grp>("load_due") != 1088) ERROR("Grp.load_due is at 1088");

/** A group's one family: who is active, who is nominee, which bucket goes where. */
@unmanaged export class Illgrp {
  nactif: u16;
  cast_ill: u16;
  next_ill: u16;
  nif: u16;
  mtu: u32;
  nmcast: u16;
  router: u16;
  private _16: u64;
  private _24: u64;
  private _32: u64;
  private _40: u64;
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
  private _512: u64;
  private _520: u64;
  private _528: u64;
  private _536: u64;
  private _544: u64;
  private _552: u64;
  private _560: u64;
  private _568: u64;
  private _576: u64;
  private _584: u64;
  bucket_moves: u64;
  private _600: u64;
  private _608: u64;
  private _616: u64;
  private _624: u64;
  private _632: u64;
  private _640: u64;
  private _648: u64;
  private _656: u64;
  private _664: u64;
  private _672: u64;
  private _680: u64;
  private _688: u64;
  private _696: u64;
}
if (offsetof<Illgrp>() != 704) ERROR("Illgrp is ABI: 704 bytes");
/** bytes of a Illgrp */
// @ts-ignore: decorator
@inline export const Illgrp_SIZE: u32 = 704;
if (offsetof<Illgrp>("nactif") != 0) ERROR("Illgrp.nactif is at 0");
if (offsetof<Illgrp>("cast_ill") != 2) ERROR("Illgrp.cast_ill is at 2");
if (offsetof<Illgrp>("next_ill") != 4) ERROR("Illgrp.next_ill is at 4");
if (offsetof<Illgrp>("nif") != 6) ERROR("Illgrp.nif is at 6");
if (offsetof<Illgrp>("mtu") != 8) ERROR("Illgrp.mtu is at 8");
if (offsetof<Illgrp>("nmcast") != 12) ERROR("Illgrp.nmcast is at 12");
if (offsetof<Illgrp>("router") != 14) ERROR("Illgrp.router is at 14");
/** active phyints in the order they became active; nactif are valid: 32 × u16 */
// @ts-ignore: decorator
@inline export const Illgrp_actif_OFF: u32 = 16;
/** flow bucket → phyint: 256 × u16 */
// @ts-ignore: decorator
@inline export const Illgrp_bucket_OFF: u32 = 80;
if (offsetof<Illgrp>("bucket_moves") != 592) ERROR("Illgrp.bucket_moves is at 592");

/** A NIC's one family. */
@unmanaged export class Ill {
  up: u16;
  bound_cnt: u16;
  bound_head: u16;
  active: u8;
  nom_cast: u8;
  nbucket: u16;
  pinned_cnt: u16;
  credit: u32;
}
if (offsetof<Ill>() != 16) ERROR("Ill is ABI: 16 bytes");
/** bytes of a Ill */
// @ts-ignore: decorator
@inline export const Ill_SIZE: u32 = 16;
if (offsetof<Ill>("up") != 0) ERROR("Ill.up is at 0");
if (offsetof<Ill>("bound_cnt") != 2) ERROR("Ill.bound_cnt is at 2");
if (offsetof<Ill>("bound_head") != 4) ERROR("Ill.bound_head is at 4");
if (offsetof<Ill>("active") != 6) ERROR("Ill.active is at 6");
if (offsetof<Ill>("nom_cast") != 7) ERROR("Ill.nom_cast is at 7");
if (offsetof<Ill>("nbucket") != 8) ERROR("Ill.nbucket is at 8");
if (offsetof<Ill>("pinned_cnt") != 10) ERROR("Ill.pinned_cnt is at 10");
if (offsetof<Ill>("credit") != 12) ERROR("Ill.credit is at 12");

/** A NIC. Read-only to the host. The first 64 bytes are what a frame touches. */
@unmanaged export class Phyint {
  mac: u64;
  private _8: u64;
  private _16: u64;
  private _24: u64;
  private _32: u64;
  private _40: u64;
  private _48: u64;
  private _56: u64;
  private _64: u64;
  private _72: u64;
  private _80: u64;
  grp: u16;
  flags: u8;
  state: u8;
  ifindex: u32;
  mtu: u32;
  used: u8;
  mactype: u8;
  families: u8;
  caps: u8;
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
  since: u64;
  delay_until: u64;
  private _232: u64;
  private _240: u64;
  flap_until: u64;
  fails: u32;
  cause: u8;
  delay_link: u8;
  test: u8;
  probing: u8;
  private _264: u64;
  private _272: u64;
  private _280: u64;
  private _288: u64;
  weight: u32;
  speed: u32;
  weight_now: u32;
  held: u8;
  test_ok: u8;
  test_wait: u8;
  test_dup: u8;
  private _312: u64;
}
if (offsetof<Phyint>() != 320) ERROR("Phyint is ABI: 320 bytes");
/** bytes of a Phyint */
// @ts-ignore: decorator
@inline export const Phyint_SIZE: u32 = 320;
if (offsetof<Phyint>("mac") != 0) ERROR("Phyint.mac is at 0");
/** traffic (KSTAT): 10 × u64 */
// @ts-ignore: decorator
@inline export const Phyint_kstat_OFF: u32 = 8;
if (offsetof<Phyint>("grp") != 88) ERROR("Phyint.grp is at 88");
if (offsetof<Phyint>("flags") != 90) ERROR("Phyint.flags is at 90");
if (offsetof<Phyint>("state") != 91) ERROR("Phyint.state is at 91");
if (offsetof<Phyint>("ifindex") != 92) ERROR("Phyint.ifindex is at 92");
if (offsetof<Phyint>("mtu") != 96) ERROR("Phyint.mtu is at 96");
if (offsetof<Phyint>("used") != 100) ERROR("Phyint.used is at 100");
if (offsetof<Phyint>("mactype") != 101) ERROR("Phyint.mactype is at 101");
if (offsetof<Phyint>("families") != 102) ERROR("Phyint.families is at 102");
if (offsetof<Phyint>("caps") != 103) ERROR("Phyint.caps is at 103");
/** NUL-terminated: 32 × u8 */
// @ts-ignore: decorator
@inline export const Phyint_name_OFF: u32 = 104;
/** kstat when it joined: 10 × u64 */
// @ts-ignore: decorator
@inline export const Phyint_kstat0_OFF: u32 = 136;
if (offsetof<Phyint>("since") != 216) ERROR("Phyint.since is at 216");
if (offsetof<Phyint>("delay_until") != 224) ERROR("Phyint.delay_until is at 224");
/** ns: the last two repairs by carrier, newest first: 2 × u64 */
// @ts-ignore: decorator
@inline export const Phyint_flap_time_OFF: u32 = 232;
if (offsetof<Phyint>("flap_until") != 248) ERROR("Phyint.flap_until is at 248");
if (offsetof<Phyint>("fails") != 256) ERROR("Phyint.fails is at 256");
if (offsetof<Phyint>("cause") != 260) ERROR("Phyint.cause is at 260");
if (offsetof<Phyint>("delay_link") != 261) ERROR("Phyint.delay_link is at 261");
if (offsetof<Phyint>("test") != 262) ERROR("Phyint.test is at 262");
if (offsetof<Phyint>("probing") != 263) ERROR("Phyint.probing is at 263");
/** its IPv4 side: 1 × Ill */
// @ts-ignore: decorator
@inline export const Phyint_ill4_OFF: u32 = 264;
/** its IPv6 side: 1 × Ill */
// @ts-ignore: decorator
@inline export const Phyint_ill6_OFF: u32 = 280;
if (offsetof<Phyint>("weight") != 296) ERROR("Phyint.weight is at 296");
if (offsetof<Phyint>("speed") != 300) ERROR("Phyint.speed is at 300");
if (offsetof<Phyint>("weight_now") != 304) ERROR("Phyint.weight_now is at 304");
if (offsetof<Phyint>("held") != 308) ERROR("Phyint.held is at 308");
if (offsetof<Phyint>("test_ok") != 309) ERROR("Phyint.test_ok is at 309");
if (offsetof<Phyint>("test_wait") != 310) ERROR("Phyint.test_wait is at 310");
if (offsetof<Phyint>("test_dup") != 311) ERROR("Phyint.test_dup is at 311");

/** A data address and the member it is bound to. Read-only to the host. */
@unmanaged export class Ipif {
  private _0: u64;
  private _8: u64;
  family: u8;
  flags: u8;
  prefix: u8;
  ann_left: u8;
  bound: u16;
  bound_next: u16;
  bound_prev: u16;
  ann_next: u16;
  ann_prev: u16;
  ann_list: u8;
  dad_left: u8;
  ann_due: u64;
  bound_since: u64;
  rebinds: u32;
  conflicts: u32;
  defended: u64;
}
if (offsetof<Ipif>() != 64) ERROR("Ipif is ABI: 64 bytes");
/** bytes of a Ipif */
// @ts-ignore: decorator
@inline export const Ipif_SIZE: u32 = 64;
/** network order; IPv4 in the first 4 bytes, the rest 0: 16 × u8 */
// @ts-ignore: decorator
@inline export const Ipif_addr_OFF: u32 = 0;
if (offsetof<Ipif>("family") != 16) ERROR("Ipif.family is at 16");
if (offsetof<Ipif>("flags") != 17) ERROR("Ipif.flags is at 17");
if (offsetof<Ipif>("prefix") != 18) ERROR("Ipif.prefix is at 18");
if (offsetof<Ipif>("ann_left") != 19) ERROR("Ipif.ann_left is at 19");
if (offsetof<Ipif>("bound") != 20) ERROR("Ipif.bound is at 20");
if (offsetof<Ipif>("bound_next") != 22) ERROR("Ipif.bound_next is at 22");
if (offsetof<Ipif>("bound_prev") != 24) ERROR("Ipif.bound_prev is at 24");
if (offsetof<Ipif>("ann_next") != 26) ERROR("Ipif.ann_next is at 26");
if (offsetof<Ipif>("ann_prev") != 28) ERROR("Ipif.ann_prev is at 28");
if (offsetof<Ipif>("ann_list") != 30) ERROR("Ipif.ann_list is at 30");
if (offsetof<Ipif>("dad_left") != 31) ERROR("Ipif.dad_left is at 31");
if (offsetof<Ipif>("ann_due") != 32) ERROR("Ipif.ann_due is at 32");
if (offsetof<Ipif>("bound_since") != 40) ERROR("Ipif.bound_since is at 40");
if (offsetof<Ipif>("rebinds") != 48) ERROR("Ipif.rebinds is at 48");
if (offsetof<Ipif>("conflicts") != 52) ERROR("Ipif.conflicts is at 52");
if (offsetof<Ipif>("defended") != 56) ERROR("Ipif.defended is at 56");

/** How a group announces, defends and gives up addresses. One a group, beside its Grp; Page does not name it. */
@unmanaged export class Announce {
  refresh_s: u32;
  defend_ms: u32;
  window_ms: u32;
  recovery_s: u32;
  all: u8;
  vlans: u8;
  conflict_max: u8;
  arpent_wait: u8;
  copy_head: u16;
  copy_tail: u16;
  refresh_head: u16;
  refresh_tail: u16;
  recover_head: u16;
  recover_tail: u16;
  again_head: u16;
  again_tail: u16;
  nvlan: u16;
  nvaddr: u16;
  vaddr_due: u64;
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
  private _128: u16;
  private _130: u16;
  mcast_lost: u32;
  private _136: u16;
  copy_vlan: u16;
  copy_port: u16;
  again_ms: u16;
}
if (offsetof<Announce>() != 144) ERROR("Announce is ABI: 144 bytes");
/** bytes of a Announce */
// @ts-ignore: decorator
@inline export const Announce_SIZE: u32 = 144;
if (offsetof<Announce>("refresh_s") != 0) ERROR("Announce.refresh_s is at 0");
if (offsetof<Announce>("defend_ms") != 4) ERROR("Announce.defend_ms is at 4");
if (offsetof<Announce>("window_ms") != 8) ERROR("Announce.window_ms is at 8");
if (offsetof<Announce>("recovery_s") != 12) ERROR("Announce.recovery_s is at 12");
if (offsetof<Announce>("all") != 16) ERROR("Announce.all is at 16");
if (offsetof<Announce>("vlans") != 17) ERROR("Announce.vlans is at 17");
if (offsetof<Announce>("conflict_max") != 18) ERROR("Announce.conflict_max is at 18");
if (offsetof<Announce>("arpent_wait") != 19) ERROR("Announce.arpent_wait is at 19");
if (offsetof<Announce>("copy_head") != 20) ERROR("Announce.copy_head is at 20");
if (offsetof<Announce>("copy_tail") != 22) ERROR("Announce.copy_tail is at 22");
if (offsetof<Announce>("refresh_head") != 24) ERROR("Announce.refresh_head is at 24");
if (offsetof<Announce>("refresh_tail") != 26) ERROR("Announce.refresh_tail is at 26");
if (offsetof<Announce>("recover_head") != 28) ERROR("Announce.recover_head is at 28");
if (offsetof<Announce>("recover_tail") != 30) ERROR("Announce.recover_tail is at 30");
if (offsetof<Announce>("again_head") != 32) ERROR("Announce.again_head is at 32");
if (offsetof<Announce>("again_tail") != 34) ERROR("Announce.again_tail is at 34");
if (offsetof<Announce>("nvlan") != 36) ERROR("Announce.nvlan is at 36");
if (offsetof<Announce>("nvaddr") != 38) ERROR("Announce.nvaddr is at 38");
if (offsetof<Announce>("vaddr_due") != 40) ERROR("Announce.vaddr_due is at 40");
/** VLANs by ipmp_grp_vlan, as tags: 16 × u32 */
// @ts-ignore: decorator
@inline export const Announce_vlan_OFF: u32 = 48;
/** ns by family: when memberships are reported again, 0 = not: 2 × u64 */
// @ts-ignore: decorator
@inline export const Announce_rejoin_due_OFF: u32 = 112;
/** by family: how often yet: 2 × u8 */
// @ts-ignore: decorator
@inline export const Announce_rejoin_left_OFF: u32 = 128;
/** by family: the membership to go on with: 2 × u8 */
// @ts-ignore: decorator
@inline export const Announce_rejoin_from_OFF: u32 = 130;
if (offsetof<Announce>("mcast_lost") != 132) ERROR("Announce.mcast_lost is at 132");
/** by family: 1 that has been told, and not all have been forgotten since: 2 × u8 */
// @ts-ignore: decorator
@inline export const Announce_mcast_told_OFF: u32 = 136;
if (offsetof<Announce>("copy_vlan") != 138) ERROR("Announce.copy_vlan is at 138");
if (offsetof<Announce>("copy_port") != 140) ERROR("Announce.copy_port is at 140");
if (offsetof<Announce>("again_ms") != 142) ERROR("Announce.again_ms is at 142");

/** An explicit ARP/ND entry. Read-only to the host. */
@unmanaged export class Arpent {
  private _0: u64;
  private _8: u64;
  mac: u64;
  given: u64;
  family: u8;
  flags: u8;
  port: u16;
  ann_left: u8;
  _pad: u8;
  ann_next: u16;
  ann_due: u64;
}
if (offsetof<Arpent>() != 48) ERROR("Arpent is ABI: 48 bytes");
/** bytes of a Arpent */
// @ts-ignore: decorator
@inline export const Arpent_SIZE: u32 = 48;
/** network order: 16 × u8 */
// @ts-ignore: decorator
@inline export const Arpent_addr_OFF: u32 = 0;
if (offsetof<Arpent>("mac") != 16) ERROR("Arpent.mac is at 16");
if (offsetof<Arpent>("given") != 24) ERROR("Arpent.given is at 24");
if (offsetof<Arpent>("family") != 32) ERROR("Arpent.family is at 32");
if (offsetof<Arpent>("flags") != 33) ERROR("Arpent.flags is at 33");
if (offsetof<Arpent>("port") != 34) ERROR("Arpent.port is at 34");
if (offsetof<Arpent>("ann_left") != 36) ERROR("Arpent.ann_left is at 36");
if (offsetof<Arpent>("ann_next") != 38) ERROR("Arpent.ann_next is at 38");
if (offsetof<Arpent>("ann_due") != 40) ERROR("Arpent.ann_due is at 40");

/** Traffic totals of a group: members now, plus members that have left. */
@unmanaged export class Kstats {
  private _0: u64;
  private _8: u64;
  private _16: u64;
  private _24: u64;
  private _32: u64;
  private _40: u64;
  private _48: u64;
  private _56: u64;
  private _64: u64;
  private _72: u64;
}
if (offsetof<Kstats>() != 80) ERROR("Kstats is ABI: 80 bytes");
/** bytes of a Kstats */
// @ts-ignore: decorator
@inline export const Kstats_SIZE: u32 = 80;
/** by KSTAT: 10 × u64 */
// @ts-ignore: decorator
@inline export const Kstats_value_OFF: u32 = 0;

/** A target of a watcher. Read-only to the host. RTT filter: mean sa / 8, deviation sv / 4; a probe is lost after sa / 8 + sv. */
@unmanaged export class Target {
  private _0: u64;
  private _8: u64;
  mac: u64;
  sa: u64;
  sv: u64;
  deferred: u64;
  since: u64;
  state: u8;
  kind: u8;
  fails: u8;
  oks: u8;
  seq: u16;
  asked: u8;
  mode: u8;
}
if (offsetof<Target>() != 64) ERROR("Target is ABI: 64 bytes");
/** bytes of a Target */
// @ts-ignore: decorator
@inline export const Target_SIZE: u32 = 64;
/** network order; IPv4 in the first 4 bytes, the rest 0: 16 × u8 */
// @ts-ignore: decorator
@inline export const Target_addr_OFF: u32 = 0;
if (offsetof<Target>("mac") != 16) ERROR("Target.mac is at 16");
if (offsetof<Target>("sa") != 24) ERROR("Target.sa is at 24");
if (offsetof<Target>("sv") != 32) ERROR("Target.sv is at 32");
if (offsetof<Target>("deferred") != 40) ERROR("Target.deferred is at 40");
if (offsetof<Target>("since") != 48) ERROR("Target.since is at 48");
if (offsetof<Target>("state") != 56) ERROR("Target.state is at 56");
if (offsetof<Target>("kind") != 57) ERROR("Target.kind is at 57");
if (offsetof<Target>("fails") != 58) ERROR("Target.fails is at 58");
if (offsetof<Target>("oks") != 59) ERROR("Target.oks is at 59");
if (offsetof<Target>("seq") != 60) ERROR("Target.seq is at 60");
if (offsetof<Target>("asked") != 62) ERROR("Target.asked is at 62");
if (offsetof<Target>("mode") != 63) ERROR("Target.mode is at 63");

/** One probe. */
@unmanaged export class ProbeRec {
  start: u64;
  rtt: u32;
  ipackets: u16;
  target: u8;
  status: u8;
}
if (offsetof<ProbeRec>() != 16) ERROR("ProbeRec is ABI: 16 bytes");
/** bytes of a ProbeRec */
// @ts-ignore: decorator
@inline export const ProbeRec_SIZE: u32 = 16;
if (offsetof<ProbeRec>("start") != 0) ERROR("ProbeRec.start is at 0");
if (offsetof<ProbeRec>("rtt") != 8) ERROR("ProbeRec.rtt is at 8");
if (offsetof<ProbeRec>("ipackets") != 12) ERROR("ProbeRec.ipackets is at 12");
if (offsetof<ProbeRec>("target") != 14) ERROR("ProbeRec.target is at 14");
if (offsetof<ProbeRec>("status") != 15) ERROR("ProbeRec.status is at 15");

/** A watcher: one member, one family, one kind of probe. Read-only to the host. Probe k stands in rec[k mod PROBE_STATS]; targets fire in the order of the array, round and round, the next ACTIVE one after `last`. */
@unmanaged export class Probe {
  private _0: u64;
  private _8: u64;
  prefix: u8;
  state: u8;
  mode: u8;
  ntarget: u8;
  last: u8;
  seen: u8;
  discover: u8;
  rtt_target: u8;
  id: u16;
  mseq: u16;
  rtt_seq: u16;
  fails: u16;
  oks: u16;
  private _34: u16;
  private _36: u32;
  count: u32;
  judged: u32;
  base: u64;
  due: u64;
  rtt_due: u64;
  quiet_until: u64;
  mstart: u64;
  rtt_start: u64;
  first_lost: u64;
  last_ok: u64;
  acked: u32;
  lost: u32;
  late: u32;
  bad: u32;
  missed: u32;
  mcast: u32;
  failures: u32;
  _pad2: u32;
  own_due: u64;
  report_due: u64;
  defended: u64;
  claim_since: u64;
  own_left: u8;
  report_left: u8;
  claims: u16;
  conflicts: u32;
  _pad3: u64;
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
  private _512: u64;
  private _520: u64;
  private _528: u64;
  private _536: u64;
  private _544: u64;
  private _552: u64;
  private _560: u64;
  private _568: u64;
  private _576: u64;
  private _584: u64;
  private _592: u64;
  private _600: u64;
  private _608: u64;
  private _616: u64;
  private _624: u64;
  private _632: u64;
  private _640: u64;
  private _648: u64;
  private _656: u64;
  private _664: u64;
  private _672: u64;
  private _680: u64;
  private _688: u64;
  private _696: u64;
  private _704: u64;
  private _712: u64;
  private _720: u64;
  private _728: u64;
  private _736: u64;
  private _744: u64;
  private _752: u64;
  private _760: u64;
  private _768: u64;
  private _776: u64;
  private _784: u64;
  private _792: u64;
  private _800: u64;
  private _808: u64;
  private _816: u64;
  private _824: u64;
  private _832: u64;
  private _840: u64;
  private _848: u64;
  private _856: u64;
  private _864: u64;
  private _872: u64;
  private _880: u64;
  private _888: u64;
  private _896: u64;
  private _904: u64;
  private _912: u64;
  private _920: u64;
  private _928: u64;
  private _936: u64;
  private _944: u64;
  private _952: u64;
  private _960: u64;
  private _968: u64;
  private _976: u64;
  private _984: u64;
  private _992: u64;
  private _1000: u64;
  private _1008: u64;
  private _1016: u64;
  private _1024: u64;
  private _1032: u64;
  private _1040: u64;
  private _1048: u64;
  private _1056: u64;
  private _1064: u64;
  private _1072: u64;
  private _1080: u64;
  private _1088: u64;
  private _1096: u64;
  private _1104: u64;
  private _1112: u64;
  private _1120: u64;
  private _1128: u64;
  private _1136: u64;
  private _1144: u64;
  private _1152: u64;
  private _1160: u64;
  private _1168: u64;
  private _1176: u64;
  private _1184: u64;
  private _1192: u64;
  private _1200: u64;
  private _1208: u64;
  private _1216: u64;
  private _1224: u64;
  private _1232: u64;
  private _1240: u64;
  private _1248: u64;
  private _1256: u64;
  private _1264: u64;
  private _1272: u64;
  private _1280: u64;
  private _1288: u64;
  private _1296: u64;
  private _1304: u64;
  private _1312: u64;
  private _1320: u64;
  private _1328: u64;
  private _1336: u64;
  private _1344: u64;
  private _1352: u64;
  private _1360: u64;
  private _1368: u64;
  private _1376: u64;
  private _1384: u64;
  private _1392: u64;
  private _1400: u64;
  private _1408: u64;
  private _1416: u64;
  private _1424: u64;
  private _1432: u64;
  private _1440: u64;
  private _1448: u64;
  private _1456: u64;
  private _1464: u64;
  private _1472: u64;
  private _1480: u64;
  private _1488: u64;
  private _1496: u64;
  private _1504: u64;
  private _1512: u64;
  private _1520: u64;
  private _1528: u64;
  private _1536: u64;
  private _1544: u64;
  private _1552: u64;
  private _1560: u64;
  private _1568: u64;
  private _1576: u64;
  private _1584: u64;
  private _1592: u64;
  private _1600: u64;
  private _1608: u64;
  private _1616: u64;
  private _1624: u64;
  private _1632: u64;
  private _1640: u64;
  private _1648: u64;
  private _1656: u64;
  private _1664: u64;
  private _1672: u64;
  private _1680: u64;
  private _1688: u64;
  private _1696: u64;
  private _1704: u64;
  private _1712: u64;
  private _1720: u64;
  private _1728: u64;
  private _1736: u64;
  private _1744: u64;
  private _1752: u64;
  private _1760: u64;
  private _1768: u64;
  private _1776: u64;
  private _1784: u64;
  private _1792: u64;
  private _1800: u64;
  private _1808: u64;
  private _1816: u64;
  private _1824: u64;
  private _1832: u64;
  private _1840: u64;
  private _1848: u64;
  private _1856: u64;
  private _1864: u64;
  private _1872: u64;
  private _1880: u64;
  private _1888: u64;
  private _1896: u64;
  private _1904: u64;
  private _1912: u64;
  private _1920: u64;
  private _1928: u64;
  private _1936: u64;
  private _1944: u64;
  private _1952: u64;
  private _1960: u64;
  private _1968: u64;
  private _1976: u64;
  private _1984: u64;
  private _1992: u64;
  private _2000: u64;
  private _2008: u64;
  private _2016: u64;
  private _2024: u64;
  private _2032: u64;
  private _2040: u64;
}
if (offsetof<Probe>() != 2048) ERROR("Probe is ABI: 2048 bytes");
/** bytes of a Probe */
// @ts-ignore: decorator
@inline export const Probe_SIZE: u32 = 2048;
/** test address (of WATCHER.ICMP), all zero = none: 16 × u8 */
// @ts-ignore: decorator
@inline export const Probe_addr_OFF: u32 = 0;
if (offsetof<Probe>("prefix") != 16) ERROR("Probe.prefix is at 16");
if (offsetof<Probe>("state") != 17) ERROR("Probe.state is at 17");
if (offsetof<Probe>("mode") != 18) ERROR("Probe.mode is at 18");
if (offsetof<Probe>("ntarget") != 19) ERROR("Probe.ntarget is at 19");
if (offsetof<Probe>("last") != 20) ERROR("Probe.last is at 20");
if (offsetof<Probe>("seen") != 21) ERROR("Probe.seen is at 21");
if (offsetof<Probe>("discover") != 22) ERROR("Probe.discover is at 22");
if (offsetof<Probe>("rtt_target") != 23) ERROR("Probe.rtt_target is at 23");
if (offsetof<Probe>("id") != 24) ERROR("Probe.id is at 24");
if (offsetof<Probe>("mseq") != 26) ERROR("Probe.mseq is at 26");
if (offsetof<Probe>("rtt_seq") != 28) ERROR("Probe.rtt_seq is at 28");
if (offsetof<Probe>("fails") != 30) ERROR("Probe.fails is at 30");
if (offsetof<Probe>("oks") != 32) ERROR("Probe.oks is at 32");
if (offsetof<Probe>("count") != 40) ERROR("Probe.count is at 40");
if (offsetof<Probe>("judged") != 44) ERROR("Probe.judged is at 44");
if (offsetof<Probe>("base") != 48) ERROR("Probe.base is at 48");
if (offsetof<Probe>("due") != 56) ERROR("Probe.due is at 56");
if (offsetof<Probe>("rtt_due") != 64) ERROR("Probe.rtt_due is at 64");
if (offsetof<Probe>("quiet_until") != 72) ERROR("Probe.quiet_until is at 72");
if (offsetof<Probe>("mstart") != 80) ERROR("Probe.mstart is at 80");
if (offsetof<Probe>("rtt_start") != 88) ERROR("Probe.rtt_start is at 88");
if (offsetof<Probe>("first_lost") != 96) ERROR("Probe.first_lost is at 96");
if (offsetof<Probe>("last_ok") != 104) ERROR("Probe.last_ok is at 104");
if (offsetof<Probe>("acked") != 112) ERROR("Probe.acked is at 112");
if (offsetof<Probe>("lost") != 116) ERROR("Probe.lost is at 116");
if (offsetof<Probe>("late") != 120) ERROR("Probe.late is at 120");
if (offsetof<Probe>("bad") != 124) ERROR("Probe.bad is at 124");
if (offsetof<Probe>("missed") != 128) ERROR("Probe.missed is at 128");
if (offsetof<Probe>("mcast") != 132) ERROR("Probe.mcast is at 132");
if (offsetof<Probe>("failures") != 136) ERROR("Probe.failures is at 136");
if (offsetof<Probe>("own_due") != 144) ERROR("Probe.own_due is at 144");
if (offsetof<Probe>("report_due") != 152) ERROR("Probe.report_due is at 152");
if (offsetof<Probe>("defended") != 160) ERROR("Probe.defended is at 160");
if (offsetof<Probe>("claim_since") != 168) ERROR("Probe.claim_since is at 168");
if (offsetof<Probe>("own_left") != 176) ERROR("Probe.own_left is at 176");
if (offsetof<Probe>("report_left") != 177) ERROR("Probe.report_left is at 177");
if (offsetof<Probe>("claims") != 178) ERROR("Probe.claims is at 178");
if (offsetof<Probe>("conflicts") != 180) ERROR("Probe.conflicts is at 180");
/** targets; ntarget are valid: 16 × Target */
// @ts-ignore: decorator
@inline export const Probe_target_OFF: u32 = 192;
/** the latest probes: 52 × ProbeRec */
// @ts-ignore: decorator
@inline export const Probe_rec_OFF: u32 = 1216;

/** How a group's members are watched. Read-only to the host. */
@unmanaged export class Watch {
  fdt_ms: u32;
  quiet_ms: u32;
  recovery_ms: u32;
  settling_ms: u32;
  fails: u8;
  repairs: u8;
  watch: u8;
  all: u8;
  evidence: u8;
  events: u8;
  targets_max: u8;
  discovery: u8;
  fdt: u64;
  interval: u64;
  fdt_time: u64;
  hold_until: u64;
  failures: u32;
  failed: u8;
  private _61: u8;
  private _62: u16;
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
  private _512: u64;
  private _520: u64;
  private _528: u64;
  private _536: u64;
  private _544: u64;
  private _552: u64;
  private _560: u64;
  private _568: u64;
  private _576: u64;
  private _584: u64;
  private _592: u64;
  private _600: u64;
  private _608: u64;
  private _616: u64;
  private _624: u64;
  private _632: u64;
  private _640: u64;
  private _648: u64;
  private _656: u64;
  private _664: u64;
  private _672: u64;
  private _680: u64;
  private _688: u64;
  private _696: u64;
  private _704: u64;
  private _712: u64;
  private _720: u64;
  private _728: u64;
  private _736: u64;
  private _744: u64;
  private _752: u64;
  private _760: u64;
  private _768: u64;
  private _776: u64;
  private _784: u64;
  private _792: u64;
  private _800: u64;
  private _808: u64;
  private _816: u64;
  private _824: u64;
  private _832: u64;
  private _840: u64;
  private _848: u64;
  private _856: u64;
  private _864: u64;
  private _872: u64;
  private _880: u64;
  private _888: u64;
  private _896: u64;
  private _904: u64;
  private _912: u64;
  private _920: u64;
  private _928: u64;
  private _936: u64;
  private _944: u64;
  private _952: u64;
  private _960: u64;
  private _968: u64;
  private _976: u64;
  private _984: u64;
  private _992: u64;
  private _1000: u64;
  private _1008: u64;
  private _1016: u64;
  private _1024: u64;
  private _1032: u64;
  private _1040: u64;
  private _1048: u64;
  private _1056: u64;
  private _1064: u64;
  private _1072: u64;
  private _1080: u64;
  private _1088: u64;
  private _1096: u64;
  private _1104: u64;
  private _1112: u64;
  private _1120: u64;
  private _1128: u64;
  private _1136: u64;
  private _1144: u64;
  private _1152: u64;
  private _1160: u64;
  private _1168: u64;
  private _1176: u64;
  private _1184: u64;
  private _1192: u64;
  private _1200: u64;
  private _1208: u64;
  private _1216: u64;
  private _1224: u64;
  private _1232: u64;
  private _1240: u64;
  private _1248: u64;
  private _1256: u64;
  private _1264: u64;
  private _1272: u64;
  private _1280: u64;
  private _1288: u64;
  private _1296: u64;
  private _1304: u64;
  private _1312: u64;
  private _1320: u64;
  private _1328: u64;
  private _1336: u64;
  private _1344: u64;
  private _1352: u64;
  private _1360: u64;
  private _1368: u64;
  private _1376: u64;
  private _1384: u64;
  private _1392: u64;
  private _1400: u64;
  private _1408: u64;
  private _1416: u64;
  private _1424: u64;
  private _1432: u64;
  private _1440: u64;
  private _1448: u64;
  private _1456: u64;
  private _1464: u64;
  private _1472: u64;
  private _1480: u64;
  private _1488: u64;
  private _1496: u64;
  private _1504: u64;
  private _1512: u64;
  private _1520: u64;
  private _1528: u64;
  private _1536: u64;
  private _1544: u64;
  private _1552: u64;
  private _1560: u64;
  private _1568: u64;
  private _1576: u64;
  private _1584: u64;
  private _1592: u64;
  private _1600: u64;
  private _1608: u64;
  private _1616: u64;
  private _1624: u64;
  private _1632: u64;
  private _1640: u64;
  private _1648: u64;
  private _1656: u64;
}
if (offsetof<Watch>() != 1664) ERROR("Watch is ABI: 1664 bytes");
/** bytes of a Watch */
// @ts-ignore: decorator
@inline export const Watch_SIZE: u32 = 1664;
if (offsetof<Watch>("fdt_ms") != 0) ERROR("Watch.fdt_ms is at 0");
if (offsetof<Watch>("quiet_ms") != 4) ERROR("Watch.quiet_ms is at 4");
if (offsetof<Watch>("recovery_ms") != 8) ERROR("Watch.recovery_ms is at 8");
if (offsetof<Watch>("settling_ms") != 12) ERROR("Watch.settling_ms is at 12");
if (offsetof<Watch>("fails") != 16) ERROR("Watch.fails is at 16");
if (offsetof<Watch>("repairs") != 17) ERROR("Watch.repairs is at 17");
if (offsetof<Watch>("watch") != 18) ERROR("Watch.watch is at 18");
if (offsetof<Watch>("all") != 19) ERROR("Watch.all is at 19");
if (offsetof<Watch>("evidence") != 20) ERROR("Watch.evidence is at 20");
if (offsetof<Watch>("events") != 21) ERROR("Watch.events is at 21");
if (offsetof<Watch>("targets_max") != 22) ERROR("Watch.targets_max is at 22");
if (offsetof<Watch>("discovery") != 23) ERROR("Watch.discovery is at 23");
if (offsetof<Watch>("fdt") != 24) ERROR("Watch.fdt is at 24");
if (offsetof<Watch>("interval") != 32) ERROR("Watch.interval is at 32");
if (offsetof<Watch>("fdt_time") != 40) ERROR("Watch.fdt_time is at 40");
if (offsetof<Watch>("hold_until") != 48) ERROR("Watch.hold_until is at 48");
if (offsetof<Watch>("failures") != 56) ERROR("Watch.failures is at 56");
if (offsetof<Watch>("failed") != 60) ERROR("Watch.failed is at 60");
/** entries of each list: 2 × TGKIND + FAMILY: 8 × u8 */
// @ts-ignore: decorator
@inline export const Watch_ntarget_OFF: u32 = 64;
/** the lists of ipmp_grp_targets: (2 × TGKIND + FAMILY) × TARGET_MAX × 16 bytes: 1536 × u8 */
// @ts-ignore: decorator
@inline export const Watch_list_OFF: u32 = 128;
