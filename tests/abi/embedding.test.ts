import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

it("the host of docs/embedding.md runs as it is printed, and fails over", () => {
  const text = readFileSync(`${root}docs/embedding.md`, "utf8");
  const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((m) => m[1]);
  assert.equal(blocks.length, 1);
  const done = spawnSync(process.execPath, ["--input-type=module", "-"], { cwd: root, input: blocks[0], encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  const lines = done.stdout.trim().split("\n");
  const leaves = lines.filter((l) => l.startsWith("frame leaves")).map((l) => /NIC (\d) with source 0200000000(\d\d)/.exec(l));
  assert.equal(leaves.length, 2);
  for (const m of leaves) assert.equal(Number(m?.[2]), Number(m?.[1]) + 1, "the source is the NIC's own hardware address");
  assert.ok(
    lines.some((l) => l.startsWith("send ANNOUNCE on NIC")),
    "the address is announced",
  );
});
