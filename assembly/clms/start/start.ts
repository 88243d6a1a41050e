// A node begins: with an empty disk, with the very first configuration, or with what it left behind.

import {
  CONFF_BOOTSTRAP, ENGINE_FOLLOWER, EPERM, EREMOTEIO, NodeConf, NodeConf_SIZE, Page, STAGE_UNKNOWN,
} from "../../abi/clms";
import { HASH_SEED, hashEnd, hashWord } from "../../lib/hash64";
import { prngNext } from "../../lib/prng";
import { appResync } from "../app/applied";
import { detectDerive } from "../detect/observers";
import { engineSet } from "../event";
import { derive } from "../fold/derive";
import { entAt, fold, inbox, page, recAt, self } from "../layout";
import { durableCheckpoint, durableHeader, durableRecord } from "../log/durable";
import { settle } from "../settle";
import { M_EMPTY_DISK_VOTES, mutant } from "../mutant";
import { confTake, confWrong } from "./conf";
import { genesisFold, genesisHash } from "./genesis";
import { REC_SOUND, recoverLog } from "./recover";

/** 64 bits that stand for a uuid. */
function fingerprint(lo: u64, hi: u64): u64 { return hashEnd(hashWord(hashWord(HASH_SEED, lo), hi)); }

export function clms_node_start(): i32 {
  const me = self();
  const pg = page();
  if (me.started != 0) return -EPERM;
  const conf = changetype<NodeConf>(inbox());
  const nodes = inbox() + NodeConf_SIZE;
  const wrong = confWrong(conf, nodes);
  if (wrong != 0) return -wrong;
  const cluster = fingerprint(conf.cluster_lo, conf.cluster_hi);
  const uid = fingerprint(conf.uuid_lo, conf.uuid_hi);
  const known = me.rec_state == REC_SOUND;
  if (known && (me.cluster != cluster || me.uid != uid || me.rec_node != <u32>conf.node)) return -EREMOTEIO;
  if (fold().slot != 0 && fold().cluster != cluster) return -EREMOTEIO;
  const genesis = conf.count != 0 ? genesisHash(conf, nodes, cluster) : 0;
  if (fold().slot != 0 && genesis != 0 && fold().genesis != genesis) return -EREMOTEIO;
  me.cluster = cluster;
  me.uid = uid;
  me.genesis = genesis;
  pg.node = conf.node;
  confTake(conf);
  begin(conf, nodes);
  return 0;
}

function begin(conf: NodeConf, nodes: usize): void {
  const me = self();
  const pg = page();
  const first = me.rec_state == 0 && fold().slot == 0;
  if (fold().slot == 0 && conf.count != 0) {
    // What was recovered into record 1's place is the same record, or damaged.
    genesisFold(conf, nodes);
  }
  me.started = 1;
  me.booting = 1;
  me.boot = max<u32>(<u32>prngNext(changetype<usize>(pg) + offsetof<Page>("seed")), 1);
  me.chk_slot = me.rec_chk;
  if (!first) recoverLog();
  else if ((conf.flags & CONFF_BOOTSTRAP) != 0 && fold().slot != 0) me.lineage_given = entAt(pg.node).lineage;
  if (mutant(M_EMPTY_DISK_VOTES) && first && fold().slot != 0) me.lineage_given = entAt(pg.node).lineage;
  me.round_seen = pg.promised >> 16;
  pg.ballot = pg.promised;
  // What was read may have been in a cache only: it is written again, and counts when that is confirmed.
  for (let s = pg.applied + 1; s <= pg.last; s++) if (recAt(s).stage != STAGE_UNKNOWN) durableRecord(s);
  if (fold().slot != 0 && entAt(pg.node).inc > me.inc_known) {
    me.lineage_given = 0;
    me.inc_known = entAt(pg.node).inc;
  }
  derive();
  detectDerive();
  engineSet(ENGINE_FOLLOWER);
  me.last_tick = pg.now;
  me.master_heard = pg.now;
  me.next_join = pg.now;
  me.master_acked = pg.now;
  if (first && fold().slot != 0) {
    durableRecord(1);
    durableCheckpoint(true);
  }
  durableHeader();
  appResync();
  settle();
}
