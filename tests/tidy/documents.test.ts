import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Arpent, Ctl, Desc, Event, Grp, Illgrp, Ipif, LIMIT, Page, Phyint } from "../../host/core/abi/ipmp.js";
import { MODULES } from "../abi/modules.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { projectFiles } = (await import(new URL("scripts/tidy.mjs", `file://${root}`).href)) as { projectFiles(): string[] };

const files = projectFiles();
const read = (path: string) => readFileSync(join(root, path), "utf8");
const documents = files.filter((f) => /^(docs\/)?[^/]+\.md$/.test(f));
/** All source text, to find a function in. */
const sources = files
  .filter((f) => /^(assembly|host|bench|scripts|abi|tests)\/.*\.(ts|mjs)$/.test(f))
  .map(read)
  .join("\n");
const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts);

/** The text outside of code blocks. */
const prose = (path: string) => read(path).replace(/^```[\s\S]*?^```$/gm, "");
const spans = (path: string) => [...prose(path).matchAll(/`([^`\n]+)`/g)].map((m) => m[1]);
const isPath = (span: string) => /^[\w./*-]+\.(ts|mjs|md|toml|json|c|h|txt)$/.test(span) || /^[\w-]+(\/[\w-]+)*\/$/.test(span);
/** Files that exist only where somebody runs the program. */
const ELSEWHERE = new Set(["ledger.json", "holdfast.toml", "minimal.toml", "active-backup.toml", "full.toml"]);

function found(path: string): boolean {
  if (path.includes("*")) return files.some((f) => f.startsWith(path.slice(0, path.indexOf("*"))));
  if (path.endsWith("/")) return existsSync(join(root, path)) || files.some((f) => f.includes(`/${path}`));
  return existsSync(join(root, path)) || files.some((f) => f.endsWith(`/${path}`));
}

describe("documents say what is so", () => {
  it("ARCHITECTURE.md draws the regions of memory with their true sizes", () => {
    const drawn = read("ARCHITECTURE.md").replaceAll(/\s+/g, " ");
    const n = (value: number) => value.toLocaleString("en");
    const { GRP_MAX, PHYINT_MAX, ARPENT_MAX, ADDR_MAX, DESC_MAX, CTL_MAX, EVENT_MAX } = LIMIT;
    for (const size of [
      `Page ${Page.SIZE} B`,
      `Grp ${GRP_MAX} × ${n(Grp.SIZE)} B`,
      `Illgrp ${GRP_MAX} × 2 × ${Illgrp.SIZE} B`,
      `Phyint ${n(PHYINT_MAX)} × ${Phyint.SIZE} B`,
      `Arpent ${GRP_MAX} × ${ARPENT_MAX} × ${Arpent.SIZE} B`,
      `address index ${GRP_MAX} × ${n(LIMIT.ADDR_SLOTS)} × 8 B`,
      `bytes by address ${GRP_MAX} × ${n(ADDR_MAX)} × 8 B`,
      `Ipif ${GRP_MAX} × ${n(ADDR_MAX)} × ${Ipif.SIZE} B`,
      `Desc ${n(DESC_MAX)} × ${Desc.SIZE} B`,
      `control ring ${n(CTL_MAX)} × ${Ctl.SIZE} B`,
      `event ring ${n(EVENT_MAX)} × ${Event.SIZE} B`,
      ...MODULES.map(({ pages }) => `${pages / 16} MiB from the start`),
    ])
      assert.ok(drawn.includes(size), `"${size}" is not there`);
  });
  it("there are documents to look at", () => {
    for (const d of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "RATIONALE.md", "CHANGELOG.md", "SECURITY.md", "docs/operating.md"])
      assert.ok(documents.includes(d), d);
  });
  for (const path of documents)
    it(path, () => {
      for (const [, to] of prose(path).matchAll(/\]\(([^)#]+)\)/g))
        if (!to.includes("://")) assert.ok(existsSync(join(root, dirname(path), to)), `link to ${to}`);
      for (const span of spans(path)) {
        if (isPath(span) && !ELSEWHERE.has(span)) assert.ok(found(span), `\`${span}\` does not exist`);
        const call = /^([A-Za-z#]\w+)\(\)$/.exec(span)?.[1];
        if (call) assert.ok(sources.includes(`${call}(`), `no function \`${span}\``);
      }
      for (const [, script] of read(path).matchAll(/\bnpm run ([a-z]+)/g)) assert.ok(scripts.includes(script), `npm run ${script}`);
    });
});
