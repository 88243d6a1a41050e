// The two hosts of docs/embedding.md run as they are printed, and do what the text says.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(`${root}docs/embedding.md`, "utf8");
const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((m) => m[1]);

/** The lines that the example with this module prints. */
function run(module: string): string[] {
  const named = blocks.filter((b) => b.includes(`build/${module}.wasm`));
  assert.equal(named.length, 1, `one example loads ${module}.wasm`);
  const done = spawnSync(process.execPath, ["--input-type=module", "-"], { cwd: root, input: named[0], encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.trim().split("\n");
}

it("there are two examples", () => assert.equal(blocks.length, 2));

it("ipmp: a link fails, the flow leaves by the other NIC", () => {
  const lines = run("ipmp");
  const leaves = lines.filter((l) => l.startsWith("frame leaves")).map((l) => /NIC (\d) with source 0200000000(\d\d)/.exec(l));
  assert.equal(leaves.length, 2);
  for (const m of leaves) assert.equal(Number(m?.[2]), Number(m?.[1]) + 1, "the source is the NIC's own hardware address");
  assert.ok(
    lines.some((l) => l.startsWith("send ANNOUNCE on NIC")),
    "the address is announced",
  );
});

it("clms: three nodes come up, the master dies, the others remove it and agree", () => {
  const lines = run("clms");
  const death = lines.findIndex((l) => / dies$/.test(l));
  const dead = Number(/^node (\d) dies$/.exec(lines[death] ?? "")?.[1]);
  const before = lines.slice(0, death);
  const after = lines.slice(death + 1);
  assert.ok(before.includes(`node ${dead} is master`), lines.join("\n"));
  for (const n of [1, 2, 3]) {
    const came = before.filter((l) => l.endsWith(`: node ${n} is COMINGUP`) || l.endsWith(`: node ${n} is UP`));
    assert.deepEqual(
      came.map((l) => l.slice(l.indexOf(": ") + 2)),
      [`node ${n} is COMINGUP`, `node ${n} is UP`],
    );
  }
  const views = (of: string[]) => of.flatMap((l) => /^node \d at (slot \d+: .* up)$/.exec(l)?.[1] ?? []);
  assert.equal(views(before).length, 3);
  assert.match(views(before)[0], /: 1 2 3 up$/);
  const fate = after.flatMap((l) => /^slot \d+: node (\d) is (\w+)$/.exec(l)?.slice(1, 3).join(" ") ?? []);
  assert.deepEqual(
    fate,
    ["KCLEANUP", "UCLEANUP", "DOWN"].map((state) => `${dead} ${state}`),
  );
  const others = [1, 2, 3].filter((n) => n !== dead).join(" ");
  assert.equal(views(after).length, 2);
  assert.match(views(after)[0], new RegExp(`: ${others} up$`));
  for (const part of [before, after]) assert.equal(new Set(views(part)).size, 1, "all see the same, at the same slot");
});
