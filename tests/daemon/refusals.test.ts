// What `holdfast up` refuses, each with its own message, and that a refused start leaves nothing behind.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { Bed, CLI, onDevices, two } from "./bed.js";

/** Tries to start, with the NICs as `arrange` makes them; the message, after a check that nothing has changed. */
async function refusal(bed: Bed, arrange: string[], text = two()): Promise<string> {
  for (const step of arrange) bed.host.ip(step);
  const look = (): unknown => ["eth1", "eth2"].map((n) => bed.settings(n));
  // a link that was just set up has its address under duplicate detection for a moment
  let before = look();
  await bed.until(() => {
    const last = before;
    before = look();
    assert.deepEqual(before, last);
  });
  bed.write(text);
  const message = bed.refused("up", "-c", bed.config);
  assert.equal(
    bed.has("ipmp0"),
    arrange.some((s) => s.includes(" ipmp0 ")),
    "no interface is left",
  );
  await bed.until(() => assert.deepEqual(look(), before, "the NICs are as they were"));
  assert.equal(existsSync(join(bed.state, "daemon.pid")), false);
  return message;
}

onDevices("NICs that cannot be members are refused, each for its own reason", async (t) => {
  const bed = new Bed(t);
  const cases: [string, string[], string[], RegExp, string?][] = [
    [
      "no such interface",
      [],
      [],
      /^holdfast: group "ipmp0": eth7: no such interface; there are: lo, eth1, eth2$/,
      two().replace("eth2", "eth7"),
    ],
    [
      "loopback",
      [],
      [],
      /^holdfast: group "ipmp0": lo: it is the loopback interface; allowed: Ethernet NICs$/,
      two().replace("eth2", "lo"),
    ],
    [
      "addresses of its own",
      ["addr add 192.0.2.5/24 dev eth2", "addr add 2001:db8:5::5/64 dev eth2 nodad"],
      ["addr flush dev eth2 scope global"],
      /^holdfast: group "ipmp0": eth2: it has addresses of its own: 192\.0\.2\.5\/24, 2001:db8:5::5\/64; a member has none: /,
    ],
    [
      "bridge port",
      ["link add br9 type bridge", "link set eth2 master br9"],
      ["link del br9"],
      /^holdfast: group "ipmp0": eth2: it is in use: it belongs to br9 \(bridge, bond, team or VRF\); take it out with "ip link set eth2 nomaster"$/,
    ],
    [
      "hardware address twice",
      ["link set eth2 address 02:00:00:00:01:01"],
      ["link set eth2 address 02:00:00:00:01:02"],
      /^holdfast: group "ipmp0": eth2: its hardware address 02:00:00:00:01:01 is also that of eth1; allowed: each member its own$/,
    ],
    [
      "MTU too small for IPv6",
      ["link set eth2 mtu 1000"],
      ["link set eth2 mtu 1500"],
      /^holdfast: group "ipmp0": eth2: its MTU is 1000; needed: at least 1280 in a group that carries IPv6$/,
    ],
    [
      "MTU that the NIC cannot have",
      ["link add eth9 link eth2 type macvlan"],
      ["link del eth9"],
      /^holdfast: eth9: it does not take an MTU of 9000 \(.*\); see mtu in the configuration$/,
      two("mtu = 9000").replace('"eth2"', '"eth9"').replace('"eth1", "eth9"', '"eth9", "eth1"'),
    ],
    [
      "group name taken",
      ["link add ipmp0 type bridge"],
      ["link del ipmp0"],
      /^holdfast: group "ipmp0": an interface of that name exists already; choose another name, or remove it with "ip link del ipmp0"$/,
    ],
  ];
  for (const [name, arrange, undo, message, text] of cases) {
    assert.match(await refusal(bed, arrange, text), message, name);
    for (const step of undo) bed.host.ip(step);
  }
  // and when nothing is wrong any more, it starts
  bed.write(two());
  bed.up();
  const again = bed.refused("up", "-c", bed.config);
  assert.match(
    again,
    /^holdfast: the daemon is already running with this state folder \(process \d+\); see "holdfast status" and "holdfast down"$/,
  );
  const other = bed.cli("up", "-c", bed.config, "--state", join(bed.dir, "other"));
  assert.equal(other.status, 1);
  assert.match(other.stderr, /^holdfast: group "ipmp0": an interface of that name exists already/);
  assert.equal(bed.group().state, "ok", "the first is not disturbed");
});

onDevices("IPv4 alone takes a small MTU; an address that the kernel refuses undoes the start", async (t) => {
  const bed = new Bed(t);
  bed.host.ip("link set eth2 mtu 1000");
  bed.write(two().replace(', "2001:db8:8::1/64"', "").concat('families = ["ipv4"]\n'));
  bed.up();
  assert.equal(bed.group().mtu, 1000);
  bed.ok("down");
  bed.host.ip("link set eth2 mtu 1500");
  bed.host.sysctl("net.ipv6.conf.default.disable_ipv6", 1);
  assert.match(await refusal(bed, []), /^holdfast: group "ipmp0": address 2001:db8:8::1\/64 cannot be put on ipmp0: /);
});

onDevices("without /dev/net/tun: said so", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  // a mount namespace of its own, in which /dev/net is empty
  const script = `mount -t tmpfs none /dev/net && exec "$@"`;
  const done = bed.host.exec(
    ["unshare", "-m", "sh", "-c", script, "sh", process.execPath, CLI, "up", "-c", bed.config, "--state", bed.state],
    {
      allowFailure: true,
    },
  );
  assert.equal(done.status, 1);
  assert.match(done.stderr, /^holdfast: \/dev\/net\/tun does not exist; needed for the group interface: load it with "modprobe tun"/);
});

test("no root, too little address space: said before anything is tried", { skip: process.platform !== "linux" && "needs Linux" }, (t) => {
  const dir = mkdtempSync(join(tmpdir(), "hfd-refusal-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const config = join(dir, "c.toml");
  writeFileSync(config, two());
  const words = [CLI, "up", "-c", config, "--state", join(dir, "state")];
  if (process.geteuid?.() === 0) {
    const limited = spawnSync("sh", ["-c", 'ulimit -v 20000000 && exec "$@"', "sh", process.execPath, ...words], { encoding: "utf8" });
    assert.equal(limited.status, 1, limited.stderr);
    assert.match(limited.stderr, /^holdfast: ulimit -v is 20000000 KiB; needed: unlimited, or at least 25165824 KiB/);
    // as somebody else, inside this process's own checkout only if that can be read
    const nobody = spawnSync(
      process.execPath,
      [
        "-e",
        `process.setgid(65534); process.setuid(65534); process.argv.splice(1, 0, ...${JSON.stringify(words)}); import(${JSON.stringify(CLI)})`,
      ],
      {
        encoding: "utf8",
      },
    );
    assert.equal(nobody.status, 1, nobody.stderr);
  } else {
    const done = spawnSync(process.execPath, words, { encoding: "utf8" });
    assert.equal(done.status, 1);
    assert.match(done.stderr, /^holdfast: up: not root \(user \d+\), without CAP_NET_ADMIN and CAP_NET_RAW; needed: root/);
  }
  assert.equal(existsSync(join(dir, "state")), false);
});
