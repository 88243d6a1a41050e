// From a TOML file to a Config, in four steps: syntax (the parser), shape (the schema), number form, meaning. Every
// problem names file, line, column and key, what was found and what is allowed; all problems of a step come together.

import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject } from "ajv";
import { parse, TomlError } from "smol-toml";
import { type Config, ConfigError, type GroupConfig, type MemberConfig, type MetricsConfig, type Problem } from "./config.js";
import { Positions, type Step } from "./position.js";
import { checkTests, type RawProbing, readProbing, readTests } from "./probing.js";
import { SCHEMA, SPIN_US, TEXTFILE_S } from "./schema.js";
import { checkAddressesUnique, checkMtu, checkNames, type Report, readAddress, readListen, readVlans } from "./semantics.js";
import { defaultSettings, type Io, NUMBERS, POLICIES, SWITCHES } from "./settings.js";
import { type RawShares, readPins, readShares } from "./shares.js";
import { didYouMean } from "./suggest.js";

/** Largest configuration that is read: far above 64 full groups, far below what would stall the daemon. */
const SIZE_MAX = 4 * 1024 * 1024;

/** Deeper than anything the schema has. */
const DEPTH_MAX = 32;

const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(SCHEMA);

/** Reads and checks a file. Throws ConfigError. */
export function loadConfig(file: string): Config {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (e) {
    throw wholeFile(file, `cannot be read: ${reason(e)}`);
  }
  if (bytes.length > SIZE_MAX) throw wholeFile(file, `has ${bytes.length} bytes; allowed: at most ${SIZE_MAX}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wholeFile(file, "is not UTF-8 text");
  }
  return parseConfig(text, file);
}

const wholeFile = (file: string, text: string): ConfigError => new ConfigError(file, [{ line: 0, column: 0, key: "", text }]);

/** Checks a text; `file` is for the messages. Throws ConfigError. */
export function parseConfig(text: string, file: string): Config {
  const tree = syntax(text, file);
  const positions = new Positions(text);
  const problems: Problem[] = [];
  const report: Report = (path, what) => problems.push({ ...positions.value(path), key: keyText(path), text: what });

  if (!validate(tree)) for (const e of worthTelling(validate.errors ?? [])) problems.push(problemOf(e, positions, tree));
  else notFloats(tree as unknown as RawConfig, positions, report);
  if (problems.length > 0) throw new ConfigError(file, problems);

  const root = tree as unknown as RawConfig;
  const raw = root.group;
  const groups = raw.map((g, i) => groupOf(g, i, report));
  const metrics = metricsOf(root.metrics ?? {}, report);
  checkNames(groups, report);
  checkMtu(groups, report);
  if (problems.length === 0) checkTests(groups, report);
  if (problems.length === 0)
    checkAddressesUnique(
      groups,
      raw.map((g) => g.addresses ?? []),
      report,
    );
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { file, groups, metrics, spinUs: root.loop?.spin_us ?? SPIN_US.default };
}

interface RawGroup extends RawShares, RawProbing {
  name: string;
  members: (string | { name: string; standby?: boolean; weight?: number; test_addresses?: string[] })[];
  families?: string[];
  policy?: string;
  announce_vlans?: (number | string)[];
  mtu?: number;
  addresses?: string[];
  io?: Io;
  [setting: string]: unknown;
}
interface RawConfig {
  group: RawGroup[];
  loop?: { spin_us?: number };
  metrics?: RawMetrics;
}
interface RawMetrics {
  listen?: string;
  textfile?: string;
  textfile_interval_s?: number;
}

function metricsOf(m: RawMetrics, report: Report): MetricsConfig {
  return {
    listen: m.listen === undefined ? null : readListen(m.listen, ["metrics", "listen"], report),
    textfile: m.textfile ?? null,
    intervalS: m.textfile_interval_s ?? TEXTFILE_S.default,
  };
}

function syntax(text: string, file: string): Record<string, unknown> {
  try {
    return withoutDates(parse(text, { maxDepth: DEPTH_MAX, unsafeKeyBehaviour: "throw" })) as Record<string, unknown>;
  } catch (e) {
    // the parser limits how deep values are, not how many dots a key has
    if (e instanceof TooDeep) throw wholeFile(file, `has tables more than ${DEPTH_MAX} deep; allowed: the keys of the schema`);
    if (!(e instanceof TomlError)) throw e;
    const first = e.message.split("\n")[0].replace(/^Invalid TOML document: /, "");
    throw new ConfigError(file, [{ line: e.line, column: e.column, key: "", text: `not valid TOML: ${first}` }]);
  }
}

/** No key takes a date; as a symbol it is of no type that the schema knows, while a Date would pass for a table. */
const DATE = Symbol("date");

function withoutDates(v: unknown, depth = 0): unknown {
  if (v instanceof Date) return DATE;
  if (typeof v !== "object" || v === null) return v;
  if (depth > DEPTH_MAX) throw new TooDeep();
  if (Array.isArray(v)) return v.map((w) => withoutDates(w, depth + 1));
  return Object.fromEntries(Object.entries(v).map(([k, w]) => [k, withoutDates(w, depth + 1)]));
}

class TooDeep extends Error {}

/** A group with its defaults filled in. Addresses that cannot be are reported and left out. */
function groupOf(g: RawGroup, i: number, report: Report): GroupConfig {
  const families = (g.families ?? ["ipv4", "ipv6"]).reduce((bits, f) => bits | (f === "ipv4" ? 1 : 2), 0);
  const settings = defaultSettings();
  for (const s of NUMBERS) if (g[s.key] !== undefined) settings.set(s.grpkey, g[s.key] as number);
  if (g.policy !== undefined) settings.set("POLICY", POLICIES[g.policy]);
  for (const s of SWITCHES) if (g[s.key] !== undefined) settings.set(s.grpkey, g[s.key] ? 1 : 0);
  readShares(g, i, settings, report);
  const probing = readProbing(g, i, families, settings, report);
  const members = g.members.map((m, j): MemberConfig => {
    const { name, standby = false, weight = 1, test_addresses = [] } = typeof m === "string" ? { name: m } : m;
    return { name, standby, weight, tests: readTests(test_addresses, families, ["group", i, "members", j, "test_addresses"], report) };
  });
  return {
    name: g.name,
    members,
    families,
    settings,
    vlans: readVlans(g.announce_vlans ?? [], ["group", i, "announce_vlans"], report),
    mtu: g.mtu ?? null,
    addresses: (g.addresses ?? []).flatMap((a, j) => readAddress(a, families, ["group", i, "addresses", j], report) ?? []),
    pins: readPins(g, i, families, members, report),
    ...probing,
    io: g.io ?? "auto",
  };
}

/** TOML tells 5 from 5.0, the schema does not: a whole number must be written as one. */
function notFloats(tree: RawConfig, positions: Positions, report: Report): void {
  const look = (table: object, at: readonly Step[]): void => {
    for (const [key, value] of Object.entries(table)) {
      if (typeof value !== "number") continue;
      const written = positions.source([...at, key]);
      if (/^[+-]?[\d_]*(\.|e)/i.test(written))
        report([...at, key], `found ${written}; allowed: a whole number, written without a point or exponent`);
    }
  };
  look(tree.loop ?? {}, ["loop"]);
  look(tree.metrics ?? {}, ["metrics"]);
  tree.group.forEach((g, i) => {
    look(g, ["group", i]);
    g.members.forEach((m, j) => {
      if (typeof m !== "string") look(m, ["group", i, "members", j]);
    });
  });
}

/** Leaves out what only follows from another error at the same place. */
function worthTelling(errors: readonly ErrorObject[]): ErrorObject[] {
  const typed = new Set(errors.filter((e) => e.keyword === "type").map((e) => e.instancePath));
  return errors.filter((e) => e.keyword === "type" || !typed.has(e.instancePath));
}

function problemOf(e: ErrorObject, positions: Positions, tree: unknown): Problem {
  const path = stepsOf(e.instancePath, tree);
  const allowed = (e.parentSchema as { description?: string } | undefined)?.description ?? "";
  if (e.keyword === "additionalProperties") {
    const name = (e.params as { additionalProperty: string }).additionalProperty;
    const known = Object.keys((e.parentSchema as { properties: object }).properties);
    const at = [...path, name];
    return { ...positions.key(at), key: keyText(at), text: `unknown key${didYouMean(name, known)}; allowed: ${known.join(", ")}` };
  }
  if (e.keyword === "required") {
    const name = (e.params as { missingProperty: string }).missingProperty;
    const inner = (e.parentSchema as { properties: Record<string, { description?: string }> }).properties[name];
    return { ...positions.key(path), key: keyText([...path, name]), text: `missing; needed: ${inner.description ?? "a value"}` };
  }
  return { ...positions.value(path), key: keyText(path), text: `found ${describe(e.data)}; allowed: ${allowed}` };
}

/** JSON pointer → steps, array indices as numbers. */
function stepsOf(pointer: string, tree: unknown): Step[] {
  let at = tree;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const step = Array.isArray(at) ? Number(name) : name;
      at = (at as Record<Step, unknown>)[step];
      return step;
    });
}

/** group[0].members[1] */
function keyText(path: readonly Step[]): string {
  return path
    .map((s, n) => (typeof s === "number" ? `[${s}]` : `${n > 0 ? "." : ""}${/^[\w-]+$/.test(s) ? s : JSON.stringify(s)}`))
    .join("");
}

/** A value for an error message: short, and its type plain to see. */
function describe(v: unknown): string {
  if (Array.isArray(v)) return v.length === 0 ? "an empty list" : `a list of ${v.length}`;
  if (v === DATE) return "a date";
  if (typeof v === "object") return "a table";
  if (typeof v === "string") return JSON.stringify(v.length > 40 ? `${v.slice(0, 40)}…` : v);
  return String(v);
}

function reason(e: unknown): string {
  const code = (e as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  return code ?? String(e);
}
