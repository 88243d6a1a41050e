// What a migrating process takes along, so that it never sees an older state than it has seen: cluster, slot, and the
// hash of the record there, which names the whole list up to it.

import { EAGAIN, EOVERFLOW, EREMOTEIO, EUCLEAN, Token } from "../../abi/clms";
import { fold, inbox, outbox, page, recAt, self } from "../layout";
import { M_RESUME_EARLY, mutant } from "../mutant";
import { gateRefused } from "./gate";
import { recHeld, shownUpto } from "./shown";

/** Writes the token of this moment. The gate is open. */
export function tokenPut(at: usize): void {
  const token = changetype<Token>(at);
  token.cluster = self().cluster;
  token.slot = fold().slot;
  token.hash = fold().hash;
}

export function clms_token_get(): i32 {
  const refused = gateRefused();
  if (refused != 0) return refused;
  tokenPut(outbox());
  return <i32>outbox();
}

export function clms_token_check(): i32 {
  const token = changetype<Token>(inbox());
  const slot = token.slot;
  if (token.cluster != self().cluster) return -EREMOTEIO;
  if (mutant(M_RESUME_EARLY) && slot == page().applied + 1) return 0;
  if (slot > shownUpto()) {
    page().wait_slot = slot;
    return -EAGAIN;
  }
  // The last slot's hash is in the fold, whatever became of its record.
  if (slot == fold().slot) return token.hash == fold().hash ? 0 : -EUCLEAN;
  if (slot < page().low || !recHeld(slot)) return -EOVERFLOW;
  return token.hash == recAt(slot).self_hash ? 0 : -EUCLEAN;
}
