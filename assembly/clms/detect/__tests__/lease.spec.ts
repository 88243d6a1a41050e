// The lease: arithmetic at its edges, and what is told of it. And the host's word on another node.

import { EALREADY, EINVAL, ESTALE, EVENT_LEASE, NODE_MAX } from "../../../abi/clms";
import { NEVER, page, peerAt, self } from "../../layout";
import { PEER_DEAD, PEER_FENCED, PEER_FENCING } from "../../structs";
import { nodeFault } from "../fault";
import { leaseDeadline, leaseDrop, leaseHolds, leaseRenew, leaseTick } from "../lease";
import { isDead } from "../limits";
import { INC, MS, START, cluster, events, forget, lastEvent, leave } from "./world";

const LEASE: u64 = 600 * MS;

describe("the lease", () => {
  test("ends at the echo plus the smaller of the own time and the master's", () => {
    cluster(3, 1, 0);
    leaseRenew(START - 10, LEASE * 10);
    expect<u64>(page().lease_until).toBe(START - 10 + LEASE);
    cluster(3, 1, 0);
    leaseRenew(START - 10, 5 * MS);
    expect<u64>(page().lease_until).toBe(START - 10 + 5 * MS);
    cluster(3, 1, 0);
    leaseRenew(START - 10, 0);
    expect<bool>(leaseHolds()).toBe(false);
  });

  test("is never shortened by an older echo", () => {
    cluster(3, 1, 0);
    leaseRenew(START, LEASE);
    leaseRenew(START - 100 * MS, LEASE);
    leaseRenew(START, 1);
    expect<u64>(page().lease_until).toBe(START + LEASE);
  });

  test("an echo of the future, or none, gives nothing; no sum wraps", () => {
    cluster(3, 1, 0);
    leaseRenew(START + 1, LEASE);
    leaseRenew(u64.MAX_VALUE, LEASE);
    leaseRenew(0, LEASE);
    expect<u64>(page().lease_until).toBe(0);
    self().lease_ns = u64.MAX_VALUE;
    leaseRenew(START, u64.MAX_VALUE);
    expect<u64>(page().lease_until).toBe(u64.MAX_VALUE);
  });

  test("holds until its last moment, whether or not that was told", () => {
    cluster(3, 1, 0);
    expect<bool>(leaseHolds()).toBe(false);
    leaseRenew(START, LEASE);
    expect<bool>(leaseHolds()).toBe(true);
    page().now = START + LEASE - 1;
    expect<bool>(leaseHolds()).toBe(true);
    page().now = START + LEASE;
    expect<bool>(leaseHolds()).toBe(false);
  });

  test("its begin and its end are told once each, and are due at their time", () => {
    cluster(3, 1, 0);
    expect<u64>(leaseDeadline()).toBe(NEVER);
    expect<bool>(leaseTick(START)).toBe(false);
    leaseRenew(START, LEASE);
    expect<u64>(leaseDeadline()).toBe(START);
    expect<bool>(leaseTick(START)).toBe(true);
    expect<bool>(leaseTick(START)).toBe(false);
    expect<u32>(page().lease).toBe(1);
    expect<u32>(events(EVENT_LEASE)).toBe(1);
    expect<u32>(lastEvent().old).toBe(0);
    expect<u32>(lastEvent().new).toBe(1);
    expect<u64>(leaseDeadline()).toBe(START + LEASE);
    page().now = START + LEASE;
    expect<bool>(leaseTick(page().now)).toBe(true);
    expect<u32>(page().lease).toBe(0);
    expect<u32>(lastEvent().new).toBe(0);
    expect<u64>(leaseDeadline()).toBe(NEVER);
  });

  test("dropped it is over at once, and can be renewed", () => {
    cluster(3, 1, 0);
    leaseRenew(START, LEASE);
    leaseTick(START);
    leaseDrop();
    expect<bool>(leaseHolds()).toBe(false);
    expect<u64>(leaseDeadline()).toBe(START);
    expect<bool>(leaseTick(START)).toBe(true);
    page().now += 1;
    leaseRenew(page().now, LEASE);
    expect<bool>(leaseTick(page().now)).toBe(true);
    expect<u32>(page().lease).toBe(1);
  });
});

describe("the host's word that a node is dead", () => {
  test("is taken for the incarnation that is a member, once", () => {
    cluster(5, 1, 0);
    page().deadline = NEVER;
    forget();
    expect<i32>(nodeFault(0, INC)).toBe(-EINVAL);
    expect<i32>(nodeFault(NODE_MAX + 1, INC)).toBe(-EINVAL);
    expect<i32>(nodeFault(0xffff_ffff, INC)).toBe(-EINVAL);
    expect<i32>(nodeFault(1, INC)).toBe(-EINVAL);
    expect<i32>(nodeFault(3, INC + 1)).toBe(-ESTALE);
    expect<i32>(nodeFault(3, 0)).toBe(-ESTALE);
    expect<i32>(nodeFault(9, 0)).toBe(-ESTALE);
    expect<u64>(page().deadline).toBe(NEVER);
    expect<i32>(nodeFault(3, INC)).toBe(0);
    expect<bool>(isDead(3)).toBe(true);
    expect<u64>(page().deadline).toBe(START);
    expect<i32>(nodeFault(3, INC)).toBe(-EALREADY);
    expect<i32>(nodeFault(4, INC)).toBe(0);
    expect<bool>(isDead(4)).toBe(true);
    leave(4);
    expect<i32>(nodeFault(4, INC)).toBe(-ESTALE);
    // What has been removed need not be removed again.
    expect<bool>(isDead(4)).toBe(false);
  });

  test("what was known of an older incarnation does not speak for a newer one", () => {
    cluster(5, 1, 0);
    peerAt(3).flags = PEER_DEAD | PEER_FENCED | PEER_FENCING;
    peerAt(3).fence_inc = INC - 1;
    expect<bool>(isDead(3)).toBe(false);
    expect<i32>(nodeFault(3, INC)).toBe(0);
    expect<u32>(peerAt(3).flags).toBe(PEER_DEAD);
    peerAt(3).flags = PEER_FENCED;
    expect<bool>(isDead(3)).toBe(true);
    expect<i32>(nodeFault(3, INC)).toBe(0);
    expect<u32>(peerAt(3).flags).toBe(PEER_DEAD | PEER_FENCED);
  });
});
