// Probes, silence, return, pauses and clocks that lie, for one node of a cluster of five.

import { CONFF_EXTERNAL, EVENT_PAUSED, EVENT_SUSPECT, MSG_PROBE, MSG_PROBE_ACK } from "../../../abi/clms";
import { bitGet } from "../../bits";
import { page, peerAt, self } from "../../layout";
import { PEER_DEAD, PEER_SUSPECT } from "../../structs";
import { missNs, masterMissed } from "../limits";
import {
  deafInto, detectDeadline, detectHeard, detectPaused, detectProbe, detectProbeAck, detectSuspects, detectTick, hearsInto,
} from "../probe";
import {
  INC, LOSSES, MISS, MS, PROBE, START, acks, cluster, drain, events, forget, lastClock, lastEvent, lastTo, message, probes, run, told,
} from "./world";

const SET: usize = memory.data(136, 8);
const LIST: usize = memory.data(32, 8);
/** Nodes 2 to 5, and these without node 3, as bits. */
const ALL: u64 = 0b111100;
const NOT3: u64 = 0b110100;

function suspected(n: u32): bool { return (peerAt(n).flags & PEER_SUSPECT) != 0; }

function bit(set: usize, n: u32): bool { return bitGet(set, n); }

describe("a node that probes", () => {
  test("asks each that it observes once in an interval, never less often", () => {
    cluster(5, 1, 0);
    run(START + PROBE / 4, 0);
    drain();
    let count: u32 = 0;
    let last = page().now;
    for (let i: u32 = 0; i < 40; i++) {
      const due = self().next_probe;
      expect<bool>(due > last - PROBE && due <= last + PROBE).toBe(true);
      page().now = due;
      for (let n: u32 = 2; n <= 5; n++) detectHeard(n);
      detectTick(due);
      drain();
      expect<u32>(probes).toBe(4);
      detectTick(due);
      drain();
      expect<u32>(probes).toBe(0);
      expect<u32>(told).toBe(0);
      count += 1;
      last = due;
    }
    expect<u32>(count).toBe(40);
    // The drift is below one sixteenth, and there is some.
    expect<bool>(last - START < 39 * PROBE + PROBE / 2 && last - START > 37 * PROBE).toBe(true);
  });

  test("calls of the host end: each due time is in the past after its tick", () => {
    cluster(5, 1, 0);
    expect<bool>(run(START + 50 * PROBE, NOT3) < 200).toBe(true);
    expect<bool>(detectDeadline() > page().now).toBe(true);
    cluster(2, 1, 0);
    expect<bool>(run(START + 50 * PROBE, 0) < 200).toBe(true);
    cluster(1, 1, 0);
    expect<u32>(run(START + 50 * PROBE, 0)).toBe(0);
    expect<u64>(detectDeadline()).toBe(u64.MAX_VALUE);
  });

  test("misses who is silent for longer than losses × interval, says so once, and hears it again", () => {
    cluster(5, 1, 0);
    run(START + 10 * PROBE, ALL);
    expect<u32>(events(EVENT_SUSPECT)).toBe(0);
    const last = peerAt(3).probed;
    page().health = 0;
    run(last + MISS, NOT3);
    detectTick(page().now);
    expect<bool>(suspected(3)).toBe(false);
    expect<u64>(self().ack_due).toBe(0);
    run(last + MISS + 1, NOT3);
    expect<bool>(suspected(3)).toBe(true);
    expect<u64>(self().ack_due).toBe(1);
    expect<u32>(events(EVENT_SUSPECT)).toBe(1);
    expect<u32>(lastEvent().node).toBe(3);
    expect<u32>(lastEvent().inc).toBe(INC);
    expect<u32>(lastEvent().new).toBe(1);
    run(last + 4 * MISS, NOT3);
    expect<u32>(events(EVENT_SUSPECT)).toBe(1);
    for (let n: u32 = 2; n <= 5; n++) expect<bool>(suspected(n)).toBe(n == 3);
    expect<u32>(detectSuspects(LIST)).toBe(1);
    expect<u32>(load<u16>(LIST)).toBe(3);
    forget();
    self().ack_due = 0;
    detectHeard(3);
    detectHeard(3);
    expect<u64>(self().ack_due).toBe(1);
    expect<bool>(suspected(3)).toBe(false);
    expect<u32>(events(EVENT_SUSPECT)).toBe(1);
    expect<u32>(lastEvent().new).toBe(0);
    expect<u32>(detectSuspects(LIST)).toBe(0);
  });

  test("tells a suspect in its probe", () => {
    cluster(5, 1, 0);
    run(START + 3 * MISS, NOT3);
    page().now = self().next_probe;
    drain();
    detectTick(page().now);
    drain();
    expect<u32>(probes).toBe(4);
    expect<u32>(told).toBe(1);
  });

  test("gives more time before the first answer: three intervals more, or the way there and back", () => {
    cluster(5, 1, 0);
    run(START + MISS + 3 * PROBE, NOT3);
    expect<bool>(suspected(3)).toBe(false);
    run(START + MISS + 3 * PROBE + 1, NOT3);
    expect<bool>(suspected(3)).toBe(true);
    cluster(5, 1, 0);
    peerAt(3).rtt_ns = <u32>(5 * PROBE);
    run(START + MISS + 6 * PROBE, NOT3);
    expect<bool>(suspected(3)).toBe(false);
    run(START + MISS + 6 * PROBE + 1, NOT3);
    expect<bool>(suspected(3)).toBe(true);
  });

  test("gives more time the worse it is itself", () => {
    cluster(5, 1, 0);
    detectHeard(3);
    page().now += 1;
    detectHeard(3);
    const last = page().now;
    page().health = 3;
    self().health_ok = last + 100 * MISS;
    expect<u64>(missNs()).toBe(4 * MISS);
    run(last + 4 * MISS, NOT3);
    expect<bool>(suspected(3)).toBe(false);
    run(last + 4 * MISS + 1, NOT3);
    expect<bool>(suspected(3)).toBe(true);
  });

  test("with EXTERNAL misses nobody, asks nobody, and hears all but those that the host calls dead", () => {
    cluster(5, 1, 0);
    self().flags = CONFF_EXTERNAL;
    expect<u32>(run(START + 100 * MISS, 0)).toBe(0);
    detectTick(page().now);
    drain();
    expect<u32>(probes + events(EVENT_SUSPECT)).toBe(0);
    peerAt(4).flags = PEER_DEAD;
    peerAt(4).fence_inc = INC;
    hearsInto(SET);
    expect<bool>(bit(SET, 2) && bit(SET, 3) && bit(SET, 5) && !bit(SET, 4) && !bit(SET, 1)).toBe(true);
    deafInto(SET);
    expect<bool>(bit(SET, 4) && !bit(SET, 2) && !bit(SET, 3) && !bit(SET, 5)).toBe(true);
  });

  test("who is neither silent nor has answered yet is in neither set", () => {
    cluster(5, 1, 0);
    page().now += 1;
    detectHeard(2);
    for (let n: u32 = 1; n <= 5; n++) {
      hearsInto(SET);
      expect<bool>(bit(SET, n)).toBe(n == 2);
      deafInto(SET);
      expect<bool>(bit(SET, n)).toBe(false);
    }
    run(START + 3 * MISS, NOT3);
    for (let n: u32 = 1; n <= 5; n++) {
      hearsInto(SET);
      expect<bool>(bit(SET, n)).toBe(n != 1 && n != 3);
      deafInto(SET);
      expect<bool>(bit(SET, n)).toBe(n == 3);
    }
  });
});

describe("a probe that comes", () => {
  test("is answered with its clock, if its sender is a live incarnation and this node is admitted", () => {
    cluster(5, 1, 0);
    drain();
    const msg = message(MSG_PROBE, 4, INC);
    msg.clock = 0x1234_5678_9abc_def0;
    detectProbe(msg);
    drain();
    expect<u32>(acks).toBe(1);
    expect<u32>(lastTo).toBe(4);
    expect<u64>(lastClock).toBe(0x1234_5678_9abc_def0);
    detectProbe(message(MSG_PROBE, 4, INC - 1));
    detectProbe(message(MSG_PROBE, 4, 0));
    detectProbe(message(MSG_PROBE, 9, 0));
    detectProbe(message(MSG_PROBE, 0, INC));
    detectProbe(message(MSG_PROBE, 65535, INC));
    page().inc = 0;
    detectProbe(message(MSG_PROBE, 4, INC));
    drain();
    expect<u32>(acks).toBe(0);
  });

  test("and its answer give the time of the round trip, smoothed; an impossible echo gives nothing", () => {
    cluster(5, 1, 0);
    const msg = message(MSG_PROBE_ACK, 4, INC);
    msg.clock = START - 800_000;
    detectProbeAck(msg);
    expect<u32>(peerAt(4).rtt_ns).toBe(800_000);
    msg.clock = START - 1_600_000;
    detectProbeAck(msg);
    expect<u32>(peerAt(4).rtt_ns).toBe(900_000);
    msg.clock = START + 1;
    detectProbeAck(msg);
    msg.clock = u64.MAX_VALUE;
    detectProbeAck(msg);
    msg.clock = 0;
    detectProbeAck(msg);
    msg.clock = START - 0x1_0000_0000;
    detectProbeAck(msg);
    msg.clock = START - 1;
    msg.inc = INC + 1;
    detectProbeAck(msg);
    expect<u32>(peerAt(4).rtt_ns).toBe(900_000);
    msg.inc = INC;
    msg.clock = START - 0xffff_ffff;
    detectProbeAck(msg);
    expect<u32>(peerAt(4).rtt_ns).toBe(<u32>((<u64>900_000 * 7 + 0xffff_ffff) >> 3));
  });
});

describe("the way there and back", () => {
  test("is believed up to eight times the silence that is missed: this node's own pause, or a jump of its clock, is none", () => {
    cluster(5, 1, 0);
    self().probe_ns = 10 * MS;
    const most = 8 * LOSSES * 10 * MS;
    const msg = message(MSG_PROBE_ACK, 4, INC);
    msg.clock = START - most - 1;
    detectProbeAck(msg);
    msg.clock = START - 3000 * MS;
    detectProbeAck(msg);
    expect<u32>(peerAt(4).rtt_ns).toBe(0);
    msg.clock = START - most;
    detectProbeAck(msg);
    expect<u32>(peerAt(4).rtt_ns).toBe(<u32>most);
    page().health = 3;
    msg.clock = START - most - 1;
    detectProbeAck(msg);
    expect<u32>(peerAt(4).rtt_ns).toBe(<u32>most, "however unwell this node is");
  });
});

describe("a pause", () => {
  test("makes nobody a suspect, ends the lease, and is told", () => {
    cluster(5, 1, 0);
    run(START + 10 * PROBE, ALL);
    page().lease_until = page().now + 70_000 * MS;
    self().master_heard = page().now;
    page().master = 2;
    forget();
    page().now += 60_000 * MS;
    detectPaused(page().now, 60_000 * MS + 999_999);
    expect<u32>(events(EVENT_PAUSED)).toBe(1);
    expect<u64>(lastEvent().arg).toBe(60_000);
    expect<bool>(page().now < page().lease_until).toBe(false);
    detectTick(page().now);
    expect<u32>(events(EVENT_SUSPECT)).toBe(0);
    expect<bool>(masterMissed(page().now)).toBe(false);
    hearsInto(SET);
    for (let n: u32 = 1; n <= 5; n++) expect<bool>(bit(SET, n)).toBe(false);
    drain();
    expect<u32>(probes).toBe(4);
    // The pause is counted once against this node, not again as a late tick.
    expect<u32>(page().health).toBe(1);
    run(page().now + 20 * PROBE, ALL);
    expect<u32>(events(EVENT_SUSPECT)).toBe(0);
  });

  test("does not make a suspect of before a good node", () => {
    cluster(5, 1, 0);
    run(START + 3 * MISS, NOT3);
    page().now += 60_000 * MS;
    detectPaused(page().now, 60_000 * MS);
    expect<bool>(suspected(3)).toBe(true);
    run(page().now + 2 * MISS, ALL);
    expect<bool>(suspected(3)).toBe(false);
  });
});

describe("the master", () => {
  test("is missed after the time of a suspect, never by itself", () => {
    cluster(5, 1, 0);
    page().master = 3;
    self().master_heard = START;
    expect<bool>(masterMissed(START + MISS)).toBe(false);
    expect<bool>(masterMissed(START + MISS + 1)).toBe(true);
    page().health = 1;
    expect<bool>(masterMissed(START + PROBE * LOSSES * 2)).toBe(false);
    expect<bool>(masterMissed(START + PROBE * LOSSES * 2 + 1)).toBe(true);
    self().master_heard = u64.MAX_VALUE;
    expect<bool>(masterMissed(START + 100 * MISS)).toBe(false);
    peerAt(3).flags = PEER_DEAD;
    peerAt(3).fence_inc = INC - 1;
    expect<bool>(masterMissed(START)).toBe(false);
    peerAt(3).fence_inc = INC;
    // A process that came after the dead incarnation, and is not admitted yet, is not dead.
    peerAt(3).inc = 0;
    expect<bool>(masterMissed(START)).toBe(false);
    peerAt(3).inc = INC;
    expect<bool>(masterMissed(START)).toBe(true);
    page().master = 1;
    self().master_heard = 0;
    expect<bool>(masterMissed(START)).toBe(false);
  });

  test("is missed with EXTERNAL when the host says so, after long silence, or, where there is none, after a short one", () => {
    cluster(5, 1, 0);
    self().flags = CONFF_EXTERNAL;
    page().master = 3;
    self().master_heard = START;
    expect<bool>(masterMissed(START + 4 * MISS)).toBe(false);
    expect<bool>(masterMissed(START + 4 * MISS + 1)).toBe(true);
    peerAt(3).flags = PEER_DEAD;
    peerAt(3).fence_inc = INC;
    peerAt(3).inc = INC;
    expect<bool>(masterMissed(START)).toBe(true);
    page().master = 0;
    // A candidate has just polled: two that each miss a master at once would depose each other for ever.
    expect<bool>(masterMissed(START + MISS)).toBe(false);
    expect<bool>(masterMissed(START + MISS + 1)).toBe(true);
  });
});
