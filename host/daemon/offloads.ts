// What a NIC or the kernel does to received frames, and its device cannot do with: superframes that find no room in the
// ring, VLAN tags taken out where XDP is to see them.
//
// Invariants: what is switched off is in the ledger before; it is switched on again when nothing stands against it, or with
// the other settings (restoreNic); a NIC that will not have it changed is used all the same: what does not fit is counted, and
// XDP is not put on a NIC that takes tags out.

import type { Offload } from "../net/rtnetlink.js";
import type { Env } from "./env.js";
import type { Former } from "./ledger.js";
import { messageOf } from "./refusal.js";

/** Joining by the kernel, and by the NIC. */
export const JOINING: readonly Offload[] = ["gro", "lro"];

/** What XDP cannot do with: tags taken out; and joining by the NIC, which the kernel switches off with a program, and not on again. */
export const BEFORE_XDP: readonly Offload[] = ["lro", "rxvlan"];

/** Switches off what is not to be done to a NIC's frames, and on again what was switched off here and may be done. */
export function fitOffloads(
  { net, ledger, log }: Pick<Env, "net" | "ledger" | "log">,
  name: string,
  former: Former,
  unwanted: readonly Offload[],
): void {
  const set = (which: Offload, on: boolean): void => {
    try {
      net.setOffload(name, which, on);
    } catch (e) {
      log.warn("offload", `${name}: ${which} cannot be switched ${on ? "on" : "off"}: ${messageOf(e)}`, { nic: name });
    }
  };
  const off = former.offloads ?? [];
  const again = off.filter((o) => !unwanted.includes(o));
  const on = unwanted.filter((o) => !off.includes(o) && net.offload(name, o) === true);
  if (again.length + on.length > 0) {
    for (const o of again) set(o, true);
    const left = [...off.filter((o) => unwanted.includes(o)), ...on];
    if (left.length > 0) former.offloads = left;
    else delete former.offloads;
    ledger.save();
  }
  for (const o of on) set(o, false);
}
