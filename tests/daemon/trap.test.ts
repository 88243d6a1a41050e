// After a trap of the module: the instance is discarded, another one takes its place, traffic goes on.

import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseConfig } from "../../host/config/load.js";
import { Daemon } from "../../host/daemon/daemon.js";
import { Ledger } from "../../host/daemon/ledger.js";
import { Log } from "../../host/daemon/log.js";
import { makeStateDir, pathsOf } from "../../host/daemon/paths.js";
import { check, libc } from "../../host/io/ffi.js";
import { CLONE_NEWNET } from "../../host/io/linux.js";
import { Rtnetlink } from "../../host/net/rtnetlink.js";
import { Bed, onDevices, two } from "./bed.js";

/** The next report of carrier traps. */
function sabotage(daemon: Daemon): void {
  const { engine } = daemon;
  assert.ok(engine);
  engine.ipmp.link = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
}

/** Works inside the host: sockets, sysctls and the TAP are those of the namespace. Returns in any case. */
async function within(bed: Bed, work: () => Promise<void>): Promise<void> {
  const home = openSync("/proc/self/ns/net", "r");
  check(libc().setns(openSync(`/run/netns/${bed.host.full}`, "r"), CLONE_NEWNET), "enter the host");
  try {
    await work();
  } finally {
    check(libc().setns(home, CLONE_NEWNET), "return");
  }
}

onDevices("a trap: begun anew from the snapshot, then from the configuration, then given up", async (t) => {
  const bed = new Bed(t);
  await within(bed, () => play(bed));
});

async function play(bed: Bed): Promise<void> {
  const paths = pathsOf(bed.state);
  makeStateDir(paths);
  const lines: string[] = [];
  const net = new Rtnetlink();
  let fatal: Error | null = null;
  const daemon = new Daemon({
    paths,
    config: parseConfig(two(), "c.toml"),
    net,
    ledger: Ledger.open(paths.ledger),
    log: new Log((l) => lines.push(l)),
    version: "test",
    onFatal: (e) => {
      fatal = e;
    },
  });
  try {
    await daemon.start();
    await traps(bed, daemon, net, lines, () => fatal);
  } finally {
    daemon.stop();
    net.close();
  }
}

async function traps(bed: Bed, daemon: Daemon, net: Rtnetlink, lines: string[], fatal: () => Error | null): Promise<void> {
  net.subscribe((e) => daemon.engine?.onNet(e));
  const addresses = (): Record<string, string | null> =>
    Object.fromEntries(daemon.status().groups[0].addresses.map((a) => [a.address, a.nic]));
  await bed.until(() => assert.equal(Object.keys(addresses()).length, 3));
  await delay(1200);
  const before = addresses();
  // the bridge may take a second to use a port again whose link was repaired
  const pings = async (): Promise<boolean> =>
    (await bed.host.execAsync(["ping", "-c", "1", "-w", "4", "10.8.0.2"], { allowFailure: true })).status === 0;
  assert.ok(await pings());

  const trap = async (): Promise<void> => {
    const old = daemon.engine;
    sabotage(daemon);
    bed.lan.cut("eth1");
    await bed.until(() => assert.ok(daemon.engine !== null && daemon.engine !== old));
    bed.lan.repair("eth1");
    await bed.until(() => assert.equal(daemon.status().groups[0].state, "ok"));
  };
  await trap();
  assert.match(lines.join(""), / error trap: the module has trapped and is begun anew: unreachable\n/);
  assert.match(lines.join(""), / warn {2}restored: begun anew from the last snapshot\n/);
  assert.deepEqual(Object.keys(addresses()).sort(), Object.keys(before).sort());
  assert.ok(await pings());
  await trap();
  lines.length = 0;
  await trap();
  assert.match(lines.join(""), / warn {2}restored: begun anew from the configuration\n/);
  await bed.until(() => assert.deepEqual(Object.keys(addresses()).sort(), Object.keys(before).sort()));
  assert.ok(await pings());
  await trap();
  sabotage(daemon);
  bed.lan.cut("eth1");
  await bed.until(() => assert.match(String(fatal()), /the module traps again and again: unreachable/));
  assert.match(bed.host.ip("addr show dev ipmp0"), /10\.8\.0\.1/, "the interface stays for the next start");
}
