// Routers and hosts that routes lead to: read as they are, and changes noticed.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { Rtnetlink } from "../../host/net/rtnetlink.js";
import { inside, skipReason, until } from "./bed.js";

describe("routes", { skip: skipReason() }, () => {
  let lab: Lab;
  let ns: Netns;
  let net: Rtnetlink;

  before(() => {
    lab = new Lab("hfio-route");
    ns = lab.netns("n");
    const far = lab.netns("f");
    lab.veth({ ns, name: "v0" }, { ns: far, name: "v1" });
    lab.veth({ ns, name: "w0" }, { ns: far, name: "w1" });
    ns.addr("v0", "192.0.2.10/24");
    ns.addr("v0", "2001:db8::10/64");
    ns.addr("w0", "198.51.100.10/24");
    net = inside(ns, () => new Rtnetlink());
  });
  after(() => {
    net?.close();
    lab?.close();
  });

  const through = (name: string): string[] =>
    net.routes.through(net.link(name)?.ifindex ?? assert.fail(`no ${name}`)).map((hop) => `${hop.family === 0 ? "4" : "6"} ${hop.address}`);
  const add = (...routes: string[]): void => {
    for (const r of routes) ns.ip(`${r.includes("2001:") ? "-6 " : ""}route add ${r}`);
  };
  const clear = (): void => {
    ns.ip("route flush proto static");
    ns.ip("route flush proto boot");
    ns.ip("-6 route flush proto boot");
  };

  it("subnets alone lead to nobody", () => assert.deepEqual(through("v0"), []));

  it("routers of both families, each once, and the host of a host route", () => {
    add("default via 192.0.2.1", "203.0.113.0/24 via 192.0.2.1", "203.0.114.0/24 via 192.0.2.2", "192.0.2.77/32 dev v0 proto static");
    add("2001:db8:1::/48 via 2001:db8::1", "2001:db8:2::7/128 via 2001:db8::2", "198.18.0.0/15 via 198.51.100.1");
    assert.deepEqual(through("v0").sort(), ["4 192.0.2.1", "4 192.0.2.2", "4 192.0.2.77", "6 2001:db8::1", "6 2001:db8::2"]);
    assert.deepEqual(through("w0"), ["4 198.51.100.1"]);
    clear();
    assert.deepEqual(through("v0"), []);
  });

  it("a route with several ways, one in another table, and a router of the other family", () => {
    add("203.0.113.0/24 nexthop via 192.0.2.3 dev v0 nexthop via 198.51.100.3 dev w0 nexthop via 192.0.2.4 dev v0");
    add("default via 192.0.2.5 table 1000");
    ns.ip("route add 203.0.115.0/24 via inet6 2001:db8::3 dev v0");
    assert.deepEqual(through("v0").sort(), ["4 192.0.2.3", "4 192.0.2.4", "4 192.0.2.5", "6 2001:db8::3"]);
    assert.deepEqual(through("w0"), ["4 198.51.100.3"]);
    ns.ip("route flush table 1000");
    clear();
  });

  it("routes that are blackholes or local lead to nobody", () => {
    add("blackhole 203.0.113.9/32", "local 203.0.113.10/32 dev v0 table local");
    assert.deepEqual(through("v0"), []);
    ns.ip("route del blackhole 203.0.113.9/32");
    ns.ip("route del local 203.0.113.10/32 table local");
  });

  it("as many routes as a full table has leave the router one", () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `route add 10.${i >> 8}.${i & 255}.0/24 via 192.0.2.1`);
    ns.exec(["ip", "-batch", "-"], { input: `${lines.join("\n")}\n` });
    assert.deepEqual(through("v0"), ["4 192.0.2.1"]);
    assert.deepEqual(through("w0"), []);
    clear();
  });

  it("changes are noticed, also when notifications were lost; none after close", async () => {
    let told = 0;
    const watch = inside(ns, () => net.routes.watch(() => told++));
    add("default via 192.0.2.1");
    await until(() => told > 0, "the new route");
    const before = told;
    const lines = Array.from({ length: 20_000 }, (_, i) => `route add 10.${i >> 8}.${i & 255}.0/24 via 192.0.2.1`);
    ns.exec(["ip", "-batch", "-"], { input: `${lines.join("\n")}\n` });
    await until(() => told > before, "20,000 routes");
    watch.close();
    const last = told;
    clear();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(told, last);
  });
});
