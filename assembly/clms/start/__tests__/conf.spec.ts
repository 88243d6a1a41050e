// What a host says at the start: each mistake has its own errno; slot 1 follows from the first configuration alone.

import {
  EINVAL, ELIMMODE, ELIMNODES, ELIMPROFILE, ELIMPROTO, ELIMSEEDS, ELIMVOTERS, GENESIS_MAX, GenesisNode_SIZE, MODE_ARBITER, MODE_CLASSIC,
  MODE_CLASSIC_FENCE, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, NODE_MAX, NodeConf, NodeConf_SIZE, NodeConf_seeds_OFF, PROFILE_CUSTOM,
  SEED_MAX, VOTES_MAX,
} from "../../../abi/clms";
import { entAt, fold, inbox, layoutInit, page, recAt, self } from "../../layout";
import { recValid } from "../../record";
import { confOf, genesisNode, started } from "../../__tests__/bed";
import { confTake, confWrong } from "../conf";
import { genesisHash } from "../genesis";

function wrong(): i32 { return confWrong(changetype<NodeConf>(inbox()), inbox() + NodeConf_SIZE); }
/** What is said of the sample with one field changed. */
function changed(offset: usize, bytes: u32, value: u64): i32 {
  confOf(2, 3);
  if (bytes == 1) store<u8>(inbox() + offset, <u8>value);
  else if (bytes == 2) store<u16>(inbox() + offset, <u16>value);
  else if (bytes == 4) store<u32>(inbox() + offset, <u32>value);
  else store<u64>(inbox() + offset, value);
  return wrong();
}
function custom(probe: u32, losses: u32): i32 {
  const conf = confOf(2, 3);
  conf.profile = <u8>PROFILE_CUSTOM;
  conf.probe_ms = probe;
  conf.losses = <u16>losses;
  return wrong();
}
function seeded(n: u32, seed: u32): i32 {
  const conf = confOf(2, 3);
  conf.nseed = <u16>n;
  for (let i: u32 = 0; i < min<u32>(n, SEED_MAX); i++) store<u16>(inbox() + (i << 1), <u16>(i + 1 == n ? seed : 1), NodeConf_seeds_OFF);
  return wrong();
}
function versions(low: u32, high: u32): i32 {
  const conf = confOf(2, 3);
  conf.proto_min = <u8>low;
  conf.proto_max = <u8>high;
  return wrong();
}
function mode(n: u32, m: u32, flags: u32): i32 {
  confOf(1, n, m).flags = flags;
  return wrong();
}
function hashOf(): u64 { return genesisHash(changetype<NodeConf>(inbox()), inbox() + NodeConf_SIZE, self().cluster); }

describe("a configuration", () => {
  test("that is right is taken, each thing that is wrong has its errno", () => {
    confOf(2, 3);
    expect<i32>(wrong()).toBe(0);
    expect<i32>(changed(offsetof<NodeConf>("size"), 4, 95)).toBe(EINVAL);
    expect<i32>(changed(offsetof<NodeConf>("flags"), 4, 32)).toBe(EINVAL);
    expect<i32>(changed(offsetof<NodeConf>("role"), 1, 4)).toBe(EINVAL);
    expect<i32>(changed(offsetof<NodeConf>("cluster_lo"), 8, 0)).toBe(EINVAL);
    expect<i32>(changed(offsetof<NodeConf>("uuid_lo"), 8, 0)).toBe(EINVAL);
    expect<i32>(changed(offsetof<NodeConf>("node"), 2, 0)).toBe(ELIMNODES);
    expect<i32>(changed(offsetof<NodeConf>("node"), 2, NODE_MAX)).toBe(0);
    expect<i32>(changed(offsetof<NodeConf>("node"), 2, NODE_MAX + 1)).toBe(ELIMNODES);
    expect<i32>(changed(offsetof<NodeConf>("count"), 2, GENESIS_MAX + 1)).toBe(ELIMNODES);
    expect<i32>(changed(offsetof<NodeConf>("votes"), 2, VOTES_MAX + 1)).toBe(ELIMVOTERS);
    expect<i32>(changed(offsetof<NodeConf>("profile"), 1, 4)).toBe(ELIMPROFILE);
    expect<i32>(changed(offsetof<NodeConf>("mode"), 1, 5)).toBe(ELIMMODE);
    expect<i32>(custom(1, 2) | custom(60_000, 100)).toBe(0);
    expect<i32>(custom(0, 4)).toBe(ELIMPROFILE);
    expect<i32>(custom(60_001, 4)).toBe(ELIMPROFILE);
    expect<i32>(custom(100, 1)).toBe(ELIMPROFILE);
    expect<i32>(custom(100, 101)).toBe(ELIMPROFILE);
    expect<i32>(seeded(SEED_MAX, NODE_MAX)).toBe(0);
    expect<i32>(seeded(SEED_MAX, 0)).toBe(ELIMSEEDS);
    expect<i32>(seeded(1, NODE_MAX + 1)).toBe(ELIMSEEDS);
    expect<i32>(seeded(SEED_MAX + 1, 1)).toBe(ELIMSEEDS);
    expect<i32>(versions(1, 1) | versions(0, 9)).toBe(0);
    expect<i32>(versions(2, 1)).toBe(ELIMPROTO);
    expect<i32>(versions(2, 9)).toBe(ELIMPROTO, "newer than what is spoken here");
  });

  test("the first nodes: rising numbers, known roles, somebody who votes", () => {
    for (let what: u32 = 0; what < 5; what++) {
      confOf(1, 3);
      if (what == 0) genesisNode(1).node = 1;
      if (what == 1) genesisNode(2).node = <u16>(NODE_MAX + 1);
      if (what == 2) genesisNode(0).node = 0;
      if (what == 3) genesisNode(0).role = 4;
      if (what == 4) genesisNode(0).votes = <u16>(VOTES_MAX + 1);
      expect<i32>(wrong()).toBe(what == 4 ? ELIMVOTERS : ELIMNODES, what.toString());
    }
    confOf(1, 3);
    for (let i: u32 = 0; i < 3; i++) genesisNode(i).votes = 0;
    expect<i32>(wrong()).toBe(ELIMVOTERS);
    confOf(1, GENESIS_MAX);
    expect<i32>(wrong()).toBe(0);
    confOf(9, 0);
    expect<i32>(wrong()).toBe(0, "none at all: it joins");
  });

  test("two voters have no majority mode; plain classic needs its word", () => {
    for (let m: u32 = 0; m <= MODE_ARBITER; m++) {
      const majority = m == MODE_MAJORITY || m == MODE_MAJORITY_DYNAMIC;
      expect<i32>(mode(2, m, 2)).toBe(majority ? ELIMMODE : 0, m.toString());
      expect<i32>(mode(3, m, 0)).toBe(m == MODE_CLASSIC ? ELIMMODE : 0, m.toString());
    }
    expect<i32>(mode(1, MODE_CLASSIC_FENCE, 0)).toBe(0);
  });

  test("a lease ends before anybody can be missed, in every profile", () => {
    for (let p: u32 = 0; p <= PROFILE_CUSTOM; p++) {
      layoutInit();
      const conf = confOf(1, 3);
      conf.profile = <u8>p;
      conf.probe_ms = 1;
      conf.losses = 2;
      confTake(conf);
      expect<bool>(self().lease_ns > 0 && self().lease_ns < self().probe_ns * self().losses).toBe(true);
      expect<u32>(self().proto_max).toBe(1);
    }
  });
});

describe("slot 1", () => {
  test("is the same on every node: from the first configuration, not from who makes it", () => {
    started(1, 3);
    const hash = fold().hash;
    started(3, 3);
    expect<u64>(fold().hash).toBe(hash);
    expect<bool>(recValid(changetype<usize>(recAt(1)))).toBe(true);
    expect<u64>(recAt(1).prev_hash).toBe(fold().genesis);
    expect<u64>(page().applied).toBe(1);
    expect<u32>(fold().nused).toBe(3);
    for (let n: u32 = 1; n <= 3; n++) expect<u32>(entAt(n).lineage).toBe(1);
    expect<u32>(page().lineage).toBe(1, "BOOTSTRAP: an empty disk votes");
    started(1, 4);
    expect<bool>(fold().hash == hash).toBe(false);
  });

  test("its hash covers mode and every byte of every node", () => {
    layoutInit();
    confOf(1, 3);
    const hash = hashOf();
    for (let i: u32 = 0; i < 3 * GenesisNode_SIZE; i++) {
      const at = inbox() + NodeConf_SIZE + i;
      store<u8>(at, load<u8>(at) ^ 1);
      expect<bool>(hashOf() == hash).toBe(false);
      store<u8>(at, load<u8>(at) ^ 1);
    }
    changetype<NodeConf>(inbox()).mode = 4;
    expect<bool>(hashOf() == hash).toBe(false);
    changetype<NodeConf>(inbox()).mode = <u8>MODE_MAJORITY;
    self().cluster = 5;
    expect<bool>(hashOf() == hash).toBe(false);
  });
});
