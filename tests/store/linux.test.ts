// The store on real disks: a process killed amid its writes, a small disk that fills up, one that is read-only, two daemons.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { linuxFs } from "../../host/store/linux_fs.js";
import { Store } from "../../host/store/store.js";
import { CLUSTER, header } from "./bed.js";

const CHILD = fileURLToPath(new URL("child.js", import.meta.url));
const ROOT = process.getuid?.() === 0 && process.platform === "linux";
const skip = process.platform === "linux" ? false : "needs Linux";
const skipRoot = ROOT ? false : "needs root on Linux, for a mount namespace";

function folder(): { path: string; drop: () => void } {
  const path = mkdtempSync(join(tmpdir(), "holdfast-store-"));
  return { path, drop: () => rmSync(path, { recursive: true, force: true }) };
}

const open = (path: string): Promise<Store> => Store.open(linuxFs, { folder: path, cluster: CLUSTER, node: 3, onDurable: () => undefined });

/** Lines of a child, as they come. */
function lines(child: ChildProcess): { all: string[]; next: () => Promise<string> } {
  const all: string[] = [];
  const waiting: (() => void)[] = [];
  let rest = "";
  let read = 0;
  child.stdout?.on("data", (chunk) => {
    const parts = `${rest}${chunk}`.split("\n");
    rest = parts.pop() as string;
    all.push(...parts);
    for (const w of waiting.splice(0)) w();
  });
  const next = async (): Promise<string> => {
    while (all.length <= read) await new Promise<void>((done) => waiting.push(done));
    return all[read++];
  };
  return { all, next };
}

describe("the store on a real disk", { skip }, () => {
  it("killed at any moment: everything that was confirmed is there", async () => {
    const { path, drop } = folder();
    try {
      let last = 0;
      for (const enough of [1, 30, 100, 7]) {
        const child = spawn(process.execPath, [CHILD, "write", path], { stdio: ["ignore", "pipe", "inherit"] });
        const said = lines(child);
        for (let n = 0; n < enough; n++) await said.next();
        child.kill("SIGKILL");
        await new Promise((done) => child.once("close", done));
        last = Number(said.all.at(-1));
        const store = await open(path);
        const found = store.writes().find((w) => w.op === 1)?.bytes as Uint8Array;
        const n = new DataView(found.buffer, found.byteOffset).getUint32(92, true);
        assert.ok(n >= last, `${last} was confirmed, ${n} is there`);
        assert.deepEqual(
          store.notes.filter((l) => !l.endsWith("removed")),
          [],
        );
        await store.close();
      }
    } finally {
      drop();
    }
  });

  it("two daemons: the second is refused until the first has gone, however it goes", async () => {
    const { path, drop } = folder();
    try {
      const child = spawn(process.execPath, [CHILD, "hold", path], { stdio: ["pipe", "pipe", "inherit"] });
      assert.equal(await lines(child).next(), "open");
      await assert.rejects(open(path), /another daemon uses this state folder/);
      child.kill("SIGKILL");
      await new Promise((done) => child.once("close", done));
      await (await open(path)).close();
    } finally {
      drop();
    }
  });

  it("only its owner may read it", async () => {
    const { path, drop } = folder();
    try {
      const inner = join(path, "a", "state");
      const store = await open(inner);
      store.take(1, 0, header(1).bytes as Uint8Array, 1);
      await store.close();
      assert.equal(statSync(inner).mode & 0o777, 0o700);
      assert.deepEqual(readdirSync(inner).sort(), ["identity", "lock", "log"]);
      for (const name of readdirSync(inner)) assert.equal(statSync(join(inner, name)).mode & 0o777, 0o600, name);
    } finally {
      drop();
    }
  });

  it("a disk that fills up and is freed", { skip: skipRoot }, () => {
    const { path, drop } = folder();
    try {
      const said = inNamespace(`mount -t tmpfs -o size=256k none ${path} && exec ${process.execPath} ${CHILD} fill ${path}/state`);
      assert.match(said[0], /^full: .*\/state: no room to write the state of the cluster \(ENOSPC\): free some space$/);
      assert.match(said[1], /^confirmed \d+ when full$/);
      assert.notEqual(said[1], "confirmed 399 when full");
      assert.equal(said.at(-3), "well");
      assert.match(said.at(-2) as string, /^generation \d/);
      assert.equal(said.at(-1), "400 items, 0 notes");
    } finally {
      drop();
    }
  });

  it("a disk that is full at the start, or read-only", { skip: skipRoot }, async () => {
    const { path, drop } = folder();
    try {
      const tmpfs = (size: string): string => `mount -t tmpfs -o ${size} none ${path}`;
      const hold = `${process.execPath} ${CHILD} hold ${path}/state </dev/null`;
      const [full] = inNamespace(`${tmpfs("size=16k")} && head -c 8192 /dev/zero >${path}/ballast && ${hold}`);
      assert.match(full, /^full: .*no room to prepare the state of the cluster \(ENOSPC\): free some space$/);
      const [ro] = inNamespace(`${tmpfs("size=1m")} && mkdir ${path}/state && mount -o remount,ro ${path} && ${hold}`);
      assert.match(ro, /^read-only: .*cannot prepare the state of the cluster, the file system is read-only \(EROFS\)$/);
      mkdirSync(join(path, "state"));
      await (await open(join(path, "state"))).close();
    } finally {
      drop();
    }
  });
});

/** What a script prints in a mount namespace of its own, which ends with it. */
function inNamespace(script: string): string[] {
  const { stdout, stderr, error } = spawnSync("unshare", ["-m", "sh", "-c", script], { encoding: "utf8", timeout: 120_000 });
  assert.equal(error, undefined);
  assert.equal(stderr, "");
  return stdout.trim().split("\n");
}
