// The arbiter: a third party's register that gives one vote, to one set of nodes at a time.
//
// The register holds (ballot, set). Its vote counts for a master of that very ballot, and only while every node of the
// set agrees. It may be changed to another set only if the two share a node: that one has seen everything that was
// decided with the vote, so nothing is lost. The host reads and writes it with compare-and-swap; it decides nothing.

import {
  BITMAP_BYTES, EINVAL, ENGINE_ARBITER, ENGINE_MASTER, EPERM, EPROTO, EVENT_ARB_READ, EVENT_ARB_WRITE, MODE_ARBITER,
  Page_arb_register_OFF,
} from "../../abi/clms";
import { bitPut, bitsClear, bitsSame } from "../bits";
import { eventEmit } from "../event";
import { isVoter } from "../fold/fold";
import { entIn, fold, foldAt, foldBase, inbox, page, self, voterAt } from "../layout";
import { REPORTS, arbiterMay, counts, enough, registerSet } from "../log/quorum";
import { Self_register_OFF } from "../structs";
import { TE_RENEW, TE_TIMEOUT, engineStep } from "./fsm";
import { newBallot } from "./prevote";

/** What is asked of the host at present. */
// @ts-ignore: decorator
@inline const ASK_NONE: u32 = 0;
// @ts-ignore: decorator
@inline const ASK_READ: u32 = 1;
// @ts-ignore: decorator
@inline const ASK_WRITE: u32 = 2;
// @ts-ignore: decorator
@inline const REGISTER_BYTES: u32 = 16 + BITMAP_BYTES;
/** Where the cluster stands in it, behind the ballot. */
// @ts-ignore: decorator
@inline const CLUSTER_OFF: usize = 8;

/** The set that the vote is wanted for. */
const WANTED: usize = memory.data(<i32>BITMAP_BYTES, 8);

// @ts-ignore: decorator
@inline function register(): usize { return changetype<usize>(self()) + Self_register_OFF; }

/** The voters that have reported, or, on a master, have accepted everything. O(voters). */
function wantedSet(): void {
  const slot = <u32>page().engine == ENGINE_MASTER ? max<u64>(page().last, 1) : REPORTS;
  bitsClear(WANTED);
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) if (counts(foldBase(), voterAt(i), slot)) bitPut(WANTED, voterAt(i), true);
}

/** Would the reports suffice by this configuration if the arbiter gave its vote, and not without? */
export function arbiterNeeded(base: usize): bool {
  if (<u32>foldAt(base).mode != MODE_ARBITER || enough(base, REPORTS)) return false;
  let total: u32 = 1;
  let votes: u32 = 1;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    const ent = entIn(base, n);
    if (!isVoter(ent)) continue;
    total += ent.votes;
    if (counts(base, n, REPORTS)) votes += ent.votes;
  }
  return votes << 1 > total;
}

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
  wantedSet();
  if (me.arb_seen != 0 && bitsSame(WANTED, registerSet()) && me.arb_held != 0) return false;
  const lasted = page().now - min<u64>(page().now, me.master_since);
  const stuck = page().last > page().applied && lasted > me.poll_ns && !enough(foldBase(), page().applied + 1);
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
  wantedSet();
  const foreign = me.arb_seen != 0 && load<u64>(register(), CLUSTER_OFF) != me.cluster;
  if (foreign || load<u64>(register()) >= pg.ballot || !arbiterMay(foldBase(), WANTED)) {
    if (engine == ENGINE_ARBITER) engineStep(TE_TIMEOUT);
    return;
  }
  const at = changetype<usize>(pg) + Page_arb_register_OFF;
  store<u64>(at, pg.ballot);
  store<u64>(at, me.cluster, CLUSTER_OFF);
  memory.copy(at + 16, WANTED, BITMAP_BYTES);
  pg.arb_version = me.arb_seen;
  me.arb_asked = ASK_WRITE;
  me.arb_next = pg.now + me.poll_ns;
  eventEmit(EVENT_ARB_WRITE).arg = me.arb_seen;
}

/** A register that a node of some cluster could have written: it names a node. */
function registerSound(at: usize): bool {
  if (load<u64>(at) == 0) return false;
  for (let i: u32 = 16; i < REGISTER_BYTES; i += 8) if (load<u64>(at + i) != 0) return true;
  return false;
}
