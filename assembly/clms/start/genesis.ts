// Slot 1: every node makes it alike, from the first configuration.
//
// The hash over that configuration is what record 1 is chained to, so nodes that were given different ones cannot take
// each other for members of one cluster.

import {
  CFGOP_MODE, ENTF_USED, GenesisNode, GenesisNode_SIZE, KIND_CONFIG, NODE_MAX, NodeConf, PROTO_CURRENT, STAGE_DECIDED,
} from "../../abi/clms";
import { HASH_SEED, hashBytes, hashEnd, hashWord } from "../../lib/hash64";
import { isVoter } from "../fold/electorate";
import { entSet, foldApply } from "../fold/fold";
import { nodeArg } from "../fold/nodearg";
import { FOLD_BYTES, entIn, foldAt, foldBase, page, recAt, self } from "../layout";
import { recLink, recMake, recOf } from "../record";

/** Hash over the first configuration of a cluster. */
export function genesisHash(conf: NodeConf, nodes: usize, cluster: u64): u64 {
  const h = hashWord(hashWord(HASH_SEED, cluster), conf.mode);
  return hashEnd(hashBytes(h, nodes, <u32>conf.count * GenesisNode_SIZE));
}

/** Makes the fold at slot 1, and record 1. */
export function genesisFold(conf: NodeConf, nodes: usize): void {
  const base = foldBase();
  const me = self();
  memory.fill(base, 0, FOLD_BYTES);
  const f = foldAt(base);
  f.cluster = me.cluster;
  f.genesis = me.genesis;
  f.proto = <u8>PROTO_CURRENT;
  f.hash = me.genesis;
  for (let i: u32 = 0, n: u32 = conf.count; i < n; i++) {
    const g = changetype<GenesisNode>(nodes + i * GenesisNode_SIZE);
    entSet(base, f, g.node, nodeArg(g.role, g.site, g.votes, PROTO_CURRENT, PROTO_CURRENT));
    if (isVoter(entIn(base, g.node))) entIn(base, g.node).lineage = 1;
    assert(<u32>g.node <= NODE_MAX && entIn(base, g.node).flags == <u8>ENTF_USED);
  }
  const rec = recAt(1);
  const at = changetype<usize>(rec);
  recMake(at, KIND_CONFIG, 0, 0, CFGOP_MODE, 0, 0, 0, conf.mode);
  recLink(at, 1, 1, me.genesis, 0);
  recOf(at).stage = <u8>STAGE_DECIDED;
  foldApply(base, rec);
  const pg = page();
  pg.low = 1;
  pg.applied = 1;
  pg.stored = 1;
  pg.last = 1;
}
