// The state file: durable before it is said to be, the latest wins, and nothing of a process that has gone comes over what is newer.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { StateFile } from "../../host/daemon/state_file.js";

const folder = mkdtempSync(join(tmpdir(), "hfd-state-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "state");
const text = (): string => readFileSync(path, "latin1");
/** Long enough that writing it takes a while. */
const long = (letter: string): Uint8Array => Buffer.alloc(4 << 20, letter);

test("what is saved is there when that is said, and the latest of many is last", async () => {
  const file = new StateFile(path);
  await file.save(Buffer.from("one"));
  assert.equal(text(), "one");
  const all = Array.from({ length: 50 }, (_, i) => file.save(Buffer.from(`state ${i}`)));
  await all[0];
  assert.match(text(), /^state \d+$/);
  await Promise.all(all);
  assert.equal(text(), "state 49");
  assert.deepEqual(readdirSync(folder), ["state"]);
});

test("what is saved at once is not undone by what was being written", async () => {
  const file = new StateFile(path);
  for (let round = 0; round < 20; round++) {
    const slow = file.save(long("a"));
    await new Promise((resolve) => setTimeout(resolve, round));
    file.saveNow(Buffer.from(`at once ${round}`));
    await slow;
    assert.equal(text(), `at once ${round}`);
  }
  await file.save(Buffer.from("later"));
  assert.equal(text(), "later");
});

test("a process that has handed over puts nothing in place, until the file is its own again", async () => {
  const file = new StateFile(path);
  file.saveNow(Buffer.from("the other's"));
  for (let round = 0; round < 10; round++) {
    const slow = file.save(long("b"));
    await new Promise((resolve) => setTimeout(resolve, round));
    file.leave();
    const late = file.save(Buffer.from("too late"));
    await Promise.all([slow, late]);
    assert.ok(["the other's", long("b").toString()].includes(text()));
    file.again();
    file.saveNow(Buffer.from("the other's"));
  }
  file.leave();
  await file.save(Buffer.from("too late"));
  assert.equal(text(), "the other's");
});

test("a folder that is gone is told to whoever saves, and the next one is tried", async () => {
  const file = new StateFile(join(folder, "none", "state"));
  await assert.rejects(file.save(Buffer.from("x")), { code: "ENOENT" });
  assert.throws(() => file.saveNow(Buffer.from("x")), { code: "ENOENT" });
  await assert.rejects(file.save(Buffer.from("x")), { code: "ENOENT" });
});
