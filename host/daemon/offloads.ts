// Superframes of a NIC whose ring has no room for them: what joins received frames is switched off.
//
// Invariants: what is switched off is in the ledger before; it is switched on again when there is room, or with the other
// settings (restoreNic); a NIC that will not have it changed is used all the same, and what does not fit is counted.

import type { Offload } from "../net/rtnetlink.js";
import type { Env } from "./env.js";
import type { Former } from "./ledger.js";
import { messageOf } from "./refusal.js";

/** Joining by the kernel, and by the NIC. */
const JOINING: readonly Offload[] = ["gro", "lro"];

/** Lets a NIC join received frames as it did before, or, without room for them, not at all. */
export function fitOffloads({ net, ledger, log }: Pick<Env, "net" | "ledger" | "log">, name: string, former: Former, room: boolean): void {
  const set = (which: Offload, on: boolean): void => {
    try {
      net.setOffload(name, which, on);
    } catch (e) {
      log.warn("offload", `${name}: ${which} cannot be switched ${on ? "on" : "off"}: ${messageOf(e)}`, { nic: name });
    }
  };
  if (room) {
    if (former.offloads === undefined) return;
    for (const o of former.offloads) set(o, true);
    delete former.offloads;
    ledger.save();
    return;
  }
  const on = JOINING.filter((o) => net.offload(name, o) === true);
  if (on.length === 0) return;
  former.offloads = [...new Set([...(former.offloads ?? []), ...on])];
  ledger.save();
  for (const o of on) set(o, false);
}
