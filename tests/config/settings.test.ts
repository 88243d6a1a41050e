// The settings table and the shipped schema against the ABI: one number, one place.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "smol-toml";
import { SCHEMA } from "../../host/config/schema.js";
import { defaultSettings, NUMBERS, POLICIES } from "../../host/config/settings.js";
import { GRPKEY, POLICY } from "../../host/core/abi/ipmp.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

interface AbiEnum {
  name: string;
  values: Record<string, [number, string]>;
}

test("ranges and defaults are those that abi/ipmp.toml gives GRPKEY", () => {
  const abi = parse(read("abi/ipmp.toml")) as unknown as { enum: AbiEnum[] };
  const keys = abi.enum.find((e) => e.name === "GRPKEY");
  assert.ok(keys);
  for (const s of NUMBERS) {
    const [, doc] = keys.values[s.grpkey];
    const range = /^([\d,]+) to ([\d,]+)/.exec(doc);
    const value = /default ([\d,]+)/.exec(doc);
    assert.ok(range && value, `${s.grpkey}: "${doc}"`);
    const number = (t: string): number => Number(t.replaceAll(",", ""));
    assert.deepEqual([s.min, s.max, s.default], [number(range[1]), number(range[2]), number(value[1])], s.key);
  }
});

/** Whether probes are told one by one is asked for by who wants to see them, not configured. */
const ASKED_FOR = ["PROBE_EVENTS"];

test("every GRPKEY and every policy can be configured, but for what is asked for while running", () => {
  const keys = Object.keys(GRPKEY);
  for (const key of ASKED_FOR) assert.ok(keys.includes(key), key);
  assert.deepEqual([...defaultSettings().keys()].sort(), keys.filter((k) => !ASKED_FOR.includes(k)).sort());
  assert.deepEqual(Object.values(POLICIES).sort(), Object.values(POLICY).sort());
});

test("docs/holdfast.schema.json is the schema that is enforced", () => {
  assert.deepEqual(JSON.parse(read("docs/holdfast.schema.json")), JSON.parse(JSON.stringify(SCHEMA)));
});
