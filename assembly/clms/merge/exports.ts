// The merge on its own, for benchmarks, fuzzers and embedders. It has a context of its own: a takeover keeps what it has.

import { EAGAIN, EINVAL, EMSGSIZE, EPROTO, MSG_MAX, NODE_MAX, Report, Report_SIZE, TransRec_SIZE } from "../../abi/clms";
import { entAt, fold, inbox, page } from "../layout";
import { mergeAdd, mergeBegin } from "./add";
import { mergeFinish, mergeMissing, mergeRecord } from "./walk";

// @ts-ignore: decorator
@inline const OWN: u32 = 1;

export function clms_merge_begin(slot_lo: u32, slot_hi: u32): i32 {
  const slot = <u64>slot_lo | (<u64>slot_hi << 32);
  if (slot != fold().slot) return -EINVAL;
  mergeBegin(OWN, slot, 0);
  return 0;
}

export function clms_merge_add(addr: u32, len: u32): i32 {
  const first = <u32>inbox();
  if (addr < first || addr - first > MSG_MAX || len > MSG_MAX - (addr - first)) return -EINVAL;
  if (len < Report_SIZE || (len - Report_SIZE) % TransRec_SIZE != 0) return -EMSGSIZE;
  const node: u32 = changetype<Report>(<usize>addr).node;
  if (node > NODE_MAX) return -EPROTO;
  return mergeAdd(OWN, <usize>addr, len, (len - Report_SIZE) / TransRec_SIZE, entAt(node).lineage);
}

export function clms_merge_finish(): i32 {
  const count = mergeFinish(OWN);
  if (count == -EAGAIN) page().wait_slot = mergeMissing(OWN);
  if (count < 0) return count;
  page().merge_from = <u32>mergeRecord(OWN, 0);
  page().merge_slot = fold().slot + 1;
  return count;
}
