// A reload that the kernel refuses half way: everything is as it was.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Bed, onDevices, two } from "./bed.js";

/** All that a reload could have changed, as the kernel, the daemon and the ledger have it. */
function everything(bed: Bed, nics: readonly string[]): unknown {
  const ledger = JSON.parse(readFileSync(join(bed.state, "ledger.json"), "utf8")) as {
    groups: Record<string, { members: object; addresses: string[] }>;
  };
  return {
    groups: bed.status().groups.map((g) => ({
      name: g.name,
      policy: g.policy,
      mtu: g.mtu,
      mac: g.mac,
      state: g.state,
      members: g.members.map((m) => [m.name, m.state, m.flags, m.mtu]).sort(),
      addresses: g.addresses.map((a) => [a.address, a.state]).sort(),
    })),
    nics: nics.map((n) => bed.settings(n)),
    links: (JSON.parse(bed.host.ip("-j link show")) as { ifname: string }[]).map((l) => l.ifname).sort(),
    ledger: Object.entries(ledger.groups)
      .map(([name, g]) => [name, Object.keys(g.members).sort(), [...g.addresses].sort()])
      .sort(),
  };
}

const other = (members: string, more = ""): string => `[[group]]\nname = "ipmp1"\nmembers = [${members}]\n${more}`;

onDevices("an address that the kernel refuses: groups, NICs, settings and addresses are as before, by hand added ones too", async (t) => {
  const bed = new Bed(t, { nics: 4 });
  const nics = ["eth1", "eth2", "eth3", "eth4"];
  const free = nics.map((n) => bed.settings(n));
  const ipmp0 = two().replace(', "2001:db8:8::1/64"', "");
  const first = `${ipmp0}${other('"eth3"', 'addresses = ["10.9.0.1/24"]\nconflict_probe_count = 0\n')}`;
  bed.write(first);
  bed.up();
  bed.host.ip("addr add 10.8.0.77/24 dev ipmp0");
  bed.host.ip("addr add 10.9.0.77/24 dev ipmp1");
  // the kernel will take no IPv6 address on ipmp0 any more
  bed.host.sysctl("net.ipv6.conf.ipmp0.disable_ipv6", 1);
  const counts = (): number[] => bed.status().groups.map((g) => g.addresses.filter((a) => a.state === "up").length);
  await bed.until(() => assert.deepEqual(counts(), [2, 3]));
  bed.ok("offline", "eth2");
  const before = everything(bed, nics);

  // ipmp1 goes, ipmp2 and ipmp3 come, eth1 goes over, eth3 too, MTU and policy change; an address of ipmp0 is refused at last
  bed.write(
    [
      other('"eth3", "eth1"', 'addresses = ["10.10.0.1/24"]\n').replace("ipmp1", "ipmp2"),
      other('"eth4"', 'addresses = ["10.11.0.1/24", "2001:db8:11::1/64"]\n').replace("ipmp1", "ipmp3"),
      two('policy = "active-backup"\nmtu = 1400\n').replace('"eth1", "eth2"', '"eth2"').replace("10.8.0.1/24", "10.8.0.77/24"),
    ].join(""),
  );
  assert.match(
    bed.refused("reload"),
    /^holdfast: group "ipmp0": address 2001:db8:8::1\/64 cannot be put on ipmp0: add .* \(EACCES\); nothing has changed$/,
  );
  await bed.until(() => assert.deepEqual(everything(bed, nics), before));
  assert.ok(bed.ping("10.8.0.2"), "traffic goes on");

  // the next reload starts from there
  bed.write(first);
  assert.equal(bed.ok("reload"), "nothing changed\n");
  bed.ok("down");
  await bed.until(() =>
    assert.deepEqual(
      nics.map((n) => bed.settings(n)),
      free,
    ),
  );
});

onDevices("an MTU that one of the NICs refuses is taken back from the others; what cannot be undone is told", async (t) => {
  const bed = new Bed(t);
  bed.host.ip("link add eth9 link eth2 type macvlan");
  bed.host.ip("link set eth9 up");
  const config = two().replace('"eth2"', '"eth9"');
  bed.write(config);
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.state === "up").length, 3));
  const before = everything(bed, ["eth1", "eth9"]);
  bed.write(config.concat("mtu = 9000\n"));
  assert.match(
    bed.refused("reload"),
    /^holdfast: eth9: it does not take an MTU of 9000 \(.*\); see mtu in the configuration; nothing has changed$/,
  );
  await bed.until(() => assert.deepEqual(everything(bed, ["eth1", "eth9"]), before));

  // an address that was there goes, another is refused, and meanwhile the kernel no longer takes the first either
  bed.host.sysctl("net.ipv6.conf.ipmp0.disable_ipv6", 1);
  bed.write(config.replace("10.8.0.1/24", "10.8.0.9/24"));
  const message = bed.refused("reload");
  const refused = 'group "ipmp0": address 2001:db8:8::1/64 cannot be put on ipmp0: ';
  assert.ok(message.startsWith(`holdfast: ${refused}`), message);
  assert.ok(message.includes(`; undone, but for this: ${refused}`), message);
  await bed.until(() =>
    assert.deepEqual(
      bed.group().addresses.map((a) => a.address),
      ["10.8.0.1/24"],
    ),
  );
});

onDevices("families are changed in place: interface, addresses of the other family, members and what they were told stay", async (t) => {
  const bed = new Bed(t, { nics: 3 });
  const both = two().replace('"eth2"', '"eth2", "eth3"');
  const ipv4 = `${both.replace(', "2001:db8:8::1/64"', "")}families = ["ipv4"]\n`;
  const link = (): unknown => {
    const [l] = JSON.parse(bed.host.ip("-j link show dev ipmp0")) as Record<string, unknown>[];
    return [l.ifindex, l.address, l.mtu, l.operstate];
  };
  const changes = (): string => bed.host.exec(["cat", "/sys/class/net/ipmp0/carrier_changes"]).stdout.trim();
  bed.write(both);
  bed.up();
  bed.host.ip("addr add 10.8.0.77/24 dev ipmp0");
  bed.host.ip("addr add 2001:db8:8::77/64 dev ipmp0 nodad");
  const bound = (): string[] => bed.group().addresses.flatMap((a) => (a.nic === null ? [] : a.address));
  // two of each family, and the link-local one
  await bed.until(() => assert.equal(bound().length, 5));
  bed.ok("standby", "eth2", "on");
  bed.ok("offline", "eth3");
  const [before, carrier] = [link(), changes()];
  const members = (): unknown => bed.group().members.map((m) => [m.name, m.state, m.flags]);
  const was = members();

  bed.write(ipv4);
  assert.equal(bed.ok("reload"), "ipmp0: 2001:db8:8::1/64 removed\nipmp0: carries IPv4\n");
  assert.deepEqual([link(), changes(), members()], [before, carrier, was]);
  assert.deepEqual(bound().sort(), ["10.8.0.1/24", "10.8.0.77/24"]);
  assert.ok(bed.ping("10.8.0.2"));
  assert.equal(bed.ping("2001:db8:8::2"), false, "the family is not carried");
  assert.equal(bed.ok("reload"), "nothing changed\n");

  bed.write(both);
  assert.match(bed.ok("reload"), /^ipmp0: carries IPv4 and IPv6\nipmp0: 2001:db8:8::1\/64 added\n$/);
  await bed.until(() => assert.equal(bound().length, 5, "by hand added ones too"));
  assert.deepEqual([link(), changes(), members()], [before, carrier, was]);
  await bed.until(() => assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2")));
  bed.ok("undo-offline", "eth3");
  bed.lan.cut("eth1");
  await bed.until(() => assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"), "by the others"));
  // the state goes on over a kill, with the families that it has now
  bed.write(ipv4);
  bed.ok("reload");
  process.kill(bed.pid(), "SIGKILL");
  bed.up();
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  assert.deepEqual(link(), [...(before as unknown[]).slice(0, 3), "UP"]);
});

onDevices("a family that a member has no MTU for is refused; from one to the other, with one member", async (t) => {
  const bed = new Bed(t);
  const one = (more: string): string => `[[group]]\nname = "ipmp0"\nmembers = ["eth1"]\nconflict_probe_count = 0\n${more}`;
  const ipv4 = one('families = ["ipv4"]\naddresses = ["10.8.0.1/24"]\n');
  bed.host.ip("link set eth1 mtu 1000");
  bed.write(ipv4);
  bed.up();
  const index = (): number => (JSON.parse(bed.host.ip("-j link show dev ipmp0")) as { ifindex: number }[])[0].ifindex;
  const before = index();
  bed.write(one('addresses = ["10.8.0.1/24", "2001:db8:8::1/64"]\n'));
  assert.match(
    bed.refused("reload"),
    /^holdfast: group "ipmp0": eth1: its MTU is 1000; needed: at least 1280 in a group that carries IPv6$/,
  );
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  bed.host.ip("link set eth1 mtu 1500");
  bed.write(one('families = ["ipv6"]\naddresses = ["2001:db8:8::1/64"]\n'));
  assert.match(bed.ok("reload"), /ipmp0: carries IPv6\n/);
  await bed.until(() => assert.ok(bed.ping("2001:db8:8::2")), 10_000);
  bed.write(ipv4);
  assert.match(bed.ok("reload"), /ipmp0: carries IPv4\n/);
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")), 10_000);
  assert.equal(index(), before);
});
