// Shared by the configuration tests: parse a text, or get the lines it is refused with.

import assert from "node:assert/strict";
import { ConfigError } from "../../host/config/config.js";
import { parseConfig } from "../../host/config/load.js";

/** The refusal's lines, without the file name; the last `more` lines are about the file as a whole. */
export function refusal(text: string, more = 0): string[] {
  try {
    parseConfig(text, "test.toml");
  } catch (e) {
    assert.ok(e instanceof ConfigError, `not a ConfigError: ${e}`);
    const lines = e.message.split("\n");
    for (const line of more > 0 ? lines.slice(0, -more) : lines) assert.match(line, /^test\.toml:\d+:\d+: ./);
    return lines.map((l) => l.slice("test.toml:".length).trim());
  }
  assert.fail("accepted, expected a refusal");
}

/** A valid group with lines added to it. */
export const group = (more: string): string => `[[group]]\nname = "ipmp0"\nmembers = ["eth1", "eth2"]\n${more}\n`;
