// Key services as this node runs them: the log says who holds one, the lease for how long that may be believed.
//
//   NONE → TAKING      the log says that this node holds it, and the lease holds: EVENT_SVC_TAKE
//   TAKING → HOLDING   the host has taken it      TAKING → STOPPED   the host cannot: not again for ten seconds
//   TAKING, HOLDING → RELEASING   the log or the lease says no longer: EVENT_SVC_RELEASE
//   RELEASING → NONE   the host has given it up; until then it is told again every second that it failed
//
// Invariant: this node does nothing for a service in NONE and STOPPED. Whether it holds one at this moment is worked out
// from log, lease and clock each time it is asked (clms_svc_holds), for the lease may end between two steps. STOPPED is
// left by time alone, whatever the log says: the master gives the service to others meanwhile, and if none of them can
// take it either, the log does not fill with attempts.

import {
  EINVAL, ENAMETOOLONG, ENOENT, ESTALE, EVENT_NONE, EVENT_SVC_RELEASE, EVENT_SVC_TAKE, NAME_MAX, SVCS_FREE, SVCS_HELD, SVCS_RELEASING,
  SVC_MAX, SvcEnt,
} from "../../abi/clms";
import { HASH_SEED, hashBytes, hashEnd } from "../../lib/hash64";
import { eventEmit } from "../event";
import { MS, NEVER, inbox, localSvcAt, outbox, page, self, svcAt } from "../layout";

// @ts-ignore: decorator
@inline export const LOCAL_NONE: u32 = 0;
// @ts-ignore: decorator
@inline export const LOCAL_TAKING: u32 = 1;
// @ts-ignore: decorator
@inline export const LOCAL_HOLDING: u32 = 2;
// @ts-ignore: decorator
@inline export const LOCAL_RELEASING: u32 = 3;
// @ts-ignore: decorator
@inline export const LOCAL_STOPPED: u32 = 4;

/** Milliseconds after which a host that could not give a service up is asked again. */
// @ts-ignore: decorator
@inline const RETRY_MS: u32 = 1000;
/** Milliseconds for which a node does not try again what it could not take. */
// @ts-ignore: decorator
@inline const STOPPED_MS: u32 = 10_000;

/** What this node does with a service. */
@unmanaged export class LocalSvc {
  token: u64; // of the TAKE that it belongs to
  state: u8; // LOCAL_*
  waits: u8; // 1: in RELEASING, the host failed, and is asked again at `again`
  _pad: u16;
  again: u32; // ms of Page.now, modulo 2^32: when RELEASING is tried again, or STOPPED ends
}
if (offsetof<LocalSvc>() != 16) ERROR("the layout has 16 bytes for each service");

// @ts-ignore: decorator
@inline function localOf(s: u32): LocalSvc { return changetype<LocalSvc>(localSvcAt(s)); }
// @ts-ignore: decorator
@inline function nowMs(): u32 { return <u32>(page().now / MS); }

/** Is this incarnation of this node the holder that the log names? */
function isMine(svc: SvcEnt): bool {
  const pg = page();
  return pg.inc != 0 && svc.name != 0 && svc.holder == pg.node && svc.holder_inc == pg.inc;
}

/** Does the lease hold at this very moment? */
// @ts-ignore: decorator
@inline function leaseNow(): bool { return page().lease != 0 && page().now < page().lease_until; }

// @ts-ignore: decorator
@inline function isTime(local: LocalSvc): bool { return <i32>(nowMs() - local.again) >= 0; }

/** May this node hold it now? */
function mayHold(svc: SvcEnt): bool {
  return <u32>svc.state == SVCS_HELD && isMine(svc) && leaseNow();
}

/** Is there nothing to do for a service, whatever else? Most are like this. */
// @ts-ignore: decorator
@inline function isIdle(s: u32): bool { return <u32>localOf(s).state == LOCAL_NONE && <u32>svcAt(s).state == SVCS_FREE; }

/**
 * Brings what the host does into line with log and lease. O(SVC_MAX). It also notes which services are not idle, for what
 * every step asks: none becomes so but by a record or a checkpoint, and after these this is called.
 */
export function serviceSettle(): void {
  let busy: u64 = 0;
  for (let s: u32 = 0; s < SVC_MAX; s++) busy |= u64(!isIdle(s)) << <u64>s;
  self().svc_busy = busy;
  for (; busy != 0; busy &= busy - 1) settle(<u32>ctz(busy));
}

/** The event that is due for service s, EVENT_NONE if none is. */
function due(s: u32): u32 {
  const local = localOf(s);
  const svc = svcAt(s);
  const state: u32 = local.state;
  if (state == LOCAL_NONE) return mayHold(svc) ? EVENT_SVC_TAKE : EVENT_NONE;
  if (state == LOCAL_STOPPED) return EVENT_NONE;
  if (state == LOCAL_RELEASING) return local.waits != 0 && isTime(local) ? EVENT_SVC_RELEASE : EVENT_NONE;
  return mayHold(svc) && svc.token == local.token ? EVENT_NONE : EVENT_SVC_RELEASE;
}

/** Asks the host for what is due. If the event finds no place nothing changes, and the next step tries again. */
function settle(s: u32): void {
  const local = localOf(s);
  if (<u32>local.state == LOCAL_STOPPED && isTime(local)) turn(local, LOCAL_NONE);
  const type = due(s);
  if (type == EVENT_NONE) return;
  const take = type == EVENT_SVC_TAKE;
  const token = take ? svcAt(s).token : local.token;
  if (!tell(type, s, token)) return;
  local.token = token;
  turn(local, take ? LOCAL_TAKING : LOCAL_RELEASING);
}

function turn(local: LocalSvc, state: u32): void {
  local.state = <u8>state;
  local.waits = 0;
  page().generation += 1;
  self().ack_due = 1;
}

/** Has the event found its place? */
function tell(type: u32, s: u32, token: u64): bool {
  const pg = page();
  const lost = pg.event_lost;
  const ev = eventEmit(type);
  ev.new = s;
  ev.slot = token;
  ev.node = pg.node;
  ev.inc = pg.inc;
  return pg.event_lost == lost;
}

/** Has this node given up what the log wants back from it? */
export function serviceReleased(s: u32): bool {
  const svc = svcAt(s);
  const state: u32 = localOf(s).state;
  return <u32>svc.state == SVCS_RELEASING && isMine(svc) && (state == LOCAL_NONE || state == LOCAL_STOPPED);
}

/** Writes a u64: bit s = this node has released service s, which the log wants back from it. */
export function serviceFreeBits(at: usize): void {
  let bits: u64 = 0;
  for (let busy = self().svc_busy; busy != 0; busy &= busy - 1) bits |= u64(serviceReleased(<u32>ctz(busy))) << ctz(busy);
  store<u64>(at, bits);
}

/** Writes a u64: bit s = this node could not take service s, and is not to be given it for a while. */
export function serviceBadBits(at: usize): void {
  let bits: u64 = 0;
  for (let busy = self().svc_busy; busy != 0; busy &= busy - 1) {
    bits |= u64(<u32>localOf(<u32>ctz(busy)).state == LOCAL_STOPPED) << ctz(busy);
  }
  store<u64>(at, bits);
}

// @ts-ignore: decorator
@inline function whenAgain(local: LocalSvc): u64 { return page().now + <u64>max<i32>(<i32>(local.again - nowMs()), 0) * MS; }

/** When settling may have something to do: the lease ends, something is to be tried again. */
export function serviceDeadline(): u64 {
  let at = NEVER;
  for (let busy = self().svc_busy; busy != 0; busy &= busy - 1) {
    const s = <u32>ctz(busy);
    const local = localOf(s);
    const state: u32 = local.state;
    if (state == LOCAL_TAKING || state == LOCAL_HOLDING) at = min<u64>(at, page().lease_until);
    if (due(s) != EVENT_NONE) at = min<u64>(at, page().now + MS);
    else if (local.waits != 0 || state == LOCAL_STOPPED) at = min<u64>(at, whenAgain(local));
  }
  return at;
}

/** 0 if service s is defined, else why it cannot be asked about. */
// @ts-ignore: decorator
@inline function svcRefused(s: u32): i32 { return s >= SVC_MAX ? -EINVAL : svcAt(s).name == 0 ? -ENOENT : 0; }

export function clms_svc_hash(len: u32): i32 {
  if (len == 0 || len > NAME_MAX) return -ENAMETOOLONG;
  store<u64>(outbox(), hashEnd(hashBytes(HASH_SEED, inbox(), len)));
  return 0;
}

export function clms_svc_get(s: u32): i32 {
  const refused = svcRefused(s);
  return refused != 0 ? refused : <i32>changetype<usize>(svcAt(s));
}

export function serviceDone(s: u32, op: u32, ok: u32): i32 {
  if ((op != EVENT_SVC_TAKE && op != EVENT_SVC_RELEASE) || ok > 1) return -EINVAL;
  const refused = svcRefused(s);
  if (refused != 0) return refused;
  const local = localOf(s);
  if (<u32>local.state != (op == EVENT_SVC_TAKE ? LOCAL_TAKING : LOCAL_RELEASING) || local.waits != 0) return -ESTALE;
  if (op == EVENT_SVC_TAKE) {
    turn(local, ok != 0 ? LOCAL_HOLDING : LOCAL_STOPPED);
    local.again = nowMs() + STOPPED_MS;
  } else if (ok != 0) {
    turn(local, LOCAL_NONE);
  } else {
    local.waits = 1;
    local.again = nowMs() + RETRY_MS;
  }
  settle(s);
  page().generation += 1;
  return 0;
}

export function clms_svc_holds(s: u32): i32 {
  const refused = svcRefused(s);
  if (refused != 0) return refused;
  const local = localOf(s);
  return i32(<u32>local.state == LOCAL_HOLDING && mayHold(svcAt(s)) && svcAt(s).token == local.token);
}

/** Is what a saved state says about services possible? */
export function serviceValid(): bool {
  for (let s: u32 = 0; s < SVC_MAX; s++) {
    const local = localOf(s);
    if (<u32>local.state > LOCAL_STOPPED || <u32>local.waits > u32(<u32>local.state == LOCAL_RELEASING)) return false;
  }
  return true;
}
