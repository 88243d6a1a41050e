// Who is up: one consistent vector for applications, and single entries for whoever runs this node.

import { EINVAL, ENOENT, ENTF_USED, NODE_MAX, NS_UP, Token_SIZE } from "../../abi/clms";
import { entAt, fold, outbox } from "../layout";
import { gateRefused } from "./gate";
import { tokenPut } from "./token";

if (Token_SIZE + NODE_MAX * 2 > 4096) ERROR("the outbox holds a Token and all node numbers");

/** 0 if node n is in the table, else the reason why it cannot be asked about. */
export function nodeRefused(n: u32): i32 {
  if (n == 0 || n > NODE_MAX) return -EINVAL;
  return (<u32>entAt(n).flags & ENTF_USED) == 0 ? -ENOENT : 0;
}

export function clms_membership(): i32 {
  const refused = gateRefused();
  if (refused != 0) return refused;
  const list = outbox() + Token_SIZE;
  tokenPut(outbox());
  let count: u32 = 0;
  for (let n: u32 = 1, top: u32 = fold().top; n <= top; n++) {
    if (<u32>entAt(n).state == NS_UP) store<u16>(list + (count++ << 1), <u16>n);
  }
  return <i32>count;
}

export function clms_node_get(n: u32): i32 {
  const refused = nodeRefused(n);
  return refused != 0 ? refused : <i32>changetype<usize>(entAt(n));
}
