// What a host says when it starts a node: every field is checked, each kind of mistake has its own errno.

import {
  CONFF_AUTO_UP, CONFF_BATCH_JOINS, CONFF_BOOTSTRAP, CONFF_CLASSIC_OK, CONFF_EXTERNAL, EINVAL, ELIMMODE, ELIMNODES, ELIMPROFILE,
  ELIMPROTO, ELIMSEEDS, ELIMVOTERS, GENESIS_MAX, GenesisNode, GenesisNode_SIZE, MODE_ARBITER, MODE_CLASSIC, MODE_MAJORITY,
  MODE_MAJORITY_DYNAMIC, NODE_MAX, NodeConf, NodeConf_SIZE, NodeConf_seeds_OFF, PROFILE_CUSTOM, PROFILE_FAST, PROFILE_LAN, PROTO_CURRENT,
  ROLE_WITNESS, SEED_MAX, VOTER_MAX, VOTES_MAX,
} from "../../abi/clms";
import { roleVotes } from "../fold/electorate";
import { MS, self } from "../layout";
import { Self_seeds_OFF } from "../structs";

// @ts-ignore: decorator
@inline const FLAGS_ALL: u32 = CONFF_BOOTSTRAP | CONFF_CLASSIC_OK | CONFF_BATCH_JOINS | CONFF_EXTERNAL | CONFF_AUTO_UP;

/** 0, or the errno of the first thing that is wrong. */
export function confWrong(conf: NodeConf, nodes: usize): i32 {
  if (conf.size != NodeConf_SIZE || conf.flags > FLAGS_ALL || <u32>conf.role > ROLE_WITNESS) return EINVAL;
  if ((conf.cluster_lo | conf.cluster_hi) == 0 || (conf.uuid_lo | conf.uuid_hi) == 0) return EINVAL;
  if (conf.node == 0 || <u32>conf.node > NODE_MAX || <u32>conf.count > GENESIS_MAX) return ELIMNODES;
  if (<u32>conf.votes > VOTES_MAX) return ELIMVOTERS;
  if (<u32>conf.profile > PROFILE_CUSTOM) return ELIMPROFILE;
  const custom = <u32>conf.profile == PROFILE_CUSTOM;
  if (custom && (conf.probe_ms == 0 || conf.probe_ms > 60_000 || <u32>conf.losses < 2 || <u32>conf.losses > 100)) return ELIMPROFILE;
  if (<u32>conf.nseed > SEED_MAX) return ELIMSEEDS;
  for (let i: u32 = 0; i < <u32>conf.nseed; i++) {
    const seed: u32 = load<u16>(changetype<usize>(conf) + (i << 1), NodeConf_seeds_OFF);
    if (seed == 0 || seed > NODE_MAX) return ELIMSEEDS;
  }
  const pmin: u32 = conf.proto_min;
  const pmax: u32 = conf.proto_max == 0 ? PROTO_CURRENT : <u32>conf.proto_max;
  if (pmin > pmax || pmin > PROTO_CURRENT) return ELIMPROTO;
  return genesisWrong(conf, nodes);
}

function genesisWrong(conf: NodeConf, nodes: usize): i32 {
  const mode: u32 = conf.mode;
  let voters: u32 = 0;
  let last: u32 = 0;
  if (mode > MODE_ARBITER) return ELIMMODE;
  for (let i: u32 = 0, n: u32 = conf.count; i < n; i++) {
    const g = changetype<GenesisNode>(nodes + i * GenesisNode_SIZE);
    if (<u32>g.node <= last || <u32>g.node > NODE_MAX || <u32>g.role > ROLE_WITNESS) return ELIMNODES;
    last = g.node;
    if (<u32>g.votes > VOTES_MAX) return ELIMVOTERS;
    voters += u32(roleVotes(g.role) && g.votes != 0);
  }
  if (conf.count != 0 && (voters == 0 || voters > VOTER_MAX)) return ELIMVOTERS;
  if (voters == 2 && (mode == MODE_MAJORITY || mode == MODE_MAJORITY_DYNAMIC)) return ELIMMODE;
  return mode == MODE_CLASSIC && (conf.flags & CONFF_CLASSIC_OK) == 0 ? ELIMMODE : 0;
}

/** Takes over what the configuration says of this node. */
export function confTake(conf: NodeConf): void {
  const me = self();
  me.flags = conf.flags;
  me.role = conf.role;
  me.site = conf.site;
  me.votes = conf.votes;
  me.proto_min = conf.proto_min;
  me.proto_max = conf.proto_max == 0 ? <u8>PROTO_CURRENT : conf.proto_max;
  me.nseed = conf.nseed;
  memory.copy(changetype<usize>(me) + Self_seeds_OFF, changetype<usize>(conf) + NodeConf_seeds_OFF, 2 * SEED_MAX);
  const profile: u32 = conf.profile;
  if (profile == PROFILE_LAN) timings(200, 4, 30_000);
  else if (profile == PROFILE_FAST) timings(10, 4, 5_000);
  else if (profile == PROFILE_CUSTOM) timings(conf.probe_ms, conf.losses, 30_000);
  else timings(1000, 5, 60_000);
}

/** All timings follow from the probe interval and the losses: a lease ends well before anybody is missed. */
function timings(probe: u32, losses: u32, callback: u32): void {
  const me = self();
  me.probe_ns = <u64>probe * MS;
  me.losses = losses;
  me.lease_ns = leaseFor(me.probe_ns, losses);
  me.callback_ns = <u64>callback * MS;
  me.poll_ns = 2 * me.probe_ns;
  me.batch_ns = 5 * me.probe_ns;
  me.auto_rejoin = 1;
}

/** Seven tenths of the time after which a node is missed. */
export function leaseFor(probe: u64, losses: u32): u64 { return probe * losses * 7 / 10; }
