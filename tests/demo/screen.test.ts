// The picture: golden text, sizes, colours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "../../host/demo/screen.js";
import { sampleView, snapshot } from "./sample.js";

const PLAIN = { columns: 80, rows: 24, colour: false, ascii: false };

test("screen: a cut link, 80x24", () => {
  assert.deepEqual(render(sampleView(), PLAIN), [
    " Holdfast · two NICs as one, on real devices                              9.1 s",
    " link of eth1 cut: its traffic and addresses move                         ■■□□□",
    "",
    " ┌ host ipmp0 DEGRADED ─────┐                       ┌ switch ┐  ┌ peer ───────┐",
    " │ eth1 FAILED              ├━━━━━━━━━ ╳╳╳ ━━━━━━━━━┤        │  │             │",
    " │   no data address        │ → ▂▂▂▂▂▁▁▁▁▁      0/s │        │  │             │",
    " │                          │ ← ▂▂▂▂▂▁▁▁▁▁      0/s │        │  │ 192.0.2.9   │",
    " │ eth2 RUNNING             ├━━━━━━━━━━━━━━━━━━━━━━━┤        ├━━┤ 2001:db8::9 │",
    " │   192.0.2.1  2001:db8::1 │ → ▂▂▂▂▁▂▂▂▂▂  1,400/s │        │  │             │",
    " │   192.0.2.2  2001:db8::2 │ ← ██████████  12.3k/s │        │  │             │",
    " └──────────────────────────┘                       └────────┘  └─────────────┘",
    "",
    "          →  received  lost twice  worst gap  ←  received  lost twice  worst gap",
    " UDP IPv4       4,321     3     0     1.3 ms        4,322     0     0     2.5 ms",
    " UDP IPv6       4,323     0     0     3.8 ms        4,324     0     0     5.0 ms",
    " TCP IPv4      61.7MB                 6.3 ms       74.1MB                 7.5 ms",
    " TCP IPv6      86.4MB                 8.8 ms       98.8MB        connection lost",
    "",
    " events                                      netlink messages about ipmp0: none",
    "    9.000 eth1 lost its link",
    "    9.000 eth1 RUNNING -> FAILED",
    "    9.000 2 addresses left eth1",
  ]);
});

test("screen: both links up, in ASCII", () => {
  const view = { ...sampleView(), snapshot: snapshot(-1), phase: 0, text: "both links up", events: [] };
  const lines = render(view, { ...PLAIN, ascii: true });
  assert.deepEqual(lines.slice(0, 12), [
    " Holdfast - two NICs as one, on real devices                              9.1 s",
    " both links up                                                            #....",
    "",
    " + host ipmp0 OK -----------+                       + switch +  + peer -------+",
    " | eth1 RUNNING             +=======================+        |  |             |",
    " |   192.0.2.1  2001:db8::1 | > ....._____      0/s |        |  |             |",
    " |                          | < ....._____      0/s |        |  | 192.0.2.9   |",
    " | eth2 RUNNING             +=======================+        +==+ 2001:db8::9 |",
    " |   192.0.2.2  2001:db8::2 | > ...._.....  1,400/s |        |  |             |",
    " |              link-local  | < ##########  12.3k/s |        |  |             |",
    " +--------------------------+                       +--------+  +-------------+",
    "",
  ]);
  for (const line of lines) assert.match(line, /^[\x20-\x7e]*$/);
});

test("screen: while building there is no state to show, and nothing is made up", () => {
  const lines = render({ ...sampleView(), snapshot: null, phase: -1, text: "building the network", events: [] }, PLAIN);
  const text = lines.join("\n");
  assert.match(text, /building the network +□□□□□/);
  assert.match(text, /│ eth1 +│ +│ {8}│/);
  assert.doesNotMatch(text, /RUNNING|FAILED|no data address|╳|━{9}/);
});

test("screen: any size gives at most that many lines and columns", () => {
  for (const ascii of [false, true]) {
    for (let columns = 1; columns <= 200; columns += 7) {
      for (const rows of [0, 1, 2, 10, 23, 24, 25, 60]) {
        const lines = render(sampleView(), { columns, rows, colour: false, ascii });
        assert.ok(lines.length <= rows, `${columns}x${rows}: ${lines.length} lines`);
        for (const line of lines) assert.ok([...line].length <= columns, `${columns}x${rows}: "${line}"`);
      }
    }
  }
});

test("screen: a wider terminal gets a longer wire, a taller one more events, newest last", () => {
  const events = Array.from({ length: 50 }, (_, i) => ({ at: i * 1000, text: `event ${i}`, tone: "plain" as const }));
  const lines = render({ ...sampleView(), events }, { ...PLAIN, columns: 120, rows: 40 });
  assert.equal(lines.length, 40);
  assert.equal([...lines[3]].length, 119);
  assert.equal(lines.at(-1), "   49.000 event 49");
  assert.ok(!lines.join("\n").includes("this terminal"));
});

test("screen: a terminal that is too small is told so", () => {
  assert.match(render(sampleView(), { ...PLAIN, columns: 70, rows: 20 })[0], /^this terminal has 70x20; all is shown from 80x24 on/);
});

test("screen: colours change no character", () => {
  const size = { ...PLAIN, columns: 100, rows: 30 };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences themselves are the matter
  const bare = render(sampleView(), { ...size, colour: true }).map((line) => line.replace(/\x1b\[\d*m/g, "").trimEnd());
  assert.deepEqual(bare, render(sampleView(), size));
  assert.ok(render(sampleView(), { ...size, colour: true }).some((line) => line.includes("\x1b[31mFAILED\x1b[0m")));
});

test("screen: messages from the kernel are counted in the open", () => {
  assert.match(render({ ...sampleView(), disturbances: 2 }, PLAIN).join("\n"), /netlink messages about ipmp0: 2/);
});

test("screen: addresses beyond the two lines of a NIC are counted", () => {
  const s = snapshot(-1);
  s.nics[0].addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "2001:db8::1"];
  const lines = render({ ...sampleView(), snapshot: s }, PLAIN);
  assert.match(lines[5], /192\.0\.2\.1 {2}2001:db8::1/);
  assert.match(lines[6], /and 3 more/);
});
