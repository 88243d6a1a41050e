/* IP multipathing: several NICs as one IP interface.
 * Generated from abi/ipmp.toml by abi/generate.mjs: do not edit. */
#ifndef HOLDFAST_IPMP_H
#define HOLDFAST_IPMP_H
#include <stdint.h>

#define IPMP_VERSION_CURRENT 1
#define IPMP_VERSION_MINIMUM 1
#define IPMP_VERSION_SNAPSHOT 1

/* Limits */
#define IPMP_GRP_MAX 64 /* groups */
#define IPMP_MEMBER_MAX 32 /* members of one group */
#define IPMP_PHYINT_MAX 2048 /* NICs known to the module (GRP_MAX × MEMBER_MAX) */
#define IPMP_ADDR_MAX 4096 /* data addresses of one group, IPv4 and IPv6 together */
#define IPMP_ARPENT_MAX 64 /* explicit ARP/ND entries of one group */
#define IPMP_NAME_MAX 31 /* bytes of a group or interface name, without the final NUL */
#define IPMP_BUCKET_MAX 256 /* flow buckets of one group and family (a power of two) */
#define IPMP_NEXTHOP_MAX 512 /* neighbours remembered by the next-hop policy, per group (a power of two) */
#define IPMP_RESOLVE_MAX 128 /* resolution requests remembered to answer each once, per group (a power of two) */
#define IPMP_MCAST_MAX 64 /* multicast memberships remembered per group and family */
#define IPMP_DESC_MAX 4096 /* descriptors, and so frames in one batch */
#define IPMP_EVENT_MAX 1024 /* events kept until the host reads them (a power of two) */
#define IPMP_CTL_MAX 2048 /* control frames kept until the host sends them (a power of two) */
#define IPMP_CTL_FRAME_MAX 112 /* bytes of a control frame */
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

/* State of a NIC. 1 is kept for probe-based detection. */
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

/* Settings of a group, for ipmp_grp_set. */
#define IPMP_GRPKEY_POLICY 0 /* a POLICY value; default FLOW */
#define IPMP_GRPKEY_FAILBACK 1 /* 0 or 1: a repaired NIC is used again at once; default 1 */
#define IPMP_GRPKEY_ANNOUNCE_COUNT 2 /* 1 to 20 announcements after a rebind; default 5 */
#define IPMP_GRPKEY_ANNOUNCE_INTERVAL_MS 3 /* 10 to 20,000 ms between them; default 2,000 */
#define IPMP_GRPKEY_PROBE_COUNT 4 /* 0 to 10 conflict probes before a new address is announced; default 3 */
#define IPMP_GRPKEY_PROBE_INTERVAL_MS 5 /* 10 to 20,000 ms between them; default 150 */
#define IPMP_GRPKEY_UP_DELAY_MS 6 /* 0 to 600,000 ms of carrier before a NIC counts as repaired; default 0 */
#define IPMP_GRPKEY_DOWN_DELAY_MS 7 /* 0 to 60,000 ms without carrier before a NIC counts as failed; default 0 */
#define IPMP_GRPKEY_FLAP_MAX 8 /* 0 to 2: repairs by carrier tolerated within the window, one more and it stays failed; default 2, 0 turns damping off */
#define IPMP_GRPKEY_FLAP_WINDOW_MS 9 /* 1 to 600,000 ms; default 60,000 */
#define IPMP_GRPKEY_ANNOUNCE_ALL 40 /* 0 or 1: announcements leave by every other active member too; default 0 */
#define IPMP_GRPKEY_ANNOUNCE_VLANS 41 /* 0 or 1: addresses that the stack uses in VLANs are announced there; default 1 */
#define IPMP_GRPKEY_ANNOUNCE_REFRESH_S 42 /* 0 to 86,400 s after which an address is announced again though nothing happened to it; default 0, never */
#define IPMP_GRPKEY_DEFEND_INTERVAL_MS 43 /* 1,000 to 600,000 ms between two defences of an address; default 10,000 (RFC 5227 §1.1) */
#define IPMP_GRPKEY_CONFLICT_MAX 44 /* 0 to 100 foreign claims within the window that an address is defended against, one more and it is given up; default 0, it is never given up */
#define IPMP_GRPKEY_CONFLICT_WINDOW_MS 45 /* 1,000 to 600,000 ms; default 30,000 */
#define IPMP_GRPKEY_RECOVERY_S 46 /* 0 to 86,400 s until a duplicate address is probed for anew; default 300, 0 never */

/* What became of a frame: Desc.out. Below PHYINT_MAX it is the NIC to send it on. */
#define IPMP_OUT_DELIVER 32768 /* hand it to the group interface */
#define IPMP_OUT_CONSUMED 32769 /* answered by the module; nothing to do */
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
#define IPMP_EVENT_REBIND 9 /* count addresses bound anew; phyint is the member they left or came to */
#define IPMP_EVENT_ADDR_STATE 10 /* data address up (new=1), down (0) or duplicate (2) */
#define IPMP_EVENT_CONFLICT 11 /* foreign claim on a data address; mac is the claimant's; new is 1 if the address is given up for it */
#define IPMP_EVENT_MTU 12 /* MTU of the family's group interface: old → new */
#define IPMP_EVENT_LINK 13 /* carrier of a NIC: old → new */
#define IPMP_EVENT_FLAP 14 /* carrier came up too often: NIC held failed (new=1), released (new=0) */
#define IPMP_EVENT_MCAST_FULL 35 /* a multicast membership found no place (MCAST_MAX); count so far. Once, until all have been forgotten */

/* Why a NIC changed its state. */
#define IPMP_CAUSE_NONE 0 /* none */
#define IPMP_CAUSE_LINK 1 /* carrier */
#define IPMP_CAUSE_ADMIN 2 /* the administrator */
#define IPMP_CAUSE_GROUP 3 /* no member has carrier */
#define IPMP_CAUSE_MEMBERSHIP 4 /* it joined or left */
#define IPMP_CAUSE_FLAP 5 /* damping */
#define IPMP_CAUSE_HWADDRDUP 6 /* hardware address no longer unique */
#define IPMP_CAUSE_DETECTOR 7 /* a detector outside the module */

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

/* What a control frame is. */
#define IPMP_CTLK_ANSWER 0 /* ARP reply or neighbour advertisement to a request */
#define IPMP_CTLK_ANNOUNCE 1 /* announcement of a data address */
#define IPMP_CTLK_PROBE 2 /* conflict probe (RFC 5227 §2.1.1, RFC 4862 §5.4) */
#define IPMP_CTLK_DEFEND 3 /* defence of a data address */
#define IPMP_CTLK_REPORT 4 /* multicast membership report */

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
  uint8_t _pad[124];
};
_Static_assert(sizeof(struct ipmp_page) == 256, "Page");

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
  uint8_t frame[112]; /* the frame */
};
_Static_assert(sizeof(struct ipmp_ctl) == 128, "Ctl");

/* Something that happened. */
struct ipmp_event {
  uint64_t time; /* ns */
  uint32_t seq; /* number, counted from 1 without gaps (lost ones included) */
  uint8_t type; /* EVENT */
  uint8_t family; /* FAMILY where it applies */
  uint8_t cause; /* CAUSE where it applies */
  uint8_t _pad;
  uint16_t grp; /* group, 65535 = none */
  uint16_t phyint; /* NIC, 65535 = none */
  uint32_t old; /* value before */
  uint32_t new; /* value after */
  uint32_t count; /* how many, where it applies */
  uint8_t addr[16]; /* data address where it applies (IPv4 in the first 4 bytes), network order */
  uint64_t mac; /* hardware address where it applies */
  uint64_t _pad2;
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
  uint8_t _pad2[200];
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
  uint16_t bound_head; /* newest of them, 65535 = none */
  uint8_t active; /* 1 in the active list */
  uint8_t nom_cast; /* 1 nominee */
  uint16_t nbucket; /* flow buckets it carries */
  uint16_t _pad[3];
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
  uint16_t _pad;
  struct ipmp_ill ill4; /* its IPv4 side */
  struct ipmp_ill ill6; /* its IPv6 side */
  uint8_t _pad2[24];
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
  uint8_t arpent_retry; /* 1 an announcement of a proxy entry found no place */
  uint16_t copy_head; /* addresses with copies left to send */
  uint16_t copy_tail;
  uint16_t refresh_head; /* addresses to be announced again, by time */
  uint16_t refresh_tail;
  uint16_t recover_head; /* duplicate addresses to be probed anew, by time */
  uint16_t recover_tail;
  uint16_t copy_vlan; /* VLAN of the first one's next copy: 0 untagged, else 1 + index */
  uint16_t copy_port; /* member of its next copy, as index into the active list */
  uint16_t nvlan; /* VLANs in use */
  uint16_t nvaddr; /* learnt addresses */
  uint64_t vaddr_due; /* ns: when the next of them is due, all ones = never */
  uint32_t vlan[16]; /* VLANs by ipmp_grp_vlan, as tags */
  uint64_t rejoin_due[2]; /* ns by family: when memberships are reported again, 0 = not */
  uint8_t rejoin_left[2]; /* by family: how often yet */
  uint8_t rejoin_from[2]; /* by family: the membership to go on with */
  uint32_t mcast_lost; /* memberships that found no place so far */
  uint8_t mcast_told[2]; /* by family: 1 that has been told, and not all have been forgotten since */
  uint8_t _pad[6];
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
  uint32_t _pad;
  uint64_t _pad2;
};
_Static_assert(sizeof(struct ipmp_arpent) == 48, "Arpent");

/* Traffic totals of a group: members now, plus members that have left. */
struct ipmp_kstats {
  uint64_t value[10]; /* by KSTAT */
};
_Static_assert(sizeof(struct ipmp_kstats) == 80, "Kstats");

/* Functions: exports of the module, called through the runtime of your choice */

/* Where everything is. Callable before ipmp_init.
 * Returns address of the Page. O(1). */
int32_t ipmp_page(void);

/* Puts the module into its first state: no group, no NIC. Call it once before anything else, or to start over.
 * Returns 0. O(state region). */
int32_t ipmp_init(uint32_t seed_lo, uint32_t seed_hi);

/* Lets the time in Page.now pass: delays and damping end, announcements and conflict probes that are due go to the control ring. Afterwards Page.deadline says when to call again; calling early is harmless.
 * Returns timers that fired. O(GRP_MAX × MEMBER_MAX + announcements due, at most ANNOUNCE_BURST a group). */
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
 * Returns 0; -IPMP_ENOENT, -IPMP_EINVAL, -IPMP_ERANGE. O(1); POLICY: O(NEXTHOP_MAX); the intervals: O(ADDR_MAX). */
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

/* Puts a NIC into a group. In the order of the checks: EALREADY in this group; EBUSY in another; EOVERFLOW MEMBER_MAX members; EAFNOSUPPORT a family the group lacks; EADDRINUSE CAP.ADDR_UP; EADDRNOTAVAIL CAP.ADDR_MANAGED; EINVAL point-to-point or another link type; EOPNOTSUPP no multicast, or no ARP/ND; ENOTUNIQ hardware address of another member or of the group; EMSGSIZE MTU. It becomes active once one of its ills is up and it has carrier.
 * Returns 0; -IPMP_ENOENT, -IPMP_EALREADY, -IPMP_EBUSY, -IPMP_EOVERFLOW, -IPMP_EAFNOSUPPORT, -IPMP_EADDRINUSE, -IPMP_EADDRNOTAVAIL, -IPMP_EINVAL, -IPMP_EOPNOTSUPP, -IPMP_ENOTUNIQ, -IPMP_EMSGSIZE. O(MEMBER_MAX). */
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

/* Adds the data address of the AddrConf in the inbox and, with IPIF.UP, binds it to the least-bound active member. EINVAL: unspecified, multicast, loopback or limited-broadcast address, prefix too long, other flags.
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
 * Returns frames to send: those whose Desc.out is a phyint; -IPMP_ENOENT, -IPMP_ERANGE. O(count); a frame: O(1) expected. */
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

#endif
