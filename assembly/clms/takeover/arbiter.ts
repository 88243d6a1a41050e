// The arbiter: a third party's register that gives one vote, to one set of nodes at a time.
//
// The register holds (ballot, cluster, set, slot and hash of the last record that its writer had taken over). Its vote counts
// for a master of that very ballot, and only while every node of the set agrees. It may be changed to another set only if the
// two share a node, and by one that has what the writer had, decided or not: a node of the set has promised the writer, but
// what the writer had taken over from others that node has only when it has accepted it. So whatever was decided with the vote
// is known to whom it goes to next. The host reads and writes it with compare-and-swap; it decides nothing.

import {
  BITMAP_BYTES, EINVAL, ENGINE_ARBITER, ENGINE_MASTER, EPERM, EPROTO, EVENT_ARB_READ, EVENT_ARB_WRITE, KIND_EPOCH, MODE_ARBITER,
  Page_arb_register_OFF, RECF_GAP, RECF_REPROPOSED, TransRec,
} from "../../abi/clms";
import { bitsSame } from "../bits";
import { eventEmit } from "../event";
import { fold, foldBase, inbox, page, recAt, self } from "../layout";
import { decidable } from "../master/decide";
import { arbiterMay, registerSet } from "../log/quorum";
import { mergeFinish, mergeRecord } from "../merge/walk";
import { M_VOTE_GOES_ON, mutant } from "../mutant";
import { timeCheck } from "../pause";
import { recOf } from "../record";
import { Self_register_OFF } from "../structs";
import { TE_RENEW, TE_TIMEOUT, engineStep } from "./fsm";
import { backOff, newBallot } from "./prevote";
import { agreeThroughout } from "./throughout";

/** What is asked of the host at present. */
// @ts-ignore: decorator
@inline const ASK_NONE: u32 = 0;
// @ts-ignore: decorator
@inline const ASK_READ: u32 = 1;
// @ts-ignore: decorator
@inline const ASK_WRITE: u32 = 2;
// @ts-ignore: decorator
@inline const SET_OFF: u32 = 16;
// @ts-ignore: decorator
@inline const SLOT_OFF: u32 = SET_OFF + BITMAP_BYTES;
// @ts-ignore: decorator
@inline const HASH_OFF: u32 = SLOT_OFF + 8;
// @ts-ignore: decorator
@inline const REGISTER_BYTES: u32 = HASH_OFF + 8;
/** Where the cluster stands in it, behind the ballot. */
// @ts-ignore: decorator
@inline const CLUSTER_OFF: usize = 8;

/** The set that the vote is wanted for. */
const WANTED: usize = memory.data(<i32>BITMAP_BYTES, 8);

// @ts-ignore: decorator
@inline function register(): usize { return changetype<usize>(self()) + Self_register_OFF; }

/** Asks the host to read the register, unless that is under way. */
export function arbiterStart(): void {
  const me = self();
  if (page().now < me.arb_next && me.arb_asked != ASK_NONE) return;
  me.arb_asked = ASK_READ;
  me.arb_next = page().now + me.poll_ns;
  eventEmit(EVENT_ARB_READ);
}

/** Time goes on: what was not answered is asked again; a master sees to it that the register names who takes part. */
export function arbiterTick(): void {
  const me = self();
  if (<u32>fold().mode != MODE_ARBITER) return;
  const engine: u32 = page().engine;
  if (engine == ENGINE_ARBITER) arbiterStart();
  if (engine != ENGINE_MASTER || page().now < me.arb_next) return;
  if (me.arb_read != page().ballot) {
    arbiterStart();
    return;
  }
  if (!wants()) return;
  // One set in one ballot (S35): for another one this master takes over from itself.
  if (me.arb_held == 0 || me.arb_ballot != page().ballot) arbiterStart();
  else if (engineStep(TE_RENEW)) newBallot();
}

/** Should the register name another set: a smaller one if nothing can be decided otherwise, a larger one whenever it can be? */
function wants(): bool {
  const me = self();
  agreeThroughout(WANTED);
  if (me.arb_seen != 0 && bitsSame(WANTED, registerSet()) && me.arb_held != 0) return false;
  const lasted = page().now - min<u64>(page().now, me.master_since);
  const stuck = page().last > page().applied && lasted > me.poll_ns && !decidable(page().applied + 1);
  const settled = lasted > 8 * me.probe_ns && page().last == page().applied;
  return (stuck || (me.arb_seen != 0 && settled && wider())) && arbiterMay(foldBase(), WANTED);
}

/** Is the wanted set the register's, and more? */
function wider(): bool {
  for (let i: u32 = 0; i < BITMAP_BYTES; i += 8) {
    if ((load<u64>(registerSet() + i) & ~load<u64>(WANTED + i)) != 0) return false;
  }
  return !bitsSame(WANTED, registerSet());
}

/**
 * The host's answer: what the register holds now. Whether the vote is this master's is read from that, never from what was
 * asked, for answers may come late. 1 if it is.
 */
export function arbiterAnswer(version: u64, status: u32): i32 {
  const me = self();
  if (me.arb_asked == ASK_NONE) return -EPERM;
  if (status > 2) return -EINVAL;
  if (status == 1 && version != 0 && !registerSound(inbox())) return -EPROTO;
  // Only now: what is refused changes nothing.
  timeCheck();
  me.arb_asked = ASK_NONE;
  me.arb_next = page().now + me.probe_ns;
  if (status != 1) {
    if (status == 0) arbiterStart();
    return 0;
  }
  me.arb_seen = version;
  me.arb_read = page().ballot;
  if (version == 0) memory.fill(register(), 0, REGISTER_BYTES);
  else memory.copy(register(), inbox(), REGISTER_BYTES);
  me.arb_ballot = load<u64>(register());
  me.arb_held = u32(version != 0 && me.arb_ballot == page().ballot);
  if (me.arb_held != 0) return 1;
  if (<u32>page().engine == ENGINE_ARBITER || wants()) write();
  return 0;
}

/** The register as it was read allows the wanted set, or it does not. */
function write(): void {
  const me = self();
  const pg = page();
  const engine: u32 = pg.engine;
  if (engine != ENGINE_ARBITER && engine != ENGINE_MASTER) return;
  agreeThroughout(WANTED);
  const foreign = me.arb_seen != 0 && load<u64>(register(), CLUSTER_OFF) != me.cluster;
  if (foreign || load<u64>(register()) >= pg.ballot || !arbiterMay(foldBase(), WANTED) || !hasAll()) {
    if (engine == ENGINE_ARBITER && engineStep(TE_TIMEOUT)) backOff(pg.now);
    return;
  }
  const at = changetype<usize>(pg) + Page_arb_register_OFF;
  store<u64>(at, pg.ballot);
  store<u64>(at, me.cluster, CLUSTER_OFF);
  memory.copy(at + SET_OFF, WANTED, BITMAP_BYTES);
  takenOver(at);
  pg.arb_version = me.arb_seen;
  me.arb_asked = ASK_WRITE;
  me.arb_next = pg.now + me.poll_ns;
  eventEmit(EVENT_ARB_WRITE).arg = me.arb_seen;
}

/** Slot and hash of the last record that this node takes over, or that a master has: its EPOCH is the first that is its own. */
function takenOver(at: usize): void {
  const me = self();
  const pg = page();
  const master = <u32>pg.engine == ENGINE_MASTER;
  const n: i32 = master ? 0 : mergeFinish(0);
  const last = master ? max<u64>(pg.applied, me.epoch_slot - 1) : pg.applied + <u64>max<i32>(n, 0);
  let hash = fold().hash;
  if (last > pg.applied) hash = master ? recAt(last).self_hash : recOf(mergeRecord(0, <u32>n - 1)).self_hash;
  store<u64>(at, last, SLOT_OFF);
  store<u64>(at, hash, HASH_OFF);
}

/**
 * Is what the writer of the register had taken over in this node's log, or in the list that it takes over? What is decided
 * here in that slot is what was decided. And a master of a higher ballot than the register's did without the vote: enough nodes
 * had reported to it to know whatever was decided with that. It may be this one, or one whose list, up to its EPOCH, is here.
 */
function hasAll(): bool {
  if (mutant(M_VOTE_GOES_ON)) return true;
  const me = self();
  const pg = page();
  const slot = load<u64>(register(), SLOT_OFF);
  if (me.arb_seen == 0 || slot <= pg.applied || isEpochAbove(recAt(fold().epoch_slot))) return true;
  if (<u32>pg.engine == ENGINE_MASTER) return me.arb_free != 0 || holds(recAt(slot), slot);
  const n = mergeFinish(0);
  for (let i: i32 = 0; i < n; i++) {
    const rec = recOf(mergeRecord(0, <u32>i));
    if (isEpochAbove(rec) || holds(rec, slot)) return true;
  }
  return false;
}

function isEpochAbove(rec: TransRec): bool { return <u32>rec.kind == KIND_EPOCH && rec.arg > load<u64>(register()); }

/** Is it the record that the register speaks of, or the proof, made by this merge and none before, that nothing was decided there? */
function holds(rec: TransRec, slot: u64): bool {
  const gap = (<u32>rec.flags & (RECF_GAP | RECF_REPROPOSED)) == RECF_GAP;
  return rec.slot == slot && (rec.self_hash == load<u64>(register(), HASH_OFF) || gap);
}

/** A register that a node of some cluster could have written: it names a node. */
function registerSound(at: usize): bool {
  if (load<u64>(at) == 0) return false;
  for (let i: u32 = SET_OFF; i < SLOT_OFF; i += 8) if (load<u64>(at + i) != 0) return true;
  return false;
}
