// The group interface, removed under the daemon.

import assert from "node:assert/strict";
import { Bed, onDevices, two } from "./bed.js";

const bound = (bed: Bed): Record<string, string | null> => Object.fromEntries(bed.group().addresses.map((a) => [a.address, a.nic]));

onDevices("the group interface, deleted by somebody, is made anew with the addresses of the configuration", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  bed.host.ip("addr add 10.8.0.50/24 dev ipmp0");
  await bed.until(() => assert.equal(bed.group().addresses.length, 4));
  const { mac } = bed.group();
  const index = (): string => bed.host.exec(["cat", "/sys/class/net/ipmp0/ifindex"], { allowFailure: true }).stdout.trim();
  const old = index();
  bed.host.ip("link del ipmp0");
  await bed.until(() => assert.match(bed.log(), / warn {2}interface_gone: ipmp0: the group interface was removed by somebody; it is made/));
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 3));
  assert.notEqual(index(), old);
  const ours = Object.keys(bound(bed)).filter((a) => !a.startsWith("fe80"));
  assert.deepEqual(ours.sort(), ["10.8.0.1/24", "2001:db8:8::1/64"]);
  assert.match(bed.host.ip("link show dev ipmp0"), new RegExp(mac));
  await bed.until(() => assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2")));
  // everything else goes on with it: data addresses, carrier, a restart
  bed.host.ip("addr add 10.8.0.51/24 dev ipmp0");
  await bed.until(() => assert.ok(bound(bed)["10.8.0.51/24"]));
  for (const nic of ["eth1", "eth2"]) bed.lan.cut(nic);
  await bed.until(() => assert.match(bed.host.ip("link show dev ipmp0"), /NO-CARRIER/));
  for (const nic of ["eth1", "eth2"]) bed.lan.repair(nic);
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  process.kill(bed.pid(), "SIGKILL");
  bed.up();
  assert.ok(bed.ping("10.8.0.2"));
});

onDevices("while somebody else has the group interface's name it is waited for, and theirs is left alone", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  // it must not be faster than we are
  const take = (): void => {
    const daemon = bed.pid();
    process.kill(daemon, "SIGSTOP");
    bed.host.ip("link del ipmp0");
    bed.host.ip("link add ipmp0 type bridge");
    process.kill(daemon, "SIGCONT");
  };
  take();
  await bed.until(() =>
    assert.match(bed.log(), / error interface_gone: ipmp0: cannot be made anew yet: group "ipmp0": an interface of that/),
  );
  assert.equal(bed.group().addresses.length, 0);
  bed.host.ip("link del ipmp0");
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  take();
  await bed.until(() => assert.equal(bed.group().addresses.length, 0));
  bed.ok("down");
  assert.match(bed.host.ip("-d link show dev ipmp0"), /bridge/);
});
