// Generated from abi/ipmp.toml by abi/generate.mjs: do not edit.

export const VERSION = {"current":1,"minimum":1,"snapshot":3} as const;

export const LIMIT = {
  /** groups */
  GRP_MAX: 64,
  /** members of one group */
  MEMBER_MAX: 32,
  /** NICs known to the module (GRP_MAX × MEMBER_MAX) */
  PHYINT_MAX: 2048,
  /** data addresses of one group, IPv4 and IPv6 together */
  ADDR_MAX: 4096,
  /** tables of the state region */
  EXTENT_MAX: 24,
  /** explicit ARP/ND entries of one group */
  ARPENT_MAX: 64,
  /** bytes of a group or interface name, without the final NUL */
  NAME_MAX: 31,
  /** flow buckets of one group and family (a power of two) */
  BUCKET_MAX: 256,
  /** neighbours remembered by the next-hop policy, per group (a power of two) */
  NEXTHOP_MAX: 512,
  /** resolution requests remembered to answer each once, per group (a power of two) */
  RESOLVE_MAX: 128,
  /** multicast memberships remembered per group and family */
  MCAST_MAX: 64,
  /** descriptors, and so frames in one batch */
  DESC_MAX: 4096,
  /** events kept until the host reads them (a power of two) */
  EVENT_MAX: 1024,
  /** control frames kept until the host sends them (a power of two) */
  CTL_MAX: 2048,
  /** bytes of a control frame */
  CTL_FRAME_MAX: 176,
  /** bytes of a frame, segmentation-offload frames included */
  FRAME_MAX: 69632,
  /** slots of a group's address index (a power of two, twice ADDR_MAX) */
  ADDR_SLOTS: 8192,
  /** announcements a group may emit for each millisecond that passed, four times that at once at most: 4,096 addresses are out in about 30 ms */
  ANNOUNCE_BURST: 128,
  /** smallest MTU of a member of a group that has IPv4 (RFC 791) */
  MTU_MIN_V4: 68,
  /** smallest MTU of a member of a group that has IPv6 (RFC 8200) */
  MTU_MIN_V6: 1280,
  /** VLANs of a group in which its data addresses are announced too (ipmp_grp_vlan) */
  VLAN_MAX: 16,
  /** addresses in VLANs that a group has learnt from its stack, to be announced there */
  VADDR_MAX: 64,
  /** ms after which such an address is forgotten if the stack has sent no ARP or ND for it */
  VADDR_AGE_MS: 600000,
  /** addresses of a group whose foreign claims are counted at a time (a power of two) */
  CLAIM_MAX: 64,
  /** ms between two answers to all about one address; those between go to the requester only */
  BROADCAST_REPLY_MS: 15000,
  /** sources remembered of a multicast membership's filter */
  MCAST_SRC_MAX: 4,
  /** VLANs of a group and family whose multicast querier is remembered */
  QUERIER_MAX: 8,
  /** ms that an older querier counts after its last query (RFC 3376 §8.12, RFC 3810 §9.12) */
  QUERIER_MS: 260000,
  /** times that memberships are reported by a new nominee (RFC 3376 §8.1, the robustness variable) */
  REJOIN_COUNT: 2,
  /** ms between them (RFC 3376 §8.11) */
  REJOIN_INTERVAL_MS: 1000,
  /** largest weight of a member */
  WEIGHT_MAX: 1000,
  /** largest speed of a member, in Mbit/s */
  SPEED_MAX: 10000000,
  /** encapsulations, and quotations of ICMP errors, looked through in one packet */
  ENCAP_MAX: 4,
  /** ms over which the traffic of an address is counted for REBALANCE.LEAST_TRAFFIC */
  LOAD_PERIOD_MS: 10000,
  /** probes remembered by one watcher (10 intervals of 5, and the two that may be outstanding) */
  PROBE_STATS: 52,
  /** targets of one watcher, and of one kind in a group's lists */
  TARGET_MAX: 16,
  /** targets put to use again when every one has failed */
  PROBE_TARGETS_MIN: 3,
  /** ms: shortest detection time */
  FDT_MIN_MS: 30,
  /** ms: longest detection time, configured or adapted */
  FDT_MAX_MS: 600000,
} as const;

export const ERRNO = {
  /** not allowed in this state */
  EPERM: 1,
  /** no such object */
  ENOENT: 2,
  /** still in use */
  EBUSY: 16,
  /** exists already */
  EEXIST: 17,
  /** the NIC is in no group */
  ENODEV: 19,
  /** argument out of its set */
  EINVAL: 22,
  /** a limit is reached */
  ENOSPC: 28,
  /** value out of its range */
  ERANGE: 34,
  /** name longer than NAME_MAX */
  ENAMETOOLONG: 36,
  /** not a snapshot of this module, or one that contradicts itself */
  EPROTO: 71,
  /** too many members */
  EOVERFLOW: 75,
  /** another member has this hardware address */
  ENOTUNIQ: 76,
  /** MTU below the minimum of the group's families */
  EMSGSIZE: 90,
  /** the NIC cannot multicast, or does no ARP/ND */
  EOPNOTSUPP: 95,
  /** the group lacks a family that the NIC has, or the family is not plumbed */
  EAFNOSUPPORT: 97,
  /** an address of the NIC itself is up */
  EADDRINUSE: 98,
  /** address in use elsewhere, or under another program's control */
  EADDRNOTAVAIL: 99,
  /** it is so already */
  EALREADY: 114,
  /** too few other usable members (IPMP_EMINRED) */
  EMINRED: 132,
  /** hardware address meanwhile in use by another member (IPMP_EHWADDRDUP) */
  EHWADDRDUP: 133,
  /** another member of the group has this test address */
  ETESTADDRDUP: 134,
} as const;

/** What an errno means, for people. */
export const ERRNO_TEXT: Readonly<Record<number, { name: string; text: string }>> = {
  1: { name: "EPERM", text: "not allowed in this state" },
  2: { name: "ENOENT", text: "no such object" },
  16: { name: "EBUSY", text: "still in use" },
  17: { name: "EEXIST", text: "exists already" },
  19: { name: "ENODEV", text: "the NIC is in no group" },
  22: { name: "EINVAL", text: "argument out of its set" },
  28: { name: "ENOSPC", text: "a limit is reached" },
  34: { name: "ERANGE", text: "value out of its range" },
  36: { name: "ENAMETOOLONG", text: "name longer than NAME_MAX" },
  71: { name: "EPROTO", text: "not a snapshot of this module, or one that contradicts itself" },
  75: { name: "EOVERFLOW", text: "too many members" },
  76: { name: "ENOTUNIQ", text: "another member has this hardware address" },
  90: { name: "EMSGSIZE", text: "MTU below the minimum of the group's families" },
  95: { name: "EOPNOTSUPP", text: "the NIC cannot multicast, or does no ARP/ND" },
  97: { name: "EAFNOSUPPORT", text: "the group lacks a family that the NIC has, or the family is not plumbed" },
  98: { name: "EADDRINUSE", text: "an address of the NIC itself is up" },
  99: { name: "EADDRNOTAVAIL", text: "address in use elsewhere, or under another program's control" },
  114: { name: "EALREADY", text: "it is so already" },
  132: { name: "EMINRED", text: "too few other usable members (IPMP_EMINRED)" },
  133: { name: "EHWADDRDUP", text: "hardware address meanwhile in use by another member (IPMP_EHWADDRDUP)" },
  134: { name: "ETESTADDRDUP", text: "another member of the group has this test address" },
};

/** Address family; index of a phyint's two ills and of a group's two illgrps. */
export const FAMILY = {
  /** IPv4, ARP */
  V4: 0,
  /** IPv6, ND */
  V6: 1,
} as const;
export const FAMILY_NAME: Readonly<Record<number, string>> = {
  0: "V4",
  1: "V6",
};

/** Link type of a NIC. */
export const MACTYPE = {
  /** unknown: refused */
  NONE: 0,
  /** Ethernet */
  ETHER: 1,
  /** anything else with 6-byte addresses */
  OTHER: 2,
} as const;
export const MACTYPE_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "ETHER",
  2: "OTHER",
};

/** What a NIC is, as bits of PhyintConf.caps. */
export const CAP = {
  /** it can multicast */
  MULTICAST: 1,
  /** it does no ARP */
  NOARP: 2,
  /** it does no neighbour discovery */
  NONUD: 4,
  /** it has one peer */
  POINTOPOINT: 8,
  /** an address of its own is up */
  ADDR_UP: 16,
  /** an address of its own is under DHCP's or autoconfiguration's control */
  ADDR_MANAGED: 32,
} as const;
export const CAP_NAME: Readonly<Record<number, string>> = {
  1: "MULTICAST",
  2: "NOARP",
  4: "NONUD",
  8: "POINTOPOINT",
  16: "ADDR_UP",
  32: "ADDR_MANAGED",
};

/** Flags of a NIC, as bits of Phyint.flags. */
export const PHYI = {
  /** used only when too few others are active */
  STANDBY: 1,
  /** fit for use, not needed now */
  INACTIVE: 2,
  /** does not work */
  FAILED: 4,
  /** taken out by the administrator */
  OFFLINE: 8,
  /** set aside: another member has its hardware address */
  HWADDRDUP: 16,
  /** it has carrier */
  RUNNING: 32,
} as const;
export const PHYI_NAME: Readonly<Record<number, string>> = {
  1: "STANDBY",
  2: "INACTIVE",
  4: "FAILED",
  8: "OFFLINE",
  16: "HWADDRDUP",
  32: "RUNNING",
};

/** State of a NIC. */
export const PI = {
  /** known, in no group */
  INIT: 0,
  /** probing has nothing to probe */
  NOTARGETS: 1,
  /** works */
  RUNNING: 2,
  /** does not work */
  FAILED: 3,
  /** taken out by the administrator */
  OFFLINE: 4,
} as const;
export const PI_NAME: Readonly<Record<number, string>> = {
  0: "INIT",
  1: "NOTARGETS",
  2: "RUNNING",
  3: "FAILED",
  4: "OFFLINE",
};

/** State of a group. */
export const PG = {
  /** every member usable */
  OK: 0,
  /** some members usable */
  DEGRADED: 1,
  /** no member usable */
  FAILED: 2,
} as const;
export const PG_NAME: Readonly<Record<number, string>> = {
  0: "OK",
  1: "DEGRADED",
  2: "FAILED",
};

/** How an outgoing unicast frame's NIC is chosen. */
export const POLICY = {
  /** by hash of addresses and ports */
  FLOW: 0,
  /** one NIC a neighbour */
  NEXT_HOP: 1,
  /** the NIC that the source address is bound to */
  SOURCE: 2,
  /** one NIC for all */
  ACTIVE_BACKUP: 3,
  /** by hash of source and destination hardware address and VLAN */
  L2: 4,
  /** by hash of source hardware address and VLAN */
  VLAN_SRCMAC: 5,
  /** each frame by the next NIC, by weight; may reorder a flow */
  ROUND_ROBIN: 6,
  /** every frame by every active NIC */
  BROADCAST: 7,
} as const;
export const POLICY_NAME: Readonly<Record<number, string>> = {
  0: "FLOW",
  1: "NEXT_HOP",
  2: "SOURCE",
  3: "ACTIVE_BACKUP",
  4: "L2",
  5: "VLAN_SRCMAC",
  6: "ROUND_ROBIN",
  7: "BROADCAST",
};

/** Settings of a group, for ipmp_grp_set. */
export const GRPKEY = {
  /** a POLICY value; default FLOW */
  POLICY: 0,
  /** 0 or 1: a repaired NIC is used again at once; default 1 */
  FAILBACK: 1,
  /** 1 to 20 announcements after a rebind; default 5 */
  ANNOUNCE_COUNT: 2,
  /** 10 to 20,000 ms between them, after the second; default 2,000 */
  ANNOUNCE_INTERVAL_MS: 3,
  /** 0 to 10 conflict probes before a new address is announced, or a test address is used; default 3 */
  PROBE_COUNT: 4,
  /** 10 to 20,000 ms between them; default 150 */
  PROBE_INTERVAL_MS: 5,
  /** 0 to 600,000 ms of carrier before a NIC counts as repaired; default 0 */
  UP_DELAY_MS: 6,
  /** 0 to 60,000 ms without carrier before a NIC counts as failed; default 0 */
  DOWN_DELAY_MS: 7,
  /** 0 to 2: repairs by carrier tolerated within the window, one more and it stays failed; default 2, 0 turns damping off */
  FLAP_MAX: 8,
  /** 1 to 600,000 ms; default 60,000 */
  FLAP_WINDOW_MS: 9,
  /** 30 to 600,000 ms: time within which probes detect a failure; default 10,000 */
  FDT_MS: 10,
  /** 2 to 20 probes lost in a row mean failed; default 5. The interval of probes is FDT_MS / (PROBE_FAILS + 2) */
  PROBE_FAILS: 11,
  /** 1 to 40 answers in a row mean repaired; default 10 */
  PROBE_REPAIRS: 12,
  /** 0 to 600,000 ms without an answer after probing began before losses count; default 40,000 */
  QUIET_MS: 13,
  /** WATCH bits: which probes are sent; default ICMP */
  WATCH: 14,
  /** 0: a member fails if one of its watchers says so; 1: if all of them do; default 0. Carrier always counts */
  WATCH_ALL: 15,
  /** 0 to 3,600,000 ms before a slow or dead target may be used again; default 60,000 */
  RECOVERY_MS: 16,
  /** 0 to 3,600,000 ms before a detection time that was raised is lowered; default 60,000 */
  SETTLING_MS: 17,
  /** 0 or 1: a probe without an answer is not lost if the member has received any frame since; default 0 */
  EVIDENCE: 18,
  /** 0 or 1: every probe is told by events; default 0 */
  PROBE_EVENTS: 19,
  /** 1 to 16 targets of one watcher in use at a time; default 5 */
  TARGETS_MAX: 20,
  /** 0 or 1: without routers, targets are found by multicast; default 1 */
  DISCOVERY: 21,
  /** a WEIGHT value: what a member's share is by; default EQUAL */
  WEIGHT: 30,
  /** ENCAP bits: what FLOW looks into; default all */
  ENCAP: 31,
  /** 1 to 65,535: the UDP port of VXLAN; default 4,789 */
  VXLAN_PORT: 32,
  /** a REBALANCE value: which address moves to even out; default NEWEST */
  REBALANCE: 33,
  /** 0 or 1: announcements leave by every other active member too, as under POLICY.BROADCAST they always do; default 0 */
  ANNOUNCE_ALL: 40,
  /** 0 or 1: addresses that the stack uses in VLANs are announced there; default 1 */
  ANNOUNCE_VLANS: 41,
  /** 0 to 86,400 s after which an address is announced again though nothing happened to it; default 0, never */
  ANNOUNCE_REFRESH_S: 42,
  /** 1,000 to 600,000 ms between two defences of an address; default 10,000 (RFC 5227 §1.1) */
  DEFEND_INTERVAL_MS: 43,
  /** 0 to 100 foreign claims within the window that an address is defended against, one more and it is given up; default 0, it is never given up */
  CONFLICT_MAX: 44,
  /** 1,000 to 600,000 ms; default 30,000 */
  CONFLICT_WINDOW_MS: 45,
  /** 0 to 86,400 s until a duplicate address, data or test, is probed for anew; default 300, 0 never */
  RECOVERY_S: 46,
  /** 10 to 20,000 ms from the first announcement to the second, ANNOUNCE_INTERVAL_MS if that is less; default 100 */
  ANNOUNCE_AGAIN_MS: 47,
} as const;
export const GRPKEY_NAME: Readonly<Record<number, string>> = {
  0: "POLICY",
  1: "FAILBACK",
  2: "ANNOUNCE_COUNT",
  3: "ANNOUNCE_INTERVAL_MS",
  4: "PROBE_COUNT",
  5: "PROBE_INTERVAL_MS",
  6: "UP_DELAY_MS",
  7: "DOWN_DELAY_MS",
  8: "FLAP_MAX",
  9: "FLAP_WINDOW_MS",
  10: "FDT_MS",
  11: "PROBE_FAILS",
  12: "PROBE_REPAIRS",
  13: "QUIET_MS",
  14: "WATCH",
  15: "WATCH_ALL",
  16: "RECOVERY_MS",
  17: "SETTLING_MS",
  18: "EVIDENCE",
  19: "PROBE_EVENTS",
  20: "TARGETS_MAX",
  21: "DISCOVERY",
  30: "WEIGHT",
  31: "ENCAP",
  32: "VXLAN_PORT",
  33: "REBALANCE",
  40: "ANNOUNCE_ALL",
  41: "ANNOUNCE_VLANS",
  42: "ANNOUNCE_REFRESH_S",
  43: "DEFEND_INTERVAL_MS",
  44: "CONFLICT_MAX",
  45: "CONFLICT_WINDOW_MS",
  46: "RECOVERY_S",
  47: "ANNOUNCE_AGAIN_MS",
};

/** What became of a frame: Desc.out. Below PHYINT_MAX it is the NIC to send it on. */
export const OUT = {
  /** hand it to the group interface */
  DELIVER: 32768,
  /** answered by the module; nothing to do */
  CONSUMED: 32769,
  /** send a copy on every member for which ipmp_tx_copy returns 1 (POLICY.BROADCAST) */
  ALL: 32770,
  /** dropped; the low byte is a DROP value */
  DROP: 33024,
} as const;
export const OUT_NAME: Readonly<Record<number, string>> = {
  32768: "DELIVER",
  32769: "CONSUMED",
  32770: "ALL",
  33024: "DROP",
};

/** Why a frame was dropped; index of Grp.drops. */
export const DROP = {
  /** not dropped */
  NONE: 0,
  /** the descriptor points outside the I/O region */
  BAD_DESC: 1,
  /** shorter than its headers */
  SHORT: 2,
  /** more than two VLAN tags */
  VLAN: 3,
  /** IPv4 header contradicts itself or the frame */
  IP4_HEADER: 4,
  /** IPv6 header contradicts itself or the frame */
  IP6_HEADER: 5,
  /** not a valid ARP packet for IPv4 over Ethernet */
  ARP_FORMAT: 6,
  /** not a valid neighbour discovery packet (RFC 4861 §6.1, §7.1) */
  ND_FORMAT: 7,
  /** no active member */
  NO_ACTIVE: 8,
  /** received on a NIC that is in no group */
  NOT_MEMBER: 9,
  /** received on a member that is offline */
  OFFLINE: 10,
  /** unicast to another host */
  OTHER_HOST: 11,
  /** sent by a member of this group */
  REFLECTED: 12,
  /** broadcast or multicast on another member than the nominee */
  NOT_NOMINEE: 13,
  /** a resolution request that another member has already received */
  RESOLVE_DUP: 14,
  /** link control protocol (01:80:c2:00:00:0x) */
  LINK_LOCAL: 15,
  /** the answer found no place in the control ring */
  CTL_FULL: 16,
  /** source hardware address is a group address or zero */
  SOURCE_MAC: 17,
  /** an echo reply to a test address that answers no probe of this member, or a request to it that is damaged or from no host */
  PROBE_REPLY: 20,
  /** an echo request to a test address too long for the answer to fit a control frame */
  ECHO_LONG: 21,
  /** longer than the MTU of the NIC that would send it, and no superframe */
  MTU: 24,
  /** ARP or ND of the stack about a data address that another host has */
  DUPLICATE: 26,
} as const;
export const DROP_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "BAD_DESC",
  2: "SHORT",
  3: "VLAN",
  4: "IP4_HEADER",
  5: "IP6_HEADER",
  6: "ARP_FORMAT",
  7: "ND_FORMAT",
  8: "NO_ACTIVE",
  9: "NOT_MEMBER",
  10: "OFFLINE",
  11: "OTHER_HOST",
  12: "REFLECTED",
  13: "NOT_NOMINEE",
  14: "RESOLVE_DUP",
  15: "LINK_LOCAL",
  16: "CTL_FULL",
  17: "SOURCE_MAC",
  20: "PROBE_REPLY",
  21: "ECHO_LONG",
  24: "MTU",
  26: "DUPLICATE",
};

/** Type of an event. */
export const EVENT = {
  /** unused */
  NONE: 0,
  /** group created (new=1) or destroyed (new=0) */
  GRP_CHANGE: 1,
  /** group state old → new (PG) */
  GRP_STATE: 2,
  /** group interface has carrier (new=1) or not (new=0) */
  GRP_RUNNING: 3,
  /** NIC joined (new=1) or left (new=0) */
  MEMBER_CHANGE: 4,
  /** NIC state old → new (PI), cause */
  IF_STATE: 5,
  /** NIC flags old → new (PHYI) */
  IF_FLAGS: 6,
  /** NIC carries a family (new=1) or does not (new=0) */
  ILL_ACTIVE: 7,
  /** nominee of a family: old → new (phyint, 65535 = none) */
  CAST: 8,
  /** count addresses bound anew; phyint is the member they left or came to, 65535 where weights or pins evened out */
  REBIND: 9,
  /** data address, or with a phyint its test address, up (new=1), down (0) or duplicate (2) */
  ADDR_STATE: 10,
  /** foreign claim on a data address, or on the test address of phyint (of a data address: the member it is bound to); mac is the claimant's; new is 1 if the address is given up for it */
  CONFLICT: 11,
  /** MTU of the family's group interface: old → new */
  MTU: 12,
  /** carrier of a NIC: old → new */
  LINK: 13,
  /** carrier came up too often: NIC held failed (new=1), released (new=0) */
  FLAP: 14,
  /** probe sent to addr: start, number in count, filter in old (mean) and new (deviation), ns */
  PROBE_SENT: 20,
  /** probe answered: RTT is time − start */
  PROBE_ACKED: 21,
  /** probe without an answer */
  PROBE_LOST: 22,
  /** every member went silent: group failure begins (new=1), ends (new=0) */
  GRP_FAILURE: 23,
  /** detection time old → new, ms: it could not be met (raised), or can be again (lowered) */
  FDT: 24,
  /** a NIC's targets: mode old → new (PMODE), how many in count */
  TARGETS: 25,
  /** target addr: old → new (TG; 0 = none) */
  TARGET_STATE: 26,
  /** weight in effect of a member: old → new */
  WEIGHT: 30,
  /** data address pinned to phyint (new=1), or no longer (new=0) */
  PIN: 31,
  /** a multicast membership found no place (MCAST_MAX); count so far. Once, until all have been forgotten */
  MCAST_FULL: 35,
} as const;
export const EVENT_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "GRP_CHANGE",
  2: "GRP_STATE",
  3: "GRP_RUNNING",
  4: "MEMBER_CHANGE",
  5: "IF_STATE",
  6: "IF_FLAGS",
  7: "ILL_ACTIVE",
  8: "CAST",
  9: "REBIND",
  10: "ADDR_STATE",
  11: "CONFLICT",
  12: "MTU",
  13: "LINK",
  14: "FLAP",
  20: "PROBE_SENT",
  21: "PROBE_ACKED",
  22: "PROBE_LOST",
  23: "GRP_FAILURE",
  24: "FDT",
  25: "TARGETS",
  26: "TARGET_STATE",
  30: "WEIGHT",
  31: "PIN",
  35: "MCAST_FULL",
};

/** Why a NIC changed its state. */
export const CAUSE = {
  /** none */
  NONE: 0,
  /** carrier */
  LINK: 1,
  /** the administrator */
  ADMIN: 2,
  /** every member of the group fails */
  GROUP: 3,
  /** it joined or left */
  MEMBERSHIP: 4,
  /** damping */
  FLAP: 5,
  /** hardware address no longer unique */
  HWADDRDUP: 6,
  /** a detector outside the module */
  DETECTOR: 7,
  /** probes */
  PROBE: 20,
  /** targets found or lost */
  TARGETS: 21,
} as const;
export const CAUSE_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "LINK",
  2: "ADMIN",
  3: "GROUP",
  4: "MEMBERSHIP",
  5: "FLAP",
  6: "HWADDRDUP",
  7: "DETECTOR",
  20: "PROBE",
  21: "TARGETS",
};

/** Flags of a data address, as bits of Ipif.flags. */
export const IPIF = {
  /** the entry is in use */
  USED: 1,
  /** the address is up */
  UP: 2,
  /** it is bound to a member */
  BOUND: 4,
  /** the stack has already checked that it is unique */
  VERIFIED: 8,
  /** another host uses it */
  DUPLICATE: 16,
  /** this group has announced it before */
  ANNOUNCED: 32,
} as const;
export const IPIF_NAME: Readonly<Record<number, string>> = {
  1: "USED",
  2: "UP",
  4: "BOUND",
  8: "VERIFIED",
  16: "DUPLICATE",
  32: "ANNOUNCED",
};

/** Flags of an explicit ARP/ND entry. */
export const ARPENT = {
  /** the entry is in use */
  USED: 1,
  /** its hardware address is a member's: it follows active members */
  PROXY: 2,
  /** the module answers for it */
  PUBLISH: 4,
  /** its present hardware address has been announced */
  NOTIFIED: 8,
} as const;
export const ARPENT_NAME: Readonly<Record<number, string>> = {
  1: "USED",
  2: "PROXY",
  4: "PUBLISH",
  8: "NOTIFIED",
};

/** Flags of a frame, as bits of Desc.flags. */
export const DESCF = {
  /** a virtio_net_hdr of 10 bytes stands right before the frame */
  VNET: 1,
} as const;
export const DESCF_NAME: Readonly<Record<number, string>> = {
  1: "VNET",
};

/** Traffic counters of a NIC and, summed, of a group; index of Phyint.kstat and Kstats. */
export const KSTAT = {
  /** frames sent */
  OPACKETS: 0,
  /** bytes sent */
  OBYTES: 1,
  /** frames received */
  IPACKETS: 2,
  /** bytes received */
  RBYTES: 3,
  /** multicast frames sent */
  MULTIXMT: 4,
  /** broadcast frames sent */
  BRDCSTXMT: 5,
  /** multicast frames received */
  MULTIRCV: 6,
  /** broadcast frames received */
  BRDCSTRCV: 7,
  /** frames received and dropped as malformed */
  IERRORS: 8,
  /** frames to send and dropped */
  OERRORS: 9,
} as const;
export const KSTAT_NAME: Readonly<Record<number, string>> = {
  0: "OPACKETS",
  1: "OBYTES",
  2: "IPACKETS",
  3: "RBYTES",
  4: "MULTIXMT",
  5: "BRDCSTXMT",
  6: "MULTIRCV",
  7: "BRDCSTRCV",
  8: "IERRORS",
  9: "OERRORS",
};

/** What the shares of a group's members are by: of addresses, flow buckets and frames of ROUND_ROBIN. */
export const WEIGHT = {
  /** all the same */
  EQUAL: 0,
  /** PHYIKEY.SPEED; where it is not known, the least that is known of a member */
  SPEED: 1,
  /** PHYIKEY.WEIGHT */
  CONFIGURED: 2,
} as const;
export const WEIGHT_NAME: Readonly<Record<number, string>> = {
  0: "EQUAL",
  1: "SPEED",
  2: "CONFIGURED",
};

/** Encapsulations whose inner packet decides the flow, as bits. */
export const ENCAP = {
  /** UDP to VXLAN_PORT (RFC 7348) */
  VXLAN: 1,
  /** GRE version 0 (RFC 2784, RFC 2890), NVGRE (RFC 7637) */
  GRE: 2,
  /** IPv4 or IPv6 in IPv4 or IPv6 (RFC 2003, RFC 2473, RFC 4213) */
  IPIP: 4,
} as const;
export const ENCAP_NAME: Readonly<Record<number, string>> = {
  1: "VXLAN",
  2: "GRE",
  4: "IPIP",
};

/** Which of the fullest member's addresses moves when one has to for evenness. */
export const REBALANCE = {
  /** the one bound last */
  NEWEST: 0,
  /** the one with the fewest bytes sent in the last full LOAD_PERIOD_MS and since */
  LEAST_TRAFFIC: 1,
} as const;
export const REBALANCE_NAME: Readonly<Record<number, string>> = {
  0: "NEWEST",
  1: "LEAST_TRAFFIC",
};

/** Settings of a NIC, for ipmp_phyint_set. */
export const PHYIKEY = {
  /** 1 to WEIGHT_MAX: its share if the group's WEIGHT is CONFIGURED; default 1 */
  WEIGHT: 0,
  /** 0 to SPEED_MAX Mbit/s: its share if the group's WEIGHT is SPEED; default 0, not known */
  SPEED: 1,
} as const;
export const PHYIKEY_NAME: Readonly<Record<number, string>> = {
  0: "WEIGHT",
  1: "SPEED",
};

/** Kinds of probes, as bits of GRPKEY.WATCH. */
export const WATCH = {
  /** ICMP and ICMPv6 echo from test addresses */
  ICMP: 1,
  /** ARP requests and neighbour solicitations, without test addresses; only to configured targets */
  RESOLVE: 2,
} as const;
export const WATCH_NAME: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "RESOLVE",
};

/** A member's watcher of one family, by kind of probe. */
export const WATCHER = {
  /** echo */
  ICMP: 0,
  /** ARP, ND */
  RESOLVE: 1,
} as const;
export const WATCHER_NAME: Readonly<Record<number, string>> = {
  0: "ICMP",
  1: "RESOLVE",
};

/** What a watcher says. */
export const PROBEST = {
  /** it does not probe */
  DISABLED: 0,
  /** it has no target */
  UNKNOWN: 1,
  /** answers come */
  OK: 2,
  /** no answers, or not enough since */
  FAILED: 3,
} as const;
export const PROBEST_NAME: Readonly<Record<number, string>> = {
  0: "DISABLED",
  1: "UNKNOWN",
  2: "OK",
  3: "FAILED",
};

/** Where a watcher has its targets from. */
export const PMODE = {
  /** it does not probe */
  DISABLED: 0,
  /** routers and configured targets */
  ROUTES: 1,
  /** hosts that answered multicast */
  MULTICAST: 2,
} as const;
export const PMODE_NAME: Readonly<Record<number, string>> = {
  0: "DISABLED",
  1: "ROUTES",
  2: "MULTICAST",
};

/** State of a target. */
export const TG = {
  /** probed in its turn */
  ACTIVE: 1,
  /** enough others are */
  UNUSED: 2,
  /** too slow beside the others */
  SLOW: 3,
  /** it alone did not answer */
  DEAD: 4,
} as const;
export const TG_NAME: Readonly<Record<number, string>> = {
  1: "ACTIVE",
  2: "UNUSED",
  3: "SLOW",
  4: "DEAD",
};

/** Where a target comes from; kind of a list of ipmp_grp_targets. */
export const TGKIND = {
  /** next hop of a route */
  ROUTER: 0,
  /** configured */
  STATIC: 1,
  /** configured for ARP and ND; if there are none, ROUTER and STATIC serve */
  RESOLVE: 2,
  /** answered multicast; never given */
  HOST: 3,
} as const;
export const TGKIND_NAME: Readonly<Record<number, string>> = {
  0: "ROUTER",
  1: "STATIC",
  2: "RESOLVE",
  3: "HOST",
};

/** What became of a probe. */
export const PR = {
  /** never sent */
  NONE: 0,
  /** no answer yet */
  SENT: 1,
  /** answered */
  ACKED: 2,
  /** no answer in time */
  LOST: 3,
  /** no answer in time, but frames came (EVIDENCE) */
  SEEN: 4,
  /** the target's hardware address is being asked for */
  WAIT: 5,
} as const;
export const PR_NAME: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "SENT",
  2: "ACKED",
  3: "LOST",
  4: "SEEN",
  5: "WAIT",
};

/** Whose handles the slices of an Extent belong to. */
export const EXTENT = {
  /** nobody's: all of it may be in use */
  WHOLE: 0,
  /** groups: Page.grp_top slices may be in use */
  GRP: 1,
  /** NICs: Page.phyint_top slices may be in use */
  PHYINT: 2,
} as const;
export const EXTENT_NAME: Readonly<Record<number, string>> = {
  0: "WHOLE",
  1: "GRP",
  2: "PHYINT",
};

/** What a control frame is. */
export const CTLK = {
  /** ARP reply or neighbour advertisement to a request */
  ANSWER: 0,
  /** announcement of a data address */
  ANNOUNCE: 1,
  /** conflict probe (RFC 5227 §2.1.1, RFC 4862 §5.4) */
  PROBE: 2,
  /** defence of a data or test address */
  DEFEND: 3,
  /** multicast membership report */
  REPORT: 4,
  /** echo request: a probe */
  ECHO: 5,
  /** echo reply to a ping of a test address */
  PONG: 6,
  /** request for a target's hardware address */
  LOOKUP: 7,
  /** ARP request or neighbour solicitation as a probe */
  ASK: 8,
} as const;
export const CTLK_NAME: Readonly<Record<number, string>> = {
  0: "ANSWER",
  1: "ANNOUNCE",
  2: "PROBE",
  3: "DEFEND",
  4: "REPORT",
  5: "ECHO",
  6: "PONG",
  7: "LOOKUP",
  8: "ASK",
};

/** The one page a host reads at start: where everything is. At the address that ipmp_page() returns. */
export const Page = {
  SIZE: 256,
  /** 0x504d5049, 'IPMP': u32 */
  magic: 0,
  /** version.current: u16 */
  abi_current: 4,
  /** version.minimum: u16 */
  abi_minimum: 6,
  /** version.snapshot: u32 */
  snapshot_version: 8,
  /** bytes of the state region, which begins with this page: u32 */
  state_size: 12,
  /** IN, ns: the time; the host writes it before a call, it must never go back: u64 */
  now: 16,
  /** OUT, ns: when ipmp_time_advance wants to be called next; all ones = never: u64 */
  deadline: 24,
  /** first byte where frames may be: u32 */
  io_base: 32,
  /** one past the last byte where frames may be: u32 */
  io_end: 36,
  /** DESC_MAX × Desc: u32 */
  desc_base: 40,
  /** 256 bytes for names, addresses and config structs that go in: u32 */
  inbox_base: 44,
  /** CTL_MAX × Ctl, a ring: u32 */
  ctl_base: 48,
  /** control frames written so far (free running): u32 */
  ctl_head: 52,
  /** control frames released by the host so far: u32 */
  ctl_tail: 56,
  /** EVENT_MAX × Event, a ring: u32 */
  event_base: 60,
  /** events written so far (free running): u32 */
  event_head: 64,
  /** events released by the host so far: u32 */
  event_tail: 68,
  /** events that found no place: u32 */
  event_lost: 72,
  /** control frames that found no place: u32 */
  ctl_lost: 76,
  /** GRP_MAX × Grp: u32 */
  grp_base: 80,
  /** GRP_MAX × 2 × Illgrp: u32 */
  illgrp_base: 84,
  /** PHYINT_MAX × Phyint: u32 */
  phyint_base: 88,
  /** GRP_MAX × ADDR_MAX × Ipif: u32 */
  ipif_base: 92,
  /** GRP_MAX × ARPENT_MAX × Arpent: u32 */
  arpent_base: 96,
  /** GRP_MAX × ADDR_MAX × u64: bytes sent with each data address as source: u32 */
  ipif_bytes_base: 100,
  /** changes with every change of configuration or state: u64 */
  generation: 104,
  /** state of the pseudo-random generator: u64 */
  seed: 112,
  /** groups in use: u32 */
  ngrp: 120,
  /** NICs in use: u32 */
  nphyint: 124,
  /** one Kstats, filled by ipmp_grp_stats: u32 */
  stats_base: 128,
  /** GRP_MAX × ADDR_MAX × u16: phyint each data address is pinned to, 65535 = none: u32 */
  pin_base: 132,
  /** ns: when something else than a watcher is due, at the earliest; the host needs deadline only: u64 */
  timers_due: 136,
  /** one more than the largest group handle that there ever was: u32 */
  grp_top: 144,
  /** one more than the largest NIC handle that there ever was: u32 */
  phyint_top: 148,
  /** extent_count × Extent: where in the state region anything may be, to save no more than that: u32 */
  extent_base: 152,
  /** how many, in order, without gaps: u32 */
  extent_count: 156,
  /** IN, ns: how long the oldest frame of the batch has waited for ipmp_rx_batch, 0 = not known; it stands until it is changed. An answer that has waited for more than an eighth of the interval of probes is no measure of the network: u32 */
  rx_age: 160,
} as const;

/** A table of the state region: count slices of `slice` bytes, one a handle. Slices of handles that there never were are all zero, so that a sparse copy need not look at them. */
export const Extent = {
  SIZE: 16,
  /** bytes from the page to the first slice: u32 */
  off: 0,
  /** bytes of a slice: u32 */
  slice: 4,
  /** slices: u32 */
  count: 8,
  /** EXTENT: u32 */
  by: 12,
} as const;

/** One frame of a batch. The host fills off, len, flags; the module fills out and may change the frame's bytes, never its place or length. */
export const Desc = {
  SIZE: 16,
  /** first byte of the Ethernet header: u32 */
  off: 0,
  /** bytes: u32 */
  len: 4,
  /** OUT: what became of it: u16 */
  out: 8,
  /** DESCF: u16 */
  flags: 10,
} as const;

/** A frame that the module itself wants sent: answers, announcements, probes, membership reports. Ahead of all data. */
export const Ctl = {
  SIZE: 192,
  /** phyint to send it on: u16 */
  port: 0,
  /** bytes, at least 60: u16 */
  len: 2,
  /** CTLK: u16 */
  kind: 4,
  /** group: u16 */
  grp: 6,
  /** the frame: 176 × u8 */
  frame: 16,
} as const;

/** Something that happened. */
export const Event = {
  SIZE: 64,
  /** ns: u64 */
  time: 0,
  /** number, counted from 1 without gaps (lost ones included): u32 */
  seq: 8,
  /** EVENT: u8 */
  type: 12,
  /** FAMILY where it applies: u8 */
  family: 13,
  /** CAUSE where it applies: u8 */
  cause: 14,
  /** WATCHER, of events of probes and targets: u8 */
  watcher: 15,
  /** group, 65535 = none: u16 */
  grp: 16,
  /** NIC, 65535 = none: u16 */
  phyint: 18,
  /** value before: u32 */
  old: 20,
  /** value after: u32 */
  new: 24,
  /** how many, where it applies: u32 */
  count: 28,
  /** data address where it applies (IPv4 in the first 4 bytes), network order: 16 × u8 */
  addr: 32,
  /** hardware address where it applies: u64 */
  mac: 48,
  /** ns: of PROBE events, when the probe was sent: u64 */
  start: 56,
} as const;

/** What ipmp_phyint_create reads from the inbox. */
export const PhyintConf = {
  SIZE: 64,
  /** 64: u32 */
  size: 0,
  /** the host's number of the NIC, not 0: u32 */
  ifindex: 4,
  /** hardware address: byte i of the address is bits 8i…8i+7: u64 */
  mac: 8,
  /** bytes: u32 */
  mtu: 16,
  /** MACTYPE: u8 */
  mactype: 20,
  /** 1 IPv4, 2 IPv6, 3 both: u8 */
  families: 21,
  /** CAP bits: u8 */
  caps: 22,
  /** 1 it has carrier: u8 */
  link: 23,
  /** NUL-terminated: 32 × u8 */
  name: 24,
} as const;

/** What ipmp_grp_create reads from the inbox. */
export const GrpConf = {
  SIZE: 96,
  /** 96: u32 */
  size: 0,
  /** 1 IPv4, 2 IPv6, 3 both: the families plumbed at once: u8 */
  families: 4,
  /** hardware address of the group interface, seen by the local stack only: u64 */
  mac: 8,
  /** group name, NUL-terminated: 32 × u8 */
  name: 16,
  /** name of the group interface, NUL-terminated; never changes: 32 × u8 */
  ifname: 48,
} as const;

/** What ipmp_ipif_add, ipmp_ipif_lookup and the arpent calls read from the inbox. */
export const AddrConf = {
  SIZE: 32,
  /** network order; IPv4 in the first 4 bytes, the rest 0: 16 × u8 */
  addr: 0,
  /** FAMILY: u8 */
  family: 16,
  /** bits of the prefix: u8 */
  prefix: 17,
  /** IPIF (UP, VERIFIED) or ARPENT (PUBLISH): u8 */
  flags: 18,
  /** hardware address of an explicit ARP/ND entry: u64 */
  mac: 24,
} as const;

/** A group: one IP interface made of several NICs. Read-only to the host. */
export const Grp = {
  SIZE: 1280,
  /** hardware address of the group interface: u64 */
  mac: 0,
  /** a bit for the group's and each member's hardware address, by a hash of 12 bits: a quick no for reflections: 512 × u8 */
  reflect: 8,
  /** group name: 32 × u8 */
  name: 520,
  /** name of the group interface: 32 × u8 */
  ifname: 552,
  /** 1 in use: u8 */
  used: 584,
  /** PG: u8 */
  state: 585,
  /** plumbed families: 1 IPv4, 2 IPv6: u8 */
  families: 586,
  /** MACTYPE of the first member; NONE while empty: u8 */
  mactype: 587,
  /** POLICY: u8 */
  policy: 588,
  /** 0 or 1: u8 */
  failback: 589,
  /** announce_count: u8 */
  announce_count: 590,
  /** probe_count: u8 */
  probe_count: 591,
  /** announce_interval_ms: u32 */
  announce_interval_ms: 592,
  /** probe_interval_ms: u32 */
  probe_interval_ms: 596,
  /** up_delay_ms: u32 */
  up_delay_ms: 600,
  /** down_delay_ms: u32 */
  down_delay_ms: 604,
  /** flap_window_ms: u32 */
  flap_window_ms: 608,
  /** flap_max: u16 */
  flap_max: 612,
  /** members: u16 */
  nif: 614,
  /** active ills, both families: u16 */
  nactif: 616,
  /** data addresses: u16 */
  naddr: 618,
  /** explicit ARP/ND entries: u16 */
  narpent: 620,
  /** IPv4 data addresses that are up: u16 */
  naddr_up4: 622,
  /** IPv6 data addresses that are up: u16 */
  naddr_up6: 624,
  /** head of the free list of address entries, 65535 = none: u16 */
  ipif_free: 626,
  /** address entries ever used: u16 */
  ipif_hiwater: 628,
  /** addresses whose first announcement is due, in order: u16 */
  ann_first_head: 630,
  /** ann_first_tail: u16 */
  ann_first_tail: 632,
  /** addresses with announcements left, by time: u16 */
  ann_later_head: 634,
  /** ann_later_tail: u16 */
  ann_later_tail: 636,
  /** addresses with conflict probes left, by time: u16 */
  dad_head: 638,
  /** dad_tail: u16 */
  dad_tail: 640,
  /** ms: when the allowance was last topped up: u64 */
  pace_time: 648,
  /** announcements that may be emitted now: u32 */
  pace_left: 656,
  /** neighbours placed so far: u32 */
  nexthop_rotor: 660,
  /** ns: when the state was entered: u64 */
  since: 664,
  /** addresses bound anew so far: u64 */
  rebinds: 672,
  /** traffic of members that have left (KSTAT): 10 × u64 */
  kstat0: 680,
  /** frames dropped (DROP): 32 × u64 */
  drops: 760,
  /** phyints in the order they joined; nif are valid: 32 × u16 */
  members: 1016,
  /** WEIGHT: u8 */
  weight_mode: 1080,
  /** ENCAP bits: u8 */
  encap: 1081,
  /** REBALANCE: u8 */
  rebalance: 1082,
  /** UDP port of VXLAN: u16 */
  vxlan_port: 1084,
  /** data addresses that are pinned: u16 */
  npin: 1086,
  /** ns: when the traffic of addresses is counted next, 0 = not counted: u64 */
  load_due: 1088,
} as const;

/** A group's one family: who is active, who is nominee, which bucket goes where. */
export const Illgrp = {
  SIZE: 704,
  /** active members: u16 */
  nactif: 0,
  /** nominee for broadcast and multicast, 65535 = none: u16 */
  cast_ill: 2,
  /** rotor: index into actif of the next choice: u16 */
  next_ill: 4,
  /** members with this family: u16 */
  nif: 6,
  /** MTU of the group interface for this family: u32 */
  mtu: 8,
  /** multicast memberships remembered: u16 */
  nmcast: 12,
  /** 1 the stack has said that it is an IPv6 router: so do the answers given for it (RFC 4861 §4.4): u16 */
  router: 14,
  /** active phyints in the order they became active; nactif are valid: 32 × u16 */
  actif: 16,
  /** flow bucket → phyint: 256 × u16 */
  bucket: 80,
  /** buckets moved so far: u64 */
  bucket_moves: 592,
} as const;

/** A NIC's one family. */
export const Ill = {
  SIZE: 16,
  /** addresses of its own (test or stub) that are up; 0 = down: u16 */
  up: 0,
  /** data addresses bound to it: u16 */
  bound_cnt: 2,
  /** the first of them, which moves first: the newest, unless pins or REBALANCE say otherwise; 65535 = none: u16 */
  bound_head: 4,
  /** 1 in the active list: u8 */
  active: 6,
  /** 1 nominee: u8 */
  nom_cast: 7,
  /** flow buckets it carries: u16 */
  nbucket: 8,
  /** of the data addresses bound to it, those that are pinned to it: u16 */
  pinned_cnt: 10,
  /** turns of ROUND_ROBIN it is owed, in weights (signed): u32 */
  credit: 12,
} as const;

/** A NIC. Read-only to the host. The first 64 bytes are what a frame touches. */
export const Phyint = {
  SIZE: 320,
  /** hardware address: u64 */
  mac: 0,
  /** traffic (KSTAT): 10 × u64 */
  kstat: 8,
  /** its group, 65535 = none: u16 */
  grp: 88,
  /** PHYI: u8 */
  flags: 90,
  /** PI: u8 */
  state: 91,
  /** the host's number of the NIC: u32 */
  ifindex: 92,
  /** bytes: u32 */
  mtu: 96,
  /** 1 in use: u8 */
  used: 100,
  /** MACTYPE: u8 */
  mactype: 101,
  /** 1 IPv4, 2 IPv6: u8 */
  families: 102,
  /** CAP: u8 */
  caps: 103,
  /** NUL-terminated: 32 × u8 */
  name: 104,
  /** kstat when it joined: 10 × u64 */
  kstat0: 136,
  /** ns: when the state was entered: u64 */
  since: 216,
  /** ns: when a pending carrier change counts, 0 = none pending: u64 */
  delay_until: 224,
  /** ns: the last two repairs by carrier, newest first: 2 × u64 */
  flap_time: 232,
  /** ns: held failed until then, 0 = not held: u64 */
  flap_until: 248,
  /** times it failed: u32 */
  fails: 256,
  /** CAUSE of the last change of state: u8 */
  cause: 260,
  /** carrier that is pending: u8 */
  delay_link: 261,
  /** families it has a test address of: 1 IPv4, 2 IPv6: u8 */
  test: 262,
  /** watchers at work, a bit each: 2 × WATCHER + FAMILY: u8 */
  probing: 263,
  /** its IPv4 side: Ill */
  ill4: 264,
  /** its IPv6 side: Ill */
  ill6: 280,
  /** PHYIKEY.WEIGHT: u32 */
  weight: 296,
  /** PHYIKEY.SPEED: Mbit/s, 0 = not known: u32 */
  speed: 300,
  /** its weight in effect, by the group's WEIGHT; 1 in no group: u32 */
  weight_now: 304,
  /** 1 it failed with its whole group and goes on carrying what it carried: u8 */
  held: 308,
  /** families whose test address is in use: 1 IPv4, 2 IPv6: u8 */
  test_ok: 309,
  /** families whose test address is being probed for: nobody else may have it: u8 */
  test_wait: 310,
  /** families whose test address another host has: it is not used: u8 */
  test_dup: 311,
} as const;

/** A data address and the member it is bound to. Read-only to the host. */
export const Ipif = {
  SIZE: 64,
  /** network order; IPv4 in the first 4 bytes, the rest 0: 16 × u8 */
  addr: 0,
  /** FAMILY: u8 */
  family: 16,
  /** IPIF: u8 */
  flags: 17,
  /** bits of the prefix: u8 */
  prefix: 18,
  /** announcements still to send: u8 */
  ann_left: 19,
  /** phyint it is bound to, 65535 = none: u16 */
  bound: 20,
  /** next older address of the same member, 65535 = none: u16 */
  bound_next: 22,
  /** next newer: u16 */
  bound_prev: 24,
  /** next in its announcement list, or in the free list: u16 */
  ann_next: 26,
  /** ann_prev: u16 */
  ann_prev: 28,
  /** 0 none, 1 first, 2 later, 3 conflict probes, 4 copies, 5 refresh, 6 recovery: u8 */
  ann_list: 30,
  /** conflict probes still to send: u8 */
  dad_left: 31,
  /** ns: when the next one is due: u64 */
  ann_due: 32,
  /** ns: u64 */
  bound_since: 40,
  /** times it was bound anew: u32 */
  rebinds: 48,
  /** foreign claims seen: u32 */
  conflicts: 52,
  /** ns: when it was last defended, 0 = never: u64 */
  defended: 56,
} as const;

/** How a group announces, defends and gives up addresses. One a group, beside its Grp; Page does not name it. */
export const Announce = {
  SIZE: 144,
  /** GRPKEY: u32 */
  refresh_s: 0,
  /** GRPKEY: u32 */
  defend_ms: 4,
  /** GRPKEY: u32 */
  window_ms: 8,
  /** GRPKEY: u32 */
  recovery_s: 12,
  /** GRPKEY: u8 */
  all: 16,
  /** GRPKEY: u8 */
  vlans: 17,
  /** GRPKEY: u8 */
  conflict_max: 18,
  /** 1 proxy entries have announcements to go: u8 */
  arpent_wait: 19,
  /** addresses with copies left to send: u16 */
  copy_head: 20,
  /** copy_tail: u16 */
  copy_tail: 22,
  /** addresses to be announced again, by time: u16 */
  refresh_head: 24,
  /** refresh_tail: u16 */
  refresh_tail: 26,
  /** duplicate addresses to be probed anew, by time: u16 */
  recover_head: 28,
  /** recover_tail: u16 */
  recover_tail: 30,
  /** addresses announced once, to be announced again soon, by time: u16 */
  again_head: 32,
  /** again_tail: u16 */
  again_tail: 34,
  /** VLANs in use: u16 */
  nvlan: 36,
  /** learnt addresses: u16 */
  nvaddr: 38,
  /** ns: when the next of them is due, all ones = never: u64 */
  vaddr_due: 40,
  /** VLANs by ipmp_grp_vlan, as tags: 16 × u32 */
  vlan: 48,
  /** ns by family: when memberships are reported again, 0 = not: 2 × u64 */
  rejoin_due: 112,
  /** by family: how often yet: 2 × u8 */
  rejoin_left: 128,
  /** by family: the membership to go on with: 2 × u8 */
  rejoin_from: 130,
  /** memberships that found no place so far: u32 */
  mcast_lost: 132,
  /** by family: 1 that has been told, and not all have been forgotten since: 2 × u8 */
  mcast_told: 136,
  /** VLAN of the next copy of the first address on COPY: 0 untagged, else 1 + index: u16 */
  copy_vlan: 138,
  /** member of its next copy, as index into the active list: u16 */
  copy_port: 140,
  /** GRPKEY: u16 */
  again_ms: 142,
} as const;

/** An explicit ARP/ND entry. Read-only to the host. */
export const Arpent = {
  SIZE: 48,
  /** network order: 16 × u8 */
  addr: 0,
  /** hardware address now: u64 */
  mac: 16,
  /** hardware address as configured: u64 */
  given: 24,
  /** FAMILY: u8 */
  family: 32,
  /** ARPENT: u8 */
  flags: 33,
  /** member it points at, 65535 = none: u16 */
  port: 34,
  /** announcements still to send: u8 */
  ann_left: 36,
  /** how far the present one has come: VLAN × active members + member: u16 */
  ann_next: 38,
  /** ns: when the next one is due: u64 */
  ann_due: 40,
} as const;

/** Traffic totals of a group: members now, plus members that have left. */
export const Kstats = {
  SIZE: 80,
  /** by KSTAT: 10 × u64 */
  value: 0,
} as const;

/** A target of a watcher. Read-only to the host. RTT filter: mean sa / 8, deviation sv / 4; a probe is lost after sa / 8 + sv. */
export const Target = {
  SIZE: 64,
  /** network order; IPv4 in the first 4 bytes, the rest 0: 16 × u8 */
  addr: 0,
  /** its hardware address, 0 = not known yet: u64 */
  mac: 16,
  /** ns: 8 × smoothed RTT, 0 = no sample: u64 */
  sa: 24,
  /** ns: 4 × smoothed deviation: u64 */
  sv: 32,
  /** ns: an outlier that waits for a second one, 0 = none: u64 */
  deferred: 40,
  /** ns: when it became what it is: u64 */
  since: 48,
  /** TG: u8 */
  state: 56,
  /** TGKIND: u8 */
  kind: 57,
  /** probes to it lost in a row, at most 255: u8 */
  fails: 58,
  /** probes to it answered in a row, at most 255: u8 */
  oks: 59,
  /** number of the latest probe that was answered: u16 */
  seq: 60,
  /** 1 its hardware address has been asked for: u8 */
  asked: 62,
  /** RESOLVE by ARP: bit 0 the sender is a data address instead of 0.0.0.0, bit 1 it has answered so: u8 */
  mode: 63,
} as const;

/** One probe. */
export const ProbeRec = {
  SIZE: 16,
  /** ns: when it was sent: u64 */
  start: 0,
  /** ns, at most 4,294,967,295; of an answered one: u32 */
  rtt: 8,
  /** low bits of the NIC's IPACKETS when it was sent: u16 */
  ipackets: 12,
  /** index of its target, 255 = removed since: u8 */
  target: 14,
  /** PR: u8 */
  status: 15,
} as const;

/** A watcher: one member, one family, one kind of probe. Read-only to the host. Probe k stands in rec[k mod PROBE_STATS]; targets fire in the order of the array, round and round, the next ACTIVE one after `last`. */
export const Probe = {
  SIZE: 2048,
  /** test address (of WATCHER.ICMP), all zero = none: 16 × u8 */
  addr: 0,
  /** bits of its prefix: u8 */
  prefix: 16,
  /** PROBEST: u8 */
  state: 17,
  /** PMODE: u8 */
  mode: 18,
  /** targets: u8 */
  ntarget: 19,
  /** index of the target probed last: u8 */
  last: 20,
  /** PI of the member when it was last looked at: u8 */
  seen: 21,
  /** 1 multicast goes out with the next probe: u8 */
  discover: 22,
  /** index of the target of the latest measuring probe: u8 */
  rtt_target: 23,
  /** identifier of its echo requests: u16 */
  id: 24,
  /** number of its latest multicast probe: u16 */
  mseq: 26,
  /** number of its latest measuring probe: u16 */
  rtt_seq: 28,
  /** probes lost in a row: u16 */
  fails: 30,
  /** probes answered in a row: u16 */
  oks: 32,
  /** probes sent so far: u32 */
  count: 40,
  /** probes decided so far: those before this one: u32 */
  judged: 44,
  /** ns: the beat that the next probe belongs to: u64 */
  base: 48,
  /** ns: when the next probe is sent: u64 */
  due: 56,
  /** ns: when the next measuring probe is sent, all ones = never: u64 */
  rtt_due: 64,
  /** ns: until then losses do not count, 0 = over: u64 */
  quiet_until: 72,
  /** ns: when the latest multicast probe was sent: u64 */
  mstart: 80,
  /** ns: when the latest measuring probe was sent, 0 = answered: u64 */
  rtt_start: 88,
  /** ns: when the first probe of the present row of losses was given up: u64 */
  first_lost: 96,
  /** ns: when the latest answered probe was sent: u64 */
  last_ok: 104,
  /** probes answered: u32 */
  acked: 112,
  /** probes lost: u32 */
  lost: 116,
  /** answers to probes that had been given up: u32 */
  late: 120,
  /** answers that fit no probe, or the second to one: u32 */
  bad: 124,
  /** beats without a probe, because time came too late: u32 */
  missed: 128,
  /** multicast probes sent: u32 */
  mcast: 132,
  /** times it failed: u32 */
  failures: 136,
  /** ns: of WATCHER.ICMP: when its test address is probed for next, 0 = not: u64 */
  own_due: 144,
  /** ns: when the membership of the test address is reported next (MLD), 0 = not: u64 */
  report_due: 152,
  /** ns: when the test address was last defended, 0 = never: u64 */
  defended: 160,
  /** ns: when the window of foreign claims on it began: u64 */
  claim_since: 168,
  /** conflict probes of the test address still to send: u8 */
  own_left: 176,
  /** reports still to send: u8 */
  report_left: 177,
  /** foreign claims in the window: u16 */
  claims: 178,
  /** foreign claims so far: u32 */
  conflicts: 180,
  /** targets; ntarget are valid: 16 × Target */
  target: 192,
  /** the latest probes: 52 × ProbeRec */
  rec: 1216,
} as const;

/** How a group's members are watched. Read-only to the host. */
export const Watch = {
  SIZE: 1664,
  /** FDT_MS: u32 */
  fdt_ms: 0,
  /** QUIET_MS: u32 */
  quiet_ms: 4,
  /** RECOVERY_MS: u32 */
  recovery_ms: 8,
  /** SETTLING_MS: u32 */
  settling_ms: 12,
  /** PROBE_FAILS: u8 */
  fails: 16,
  /** PROBE_REPAIRS: u8 */
  repairs: 17,
  /** WATCH: u8 */
  watch: 18,
  /** WATCH_ALL: u8 */
  all: 19,
  /** EVIDENCE: u8 */
  evidence: 20,
  /** PROBE_EVENTS: u8 */
  events: 21,
  /** TARGETS_MAX: u8 */
  targets_max: 22,
  /** DISCOVERY: u8 */
  discovery: 23,
  /** ns: detection time now: u64 */
  fdt: 24,
  /** ns: interval of probes now, fdt / (fails + 2): u64 */
  interval: 32,
  /** ns: when the detection time was last adapted: u64 */
  fdt_time: 40,
  /** ns: until then members that failed with the group go on carrying, 0 = no limit: u64 */
  hold_until: 48,
  /** group failures so far: u32 */
  failures: 56,
  /** 1 group failure now: u8 */
  failed: 60,
  /** entries of each list: 2 × TGKIND + FAMILY: 8 × u8 */
  ntarget: 64,
  /** the lists of ipmp_grp_targets: (2 × TGKIND + FAMILY) × TARGET_MAX × 16 bytes: 1536 × u8 */
  list: 128,
} as const;

/** The exported functions. All arguments and results are 32-bit integers. */
export interface IpmpExports {
  memory: WebAssembly.Memory;
  /** Where everything is. Callable before ipmp_init. Returns address of the Page. O(1). */
  ipmp_page(): number;
  /** Puts the module into its first state: no group, no NIC. Call it once before anything else, or to start over. Returns 0. O(state region). */
  ipmp_init(seed_lo: number, seed_hi: number): number;
  /** Lets the time in Page.now pass: delays and damping end, probes that are due are sent and those without an answer given up, announcements and conflict probes that are due go to the control ring. Afterwards Page.deadline says when to call again; calling early is harmless. Returns timers that fired. O(1 + probes due × (PROBE_STATS + log of watchers)), and if anything else is due O(GRP_MAX × MEMBER_MAX + announcements due, at most ANNOUNCE_BURST a group). */
  ipmp_time_advance(): number;
  /** Creates the group that the GrpConf in the inbox describes, without members; a new group is FAILED. EINVAL: empty name, wrong size, no family, hardware address zero or a group address. EEXIST: group or interface name taken. Returns group handle; -EINVAL, -EEXIST, -ENAMETOOLONG, -ENOSPC. O(GRP_MAX). */
  ipmp_grp_create(): number;
  /** Removes a group and its addresses. EBUSY: it has members. Returns 0; -ENOENT, -EBUSY. O(ADDR_MAX). */
  ipmp_grp_destroy(grp: number): number;
  /** Gives a group a family or takes one away. EBUSY: members or addresses of a family that would go. Returns 0; -ENOENT, -EINVAL, -EBUSY. O(MEMBER_MAX). */
  ipmp_grp_plumb(grp: number, families: number): number;
  /** Renames a group to the NUL-terminated name in the inbox; the interface keeps its name. Returns 0; -ENOENT, -EINVAL, -EEXIST, -ENAMETOOLONG. O(GRP_MAX). */
  ipmp_grp_rename(grp: number): number;
  /** Finds the group of the NUL-terminated group name in the inbox. Returns group handle; -ENOENT, -EINVAL, -ENAMETOOLONG. O(GRP_MAX). */
  ipmp_grp_lookup(): number;
  /** The group's record, and so its state, members and settings. Its Illgrps stand at illgrp_base + (2 × grp + family) × size. Returns address of its Grp; -ENOENT. O(1). */
  ipmp_grp_get(grp: number): number;
  /** Changes one setting. EINVAL: no such key. ERANGE: value out of the key's range. Returns 0; -ENOENT, -EINVAL, -ERANGE. O(1); POLICY: O(NEXTHOP_MAX), to or from BROADCAST O(ADDR_MAX); the intervals, REBALANCE: O(ADDR_MAX); WEIGHT: O(ADDR_MAX × MEMBER_MAX). */
  ipmp_grp_set(grp: number, key: number, value: number): number;
  /** Data addresses are announced in this VLAN too, from their next announcement on, whatever the stack sends there. EINVAL: no VLAN. ENOSPC: VLAN_MAX of them. Returns 1 if that changed something, else 0; -ENOENT, -EINVAL, -ENOSPC. O(VLAN_MAX). */
  ipmp_grp_vlan(grp: number, tags: number, on: number): number;
  /** Sums a group's traffic; no total ever decreases, whoever leaves. Returns address of the Kstats, valid until the next call; -ENOENT. O(MEMBER_MAX). */
  ipmp_grp_stats(grp: number): number;
  /** Makes the NIC that the PhyintConf in the inbox describes known, in no group. EEXIST: ifindex or name known already. Returns phyint handle; -EINVAL, -EEXIST, -ENAMETOOLONG, -ENOSPC. O(PHYINT_MAX). */
  ipmp_phyint_create(): number;
  /** Forgets a NIC. EBUSY: it is in a group. Returns 0; -ENOENT, -EBUSY. O(1). */
  ipmp_phyint_destroy(phyint: number): number;
  /** Finds a NIC by the host's number. Returns phyint handle; -ENOENT. O(PHYINT_MAX). */
  ipmp_phyint_lookup(ifindex: number): number;
  /** Gives a NIC the NUL-terminated name in the inbox and a new number: a NIC that was unplugged and came back. Returns 0; -ENOENT, -EINVAL, -EEXIST, -ENAMETOOLONG. O(PHYINT_MAX). */
  ipmp_phyint_rename(phyint: number, ifindex: number): number;
  /** The NIC's record. Returns address of its Phyint; -ENOENT. O(1). */
  ipmp_phyint_get(phyint: number): number;
  /** Puts a NIC into a group. In the order of the checks: EALREADY in this group; EBUSY in another; EOVERFLOW MEMBER_MAX members; EAFNOSUPPORT a family the group lacks; EADDRINUSE CAP.ADDR_UP; EADDRNOTAVAIL CAP.ADDR_MANAGED; EINVAL point-to-point or another link type; EOPNOTSUPP no multicast, or no ARP/ND; ENOTUNIQ hardware address of another member or of the group; EMSGSIZE MTU; EEXIST its test address is a data address of the group; ETESTADDRDUP it is another member's test address. It becomes active once one of its ills is up and it has carrier. Returns 0; -ENOENT, -EALREADY, -EBUSY, -EOVERFLOW, -EAFNOSUPPORT, -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL, -EOPNOTSUPP, -ENOTUNIQ, -EMSGSIZE, -EEXIST, -ETESTADDRDUP. O(MEMBER_MAX). */
  ipmp_phyint_join_grp(phyint: number, grp: number): number;
  /** Takes a NIC out of its group: its addresses are bound to others, its counters stay in the group's totals. Returns 0; -ENOENT, -ENODEV. O(ADDR_MAX). */
  ipmp_phyint_leave_grp(phyint: number): number;
  /** EINVAL: other bits, a bit in both, INACTIVE set on a NIC that is FAILED (and not repaired by the same call) or OFFLINE, or STANDBY set on an INACTIVE one. ENODEV: FAILED or INACTIVE of a NIC in no group. STANDBY also sets INACTIVE unless FAILED or OFFLINE; clearing it clears INACTIVE; then the group's active/standby arithmetic runs and may clear INACTIVE again. FAILED is for detectors outside the module. Returns flags now; -ENOENT, -EINVAL, -ENODEV. O(ADDR_MAX). */
  ipmp_phyint_set_flags(phyint: number, set: number, clear: number): number;
  /** Takes a member out of use until ipmp_phyint_undo_offline. Afterwards no frame leaves by it and none is taken from it: the host may release the device. In a FAILED group any other member that is not offline counts as usable. Returns 0; -ENOENT, -ENODEV, -EALREADY, -EMINRED. O(ADDR_MAX). */
  ipmp_phyint_offline(phyint: number, min_redundancy: number): number;
  /** Brings it back. EINVAL: it is not offline. Returns 0; -ENOENT, -ENODEV, -EINVAL, -EHWADDRDUP. O(ADDR_MAX). */
  ipmp_phyint_undo_offline(phyint: number): number;
  /** Reports a NIC's carrier. Acted on within the call, or after the group's delay; repeating it is harmless. Returns 1 if that changed something, else 0; -ENOENT. O(ADDR_MAX). */
  ipmp_phyint_link(phyint: number, up: number): number;
  /** A NIC has a new hardware address: addresses bound to it are announced anew. If another member has the same, this one is set aside (OFFLINE and HWADDRDUP) until that ends. Returns 0, or 1 if a NIC was set aside or taken back because of it; -ENOENT, -EINVAL. O(ADDR_MAX). */
  ipmp_phyint_set_mac(phyint: number, mac_lo: number, mac_hi: number): number;
  /** A NIC has a new MTU (68 to 65,535); the group's is the least of its members', at least its family's minimum. Returns 0; -ENOENT, -ERANGE. O(MEMBER_MAX). */
  ipmp_phyint_set_mtu(phyint: number, mtu: number): number;
  /** A member carries a family only while one of its own addresses of that family is up. EAFNOSUPPORT: the NIC lacks the family. Returns 0; -ENOENT, -EINVAL, -EAFNOSUPPORT. O(ADDR_MAX). */
  ipmp_ill_up(phyint: number, family: number, up: number): number;
  /** Adds the data address of the AddrConf in the inbox and, with IPIF.UP, binds it to the active member whose addresses are the fewest for its weight. EINVAL: unspecified, multicast, loopback or limited-broadcast address, prefix too long, other flags. EEXIST: the group has it, or a member has it as test address. Returns index of the data address in its group; -ENOENT, -EINVAL, -EAFNOSUPPORT, -EEXIST, -ENOSPC. O(MEMBER_MAX + ADDR_SLOTS at worst, O(1) expected). */
  ipmp_ipif_add(grp: number): number;
  /** Removes a data address; at most one other address moves to even out. Returns 0; -ENOENT. O(MEMBER_MAX). */
  ipmp_ipif_del(grp: number, ipif: number): number;
  /** Brings a data address up (and ends its being a duplicate) or down. Returns 1 if that changed something, else 0; -ENOENT. O(MEMBER_MAX). */
  ipmp_ipif_up(grp: number, ipif: number, up: number): number;
  /** Finds the data address of the AddrConf in the inbox. Returns index of the data address; -ENOENT. O(1) expected. */
  ipmp_ipif_lookup(grp: number): number;
  /** Walks a group's data addresses; ENOENT ends the walk. Returns least index in use, not below from; -ENOENT. O(ADDR_MAX). */
  ipmp_ipif_next(grp: number, from: number): number;
  /** The data address's record, and so its binding. Returns address of its Ipif; -ENOENT. O(1). */
  ipmp_ipif_get(grp: number, ipif: number): number;
  /** Adds, or replaces, the explicit ARP/ND entry of the AddrConf in the inbox. If its hardware address is a member's, it is a proxy entry: answered for, and handed to another active member when that one ceases to be active. EADDRINUSE: a data address of the group. Returns index of the entry; -ENOENT, -EINVAL, -EAFNOSUPPORT, -ENOSPC, -EADDRINUSE. O(ARPENT_MAX). */
  ipmp_arpent_create(grp: number): number;
  /** Removes an explicit ARP/ND entry. Returns 0; -ENOENT. O(1). */
  ipmp_arpent_destroy(grp: number, entry: number): number;
  /** The entry's record. Returns address of its Arpent; -ENOENT. O(1). */
  ipmp_arpent_get(grp: number, entry: number): number;
  /** Frames from the local stack to the wire: chooses each one's NIC, writes that NIC's hardware address into it and into the ARP/ND addresses it carries. Sets Desc.out of each. ERANGE: descriptors beyond DESC_MAX. Returns frames to send: those whose Desc.out is a phyint or ALL; -ENOENT, -ERANGE. O(count); a frame: O(1) expected, ROUND_ROBIN O(MEMBER_MAX). */
  ipmp_tx_batch(grp: number, first: number, count: number): number;
  /** Frames from the wire to the local stack: checks them, writes the group's hardware address in place of the member's, lets broadcast and multicast through once, answers ARP and neighbour solicitations for data addresses (the answer goes to the control ring). Sets Desc.out of each. Returns frames to deliver: those whose Desc.out is DELIVER; -ENOENT, -ERANGE. O(count); a frame: O(1) expected, ARP/ND O(MEMBER_MAX + ARPENT_MAX). */
  ipmp_rx_batch(phyint: number, first: number, count: number): number;
  /** Frees the places of control frames that have been sent. ERANGE: more than wait. Returns control frames still waiting; -ERANGE. O(1). */
  ipmp_ctl_release(count: number): number;
  /** Frees the places of events that have been read. ERANGE: more than wait. Returns events still waiting; -ERANGE. O(1). */
  ipmp_event_release(count: number): number;
  /** Call it after writing a saved state region (Page.state_size bytes from the page's address) over a new instance: checks version, limits and every index. EPROTO: not usable; the module is then as after ipmp_init. Returns 0; -EPROTO. O(state region). */
  ipmp_restore(): number;
  /** Changes one setting of a NIC. If that changes weights in effect, flow buckets and addresses move, as few as the new shares need. EINVAL: no such key. ERANGE: value out of the key's range. Returns 0; -ENOENT, -EINVAL, -ERANGE. O(ADDR_MAX × MEMBER_MAX). */
  ipmp_phyint_set(phyint: number, key: number, value: number): number;
  /** Pins a data address to a member: it is bound to that while that is active, to others as any address while it is not, and comes back when it returns. Others move only to even out. A pin lasts until the address is removed or the NIC leaves the group. ENOENT: no such group, address or NIC. EINVAL: the NIC is in another group or in none. Returns 1 if the address moved, else 0; -ENOENT, -EINVAL. O(ADDR_MAX × MEMBER_MAX). */
  ipmp_ipif_pin(grp: number, ipif: number, phyint: number): number;
  /** Makes of a frame that goes out by every member the copy of one: writes that member's hardware address into it and into the ARP/ND addresses it carries, and counts it as sent. The frame is changed in place: send it before the next copy is made. ERANGE: no such descriptor. EINVAL: its out is not ALL, it does not describe a whole frame in the I/O region, or the NIC is no member of the group. Returns 1 send it by that member now, 0 that member does not carry its family; -ENOENT, -ERANGE, -EINVAL. O(1) expected. */
  ipmp_tx_copy(grp: number, desc: number, phyint: number): number;
  /** Gives a NIC the test address of the AddrConf in the inbox (addr, family, prefix), or takes it away if that is unspecified. While the NIC is a member, and nobody else has claimed it after PROBE_COUNT conflict probes, echo probes of that family are sent from it (GRPKEY.WATCH), its ARP requests, solicitations and pings are answered on this member alone, and nothing of that reaches the stack. EINVAL: no such family, another in the AddrConf, no host address, prefix 0 or too long. EAFNOSUPPORT: the NIC lacks the family. EEXIST: a data address of its group. ETESTADDRDUP: another member's. Report the address by ipmp_ill_up too: a test address that is up lets the member carry the family. Returns 0; -ENOENT, -EINVAL, -EAFNOSUPPORT, -EEXIST, -ETESTADDRDUP. O(MEMBER_MAX + ADDR_MAX). */
  ipmp_ill_test_addr(phyint: number, family: number): number;
  /** Replaces one list of a group's targets. ROUTER: next hops of the routing table, those on a member's test subnet are used. STATIC: configured, used like routers. Without either, targets of echo probes are found by multicast. An address that is the group's own, or off a member's subnet, or there twice is left out by that member. EINVAL: no such family or kind, or an address that is no host's. EAFNOSUPPORT: the group lacks the family. ERANGE: more than TARGET_MAX. Returns 0; -ENOENT, -EINVAL, -EAFNOSUPPORT, -ERANGE. O(MEMBER_MAX × TARGET_MAX²  + ADDR_MAX). */
  ipmp_grp_targets(grp: number, family: number, kind: number, count: number): number;
  /** A NIC's watcher: state, mode, targets in firing order, RTT, counters, the latest probes. Returns address of its Probe; -ENOENT, -EINVAL. O(1). */
  ipmp_probe_get(phyint: number, family: number, watcher: number): number;
  /** How a group's members are watched: settings, detection time now, lists of targets, group failure. Returns address of its Watch; -ENOENT. O(1). */
  ipmp_grp_watch(grp: number): number;
}
