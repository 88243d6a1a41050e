// Lines of exact width, and number formats.

import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, fit, grouped, millis, paint, seconds, short, span, sparkline, spread, width } from "../../host/demo/text.js";

test("text: fit cuts and fills to the exact width, across spans", () => {
  const line = [span("abc"), span("déf━", "good")];
  assert.equal(width(line), 7);
  for (let n = 0; n <= 12; n++) assert.equal(width(fit(line, n)), n);
  assert.equal(paint(fit(line, 5), false), "abcdé");
});

test("text: spread gives the right part its place", () => {
  assert.equal(paint(spread([span("a long left part")], [span("right")], 12), false), "a long right");
  assert.equal(paint(spread([span("l")], [span("r")], 5), false), "l   r");
  assert.equal(paint(spread([span("l")], [span("right")], 3), false), "rig");
});

test("text: numbers stay within six columns", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [9999, "9,999"],
    [10_000, "10.0k"],
    [123_456, "123k"],
    [999_499, "999k"],
    [999_600, "1.0M"],
    [12_345_678, "12.3M"],
    [5e9, "5.0G"],
    [7e12, "7T"],
  ];
  for (const [n, text] of cases) assert.equal(short(n), text);
  for (let n = 1; n < 1e12; n = n * 1.37 + 1) assert.ok(columns(short(n)) <= 6, short(n));
  assert.equal(grouped(1_234_567), "1,234,567");
  assert.equal(grouped(0), "0");
});

test("text: times", () => {
  assert.equal(millis(1.26), "1.3");
  assert.equal(millis(99.96), "100");
  assert.equal(millis(1234.5), "1,235");
  assert.equal(millis(-1), "-");
  assert.equal(seconds(9001.2, 3), "9.001");
  assert.equal(seconds(9123, 1), "9.1");
});

test("text: a sparkline shows nothing as its lowest bar and the top as its highest", () => {
  assert.equal(sparkline([0, 1, 50, 100], 100, 6, "▁▂▃▄▅▆▇█"), "  ▁▂▅█");
  assert.equal(sparkline([5, 5, 5], 0, 2, "_#"), "__");
});
