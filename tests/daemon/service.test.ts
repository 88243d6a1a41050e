// The service manager's side, played by a real datagram socket; and the unit that is shipped.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Log } from "../../host/daemon/log.js";
import { ServiceManager } from "../../host/daemon/service.js";
import { check, libc, Native } from "../../host/io/ffi.js";
import * as L from "../../host/io/linux.js";
import { Bed, onDevices, two } from "./bed.js";
import { Installed } from "./installed.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A bound datagram socket, as a service manager has it; `@` begins an abstract name. */
class Peer {
  readonly #fd: number;
  readonly #buffer = new Native(4096);
  readonly lines: string[] = [];

  constructor(t: TestContext, path: string) {
    this.#fd = check(libc().socket(L.AF_UNIX, L.SOCK_DGRAM | L.O_NONBLOCK | L.O_CLOEXEC, 0), "socket");
    t.after(() => libc().close(this.#fd));
    const name = Buffer.from(path.replace(/^@/, "\0"));
    const address = new Native(L.SOCKADDR_UN.SIZE);
    address.dv.setUint16(0, L.AF_UNIX, true);
    address.u8.set(name, L.SOCKADDR_UN.path);
    check(libc().bind(this.#fd, address.address, L.SOCKADDR_UN.path + name.length), `bind ${path}`);
  }

  /** Everything that came so far, a line each. */
  read(): string[] {
    for (;;) {
      const got = libc().recv(this.#fd, this.#buffer.address, 4096, 0);
      if (got < 0) return this.lines;
      this.lines.push(...Buffer.from(this.#buffer.u8.subarray(0, got)).toString("utf8").split("\n"));
    }
  }
}

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), "hfd-service-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

test("a datagram of lines, to a path and to an abstract name; no line of ours holds a line end", (t) => {
  if (process.platform !== "linux") return;
  for (const path of [join(folder(t), "notify"), `@hfd-service-${process.pid}`]) {
    const peer = new Peer(t, path);
    const manager = new ServiceManager(new Log(assert.fail), path);
    manager.ready("ipmp0 ok\nMAINPID=1");
    manager.reloading();
    manager.stopping();
    assert.deepEqual(peer.read().slice(0, 3), ["READY=1", "STATUS=ipmp0 ok MAINPID=1", "RELOADING=1"]);
    assert.match(peer.lines[3], /^MONOTONIC_USEC=\d+$/);
    assert.deepEqual(peer.lines.slice(4), ["STOPPING=1", "STATUS=stopping"]);
    manager.handOver(77);
    manager.ready("no longer ours to say");
    assert.deepEqual(peer.read().slice(6), ["MAINPID=77"]);
    manager.close();
  }
});

test("nobody there, or no path at all: told once in the log, never a reason to stop", (t) => {
  if (process.platform !== "linux") return;
  for (const [path, why] of [
    [join(folder(t), "none"), /: ENOENT$/],
    ["relative", /: not the path of a socket$/],
    ["/x".repeat(60), /: not the path of a socket$/],
    ["@", /: not the path of a socket$/],
  ] as const) {
    const lines: string[] = [];
    const manager = new ServiceManager(new Log((l) => lines.push(l.trim())), path);
    manager.ready("x");
    manager.status("y");
    manager.close();
    assert.equal(lines.length, 1, path);
    assert.match(lines[0], why);
  }
  const none = new ServiceManager(new Log(assert.fail), "");
  none.ready("x");
  none.feed(() => true);
  none.close();
});

onDevices("a daemon tells that it is ready, how its groups are, of reloads, exchanges and its end, and feeds the watchdog", async (t) => {
  const bed = new Bed(t);
  const program = new Installed(t);
  const path = join(bed.dir, "notify");
  const peer = new Peer(t, path);
  bed.write(two("flap_max = 0\n"));
  const words = [program.cli, "up", "-c", bed.config, "--state", bed.state, "--foreground"];
  const env = ["env", `NOTIFY_SOCKET=${path}`, "WATCHDOG_USEC=300000"];
  const daemon = bed.host.spawn([...env, process.execPath, ...words]);
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  const told = (line: RegExp): Promise<void> =>
    bed.until(
      () =>
        assert.ok(
          peer.read().some((l) => line.test(l)),
          `${peer.lines}`,
        ),
      20_000,
    );
  await told(/^READY=1$/);
  await told(/^STATUS=ipmp0 ok$/);
  const fed = (): number => peer.read().filter((l) => l === "WATCHDOG=1").length;
  await bed.until(() => assert.ok(fed() >= 5));
  bed.lan.cut("eth1");
  await told(/^STATUS=ipmp0 degraded$/);
  peer.lines.length = 0;
  bed.ok("reload");
  assert.deepEqual(
    peer.read().filter((l) => !/^(WATCHDOG|STATUS|MONOTONIC)/.test(l)),
    ["RELOADING=1", "READY=1"],
  );
  // a loop that hangs feeds no more; on again, it does
  process.kill(bed.pid(), "SIGSTOP");
  const before = fed();
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(fed(), before);
  process.kill(bed.pid(), "SIGCONT");
  await bed.until(() => assert.ok(fed() > before));

  peer.lines.length = 0;
  const exchange = bed.host.execAsync([process.execPath, program.cli, "reload", "--binary", "--state", bed.state]);
  const reading = setInterval(() => peer.read(), 20);
  assert.match((await exchange).stdout, /has taken over/);
  await ended;
  clearInterval(reading);
  await told(/^READY=1$/);
  const said = peer.read().filter((l) => /^(MAINPID|READY)/.test(l));
  // the reload of the configuration, then the new process, which speaks when it is the service
  assert.deepEqual(said, [`MAINPID=${bed.pid()}`, "READY=1"]);
  peer.lines.length = 0;
  await bed.until(() => assert.ok(fed() >= 3), 5000);
  assert.ok(bed.ping("10.8.0.2"));
  const last = bed.pid();
  process.kill(last, "SIGTERM");
  await told(/^STOPPING=1$/);
  await bed.until(() => assert.equal(existsSync(`/proc/${last}`), false));
});

/** The unit that is shipped, as [section, key, value]. */
const unit = readFileSync(join(ROOT, "packaging/holdfast.service"), "utf8");
const setting = (key: string): string[] => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map((m) => m[1]);

test("the unit: two capabilities, a user of its own, told when ready, watched", () => {
  for (const key of ["AmbientCapabilities", "CapabilityBoundingSet"]) assert.deepEqual(setting(key), ["CAP_NET_ADMIN CAP_NET_RAW"], key);
  assert.deepEqual([setting("Type"), setting("DynamicUser"), setting("NoNewPrivileges")], [["notify"], ["yes"], ["yes"]]);
  assert.deepEqual(setting("RuntimeDirectory"), ["holdfast"], "the default state folder is /run/holdfast");
  assert.deepEqual(setting("RuntimeDirectoryPreserve"), ["yes"], "or nothing could be resumed");
  assert.ok(Number(setting("WatchdogSec")[0]) > 0);
});

test("what XDP needs beyond the unit: one capability, one system call, one kind of socket, locked memory, and nothing else", () => {
  const more = readFileSync(join(ROOT, "packaging/holdfast-xdp.conf"), "utf8");
  assert.deepEqual(
    more.split("\n").filter((l) => l.includes("=") && !l.startsWith("#")),
    [
      "AmbientCapabilities=CAP_BPF",
      "CapabilityBoundingSet=CAP_BPF",
      "SystemCallFilter=bpf",
      "RestrictAddressFamilies=AF_XDP",
      "LimitMEMLOCK=256M",
    ],
  );
});

test("systemd-analyze, where it is installed, finds nothing wrong with it, and little exposed", (t) => {
  if (spawnSync("systemd-analyze", ["--version"]).error) {
    t.diagnostic("systemd-analyze is not installed: it has not looked at the unit");
    return;
  }
  const dir = folder(t);
  const bin = join(dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "holdfast"), "#!/bin/sh\n", { mode: 0o755 });
  const file = join(dir, "holdfast.service");
  writeFileSync(file, unit.replaceAll("/usr/bin/holdfast", join(bin, "holdfast")).replace(/^Documentation=.*\n/m, ""));
  const verify = spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", file], { encoding: "utf8" });
  assert.equal(`${verify.stdout}${verify.stderr}`.trim(), "");
  assert.equal(verify.status, 0);
  const security = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=30", "--no-pager", file], { encoding: "utf8" });
  const level = /Overall exposure level for .*/.exec(security.stdout)?.[0] ?? security.stderr;
  t.diagnostic(level);
  assert.equal(security.status, 0, level);
});
