// A machine for the shipped unit: systemd as process 1 of namespaces of its own, in the host of a bed.
//
// Invariants: only the units that are put here exist for it, the shipped one as it is but for where its log goes; /etc, /usr,
// /run and /tmp are its own (overlays and memory), the program is this build; its cgroup is one of this machine's, and goes
// with it; whatever runs in it dies with its process 1.

import assert from "node:assert/strict";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type RunResult, run } from "../../host/lab/run.js";
import type { Bed } from "./bed.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const SYSTEMD = "/lib/systemd/systemd";
const TARGET = "holdfast-test.target";

/** Its own cgroup, then namespaces. $1: the bed's folder, $2: the cgroup's name. */
const OUTSIDE = `set -e
cd "$1"; mkdir -p cg; mount --make-rprivate /; mount -t cgroup2 none cg
own="cg$(sed -n 's/^0:://p' /proc/self/cgroup)/$2"
mkdir -p "$own"; echo $$ > "$own/cgroup.procs"; umount -l cg
exec unshare --pid --fork --kill-child --cgroup --uts --ipc --mount --mount-proc sh inside.sh "$1"
`;

/** File systems, program, units; then systemd. */
const INSIDE = `set -e
mount -t tmpfs -o mode=755 none /run
mount -t cgroup2 none /sys/fs/cgroup
for d in etc usr; do
  mkdir -p /run/over/$d/up /run/over/$d/work
  mount -t overlay -o lowerdir=/$d,upperdir=/run/over/$d/up,workdir=/run/over/$d/work none /$d
done
lib=/usr/lib/holdfast
mkdir -p $lib/dist $lib/build $lib/node_modules /etc/holdfast /run/units
touch $lib/node
mount --bind ROOT/dist $lib/dist
mount --bind ROOT/build $lib/build
mount --bind MODULES $lib/node_modules
mount --bind NODE $lib/node
cp ROOT/package.json $lib/
printf '#!/bin/sh\\nexec /usr/lib/holdfast/node /usr/lib/holdfast/dist/host/cli/main.js "$@"\\n' > /usr/bin/holdfast
chmod 755 /usr/bin/holdfast
cp "$1/config.toml" /etc/holdfast/holdfast.toml
chmod 644 /etc/holdfast/holdfast.toml
cp ROOT/packaging/holdfast.service /run/units/
mkdir /run/units/holdfast.service.d
printf '[Service]\\nStandardOutput=append:/run/service.log\\nStandardError=append:/run/service.log\\n' > /run/units/holdfast.service.d/log.conf
# as udev makes it
mknod -m 666 /run/tun c 10 200; mount --bind /run/tun /dev/net/tun
for u in sysinit basic shutdown network-pre network; do printf '[Unit]\\nDefaultDependencies=no\\n' > /run/units/$u.target; done
printf '[Unit]\\nDefaultDependencies=no\\nWants=holdfast.service\\n' > /run/units/${TARGET}
cd /
touch /run/console; mount --bind /run/console /dev/console
mount -t tmpfs none /tmp; mount -t tmpfs none /var/tmp
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_UNIT_PATH=/run/units ${SYSTEMD} --unit=${TARGET} --log-target=console
`;

/** Removes the cgroup $1 of this machine; says what is left of it. */
const SWEEP = `mount --make-rprivate /; d=$(mktemp -d); mount -t cgroup2 none "$d"
find "$d" -depth -type d -path "*/$1*" -exec rmdir {} + 2> /dev/null
find "$d" -type d -path "*/$1*"
umount -l "$d"; rmdir "$d"
`;

export class ServiceMachine {
  readonly #bed: Bed;
  readonly #outer: number;
  readonly #cgroup = `hfd-systemd-${process.pid}`;

  constructor(t: TestContext, bed: Bed) {
    this.#bed = bed;
    const places = { ROOT: ROOT.replace(/\/$/, ""), MODULES: realpathSync(join(ROOT, "node_modules")), NODE: process.execPath };
    const script = Object.entries(places).reduce((text, [name, path]) => text.replaceAll(name, path), INSIDE);
    writeFileSync(join(bed.dir, "outside.sh"), OUTSIDE);
    writeFileSync(join(bed.dir, "inside.sh"), script);
    const child = bed.host.spawn(["unshare", "--mount", "sh", join(bed.dir, "outside.sh"), bed.dir, this.#cgroup]);
    this.#outer = child.pid ?? 0;
    let said = "";
    for (const s of [child.stdout, child.stderr])
      s?.setEncoding("utf8").on("data", (d: string) => {
        said += d;
      });
    child.once("exit", (status, signal) => {
      if (status !== null && status !== 0) t.diagnostic(`process 1 ended: ${status} ${signal} ${said}`);
    });
    t.after(() => {
      child.kill("SIGKILL");
      // it can be removed when everything in it is gone
      const gone = (): boolean =>
        run(undefined, ["unshare", "--mount", "sh", "-c", SWEEP, "sh", this.#cgroup], { allowFailure: true }).stdout.trim() === "";
      for (let n = 0; n < 100 && !gone(); n++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    });
  }

  /** Process 1's number on this machine; 0 while it is not there. */
  get #init(): number {
    try {
      return Number(readFileSync(`/proc/${this.#outer}/task/${this.#outer}/children`, "latin1").trim().split(" ")[0]);
    } catch {
      return 0;
    }
  }

  /** Runs a command there, as root. */
  exec(...cmd: string[]): RunResult {
    return run(undefined, ["nsenter", "-t", String(this.#init), "-m", "-p", "-n", "-C", "-i", "-u", ...cmd], { allowFailure: true });
  }

  ok(...cmd: string[]): string {
    const done = this.exec(...cmd);
    assert.equal(done.status, 0, `${cmd.join(" ")}: ${done.stdout}${done.stderr}${this.console()}`);
    return done.stdout;
  }

  /** What systemd and the service said. */
  console(): string {
    return this.exec("cat", "/run/console", "/run/service.log").stdout;
  }

  /** Properties of the service. */
  show(...names: string[]): Record<string, string> {
    const text = this.ok("systemctl", "show", "holdfast.service", ...names.map((n) => `--property=${n}`));
    return Object.fromEntries(
      text
        .trim()
        .split("\n")
        .map((l) => [l.slice(0, l.indexOf("=")), l.slice(l.indexOf("=") + 1)]),
    );
  }

  /** A line of /proc/PID/status of the service's main process. */
  status(key: string): string {
    const text = this.ok("cat", `/proc/${this.show("MainPID").MainPID}/status`);
    return new RegExp(`^${key}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
  }

  /** Waits until the service is active, with another main process than `before`; gives its number. */
  async active(before = "0"): Promise<string> {
    let pid = "0";
    await this.#bed.until(() => {
      const { ActiveState, MainPID } = this.show("ActiveState", "MainPID");
      assert.ok(ActiveState === "active" && MainPID !== before && MainPID !== "0", `${ActiveState} ${MainPID}: ${this.console()}`);
      pid = MainPID;
    }, 60_000);
    return pid;
  }
}
