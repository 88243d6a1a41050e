// node:test reporter for scripts/test.mjs: one JSON line for every leaf test and every remark of a test (t.diagnostic).
// A test that has subtests is not counted beside them; it is reported only if it fails by itself.
import { inspect } from "node:util";

/** Node's own totals come as remarks too. */
const TOTALS = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;
const ERROR_LINES_MAX = 40;

function errorText(error) {
  const cause = error?.cause ?? error;
  const text = cause instanceof Error ? (cause.stack ?? String(cause)) : inspect(cause);
  return text.split("\n").slice(0, ERROR_LINES_MAX).join("\n");
}

/** The outcome of one finished test, or nothing if its subtests say all. */
function outcome(type, data, parent) {
  if (data.skip !== undefined && data.skip !== false) return { kind: "skip", why: String(data.skip) };
  if (data.todo !== undefined && data.todo !== false) return { kind: "skip", why: "todo" };
  if (type === "test:fail") {
    if (parent && data.details.error?.failureType === "subtestsFailed") return undefined;
    return { kind: "fail", error: errorText(data.details.error) };
  }
  return parent || data.details.type === "suite" ? undefined : { kind: "pass" };
}

export default async function* report(source) {
  const names = [];
  const below = [];
  for await (const { type, data } of source) {
    if (type === "test:start") names.splice(data.nesting, names.length, data.name);
    else if (type === "test:diagnostic" && !TOTALS.test(data.message)) yield `${JSON.stringify({ kind: "remark", text: data.message })}\n`;
    else if (type === "test:pass" || type === "test:fail") {
      const parent = below[data.nesting + 1] === true;
      below[data.nesting + 1] = false;
      below[data.nesting] = true;
      const result = outcome(type, data, parent);
      const name = [...names.slice(0, data.nesting), data.name].join(" > ");
      if (result) yield `${JSON.stringify({ ...result, name })}\n`;
    }
  }
}
