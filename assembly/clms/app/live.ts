// Who is there, as the log says: this node itself, and any (node, incarnation).

import { NODE_MAX } from "../../abi/clms";
import { isLive } from "../fold/edges";
import { entAt, page } from "../layout";

/** Is this incarnation a live member? Any numbers are allowed as arguments. */
export function liveAs(node: u32, inc: u32): bool {
  if (node == 0 || node > NODE_MAX || inc == 0) return false;
  const ent = entAt(node);
  return ent.inc == inc && isLive(ent.state);
}

/** Is this node, as it runs now, a live member? */
export function selfLive(): bool {
  return liveAs(page().node, page().inc);
}
