// What specs of the log, the takeover and the start stand on: a fold with nodes, records that continue it, a node that is
// started, and messages to it.

import {
  CONFF_BOOTSTRAP, CONFF_CLASSIC_OK, GenesisNode, GenesisNode_SIZE, MODE_MAJORITY, Msg, Msg_SIZE, NodeConf, NodeConf_SIZE, PROFILE_LAN,
  ROLE_VOTER, TransRec, TransRec_SIZE,
} from "../../abi/clms";
import { entSet, foldApply, foldWrong } from "../fold/fold";
import { nodeArg } from "../fold/nodearg";
import { derive } from "../fold/derive";
import { FOLD_BYTES, entIn, fold, foldAt, foldBase, inbox, layoutInit, page, self, uidIn } from "../layout";
import { clms_init } from "../module";
import { MSG_MAGIC, clms_msg_next, msgCheck } from "../out";
import { recLink, recMake, recOf } from "../record";
import { clms_node_start } from "../start/start";
import { clms_durable_next, durableDone } from "../log/durable";

export const START: u64 = 5_000_000_000;
const REC: usize = memory.data(64, 8);

/** A fold at slot 1 with voters 1 to n, one vote and lineage 1 each, never up. */
export function foldOf(n: u32, mode: u32 = MODE_MAJORITY): void {
  layoutInit();
  const f = fold();
  f.slot = 1;
  f.hash = 4711;
  f.mono_ms = 1;
  f.mode = <u8>mode;
  f.proto = 1;
  for (let i: u32 = 1; i <= n; i++) {
    entSet(foldBase(), f, i, nodeArg(ROLE_VOTER, 0, 1, 1, 1));
    entIn(foldBase(), i).lineage = 1;
  }
  page().applied = 1;
  page().stored = 1;
  page().last = 1;
  page().low = 1;
  derive();
}

/** A value that continues a fold; `wrong` or `apply` looks at it. */
export function made(kind: u32, node: u32, from: u32, to: u32, inc: u32, setId: u32, arg: u64): TransRec {
  recMake(REC, kind, node, from, to, inc, 0, setId, arg);
  const f = foldAt(foldBase());
  recLink(REC, f.slot + 1, f.mono_ms + 1, f.hash, 0);
  return recOf(REC);
}
export function wrong(): u32 { return foldWrong(foldBase(), recOf(REC)); }
/** Takes the record that was made, which must be legal. */
export function apply(): void {
  expect<u32>(wrong()).toBe(0, "the record is legal");
  foldApply(foldBase(), recOf(REC));
}

/** Compares a fold with itself before. */
const SAVED: usize = memory.data(<i32>FOLD_BYTES, 8);
export function saveFold(): void { memory.copy(SAVED, foldBase(), FOLD_BYTES); }
export function sameFold(at: usize): bool { return memory.compare(SAVED, at, FOLD_BYTES) == 0; }

/** A configuration of node `me` with voters 1 to n, in the inbox. */
export function confOf(me: u32, n: u32, mode: u32 = MODE_MAJORITY): NodeConf {
  memory.fill(inbox(), 0, NodeConf_SIZE + 1024 * GenesisNode_SIZE);
  const conf = changetype<NodeConf>(inbox());
  conf.size = NodeConf_SIZE;
  conf.node = <u16>me;
  conf.count = <u16>n;
  conf.cluster_lo = 77;
  conf.uuid_lo = 1000 + me;
  conf.mode = <u8>mode;
  conf.role = <u8>ROLE_VOTER;
  conf.profile = <u8>PROFILE_LAN;
  conf.votes = 1;
  conf.proto_min = 1;
  conf.flags = CONFF_BOOTSTRAP | CONFF_CLASSIC_OK;
  for (let i: u32 = 0; i < n; i++) {
    genesisNode(i).node = <u16>(i + 1);
    genesisNode(i).votes = 1;
  }
  return conf;
}
export function genesisNode(i: u32): GenesisNode { return changetype<GenesisNode>(inbox() + NodeConf_SIZE + i * GenesisNode_SIZE); }

/** Node `me` of voters 1 to n has started with an empty disk at its very first start; everything is durable. */
export function started(me: u32, n: u32, mode: u32 = MODE_MAJORITY): void {
  clms_init(1, 0);
  page().now = START;
  confOf(me, n, mode);
  expect<i32>(clms_node_start()).toBe(0, "the node starts");
  settled();
}

/** Everything that was to be written is durable, everything that was to be sent is gone. */
export function settled(): void {
  let seq: u32 = 0;
  while (clms_durable_next() != 0) seq = page().durable_seq;
  if (seq != 0) durableDone(seq);
  drained();
}

/** Kind and verdict-giving fields of the last message that left, and how many did. */
export let lastKind: u32 = 0;
export let lastTo: u32 = 0;
export let lastSlot: u64 = 0;
export let lastBallot: u64 = 0;

/** Takes all messages of a kind (0 = any); returns how many there were. */
export function drained(kind: u32 = 0): u32 {
  let count: u32 = 0;
  while (clms_msg_next() == 1) {
    const msg = changetype<Msg>(<usize>page().msg_addr);
    if (kind != 0 && <u32>msg.kind != kind) continue;
    count += 1;
    lastKind = msg.kind;
    lastTo = page().msg_to;
    lastSlot = msg.slot;
    lastBallot = msg.ballot;
  }
  return count;
}

/** A message of node `from`, with room for n records, in the inbox. */
export function message(kind: u32, from: u32, ballot: u64, slot: u64, n: u32 = 0): Msg {
  memory.fill(inbox(), 0, Msg_SIZE);
  const msg = changetype<Msg>(inbox());
  msg.magic = <u16>MSG_MAGIC;
  msg.proto = 1;
  msg.kind = <u8>kind;
  msg.len = Msg_SIZE + n * TransRec_SIZE;
  msg.cluster = self().cluster;
  msg.from = <u16>from;
  msg.to = page().node;
  msg.lineage = 1;
  msg.ballot = ballot;
  msg.slot = slot;
  msg.count = n;
  return msg;
}
/** The i-th record behind the message in the inbox. */
export function inMessage(i: u32): TransRec { return recOf(inbox() + Msg_SIZE + i * TransRec_SIZE); }
export function sealed(msg: Msg): u32 {
  msg.check = msgCheck(changetype<usize>(msg), msg.len);
  return msg.len;
}

/** n META records (legal anywhere) from slot on, the first behind `prev`; `tag` makes their values differ. */
export function metas(slot: u64, n: u32, prev: u64, ballot: u64, tag: u64): void {
  let hash = prev;
  for (let i: u32 = 0; i < n; i++) {
    const at = changetype<usize>(inMessage(i));
    recMake(at, 7, 1, 0, 0, 0, 0, 8, tag);
    recLink(at, slot + i, 10 + slot + i, hash, ballot);
    hash = recOf(at).self_hash;
  }
}

/** A uid for node n, as an admitted node has. */
export function uidPut(n: u32): void { store<u64>(uidIn(foldBase(), n), 1000 + n); }
