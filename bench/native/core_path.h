// The packet path of ipmp.wasm for data frames, written as one would in C: the same checks in the same order, the
// same tables, the same hash, the same counters, over the same records (docs/abi/holdfast_ipmp.h). What a data frame
// does not reach (ARP, neighbour discovery, IPv6 extension headers, broadcast and multicast) ends in `unsupported`:
// the benchmark's frames never do.
//
// Frames are named by offsets into one region, as in the module. Fields are loaded with memcpy, which costs nothing.

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "holdfast_ipmp.h"

#define INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define NONE 0xffffu
#define MAC_MASK 0x0000ffffffffffffull
#define HOME 0xa88619f1u  // of the address index
#define GOLDEN64 0x9e3779b97f4a7c15ull
#define MIX64 0xd6e8feb86659fd93ull

struct path {
  struct ipmp_grp grp;
  struct ipmp_illgrp family[2];
  struct ipmp_phyint *nic;  // by phyint
  uint64_t *slot;           // address index: see index_insert
  uint64_t *bytes;          // sent, by ipif
  uint64_t *neighbour;      // of the next-hop policy: sets of four
  uint8_t *io;
  uint32_t io_end;
};

#define LOADER(bits)                             \
  INLINE uint##bits##_t load##bits(const void *p) { \
    uint##bits##_t v;                            \
    memcpy(&v, p, sizeof v);                     \
    return v;                                    \
  }
LOADER(16)
LOADER(32)
LOADER(64)
INLINE uint32_t load_be16(const void *p) { return __builtin_bswap16(load16(p)); }
INLINE void store64(void *p, uint64_t v) { memcpy(p, &v, sizeof v); }
INLINE uint64_t load_mac(const void *p) { return load32(p) | (uint64_t)load16((const uint8_t *)p + 4) << 32; }

// ── Address index: bits 0-31 key, 32-47 phyint, 48-59 ipif, 62 IPv6, 63 in use; open addressing ──

#define SLOT_USED (1ull << 63)
#define SLOT_V6 (1ull << 62)
#define SLOT_MATCH 0xc0000000ffffffffull

INLINE uint32_t slot_home(uint32_t key) { return key * HOME >> 19; }
INLINE uint32_t slot_port(uint64_t slot) { return (uint16_t)(slot >> 32); }
INLINE uint32_t slot_ipif(uint64_t slot) { return (uint32_t)(slot >> 48) & 0xfff; }

_Static_assert(IPMP_ADDR_SLOTS == 1 << (32 - 19), "slot_home has as many bits as the index");

/** Enters data address i; IPv4 only, as the frames are. */
static void index_insert(struct path *w, const struct ipmp_ipif *ipif, uint32_t i) {
  uint32_t key = load32(ipif->addr), at = slot_home(key);
  while (w->slot[at]) at = (at + 1) & (IPMP_ADDR_SLOTS - 1);
  w->slot[at] = SLOT_USED | (uint64_t)i << 48 | (uint64_t)ipif->bound << 32 | key;
}

INLINE uint64_t index_find4(const struct path *w, uint32_t key) {
  uint64_t want = SLOT_USED | key;
  uint32_t at = slot_home(key);
  uint64_t slot = w->slot[at];
  while (((slot ^ want) & SLOT_MATCH) && slot) slot = w->slot[at = (at + 1) & (IPMP_ADDR_SLOTS - 1)];
  return slot;
}

// ── Flow buckets ──

enum { ICMP = 1, TCP = 6, UDP = 17, DCCP = 33, ESP = 50, SCTP = 132, UDPLITE = 136 };

INLINE uint32_t flow_bucket(uint64_t addrs, uint32_t ports) { return (uint32_t)(((addrs ^ ports * MIX64) * GOLDEN64) >> 56); }
INLINE bool ip4_is_fragment(const uint8_t *ip) { return load16(ip + 6) & 0xff3f; }

INLINE bool has_ports(uint32_t proto) {
  return proto == TCP || proto == UDP || proto == SCTP || proto == UDPLITE || proto == DCCP || proto == ESP;
}

INLINE uint32_t ports_at(uint32_t proto, const uint8_t *at, const uint8_t *end) {
  return has_ports(proto) && at + 4 <= end ? load32(at) : 0;
}

/** An ICMP error goes the way of the packet that it quotes. */
static __attribute__((noinline)) uint32_t flow_quoted4(const uint8_t *ip, const uint8_t *end) {
  uint64_t addrs = load64(ip + 12);
  addrs = addrs << 32 | addrs >> 32;
  uint32_t length = (ip[0] & 15u) << 2;
  uint32_t ports = ip4_is_fragment(ip) || length < 20 ? 0 : ports_at(ip[9], ip + length, end);
  return flow_bucket(addrs, ports << 16 | ports >> 16);
}

INLINE uint32_t flow4(const uint8_t *ip, uint32_t length, const uint8_t *end) {
  uint64_t addrs = load64(ip + 12);
  if (UNLIKELY(ip4_is_fragment(ip))) return flow_bucket(addrs, 0);
  uint32_t proto = ip[9];
  const uint8_t *l4 = ip + length;
  if (UNLIKELY(proto == ICMP) && l4 + 28 <= end && (l4[0] == 3 || l4[0] == 11 || l4[0] == 12)) return flow_quoted4(l4 + 8, end);
  return flow_bucket(addrs, ports_at(proto, l4, end));
}

// ── Next hop: one neighbour, one NIC ──

#define ENTRY_USED (1ull << 63)
#define ENTRY_V6 (1ull << 62)
#define ENTRY_MATCH (ENTRY_USED | ENTRY_V6 | MAC_MASK)

static uint32_t next_active(struct path *w, struct ipmp_illgrp *family) {
  uint32_t at = family->next_ill < family->nactif ? family->next_ill : 0;
  family->next_ill = (uint16_t)(at + 1 == family->nactif ? 0 : at + 1);
  w->grp.nexthop_rotor++;
  return family->actif[at];
}

static uint32_t nexthop_port(struct path *w, struct ipmp_illgrp *family, uint64_t mac) {
  uint64_t want = ENTRY_USED | mac;
  uint64_t *set = w->neighbour + ((want * GOLDEN64 >> 43) & (IPMP_NEXTHOP_MAX - 1) & ~3ull);
  uint32_t way = 0;
  for (; way < 4; way++) {
    if ((set[way] ^ want) & ENTRY_MATCH) continue;
    uint32_t port = (uint32_t)(set[way] >> 48) & 0x7ff;
    if (w->nic[port].grp == 0 && w->nic[port].ill4.active) return port;
    break;
  }
  uint32_t port = next_active(w, family);
  if (way == 4) {
    way = 0;
    memmove(set + 1, set, 3 * sizeof *set);
  }
  set[way] = want | (uint64_t)port << 48;
  return port;
}

INLINE uint32_t policy_port(struct path *w, uint32_t policy, struct ipmp_illgrp *family, uint64_t dst, uint64_t slot, uint32_t bucket) {
  if (policy == IPMP_POLICY_ACTIVE_BACKUP) return family->cast_ill;
  if (policy == IPMP_POLICY_NEXT_HOP) return nexthop_port(w, family, dst);
  if (policy == IPMP_POLICY_SOURCE && slot && slot_port(slot) != NONE) return slot_port(slot);
  return family->bucket[bucket];
}

// ── One frame that is not plain ──

enum { ETH_LEN = 14, IP4_LEN = 20, VNET_LEN = 10 };
enum { ETH_IP4 = 0x0800 };

/** A frame that only the module can judge: the benchmark has sent what its twin does not do. */
static __attribute__((cold, noreturn)) void unsupported(void) { __builtin_trap(); }

static bool desc_valid(const struct path *w, const struct ipmp_desc *d) {
  uint32_t before = d->flags & IPMP_DESCF_VNET ? VNET_LEN : 0;
  return d->len <= IPMP_FRAME_MAX && d->off >= before && (uint64_t)d->off + d->len <= w->io_end;
}

/** The packet's length if the header agrees with itself and the frame, and the header's length; else 0. */
static uint32_t ip4_check(const uint8_t *ip, uint32_t avail, uint32_t *length) {
  *length = (ip[0] & 15u) << 2;
  if (ip[0] >> 4 != 4 || *length < IP4_LEN || *length > avail) return 0;
  uint32_t total = load_be16(ip + 2);
  return total < *length || total > avail ? 0 : total;
}

static uint32_t drop(uint32_t cause) { return IPMP_OUT_DROP | cause; }
static bool is_group(uint64_t mac) { return mac & 1; }

static uint32_t tx_frame(struct path *w, uint8_t *at, uint32_t len) {
  if (len < ETH_LEN) return drop(IPMP_DROP_SHORT);
  uint64_t dst = load_mac(at);
  if (load_be16(at + 12) != ETH_IP4 || is_group(dst)) unsupported();
  uint8_t *ip = at + ETH_LEN;
  uint32_t length, total;
  if (len - ETH_LEN < IP4_LEN) return drop(IPMP_DROP_SHORT);
  if (!(total = ip4_check(ip, len - ETH_LEN, &length))) return drop(IPMP_DROP_IP4_HEADER);
  struct ipmp_illgrp *family = &w->family[IPMP_FAMILY_V4];
  if (!family->nactif) return drop(IPMP_DROP_NO_ACTIVE);
  if (len - ETH_LEN > family->mtu) return drop(IPMP_DROP_MTU);
  uint64_t slot = index_find4(w, load32(ip + 12));
  if (slot) w->bytes[slot_ipif(slot)] += len;
  return policy_port(w, w->grp.policy, family, dst, slot, flow4(ip, length, ip + total));
}

static __attribute__((noinline)) uint32_t tx_one(struct path *w, struct ipmp_desc *d) {
  uint8_t *at = w->io + d->off;
  uint32_t out = desc_valid(w, d) ? tx_frame(w, at, d->len) : drop(IPMP_DROP_BAD_DESC);
  d->out = (uint16_t)out;
  if (out >= IPMP_PHYINT_MAX) {
    w->grp.drops[out & 0xff]++;
    w->grp.kstat0[IPMP_KSTAT_OERRORS]++;
    return 0;
  }
  struct ipmp_phyint *nic = &w->nic[out];
  store64(at + 6, (load64(at + 6) & ~MAC_MASK) | nic->mac);
  nic->kstat[IPMP_KSTAT_OPACKETS]++;
  nic->kstat[IPMP_KSTAT_OBYTES] += d->len;
  return 1;
}

INLINE uint32_t may_be_own(const uint8_t *reflect, uint64_t mac) {
  uint32_t bit = (uint32_t)((mac * GOLDEN64) >> 52);
  return reflect[bit >> 3] >> (bit & 7) & 1;
}

static bool is_own(const struct path *w, uint64_t mac) {
  if (w->grp.mac == mac) return true;
  if (!may_be_own(w->grp.reflect, mac)) return false;
  for (uint32_t i = 0; i < w->grp.nif; i++)
    if (w->nic[w->grp.members[i]].mac == mac) return true;
  return false;
}

static uint32_t rx_frame(const struct path *w, const struct ipmp_phyint *nic, const uint8_t *at, uint32_t len) {
  if (len < ETH_LEN) return drop(IPMP_DROP_SHORT);
  uint64_t dst = load_mac(at), src = load_mac(at + 6);
  uint32_t length;
  if (!src || is_group(src)) return drop(IPMP_DROP_SOURCE_MAC);
  if (is_own(w, src)) return drop(IPMP_DROP_REFLECTED);
  if (load_be16(at + 12) != ETH_IP4 || dst != nic->mac) unsupported();
  if (len - ETH_LEN < IP4_LEN) return drop(IPMP_DROP_SHORT);
  if (!ip4_check(at + ETH_LEN, len - ETH_LEN, &length)) return drop(IPMP_DROP_IP4_HEADER);
  return IPMP_OUT_DELIVER;
}

static __attribute__((noinline)) uint32_t rx_one(struct path *w, struct ipmp_phyint *nic, struct ipmp_desc *d) {
  uint8_t *at = w->io + d->off;
  uint32_t out = desc_valid(w, d) ? rx_frame(w, nic, at, d->len) : drop(IPMP_DROP_BAD_DESC);
  d->out = (uint16_t)out;
  if (out != IPMP_OUT_DELIVER) {
    w->grp.drops[out & 0xff]++;
    // The module counts malformed frames as the NIC's errors; of those here, all but reflections are.
    if (out != drop(IPMP_DROP_REFLECTED)) nic->kstat[IPMP_KSTAT_IERRORS]++;
    return 0;
  }
  nic->kstat[IPMP_KSTAT_IPACKETS]++;
  nic->kstat[IPMP_KSTAT_RBYTES] += d->len;
  store64(at, (load64(at) & ~MAC_MASK) | w->grp.mac);
  return 1;
}

// ── Batches: plain frames (untagged IPv4 unicast without options) in the loop, any other out of line ──

#define PLAIN_HEAD 0x450008u          // EtherType IPv4, version 4 and 20 bytes of header, as they lie in memory
#define PLAIN_TYPE (0x0008ull << 48)  // the same EtherType behind a hardware address
#define PLAIN_FRAG 0xff3fu            // more-fragments flag and fragment offset, as they lie in memory

static __attribute__((noinline)) uint32_t tx_batch(struct path *w, struct ipmp_desc *d, uint32_t count) {
  enum { PLAIN_LEN = ETH_LEN + IP4_LEN + 4 };
  struct ipmp_illgrp *family = &w->family[IPMP_FAMILY_V4];
  uint32_t policy = w->grp.policy, space = w->io_end - VNET_LEN, sent = 0;
  // Without an active member no frame is plain: its length is never enough. A longer one than the MTU allows neither is.
  uint32_t least = family->nactif ? PLAIN_LEN : IPMP_FRAME_MAX, most = family->nactif ? ETH_LEN + family->mtu - PLAIN_LEN + 1 : 0;
  // What is in VXLAN only the module looks into.
  uint32_t vxlan = w->grp.encap & IPMP_ENCAP_VXLAN ? __builtin_bswap16(w->grp.vxlan_port) : 0x10000;
  bool by_ports = policy == IPMP_POLICY_FLOW || policy == IPMP_POLICY_SOURCE;
  for (const struct ipmp_desc *end = d + count; d < end; d++) {
    uint32_t len = d->len;
    if (LIKELY(len - least < most && d->off - VNET_LEN <= space - len)) {
      uint8_t *at = w->io + d->off;
      uint64_t l2 = load64(at + 12);
      uint32_t l4 = load32(at + 20), total = __builtin_bswap16((uint16_t)(l2 >> 32)), proto = l4 >> 24;
      if (LIKELY((l2 & 0xffffff) == PLAIN_HEAD && !(l4 & PLAIN_FRAG) && (proto == TCP || proto == UDP) && !(at[0] & 1) &&
                 total - 24 <= len - PLAIN_LEN)) {
        uint64_t addrs = load64(at + 26), slot = index_find4(w, (uint32_t)addrs);
        uint32_t ports = load32(at + 34);
        if (UNLIKELY(ports >> 16 == vxlan) && by_ports) unsupported();
        uint32_t bucket = flow_bucket(addrs, ports);
        uint32_t port = LIKELY(policy == IPMP_POLICY_FLOW) ? family->bucket[bucket]
                                                           : policy_port(w, policy, family, load64(at) & MAC_MASK, slot, bucket);
        struct ipmp_phyint *nic = &w->nic[port];
        store64(at + 6, nic->mac | PLAIN_TYPE);
        nic->kstat[IPMP_KSTAT_OPACKETS]++;
        nic->kstat[IPMP_KSTAT_OBYTES] += len;
        if (slot) w->bytes[slot_ipif(slot)] += len;
        d->out = (uint16_t)port;
        sent++;
        continue;
      }
    }
    sent += tx_one(w, d);
  }
  return sent;
}

static __attribute__((noinline)) uint32_t rx_batch(struct path *w, uint32_t p, struct ipmp_desc *d, uint32_t count) {
  enum { PLAIN_LEN = ETH_LEN + IP4_LEN };
  struct ipmp_phyint *nic = &w->nic[p];
  uint64_t own = nic->mac, mac = w->grp.mac, packets = 0, bytes = 0;
  const uint8_t *reflect = w->grp.reflect;
  uint32_t space = w->io_end - VNET_LEN, taken = 0;
  for (const struct ipmp_desc *end = d + count; d < end; d++) {
    uint32_t len = d->len;
    if (LIKELY(len - PLAIN_LEN < IPMP_FRAME_MAX - PLAIN_LEN && d->off - VNET_LEN <= space - len)) {
      uint8_t *at = w->io + d->off;
      uint64_t dst = load64(at), src = load64(at + 6) & MAC_MASK, l2 = load64(at + 12);
      uint32_t total = __builtin_bswap16((uint16_t)(l2 >> 32));
      if (LIKELY((dst & MAC_MASK) == own && (l2 & 0xffffff) == PLAIN_HEAD && total - IP4_LEN <= len - PLAIN_LEN && !is_group(src) &&
                 !may_be_own(reflect, src) && src)) {
        store64(at, (dst & ~MAC_MASK) | mac);
        packets++;
        bytes += len;
        d->out = IPMP_OUT_DELIVER;
        taken++;
        continue;
      }
    }
    taken += rx_one(w, nic, d);
  }
  nic->kstat[IPMP_KSTAT_IPACKETS] += packets;
  nic->kstat[IPMP_KSTAT_RBYTES] += bytes;
  return taken;
}
