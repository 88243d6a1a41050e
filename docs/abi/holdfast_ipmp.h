/* IP multipathing: several NICs as one IP interface.
 * Generated from abi/ipmp.toml by abi/generate.mjs: do not edit. */
#ifndef HOLDFAST_IPMP_H
#define HOLDFAST_IPMP_H
#include <stdint.h>

#define IPMP_VERSION_CURRENT 1
#define IPMP_VERSION_MINIMUM 1
#define IPMP_VERSION_SNAPSHOT 3

/* Limits */
#define IPMP_GRP_MAX 64 /* groups */
#define IPMP_MEMBER_MAX 32 /* members of one group */
#define IPMP_PHYINT_MAX 2048 /* NICs known to the module (GRP_MAX × MEMBER_MAX) */
#define IPMP_ADDR_MAX 4096 /* data addresses of one group, IPv4 and IPv6 together */
#define IPMP_EXTENT_MAX 24 /* tables of the state region */
#define IPMP_ARPENT_MAX 64 /* explicit ARP/ND entries of one group */
#define IPMP_NAME_MAX 31 /* bytes of a group or interface name, without the final NUL */
#define IPMP_BUCKET_MAX 256 /* flow buckets of one group and family (a power of two) */
#define IPMP_NEXTHOP_MAX 512 /* neighbours remembered by the next-hop policy, per group (a power of two) */
#define IPMP_RESOLVE_MAX 128 /* resolution requests remembered to answer each once, per group (a power of two) */
#define IPMP_MCAST_MAX 64 /* multicast memberships remembered per group and family */
#define IPMP_DESC_MAX 4096 /* descriptors, and so frames in one batch */
#define IPMP_EVENT_MAX 1024 /* events kept until the host reads them (a power of two) */
#define IPMP_CTL_MAX 2048 /* control frames kept until the host sends them (a power of two) */
#define IPMP_CTL_FRAME_MAX 176 /* bytes of a control frame */
#define IPMP_FRAME_MAX 69632 /* bytes of a frame, segmentation-offload frames included */
#define IPMP_ADDR_SLOTS 8192 /* slots of a group's address index (a power of two, twice ADDR_MAX) */
#define IPMP_ANNOUNCE_BURST 128 /* announcements a group may emit for each millisecond that passed, four times that at once at most: 4,096 addresses are out in about 30 ms */
#define IPMP_MTU_MIN_V4 68 /* smallest MTU of a member of a group that has IPv4 (RFC 791) */
#define IPMP_MTU_MIN_V6 1280 /* smallest MTU of a member of a group that has IPv6 (RFC 8200) */
#define IPMP_VLAN_MAX 16 /* VLANs of a group in which its data addresses are announced too (ipmp_grp_vlan) */
#define IPMP_VADDR_MAX 64 /* addresses in VLANs that a group has learnt from its stack, to be announced there */
#define IPMP_VADDR_AGE_MS 600000 /* ms after which such an address is forgotten if the stack has sent no ARP or ND for it */
#define IPMP_CLAIM_MAX 64 /* addresses of a group whose foreign claims are counted at a time (a power of two) */
#define IPMP_BROADCAST_REPLY_MS 15000 /* ms between two answers to all about one address; those between go to the requester only */
#define IPMP_MCAST_SRC_MAX 4 /* sources remembered of a multicast membership's filter */
#define IPMP_QUERIER_MAX 8 /* VLANs of a group and family whose multicast querier is remembered */
#define IPMP_QUERIER_MS 260000 /* ms that an older querier counts after its last query (RFC 3376 §8.12, RFC 3810 §9.12) */
#define IPMP_REJOIN_COUNT 2 /* times that memberships are reported by a new nominee (RFC 3376 §8.1, the robustness variable) */
#define IPMP_REJOIN_INTERVAL_MS 1000 /* ms between them (RFC 3376 §8.11) */
#define IPMP_WEIGHT_MAX 1000 /* largest weight of a member */
#define IPMP_SPEED_MAX 10000000 /* largest speed of a member, in Mbit/s */
#define IPMP_ENCAP_MAX 4 /* encapsulations, and quotations of ICMP errors, looked through in one packet */
#define IPMP_LOAD_PERIOD_MS 10000 /* ms over which the traffic of an address is counted for REBALANCE.LEAST_TRAFFIC */
#define IPMP_PROBE_STATS 52 /* probes remembered by one watcher (10 intervals of 5, and the two that may be outstanding) */
#define IPMP_TARGET_MAX 16 /* targets of one watcher, and of one kind in a group's lists */
#define IPMP_PROBE_TARGETS_MIN 3 /* targets put to use again when every one has failed */
#define IPMP_FDT_MIN_MS 30 /* ms: shortest detection time */
#define IPMP_FDT_MAX_MS 600000 /* ms: longest detection time, configured or adapted */

/* Error numbers; functions return them negated */
#define IPMP_EPERM 1 /* not allowed in this state */
#define IPMP_ENOENT 2 /* no such object */
#define IPMP_EBUSY 16 /* still in use */
#define IPMP_EEXIST 17 /* exists already */
#define IPMP_ENODEV 19 /* the NIC is in no group */
#define IPMP_EINVAL 22 /* argument out of its set */
#define IPMP_ENOSPC 28 /* a limit is reached */
#define IPMP_ERANGE 34 /* value out of its range */
#define IPMP_ENAMETOOLONG 36 /* name longer than NAME_MAX */
#define IPMP_EPROTO 71 /* not a snapshot of this module, or one that contradicts itself */
#define IPMP_EOVERFLOW 75 /* too many members */
#define IPMP_ENOTUNIQ 76 /* another member has this hardware address */
#define IPMP_EMSGSIZE 90 /* MTU below the minimum of the group's families */
#define IPMP_EOPNOTSUPP 95 /* the NIC cannot multicast, or does no ARP/ND */
#define IPMP_EAFNOSUPPORT 97 /* the group lacks a family that the NIC has, or the family is not plumbed */
#define IPMP_EADDRINUSE 98 /* an address of the NIC itself is up */
#define IPMP_EADDRNOTAVAIL 99 /* address in use elsewhere, or under another program's control */
#define IPMP_EALREADY 114 /* it is so already */
#define IPMP_EMINRED 132 /* too few other usable members (IPMP_EMINRED) */
#define IPMP_EHWADDRDUP 133 /* hardware address meanwhile in use by another member (IPMP_EHWADDRDUP) */
#define IPMP_ETESTADDRDUP 134 /* another member of the group has this test address */

/* Address family; index of a phyint's two ills and of a group's two illgrps. */
#define IPMP_FAMILY_V4 0 /* IPv4, ARP */
#define IPMP_FAMILY_V6 1 /* IPv6, ND */

/* Link type of a NIC. */
#define IPMP_MACTYPE_NONE 0 /* unknown: refused */
#define IPMP_MACTYPE_ETHER 1 /* Ethernet */
#define IPMP_MACTYPE_OTHER 2 /* anything else with 6-byte addresses */

/* What a NIC is, as bits of PhyintConf.caps. */
#define IPMP_CAP_MULTICAST 1 /* it can multicast */
#define IPMP_CAP_NOARP 2 /* it does no ARP */
#define IPMP_CAP_NONUD 4 /* it does no neighbour discovery */
#define IPMP_CAP_POINTOPOINT 8 /* it has one peer */
#define IPMP_CAP_ADDR_UP 16 /* an address of its own is up */
#define IPMP_CAP_ADDR_MANAGED 32 /* an address of its own is under DHCP's or autoconfiguration's control */

/* Flags of a NIC, as bits of Phyint.flags. */
#define IPMP_PHYI_STANDBY 1 /* used only when too few others are active */
#define IPMP_PHYI_INACTIVE 2 /* fit for use, not needed now */
#define IPMP_PHYI_FAILED 4 /* does not work */
#define IPMP_PHYI_OFFLINE 8 /* taken out by the administrator */
#define IPMP_PHYI_HWADDRDUP 16 /* set aside: another member has its hardware address */
#define IPMP_PHYI_RUNNING 32 /* it has carrier */

/* State of a NIC. */
#define IPMP_PI_INIT 0 /* known, in no group */
#define IPMP_PI_NOTARGETS 1 /* probing has nothing to probe */
#define IPMP_PI_RUNNING 2 /* works */
#define IPMP_PI_FAILED 3 /* does not work */
#define IPMP_PI_OFFLINE 4 /* taken out by the administrator */

/* State of a group. */
#define IPMP_PG_OK 0 /* every member usable */
#define IPMP_PG_DEGRADED 1 /* some members usable */
#define IPMP_PG_FAILED 2 /* no member usable */

/* How an outgoing unicast frame's NIC is chosen. */
#define IPMP_POLICY_FLOW 0 /* by hash of addresses and ports */
#define IPMP_POLICY_NEXT_HOP 1 /* one NIC a neighbour */
#define IPMP_POLICY_SOURCE 2 /* the NIC that the source address is bound to */
#define IPMP_POLICY_ACTIVE_BACKUP 3 /* one NIC for all */
#define IPMP_POLICY_L2 4 /* by hash of source and destination hardware address and VLAN */
#define IPMP_POLICY_VLAN_SRCMAC 5 /* by hash of source hardware address and VLAN */
#define IPMP_POLICY_ROUND_ROBIN 6 /* each frame by the next NIC, by weight; may reorder a flow */
#define IPMP_POLICY_BROADCAST 7 /* every frame by every active NIC */

/* Settings of a group, for ipmp_grp_set. */
#define IPMP_GRPKEY_POLICY 0 /* a POLICY value; default FLOW */
#define IPMP_GRPKEY_FAILBACK 1 /* 0 or 1: a repaired NIC is used again at once; default 1 */
#define IPMP_GRPKEY_ANNOUNCE_COUNT 2 /* 1 to 20 announcements after a rebind; default 5 */
#define IPMP_GRPKEY_ANNOUNCE_INTERVAL_MS 3 /* 10 to 20,000 ms between them, after the second; default 2,000 */
#define IPMP_GRPKEY_PROBE_COUNT 4 /* 0 to 10 conflict probes before a new address is announced, or a test address is used; default 3 */
#define IPMP_GRPKEY_PROBE_INTERVAL_MS 5 /* 10 to 20,000 ms between them; default 150 */
#define IPMP_GRPKEY_UP_DELAY_MS 6 /* 0 to 600,000 ms of carrier before a NIC counts as repaired; default 0 */
#define IPMP_GRPKEY_DOWN_DELAY_MS 7 /* 0 to 60,000 ms without carrier before a NIC counts as failed; default 0 */
#define IPMP_GRPKEY_FLAP_MAX 8 /* 0 to 2: repairs by carrier tolerated within the window, one more and it stays failed; default 2, 0 turns damping off */
#define IPMP_GRPKEY_FLAP_WINDOW_MS 9 /* 1 to 600,000 ms; default 60,000 */
#define IPMP_GRPKEY_FDT_MS 10 /* 30 to 600,000 ms: time within which probes detect a failure; default 10,000 */
#define IPMP_GRPKEY_PROBE_FAILS 11 /* 2 to 20 probes lost in a row mean failed; default 5. The interval of probes is FDT_MS / (PROBE_FAILS + 2) */
#define IPMP_GRPKEY_PROBE_REPAIRS 12 /* 1 to 40 answers in a row mean repaired; default 10 */
#define IPMP_GRPKEY_QUIET_MS 13 /* 0 to 600,000 ms without an answer after probing began before losses count; default 40,000 */
#define IPMP_GRPKEY_WATCH 14 /* WATCH bits: which probes are sent; default ICMP */
#define IPMP_GRPKEY_WATCH_ALL 15 /* 0: a member fails if one of its watchers says so; 1: if all of them do; default 0. Carrier always counts */
#define IPMP_GRPKEY_RECOVERY_MS 16 /* 0 to 3,600,000 ms before a slow or dead target may be used again; default 60,000 */
#define IPMP_GRPKEY_SETTLING_MS 17 /* 0 to 3,600,000 ms before a detection time that was raised is lowered; default 60,000 */
#define IPMP_GRPKEY_EVIDENCE 18 /* 0 or 1: a probe without an answer is not lost if the member has received any frame since; default 0 */
#define IPMP_GRPKEY_PROBE_EVENTS 19 /* 0 or 1: every probe is told by events; default 0 */
#define IPMP_GRPKEY_TARGETS_MAX 20 /* 1 to 16 targets of one watcher in use at a time; default 5 */
#define IPMP_GRPKEY_DISCOVERY 21 /* 0 or 1: without routers, targets are found by multicast; default 1 */
#define IPMP_GRPKEY_WEIGHT 30 /* a WEIGHT value: what a member's share is by; default EQUAL */
#define IPMP_GRPKEY_ENCAP 31 /* ENCAP bits: what FLOW looks into; default all */
#define IPMP_GRPKEY_VXLAN_PORT 32 /* 1 to 65,535: the UDP port of VXLAN; default 4,789 */
#define IPMP_GRPKEY_REBALANCE 33 /* a REBALANCE value: which address moves to even out; default NEWEST */
#define IPMP_GRPKEY_ANNOUNCE_ALL 40 /* 0 or 1: announcements leave by every other active member too, as under POLICY.BROADCAST they always do; default 0 */
#define IPMP_GRPKEY_ANNOUNCE_VLANS 41 /* 0 or 1: addresses that the stack uses in VLANs are announced there; default 1 */
#define IPMP_GRPKEY_ANNOUNCE_REFRESH_S 42 /* 0 to 86,400 s after which an address is announced again though nothing happened to it; default 0, never */
#define IPMP_GRPKEY_DEFEND_INTERVAL_MS 43 /* 1,000 to 600,000 ms between two defences of an address; default 10,000 (RFC 5227 §1.1) */
#define IPMP_GRPKEY_CONFLICT_MAX 44 /* 0 to 100 foreign claims within the window that an address is defended against, one more and it is given up; default 0, it is never given up */
#define IPMP_GRPKEY_CONFLICT_WINDOW_MS 45 /* 1,000 to 600,000 ms; default 30,000 */
#define IPMP_GRPKEY_RECOVERY_S 46 /* 0 to 86,400 s until a duplicate address, data or test, is probed for anew; default 300, 0 never */
#define IPMP_GRPKEY_ANNOUNCE_AGAIN_MS 47 /* 10 to 20,000 ms from the first announcement to the second, ANNOUNCE_INTERVAL_MS if that is less; default 100 */

/* What became of a frame: Desc.out. Below PHYINT_MAX it is the NIC to send it on. */
#define IPMP_OUT_DELIVER 32768 /* hand it to the group interface */
#define IPMP_OUT_CONSUMED 32769 /* answered by the module; nothing to do */
#define IPMP_OUT_ALL 32770 /* send a copy on every member for which ipmp_tx_copy returns 1 (POLICY.BROADCAST) */
#define IPMP_OUT_DROP 33024 /* dropped; the low byte is a DROP value */

/* Why a frame was dropped; index of Grp.drops. */
#define IPMP_DROP_NONE 0 /* not dropped */
#define IPMP_DROP_BAD_DESC 1 /* the descriptor points outside the I/O region */
#define IPMP_DROP_SHORT 2 /* shorter than its headers */
#define IPMP_DROP_VLAN 3 /* more than two VLAN tags */
#define IPMP_DROP_IP4_HEADER 4 /* IPv4 header contradicts itself or the frame */
#define IPMP_DROP_IP6_HEADER 5 /* IPv6 header contradicts itself or the frame */
#define IPMP_DROP_ARP_FORMAT 6 /* not a valid ARP packet for IPv4 over Ethernet */
#define IPMP_DROP_ND_FORMAT 7 /* not a valid neighbour discovery packet (RFC 4861 §6.1, §7.1) */
#define IPMP_DROP_NO_ACTIVE 8 /* no active member */
#define IPMP_DROP_NOT_MEMBER 9 /* received on a NIC that is in no group */
#define IPMP_DROP_OFFLINE 10 /* received on a member that is offline */
#define IPMP_DROP_OTHER_HOST 11 /* unicast to another host */
#define IPMP_DROP_REFLECTED 12 /* sent by a member of this group */
#define IPMP_DROP_NOT_NOMINEE 13 /* broadcast or multicast on another member than the nominee */
#define IPMP_DROP_RESOLVE_DUP 14 /* a resolution request that another member has already received */
#define IPMP_DROP_LINK_LOCAL 15 /* link control protocol (01:80:c2:00:00:0x) */
#define IPMP_DROP_CTL_FULL 16 /* the answer found no place in the control ring */
#define IPMP_DROP_SOURCE_MAC 17 /* source hardware address is a group address or zero */
#define IPMP_DROP_PROBE_REPLY 20 /* an echo reply to a test address that answers no probe of this member, or a request to it that is damaged or from no host */
#define IPMP_DROP_ECHO_LONG 21 /* an echo request to a test address too long for the answer to fit a control frame */
#define IPMP_DROP_MTU 24 /* longer than the MTU of the NIC that would send it, and no superframe */
#define IPMP_DROP_DUPLICATE 26 /* ARP or ND of the stack about a data address that another host has */

/* Type of an event. */
#define IPMP_EVENT_NONE 0 /* unused */
#define IPMP_EVENT_GRP_CHANGE 1 /* group created (new=1) or destroyed (new=0) */
#define IPMP_EVENT_GRP_STATE 2 /* group state old → new (PG) */
#define IPMP_EVENT_GRP_RUNNING 3 /* group interface has carrier (new=1) or not (new=0) */
#define IPMP_EVENT_MEMBER_CHANGE 4 /* NIC joined (new=1) or left (new=0) */
#define IPMP_EVENT_IF_STATE 5 /* NIC state old → new (PI), cause */
#define IPMP_EVENT_IF_FLAGS 6 /* NIC flags old → new (PHYI) */
#define IPMP_EVENT_ILL_ACTIVE 7 /* NIC carries a family (new=1) or does not (new=0) */
#define IPMP_EVENT_CAST 8 /* nominee of a family: old → new (phyint, 65535 = none) */
#define IPMP_EVENT_REBIND 9 /* count addresses bound anew; phyint is the member they left or came to, 65535 where weights or pins evened out */
#define IPMP_EVENT_ADDR_STATE 10 /* data address, or with a phyint its test address, up (new=1), down (0) or duplicate (2) */
#define IPMP_EVENT_CONFLICT 11 /* foreign claim on a data address, or on the test address of phyint (of a data address: the member it is bound to); mac is the claimant's; new is 1 if the address is given up for it */
#define IPMP_EVENT_MTU 12 /* MTU of the family's group interface: old → new */
#define IPMP_EVENT_LINK 13 /* carrier of a NIC: old → new */
#define IPMP_EVENT_FLAP 14 /* carrier came up too often: NIC held failed (new=1), released (new=0) */
#define IPMP_EVENT_PROBE_SENT 20 /* probe sent to addr: start, number in count, filter in old (mean) and new (deviation), ns */
#define IPMP_EVENT_PROBE_ACKED 21 /* probe answered: RTT is time − start */
#define IPMP_EVENT_PROBE_LOST 22 /* probe without an answer */
#define IPMP_EVENT_GRP_FAILURE 23 /* every member went silent: group failure begins (new=1), ends (new=0) */
#define IPMP_EVENT_FDT 24 /* detection time old → new, ms: it could not be met (raised), or can be again (lowered) */
#define IPMP_EVENT_TARGETS 25 /* a NIC's targets: mode old → new (PMODE), how many in count */
#define IPMP_EVENT_TARGET_STATE 26 /* target addr: old → new (TG; 0 = none) */
#define IPMP_EVENT_WEIGHT 30 /* weight in effect of a member: old → new */
#define IPMP_EVENT_PIN 31 /* data address pinned to phyint (new=1), or no longer (new=0) */
#define IPMP_EVENT_MCAST_FULL 35 /* a multicast membership found no place (MCAST_MAX); count so far. Once, until all have been forgotten */

/* Why a NIC changed its state. */
#define IPMP_CAUSE_NONE 0 /* none */
#define IPMP_CAUSE_LINK 1 /* carrier */
#define IPMP_CAUSE_ADMIN 2 /* the administrator */
#define IPMP_CAUSE_GROUP 3 /* every member of the group fails */
#define IPMP_CAUSE_MEMBERSHIP 4 /* it joined or left */
#define IPMP_CAUSE_FLAP 5 /* damping */
#define IPMP_CAUSE_HWADDRDUP 6 /* hardware address no longer unique */
#define IPMP_CAUSE_DETECTOR 7 /* a detector outside the module */
#define IPMP_CAUSE_PROBE 20 /* probes */
#define IPMP_CAUSE_TARGETS 21 /* targets found or lost */

/* Flags of a data address, as bits of Ipif.flags. */
#define IPMP_IPIF_USED 1 /* the entry is in use */
#define IPMP_IPIF_UP 2 /* the address is up */
#define IPMP_IPIF_BOUND 4 /* it is bound to a member */
#define IPMP_IPIF_VERIFIED 8 /* the stack has already checked that it is unique */
#define IPMP_IPIF_DUPLICATE 16 /* another host uses it */
#define IPMP_IPIF_ANNOUNCED 32 /* this group has announced it before */

/* Flags of an explicit ARP/ND entry. */
#define IPMP_ARPENT_USED 1 /* the entry is in use */
#define IPMP_ARPENT_PROXY 2 /* its hardware address is a member's: it follows active members */
#define IPMP_ARPENT_PUBLISH 4 /* the module answers for it */
#define IPMP_ARPENT_NOTIFIED 8 /* its present hardware address has been announced */

/* Flags of a frame, as bits of Desc.flags. */
#define IPMP_DESCF_VNET 1 /* a virtio_net_hdr of 10 bytes stands right before the frame */

/* Traffic counters of a NIC and, summed, of a group; index of Phyint.kstat and Kstats. */
#define IPMP_KSTAT_OPACKETS 0 /* frames sent */
#define IPMP_KSTAT_OBYTES 1 /* bytes sent */
#define IPMP_KSTAT_IPACKETS 2 /* frames received */
#define IPMP_KSTAT_RBYTES 3 /* bytes received */
#define IPMP_KSTAT_MULTIXMT 4 /* multicast frames sent */
#define IPMP_KSTAT_BRDCSTXMT 5 /* broadcast frames sent */
#define IPMP_KSTAT_MULTIRCV 6 /* multicast frames received */
#define IPMP_KSTAT_BRDCSTRCV 7 /* broadcast frames received */
#define IPMP_KSTAT_IERRORS 8 /* frames received and dropped as malformed */
#define IPMP_KSTAT_OERRORS 9 /* frames to send and dropped */

/* What the shares of a group's members are by: of addresses, flow buckets and frames of ROUND_ROBIN. */
#define IPMP_WEIGHT_EQUAL 0 /* all the same */
#define IPMP_WEIGHT_SPEED 1 /* PHYIKEY.SPEED; where it is not known, the least that is known of a member */
#define IPMP_WEIGHT_CONFIGURED 2 /* PHYIKEY.WEIGHT */

/* Encapsulations whose inner packet decides the flow, as bits. */
#define IPMP_ENCAP_VXLAN 1 /* UDP to VXLAN_PORT (RFC 7348) */
#define IPMP_ENCAP_GRE 2 /* GRE version 0 (RFC 2784, RFC 2890), NVGRE (RFC 7637) */
#define IPMP_ENCAP_IPIP 4 /* IPv4 or IPv6 in IPv4 or IPv6 (RFC 2003, RFC 2473, RFC 4213) */

/* Which of the fullest member's addresses moves when one has to for evenness. */
#define IPMP_REBALANCE_NEWEST 0 /* the one bound last */
#define IPMP_REBALANCE_LEAST_TRAFFIC 1 /* the one with the fewest bytes sent in the last full LOAD_PERIOD_MS and since */

/* Settings of a NIC, for ipmp_phyint_set. */
#define IPMP_PHYIKEY_WEIGHT 0 /* 1 to WEIGHT_MAX: its share if the group's WEIGHT is CONFIGURED; default 1 */
#define IPMP_PHYIKEY_SPEED 1 /* 0 to SPEED_MAX Mbit/s: its share if the group's WEIGHT is SPEED; default 0, not known */

/* Kinds of probes, as bits of GRPKEY.WATCH. */
#define IPMP_WATCH_ICMP 1 /* ICMP and ICMPv6 echo from test addresses */
#define IPMP_WATCH_RESOLVE 2 /* ARP requests and neighbour solicitations, without test addresses; only to configured targets */

/* A member's watcher of one family, by kind of probe. */
#define IPMP_WATCHER_ICMP 0 /* echo */
#define IPMP_WATCHER_RESOLVE 1 /* ARP, ND */

/* What a watcher says. */
#define IPMP_PROBEST_DISABLED 0 /* it does not probe */
#define IPMP_PROBEST_UNKNOWN 1 /* it has no target */
#define IPMP_PROBEST_OK 2 /* answers come */
#define IPMP_PROBEST_FAILED 3 /* no answers, or not enough since */

/* Where a watcher has its targets from. */
#define IPMP_PMODE_DISABLED 0 /* it does not probe */
#define IPMP_PMODE_ROUTES 1 /* routers and configured targets */
#define IPMP_PMODE_MULTICAST 2 /* hosts that answered multicast */

/* State of a target. */
#define IPMP_TG_ACTIVE 1 /* probed in its turn */
#define IPMP_TG_UNUSED 2 /* enough others are */
#define IPMP_TG_SLOW 3 /* too slow beside the others */
#define IPMP_TG_DEAD 4 /* it alone did not answer */

/* Where a target comes from; kind of a list of ipmp_grp_targets. */
#define IPMP_TGKIND_ROUTER 0 /* next hop of a route */
#define IPMP_TGKIND_STATIC 1 /* configured */
#define IPMP_TGKIND_RESOLVE 2 /* configured for ARP and ND; if there are none, ROUTER and STATIC serve */
#define IPMP_TGKIND_HOST 3 /* answered multicast; never given */

/* What became of a probe. */
#define IPMP_PR_NONE 0 /* never sent */
#define IPMP_PR_SENT 1 /* no answer yet */
#define IPMP_PR_ACKED 2 /* answered */
#define IPMP_PR_LOST 3 /* no answer in time */
#define IPMP_PR_SEEN 4 /* no answer in time, but frames came (EVIDENCE) */
#define IPMP_PR_WAIT 5 /* the target's hardware address is being asked for */

/* Whose handles the slices of an Extent belong to. */
#define IPMP_EXTENT_WHOLE 0 /* nobody's: all of it may be in use */
#define IPMP_EXTENT_GRP 1 /* groups: Page.grp_top slices may be in use */
#define IPMP_EXTENT_PHYINT 2 /* NICs: Page.phyint_top slices may be in use */

/* What a control frame is. */
#define IPMP_CTLK_ANSWER 0 /* ARP reply or neighbour advertisement to a request */
#define IPMP_CTLK_ANNOUNCE 1 /* announcement of a data address */
#define IPMP_CTLK_PROBE 2 /* conflict probe (RFC 5227 §2.1.1, RFC 4862 §5.4) */
#define IPMP_CTLK_DEFEND 3 /* defence of a data or test address */
#define IPMP_CTLK_REPORT 4 /* multicast membership report */
#define IPMP_CTLK_ECHO 5 /* echo request: a probe */
#define IPMP_CTLK_PONG 6 /* echo reply to a ping of a test address */
#define IPMP_CTLK_LOOKUP 7 /* request for a target's hardware address */
#define IPMP_CTLK_ASK 8 /* ARP request or neighbour solicitation as a probe */

/* The one page a host reads at start: where everything is. At the address that ipmp_page() returns. */
struct ipmp_page {
  uint32_t magic; /* 0x504d5049, 'IPMP' */
  uint16_t abi_current; /* version.current */
  uint16_t abi_minimum; /* version.minimum */
  uint32_t snapshot_version; /* version.snapshot */
  uint32_t state_size; /* bytes of the state region, which begins with this page */
  uint64_t now; /* IN, ns: the time; the host writes it before a call, it must never go back */
  uint64_t deadline; /* OUT, ns: when ipmp_time_advance wants to be called next; all ones = never */
  uint32_t io_base; /* first byte where frames may be */
  uint32_t io_end; /* one past the last byte where frames may be */
  uint32_t desc_base; /* DESC_MAX × Desc */
  uint32_t inbox_base; /* 256 bytes for names, addresses and config structs that go in */
  uint32_t ctl_base; /* CTL_MAX × Ctl, a ring */
  uint32_t ctl_head; /* control frames written so far (free running) */
  uint32_t ctl_tail; /* control frames released by the host so far */
  uint32_t event_base; /* EVENT_MAX × Event, a ring */
  uint32_t event_head; /* events written so far (free running) */
  uint32_t event_tail; /* events released by the host so far */
  uint32_t event_lost; /* events that found no place */
  uint32_t ctl_lost; /* control frames that found no place */
  uint32_t grp_base; /* GRP_MAX × Grp */
  uint32_t illgrp_base; /* GRP_MAX × 2 × Illgrp */
  uint32_t phyint_base; /* PHYINT_MAX × Phyint */
  uint32_t ipif_base; /* GRP_MAX × ADDR_MAX × Ipif */
  uint32_t arpent_base; /* GRP_MAX × ARPENT_MAX × Arpent */
  uint32_t ipif_bytes_base; /* GRP_MAX × ADDR_MAX × u64: bytes sent with each data address as source */
  uint64_t generation; /* changes with every change of configuration or state */
  uint64_t seed; /* state of the pseudo-random generator */
  uint32_t ngrp; /* groups in use */
  uint32_t nphyint; /* NICs in use */
  uint32_t stats_base; /* one Kstats, filled by ipmp_grp_stats */
  uint32_t pin_base; /* GRP_MAX × ADDR_MAX × u16: phyint each data address is pinned to, 65535 = none */
  uint64_t timers_due; /* ns: when something else than a watcher is due, at the earliest; the host needs deadline only */
  uint32_t grp_top; /* one more than the largest group handle that there ever was */
  uint32_t phyint_top; /* one more than the largest NIC handle that there ever was */
  uint32_t extent_base; /* extent_count × Extent: where in the state region anything may be, to save no more than that */
  uint32_t extent_count; /* how many, in order, without gaps */
  uint32_t rx_age; /* IN, ns: how long the oldest frame of the batch has waited for ipmp_rx_batch, 0 = not known; it stands until it is changed. An answer that has waited for more than an eighth of the interval of probes is no measure of the network */
  uint8_t _pad[92];
};
_Static_assert(sizeof(struct ipmp_page) == 256, "Page");

/* A table of the state region: count slices of `slice` bytes, one a handle. Slices of handles that there never were are all zero, so that a sparse copy need not look at them. */
struct ipmp_extent {
  uint32_t off; /* bytes from the page to the first slice */
  uint32_t slice; /* bytes of a slice */
  uint32_t count; /* slices */
  uint32_t by; /* EXTENT */
};
_Static_assert(sizeof(struct ipmp_extent) == 16, "Extent");

/* One frame of a batch. The host fills off, len, flags; the module fills out and may change the frame's bytes, never its place or length. */
struct ipmp_desc {
  uint32_t off; /* first byte of the Ethernet header */
  uint32_t len; /* bytes */
  uint16_t out; /* OUT: what became of it */
  uint16_t flags; /* DESCF */
  uint32_t _pad;
};
_Static_assert(sizeof(struct ipmp_desc) == 16, "Desc");

/* A frame that the module itself wants sent: answers, announcements, probes, membership reports. Ahead of all data. */
struct ipmp_ctl {
  uint16_t port; /* phyint to send it on */
  uint16_t len; /* bytes, at least 60 */
  uint16_t kind; /* CTLK */
  uint16_t grp; /* group */
  uint64_t _pad;
  uint8_t frame[176]; /* the frame */
};
_Static_assert(sizeof(struct ipmp_ctl) == 192, "Ctl");

/* Something that happened. */
struct ipmp_event {
  uint64_t time; /* ns */
  uint32_t seq; /* number, counted from 1 without gaps (lost ones included) */
  uint8_t type; /* EVENT */
  uint8_t family; /* FAMILY where it applies */
  uint8_t cause; /* CAUSE where it applies */
  uint8_t watcher; /* WATCHER, of events of probes and targets */
  uint16_t grp; /* group, 65535 = none */
  uint16_t phyint; /* NIC, 65535 = none */
  uint32_t old; /* value before */
  uint32_t new; /* value after */
  uint32_t count; /* how many, where it applies */
  uint8_t addr[16]; /* data address where it applies (IPv4 in the first 4 bytes), network order */
  uint64_t mac; /* hardware address where it applies */
  uint64_t start; /* ns: of PROBE events, when the probe was sent */
};
_Static_assert(sizeof(struct ipmp_event) == 64, "Event");

/* What ipmp_phyint_create reads from the inbox. */
struct ipmp_phyintconf {
  uint32_t size; /* 64 */
  uint32_t ifindex; /* the host's number of the NIC, not 0 */
  uint64_t mac; /* hardware address: byte i of the address is bits 8i…8i+7 */
  uint32_t mtu; /* bytes */
  uint8_t mactype; /* MACTYPE */
  uint8_t families; /* 1 IPv4, 2 IPv6, 3 both */
  uint8_t caps; /* CAP bits */
  uint8_t link; /* 1 it has carrier */
  uint8_t name[32]; /* NUL-terminated */
  uint64_t _pad;
};
_Static_assert(sizeof(struct ipmp_phyintconf) == 64, "PhyintConf");

/* What ipmp_grp_create reads from the inbox. */
struct ipmp_grpconf {
  uint32_t size; /* 96 */
  uint8_t families; /* 1 IPv4, 2 IPv6, 3 both: the families plumbed at once */
  uint8_t _pad[3];
  uint64_t mac; /* hardware address of the group interface, seen by the local stack only */
  uint8_t name[32]; /* group name, NUL-terminated */
  uint8_t ifname[32]; /* name of the group interface, NUL-terminated; never changes */
  uint64_t _pad2[2];
};
_Static_assert(sizeof(struct ipmp_grpconf) == 96, "GrpConf");

/* What ipmp_ipif_add, ipmp_ipif_lookup and the arpent calls read from the inbox. */
struct ipmp_addrconf {
  uint8_t addr[16]; /* network order; IPv4 in the first 4 bytes, the rest 0 */
  uint8_t family; /* FAMILY */
  uint8_t prefix; /* bits of the prefix */
  uint8_t flags; /* IPIF (UP, VERIFIED) or ARPENT (PUBLISH) */
  uint8_t _pad[5];
  uint64_t mac; /* hardware address of an explicit ARP/ND entry */
};
_Static_assert(sizeof(struct ipmp_addrconf) == 32, "AddrConf");

/* A group: one IP interface made of several NICs. Read-only to the host. */
struct ipmp_grp {
  uint64_t mac; /* hardware address of the group interface */
  uint8_t reflect[512]; /* a bit for the group's and each member's hardware address, by a hash of 12 bits: a quick no for reflections */
  uint8_t name[32]; /* group name */
  uint8_t ifname[32]; /* name of the group interface */
  uint8_t used; /* 1 in use */
  uint8_t state; /* PG */
  uint8_t families; /* plumbed families: 1 IPv4, 2 IPv6 */
  uint8_t mactype; /* MACTYPE of the first member; NONE while empty */
  uint8_t policy; /* POLICY */
  uint8_t failback; /* 0 or 1 */
  uint8_t announce_count;
  uint8_t probe_count;
  uint32_t announce_interval_ms;
  uint32_t probe_interval_ms;
  uint32_t up_delay_ms;
  uint32_t down_delay_ms;
  uint32_t flap_window_ms;
  uint16_t flap_max;
  uint16_t nif; /* members */
  uint16_t nactif; /* active ills, both families */
  uint16_t naddr; /* data addresses */
  uint16_t narpent; /* explicit ARP/ND entries */
  uint16_t naddr_up4; /* IPv4 data addresses that are up */
  uint16_t naddr_up6; /* IPv6 data addresses that are up */
  uint16_t ipif_free; /* head of the free list of address entries, 65535 = none */
  uint16_t ipif_hiwater; /* address entries ever used */
  uint16_t ann_first_head; /* addresses whose first announcement is due, in order */
  uint16_t ann_first_tail;
  uint16_t ann_later_head; /* addresses with announcements left, by time */
  uint16_t ann_later_tail;
  uint16_t dad_head; /* addresses with conflict probes left, by time */
  uint16_t dad_tail;
  uint16_t _pad[3];
  uint64_t pace_time; /* ms: when the allowance was last topped up */
  uint32_t pace_left; /* announcements that may be emitted now */
  uint32_t nexthop_rotor; /* neighbours placed so far */
  uint64_t since; /* ns: when the state was entered */
  uint64_t rebinds; /* addresses bound anew so far */
  uint64_t kstat0[10]; /* traffic of members that have left (KSTAT) */
  uint64_t drops[32]; /* frames dropped (DROP) */
  uint16_t members[32]; /* phyints in the order they joined; nif are valid */
  uint8_t weight_mode; /* WEIGHT */
  uint8_t encap; /* ENCAP bits */
  uint8_t rebalance; /* REBALANCE */
  uint8_t _pad3;
  uint16_t vxlan_port; /* UDP port of VXLAN */
  uint16_t npin; /* data addresses that are pinned */
  uint64_t load_due; /* ns: when the traffic of addresses is counted next, 0 = not counted */
  uint8_t _pad2[184];
};
_Static_assert(sizeof(struct ipmp_grp) == 1280, "Grp");

/* A group's one family: who is active, who is nominee, which bucket goes where. */
struct ipmp_illgrp {
  uint16_t nactif; /* active members */
  uint16_t cast_ill; /* nominee for broadcast and multicast, 65535 = none */
  uint16_t next_ill; /* rotor: index into actif of the next choice */
  uint16_t nif; /* members with this family */
  uint32_t mtu; /* MTU of the group interface for this family */
  uint16_t nmcast; /* multicast memberships remembered */
  uint16_t router; /* 1 the stack has said that it is an IPv6 router: so do the answers given for it (RFC 4861 §4.4) */
  uint16_t actif[32]; /* active phyints in the order they became active; nactif are valid */
  uint16_t bucket[256]; /* flow bucket → phyint */
  uint64_t bucket_moves; /* buckets moved so far */
  uint8_t _pad2[104];
};
_Static_assert(sizeof(struct ipmp_illgrp) == 704, "Illgrp");

/* A NIC's one family. */
struct ipmp_ill {
  uint16_t up; /* addresses of its own (test or stub) that are up; 0 = down */
  uint16_t bound_cnt; /* data addresses bound to it */
  uint16_t bound_head; /* the first of them, which moves first: the newest, unless pins or REBALANCE say otherwise; 65535 = none */
  uint8_t active; /* 1 in the active list */
  uint8_t nom_cast; /* 1 nominee */
  uint16_t nbucket; /* flow buckets it carries */
  uint16_t pinned_cnt; /* of the data addresses bound to it, those that are pinned to it */
  uint32_t credit; /* turns of ROUND_ROBIN it is owed, in weights (signed) */
};
_Static_assert(sizeof(struct ipmp_ill) == 16, "Ill");

/* A NIC. Read-only to the host. The first 64 bytes are what a frame touches. */
struct ipmp_phyint {
  uint64_t mac; /* hardware address */
  uint64_t kstat[10]; /* traffic (KSTAT) */
  uint16_t grp; /* its group, 65535 = none */
  uint8_t flags; /* PHYI */
  uint8_t state; /* PI */
  uint32_t ifindex; /* the host's number of the NIC */
  uint32_t mtu; /* bytes */
  uint8_t used; /* 1 in use */
  uint8_t mactype; /* MACTYPE */
  uint8_t families; /* 1 IPv4, 2 IPv6 */
  uint8_t caps; /* CAP */
  uint8_t name[32]; /* NUL-terminated */
  uint64_t kstat0[10]; /* kstat when it joined */
  uint64_t since; /* ns: when the state was entered */
  uint64_t delay_until; /* ns: when a pending carrier change counts, 0 = none pending */
  uint64_t flap_time[2]; /* ns: the last two repairs by carrier, newest first */
  uint64_t flap_until; /* ns: held failed until then, 0 = not held */
  uint32_t fails; /* times it failed */
  uint8_t cause; /* CAUSE of the last change of state */
  uint8_t delay_link; /* carrier that is pending */
  uint8_t test; /* families it has a test address of: 1 IPv4, 2 IPv6 */
  uint8_t probing; /* watchers at work, a bit each: 2 × WATCHER + FAMILY */
  struct ipmp_ill ill4; /* its IPv4 side */
  struct ipmp_ill ill6; /* its IPv6 side */
  uint32_t weight; /* PHYIKEY.WEIGHT */
  uint32_t speed; /* PHYIKEY.SPEED: Mbit/s, 0 = not known */
  uint32_t weight_now; /* its weight in effect, by the group's WEIGHT; 1 in no group */
  uint8_t held; /* 1 it failed with its whole group and goes on carrying what it carried */
  uint8_t test_ok; /* families whose test address is in use: 1 IPv4, 2 IPv6 */
  uint8_t test_wait; /* families whose test address is being probed for: nobody else may have it */
  uint8_t test_dup; /* families whose test address another host has: it is not used */
  uint8_t _pad2[8];
};
_Static_assert(sizeof(struct ipmp_phyint) == 320, "Phyint");

/* A data address and the member it is bound to. Read-only to the host. */
struct ipmp_ipif {
  uint8_t addr[16]; /* network order; IPv4 in the first 4 bytes, the rest 0 */
  uint8_t family; /* FAMILY */
  uint8_t flags; /* IPIF */
  uint8_t prefix; /* bits of the prefix */
  uint8_t ann_left; /* announcements still to send */
  uint16_t bound; /* phyint it is bound to, 65535 = none */
  uint16_t bound_next; /* next older address of the same member, 65535 = none */
  uint16_t bound_prev; /* next newer */
  uint16_t ann_next; /* next in its announcement list, or in the free list */
  uint16_t ann_prev;
  uint8_t ann_list; /* 0 none, 1 first, 2 later, 3 conflict probes, 4 copies, 5 refresh, 6 recovery */
  uint8_t dad_left; /* conflict probes still to send */
  uint64_t ann_due; /* ns: when the next one is due */
  uint64_t bound_since; /* ns */
  uint32_t rebinds; /* times it was bound anew */
  uint32_t conflicts; /* foreign claims seen */
  uint64_t defended; /* ns: when it was last defended, 0 = never */
};
_Static_assert(sizeof(struct ipmp_ipif) == 64, "Ipif");

/* How a group announces, defends and gives up addresses. One a group, beside its Grp; Page does not name it. */
struct ipmp_announce {
  uint32_t refresh_s; /* GRPKEY */
  uint32_t defend_ms; /* GRPKEY */
  uint32_t window_ms; /* GRPKEY */
  uint32_t recovery_s; /* GRPKEY */
  uint8_t all; /* GRPKEY */
  uint8_t vlans; /* GRPKEY */
  uint8_t conflict_max; /* GRPKEY */
  uint8_t arpent_wait; /* 1 proxy entries have announcements to go */
  uint16_t copy_head; /* addresses with copies left to send */
  uint16_t copy_tail;
  uint16_t refresh_head; /* addresses to be announced again, by time */
  uint16_t refresh_tail;
  uint16_t recover_head; /* duplicate addresses to be probed anew, by time */
  uint16_t recover_tail;
  uint16_t again_head; /* addresses announced once, to be announced again soon, by time */
  uint16_t again_tail;
  uint16_t nvlan; /* VLANs in use */
  uint16_t nvaddr; /* learnt addresses */
  uint64_t vaddr_due; /* ns: when the next of them is due, all ones = never */
  uint32_t vlan[16]; /* VLANs by ipmp_grp_vlan, as tags */
  uint64_t rejoin_due[2]; /* ns by family: when memberships are reported again, 0 = not */
  uint8_t rejoin_left[2]; /* by family: how often yet */
  uint8_t rejoin_from[2]; /* by family: the membership to go on with */
  uint32_t mcast_lost; /* memberships that found no place so far */
  uint8_t mcast_told[2]; /* by family: 1 that has been told, and not all have been forgotten since */
  uint16_t copy_vlan; /* VLAN of the next copy of the first address on COPY: 0 untagged, else 1 + index */
  uint16_t copy_port; /* member of its next copy, as index into the active list */
  uint16_t again_ms; /* GRPKEY */
};
_Static_assert(sizeof(struct ipmp_announce) == 144, "Announce");

/* An explicit ARP/ND entry. Read-only to the host. */
struct ipmp_arpent {
  uint8_t addr[16]; /* network order */
  uint64_t mac; /* hardware address now */
  uint64_t given; /* hardware address as configured */
  uint8_t family; /* FAMILY */
  uint8_t flags; /* ARPENT */
  uint16_t port; /* member it points at, 65535 = none */
  uint8_t ann_left; /* announcements still to send */
  uint8_t _pad;
  uint16_t ann_next; /* how far the present one has come: VLAN × active members + member */
  uint64_t ann_due; /* ns: when the next one is due */
};
_Static_assert(sizeof(struct ipmp_arpent) == 48, "Arpent");

/* Traffic totals of a group: members now, plus members that have left. */
struct ipmp_kstats {
  uint64_t value[10]; /* by KSTAT */
};
_Static_assert(sizeof(struct ipmp_kstats) == 80, "Kstats");

/* A target of a watcher. Read-only to the host. RTT filter: mean sa / 8, deviation sv / 4; a probe is lost after sa / 8 + sv. */
struct ipmp_target {
  uint8_t addr[16]; /* network order; IPv4 in the first 4 bytes, the rest 0 */
  uint64_t mac; /* its hardware address, 0 = not known yet */
  uint64_t sa; /* ns: 8 × smoothed RTT, 0 = no sample */
  uint64_t sv; /* ns: 4 × smoothed deviation */
  uint64_t deferred; /* ns: an outlier that waits for a second one, 0 = none */
  uint64_t since; /* ns: when it became what it is */
  uint8_t state; /* TG */
  uint8_t kind; /* TGKIND */
  uint8_t fails; /* probes to it lost in a row, at most 255 */
  uint8_t oks; /* probes to it answered in a row, at most 255 */
  uint16_t seq; /* number of the latest probe that was answered */
  uint8_t asked; /* 1 its hardware address has been asked for */
  uint8_t mode; /* RESOLVE by ARP: bit 0 the sender is a data address instead of 0.0.0.0, bit 1 it has answered so */
};
_Static_assert(sizeof(struct ipmp_target) == 64, "Target");

/* One probe. */
struct ipmp_proberec {
  uint64_t start; /* ns: when it was sent */
  uint32_t rtt; /* ns, at most 4,294,967,295; of an answered one */
  uint16_t ipackets; /* low bits of the NIC's IPACKETS when it was sent */
  uint8_t target; /* index of its target, 255 = removed since */
  uint8_t status; /* PR */
};
_Static_assert(sizeof(struct ipmp_proberec) == 16, "ProbeRec");

/* A watcher: one member, one family, one kind of probe. Read-only to the host. Probe k stands in rec[k mod PROBE_STATS]; targets fire in the order of the array, round and round, the next ACTIVE one after `last`. */
struct ipmp_probe {
  uint8_t addr[16]; /* test address (of WATCHER.ICMP), all zero = none */
  uint8_t prefix; /* bits of its prefix */
  uint8_t state; /* PROBEST */
  uint8_t mode; /* PMODE */
  uint8_t ntarget; /* targets */
  uint8_t last; /* index of the target probed last */
  uint8_t seen; /* PI of the member when it was last looked at */
  uint8_t discover; /* 1 multicast goes out with the next probe */
  uint8_t rtt_target; /* index of the target of the latest measuring probe */
  uint16_t id; /* identifier of its echo requests */
  uint16_t mseq; /* number of its latest multicast probe */
  uint16_t rtt_seq; /* number of its latest measuring probe */
  uint16_t fails; /* probes lost in a row */
  uint16_t oks; /* probes answered in a row */
  uint16_t _pad[3];
  uint32_t count; /* probes sent so far */
  uint32_t judged; /* probes decided so far: those before this one */
  uint64_t base; /* ns: the beat that the next probe belongs to */
  uint64_t due; /* ns: when the next probe is sent */
  uint64_t rtt_due; /* ns: when the next measuring probe is sent, all ones = never */
  uint64_t quiet_until; /* ns: until then losses do not count, 0 = over */
  uint64_t mstart; /* ns: when the latest multicast probe was sent */
  uint64_t rtt_start; /* ns: when the latest measuring probe was sent, 0 = answered */
  uint64_t first_lost; /* ns: when the first probe of the present row of losses was given up */
  uint64_t last_ok; /* ns: when the latest answered probe was sent */
  uint32_t acked; /* probes answered */
  uint32_t lost; /* probes lost */
  uint32_t late; /* answers to probes that had been given up */
  uint32_t bad; /* answers that fit no probe, or the second to one */
  uint32_t missed; /* beats without a probe, because time came too late */
  uint32_t mcast; /* multicast probes sent */
  uint32_t failures; /* times it failed */
  uint32_t _pad2;
  uint64_t own_due; /* ns: of WATCHER.ICMP: when its test address is probed for next, 0 = not */
  uint64_t report_due; /* ns: when the membership of the test address is reported next (MLD), 0 = not */
  uint64_t defended; /* ns: when the test address was last defended, 0 = never */
  uint64_t claim_since; /* ns: when the window of foreign claims on it began */
  uint8_t own_left; /* conflict probes of the test address still to send */
  uint8_t report_left; /* reports still to send */
  uint16_t claims; /* foreign claims in the window */
  uint32_t conflicts; /* foreign claims so far */
  uint64_t _pad3;
  struct ipmp_target target[16]; /* targets; ntarget are valid */
  struct ipmp_proberec rec[52]; /* the latest probes */
};
_Static_assert(sizeof(struct ipmp_probe) == 2048, "Probe");

/* How a group's members are watched. Read-only to the host. */
struct ipmp_watch {
  uint32_t fdt_ms; /* FDT_MS */
  uint32_t quiet_ms; /* QUIET_MS */
  uint32_t recovery_ms; /* RECOVERY_MS */
  uint32_t settling_ms; /* SETTLING_MS */
  uint8_t fails; /* PROBE_FAILS */
  uint8_t repairs; /* PROBE_REPAIRS */
  uint8_t watch; /* WATCH */
  uint8_t all; /* WATCH_ALL */
  uint8_t evidence; /* EVIDENCE */
  uint8_t events; /* PROBE_EVENTS */
  uint8_t targets_max; /* TARGETS_MAX */
  uint8_t discovery; /* DISCOVERY */
  uint64_t fdt; /* ns: detection time now */
  uint64_t interval; /* ns: interval of probes now, fdt / (fails + 2) */
  uint64_t fdt_time; /* ns: when the detection time was last adapted */
  uint64_t hold_until; /* ns: until then members that failed with the group go on carrying, 0 = no limit */
  uint32_t failures; /* group failures so far */
  uint8_t failed; /* 1 group failure now */
  uint8_t _pad[3];
  uint8_t ntarget[8]; /* entries of each list: 2 × TGKIND + FAMILY */
  uint64_t _pad2[7];
  uint8_t list[1536]; /* the lists of ipmp_grp_targets: (2 × TGKIND + FAMILY) × TARGET_MAX × 16 bytes */
};
_Static_assert(sizeof(struct ipmp_watch) == 1664, "Watch");

/* Functions: exports of the module, called through the runtime of your choice */

/* Where everything is. Callable before ipmp_init.
 * Returns address of the Page. O(1). */
int32_t ipmp_page(void);

/* Puts the module into its first state: no group, no NIC. Call it once before anything else, or to start over.
 * Returns 0. O(state region). */
int32_t ipmp_init(uint32_t seed_lo, uint32_t seed_hi);

/* Lets the time in Page.now pass: delays and damping end, probes that are due are sent and those without an answer given up, announcements and conflict probes that are due go to the control ring. Afterwards Page.deadline says when to call again; calling early is harmless.
 * Returns timers that fired. O(1 + probes due × (PROBE_STATS + log of watchers)), and if anything else is due O(GRP_MAX × MEMBER_MAX + announcements due, at most ANNOUNCE_BURST a group). */
int32_t ipmp_time_advance(void);

/* Creates the group that the GrpConf in the inbox describes, without members; a new group is FAILED. EINVAL: empty name, wrong size, no family, hardware address zero or a group address. EEXIST: group or interface name taken.
 * Returns group handle; -IPMP_EINVAL, -IPMP_EEXIST, -IPMP_ENAMETOOLONG, -IPMP_ENOSPC. O(GRP_MAX). */
int32_t ipmp_grp_create(void);

/* Removes a group and its addresses. EBUSY: it has members.
 * Returns 0; -IPMP_ENOENT, -IPMP_EBUSY. O(ADDR_MAX). */
int32_t ipmp_grp_destroy(uint32_t grp);

/* Gives a group a family or takes one away. EBUSY: members or addresses of a family that would go.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EBUSY. O(MEMBER_MAX). */
int32_t ipmp_grp_plumb(uint32_t grp, uint32_t families);

/* Renames a group to the NUL-terminated name in the inbox; the interface keeps its name.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EEXIST, -IPMP_ENAMETOOLONG. O(GRP_MAX). */
int32_t ipmp_grp_rename(uint32_t grp);

/* Finds the group of the NUL-terminated group name in the inbox.
 * Returns group handle; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_ENAMETOOLONG. O(GRP_MAX). */
int32_t ipmp_grp_lookup(void);

/* The group's record, and so its state, members and settings. Its Illgrps stand at illgrp_base + (2 × grp + family) × size.
 * Returns address of its Grp; -IPMP_ENOENT. O(1). */
int32_t ipmp_grp_get(uint32_t grp);

/* Changes one setting. EINVAL: no such key. ERANGE: value out of the key's range.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_ERANGE. O(1); POLICY: O(NEXTHOP_MAX), to or from BROADCAST O(ADDR_MAX); the intervals, REBALANCE: O(ADDR_MAX); WEIGHT: O(ADDR_MAX × MEMBER_MAX). */
int32_t ipmp_grp_set(uint32_t grp, uint32_t key, uint32_t value);

/* Data addresses are announced in this VLAN too, from their next announcement on, whatever the stack sends there. EINVAL: no VLAN. ENOSPC: VLAN_MAX of them.
 * Returns 1 if that changed something, else 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_ENOSPC. O(VLAN_MAX). */
int32_t ipmp_grp_vlan(uint32_t grp, uint32_t tags, uint32_t on);

/* Sums a group's traffic; no total ever decreases, whoever leaves.
 * Returns address of the Kstats, valid until the next call; -IPMP_ENOENT. O(MEMBER_MAX). */
int32_t ipmp_grp_stats(uint32_t grp);

/* Makes the NIC that the PhyintConf in the inbox describes known, in no group. EEXIST: ifindex or name known already.
 * Returns phyint handle; -IPMP_EINVAL, -IPMP_EEXIST, -IPMP_ENAMETOOLONG, -IPMP_ENOSPC. O(PHYINT_MAX). */
int32_t ipmp_phyint_create(void);

/* Forgets a NIC. EBUSY: it is in a group.
 * Returns 0; -IPMP_ENOENT, -IPMP_EBUSY. O(1). */
int32_t ipmp_phyint_destroy(uint32_t phyint);

/* Finds a NIC by the host's number.
 * Returns phyint handle; -IPMP_ENOENT. O(PHYINT_MAX). */
int32_t ipmp_phyint_lookup(uint32_t ifindex);

/* Gives a NIC the NUL-terminated name in the inbox and a new number: a NIC that was unplugged and came back.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EEXIST, -IPMP_ENAMETOOLONG. O(PHYINT_MAX). */
int32_t ipmp_phyint_rename(uint32_t phyint, uint32_t ifindex);

/* The NIC's record.
 * Returns address of its Phyint; -IPMP_ENOENT. O(1). */
int32_t ipmp_phyint_get(uint32_t phyint);

/* Puts a NIC into a group. In the order of the checks: EALREADY in this group; EBUSY in another; EOVERFLOW MEMBER_MAX members; EAFNOSUPPORT a family the group lacks; EADDRINUSE CAP.ADDR_UP; EADDRNOTAVAIL CAP.ADDR_MANAGED; EINVAL point-to-point or another link type; EOPNOTSUPP no multicast, or no ARP/ND; ENOTUNIQ hardware address of another member or of the group; EMSGSIZE MTU; EEXIST its test address is a data address of the group; ETESTADDRDUP it is another member's test address. It becomes active once one of its ills is up and it has carrier.
 * Returns 0; -IPMP_ENOENT, -IPMP_EALREADY, -IPMP_EBUSY, -IPMP_EOVERFLOW, -IPMP_EAFNOSUPPORT, -IPMP_EADDRINUSE, -IPMP_EADDRNOTAVAIL, -IPMP_EINVAL, -IPMP_EOPNOTSUPP, -IPMP_ENOTUNIQ, -IPMP_EMSGSIZE, -IPMP_EEXIST, -IPMP_ETESTADDRDUP. O(MEMBER_MAX). */
int32_t ipmp_phyint_join_grp(uint32_t phyint, uint32_t grp);

/* Takes a NIC out of its group: its addresses are bound to others, its counters stay in the group's totals.
 * Returns 0; -IPMP_ENOENT, -IPMP_ENODEV. O(ADDR_MAX). */
int32_t ipmp_phyint_leave_grp(uint32_t phyint);

/* EINVAL: other bits, a bit in both, INACTIVE set on a NIC that is FAILED (and not repaired by the same call) or OFFLINE, or STANDBY set on an INACTIVE one. ENODEV: FAILED or INACTIVE of a NIC in no group. STANDBY also sets INACTIVE unless FAILED or OFFLINE; clearing it clears INACTIVE; then the group's active/standby arithmetic runs and may clear INACTIVE again. FAILED is for detectors outside the module.
 * Returns flags now; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_ENODEV. O(ADDR_MAX). */
int32_t ipmp_phyint_set_flags(uint32_t phyint, uint32_t set, uint32_t clear);

/* Takes a member out of use until ipmp_phyint_undo_offline. Afterwards no frame leaves by it and none is taken from it: the host may release the device. In a FAILED group any other member that is not offline counts as usable.
 * Returns 0; -IPMP_ENOENT, -IPMP_ENODEV, -IPMP_EALREADY, -IPMP_EMINRED. O(ADDR_MAX). */
int32_t ipmp_phyint_offline(uint32_t phyint, uint32_t min_redundancy);

/* Brings it back. EINVAL: it is not offline.
 * Returns 0; -IPMP_ENOENT, -IPMP_ENODEV, -IPMP_EINVAL, -IPMP_EHWADDRDUP. O(ADDR_MAX). */
int32_t ipmp_phyint_undo_offline(uint32_t phyint);

/* Reports a NIC's carrier. Acted on within the call, or after the group's delay; repeating it is harmless.
 * Returns 1 if that changed something, else 0; -IPMP_ENOENT. O(ADDR_MAX). */
int32_t ipmp_phyint_link(uint32_t phyint, uint32_t up);

/* A NIC has a new hardware address: addresses bound to it are announced anew. If another member has the same, this one is set aside (OFFLINE and HWADDRDUP) until that ends.
 * Returns 0, or 1 if a NIC was set aside or taken back because of it; -IPMP_ENOENT, -IPMP_EINVAL. O(ADDR_MAX). */
int32_t ipmp_phyint_set_mac(uint32_t phyint, uint32_t mac_lo, uint32_t mac_hi);

/* A NIC has a new MTU (68 to 65,535); the group's is the least of its members', at least its family's minimum.
 * Returns 0; -IPMP_ENOENT, -IPMP_ERANGE. O(MEMBER_MAX). */
int32_t ipmp_phyint_set_mtu(uint32_t phyint, uint32_t mtu);

/* A member carries a family only while one of its own addresses of that family is up. EAFNOSUPPORT: the NIC lacks the family.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EAFNOSUPPORT. O(ADDR_MAX). */
int32_t ipmp_ill_up(uint32_t phyint, uint32_t family, uint32_t up);

/* Adds the data address of the AddrConf in the inbox and, with IPIF.UP, binds it to the active member whose addresses are the fewest for its weight. EINVAL: unspecified, multicast, loopback or limited-broadcast address, prefix too long, other flags. EEXIST: the group has it, or a member has it as test address.
 * Returns index of the data address in its group; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EAFNOSUPPORT, -IPMP_EEXIST, -IPMP_ENOSPC. O(MEMBER_MAX + ADDR_SLOTS at worst, O(1) expected). */
int32_t ipmp_ipif_add(uint32_t grp);

/* Removes a data address; at most one other address moves to even out.
 * Returns 0; -IPMP_ENOENT. O(MEMBER_MAX). */
int32_t ipmp_ipif_del(uint32_t grp, uint32_t ipif);

/* Brings a data address up (and ends its being a duplicate) or down.
 * Returns 1 if that changed something, else 0; -IPMP_ENOENT. O(MEMBER_MAX). */
int32_t ipmp_ipif_up(uint32_t grp, uint32_t ipif, uint32_t up);

/* Finds the data address of the AddrConf in the inbox.
 * Returns index of the data address; -IPMP_ENOENT. O(1) expected. */
int32_t ipmp_ipif_lookup(uint32_t grp);

/* Walks a group's data addresses; ENOENT ends the walk.
 * Returns least index in use, not below from; -IPMP_ENOENT. O(ADDR_MAX). */
int32_t ipmp_ipif_next(uint32_t grp, uint32_t from);

/* The data address's record, and so its binding.
 * Returns address of its Ipif; -IPMP_ENOENT. O(1). */
int32_t ipmp_ipif_get(uint32_t grp, uint32_t ipif);

/* Adds, or replaces, the explicit ARP/ND entry of the AddrConf in the inbox. If its hardware address is a member's, it is a proxy entry: answered for, and handed to another active member when that one ceases to be active. EADDRINUSE: a data address of the group.
 * Returns index of the entry; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EAFNOSUPPORT, -IPMP_ENOSPC, -IPMP_EADDRINUSE. O(ARPENT_MAX). */
int32_t ipmp_arpent_create(uint32_t grp);

/* Removes an explicit ARP/ND entry.
 * Returns 0; -IPMP_ENOENT. O(1). */
int32_t ipmp_arpent_destroy(uint32_t grp, uint32_t entry);

/* The entry's record.
 * Returns address of its Arpent; -IPMP_ENOENT. O(1). */
int32_t ipmp_arpent_get(uint32_t grp, uint32_t entry);

/* Frames from the local stack to the wire: chooses each one's NIC, writes that NIC's hardware address into it and into the ARP/ND addresses it carries. Sets Desc.out of each. ERANGE: descriptors beyond DESC_MAX.
 * Returns frames to send: those whose Desc.out is a phyint or ALL; -IPMP_ENOENT, -IPMP_ERANGE. O(count); a frame: O(1) expected, ROUND_ROBIN O(MEMBER_MAX). */
int32_t ipmp_tx_batch(uint32_t grp, uint32_t first, uint32_t count);

/* Frames from the wire to the local stack: checks them, writes the group's hardware address in place of the member's, lets broadcast and multicast through once, answers ARP and neighbour solicitations for data addresses (the answer goes to the control ring). Sets Desc.out of each.
 * Returns frames to deliver: those whose Desc.out is DELIVER; -IPMP_ENOENT, -IPMP_ERANGE. O(count); a frame: O(1) expected, ARP/ND O(MEMBER_MAX + ARPENT_MAX). */
int32_t ipmp_rx_batch(uint32_t phyint, uint32_t first, uint32_t count);

/* Frees the places of control frames that have been sent. ERANGE: more than wait.
 * Returns control frames still waiting; -IPMP_ERANGE. O(1). */
int32_t ipmp_ctl_release(uint32_t count);

/* Frees the places of events that have been read. ERANGE: more than wait.
 * Returns events still waiting; -IPMP_ERANGE. O(1). */
int32_t ipmp_event_release(uint32_t count);

/* Call it after writing a saved state region (Page.state_size bytes from the page's address) over a new instance: checks version, limits and every index. EPROTO: not usable; the module is then as after ipmp_init.
 * Returns 0; -IPMP_EPROTO. O(state region). */
int32_t ipmp_restore(void);

/* Changes one setting of a NIC. If that changes weights in effect, flow buckets and addresses move, as few as the new shares need. EINVAL: no such key. ERANGE: value out of the key's range.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_ERANGE. O(ADDR_MAX × MEMBER_MAX). */
int32_t ipmp_phyint_set(uint32_t phyint, uint32_t key, uint32_t value);

/* Pins a data address to a member: it is bound to that while that is active, to others as any address while it is not, and comes back when it returns. Others move only to even out. A pin lasts until the address is removed or the NIC leaves the group. ENOENT: no such group, address or NIC. EINVAL: the NIC is in another group or in none.
 * Returns 1 if the address moved, else 0; -IPMP_ENOENT, -IPMP_EINVAL. O(ADDR_MAX × MEMBER_MAX). */
int32_t ipmp_ipif_pin(uint32_t grp, uint32_t ipif, uint32_t phyint);

/* Makes of a frame that goes out by every member the copy of one: writes that member's hardware address into it and into the ARP/ND addresses it carries, and counts it as sent. The frame is changed in place: send it before the next copy is made. ERANGE: no such descriptor. EINVAL: its out is not ALL, it does not describe a whole frame in the I/O region, or the NIC is no member of the group.
 * Returns 1 send it by that member now, 0 that member does not carry its family; -IPMP_ENOENT, -IPMP_ERANGE, -IPMP_EINVAL. O(1) expected. */
int32_t ipmp_tx_copy(uint32_t grp, uint32_t desc, uint32_t phyint);

/* Gives a NIC the test address of the AddrConf in the inbox (addr, family, prefix), or takes it away if that is unspecified. While the NIC is a member, and nobody else has claimed it after PROBE_COUNT conflict probes, echo probes of that family are sent from it (GRPKEY.WATCH), its ARP requests, solicitations and pings are answered on this member alone, and nothing of that reaches the stack. EINVAL: no such family, another in the AddrConf, no host address, prefix 0 or too long. EAFNOSUPPORT: the NIC lacks the family. EEXIST: a data address of its group. ETESTADDRDUP: another member's. Report the address by ipmp_ill_up too: a test address that is up lets the member carry the family.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EAFNOSUPPORT, -IPMP_EEXIST, -IPMP_ETESTADDRDUP. O(MEMBER_MAX + ADDR_MAX). */
int32_t ipmp_ill_test_addr(uint32_t phyint, uint32_t family);

/* Replaces one list of a group's targets. ROUTER: next hops of the routing table, those on a member's test subnet are used. STATIC: configured, used like routers. Without either, targets of echo probes are found by multicast. An address that is the group's own, or off a member's subnet, or there twice is left out by that member. EINVAL: no such family or kind, or an address that is no host's. EAFNOSUPPORT: the group lacks the family. ERANGE: more than TARGET_MAX.
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_EAFNOSUPPORT, -IPMP_ERANGE. O(MEMBER_MAX × TARGET_MAX²  + ADDR_MAX). */
int32_t ipmp_grp_targets(uint32_t grp, uint32_t family, uint32_t kind, uint32_t count);

/* A NIC's watcher: state, mode, targets in firing order, RTT, counters, the latest probes.
 * Returns address of its Probe; -IPMP_ENOENT, -IPMP_EINVAL. O(1). */
int32_t ipmp_probe_get(uint32_t phyint, uint32_t family, uint32_t watcher);

/* How a group's members are watched: settings, detection time now, lists of targets, group failure.
 * Returns address of its Watch; -IPMP_ENOENT. O(1). */
int32_t ipmp_grp_watch(uint32_t grp);

#endif
