// A golden scenario: a markdown file with a prose introduction, one block of steps and one block with the log that
// the module must produce. README.md beside the scenarios explains both notations.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Step {
  /** line in the file, counted from 1 */
  line: number;
  text: string;
}

export interface Scenario {
  name: string;
  path: string;
  /** the whole file */
  text: string;
  steps: Step[];
  expected: string;
}

/** Where the scenarios are, seen from dist/. */
export const FOLDER = fileURLToPath(new URL("../../../tests/golden", import.meta.url));

const BLOCK = (kind: string): RegExp => new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, "m");

export function parseScenario(path: string, text: string): Scenario {
  const steps = BLOCK("steps").exec(text);
  if (!steps) throw new Error(`${path}: no block of \`\`\`steps`);
  const before = text.slice(0, steps.index).split("\n").length + 1;
  if (text.slice(0, steps.index).trim().split(/\s+/).length < 15) throw new Error(`${path}: no introduction before the steps`);
  const lines = steps[1].split("\n").map((raw, i) => ({ line: before + i, text: raw.replace(/\s+#.*$/, "").trim() }));
  return {
    name: basename(path, ".md"),
    path,
    text,
    steps: lines.filter((s) => s.text !== "" && !s.text.startsWith("#")),
    expected: BLOCK("log").exec(text)?.[1] ?? "",
  };
}

/** Every scenario, by name. */
export function readScenarios(folder = FOLDER): Scenario[] {
  const files = readdirSync(folder).filter((f) => f.endsWith(".md") && f !== "README.md");
  return files.sort().map((f) => parseScenario(join(folder, f), readFileSync(join(folder, f), "utf8")));
}

/** The file's text with another log. */
export function withLog(scenario: Scenario, log: string): string {
  const block = `\`\`\`log\n${log}\`\`\``;
  if (BLOCK("log").test(scenario.text)) return scenario.text.replace(BLOCK("log"), () => block);
  return `${scenario.text.trimEnd()}\n\n${block}\n`;
}
