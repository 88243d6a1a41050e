// `ipmpstat`: every mode's text, to the column; fields, parsable output, names, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MEMBER_FIELDS, type NameOf, targetRows } from "../../host/cli/ipmpstat/fields.js";
import { type Out, probeWriter, renderReport } from "../../host/cli/ipmpstat/main.js";
import { AddressNames } from "../../host/cli/ipmpstat/names.js";
import { humanRow, parsableRow } from "../../host/cli/ipmpstat/table.js";
import { readWords, type Wanted } from "../../host/cli/ipmpstat/words.js";
import { probeRecordOf, probingOf } from "../../host/daemon/probe_report.js";
import type { StatusReport } from "../../host/daemon/report.js";
import { group, member, probe, report, SAMPLE } from "./reports.js";

const AS_IS: NameOf = (address) => address;

function wanted(...words: string[]): Wanted {
  const read = readWords(words);
  assert.ok(read);
  return read;
}

function shown(words: string[], of: StatusReport = SAMPLE, nameOf = AS_IS): { text: string; warnings: string[] } {
  const warnings: string[] = [];
  let text = "";
  const out: Out = {
    write: (t) => {
      text += t;
    },
    warn: (t) => warnings.push(t),
  };
  renderReport(of, wanted(...words), nameOf, out);
  return { text, warnings };
}

const text = (...words: string[]): string => shown(words).text;

test("-a: addresses", () => {
  assert.equal(
    text("-an"),
    `ADDRESS                   STATE  GROUP       INBOUND     OUTBOUND
192.0.2.10                up     ipmp0       eth1        eth1 eth2
2001:db8::10              up     ipmp0       eth2        eth1 eth2
192.0.2.11                up     ipmp0       --          --
192.0.2.12                down   ipmp0       --          --
203.0.113.5               up     a-rather-long1 --       --
`,
  );
});

test("-g: groups; those at work plain, those that wait in parentheses, the unusable in brackets", () => {
  assert.equal(
    text("-g"),
    `GROUP       GROUPNAME   STATE     FDT       INTERFACES
ipmp0       ipmp0       degraded  10.00s    eth1 eth2 (eth3) [eth4]
a-rather-long1 a-rather-long1 failed --     [enp0s31f6np1v3 eth6]
`,
  );
});

test("-i: interfaces; a NIC that is not there is none", () => {
  assert.equal(
    text("-i"),
    `INTERFACE   ACTIVE  GROUP       FLAGS     LINK      PROBE     STATE
eth1        yes     ipmp0       --mb---   up        ok        ok
eth2        yes     ipmp0       ----M--   up        unknown   ok
eth3        no      ipmp0       is-----   up        disabled  ok
eth4        no      ipmp0       -------   down      failed    failed
enp0s31f6np1v3 no   a-rather-long1 -----dh up       disabled  offline
eth6        no      a-rather-long1 ------- up       disabled  unknown
`,
  );
});

test("-t: targets in firing order, a line a family", () => {
  assert.equal(
    text("-nt"),
    `INTERFACE   MODE      TESTADDR            TARGETS
eth1        routes    192.0.2.81          192.0.2.1 192.0.2.2
eth1        multicast fe80::81            fe80::1
eth2        multicast 192.0.2.82          --
eth3        disabled  --                  --
eth4        disabled  --                  --
enp0s31f6np1v3 disabled --                --
eth6        disabled  --                  --
`,
  );
});

function probes(words: string[]): string {
  let all = "";
  const out: Out = {
    write: (t) => {
      all += t;
    },
    warn: (t) => assert.fail(t),
  };
  const take = probeWriter(wanted(...words), Date.parse("2026-11-23T10:00:00.000Z"), AS_IS, out);
  take(probe({ state: "sent", net_rtt_us: null, rtt_us: null }));
  take(probe());
  take(
    probe({ id: 613, nic: "eth2", state: "lost", time: "2026-11-23T10:02:03.456Z", net_rtt_us: null, rtt_us: null, rtt_avg_us: 12_345 }),
  );
  return all;
}

test("-p: answered and lost probes; without RTTDEV, which does not fit into 80 columns", () => {
  assert.equal(
    probes(["-p"]),
    `TIME      INTERFACE   PROBE  NETRTT    RTT       RTTAVG    TARGET
0.11s     eth1        589    0.51ms    0.76ms    0.76ms    192.0.2.1
123.46s   eth2        613    --        --        12.35ms   192.0.2.1
`,
  );
  assert.equal(
    probes(["-p", "-o", "all"]),
    `TIME      INTERFACE   PROBE  NETRTT    RTT       RTTAVG    TARGET              RTTDEV
0.11s     eth1        589    0.51ms    0.76ms    0.76ms    192.0.2.1           0.05ms
123.46s   eth2        613    --        --        12.35ms   192.0.2.1           0.05ms
`,
  );
  assert.equal(probes(["-p", "-P", "-o", "probe,rtt,rttdev"]), "589:0.76ms:0.05ms\n613::0.05ms\n");
});

test("the widths are the original's: 80 columns at most by default", () => {
  const widths = MEMBER_FIELDS.map((f) => [f.name, f.width]);
  assert.deepEqual(Object.fromEntries(widths), { INTERFACE: 12, ACTIVE: 8, GROUP: 12, FLAGS: 10, LINK: 10, PROBE: 10, STATE: 10 });
  for (const mode of ["-a", "-g", "-i", "-t"]) assert.ok(text(mode, "-n").split("\n")[0].length <= 80);
});

test("a value that is too wide takes room from the next ones, and the line falls into step again", () => {
  const columns = [
    { name: "A", width: 4 },
    { name: "B", width: 8 },
    { name: "C", width: 4 },
  ];
  assert.equal(humanRow(columns, ["12345", "x", "y"]), "12345 x     y\n");
  assert.equal(humanRow(columns, ["123456789012", "x", "y"]), "123456789012 x y\n");
});

test("-o: order, any case, twice, all; unknown ones are warned of, with the nearest", () => {
  assert.equal(text("-i", "-o", "state,INTERFACE").split("\n")[1], "ok        eth1");
  assert.equal(text("-io", "all"), text("-i"));
  const { text: some, warnings } = shown(["-g", "-o", "group,stat,bogus"]);
  assert.equal(some.split("\n")[0], "GROUP");
  assert.deepEqual(warnings, [
    'ignored: unknown output field "stat"; did you mean "state"?; allowed with -g: group, groupname, state, fdt, interfaces, all',
    'ignored: unknown output field "bogus"; allowed with -g: group, groupname, state, fdt, interfaces, all',
  ]);
  assert.throws(() => shown(["-g", "-o", "bogus"]), { message: /^no output field is left; allowed with -g: group, / });
});

test("-P: no header, empty stays empty, an unknown field is the end", () => {
  assert.equal(text("-a", "-n", "-P", "-o", "address,inbound").split("\n")[0], "192.0.2.10:eth1");
  assert.equal(text("-anPo", "address,inbound").split("\n")[1], "2001\\:db8\\:\\:10:eth2");
  assert.equal(text("-anPo", "address,inbound").split("\n")[2], "192.0.2.11:");
  assert.equal(text("-anPo", "address").split("\n")[1], "2001:db8::10", "one field alone is not escaped");
  assert.throws(() => shown(["-iPo", "interface,stat"]), { message: /^unknown output field "stat"; did you mean "state"\?/ });
});

/** Takes a line apart again, as a program does. */
function split(line: string): string[] {
  const cells = [""];
  for (let i = 0; i < line.length; i++) {
    if (line[i] === "\\") cells[cells.length - 1] += line[++i];
    else if (line[i] === ":") cells.push("");
    else cells[cells.length - 1] += line[i];
  }
  return cells;
}

test("conformance R8.34: parsable output gives back every value, whatever colons and backslashes it holds", () => {
  const cell = fc.array(fc.constantFrom(":", "\\", "a", "1", " "), { maxLength: 8 }).map((c) => c.join(""));
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 8 }), (cells) => {
      assert.deepEqual(split(parsableRow(cells).slice(0, -1)), cells);
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(cell, (alone) => assert.equal(parsableRow([alone]), `${alone}\n`)));
});

test("a value that cannot be told is ?, with the reason; for a program it is the end", () => {
  const old = report(group("ipmp0", [member("eth1", { up: undefined })]));
  const { text: some, warnings } = shown(["-i", "-o", "interface,flags"], old);
  assert.equal(some, "INTERFACE   FLAGS\neth1        ?\n");
  assert.deepEqual(warnings, ["flags of eth1: the daemon does not say which of its addresses are up"]);
  assert.throws(() => shown(["-iPo", "flags"], old), { name: "Refusal", message: /^flags of eth1: / });
});

test("a report of a daemon that says nothing of probing: disabled", () => {
  const old = report(group("ipmp0", [member("eth1", { probing: undefined })], { fdt_ms: undefined }));
  assert.equal(shown(["-iPo", "probe"], old).text, "disabled\n");
  assert.equal(shown(["-gPo", "fdt"], old).text, "\n");
  assert.deepEqual(
    targetRows(old).map((t) => t.mode),
    ["disabled"],
  );
});

test("probing as the report has it, from the module's numbers: one family that is answered is enough", () => {
  const watcher = (family: 0 | 1, state: number, mode: number) => ({
    family,
    state,
    mode,
    addr: "192.0.2.81",
    targets: [{ addr: "192.0.2.1" }],
  });
  const states: [number[], string][] = [
    [[], "disabled"],
    [[0, 0], "disabled"],
    [[1, 0], "unknown"],
    [[2, 3], "ok"],
    [[1, 2], "ok"],
    [[3, 1], "failed"],
    [[3, 3], "failed"],
  ];
  for (const [each, state] of states) assert.equal(probingOf(each.map((s, f) => watcher(f === 0 ? 0 : 1, s, 1))).state, state, each.join());
  assert.deepEqual(probingOf([watcher(0, 2, 1), watcher(1, 0, 0)]).families, [
    { family: "ipv4", mode: "routes", test_address: "192.0.2.81", targets: ["192.0.2.1"] },
    { family: "ipv6", mode: "disabled", test_address: null, targets: [] },
  ]);
});

test("a probe as the stream has it: times only where there is an answer, means only where one is known", () => {
  const told = { group: "g", nic: "n", family: 1, number: 7, target: "fe80::1", start: 1_000_000n, time: 1_760_400n } as const;
  const iso = (ns: bigint): string => `at ${ns}`;
  const acked = probeRecordOf({ ...told, state: "acked", arrived: 1_510_000n, mean: 760_000, deviation: 50_400 }, iso);
  assert.deepEqual(acked, {
    time: "at 1000000",
    state: "acked",
    group: "g",
    nic: "n",
    family: "ipv6",
    id: 7,
    target: "fe80::1",
    net_rtt_us: 510,
    rtt_us: 760,
    rtt_avg_us: 760,
    rtt_dev_us: 50,
  });
  const lost = probeRecordOf({ ...told, state: "lost", mean: 0, deviation: 0 }, iso);
  assert.deepEqual([lost.net_rtt_us, lost.rtt_us, lost.rtt_avg_us, lost.rtt_dev_us], [null, null, null, null]);
});

const refused: [string[], string][] = [
  [[], "found 0 modes; needed: exactly one of -a, -g, -i, -p, -t"],
  [["-a", "-g"], "found 2 modes; needed: exactly one of -a, -g, -i, -p, -t"],
  [["-aP"], "-P needs -o: a program says which fields it reads"],
  [["-ax"], 'unknown option "-x"; allowed: -a, -g, -i, -p, -t, -n, -P, -o, --state, --help'],
  [["-a", "--stat", "x"], 'unknown option "--stat"; did you mean "state"?; allowed: -a, -g, -i, -p, -t, -n, -P, -o, --state, --help'],
  [["-a", "-o"], "option -o needs a value"],
  [["-a", "--state"], "option --state needs a value"],
  [["-a", "eth1"], 'unexpected "eth1"'],
  [["-a", "--", "-g"], 'unexpected "-g"'],
];
for (const [words, message] of refused)
  test(`refused: ipmpstat ${words.join(" ")}`, () => assert.throws(() => readWords(words), { name: "Error", message }));

test("words: letters together, values in the same word, help, the hidden letter", () => {
  assert.deepEqual(readWords(["-anPostate"]), { mode: "a", numeric: true, parsable: true, fields: "state", state: "/run/holdfast" });
  assert.equal(readWords(["-L", "-g", "--state=/x"])?.state, "/x");
  assert.equal(readWords(["--help"]), null);
});

test("names: resolved once each, an address without one stands for itself", async () => {
  const asked: string[] = [];
  const names = new AddressNames((a) => {
    asked.push(a);
    return a === "192.0.2.10" ? Promise.resolve("www") : Promise.reject(new Error("ENOTFOUND"));
  });
  await names.learn(["192.0.2.10", "192.0.2.11", "192.0.2.10"]);
  await names.learn(["192.0.2.11"]);
  assert.deepEqual(asked, ["192.0.2.10", "192.0.2.11"]);
  assert.equal(shown(["-aPo", "address"], SAMPLE, names.nameOf).text.split("\n").slice(0, 3).join(), "www,2001:db8::10,192.0.2.11");
});

test("names: what does not come in time is not waited for, and used when it is there", async () => {
  let answer: (name: string) => void = () => undefined;
  const names = new AddressNames(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
    20,
  );
  // the answer never comes by itself: that this ends is the bound
  await names.learn(["192.0.2.10"]);
  assert.equal(names.nameOf("192.0.2.10"), "192.0.2.10");
  answer("late");
  await names.learn(["192.0.2.10"]);
  assert.equal(names.nameOf("192.0.2.10"), "late");
});

test("names: by the system's own resolver", async () => {
  const names = new AddressNames();
  await names.learn(["127.0.0.1"]);
  assert.match(names.nameOf("127.0.0.1"), /^[\w.-]+$/);
});
