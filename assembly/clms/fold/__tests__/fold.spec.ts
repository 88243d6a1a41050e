// The fold: which record may be the next, what it does; a set of nodedowns from its first record to its last.

import {
  CFGOP_MODE, CFGOP_NODE, CFGOP_PROTO, CFGOP_REMOVE, ENTF_LAST, ENTF_LEARNING, ENTF_USED, KIND_CONFIG, KIND_DUMMY, KIND_EPOCH,
  KIND_META, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, META_MAX, NODE_MAX, NS_COMINGUP, NS_DOWN, NS_GOINGDOWN, NS_KCLEANUP, NS_NEVERUP,
  NS_SHUTDOWN, NS_UCLEANUP, NS_UP, PHASE_DONE, PHASE_KERNEL, PHASE_NONE, PHASE_USER, RECF_FRESH, ROLE_OBSERVER, ROLE_VOTER, VOTER_MAX,
} from "../../../abi/clms";
import { entAt, fold, foldBase } from "../../layout";
import { apply, foldOf, made, saveFold, sameFold, wrong } from "../../__tests__/bed";
import { edgeLegal, isLive } from "../edges";
import { foldApply, voterCount } from "../fold";
import { nodeArg } from "../nodearg";

function node(n: u32, to: u32): void {
  const ent = entAt(n);
  const fresh = to == NS_COMINGUP;
  made(KIND_NODE, n, ent.state, to, ent.inc + u32(fresh), fresh ? 1 : fold().set_id, fresh ? 1000 + n : 0);
  apply();
}
function up(n: u32): void { node(n, NS_COMINGUP); node(n, NS_UP); }
function begin(phase: u32): void {
  made(KIND_SET_BEGIN, 0, 0, 0, 0, fold().phase == PHASE_NONE ? fold().sets + 1 : fold().set_id, phase);
  apply();
}
function end(): void { made(KIND_SET_END, 0, 0, 0, 0, fold().set_id, fold().phase); apply(); }
/** All three phases for one node. */
function removed(n: u32): void {
  begin(PHASE_KERNEL); node(n, NS_KCLEANUP); end();
  begin(PHASE_USER); node(n, NS_UCLEANUP); end();
  begin(PHASE_DONE); node(n, NS_DOWN); end();
}
function counts(up: u32, live: u32, coming: u32): void {
  expect<u32>(fold().nup).toBe(up, "nup");
  expect<u32>(fold().nlive).toBe(live, "nlive");
  expect<u32>(fold().ncoming).toBe(coming, "ncoming");
}
/** The rule that this value breaks; the fold is left as it is. */
function rule(kind: u32, n: u32, from: u32, to: u32, inc: u32, setId: u32, arg: u64): u32 {
  made(kind, n, from, to, inc, setId, arg);
  saveFold();
  const broken = wrong();
  expect<bool>(sameFold(foldBase())).toBe(true, "asking changes nothing");
  return broken;
}
const config = (n: u32, op: u32, arg: u64): u32 => rule(KIND_CONFIG, n, 0, op, 0, 0, arg);

describe("the ways of a node", () => {
  test("exactly the legal ones, for any numbers", () => {
    const legal: StaticArray<u32> = [1, 12, 15, 23, 24, 25, 32, 34, 35, 45, 56, 67, 71];
    let found: u32 = 0;
    for (let from: u32 = 0; from < 40; from++) {
      for (let to: u32 = 0; to < 40; to++) {
        const listed = from < 8 && to < 8 && legal.includes(from * 10 + to);
        expect<bool>(edgeLegal(from, to)).toBe(listed, from.toString() + " to " + to.toString());
        found += u32(edgeLegal(from, to));
      }
    }
    expect<u32>(found).toBe(13);
    expect<bool>(edgeLegal(u32.MAX_VALUE, 1) || edgeLegal(1, u32.MAX_VALUE)).toBe(false);
    for (let s: u32 = 0; s < 10; s++) expect<bool>(isLive(s)).toBe(s >= NS_COMINGUP && s <= NS_GOINGDOWN);
  });

  test("counts follow each way; incarnation, birth and lineage follow a COMINGUP", () => {
    foldOf(3);
    node(1, NS_COMINGUP); counts(0, 1, 1);
    expect<u32>(entAt(1).inc).toBe(1);
    expect<u32>(entAt(1).born).toBe(2);
    expect<u32>(entAt(1).lineage).toBe(1, "not FRESH: its durable state is what it was");
    node(1, NS_UP); counts(1, 1, 0);
    const rec = made(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 1, 1, 1002);
    rec.flags = <u8>RECF_FRESH;
    foldApply(foldBase(), rec);
    expect<u32>(entAt(2).lineage).toBe(4);
    expect<u32>(entAt(2).flags).toBe(ENTF_USED | ENTF_LEARNING);
    node(2, NS_UP); counts(2, 2, 0);
    expect<u32>(entAt(2).flags).toBe(ENTF_USED);
    node(1, NS_SHUTDOWN); counts(1, 2, 0);
    node(1, NS_UP); counts(2, 2, 0);
    node(1, NS_GOINGDOWN); counts(1, 2, 0);
    begin(PHASE_KERNEL); node(1, NS_KCLEANUP); counts(1, 1, 0);
    expect<u32>(entAt(1).flags).toBe(ENTF_USED, "another is a member still");
    end(); begin(PHASE_USER); node(1, NS_UCLEANUP); end(); begin(PHASE_DONE); node(1, NS_DOWN); end();
    expect<u32>(entAt(1).flags).toBe(ENTF_USED);
    expect<u32>(fold().phase).toBe(PHASE_NONE);
    node(1, NS_COMINGUP); counts(1, 2, 1);
    expect<u32>(entAt(1).inc).toBe(2);
    removed(2);
    expect<u32>(entAt(2).flags).toBe(ENTF_USED | ENTF_LAST, "node 1 is coming up only");
    node(1, NS_UP); counts(1, 1, 0);
    expect<u32>(entAt(2).flags).toBe(ENTF_USED);
  });
});

describe("what may be the next record", () => {
  test("the next slot, the right chain, a later time", () => {
    foldOf(3);
    const rec = made(KIND_DUMMY, 0, 0, 0, 0, 0, 0);
    expect<u32>(wrong()).toBe(0);
    rec.slot = 3;
    expect<u32>(wrong()).toBe(1);
    rec.slot = 1;
    expect<u32>(wrong()).toBe(1);
    rec.slot = 2;
    rec.prev_hash += 1;
    expect<u32>(wrong()).toBe(2);
    rec.prev_hash -= 1;
    rec.mono_ms = 1;
    expect<u32>(wrong()).toBe(3, "the same time");
  });

  test("a node: in the table, from where it is, its own incarnation, its own uuid", () => {
    foldOf(3);
    up(1);
    expect<u32>(rule(KIND_NODE, 9, NS_NEVERUP, NS_COMINGUP, 1, 0, 5)).toBe(10);
    expect<u32>(rule(KIND_NODE, 1, NS_SHUTDOWN, NS_UP, 1, 0, 0)).toBe(11, "it is not there");
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_UP, 0, 0, 0)).toBe(11, "no such way");
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 0, 0, 5)).toBe(12);
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 2, 0, 5)).toBe(12);
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 1, 0, 0)).toBe(14, "no uuid");
    expect<u32>(rule(KIND_NODE, 1, NS_UP, NS_SHUTDOWN, 2, 0, 0)).toBe(15);
    expect<u32>(rule(KIND_NODE, 1, NS_UP, NS_KCLEANUP, 1, 0, 0)).toBe(17, "outside a bracket");
    begin(PHASE_KERNEL);
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 1, 0, 5)).toBe(13, "nobody comes while nodes go");
    expect<u32>(rule(KIND_NODE, 1, NS_UP, NS_SHUTDOWN, 1, 0, 0)).toBe(16, "inside a bracket");
    expect<u32>(rule(KIND_NODE, 1, NS_UP, NS_KCLEANUP, 1, 2, 0)).toBe(17, "another set");
    node(1, NS_KCLEANUP);
    expect<u32>(rule(KIND_NODE, 1, NS_KCLEANUP, NS_UCLEANUP, 1, 1, 0)).toBe(17, "another phase");
    end();
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 1, 0, 5)).toBe(13, "nor between its phases");
    begin(PHASE_USER); node(1, NS_UCLEANUP); end(); begin(PHASE_DONE); node(1, NS_DOWN); end();
    expect<u32>(rule(KIND_NODE, 1, NS_DOWN, NS_COMINGUP, 2, 0, 5)).toBe(14, "another uuid");
    expect<u32>(rule(KIND_NODE, 1, NS_DOWN, NS_COMINGUP, 1, 0, 1001)).toBe(12, "its old incarnation");
  });

  test("a set: one at a time, its phases in order, its brackets closed", () => {
    foldOf(3);
    up(1);
    up(2);
    expect<u32>(rule(KIND_SET_END, 0, 0, 0, 0, 0, 0)).toBe(20, "none is open");
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 2, PHASE_KERNEL)).toBe(24, "not the next number");
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 1, PHASE_USER)).toBe(24, "not the first phase");
    begin(PHASE_KERNEL);
    for (let kind: u32 = KIND_SET_BEGIN; kind <= KIND_META; kind++)
      if (kind != KIND_SET_END) expect<u32>(rule(kind, 1, 0, 0, 0, 1, PHASE_KERNEL)).toBe(21, "only nodes, DUMMY and the end inside");
    expect<u32>(rule(KIND_DUMMY, 0, 0, 0, 0, 0, 0)).toBe(0);
    expect<u32>(rule(KIND_SET_END, 0, 0, 0, 0, 1, PHASE_USER)).toBe(20, "the end of another phase");
    expect<u32>(rule(KIND_SET_END, 0, 0, 0, 0, 2, PHASE_KERNEL)).toBe(20, "of another set");
    node(1, NS_KCLEANUP);
    end();
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 2, PHASE_KERNEL)).toBe(25, "a second set");
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 1, PHASE_DONE)).toBe(26, "a phase left out");
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 1, u64.MAX_VALUE)).toBe(26);
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 1, PHASE_KERNEL)).toBe(0, "it is widened");
    begin(PHASE_USER); node(1, NS_UCLEANUP); end();
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 1, PHASE_KERNEL)).toBe(26, "back");
    begin(PHASE_DONE); node(1, NS_DOWN); end();
    expect<u32>(rule(KIND_SET_BEGIN, 0, 0, 0, 0, 1, PHASE_KERNEL)).toBe(24, "its number is used up");
  });

  test("epochs and metadata are of nodes in the table; metadata has its limit", () => {
    foldOf(3);
    expect<u32>(rule(KIND_EPOCH, 0, 0, 0, 0, 0, 0)).toBe(22);
    expect<u32>(rule(KIND_EPOCH, 4, 0, 0, 0, 0, 0)).toBe(22);
    expect<u32>(rule(KIND_META, 4, 0, 0, 0, 1, 1)).toBe(23);
    expect<u32>(rule(KIND_META, 1, 0, 0, 0, META_MAX + 1, 1)).toBe(23);
    made(KIND_META, 1, 0, 0, 0, META_MAX, 99); apply();
    expect<u32>(entAt(1).meta_len).toBe(META_MAX);
    made(KIND_EPOCH, 2, 0, 0, 0, 0, 0); apply();
    expect<u64>(fold().epoch_slot).toBe(3);
  });
});

describe("a set of nodedowns", () => {
  test("is widened while it is in its first phase, cut short in a phase and taken up again, and closes when nobody is left", () => {
    foldOf(5);
    for (let n: u32 = 1; n <= 4; n++) up(n);
    begin(PHASE_KERNEL); node(1, NS_KCLEANUP); end();
    begin(PHASE_KERNEL); node(2, NS_KCLEANUP); end();
    expect<u32>(fold().sets).toBe(1);
    begin(PHASE_USER); node(1, NS_UCLEANUP);
    // Cut short: a new master closes the bracket and takes the phase up again.
    end();
    expect<u32>(fold().phase).toBe(PHASE_USER);
    begin(PHASE_USER); node(2, NS_UCLEANUP); end();
    begin(PHASE_DONE); node(1, NS_DOWN); end();
    expect<u32>(fold().phase).toBe(PHASE_DONE, "one is left: it is not closed");
    begin(PHASE_DONE); node(2, NS_DOWN); end();
    expect<u32>(fold().phase).toBe(PHASE_NONE);
    expect<u64>(fold().set_end).toBe(fold().slot);
    counts(2, 2, 0);
    begin(PHASE_KERNEL); node(3, NS_KCLEANUP); end();
    expect<u32>(fold().sets).toBe(2);
    expect<u32>(fold().set_id).toBe(2);
  });
});

describe("configuration", () => {
  test("every op in its range and not beyond", () => {
    foldOf(3);
    for (let m: u32 = 0; m < 8; m++) expect<u32>(config(0, CFGOP_MODE, m)).toBe(m <= 4 ? 0 : 30);
    for (let v: u32 = 0; v < 3; v++) expect<u32>(config(0, CFGOP_PROTO, v)).toBe(v == 0 ? 31 : 0);
    expect<u32>(config(0, CFGOP_PROTO, 255)).toBe(0);
    expect<u32>(config(0, CFGOP_PROTO, 256)).toBe(31);
    expect<u32>(config(0, CFGOP_NODE, 0)).toBe(32);
    expect<u32>(config(9, CFGOP_NODE, nodeArg(4, 0, 1, 1, 1))).toBe(34, "role");
    expect<u32>(config(9, CFGOP_NODE, nodeArg(0, 0, 256, 1, 1))).toBe(34, "votes");
    expect<u32>(config(9, CFGOP_NODE, nodeArg(0, 0, 1, 2, 1))).toBe(34, "versions");
    expect<u32>(config(9, CFGOP_REMOVE, 0)).toBe(33, "not in the table");
    up(1);
    expect<u32>(config(1, CFGOP_REMOVE, 0)).toBe(33, "it is up");
    expect<u32>(config(2, CFGOP_REMOVE, 0)).toBe(0);
  });

  test("nodes come into the table and leave it; the incarnation of one that left is not forgotten; the last stays", () => {
    foldOf(2);
    up(2);
    made(KIND_CONFIG, NODE_MAX, 0, CFGOP_NODE, 0, 0, nodeArg(ROLE_OBSERVER, 3, 0, 1, 2)); apply();
    expect<u32>(fold().top).toBe(NODE_MAX);
    expect<u32>(fold().nused).toBe(3);
    expect<u32>(entAt(NODE_MAX).site).toBe(3);
    made(KIND_CONFIG, NODE_MAX, 0, CFGOP_REMOVE, 0, 0, 0); apply();
    expect<u32>(fold().top).toBe(2);
    made(KIND_CONFIG, 1, 0, CFGOP_REMOVE, 0, 0, 0); apply();
    removed(2);
    expect<u32>(config(2, CFGOP_REMOVE, 0)).toBe(33, "the last");
    made(KIND_CONFIG, 1, 0, CFGOP_NODE, 0, 0, nodeArg(ROLE_VOTER, 0, 1, 1, 1)); apply();
    made(KIND_CONFIG, 2, 0, CFGOP_REMOVE, 0, 0, 0); apply();
    expect<u32>(entAt(2).inc).toBe(1);
    expect<u32>(entAt(2).flags).toBe(0);
    made(KIND_CONFIG, 2, 0, CFGOP_NODE, 0, 0, nodeArg(ROLE_VOTER, 0, 1, 1, 1)); apply();
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 1, 0, 7)).toBe(12, "its old incarnation");
    expect<u32>(rule(KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 2, 0, 7)).toBe(0);
  });

  test("no more than VOTER_MAX vote; any may observe", () => {
    foldOf(VOTER_MAX);
    expect<u32>(voterCount(foldBase())).toBe(VOTER_MAX);
    expect<u32>(config(200, CFGOP_NODE, nodeArg(ROLE_VOTER, 0, 1, 1, 1))).toBe(35);
    expect<u32>(config(200, CFGOP_NODE, nodeArg(ROLE_VOTER, 0, 0, 1, 1))).toBe(0, "without votes");
    expect<u32>(config(200, CFGOP_NODE, nodeArg(ROLE_OBSERVER, 0, 1, 1, 1))).toBe(0);
    expect<u32>(config(5, CFGOP_NODE, nodeArg(ROLE_VOTER, 0, 9, 1, 1))).toBe(0, "one that votes may vote more");
  });
});
