// Whether the end-to-end tests can run here, and how a test says that it cannot.
//
// Invariant: a test that cannot run prints "skipped: NAME: why"; with CI=true it fails instead.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import test, { type TestContext } from "node:test";
import { Lab } from "../../host/lab/netns.js";

const LIMIT_MS = 300_000;

function hasCommand(name: string): boolean {
  const path = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return path.some((dir) => existsSync(join(dir, name)));
}

function hindrance(needs: readonly string[]): string | undefined {
  const why = Lab.unavailable();
  if (why !== undefined) return why;
  const missing = ["tcpdump", "ping", ...needs].filter((c) => !hasCommand(c));
  return missing.length > 0 ? `missing commands: ${missing.join(", ")} (scripts/packages.mjs installs them)` : undefined;
}

/** A test on real devices that needs the given commands besides ip, tcpdump and ping; it fails if it takes longer than limitMs. */
export function e2e(name: string, needs: readonly string[], body: (t: TestContext) => Promise<void>, limitMs = LIMIT_MS): void {
  const why = hindrance(needs);
  if (why !== undefined && process.env.CI !== "true") {
    console.log(`skipped: ${name}: ${why}`);
    test(name, { skip: why }, () => {});
    return;
  }
  test(name, { timeout: limitMs }, async (t) => {
    if (why !== undefined) throw new Error(`cannot run here, and CI=true demands it: ${why}`);
    await body(t);
  });
}
