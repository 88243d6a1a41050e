// What an administrator asks of one member: out of use and back, standing by or not.
//
// Invariant: a request that is refused has changed nothing.

import { IpmpError, PHYI } from "../core/index.js";
import type { Engine } from "./engine.js";
import type { Request } from "./protocol.js";
import { Refusal } from "./refusal.js";

type MemberRequest = Extract<Request, { nic: string }>;

/** Throws Refusal. */
export function carryOut(engine: Engine, request: MemberRequest): void {
  const { ipmp, loop } = engine;
  const phyint = engine.member(request.nic);
  try {
    loop.command(() => {
      if (request.cmd === "offline") takeOffline(engine, phyint, request);
      else if (request.cmd === "undo_offline") bringBack(engine, phyint, request.nic);
      else if (request.on) ipmp.setFlags(phyint, PHYI.STANDBY, ipmp.phyint(phyint).flags & PHYI.INACTIVE);
      else ipmp.setFlags(phyint, 0, PHYI.STANDBY);
    });
  } catch (e) {
    if (!(e instanceof IpmpError)) throw e;
    throw new Refusal(e.code, `${request.nic}: ${why(request, e)}`);
  }
}

/** As the original's if_mpadm does it: the traffic moves first, then the NIC's own addresses go down. */
function takeOffline(engine: Engine, phyint: number, request: Extract<Request, { cmd: "offline" }>): void {
  engine.ipmp.offline(phyint, request.minRedundancy);
  if (request.down) engine.ownAddresses(request.nic, false);
}

/** The NIC's own addresses come up before it ceases to be offline, so that it is at work at once; a refusal changes nothing. */
function bringBack(engine: Engine, phyint: number, nic: string): void {
  const { ipmp } = engine;
  const down = ipmp.phyint(phyint).ills.every((ill) => ill.up === 0);
  if (down && (ipmp.phyint(phyint).flags & PHYI.OFFLINE) !== 0) engine.ownAddresses(nic, true);
  try {
    ipmp.undoOffline(phyint);
  } catch (e) {
    if (down) engine.ownAddresses(nic, false);
    throw e;
  }
}

/** The module's refusal in the administrator's words. */
function why(request: Extract<Request, { nic: string }>, e: IpmpError): string {
  if (e.code === "EMINRED" && request.cmd === "offline")
    return `refused: fewer than ${request.minRedundancy} other usable NICs would remain in its group; see --min-redundancy`;
  if (e.code === "EALREADY") return "it is offline already";
  if (e.code === "EINVAL" && request.cmd === "undo_offline") return "it is not offline";
  if (e.code === "EHWADDRDUP") return "its hardware address is meanwhile in use by another member";
  return e.message;
}
