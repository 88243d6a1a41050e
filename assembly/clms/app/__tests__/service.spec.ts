// The local side of key services: log, lease and host brought into line, and what the master is told.

import {
  EINVAL, ENAMETOOLONG, ENOENT, ESTALE, EVENT_SVC_RELEASE, EVENT_SVC_TAKE, NAME_MAX, PHASE_KERNEL, SVCOP_DEFINE, SVCOP_FREE, SVCOP_OFFER,
  SVCOP_RELEASE, SVCOP_TAKE, SVC_MAX,
} from "../../../abi/clms";
import { NEVER, inbox, localSvcAt, outbox, page, self, svcAt } from "../../layout";
import { appDeadline, appLeaseHeld, appLeaseLost, appTick, appValid } from "../applied";
import {
  LOCAL_HOLDING, LOCAL_NONE, LOCAL_RELEASING, LOCAL_STOPPED, LOCAL_TAKING, LocalSvc, serviceDone, clms_svc_get, clms_svc_hash,
  clms_svc_holds, serviceBadBits, serviceFreeBits,
} from "../service";
import { ME, begin, eventCount, eventsFull, eventsRead, lastEvent, phase, svc, up } from "./world";

const BITS: usize = memory.data(8, 8);
const SECOND: u64 = 1_000_000_000;

function err(e: u32): i32 { return -<i32>e; }
function stateOf(s: u32): u32 { return changetype<LocalSvc>(localSvcAt(s)).state; }
function freeBits(): u64 {
  serviceFreeBits(BITS);
  return load<u64>(BITS);
}
function badBits(): u64 {
  serviceBadBits(BITS);
  return load<u64>(BITS);
}

function lease(until: u64): void {
  page().lease = u8(until != 0);
  page().lease_until = until;
  if (until != 0) appLeaseHeld();
  else appLeaseLost();
}

/** This node and node 2 are up, both candidates of service 63; this node's lease holds for a second. */
function offered(): void {
  begin();
  up(ME);
  up(2);
  svc(SVCOP_DEFINE, 0, 63, 99);
  svc(SVCOP_OFFER, ME, 63, 1);
  svc(SVCOP_OFFER, 2, 63, 2);
  lease(page().now + SECOND);
  appTick(page().now);
  eventsRead();
}

/** The log gives service 63 to this node, and the host takes it. Gives the token. */
function held(): u64 {
  offered();
  const token = svc(SVCOP_TAKE, ME, 63, 0);
  expect<i32>(serviceDone(63, EVENT_SVC_TAKE, 1)).toBe(0);
  return token;
}

describe("a key service is taken", () => {
  test("when log and lease say so, with its fencing token", () => {
    offered();
    const token = svc(SVCOP_TAKE, ME, 63, 0);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(1);
    expect<u32>(lastEvent(EVENT_SVC_TAKE).new).toBe(63);
    expect<u64>(lastEvent(EVENT_SVC_TAKE).slot).toBe(token);
    expect<i32>(clms_svc_holds(63)).toBe(0);
    expect<i32>(serviceDone(63, EVENT_SVC_TAKE, 1)).toBe(0);
    expect<u32>(stateOf(63)).toBe(LOCAL_HOLDING);
    expect<i32>(clms_svc_holds(63)).toBe(1);
    appTick(page().now);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(1);
    expect<i32>(serviceDone(63, EVENT_SVC_TAKE, 1)).toBe(err(ESTALE));
  });

  test("not by another, and not without a lease", () => {
    offered();
    svc(SVCOP_TAKE, 2, 63, 0);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(0);
    offered();
    lease(0);
    svc(SVCOP_TAKE, ME, 63, 0);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(0);
    lease(page().now + SECOND);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(1);
  });

  test("what the host cannot take is told, and not tried again for ten seconds, whoever has it meanwhile", () => {
    offered();
    lease(NEVER);
    svc(SVCOP_TAKE, ME, 63, 0);
    expect<u64>(badBits()).toBe(0);
    expect<i32>(serviceDone(63, EVENT_SVC_TAKE, 0)).toBe(0);
    expect<u32>(stateOf(63)).toBe(LOCAL_STOPPED);
    expect<u64>(badBits()).toBe(<u64>1 << 63);
    expect<u64>(freeBits()).toBe(0);
    svc(SVCOP_RELEASE, ME, 63, 0);
    expect<u64>(freeBits()).toBe(<u64>1 << 63);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(0);
    svc(SVCOP_FREE, ME, 63, 0);
    svc(SVCOP_TAKE, 2, 63, 0);
    svc(SVCOP_RELEASE, 2, 63, 0);
    svc(SVCOP_FREE, 2, 63, 0);
    svc(SVCOP_TAKE, ME, 63, 0);
    expect<u64>(badBits()).toBe(<u64>1 << 63);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(1);
    expect<u64>(appDeadline()).toBe(page().now + 10 * SECOND);
    page().now += 10 * SECOND - 1_000_000;
    appTick(page().now);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(1);
    page().now += 1_000_000;
    appTick(page().now);
    expect<u64>(badBits()).toBe(0);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(2);
  });

  test("every change is told to the master", () => {
    offered();
    self().ack_due = 0;
    svc(SVCOP_TAKE, ME, 63, 0);
    serviceDone(63, EVENT_SVC_TAKE, 0);
    expect<u64>(self().ack_due).toBe(1);
    self().ack_due = 0;
    page().now += 10 * SECOND;
    appTick(page().now);
    expect<u64>(self().ack_due).toBe(1);
  });

  test("an event that found no place is told again", () => {
    offered();
    eventsFull();
    svc(SVCOP_TAKE, ME, 63, 0);
    expect<u32>(stateOf(63)).toBe(LOCAL_NONE);
    expect<bool>(appDeadline() <= page().now + 1_000_000).toBe(true);
    eventsRead();
    appTick(page().now);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(1);
    expect<u32>(stateOf(63)).toBe(LOCAL_TAKING);
  });
});

describe("a key service is given up", () => {
  test("when the log wants it back: released once, then told to the master", () => {
    held();
    svc(SVCOP_RELEASE, ME, 63, 0);
    expect<i32>(clms_svc_holds(63)).toBe(0);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(1);
    expect<u64>(freeBits()).toBe(0);
    appTick(page().now);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(1);
    expect<i32>(serviceDone(63, EVENT_SVC_RELEASE, 1)).toBe(0);
    expect<u64>(freeBits()).toBe(<u64>1 << 63);
    expect<i32>(serviceDone(63, EVENT_SVC_RELEASE, 1)).toBe(err(ESTALE));
  });

  test("at the very end of the lease, whatever the flag says", () => {
    held();
    const end = page().lease_until;
    expect<u64>(appDeadline()).toBe(end);
    page().now = end - 1;
    expect<i32>(clms_svc_holds(63)).toBe(1);
    page().now = end;
    expect<u32>(page().lease).toBe(1);
    expect<i32>(clms_svc_holds(63)).toBe(0);
    appTick(page().now);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(1);
    expect<u64>(freeBits()).toBe(0);
  });

  test("and taken again with the same token if the lease comes back", () => {
    const token = held();
    lease(0);
    expect<u32>(stateOf(63)).toBe(LOCAL_RELEASING);
    lease(page().now + SECOND);
    expect<i32>(clms_svc_holds(63)).toBe(0);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(1);
    serviceDone(63, EVENT_SVC_RELEASE, 1);
    expect<u32>(eventCount(EVENT_SVC_TAKE)).toBe(2);
    expect<u64>(lastEvent(EVENT_SVC_TAKE).slot).toBe(token);
  });

  test("when this node is evicted, also in the middle of taking", () => {
    held();
    phase(ME, PHASE_KERNEL, 1);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(1);
    expect<i32>(clms_svc_holds(63)).toBe(0);
    offered();
    svc(SVCOP_TAKE, ME, 63, 0);
    phase(ME, PHASE_KERNEL, 1);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(1);
    expect<i32>(serviceDone(63, EVENT_SVC_TAKE, 1)).toBe(err(ESTALE));
    expect<u64>(freeBits()).toBe(0);
  });

  test("a host that cannot is asked again after a second, not at once", () => {
    held();
    lease(0);
    expect<i32>(serviceDone(63, EVENT_SVC_RELEASE, 0)).toBe(0);
    expect<u32>(stateOf(63)).toBe(LOCAL_RELEASING);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(1);
    expect<u64>(appDeadline()).toBe(page().now + SECOND);
    page().now += SECOND - 1_000_000;
    appTick(page().now);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(1);
    page().now += 1_000_000;
    appTick(page().now);
    expect<u32>(eventCount(EVENT_SVC_RELEASE)).toBe(2);
    expect<i32>(serviceDone(63, EVENT_SVC_RELEASE, 1)).toBe(0);
    expect<u64>(appDeadline()).toBe(NEVER);
  });

  test("when the lease is taken away before its time", () => {
    held();
    page().lease = 0;
    expect<i32>(clms_svc_holds(63)).toBe(0);
    appTick(page().now);
    expect<u32>(stateOf(63)).toBe(LOCAL_RELEASING);
  });

  test("another incarnation's is not this one's", () => {
    held();
    page().inc += 1;
    expect<i32>(clms_svc_holds(63)).toBe(0);
    appTick(page().now);
    expect<u32>(stateOf(63)).toBe(LOCAL_RELEASING);
    serviceDone(63, EVENT_SVC_RELEASE, 1);
    expect<u32>(stateOf(63)).toBe(LOCAL_NONE);
    svc(SVCOP_RELEASE, ME, 63, 0);
    expect<u64>(freeBits()).toBe(0);
  });

  test("a newer token is another holding", () => {
    held();
    svcAt(63).token += 1;
    expect<i32>(clms_svc_holds(63)).toBe(0);
    appTick(page().now);
    expect<u32>(stateOf(63)).toBe(LOCAL_RELEASING);
  });
});

describe("the edge", () => {
  test("each reason", () => {
    offered();
    expect<i32>(clms_svc_get(SVC_MAX)).toBe(err(EINVAL));
    expect<i32>(clms_svc_get(0)).toBe(err(ENOENT));
    expect<i32>(clms_svc_get(63)).toBe(<i32>changetype<usize>(svcAt(63)));
    expect<i32>(clms_svc_holds(SVC_MAX)).toBe(err(EINVAL));
    expect<i32>(clms_svc_holds(0)).toBe(err(ENOENT));
    expect<i32>(serviceDone(SVC_MAX, EVENT_SVC_TAKE, 1)).toBe(err(EINVAL));
    expect<i32>(serviceDone(63, EVENT_SVC_TAKE, 2)).toBe(err(EINVAL));
    expect<i32>(serviceDone(63, 0, 1)).toBe(err(EINVAL));
    expect<i32>(serviceDone(0, EVENT_SVC_TAKE, 1)).toBe(err(ENOENT));
    expect<i32>(serviceDone(63, EVENT_SVC_TAKE, 1)).toBe(err(ESTALE));
    expect<i32>(serviceDone(63, EVENT_SVC_RELEASE, 1)).toBe(err(ESTALE));
  });

  test("names hash alike wherever they come from, and apart", () => {
    begin();
    memory.fill(inbox(), 65, NAME_MAX + 1);
    expect<i32>(clms_svc_hash(0)).toBe(err(ENAMETOOLONG));
    expect<i32>(clms_svc_hash(NAME_MAX + 1)).toBe(err(ENAMETOOLONG));
    expect<i32>(clms_svc_hash(NAME_MAX)).toBe(0);
    const long = load<u64>(outbox());
    store<u8>(inbox() + NAME_MAX, 0);
    clms_svc_hash(NAME_MAX);
    expect<u64>(load<u64>(outbox())).toBe(long);
    clms_svc_hash(NAME_MAX - 1);
    expect<bool>(load<u64>(outbox()) != long && load<u64>(outbox()) != 0).toBe(true);
  });

  test("a saved state that cannot be", () => {
    held();
    expect<bool>(appValid()).toBe(true);
    const local = changetype<LocalSvc>(localSvcAt(63));
    local.waits = 1;
    expect<bool>(appValid()).toBe(false);
    local.waits = 0;
    local.state = 5;
    expect<bool>(appValid()).toBe(false);
  });
});
