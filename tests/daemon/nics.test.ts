// What others do to NICs and to the group interface while the daemon runs: followed, or told clearly.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import type { EventRecord } from "../../host/daemon/events.js";
import { Bed, onDevices, two } from "./bed.js";

/** A daemon at work, and the events it tells. */
async function atWork(t: TestContext, options: { nics?: number; more?: string } = {}): Promise<{ bed: Bed; events: EventRecord[] }> {
  const bed = new Bed(t, { nics: options.nics });
  bed.write(two(options.more));
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 3));
  return { bed, events: await listen(bed) };
}

/** Follows events; they are told from then on when it resolves. */
async function listen(bed: Bed): Promise<EventRecord[]> {
  const events: EventRecord[] = [];
  const socket = connect(join(bed.state, "control.sock"));
  socket.on("error", () => undefined);
  const lines = createInterface({ input: socket });
  const begun = once(lines, "line");
  lines.on("line", (line) => {
    const { event } = JSON.parse(line) as { event?: EventRecord };
    if (event !== undefined) events.push(event);
  });
  socket.write('{"v":1,"id":1,"cmd":"events"}\n');
  await begun;
  return events;
}

const told = (bed: Bed, events: EventRecord[], event: string, text: RegExp): Promise<void> =>
  bed.until(() =>
    assert.ok(
      events.some((e) => e.event === event && text.test(e.text)),
      `no ${event} ${text} in ${JSON.stringify(events.map((e) => [e.event, e.text]))}`,
    ),
  );

/** Plugs a NIC in where one was. */
function plug(bed: Bed, nic: string, mac: string, index?: number): void {
  const port = bed.lan.port(nic);
  bed.lab.veth({ ns: bed.host, name: nic, mac, index }, { ns: bed.lan.switch, name: port });
  bed.lan.switch.ip(`link set ${port} master br0`);
}

const carries = (bed: Bed, nic: string, other: string): Promise<void> => {
  bed.lan.cut(other);
  return bed
    .until(() => {
      assert.equal(bed.member(nic).state, "running");
      assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
    }, 10_000)
    .finally(() => bed.lan.repair(other));
};

onDevices("plugged in again with the same or another hardware address: it joins by itself, with what it was told", async (t) => {
  const { bed, events } = await atWork(t, { more: "flap_max = 0\n" });
  const { ifindex } = bed.member("eth1");
  bed.ok("standby", "eth1", "on");
  for (const mac of ["02:00:00:00:01:01", "02:00:00:00:01:77"]) {
    events.length = 0;
    bed.host.ip("link del eth1");
    await told(bed, events, "member_gone", /^eth1: it is gone; it joins again when it comes back$/);
    assert.match(bed.ok("status"), /\n {2}eth1 +absent +down[\s\S]*\n {2}eth1: it is gone; it joins again when it comes back\n/);
    assert.equal(bed.group().state, "ok", "what is not there is no member");
    assert.ok(bed.ping("10.8.0.2"));
    plug(bed, "eth1", mac);
    await bed.until(() => assert.equal(bed.member("eth1").state, "running"));
    const { mac: now, ifindex: index, flags } = bed.member("eth1");
    assert.deepEqual([now, flags], [mac, ["standby", "inactive"]]);
    assert.notEqual(index, ifindex);
    await told(bed, events, "member_change", /^eth1: joined ipmp0$/);
    await carries(bed, "eth1", "eth2");
  }
  bed.ok("standby", "eth1", "off");
  bed.ok("offline", "eth1");
  bed.host.ip("link del eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "absent"));
  plug(bed, "eth1", "02:00:00:00:01:01");
  await bed.until(() => assert.equal(bed.member("eth1").state, "offline"), 8000);
  bed.ok("undo-offline", "eth1");
  await carries(bed, "eth1", "eth2");
});

onDevices("renamed by somebody: it stays the member, over a restart too, and gets its settings back at the end", async (t) => {
  const bed = new Bed(t);
  const before = bed.settings("eth1");
  bed.write(two("flap_max = 0\n"));
  bed.up();
  const events = await listen(bed);
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 3));
  bed.host.ip("link set eth1 name lan7");
  await told(bed, events, "member_renamed", /^eth1: its interface was renamed from eth1 to lan7 by somebody; it stays the member "eth1"$/);
  assert.deepEqual([bed.member("eth1").state, bed.member("eth1").note], ["running", "its interface is named lan7 now"]);
  await carries(bed, "eth1", "eth2");
  // another NIC that takes the name is none of ours
  bed.host.ip("link add eth1 type veth peer name eth1p");
  bed.host.ip("link set eth1 up");
  await carries(bed, "eth1", "eth2");
  bed.host.ip("link del eth1");
  // by either name
  assert.equal(bed.ok("offline", "lan7"), "lan7: offline\n");
  bed.ok("undo-offline", "eth1");
  // carrier is still watched, under the new name
  bed.lan.cut("eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "failed"));
  bed.lan.repair("eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "running"));
  // renamed again while no daemon runs
  process.kill(bed.pid(), "SIGKILL");
  bed.host.ip("link set lan7 name lan8");
  bed.up();
  await bed.until(() =>
    assert.deepEqual([bed.member("eth1").state, bed.member("eth1").note], ["running", "its interface is named lan8 now"]),
  );
  await carries(bed, "eth1", "eth2");
  assert.equal(bed.ok("reload"), "nothing changed\n");
  bed.ok("down");
  await bed.until(() => assert.deepEqual(bed.settings("lan8"), before));
});

onDevices("two NICs that change names with each other stay what they are", async (t) => {
  const { bed } = await atWork(t, { more: "flap_max = 0\n" });
  const macs = ["eth1", "eth2"].map((n) => bed.member(n).mac);
  for (const [from, to] of ["eth1 x", "eth2 eth1", "x eth2"].map((s) => s.split(" "))) bed.host.ip(`link set ${from} name ${to}`);
  await bed.until(() => assert.match(bed.member("eth1").note ?? "", /named eth2 now/));
  await bed.until(() => assert.match(bed.member("eth2").note ?? "", /named eth1 now/));
  assert.deepEqual(
    ["eth1", "eth2"].map((n) => bed.member(n).mac),
    macs,
  );
  await carries(bed, "eth1", "eth2");
  await carries(bed, "eth2", "eth1");
});

onDevices("hardware address and MTU changed by somebody: followed; the same address twice sets one aside until it ends", async (t) => {
  const { bed, events } = await atWork(t, { more: "flap_max = 0\n" });
  bed.host.ip("link set eth1 address 02:00:00:00:01:55");
  await told(bed, events, "member_mac", /^eth1: its hardware address was changed from 02:00:00:00:01:01 to 02:00:00:00:01:55$/);
  await carries(bed, "eth1", "eth2");
  bed.host.ip("link set eth1 mtu 1400");
  await told(bed, events, "member_mtu", /^eth1: its MTU was changed from 1500 to 1400$/);
  await bed.until(() => assert.match(bed.host.ip("link show dev ipmp0"), /mtu 1400/));
  bed.host.ip("link set eth1 mtu 1500");
  await bed.until(() => assert.match(bed.host.ip("link show dev ipmp0"), /mtu 1500/));
  bed.host.ip("link set eth1 address 02:00:00:00:01:02");
  await told(bed, events, "if_state", /^eth1: running -> offline \(its hardware address is not unique\)$/);
  assert.ok(bed.ping("10.8.0.2"));
  bed.host.ip("link set eth1 address 02:00:00:00:01:01");
  await bed.until(() => assert.equal(bed.member("eth1").state, "running"));
  await carries(bed, "eth1", "eth2");
});

onDevices("moved to another namespace it is gone, back again it joins; at a start, one in a bridge is waited for", async (t) => {
  const { bed, events } = await atWork(t, { more: "flap_max = 0\n" });
  bed.host.ip(`link set eth1 netns ${bed.lan.peer.full}`);
  await told(bed, events, "member_gone", /^eth1: it is gone/);
  assert.equal(bed.member("eth1").state, "absent");
  assert.ok(bed.ping("10.8.0.2"));
  bed.lan.peer.ip(`link set eth1 netns ${bed.host.full}`);
  await bed.until(() => assert.equal(bed.member("eth1").state, "running"));
  await carries(bed, "eth1", "eth2");

  bed.host.ip("link add br7 type bridge");
  bed.host.ip("link set eth2 master br7");
  await told(bed, events, "member_enslaved", /^eth2: it was put into br7/);
  bed.ok("down", "--keep");
  bed.up();
  await bed.until(() => {
    const { state, note } = bed.member("eth2");
    assert.equal(state, "absent");
    assert.match(note ?? "", /^group "ipmp0": eth2: it is in use: it belongs to br7 \(bridge, bond, team or VRF\)/);
  });
  assert.ok(bed.ping("10.8.0.2"));
  bed.host.ip("link set eth2 nomaster");
  await bed.until(() => assert.equal(bed.member("eth2").state, "running"));
  await carries(bed, "eth2", "eth1");
});

onDevices("put into a bridge, a bond or a VRF it leaves at once, others carry; taken out it joins, with what it was told", async (t) => {
  const { bed, events } = await atWork(t, { more: "flap_max = 0\n" });
  const mac = bed.member("eth2").mac;
  bed.ok("standby", "eth2", "on");
  for (const [master, type] of [
    ["br7", "bridge"],
    ["bond7", "bond mode active-backup"],
    ["vrf7", "vrf table 77"],
  ]) {
    events.length = 0;
    // a kernel need not have bonds and VRFs
    const made = bed.host.exec(["ip", "link", "add", master, "type", ...type.split(" ")], { allowFailure: true });
    if (made.status !== 0 && master !== "br7") {
      t.diagnostic(`not tried: ${type}: ${made.stderr.trim()}`);
      continue;
    }
    assert.equal(made.status, 0, made.stderr);
    // a bond takes only what is down
    if (master === "bond7") bed.host.ip("link set eth2 down");
    bed.host.ip(`link set eth2 master ${master}`);
    const note = `it was put into ${master}, which takes its frames; it joins again when it is taken out`;
    await told(bed, events, "member_enslaved", new RegExp(`^eth2: ${note}$`));
    assert.deepEqual([bed.member("eth2").state, bed.member("eth2").note], ["absent", note]);
    await bed.until(() => assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"), "by the other one"));
    assert.deepEqual(
      bed.group().addresses.flatMap((a) => (a.nic === "eth2" ? a.address : [])),
      [],
    );
    // what changes there meanwhile is no news about a member
    bed.host.ip("link set eth2 mtu 1400");
    bed.host.ip("link set eth2 mtu 1500");
    assert.deepEqual(
      events.filter((e) => e.event === "member_unusable" || e.event === "member_mtu"),
      [],
    );
    bed.host.ip("link set eth2 nomaster");
    await bed.until(() => assert.equal(bed.member("eth2").state, "running"), 10_000);
    assert.deepEqual([bed.member("eth2").mac, bed.member("eth2").flags, bed.member("eth2").note], [mac, ["standby", "inactive"], null]);
    await told(bed, events, "member_change", /^eth2: joined ipmp0$/);
    assert.equal(events.filter((e) => e.event === "member_enslaved").length, 1, "told once");
    bed.host.ip(`link del ${master}`);
    await carries(bed, "eth2", "eth1");
  }
});

onDevices("the group interface renamed, or its MTU changed, by somebody: put right, and told", async (t) => {
  const { bed, events } = await atWork(t);
  bed.host.ip("link set ipmp0 mtu 1300");
  await told(bed, events, "interface_mtu", /^ipmp0: its MTU was changed to 1300; set back to 1500, the least of its members'/);
  assert.match(bed.host.ip("link show dev ipmp0"), /mtu 1500/);
  bed.host.ip("link set ipmp0 down");
  bed.host.ip("link set ipmp0 name wan0");
  await told(bed, events, "interface_renamed", /^ipmp0: it was renamed to wan0; named ipmp0 again$/);
  assert.equal(bed.has("wan0"), false);
  bed.host.ip("link set ipmp0 up");
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  // an MTU of the configuration blames nobody
  events.length = 0;
  bed.write(two("mtu = 1400\n"));
  bed.ok("reload");
  await bed.until(() => assert.match(bed.host.ip("link show dev ipmp0"), /mtu 1400/));
  bed.write(two());
  bed.ok("reload");
  await bed.until(() => assert.match(bed.host.ip("link show dev ipmp0"), /mtu 1500/));
  assert.deepEqual(
    events.filter((e) => e.event.startsWith("interface_")),
    [],
  );
});
