// Where every record of clms.wasm lives.
//
// One static block: the state region (a saved copy of it is a snapshot), then scratch (rings to the host, buffers:
// worth nothing after a restart). Each region begins where the one before ends; nothing else in this module names an
// address.
//
// Invariant: a node number is checked once, at the edge (an export, or the head of a message); accessors do not check.

import {
  CAND_MAX, DURABLE_MAX, EVENT_MAX, Event_SIZE, Fold, Fold_SIZE, META_MAX, MSG_MAX, NODE_MAX, NodeEnt, NodeEnt_SIZE,
  OUT_BYTES, OUT_MAX, Page, Page_SIZE, RING_MAX, SUBSYS_MAX, SVC_MAX, Subsys, Subsys_SIZE, SvcEnt, SvcEnt_SIZE,
  SvcEnt_cand_OFF, SvcEnt_pref_OFF, TransRec, TransRec_SIZE, VOTER_MAX,
} from "../abi/clms";
import { DurableOp_SIZE, Mark_SIZE, OutEnt_SIZE, Peer, Peer_SIZE, Self, Self_SIZE } from "./structs";

/** A time that never comes. */
// @ts-ignore: decorator
@inline export const NEVER: u64 = 0xffff_ffff_ffff_ffff;
/** Nanoseconds of a millisecond. */
// @ts-ignore: decorator
@inline export const MS: u64 = 1_000_000;
/** Writes whose consequences are remembered until they are confirmed (a power of two). */
// @ts-ignore: decorator
@inline export const MARK_MAX: u32 = 64;

// ── The fold image: contiguous, for it is copied as a whole ──
// @ts-ignore: decorator
@inline const ENTS: u32 = NODE_MAX + 1;
// @ts-ignore: decorator
@inline const ENT_IN_FOLD: u32 = Fold_SIZE;
// @ts-ignore: decorator
@inline const UID_IN_FOLD: u32 = ENT_IN_FOLD + ENTS * NodeEnt_SIZE;
// @ts-ignore: decorator
@inline const METAHASH_IN_FOLD: u32 = UID_IN_FOLD + ENTS * 8;
// @ts-ignore: decorator
@inline const SVC_IN_FOLD: u32 = METAHASH_IN_FOLD + ENTS * 8;
/** Bytes of a fold image. */
// @ts-ignore: decorator
@inline export const FOLD_BYTES: u32 = SVC_IN_FOLD + SVC_MAX * SvcEnt_SIZE;

// ── A merge context: head, canonical records, who has nothing where ──
/** merge/context.ts knows what is in it. */
// @ts-ignore: decorator
@inline export const MERGE_BYTES: u32 = 512 + RING_MAX * TransRec_SIZE + RING_MAX * 16 + VOTER_MAX * 32;

// ── State region ──
// @ts-ignore: decorator
@inline const SELF_OFF: u32 = Page_SIZE;
// @ts-ignore: decorator
@inline const FOLD_OFF: u32 = SELF_OFF + Self_SIZE;
// @ts-ignore: decorator
@inline const RING_OFF: u32 = FOLD_OFF + FOLD_BYTES;
// @ts-ignore: decorator
@inline const PEER_OFF: u32 = RING_OFF + RING_MAX * TransRec_SIZE;
// @ts-ignore: decorator
@inline const META_OFF: u32 = PEER_OFF + ENTS * Peer_SIZE;
// @ts-ignore: decorator
@inline const METAHAVE_OFF: u32 = META_OFF + ENTS * META_MAX;
// @ts-ignore: decorator
@inline const SUBSYS_OFF: u32 = METAHAVE_OFF + ENTS * 8;
// @ts-ignore: decorator
@inline const LOCALSVC_OFF: u32 = SUBSYS_OFF + SUBSYS_MAX * Subsys_SIZE;
// @ts-ignore: decorator
@inline const VOTER_OFF: u32 = LOCALSVC_OFF + SVC_MAX * 16;
// @ts-ignore: decorator
@inline const LIVE_OFF: u32 = VOTER_OFF + VOTER_MAX * 2;
// @ts-ignore: decorator
@inline const OBSERVED_OFF: u32 = LIVE_OFF + NODE_MAX * 2;
// @ts-ignore: decorator
@inline const MARK_OFF: u32 = OBSERVED_OFF + 64;
// @ts-ignore: decorator
@inline const DEAF_OFF: u32 = MARK_OFF + MARK_MAX * Mark_SIZE;
// @ts-ignore: decorator
@inline const POLLED_OFF: u32 = DEAF_OFF + ENTS * 16 + 8;
// @ts-ignore: decorator
@inline const DURABLE_OFF: u32 = POLLED_OFF + VOTER_MAX * 2;
// @ts-ignore: decorator
@inline const MERGE_OFF: u32 = DURABLE_OFF + DURABLE_MAX * DurableOp_SIZE;
/** Bytes of the state region. */
// @ts-ignore: decorator
@inline export const STATE_SIZE: u32 = (MERGE_OFF + MERGE_BYTES + 63) & ~63;

// ── Scratch ──
// @ts-ignore: decorator
@inline const MERGE2_OFF: u32 = STATE_SIZE;
// @ts-ignore: decorator
@inline const SCRATCH_OFF: u32 = (MERGE2_OFF + MERGE_BYTES + 63) & ~63;
// @ts-ignore: decorator
@inline const IMAGE_OFF: u32 = (SCRATCH_OFF + FOLD_BYTES + 63) & ~63;
// @ts-ignore: decorator
@inline const EVENT_OFF: u32 = (IMAGE_OFF + MSG_MAX + 63) & ~63;
// @ts-ignore: decorator
@inline const OUTENT_OFF: u32 = EVENT_OFF + EVENT_MAX * Event_SIZE;
// @ts-ignore: decorator
@inline const OUTDATA_OFF: u32 = OUTENT_OFF + OUT_MAX * OutEnt_SIZE;
// @ts-ignore: decorator
@inline const INBOX_OFF: u32 = OUTDATA_OFF + OUT_BYTES;
// @ts-ignore: decorator
@inline const OUTBOX_OFF: u32 = INBOX_OFF + MSG_MAX;
// @ts-ignore: decorator
@inline const END_OFF: u32 = OUTBOX_OFF + 4096;

if (FOLD_OFF % 8 != 0 || RING_OFF % 8 != 0 || PEER_OFF % 8 != 0 || MERGE_OFF % 8 != 0) ERROR("regions begin on 8 bytes");
if (CAND_MAX != 16) ERROR("SvcEnt has room for 16 candidates");

const BASE: usize = memory.data(<i32>END_OFF, 64);

// @ts-ignore: decorator
@inline export function page(): Page { return changetype<Page>(BASE); }
// @ts-ignore: decorator
@inline export function self(): Self { return changetype<Self>(BASE + SELF_OFF); }
// @ts-ignore: decorator
@inline export function stateBase(): usize { return BASE; }

/** The fold of everything applied here. */
// @ts-ignore: decorator
@inline export function foldBase(): usize { return BASE + FOLD_OFF; }
/** A second fold image, to try records on. */
// @ts-ignore: decorator
@inline export function scratchFold(): usize { return BASE + SCRATCH_OFF; }
// @ts-ignore: decorator
@inline export function foldAt(base: usize): Fold { return changetype<Fold>(base); }
// @ts-ignore: decorator
@inline export function fold(): Fold { return changetype<Fold>(BASE + FOLD_OFF); }
/** Node n of a fold image. */
// @ts-ignore: decorator
@inline export function entIn(base: usize, n: u32): NodeEnt { return changetype<NodeEnt>(base + ENT_IN_FOLD + n * NodeEnt_SIZE); }
// @ts-ignore: decorator
@inline export function entAt(n: u32): NodeEnt { return entIn(foldBase(), n); }
/** Where the fingerprint of node n's uuid stands. */
// @ts-ignore: decorator
@inline export function uidIn(base: usize, n: u32): usize { return base + UID_IN_FOLD + n * 8; }
/** Where the hash of node n's metadata stands. */
// @ts-ignore: decorator
@inline export function metaHashIn(base: usize, n: u32): usize { return base + METAHASH_IN_FOLD + n * 8; }
// @ts-ignore: decorator
@inline export function svcIn(base: usize, s: u32): SvcEnt { return changetype<SvcEnt>(base + SVC_IN_FOLD + s * SvcEnt_SIZE); }
// @ts-ignore: decorator
@inline export function svcAt(s: u32): SvcEnt { return svcIn(foldBase(), s); }
// @ts-ignore: decorator
@inline export function candOf(svc: SvcEnt, i: u32): u32 { return load<u16>(changetype<usize>(svc) + (i << 1), SvcEnt_cand_OFF); }
// @ts-ignore: decorator
@inline export function prefOf(svc: SvcEnt, i: u32): u32 { return load<u8>(changetype<usize>(svc) + i, SvcEnt_pref_OFF); }

/** The place of a slot in the ring. */
// @ts-ignore: decorator
@inline export function recAt(slot: u64): TransRec {
  return changetype<TransRec>(BASE + RING_OFF + (<u32>slot & (RING_MAX - 1)) * TransRec_SIZE);
}
// @ts-ignore: decorator
@inline export function peerAt(n: u32): Peer { return changetype<Peer>(BASE + PEER_OFF + n * Peer_SIZE); }
// @ts-ignore: decorator
@inline export function metaAt(n: u32): usize { return BASE + META_OFF + n * META_MAX; }
/** Where the hash of the bytes that metaAt(n) holds stands. */
// @ts-ignore: decorator
@inline export function metaHaveAt(n: u32): usize { return BASE + METAHAVE_OFF + n * 8; }
// @ts-ignore: decorator
@inline export function subsysAt(i: u32): Subsys { return changetype<Subsys>(BASE + SUBSYS_OFF + i * Subsys_SIZE); }
/** 16 bytes for each service: what this node does with it (app/service.ts). */
// @ts-ignore: decorator
@inline export function localSvcAt(s: u32): usize { return BASE + LOCALSVC_OFF + s * 16; }
/** The i-th voter of the fold, in order of number; self().nvoter are valid. */
// @ts-ignore: decorator
@inline export function voterAt(i: u32): u32 { return load<u16>(BASE + VOTER_OFF + (i << 1)); }
// @ts-ignore: decorator
@inline export function voterPut(i: u32, n: u32): void { store<u16>(BASE + VOTER_OFF + (i << 1), <u16>n); }
/** The i-th live node (COMINGUP to GOINGDOWN), in order of number; fold().nlive are valid. */
// @ts-ignore: decorator
@inline export function liveAt(i: u32): u32 { return load<u16>(BASE + LIVE_OFF + (i << 1)); }
// @ts-ignore: decorator
@inline export function livePut(i: u32, n: u32): void { store<u16>(BASE + LIVE_OFF + (i << 1), <u16>n); }
/** The i-th node that this node probes (detect/observers.ts); self().nobserved are valid. */
// @ts-ignore: decorator
@inline export function observedAt(i: u32): u32 { return load<u16>(BASE + OBSERVED_OFF + (i << 1)); }
// @ts-ignore: decorator
@inline export function observedPut(i: u32, n: u32): void { store<u16>(BASE + OBSERVED_OFF + (i << 1), <u16>n); }
// @ts-ignore: decorator
@inline export function markAt(i: u32): usize { return BASE + MARK_OFF + (i & (MARK_MAX - 1)) * Mark_SIZE; }
/** 16 bytes for each node: to which voters (bit i = polledAt(i)) it is deaf, as its report to a takeover says. */
// @ts-ignore: decorator
@inline export function deafAt(n: u32): usize { return BASE + DEAF_OFF + n * 16; }
/** The i-th voter when this takeover began to collect; 0 beyond the last. What it then applies may change the list of voters. */
// @ts-ignore: decorator
@inline export function polledAt(i: u32): u32 { return load<u16>(BASE + POLLED_OFF + (i << 1)); }
// @ts-ignore: decorator
@inline export function polledPut(i: u32, n: u32): void { store<u16>(BASE + POLLED_OFF + (i << 1), <u16>n); }
/** Merge context 0 is the takeover's, 1 that of the exported merge. */
// @ts-ignore: decorator
@inline export function mergeBase(ctx: u32): usize { return BASE + (ctx == 0 ? MERGE_OFF : MERGE2_OFF); }
// @ts-ignore: decorator
@inline export function eventAt(i: u32): usize { return BASE + EVENT_OFF + (i & (EVENT_MAX - 1)) * Event_SIZE; }
// @ts-ignore: decorator
@inline export function durableAt(i: u32): usize { return BASE + DURABLE_OFF + (i & (DURABLE_MAX - 1)) * DurableOp_SIZE; }
// @ts-ignore: decorator
@inline export function outEntAt(i: u32): usize { return BASE + OUTENT_OFF + (i & (OUT_MAX - 1)) * OutEnt_SIZE; }
// @ts-ignore: decorator
@inline export function outData(): usize { return BASE + OUTDATA_OFF; }
/** MSG_MAX bytes where a checkpoint for the disk, or a report for the host, is put together. */
// @ts-ignore: decorator
@inline export function imageBuffer(): usize { return BASE + IMAGE_OFF; }
// @ts-ignore: decorator
@inline export function inbox(): usize { return BASE + INBOX_OFF; }
/** 4,096 bytes for what comes out. */
// @ts-ignore: decorator
@inline export function outbox(): usize { return BASE + OUTBOX_OFF; }

/** Forgets what is no part of the state: a merge on its own that was begun, or is done. */
export function scratchInit(): void { memory.fill(BASE + MERGE2_OFF, 0, 512); }

/** All state and scratch zero, but for the page's addresses. The big buffers keep what they hold: nobody reads before writing. */
export function layoutInit(): void {
  memory.fill(BASE, 0, PEER_OFF);
  memory.fill(BASE + PEER_OFF, 0, META_OFF - PEER_OFF);
  memory.fill(BASE + METAHAVE_OFF, 0, MERGE_OFF + 512 - METAHAVE_OFF);
  scratchInit();
  layoutPage();
}

/** Fills in the page's addresses. */
export function layoutPage(): void {
  const pg = page();
  pg.state_size = STATE_SIZE;
  pg.inbox_base = <u32>inbox();
  pg.outbox_base = <u32>outbox();
  pg.event_base = <u32>eventAt(0);
  pg.fold_base = <u32>foldBase();
  pg.ent_base = <u32>changetype<usize>(entAt(0));
  pg.uid_base = <u32>uidIn(foldBase(), 0);
  pg.svc_base = <u32>changetype<usize>(svcAt(0));
  pg.ring_base = <u32>changetype<usize>(recAt(0));
  pg.meta_base = <u32>metaAt(0);
  pg.fold_size = FOLD_BYTES;
}
