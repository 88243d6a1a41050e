// Where every record of ipmp.wasm lives.
//
// One static block: the state region (a saved copy of it is a snapshot), then scratch (descriptors, rings,
// inbox: worth nothing after a restart), then, to the end of memory, the I/O region for frames.
// Each region begins where the one before ends; nothing else in this module names an address.
//
// Invariant: a handle (group, phyint, ipif, arpent) is checked once, by the function that the host calls;
// the accessors here do not check.

import {
  ADDR_MAX, ADDR_SLOTS, ARPENT_MAX, Announce, Announce_SIZE, Announce_vlan_OFF, Arpent_SIZE, CLAIM_MAX, CTL_MAX, Ctl_SIZE,
  DESC_MAX, Desc_SIZE, EVENT_MAX, EXTENT_GRP, EXTENT_MAX, EXTENT_PHYINT, EXTENT_WHOLE, Event_SIZE, Extent, Extent_SIZE,
  GRP_MAX, Grp, Grp_SIZE, Grp_members_OFF, Illgrp, Illgrp_SIZE,
  Illgrp_actif_OFF, Illgrp_bucket_OFF, Ill, Ill_SIZE, Ipif, Ipif_SIZE, Arpent, Kstats_SIZE, MCAST_MAX, NEXTHOP_MAX,
  PHYINT_MAX, Page, Page_SIZE, Phyint, Phyint_SIZE, Phyint_ill4_OFF, Probe, ProbeRec, ProbeRec_SIZE, Probe_SIZE, Probe_rec_OFF,
  Probe_target_OFF, QUERIER_MAX, RESOLVE_MAX, TARGET_MAX, Target, Target_SIZE, VADDR_MAX, Watch, Watch_SIZE, Watch_list_OFF,
} from "../abi/ipmp";

/** "None" wherever a phyint, group, address or entry is named by a u16. */
// @ts-ignore: decorator
@inline export const NONE: u32 = 0xffff;
/** A deadline that never comes. */
// @ts-ignore: decorator
@inline export const NEVER: u64 = 0xffff_ffff_ffff_ffff;

// Records that never leave the module, so their sizes are not ABI.
/** addr_table.ts: key u32, then index, port, flags packed in a u32. */
// @ts-ignore: decorator
@inline export const SLOT_SIZE: u32 = 8;
/** nexthop.ts */
// @ts-ignore: decorator
@inline export const NEXTHOP_SIZE: u32 = 8;
/** resolve.ts */
// @ts-ignore: decorator
@inline export const RESOLVE_SIZE: u32 = 48;
/** mcast.ts */
// @ts-ignore: decorator
@inline export const MCAST_SIZE: u32 = 96;
/** querier.ts */
// @ts-ignore: decorator
@inline export const QUERIER_SIZE: u32 = 24;
/** vlan.ts */
// @ts-ignore: decorator
@inline export const VADDR_SIZE: u32 = 40;
/** claims.ts */
// @ts-ignore: decorator
@inline export const CLAIM_SIZE: u32 = 24;
/** load.ts */
// @ts-ignore: decorator
@inline export const LOAD_SIZE: u32 = 8;
/** Watchers of all NICs: two kinds of probe, two families. A watcher is named by its index: (2 × phyint + kind) × 2 + family. */
// @ts-ignore: decorator
@inline export const PROBE_COUNT: u32 = 4 * PHYINT_MAX;
/** probe/heap.ts: a count, then for each watcher a time, a place, an entry. */
// @ts-ignore: decorator
@inline export const HEAP_SIZE: u32 = 64 + PROBE_COUNT * 12;

// ── State region ──
// @ts-ignore: decorator
@inline const GRP_OFF: u32 = Page_SIZE;
// @ts-ignore: decorator
@inline const ILLGRP_OFF: u32 = GRP_OFF + GRP_MAX * Grp_SIZE;
// @ts-ignore: decorator
@inline const PHYINT_OFF: u32 = ILLGRP_OFF + 2 * GRP_MAX * Illgrp_SIZE;
// @ts-ignore: decorator
@inline const ARPENT_OFF: u32 = PHYINT_OFF + PHYINT_MAX * Phyint_SIZE;
// @ts-ignore: decorator
@inline const NEXTHOP_OFF: u32 = ARPENT_OFF + GRP_MAX * ARPENT_MAX * Arpent_SIZE;
// @ts-ignore: decorator
@inline const RESOLVE_OFF: u32 = NEXTHOP_OFF + GRP_MAX * NEXTHOP_MAX * NEXTHOP_SIZE;
// @ts-ignore: decorator
@inline const MCAST_OFF: u32 = RESOLVE_OFF + GRP_MAX * RESOLVE_MAX * RESOLVE_SIZE;
// @ts-ignore: decorator
@inline const QUERIER_OFF: u32 = MCAST_OFF + 2 * GRP_MAX * MCAST_MAX * MCAST_SIZE;
// @ts-ignore: decorator
@inline const ANNOUNCE_OFF: u32 = QUERIER_OFF + 2 * GRP_MAX * QUERIER_MAX * QUERIER_SIZE;
// @ts-ignore: decorator
@inline const VADDR_OFF: u32 = ANNOUNCE_OFF + GRP_MAX * Announce_SIZE;
// @ts-ignore: decorator
@inline const CLAIM_OFF: u32 = VADDR_OFF + GRP_MAX * VADDR_MAX * VADDR_SIZE;
// @ts-ignore: decorator
@inline const SLOT_OFF: u32 = CLAIM_OFF + GRP_MAX * CLAIM_MAX * CLAIM_SIZE;
// @ts-ignore: decorator
@inline const BYTES_OFF: u32 = SLOT_OFF + GRP_MAX * ADDR_SLOTS * SLOT_SIZE;
// @ts-ignore: decorator
@inline const LOAD_OFF: u32 = BYTES_OFF + GRP_MAX * ADDR_MAX * 8;
// @ts-ignore: decorator
@inline const PIN_OFF: u32 = LOAD_OFF + GRP_MAX * ADDR_MAX * LOAD_SIZE;
// @ts-ignore: decorator
@inline const IPIF_OFF: u32 = PIN_OFF + GRP_MAX * ADDR_MAX * 2;
// @ts-ignore: decorator
@inline const WATCH_OFF: u32 = IPIF_OFF + GRP_MAX * ADDR_MAX * Ipif_SIZE;
// @ts-ignore: decorator
@inline const HEAP_OFF: u32 = WATCH_OFF + GRP_MAX * Watch_SIZE;
// @ts-ignore: decorator
@inline const PROBE_OFF: u32 = HEAP_OFF + HEAP_SIZE;
/** Bytes of the state region. */
// @ts-ignore: decorator
@inline export const STATE_SIZE: u32 = PROBE_OFF + PROBE_COUNT * Probe_SIZE;

// ── Scratch ──
// @ts-ignore: decorator
@inline const DESC_OFF: u32 = STATE_SIZE;
// @ts-ignore: decorator
@inline const CTL_OFF: u32 = DESC_OFF + DESC_MAX * Desc_SIZE;
// @ts-ignore: decorator
@inline const EVENT_OFF: u32 = CTL_OFF + CTL_MAX * Ctl_SIZE;
// @ts-ignore: decorator
@inline const STATS_OFF: u32 = EVENT_OFF + EVENT_MAX * Event_SIZE;
// @ts-ignore: decorator
@inline const EXTENT_OFF: u32 = STATS_OFF + Kstats_SIZE;
// @ts-ignore: decorator
@inline const INBOX_OFF: u32 = EXTENT_OFF + EXTENT_MAX * Extent_SIZE;
/** Bytes of the inbox. */
// @ts-ignore: decorator
@inline export const INBOX_SIZE: u32 = 256;
// @ts-ignore: decorator
@inline const END_OFF: u32 = INBOX_OFF + INBOX_SIZE;

if (STATE_SIZE % 64 != 0) ERROR("the state region ends on a cache line");

const BASE: usize = memory.data(<i32>END_OFF, 64);
/** I/O begins on a 64 KiB boundary, so that the pages of a kernel's ring can be mapped there on every platform. */
// @ts-ignore: decorator
@inline export function ioBase(): u32 { return <u32>((BASE + END_OFF + 0xffff) & ~0xffff); }
// @ts-ignore: decorator
@inline export function ioEnd(): u32 { return <u32>memory.size() << 16; }

// @ts-ignore: decorator
@inline export function page(): Page { return changetype<Page>(BASE); }
// @ts-ignore: decorator
@inline export function stateBase(): usize { return BASE; }
// @ts-ignore: decorator
@inline export function grpAt(g: u32): Grp { return changetype<Grp>(BASE + GRP_OFF + g * Grp_SIZE); }
// @ts-ignore: decorator
@inline export function illgrpAt(g: u32, family: u32): Illgrp {
  return changetype<Illgrp>(BASE + ILLGRP_OFF + (2 * g + family) * Illgrp_SIZE);
}
// @ts-ignore: decorator
@inline export function phyintAt(p: u32): Phyint { return changetype<Phyint>(BASE + PHYINT_OFF + p * Phyint_SIZE); }
// @ts-ignore: decorator
@inline export function illAt(p: u32, family: u32): Ill {
  return changetype<Ill>(BASE + PHYINT_OFF + p * Phyint_SIZE + Phyint_ill4_OFF + family * Ill_SIZE);
}
// @ts-ignore: decorator
@inline export function ipifAt(g: u32, i: u32): Ipif { return changetype<Ipif>(BASE + IPIF_OFF + (g * ADDR_MAX + i) * Ipif_SIZE); }
// @ts-ignore: decorator
@inline export function arpentAt(g: u32, i: u32): Arpent {
  return changetype<Arpent>(BASE + ARPENT_OFF + (g * ARPENT_MAX + i) * Arpent_SIZE);
}
/** The slots of group g's address index. */
// @ts-ignore: decorator
@inline export function slotsOf(g: u32): usize { return BASE + SLOT_OFF + g * (ADDR_SLOTS * SLOT_SIZE); }
/** Bytes sent per data address of group g: u64 by ipif. */
// @ts-ignore: decorator
@inline export function ipifBytesOf(g: u32): usize { return BASE + BYTES_OFF + g * (ADDR_MAX * 8); }
/** What is remembered of the traffic of group g's address i. */
// @ts-ignore: decorator
@inline export function loadAt(g: u32, i: u32): usize { return BASE + LOAD_OFF + (g * ADDR_MAX + i) * LOAD_SIZE; }
// @ts-ignore: decorator
@inline function pinAt(g: u32, i: u32): usize { return BASE + PIN_OFF + ((g * ADDR_MAX + i) << 1); }
/** The phyint that group g's address i is pinned to, or NONE. */
// @ts-ignore: decorator
@inline export function pinOf(g: u32, i: u32): u32 { return load<u16>(pinAt(g, i)); }
// @ts-ignore: decorator
@inline export function pinSet(g: u32, i: u32, phyint: u32): void { store<u16>(pinAt(g, i), <u16>phyint); }
// @ts-ignore: decorator
@inline export function nexthopsOf(g: u32): usize { return BASE + NEXTHOP_OFF + g * (NEXTHOP_MAX * NEXTHOP_SIZE); }
// @ts-ignore: decorator
@inline export function resolvesOf(g: u32): usize { return BASE + RESOLVE_OFF + g * (RESOLVE_MAX * RESOLVE_SIZE); }
// @ts-ignore: decorator
@inline export function mcastsOf(g: u32, family: u32): usize { return BASE + MCAST_OFF + (2 * g + family) * (MCAST_MAX * MCAST_SIZE); }
/** Queriers of a group's family: QUERIER_MAX of them. */
// @ts-ignore: decorator
@inline export function queriersOf(g: u32, family: u32): usize {
  return BASE + QUERIER_OFF + (2 * g + family) * (QUERIER_MAX * QUERIER_SIZE);
}
// @ts-ignore: decorator
@inline export function announceAt(g: u32): Announce { return changetype<Announce>(BASE + ANNOUNCE_OFF + g * Announce_SIZE); }
/** Addresses that group g's stack uses in VLANs. */
// @ts-ignore: decorator
@inline export function vaddrAt(g: u32, e: u32): usize { return BASE + VADDR_OFF + (g * VADDR_MAX + e) * VADDR_SIZE; }
/** The counts of foreign claims of group g. */
// @ts-ignore: decorator
@inline export function claimAt(g: u32, e: u32): usize { return BASE + CLAIM_OFF + (g * CLAIM_MAX + e) * CLAIM_SIZE; }
/** How group g's members are watched. */
// @ts-ignore: decorator
@inline export function watchOf(g: u32): Watch { return changetype<Watch>(BASE + WATCH_OFF + g * Watch_SIZE); }
/** Watcher n. */
// @ts-ignore: decorator
@inline export function probeAt(n: u32): Probe { return changetype<Probe>(BASE + PROBE_OFF + n * Probe_SIZE); }
// @ts-ignore: decorator
@inline export function probeIndex(p: u32, kind: u32, family: u32): u32 { return ((p << 1 | kind) << 1) | family; }
// @ts-ignore: decorator
@inline export function heapBase(): usize { return BASE + HEAP_OFF; }
// @ts-ignore: decorator
@inline export function descAt(i: u32): usize { return BASE + DESC_OFF + i * Desc_SIZE; }
// @ts-ignore: decorator
@inline export function ctlAt(i: u32): usize { return BASE + CTL_OFF + (i & (CTL_MAX - 1)) * Ctl_SIZE; }
// @ts-ignore: decorator
@inline export function eventAt(i: u32): usize { return BASE + EVENT_OFF + (i & (EVENT_MAX - 1)) * Event_SIZE; }
// @ts-ignore: decorator
@inline export function statsBase(): usize { return BASE + STATS_OFF; }
// @ts-ignore: decorator
@inline export function inbox(): usize { return BASE + INBOX_OFF; }

// ── The arrays inside records ──
/** The i-th member of a group, in the order they joined. */
// @ts-ignore: decorator
@inline export function memberOf(grp: Grp, i: u32): u32 { return load<u16>(changetype<usize>(grp) + (i << 1), Grp_members_OFF); }
/** The i-th active member of a family, in the order they became active. */
// @ts-ignore: decorator
@inline export function activeOf(ig: Illgrp, i: u32): u32 { return load<u16>(changetype<usize>(ig) + (i << 1), Illgrp_actif_OFF); }
/** The i-th VLAN that a group's data addresses are announced in. */
// @ts-ignore: decorator
@inline export function vlanOf(ann: Announce, i: u32): u32 { return load<u32>(changetype<usize>(ann) + (i << 2), Announce_vlan_OFF); }
/** The phyint that carries a flow bucket. */
// @ts-ignore: decorator
@inline export function bucketOf(ig: Illgrp, b: u32): u32 { return load<u16>(changetype<usize>(ig) + (b << 1), Illgrp_bucket_OFF); }

/** The i-th target of a watcher. */
// @ts-ignore: decorator
@inline export function targetAt(pr: Probe, i: u32): Target {
  return changetype<Target>(changetype<usize>(pr) + Probe_target_OFF + i * Target_SIZE);
}
/** The record in place i of a watcher's ring. */
// @ts-ignore: decorator
@inline export function recAt(pr: Probe, i: u32): ProbeRec {
  return changetype<ProbeRec>(changetype<usize>(pr) + Probe_rec_OFF + i * ProbeRec_SIZE);
}
/** A list of a group's targets: TARGET_MAX addresses of 16 bytes. */
// @ts-ignore: decorator
@inline export function targetList(w: Watch, kind: u32, family: u32): usize {
  return changetype<usize>(w) + Watch_list_OFF + (kind << 1 | family) * (TARGET_MAX << 4);
}

/** All state and scratch zero, but for the page's addresses. */
export function layoutInit(): void {
  memory.fill(BASE, 0, END_OFF);
  layoutPage();
}

/** Fills in the page's addresses. */
export function layoutPage(): void {
  const pg = page();
  pg.io_base = ioBase();
  pg.io_end = ioEnd();
  pg.state_size = STATE_SIZE;
  pg.desc_base = <u32>descAt(0);
  pg.ctl_base = <u32>ctlAt(0);
  pg.event_base = <u32>eventAt(0);
  pg.stats_base = <u32>statsBase();
  pg.inbox_base = <u32>inbox();
  pg.grp_base = <u32>changetype<usize>(grpAt(0));
  pg.illgrp_base = <u32>changetype<usize>(illgrpAt(0, 0));
  pg.phyint_base = <u32>changetype<usize>(phyintAt(0));
  pg.ipif_base = <u32>changetype<usize>(ipifAt(0, 0));
  pg.arpent_base = <u32>changetype<usize>(arpentAt(0, 0));
  pg.ipif_bytes_base = <u32>ipifBytesOf(0);
  pg.pin_base = <u32>pinAt(0, 0);
  pg.extent_base = <u32>(BASE + EXTENT_OFF);
  layoutExtents();
}

/** The next table: it ends where the following one begins. */
function extent(off: u32, end: u32, count: u32, by: u32): void {
  const pg = page();
  const e = changetype<Extent>(BASE + EXTENT_OFF + pg.extent_count * Extent_SIZE);
  e.off = off;
  e.slice = (end - off) / count;
  e.count = count;
  e.by = by;
  pg.extent_count += 1;
}

/** Fills in the tables of the state region, in order. */
function layoutExtents(): void {
  page().extent_count = 0;
  extent(0, GRP_OFF, 1, EXTENT_WHOLE);
  extent(GRP_OFF, ILLGRP_OFF, GRP_MAX, EXTENT_GRP);
  extent(ILLGRP_OFF, PHYINT_OFF, GRP_MAX, EXTENT_GRP);
  extent(PHYINT_OFF, ARPENT_OFF, PHYINT_MAX, EXTENT_PHYINT);
  extent(ARPENT_OFF, NEXTHOP_OFF, GRP_MAX, EXTENT_GRP);
  extent(NEXTHOP_OFF, RESOLVE_OFF, GRP_MAX, EXTENT_GRP);
  extent(RESOLVE_OFF, MCAST_OFF, GRP_MAX, EXTENT_GRP);
  extent(MCAST_OFF, QUERIER_OFF, GRP_MAX, EXTENT_GRP);
  extent(QUERIER_OFF, ANNOUNCE_OFF, GRP_MAX, EXTENT_GRP);
  extent(ANNOUNCE_OFF, VADDR_OFF, GRP_MAX, EXTENT_GRP);
  extent(VADDR_OFF, CLAIM_OFF, GRP_MAX, EXTENT_GRP);
  extent(CLAIM_OFF, SLOT_OFF, GRP_MAX, EXTENT_GRP);
  extent(SLOT_OFF, BYTES_OFF, GRP_MAX, EXTENT_GRP);
  extent(BYTES_OFF, LOAD_OFF, GRP_MAX, EXTENT_GRP);
  extent(LOAD_OFF, PIN_OFF, GRP_MAX, EXTENT_GRP);
  extent(PIN_OFF, IPIF_OFF, GRP_MAX, EXTENT_GRP);
  extent(IPIF_OFF, WATCH_OFF, GRP_MAX, EXTENT_GRP);
  extent(WATCH_OFF, HEAP_OFF, GRP_MAX, EXTENT_GRP);
  extent(HEAP_OFF, PROBE_OFF, 1, EXTENT_WHOLE);
  extent(PROBE_OFF, STATE_SIZE, PHYINT_MAX, EXTENT_PHYINT);
}
