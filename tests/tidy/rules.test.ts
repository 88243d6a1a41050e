import assert from "node:assert/strict";
import { describe, it } from "node:test";

// The rules live in scripts/, which is not compiled: found from dist/tests/tidy.
interface Problem {
  path: string;
  line: number;
  rule: string;
  message: string;
}
interface Tidy {
  RULES: Record<string, unknown>;
  check(path: string, text: string): Problem[];
  circles(files: Map<string, string>): string[][];
  checkProject(): Problem[];
  projectFiles(): string[];
}
const tidy = (await import(new URL("../../../scripts/tidy.mjs", import.meta.url).href)) as Tidy;

/** Each rule with samples that it must refuse (path, text, line) and near misses that it must let pass. */
const SAMPLES: Record<string, { bad: [string, string, number][]; good: [string, string][] }> = {
  "assembly-imports": {
    bad: [
      ["assembly/ipmp/path/tx.ts", '// tx\nimport { x } from "../../../host/core/ipmp";\n', 2],
      ["assembly/ipmp/path/tx.ts", '// tx\nimport { x } from "as-lib";\n', 2],
      ["assembly/lib/ring.ts", '// ring\n\nimport { page } from "../ipmp/layout";\n', 3],
      ["assembly/wire/arp.ts", '// arp\nimport { page } from "../ipmp/layout";\n', 2],
      ["assembly/lib/bytes.ts", '// bytes\nimport { x } from "../wire/eth";\n', 2],
      ["assembly/ipmp/layout.ts", '// layout\nimport {\n  a,\n} from "./group/bind";\n', 2],
      ["assembly/ipmp/group/bind.ts", '// bind\nimport { a } from "./api_grp";\n', 2],
      ["assembly/ipmp/group/bind.ts", '// bind\nimport { a } from "../../ipmp";\n', 2],
      ["assembly/ipmp/group/bind.ts", '// bind\nimport { a } from "../../clms/log";\n', 2],
      ["assembly/clms/log.ts", '// log\nimport { a } from "../ipmp/layout";\n', 2],
      ["assembly/clms.ts", '// clms\nexport { a } from "./ipmp/api";\n', 2],
      ["assembly/clms/record.ts", '// record\nimport { a } from "./log/ring";\n', 2],
      ["assembly/clms/fold/edges.ts", '// edges\nimport { a } from "./fold";\n', 2],
      ["assembly/clms/merge/context.ts", '// context\nimport { a } from "../clock";\n', 2],
      ["assembly/lib/__tests__/ring.spec.ts", 'import { a } from "../../../host/lab/netns";\n', 1],
    ],
    good: [
      [
        "assembly/ipmp/path/tx.ts",
        '// tx\nimport { page } from "../layout";\nimport { X } from "../../wire/eth";\nimport { Y } from "../../abi/ipmp";\n',
      ],
      ["assembly/clms/fold/fold.ts", '// fold\nimport { a } from "./edges";\nimport { b } from "../record";\n'],
      ["assembly/clms/record.ts", '// record\nimport { a } from "./mutant";\nimport { fnv } from "../lib/hash";\n'],
      ["assembly/clms/merge/rules.ts", '// rules\nimport { a } from "../log/ring";\nimport { b } from "./context";\n'],
      ["assembly/ipmp.ts", '// entry\nexport { ipmp_tx_batch } from "./ipmp/api";\n'],
      ["assembly/wire/eth.ts", '// eth\nimport { be16 } from "../lib/bytes";\n'],
      ["assembly/ipmp/group/bind.ts", '// import { a } from "../../clms/log"\n'],
      ["assembly/lib/__tests__/ring.spec.ts", 'import { a } from "../ring";\n'],
    ],
  },
  "host-imports": {
    bad: [
      ["host/io/tap.ts", '// tap\nimport koffi from "koffi";\n', 2],
      ["host/loop.ts", '// loop\nimport { instantiate } from "@assemblyscript/loader";\n', 2],
      ["tests/x.test.ts", 'import { X } from "../assembly/abi/ipmp.js";\n', 1],
      ["host/loop.ts", '// loop\nimport { Lab } from "../tests/e2e/setup.js";\n', 2],
      ["host/core/ipmp.ts", '// ipmp\nimport { x } from "../io/device.js";\n', 2],
      ["host/daemon/run.ts", '// run\nconst k = await import("koffi");\n', 2],
    ],
    good: [
      ["host/io/ffi.ts", '// ffi\nimport koffi from "koffi";\n'],
      ["host/core/load.ts", '// load\nimport { instantiate } from "@assemblyscript/loader";\nimport { Page } from "./abi/ipmp.js";\n'],
      ["host/io/tap.ts", '// tap\nimport { open } from "./ffi.js";\nimport { LIMIT } from "../core/index.js";\n'],
      ["tests/x.test.ts", 'import { Lab } from "../host/lab/netns.js";\nconst sample = \'import koffi from "koffi"\';\n'],
    ],
  },
  "host-exports": {
    bad: [
      ["host/daemon/run.ts", "// run\nipmp.x.ipmp_grp_create();\n", 2],
      ["host/daemon/run.ts", "// run\nclms.x.clms_time_advance();\n", 2],
      ["host/loop.ts", "// loop\nipmp.x.ipmp_init(0, 0);\n", 2],
    ],
    good: [
      ["host/loop.ts", "// loop\nx.ipmp_tx_batch(g, 0, n);\nx.ipmp_rx_batch(p, 0, n);\n"],
      ["host/loop/switchboard.ts", "// switchboard\nx.ipmp_tx_batch(g, 0, n);\n"],
      ["host/core/ipmp.ts", "// core\nx.ipmp_init(0, 0);\n"],
      ["host/daemon/run.ts", '// calls ipmp_grp_create through the core\nlog("ipmp_grp_create failed");\n'],
      ["tests/x.test.ts", "ipmp.x.ipmp_init(0, 0);\n"],
    ],
  },
  "file-length": {
    bad: [["host/long.ts", `// long\n${"a();\n".repeat(450)}`, 1]],
    good: [
      ["host/long.ts", `// long\n${"a();\n".repeat(449)}`],
      ["host/core/abi/ipmp.ts", `// Generated\n${"a();\n".repeat(2000)}`],
      ["docs/long.md", "a\n".repeat(2000)],
    ],
  },
  "line-length": {
    bad: [
      ["scripts/x.mjs", `// x\n\n// ${"a".repeat(138)}\n`, 3],
      ["scripts/x.mjs", `// x\nconst a = "b", ${"c".repeat(138)};\n`, 2],
      ["scripts/x.mjs", `// it's ${"a".repeat(138)} isn't it\n`, 1],
    ],
    good: [
      ["scripts/x.mjs", `// ${"é".repeat(137)}\n`],
      ["scripts/x.mjs", `// x\nconst a = "${"b".repeat(200)}";\n`],
      ["README.md", `${"a".repeat(300)}\n`],
    ],
  },
  markers: {
    bad: [
      ["host/x.ts", `// x\n// ${"TO" + "DO"}: later\n`, 2],
      ["README.md", `${"FIX" + "ME"}\n`, 1],
      ["bench/native/a.c", `/* a */\n/* ${"X" + "XX"} */\n`, 2],
    ],
    good: [["host/x.ts", "// todos are kept as issues\n"]],
  },
  places: {
    bad: [
      ["docs/x.md", `see ${"/wo" + "rk/"}shared\n`, 1],
      ["scripts/x.mjs", `// x\nconst a = "${"/tmp/h" + "f"}/brief";\n`, 2],
      ["package-lock.json", `{\n"resolved": "https://${"regi" + "stry"}.npmjs.org/a"\n}\n`, 2],
      [".npmrc", `${"regi" + "stry"}.example.com\n`, 1],
    ],
    good: [["docs/x.md", "a registry, a network/ of paths, /tmp/holdfast\n"]],
  },
  allocation: {
    bad: [
      ["assembly/ipmp/a.ts", "// a\nfunction f(): void {\n  const p = new Port();\n}\n", 3],
      ["assembly/ipmp/a.ts", "// a\nfunction f(): void {\n  const t: StaticArray<u8> = [1, 2];\n}\n", 3],
      ["assembly/lib/a.ts", "// a\nfunction f(): u32 {\n  return g([1]);\n}\n", 3],
    ],
    good: [
      ["assembly/lib/a.ts", "// a new table\nconst T: usize = memory.data<u8>([1, 2]);\nfunction f(i: u32): u8 {\n  return t[i];\n}\n"],
      ["assembly/lib/__tests__/a.spec.ts", "it(() => { const a = new Uint8Array(1); });\n"],
    ],
  },
  "wire-offsets": {
    bad: [
      ["assembly/ipmp/path/rx_frame.ts", "// rx\nconst t = load<u16>(frame, 12);\n", 2],
      ["assembly/ipmp/path/rx_frame.ts", "// rx\nconst t = load<u16>(frame + 12);\n", 2],
      ["assembly/ipmp/path/rx_frame.ts", "// rx\n\nstore<u64>(at(frame, x), v, 0x06);\n", 3],
      ["assembly/ipmp/path/rx_frame.ts", "// rx\nstore<u8>(frame + <usize>20, v);\n", 2],
      ["assembly/ipmp/path/rx_frame.ts", "// rx\nconst t = readBe16(frame + 12);\n", 2],
      ["assembly/ipmp/path/rx_frame.ts", "// rx\nconst t = load<u32>(ip, 12);\n", 2],
      ["assembly/clms/master/stage.ts", "// stage\nconst t = load<u64>(rec, 56);\n", 2],
    ],
    good: [
      [
        "assembly/ipmp/path/rx_frame.ts",
        "// rx\nconst t = load<u16>(frame, ETH_TYPE);\nstore<u32>(slot, 0);\nload<u64>(a + (i << 3), Phyint_kstat_OFF);\n",
      ],
      ["assembly/wire/eth.ts", "// eth\nconst t = load<u16>(frame, 12);\n"],
      ["assembly/clms/record.ts", "// record\nconst t = load<u64>(rec, 56);\n"],
      ["assembly/ipmp/path/addr_table.ts", "// slots\nstore<u16>(slot, v, 4);\n"],
      ["assembly/ipmp/group/ipif.ts", "// words of an address\nconst t = load<u64>(addr, 8) | load<u32>(at + 12);\n"],
    ],
  },
  opening: {
    bad: [
      ["host/x.ts", 'import a from "a";\n', 1],
      ["bench/native/a.c", "#include <stdio.h>\n", 1],
    ],
    good: [
      ["host/x.ts", "// What it is.\n"],
      ["host/cli/main.ts", "#!/usr/bin/env node\n// What it is.\n"],
      ["tests/x.test.ts", 'import a from "a";\n'],
    ],
  },
};

describe("tidy: every rule fires on a bad sample and lets its near misses pass", () => {
  it("has samples for every rule, and no samples of a rule that is gone", () => {
    assert.deepEqual(Object.keys(SAMPLES).sort(), Object.keys(tidy.RULES).sort());
  });
  for (const [rule, { bad, good }] of Object.entries(SAMPLES))
    it(rule, () => {
      for (const [path, text, line] of bad) {
        const found = tidy.check(path, text).filter((p) => p.rule === rule);
        assert.deepEqual(
          found.map((p) => p.line),
          [line],
          `${rule} should refuse line ${line} of ${path}, once:\n${text.slice(0, 300)}`,
        );
      }
      for (const [path, text] of good) {
        const found = tidy.check(path, text).filter((p) => p.rule === rule);
        assert.deepEqual(found, [], `${rule} should let ${path} pass:\n${text.slice(0, 300)}`);
      }
    });
});

describe("tidy: circles of imports", () => {
  const file = (path: string, ...imports: string[]): [string, string] => [
    `assembly/ipmp/${path}.ts`,
    `// file\n${imports.map((i) => `import { x } from "${i}";\n`).join("")}`,
  ];
  it("are found, of any length, across folders", () => {
    const two = tidy.circles(new Map([file("a", "./b"), file("b", "./a")]));
    assert.deepEqual(two, [["assembly/ipmp/a.ts", "assembly/ipmp/b.ts", "assembly/ipmp/a.ts"]]);
    const three = tidy.circles(new Map([file("x", "./g/a"), file("g/a", "../p/b"), file("p/b", "./c"), file("p/c", "../g/a")]));
    assert.equal(three.length, 1);
    assert.equal(three[0].length, 4);
    assert.equal(tidy.circles(new Map([file("a", "./a")])).length, 1);
  });
  it("are not seen where two ways lead to one file", () => {
    assert.deepEqual(tidy.circles(new Map([file("a", "./b", "./c"), file("b", "./d"), file("c", "./d"), file("d")])), []);
  });
});

describe("tidy: the project keeps its rules", () => {
  it("looks at every part of the project", () => {
    const files = tidy.projectFiles();
    for (const one of ["assembly/ipmp.ts", "host/io/device.ts", "scripts/tidy.mjs", "abi/ipmp.toml", "package.json", "README.md"])
      assert.ok(files.includes(one), `${one} is not looked at`);
    assert.ok(!files.some((f) => f.startsWith("node_modules") || f.startsWith("dist")), "installed and built files are not ours");
  });
  it("has no problem", () => {
    const problems = tidy.checkProject().map((p) => `${p.path}:${p.line}: ${p.message} [${p.rule}]`);
    assert.deepEqual(problems, []);
  });
});
