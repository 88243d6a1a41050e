// Hostile hosts on the LAN, each by name: probes from nowhere, forged ARP and ND for our addresses, floods of IGMP and MLD.
// Every frame gets its verdict and is counted by its cause; the good frames between them go their way, and no table grows.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP, Grp, LIMIT, OUT } from "../../host/core/abi/ipmp.js";
import { advertisement, arp, type Bytes, be16, checksum, eth, icmp6, ip, ip4, solicitation, udp } from "./frames.js";
import { Random, seed } from "./random.js";
import { busyWorld, CAST, test4, test6, type Way, type World, world } from "./world.js";

const TYPE = { IP4: 0x0800, ARP: 0x0806, IP6: 0x86dd } as const;
const ALL = "ff:ff:ff:ff:ff:ff";
const NO_MAC = "00:00:00:00:00:00";
const drop = (cause: number): number => OUT.DROP | cause;
const good: Record<Way, Bytes> = {
  rx: eth(CAST.member, CAST.peer, TYPE.IP4, ip4(CAST.peer4, CAST.own4, 17, udp([1, 2, 3]))),
  tx: eth(CAST.peer, CAST.group, TYPE.IP4, ip4(CAST.own4, CAST.peer4, 17, udp([1, 2, 3]))),
};
const dropped = (w: World, cause: number): bigint => w.ipmp.dv.getBigUint64(w.ipmp.pageWord("grp_base") + Grp.drops + 8 * cause, true);
const forger = (i: number): string => `02:66:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;

/** Hands in hostile frames, a good one after each; the verdicts of the hostile ones. None of the good ones is lost. */
function among(w: World, way: Way, frames: readonly Bytes[], p = 0): number[] {
  const room = 256;
  const between = way === "rx" && p !== 0 ? [...ip4Member(p), ...good.rx.slice(6)] : good[way];
  const outs: number[] = [];
  for (let from = 0; from < frames.length; from += LIMIT.DESC_MAX / 2) {
    const part = frames.slice(from, from + LIMIT.DESC_MAX / 2);
    for (const [i, frame] of part.flatMap((f) => [f, between]).entries()) {
      w.ipmp.u8.set(frame, w.io + 64 + i * room);
      w.setDesc(i, w.io + 64 + i * room, frame.length);
    }
    w.batch(way, 2 * part.length, p);
    for (let i = 0; i < part.length; i++) {
      outs.push(w.out(2 * i));
      const out = w.out(2 * i + 1);
      assert.ok(way === "rx" ? out === OUT.DELIVER : out < LIMIT.PHYINT_MAX, `a good frame was lost: ${out.toString(16)}`);
    }
  }
  return outs;
}
const ip4Member = (p: number): Bytes => [2, 0, 0, 0, 0, p + 1];

/** What answers could change of the watchers. */
function heard(w: World): unknown {
  const of = (p: number, family: 0 | 1) => {
    const { acked, late, state, targets } = w.ipmp.probe(p, family);
    return { acked, late, state, targets };
  };
  return [0, 1, 2, 3].flatMap((p) => [of(p, 0), of(p, 1)]);
}

describe("hostile hosts: probes from nowhere", () => {
  const message = (type: number, seq: number): Bytes => {
    const rest = [0, 7, ...be16(seq), 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12, 0, 0];
    return [type, 0, ...be16(checksum([type, 0, 0, 0, ...rest])), ...rest];
  };

  it("pings of a test address from no host's address are refused, and never answered", async () => {
    const w = await busyWorld();
    const sources = ["0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", test4(0)];
    const four = sources.map((src) => eth(CAST.member, CAST.peer, TYPE.IP4, ip4(src, test4(0), 1, message(8, 1))));
    const six = ["::", "ff02::1", "::1", test6(0)].map((src) =>
      eth(CAST.member, CAST.peer, TYPE.IP6, icmp6(src, test6(0), 128, [0, 7, 0, 1])),
    );
    const ctl = w.ipmp.pageWord("ctl_head");
    const outs = among(w, "rx", [...four, ...six]);
    assert.deepEqual(
      outs.filter((out) => out !== drop(DROP.PROBE_REPLY)),
      [],
    );
    assert.equal(dropped(w, DROP.PROBE_REPLY), BigInt(outs.length));
    assert.equal(w.ipmp.pageWord("ctl_head"), ctl, "no answer left");
    assert.equal(among(w, "rx", [eth(CAST.member, CAST.peer, TYPE.IP4, ip4("192.0.2.1", test4(0), 1, message(8, 1)))])[0], OUT.CONSUMED);
  });

  it("answers to probes that nobody sent, from anywhere, with any identifier: refused one by one, and nobody is the healthier", async () => {
    const w = await busyWorld();
    const random = new Random(seed());
    const before = heard(w);
    const frames = Array.from({ length: 4000 }, (_, i) => {
      const src = random.once(2) ? CAST.peer4 : `10.0.0.${1 + random.below(199)}`;
      return eth(CAST.member, forger(i), TYPE.IP4, ip4(src, test4(0), 1, message(0, random.below(65_536))));
    });
    assert.ok(among(w, "rx", frames).every((out) => out === drop(DROP.PROBE_REPLY)));
    assert.equal(dropped(w, DROP.PROBE_REPLY), 4000n);
    assert.deepEqual(heard(w), before);
    w.assertSound();
  });

  it("answers to another's test address, and to data addresses, are not this watcher's", async () => {
    const w = await busyWorld();
    const before = heard(w);
    const other = eth(CAST.member, CAST.peer, TYPE.IP4, ip4(CAST.peer4, test4(1), 1, message(0, 1)));
    const data = eth(CAST.member, CAST.peer, TYPE.IP4, ip4(CAST.peer4, CAST.own4, 1, message(0, 1)));
    assert.deepEqual(among(w, "rx", [other, data]), [OUT.DELIVER, OUT.DELIVER]);
    assert.deepEqual(heard(w), before);
  });
});

describe("hostile hosts: forged ARP and ND for our addresses", () => {
  /** n claims on the group's own address by as many hosts, in every form. */
  const claims = (n: number): Bytes[] =>
    Array.from({ length: n }, (_, i) => {
      const mac = forger(i);
      return [
        () => eth(ALL, mac, TYPE.ARP, arp(1, mac, CAST.own4, NO_MAC, CAST.own4)),
        () => eth(CAST.member, mac, TYPE.ARP, arp(2, mac, CAST.own4, CAST.member, CAST.peer4)),
        () => eth(ALL, mac, TYPE.ARP, arp(1, mac, CAST.own4, NO_MAC, CAST.peer4)),
        () => eth("33:33:00:00:00:01", mac, TYPE.IP6, advertisement(CAST.own6, "ff02::1", CAST.own6, mac)),
      ][i % 4]();
    });

  it("a flood of claims moves no address, is defended once an address and interval, and is told so", async () => {
    const w = await world();
    const bound = w.ipmp.ipifs(0).map((a) => a.bound);
    const seen = w.ipmp.pageWord("event_head");
    const ctl = w.ipmp.pageWord("ctl_head");
    const outs = among(w, "rx", claims(4000));
    assert.ok(
      outs.every((out) => out === OUT.DELIVER || out === OUT.CONSUMED || out === drop(DROP.RESOLVE_DUP)),
      "each has its verdict",
    );
    assert.deepEqual(
      w.ipmp.ipifs(0).map((a) => a.bound),
      bound,
    );
    assert.equal((w.ipmp.pageWord("ctl_head") - ctl) >>> 0, 2, "one defence for each of the two addresses");
    assert.equal((w.ipmp.pageWord("event_head") - seen) >>> 0, 2, "one event for each");
    const claimed = w.ipmp.ipifs(0).filter((a) => a.conflicts > 0);
    assert.deepEqual(claimed.map((a) => a.addr).sort(), [CAST.own4, CAST.own6].sort());
    w.assertSound();
  });

  it("claims on test addresses are taken, defended once an interval, and no target is misled by them", async () => {
    const w = await busyWorld();
    const before = heard(w);
    const ctl = w.ipmp.pageWord("ctl_head");
    const frames = Array.from({ length: 2000 }, (_, i) => {
      const mac = forger(i);
      if (i & 1) return eth("33:33:00:00:00:01", mac, TYPE.IP6, advertisement(test6(0), "ff02::1", test6(0), mac));
      return eth(ALL, mac, TYPE.ARP, arp(1, mac, test4(0), NO_MAC, test4(0)));
    });
    assert.ok(among(w, "rx", frames).every((out) => out === OUT.CONSUMED));
    assert.equal((w.ipmp.pageWord("ctl_head") - ctl) >>> 0, 2);
    assert.deepEqual(heard(w), before);
    assert.deepEqual(w.ipmp.phyint(0).tests, ["in use", "in use"]);
    w.assertSound();
  });

  it("claims by our own hardware addresses are reflections, dropped by that cause", async () => {
    const w = await busyWorld();
    const frames = [CAST.member, CAST.other, CAST.group].flatMap((mac) => [
      eth(ALL, mac, TYPE.ARP, arp(1, mac, CAST.own4, NO_MAC, CAST.own4)),
      eth(ALL, CAST.peer, TYPE.ARP, arp(1, mac, CAST.own4, NO_MAC, CAST.own4)),
      eth(ALL, CAST.peer, TYPE.ARP, arp(1, mac, test4(0), NO_MAC, test4(0))),
    ]);
    assert.ok(among(w, "rx", frames).every((out) => out === drop(DROP.REFLECTED)));
    assert.equal(dropped(w, DROP.REFLECTED), BigInt(frames.length));
    assert.ok(w.ipmp.ipifs(0).every((a) => a.conflicts === 0));
  });

  it("questions by the thousand from as many hosts: each is answered or counted, and none is forgotten about", async () => {
    const w = await world();
    const frames = Array.from({ length: 4000 }, (_, i) => {
      const mac = forger(i);
      if (i & 1) return eth("33:33:ff:00:00:01", mac, TYPE.IP6, solicitation(`2001:db8::2:${i.toString(16)}`, CAST.own6, mac));
      return eth(ALL, mac, TYPE.ARP, arp(1, mac, `10.0.${4 + (i >> 8)}.${i & 255}`, NO_MAC, CAST.own4));
    });
    const outs = among(w, "rx", frames);
    const answered = outs.filter((out) => out === OUT.CONSUMED).length;
    assert.equal(answered + Number(dropped(w, DROP.CTL_FULL)), 4000);
    assert.ok(answered >= LIMIT.CTL_MAX);
    w.assertSound();
  });
});

describe("hostile hosts: floods of IGMP and MLD", () => {
  const igmp = (m: Bytes): Bytes => [...m.slice(0, 2), ...be16(checksum(m)), ...m.slice(4)];
  const query4 = (version: number, vlan: number): Bytes => {
    const m = igmp([0x11, version === 1 ? 0 : 100, 0, 0, 0, 0, 0, 0, ...(version === 3 ? [2, 125, 0, 0] : [])]);
    const frame = eth("01:00:5e:00:00:01", forger(vlan), TYPE.IP4, ip4("10.0.0.254", "224.0.0.1", 2, m));
    return [...frame.slice(0, 12), 0x81, 0, vlan >> 8, vlan & 255, ...frame.slice(12)];
  };
  const report4 = (group: number): Bytes => igmp([0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 239, 9, group >> 8, group & 255]);

  it("reports from the wire: the stack's on the nominee, dropped by cause on others, and no membership of ours", async () => {
    const w = await world();
    const before = w.config();
    const frames = Array.from({ length: 3000 }, (_, i) =>
      eth("01:00:5e:00:00:16", forger(i), TYPE.IP4, ip4(`10.0.0.${i % 250}`, "224.0.0.22", 2, report4(i))),
    );
    assert.ok(among(w, "rx", frames).every((out) => out === OUT.DELIVER));
    assert.ok(among(w, "rx", frames, 1).every((out) => out === drop(DROP.NOT_NOMINEE)));
    assert.equal(dropped(w, DROP.NOT_NOMINEE), 3000n);
    assert.equal(w.ipmp.pageWord("ctl_lost"), 0);
    w.assertConfig(before);
    w.ipmp.link(0, false);
    assert.equal(reportsOf(w), 0, "the next nominee has nothing to report");
    w.assertSound();
  });

  it("queries of every version in 4,000 VLANs: at most QUERIER_MAX queriers are remembered, all are the stack's", async () => {
    const w = await world();
    const before = w.config();
    const frames = Array.from({ length: 4000 }, (_, i) => query4(1 + (i % 3), 1 + i));
    assert.ok(among(w, "rx", frames).every((out) => out === OUT.DELIVER));
    w.assertConfig(before);
    w.assertSound();
  });

  it("MLD queries for the group of a test address: answered by one report, whatever the flood", async () => {
    const w = await busyWorld();
    w.pass(5_000_000_000n);
    w.drain();
    const mld = (group: string): Bytes => icmp6("fe80::9", "ff02::1", 130, [0, 0, 0, 0, ...ip(group)], 1, [58, 0, 5, 2, 0, 0, 1, 0]);
    const frames = Array.from({ length: 2000 }, (_, i) => eth("33:33:00:00:00:01", forger(i), TYPE.IP6, mld("::")));
    among(w, "rx", frames);
    w.pass(1_000_000n);
    assert.equal(reportsOf(w), 1);
    w.assertSound();
  });

  it("a stack that joins 10,000 groups: MCAST_MAX are remembered, the others counted and told once; every report is sent", async () => {
    const w = await world();
    const frames = Array.from({ length: 10_000 }, (_, i) =>
      eth("01:00:5e:00:00:16", CAST.group, TYPE.IP4, ip4(CAST.own4, "224.0.0.22", 2, report4(i))),
    );
    const seen = w.ipmp.pageWord("event_head");
    assert.ok(
      among(w, "tx", frames).every((out) => out === 0),
      "by the nominee",
    );
    assert.equal(w.ipmp.illgrp(0, 0).nmcast, LIMIT.MCAST_MAX);
    assert.equal((w.ipmp.pageWord("event_head") - seen) >>> 0, 1, "told once");
    w.assertSound();
  });
});

/** Membership reports in the control ring, which is emptied. */
function reportsOf(w: World): number {
  let n = 0;
  w.ipmp.drainCtl((_p, _off, _len, kind) => {
    if (kind === 4) n++;
  });
  return n;
}
