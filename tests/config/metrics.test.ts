// The table [metrics]: what it may say, and how it is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../host/config/load.js";
import { textOf } from "../../host/metrics/publish.js";
import { group, refusal } from "./helper.js";

const metrics = (more: string): string => `${group("")}[metrics]\n${more}\n`;

test("addresses, sockets and files, and what they are without being said", () => {
  assert.deepEqual(parseConfig(group(""), "c").metrics, { listen: null, textfile: null, intervalS: 15 });
  for (const text of ["127.0.0.1:9500", "[::1]:9500", "0.0.0.0:1", "unix:/run/holdfast/metrics.sock"]) {
    const { listen } = parseConfig(metrics(`listen = "${text}"`), "c").metrics;
    assert.equal(textOf(listen), text);
  }
  const { textfile, intervalS } = parseConfig(metrics('textfile = "/var/lib/x/holdfast.prom"\ntextfile_interval_s = 5'), "c").metrics;
  assert.deepEqual([textfile, intervalS], ["/var/lib/x/holdfast.prom", 5]);
});

test("what cannot be is refused with line, key and what is allowed", () => {
  const allowed = 'allowed: "ADDRESS:PORT" as in "127.0.0.1:9500" or "[::1]:9500", or "unix:/PATH"';
  for (const [listen, why] of [
    ["9500", ""],
    ["localhost:9500", ", which has no address of this host before the port"],
    [":9500", ", which has no address of this host before the port"],
    ["::1:9500", ""],
    ["[127.0.0.1]:9500", ", which has no address of this host before the port"],
    ["127.0.0.1:0", ", whose port is 0"],
    ["127.0.0.1:65536", ", whose port is 65536"],
    ["unix:metrics.sock", ", whose path is not absolute"],
    [`unix:/${"x".repeat(107)}`, ", whose path is longer than 107 bytes"],
    ["http://127.0.0.1:9500/metrics", ""],
  ])
    assert.deepEqual(refusal(metrics(`listen = "${listen}"`)), [`6:10: metrics.listen: found "${listen}"${why}; ${allowed}`]);
  assert.deepEqual(refusal(metrics("listen = 9500")), [`6:10: metrics.listen: found 9500; ${allowed}`]);
  assert.deepEqual(refusal(metrics('textfile = "holdfast.prom"')), [
    '6:12: metrics.textfile: found "holdfast.prom"; allowed: an absolute path that ends in ".prom"',
  ]);
  assert.deepEqual(refusal(metrics("textfile_interval_s = 0")), [
    "6:23: metrics.textfile_interval_s: found 0; allowed: a whole number of seconds from 1 to 3600",
  ]);
  assert.deepEqual(refusal(metrics("textfile_interval_s = 1.0")), [
    "6:23: metrics.textfile_interval_s: found 1.0; allowed: a whole number, written without a point or exponent",
  ]);
  assert.deepEqual(refusal(metrics('lisen = "x"')), [
    '6:1: metrics.lisen: unknown key; did you mean "listen"?; allowed: listen, textfile, textfile_interval_s',
  ]);
});
