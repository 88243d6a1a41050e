// This node's lease: until when the others will certainly not have removed it.
//
// Its end is a time that this node itself sent (in an ACK, echoed by the master), plus what the master vouches for, so no
// two clocks are compared. page().lease is what was last said about it; leaseHolds() is what is true now.

import { EVENT_LEASE } from "../../abi/clms";
import { later } from "../../lib/span";
import { eventEmit } from "../event";
import { NEVER, page, self } from "../layout";

/** The master has echoed this node's clock and vouches for vouchNs from then on. An echo of the future is none. */
export function leaseRenew(echo: u64, vouchNs: u64): void {
  const pg = page();
  if (echo == 0 || echo > pg.now) return;
  pg.lease_until = max<u64>(pg.lease_until, later(echo, min<u64>(self().lease_ns, vouchNs)));
}

/** The lease is over, whatever was promised: this node was paused, removed, or gives up. */
export function leaseDrop(): void {
  page().lease_until = 0;
}

/** Does the lease hold at this very moment? */
export function leaseHolds(): bool {
  return page().now < page().lease_until;
}

/** Says it if the lease began or ended since the last call; returns whether it did. */
export function leaseTick(now: u64): bool {
  const pg = page();
  const holds = u32(now < pg.lease_until);
  if (holds == <u32>pg.lease) return false;
  const ev = eventEmit(EVENT_LEASE);
  ev.node = pg.node;
  ev.inc = pg.inc;
  ev.old = pg.lease;
  ev.new = holds;
  pg.lease = <u8>holds;
  return true;
}

/** When leaseTick may have something to say: at once if it has, else at the end of the lease. */
export function leaseDeadline(): u64 {
  const pg = page();
  if (u32(leaseHolds()) != <u32>pg.lease) return pg.now;
  return pg.lease == 0 ? NEVER : pg.lease_until;
}
