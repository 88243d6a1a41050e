import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ARPENT, CAP, ERRNO, GRPKEY, type IpmpExports, LIMIT, Page, PHYI, PHYIKEY } from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/ipmp.js";
import { type Case, type Cases, combinations, everyErrno, functionsOf, judged } from "./errors.js";

const ipmp = await Ipmp.load();
const x = judged("ipmp", ipmp.x, ERRNO);
const NOBODY = 0xffff_ffff;
const LONG = "a-name-of-more-than-thirty-one-bytes";

/**
 * The scene of every case: groups 0 (both families) and 1 (IPv4), NICs 0 and 1 members of group 0 and up, NIC 2 free,
 * NIC 3 alone in group 1, data address 0 in group 0.
 */
function scene(): void {
  assert.equal(x.ipmp_init(1, 0), 0);
  ipmp.setNow(1_000_000n);
  group("ipmp0", 1, 3);
  group("ipmp1", 2, 1);
  nic(1);
  nic(2);
  nic(3);
  nic(4, { families: 1 });
  for (const [p, g] of [
    [0, 0],
    [1, 0],
    [3, 1],
  ])
    assert.equal(x.ipmp_phyint_join_grp(p, g), 0);
  for (const p of [0, 1]) for (const f of [0, 1]) assert.equal(x.ipmp_ill_up(p, f, 1), 0);
  assert.equal(address("10.0.0.1"), 0);
}

function group(name: string, n: number, families = 3, mac = `02:00:00:00:ff:${hex(n)}`): number {
  ipmp.grpConf({ name, mac, families });
  return x.ipmp_grp_create();
}

const hex = (n: number) => n.toString(16).padStart(2, "0");

function nic(n: number, more: { families?: number; caps?: number; mtu?: number; mac?: string; name?: string } = {}): number {
  const { name = `eth${n}`, mac = `02:00:00:00:${hex(n >> 8)}:${hex(n & 255)}`, families = 3, caps = CAP.MULTICAST, mtu = 1500 } = more;
  ipmp.phyintConf({ name, ifindex: n, mac, families, caps, mtu });
  return x.ipmp_phyint_create();
}

function address(addr: string, g = 0): number {
  ipmp.addrConf({ addr });
  return x.ipmp_ipif_add(g);
}

/** Writes the AddrConf of an explicit entry and creates it. */
function entry(addr: string, g = 0, mac = "02:00:00:00:aa:01", flags: number = ARPENT.PUBLISH): number {
  ipmp.inbox.arpent({ addr, mac, flags });
  return x.ipmp_arpent_create(g);
}

function testAddress(p: number, text: string): number {
  const [addr, prefix] = text.split("/");
  ipmp.addrConf({ addr, prefix: Number(prefix) });
  return x.ipmp_ill_test_addr(p, addr.includes(":") ? 1 : 0);
}

function targets(g: number, addrs: string[], family = 0): number {
  ipmp.inbox.addrs(addrs);
  return x.ipmp_grp_targets(g, family, 0, addrs.length);
}

const named = (text: string, call: Case): Case => {
  return () => {
    ipmp.name(text);
    return call();
  };
};

/** Calls `first` until it is refused, at most `most` times, and returns the refusal. */
function until(most: number, first: (i: number) => number): number {
  for (let i = 0; i < most; i++) {
    const result = first(i);
    if (result < 0) return result;
  }
  return 0;
}

const joining = (more: Parameters<typeof nic>[1], g = 0): Case => {
  return () => x.ipmp_phyint_join_grp(nic(9, more), g);
};

/** One call for each (function, errno) of the ABI source. */
const CASES: Cases<IpmpExports> = {
  ipmp_grp_create: {
    EINVAL: () => group("ipmp9", 9, 3, "00:00:00:00:00:00"),
    EEXIST: () => group("ipmp0", 9),
    ENAMETOOLONG: () => group(LONG, 9),
    ENOSPC: () => until(LIMIT.GRP_MAX + 1, (i) => group(`g${i}`, i + 10)),
  },
  ipmp_grp_destroy: { ENOENT: () => x.ipmp_grp_destroy(7), EBUSY: () => x.ipmp_grp_destroy(0) },
  ipmp_grp_plumb: {
    ENOENT: () => x.ipmp_grp_plumb(7, 3),
    EINVAL: () => x.ipmp_grp_plumb(0, 4),
    EBUSY: () => x.ipmp_grp_plumb(0, 1),
  },
  ipmp_grp_rename: {
    ENOENT: named("new", () => x.ipmp_grp_rename(7)),
    EINVAL: named("", () => x.ipmp_grp_rename(0)),
    EEXIST: named("ipmp1", () => x.ipmp_grp_rename(0)),
    ENAMETOOLONG: named(LONG, () => x.ipmp_grp_rename(0)),
  },
  ipmp_grp_lookup: {
    ENOENT: named("nobody", () => x.ipmp_grp_lookup()),
    EINVAL: named("", () => x.ipmp_grp_lookup()),
    ENAMETOOLONG: named(LONG, () => x.ipmp_grp_lookup()),
  },
  ipmp_grp_get: { ENOENT: () => x.ipmp_grp_get(NOBODY) },
  ipmp_grp_set: {
    ENOENT: () => x.ipmp_grp_set(7, GRPKEY.FAILBACK, 1),
    EINVAL: () => x.ipmp_grp_set(0, 99, 0),
    ERANGE: () => x.ipmp_grp_set(0, GRPKEY.ANNOUNCE_COUNT, 21),
  },
  ipmp_grp_vlan: {
    ENOENT: () => x.ipmp_grp_vlan(7, 5, 1),
    EINVAL: () => x.ipmp_grp_vlan(0, 4095, 1),
    ENOSPC: () => until(LIMIT.VLAN_MAX + 1, (i) => x.ipmp_grp_vlan(0, i + 1, 1)),
  },
  ipmp_grp_stats: { ENOENT: () => x.ipmp_grp_stats(LIMIT.GRP_MAX) },
  ipmp_phyint_create: {
    EINVAL: () => nic(9, { mtu: 67 }),
    EEXIST: () => nic(9, { name: "eth1" }),
    ENAMETOOLONG: () => nic(9, { name: LONG }),
    ENOSPC: () => until(LIMIT.PHYINT_MAX + 1, (i) => nic(i + 10)),
  },
  ipmp_phyint_destroy: { ENOENT: () => x.ipmp_phyint_destroy(9), EBUSY: () => x.ipmp_phyint_destroy(0) },
  ipmp_phyint_lookup: { ENOENT: () => x.ipmp_phyint_lookup(77) },
  ipmp_phyint_rename: {
    ENOENT: named("eth9", () => x.ipmp_phyint_rename(9, 9)),
    EINVAL: named("eth9", () => x.ipmp_phyint_rename(0, 0)),
    EEXIST: named("eth2", () => x.ipmp_phyint_rename(0, 9)),
    ENAMETOOLONG: named(LONG, () => x.ipmp_phyint_rename(0, 9)),
  },
  ipmp_phyint_get: { ENOENT: () => x.ipmp_phyint_get(LIMIT.PHYINT_MAX) },
  ipmp_phyint_join_grp: {
    ENOENT: () => x.ipmp_phyint_join_grp(2, 7),
    EALREADY: () => x.ipmp_phyint_join_grp(0, 0),
    EBUSY: () => x.ipmp_phyint_join_grp(0, 1),
    EOVERFLOW: () => until(LIMIT.MEMBER_MAX, (i) => x.ipmp_phyint_join_grp(nic(i + 10), 0)),
    EAFNOSUPPORT: () => x.ipmp_phyint_join_grp(2, 1),
    EADDRINUSE: joining({ caps: CAP.MULTICAST | CAP.ADDR_UP }),
    EADDRNOTAVAIL: joining({ caps: CAP.MULTICAST | CAP.ADDR_MANAGED }),
    EINVAL: joining({ caps: CAP.MULTICAST | CAP.POINTOPOINT }),
    EOPNOTSUPP: joining({ caps: 0 }),
    ENOTUNIQ: joining({ mac: "02:00:00:00:00:01" }),
    EMSGSIZE: joining({ mtu: LIMIT.MTU_MIN_V6 - 1 }),
    EEXIST: () => testAddress(2, "10.0.0.1/24") || x.ipmp_phyint_join_grp(2, 0),
    ETESTADDRDUP: () => testAddress(0, "10.0.0.5/24") || testAddress(2, "10.0.0.5/24") || x.ipmp_phyint_join_grp(2, 0),
  },
  ipmp_ill_test_addr: {
    ENOENT: () => testAddress(9, "10.0.0.5/24"),
    EINVAL: () => testAddress(0, "10.0.0.5/0"),
    EAFNOSUPPORT: () => testAddress(3, "fe80::1/64"),
    EEXIST: () => testAddress(0, "10.0.0.1/24"),
    ETESTADDRDUP: () => testAddress(0, "10.0.0.5/24") || testAddress(1, "10.0.0.5/24"),
  },
  ipmp_grp_targets: {
    ENOENT: () => targets(7, ["10.0.0.9"]),
    EINVAL: () => targets(0, ["127.0.0.1"]),
    EAFNOSUPPORT: () => targets(1, ["fe80::1"], 1),
    ERANGE: () => x.ipmp_grp_targets(0, 0, 0, LIMIT.TARGET_MAX + 1),
  },
  ipmp_probe_get: { ENOENT: () => x.ipmp_probe_get(9, 0, 0), EINVAL: () => x.ipmp_probe_get(0, 0, 2) },
  ipmp_grp_watch: { ENOENT: () => x.ipmp_grp_watch(7) },
  ipmp_phyint_leave_grp: { ENOENT: () => x.ipmp_phyint_leave_grp(9), ENODEV: () => x.ipmp_phyint_leave_grp(2) },
  ipmp_phyint_set_flags: {
    ENOENT: () => x.ipmp_phyint_set_flags(9, PHYI.FAILED, 0),
    ENODEV: () => x.ipmp_phyint_set_flags(2, PHYI.FAILED, 0),
    EINVAL: () => x.ipmp_phyint_set_flags(0, PHYI.FAILED | PHYI.INACTIVE, 0),
  },
  ipmp_phyint_offline: {
    ENOENT: () => x.ipmp_phyint_offline(9, 0),
    ENODEV: () => x.ipmp_phyint_offline(2, 0),
    EALREADY: () => x.ipmp_phyint_offline(0, 0) || x.ipmp_phyint_offline(0, 0),
    EMINRED: () => x.ipmp_phyint_offline(0, 2),
  },
  ipmp_phyint_undo_offline: {
    ENOENT: () => x.ipmp_phyint_undo_offline(9),
    ENODEV: () => x.ipmp_phyint_undo_offline(2),
    EINVAL: () => x.ipmp_phyint_undo_offline(0),
    EHWADDRDUP: () => {
      assert.equal(x.ipmp_phyint_offline(1, 0), 0);
      assert.ok(x.ipmp_phyint_set_mac(1, 0x0000_0002, 0x0100) >= 0, "the address of NIC 0");
      return x.ipmp_phyint_undo_offline(1);
    },
  },
  ipmp_phyint_link: { ENOENT: () => x.ipmp_phyint_link(9, 1) },
  ipmp_phyint_set_mac: { ENOENT: () => x.ipmp_phyint_set_mac(9, 2, 9), EINVAL: () => x.ipmp_phyint_set_mac(0, 1, 0) },
  ipmp_phyint_set_mtu: { ENOENT: () => x.ipmp_phyint_set_mtu(9, 1500), ERANGE: () => x.ipmp_phyint_set_mtu(0, 67) },
  ipmp_ill_up: {
    ENOENT: () => x.ipmp_ill_up(9, 0, 1),
    EINVAL: () => x.ipmp_ill_up(0, 2, 1),
    EAFNOSUPPORT: () => x.ipmp_ill_up(3, 1, 1),
  },
  ipmp_ipif_add: {
    ENOENT: () => address("10.0.0.2", 7),
    EINVAL: () => address("127.0.0.1"),
    EAFNOSUPPORT: () => address("2001:db8::1", 1),
    EEXIST: () => address("10.0.0.1"),
    ENOSPC: () => until(LIMIT.ADDR_MAX, (i) => address(`10.1.${i >> 8}.${i & 255}`)),
  },
  ipmp_ipif_del: { ENOENT: () => x.ipmp_ipif_del(0, 1) },
  ipmp_ipif_up: { ENOENT: () => x.ipmp_ipif_up(0, 1, 1) },
  ipmp_ipif_lookup: {
    ENOENT: () => {
      ipmp.addrConf({ addr: "10.9.9.9" });
      return x.ipmp_ipif_lookup(0);
    },
  },
  ipmp_ipif_next: { ENOENT: () => x.ipmp_ipif_next(0, 1) },
  ipmp_ipif_get: { ENOENT: () => x.ipmp_ipif_get(0, 1) },
  ipmp_arpent_create: {
    ENOENT: () => entry("10.0.0.9", 7),
    EINVAL: () => entry("10.0.0.9", 0, "ff:ff:ff:ff:ff:ff"),
    EAFNOSUPPORT: () => entry("2001:db8::9", 1),
    ENOSPC: () => until(LIMIT.ARPENT_MAX + 1, (i) => entry(`10.2.0.${i}`)),
    EADDRINUSE: () => entry("10.0.0.1"),
  },
  ipmp_arpent_destroy: { ENOENT: () => x.ipmp_arpent_destroy(0, 0) },
  ipmp_arpent_get: { ENOENT: () => x.ipmp_arpent_get(0, 0) },
  ipmp_tx_batch: { ENOENT: () => x.ipmp_tx_batch(7, 0, 1), ERANGE: () => x.ipmp_tx_batch(0, 1, LIMIT.DESC_MAX) },
  ipmp_rx_batch: { ENOENT: () => x.ipmp_rx_batch(9, 0, 1), ERANGE: () => x.ipmp_rx_batch(0, NOBODY, 2) },
  ipmp_ctl_release: { ERANGE: () => x.ipmp_ctl_release(NOBODY) },
  ipmp_event_release: { ERANGE: () => x.ipmp_event_release(NOBODY) },
  ipmp_phyint_set: {
    ENOENT: () => x.ipmp_phyint_set(9, PHYIKEY.WEIGHT, 1),
    EINVAL: () => x.ipmp_phyint_set(0, 99, 1),
    ERANGE: () => x.ipmp_phyint_set(0, PHYIKEY.WEIGHT, 0),
  },
  ipmp_ipif_pin: { ENOENT: () => x.ipmp_ipif_pin(0, 1, 0), EINVAL: () => x.ipmp_ipif_pin(0, 0, 3) },
  ipmp_tx_copy: {
    ENOENT: () => x.ipmp_tx_copy(0, 0, 9),
    ERANGE: () => x.ipmp_tx_copy(0, LIMIT.DESC_MAX, 0),
    EINVAL: () => x.ipmp_tx_copy(0, 0, 0),
  },
};

/** Cases in which earlier calls, before the one that is refused, change the state. */
const PREPARED = new Set(["ENOSPC", "EOVERFLOW", "EALREADY", "EHWADDRDUP", "ETESTADDRDUP"]);
/** A refused join of a NIC made for it: the NIC is new. */
const NEW_NIC = new Set(["EADDRINUSE", "EADDRNOTAVAIL", "EINVAL", "EOPNOTSUPP", "ENOTUNIQ", "EMSGSIZE", "EEXIST"]);

everyErrno({
  module: "ipmp",
  errno: ERRNO,
  cases: CASES,
  elsewhere: ["ipmp_restore"],
  scene,
  state: () => ipmp.state(),
  prepared: (name, errno) => PREPARED.has(errno) || (name === "ipmp_phyint_join_grp" && NEW_NIC.has(errno)),
});

describe("errors of ipmp: what no table says", () => {
  it("a call refused after others have filled the tables changes nothing either", () => {
    for (const [fill, again] of [
      [() => CASES.ipmp_grp_create?.ENOSPC(), () => group("one-more", 200)],
      [() => CASES.ipmp_phyint_create?.ENOSPC(), () => nic(3000)],
      [() => CASES.ipmp_ipif_add?.ENOSPC(), () => address("10.250.0.1")],
      [() => CASES.ipmp_arpent_create?.ENOSPC(), () => entry("10.250.0.1")],
    ] as [Case, Case][]) {
      scene();
      assert.equal(fill(), -ERRNO.ENOSPC);
      const before = ipmp.state().slice();
      assert.equal(again(), -ERRNO.ENOSPC);
      assert.ok(Buffer.compare(before, ipmp.state()) === 0);
    }
  });

  it("ipmp_restore: EPROTO for another version, another size, another module, and the module is as after ipmp_init", () => {
    for (const field of [Page.magic, Page.snapshot_version, Page.state_size]) {
      scene();
      ipmp.dv.setUint32(ipmp.page + field, 0xdead, true);
      assert.equal(x.ipmp_restore(), -ERRNO.EPROTO);
      assert.equal(x.ipmp_grp_get(0), -ERRNO.ENOENT);
      assert.equal(x.ipmp_phyint_get(0), -ERRNO.ENOENT);
    }
  });

  it("no function gives an errno that is not listed for it, whatever it is asked", (t) => {
    scene();
    const saved = ipmp.state().slice();
    const values = [0, 1, 2, 3, 7, 20, 67, 1500, LIMIT.PHYINT_MAX, ipmp.page, 0x7fff_ffff, NOBODY];
    const given = new Set<string>();
    let calls = 0;
    for (const f of functionsOf("ipmp").filter((g) => g.name !== "ipmp_init"))
      for (const args of combinations(f.args.length, values)) {
        const result = (x[f.name as keyof IpmpExports] as (...a: number[]) => number)(...args);
        // What was refused has changed nothing: the cases above see to that.
        if (result < 0 && result > -4096) given.add(`${f.name} ${result}`);
        else if (Buffer.compare(saved, ipmp.state()) !== 0) ipmp.state().set(saved);
        calls++;
      }
    t.diagnostic(`${calls} calls, ${given.size} pairs of function and errno`);
    assert.ok(given.size > 40, `${given.size}`);
  });

  it("functions without errors of their own succeed", () => {
    scene();
    assert.equal(x.ipmp_page() >>> 0, ipmp.page);
    assert.ok(x.ipmp_time_advance() >= 0);
    assert.equal(x.ipmp_restore(), 0);
  });
});
