// Links and addresses: read, changed, and told of, with nothing lost when notifications are.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { OsError } from "../../host/io/ffi.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { type NetEvent, Rtnetlink } from "../../host/net/rtnetlink.js";
import { inside, openDescriptors, skipReason, until } from "./bed.js";

describe("rtnetlink", { skip: skipReason() }, () => {
  let lab: Lab;
  let ns: Netns;
  let far: Netns;
  let net: Rtnetlink;

  before(() => {
    lab = new Lab("hfio-rtnl");
    ns = lab.netns("n");
    far = lab.netns("f");
    lab.veth({ ns, name: "v0", mac: "02:00:00:00:00:01", mtu: 1400 }, { ns: far, name: "v1" });
    net = inside(ns, () => new Rtnetlink());
  });
  after(() => {
    net?.close();
    lab?.close();
  });

  const index = (name: string): number => net.link(name)?.ifindex ?? assert.fail(`no ${name}`);

  it("reads links as they are", async () => {
    await until(() => net.link("v0")?.operstate === "up", "v0 up");
    const v0 = net.link("v0");
    assert.ok(v0);
    assert.deepEqual(
      { ...v0, ifindex: 0, flags: 0 },
      {
        ifindex: 0,
        name: "v0",
        mac: "02:00:00:00:00:01",
        mtu: 1400,
        flags: 0,
        up: true,
        carrier: true,
        operstate: "up",
        kind: "veth",
        master: 0,
        type: 1,
      },
    );
    assert.deepEqual(net.link(v0.ifindex), v0);
    assert.deepEqual(
      net
        .links()
        .map((l) => l.name)
        .sort(),
      ["lo", "v0"],
    );
    assert.equal(net.link("nosuch"), null);
    assert.equal(net.link(4711), null);
  });

  it("changes links: up, MTU, MAC, name, master, address generation", () => {
    ns.ip("link add c0 type veth peer name c1");
    ns.ip("link add br0 type bridge");
    const c0 = index("c0");
    net.setLink(c0, { mtu: 1300, mac: "02:00:00:00:00:77", addrGenMode: "none" });
    net.setLink(c0, { up: true });
    ns.ip("link set c0 master br0");
    const now = net.link(c0);
    assert.deepEqual([now?.mtu, now?.mac, now?.up, now?.carrier, now?.master], [1300, "02:00:00:00:00:77", true, false, index("br0")]);
    assert.match(ns.ip("-d link show c0"), /addrgenmode none/);
    net.setLink(c0, { up: false });
    net.setLink(c0, { name: "renamed0" });
    assert.equal(net.link(c0)?.name, "renamed0");
    net.delLink(c0);
    assert.equal(net.link(c0), null);
    net.delLink(index("br0"));
  });

  it("says what the kernel refuses, with its reason", () => {
    const v0 = index("v0");
    const refused = (code: string, text: RegExp) => (e: unknown) => e instanceof OsError && e.code === code && text.test(e.message);
    assert.throws(
      () => net.setLink(v0, { mtu: 1_000_000 }),
      refused("EINVAL", /set link \d+ to \{"mtu":1000000\}: mtu greater than device maximum/),
    );
    assert.throws(() => net.setLink(4711, { up: true }), refused("ENODEV", /set link 4711/));
    net.addAddress(v0, "10.1.0.1/24");
    assert.throws(() => net.addAddress(v0, "10.1.0.1/24"), refused("EEXIST", /add 10\.1\.0\.1\/24/));
    net.delAddress(v0, "10.1.0.1/24");
    assert.throws(() => net.delAddress(v0, "10.1.0.1/24"), refused("EADDRNOTAVAIL", /remove 10\.1\.0\.1\/24/));
    assert.throws(() => net.addAddress(v0, "10.1.0.300/24"), /not an IP address/);
    assert.throws(() => net.link("a_name_of_more_than_15"), /1 to 15 bytes/);
  });

  it("reads addresses of both families with their flags", () => {
    const v0 = index("v0");
    net.addAddress(v0, "192.0.2.1/24");
    net.addAddress(v0, "2001:db8::1/64", { nodad: true });
    const found = net.addresses(v0).filter((a) => a.scope === 0);
    assert.deepEqual(
      found.map((a) => [a.family, a.address, a.prefix, a.tentative, a.dadfailed, a.permanent]),
      [
        [0, "192.0.2.1", 24, false, false, true],
        [1, "2001:db8::1", 64, false, false, true],
      ],
    );
    assert.ok(net.addresses().some((a) => a.address === "127.0.0.1" && a.scope === 254));
    net.delAddress(v0, "192.0.2.1/24");
    net.delAddress(v0, "2001:db8::1/64");
    assert.deepEqual(
      net.addresses(v0).filter((a) => a.scope === 0),
      [],
    );
  });

  it("tells of what there is, then of each change once", async () => {
    const events: NetEvent[] = [];
    const subscription = inside(ns, () => net.subscribe((e) => events.push(e)));
    const names = (list: NetEvent[]): string[] =>
      list.map((e) =>
        e.type === "link" ? `${e.gone ? "-" : "+"}${e.link.name}` : `${e.gone ? "-" : "+"}${e.addr.address}/${e.addr.prefix}`,
      );
    assert.ok(names(events).includes("+lo") && names(events).includes("+v0") && names(events).includes("+127.0.0.1/8"));
    assert.equal(new Set(names(events)).size, events.length, "each once");
    events.length = 0;

    ns.addr("v0", "192.0.2.9/24");
    await until(() => names(events).includes("+192.0.2.9/24"), "address told");
    ns.ip("addr del 192.0.2.9/24 dev v0");
    await until(() => names(events).includes("-192.0.2.9/24"), "address gone told");

    // Duplicate detection: tentative first, then not.
    ns.ip("addr add 2001:db8::9/64 dev v0");
    const states = (): boolean[] =>
      events.filter((e) => e.type === "addr" && e.addr.address === "2001:db8::9").map((e) => e.type === "addr" && e.addr.tentative);
    await until(() => states().at(-1) === false, "duplicate detection ended");
    assert.deepEqual(states(), [true, false]);

    far.link("v1", "down");
    const carrier = (): boolean | undefined => {
      const last = events.filter((e) => e.type === "link" && e.link.name === "v0").at(-1);
      return last?.type === "link" ? last.link.carrier : undefined;
    };
    await until(() => carrier() === false, "carrier loss told");
    far.link("v1", "up");
    await until(() => carrier() === true, "carrier told");

    ns.ip("link add new1 type veth peer name new2");
    await until(() => names(events).includes("+new1"), "new link told");
    ns.ip("addr add 192.0.2.77/32 dev new1");
    ns.ip("link del new1");
    await until(() => names(events).includes("-new1") && names(events).includes("-new2"), "link gone told");
    const order = names(events);
    assert.ok(order.indexOf("-192.0.2.77/32") < order.indexOf("-new1"), "a link takes its addresses along, before it goes");
    assert.equal(order.filter((n) => n === "-192.0.2.77/32").length, 1);

    subscription.close();
    const count = events.length;
    ns.addr("v0", "192.0.2.10/24");
    await delay(50);
    assert.equal(events.length, count, "nothing after close");
  });

  it("knows the carrier without waiting for an event", () => {
    assert.equal(
      inside(ns, () => net.carrier("v0")),
      true,
    );
    far.link("v1", "down");
    assert.equal(net.carrier("v0"), false);
    far.link("v1", "up");
    assert.equal(net.carrier("v0"), true);
    assert.equal(net.carrier("nosuch"), null);
  });

  it("switches the joining of frames on and off, where there is any", () => {
    assert.equal(
      inside(ns, () => net.offload("v0", "lro")),
      false,
    );
    for (const on of [true, false]) {
      net.setOffload("v0", "gro", on);
      assert.equal(net.offload("v0", "gro"), on);
    }
    // a veth has none
    net.setOffload("v0", "lro", true);
    assert.equal(net.offload("v0", "lro"), false);
    assert.equal(net.offload("nosuch", "gro"), null);
  });

  it("misses nothing when the kernel drops notifications", async () => {
    const known = new Map<string, boolean>();
    let told = 0;
    const subscription = inside(ns, () =>
      net.subscribe(
        (e) => {
          told++;
          if (e.type === "addr") known.set(e.addr.address, !e.gone);
        },
        { receiveBuffer: 4096 },
      ),
    );
    const v0 = index("v0");
    try {
      const before = told;
      // All of it within one turn of the event loop: far beyond the buffer.
      for (let i = 1; i <= 250; i++) net.addAddress(v0, `198.51.100.${i}/32`);
      for (let i = 1; i <= 250; i += 2) net.delAddress(v0, `198.51.100.${i}/32`);
      await until(() => known.get("198.51.100.250") === true && known.get("198.51.100.249") !== true, "the end of it");
      for (let i = 1; i <= 250; i++) assert.equal(known.get(`198.51.100.${i}`) ?? false, i % 2 === 0, `198.51.100.${i}`);
      assert.ok(told - before < 375, `${told - before} events: notifications were in fact lost`);
      // Later ones come as usual.
      net.delAddress(v0, "198.51.100.2/32");
      await until(() => known.get("198.51.100.2") === false, "a later change");
      // And what vanished while notifications were lost is gone.
      for (let i = 4; i <= 250; i += 2) net.delAddress(v0, `198.51.100.${i}/32`);
      for (let i = 1; i <= 250; i++) net.addAddress(v0, `203.0.113.${i}/32`);
      await until(() => known.get("203.0.113.250") === true, "the end of it");
      assert.ok(![...known].some(([a, up]) => up && a.startsWith("198.51.100.")));
    } finally {
      subscription.close();
    }
  });

  it("opens and closes 1,000 times without a trace", () => {
    inside(ns, () => {
      const descriptors = openDescriptors();
      for (let i = 0; i < 1000; i++) {
        const one = new Rtnetlink();
        if (i % 10 === 0) one.subscribe(() => {});
        one.carrier("lo");
        one.close();
      }
      assert.equal(openDescriptors(), descriptors);
    });
  });
});
