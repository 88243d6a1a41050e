// What could follow on a command line: the candidates for its last word, from the command table and the daemon's names.
//
// A candidate is a line: the word, and behind a tab what it means; ":file" and ":dir" alone leave it to the shell.
// Invariant: words that are wrong have no candidates; nothing throws.

import { DEFAULT_STATE_DIR } from "../daemon/paths.js";
import { type Command, HELP, type Option } from "./command.js";
import { COMMANDS, DEMO } from "./commands.js";
import { ADDRESS_FIELDS, GROUP_FIELDS, MEMBER_FIELDS, PROBE_FIELDS, TARGET_FIELDS } from "./ipmpstat/fields.js";

/** Names of a kind (GROUP, NIC, NAME for all) in a daemon with this state folder. */
export type NamesOf = (kind: string, state: string) => Promise<string[]>;

/** Of holdfast before a command. */
const GLOBAL: readonly [string, string][] = [
  ["--help", "the commands there are"],
  ["--version", "print the version"],
];

const line = (word: string, doc = ""): string => (doc === "" ? word : `${word}\t${doc}`);
const startingWith = (start: string, lines: readonly string[]): string[] => lines.filter((l) => l.startsWith(start));

/** The value of --state among the words, or the default. */
function stateOf(words: readonly string[]): string {
  const inline = words.find((w) => w.startsWith("--state="));
  if (inline !== undefined) return inline.slice("--state=".length);
  const at = words.indexOf("--state");
  return (at >= 0 && words[at + 1]) || DEFAULT_STATE_DIR;
}

/** Candidates for the last word. The first is the program. */
export async function candidates(words: readonly string[], namesOf: NamesOf): Promise<string[]> {
  const [program, ...rest] = words;
  if (rest.length === 0) return [];
  if (program === "ipmpstat") return ipmpstat(rest);
  if (program === "if_mpadm") return ifMpadm(rest, namesOf);
  if (program !== "holdfast") return [];
  if (rest.length === 1)
    return startingWith(rest[0], [...[...COMMANDS, DEMO].map((c) => line(c.name, c.summary)), ...GLOBAL.map(([w, d]) => line(w, d))]);
  if (rest[0] === "help")
    return rest.length === 2
      ? startingWith(
          rest[1],
          COMMANDS.map((c) => line(c.name, c.summary)),
        )
      : [];
  const command = COMMANDS.find((c) => c.name === rest[0]);
  return command === undefined ? [] : behind(command, rest.slice(1), namesOf);
}

/** Candidates behind a command's name. */
async function behind(command: Command, words: readonly string[], namesOf: NamesOf): Promise<string[]> {
  const options = [...command.options, HELP];
  const optionOf = (word: string): Option | undefined => options.find((o) => word === `--${o.name}` || word === `-${o.short}`);
  const cur = words[words.length - 1];
  let operands = 0;
  let open: Option | undefined;
  const given = new Set<string>();
  let plain = false;
  for (const word of words.slice(0, -1)) {
    if (open !== undefined) open = undefined;
    else if (plain || !word.startsWith("-") || word === "-") operands++;
    else if (word === "--") plain = true;
    else {
      const option = optionOf(word.split("=")[0]);
      if (option === undefined) return [];
      given.add(option.name);
      if (option.value !== undefined && !word.includes("=")) open = option;
    }
  }
  const state = stateOf(words.slice(0, -1));
  if (open !== undefined) return values(open.value ?? "", open.choices, "", cur, state, namesOf);
  if (!plain && cur.startsWith("--") && cur.includes("=")) {
    const option = optionOf(cur.slice(0, cur.indexOf("=")));
    const head = cur.slice(0, cur.indexOf("=") + 1);
    return option?.value === undefined ? [] : values(option.value, option.choices, head, cur.slice(head.length), state, namesOf);
  }
  if (!plain && cur.startsWith("-"))
    return startingWith(
      cur,
      options.filter((o) => !given.has(o.name)).map((o) => line(`--${o.name}`, o.doc)),
    );
  const operand = command.operands[operands]?.replace(/^\[|\]$/g, "");
  if (operand === undefined) return [];
  return values(operand, operand.includes("|") ? operand.split("|") : undefined, "", cur, state, namesOf);
}

/** Values of an option or operand. */
async function values(
  kind: string,
  choices: readonly string[] | undefined,
  head: string,
  cur: string,
  state: string,
  namesOf: NamesOf,
): Promise<string[]> {
  if (choices !== undefined) return startingWith(cur, choices).map((c) => head + c);
  if (kind === "FILE") return [":file"];
  if (kind === "DIR") return [":dir"];
  if (kind === "GROUP" || kind === "NIC" || kind === "NAME") return startingWith(cur, await namesOf(kind, state)).map((n) => head + n);
  return [];
}

// ── The tools of letters ──

const IPMPSTAT: readonly [string, string][] = [
  ["-a", "addresses"],
  ["-g", "groups"],
  ["-i", "interfaces"],
  ["-p", "probes"],
  ["-t", "probe targets"],
  ["-n", "addresses instead of names"],
  ["-o", "these fields"],
  ["-P", "for programs"],
  ["--state", "state folder of the daemon"],
  ["--help", "how to use it"],
];
const FIELDS: Readonly<Record<string, readonly { name: string }[]>> = {
  a: ADDRESS_FIELDS,
  g: GROUP_FIELDS,
  i: MEMBER_FIELDS,
  p: PROBE_FIELDS,
  t: TARGET_FIELDS,
};

function ipmpstat(words: readonly string[]): string[] {
  const cur = words[words.length - 1];
  const before = words[words.length - 2] ?? "";
  if (before === "--state") return [":dir"];
  if (/^-[a-zA-Z]*o$/.test(before)) {
    const mode = /[agipt]/.exec(words.filter((w) => /^-[a-zA-Z]+$/.test(w)).join(""))?.[0];
    const fields = mode === undefined ? Object.values(FIELDS).flat() : FIELDS[mode];
    const names = [...new Set(fields.map((f) => f.name.toLowerCase()))];
    // a list grows field by field
    const head = cur.slice(0, cur.lastIndexOf(",") + 1);
    const left = names.filter((n) => !head.split(",").includes(n));
    return startingWith(cur, [...left.map((n) => head + n), ...(head === "" ? ["all"] : [])]);
  }
  return startingWith(
    cur,
    IPMPSTAT.map(([w, d]) => line(w, d)),
  );
}

async function ifMpadm(words: readonly string[], namesOf: NamesOf): Promise<string[]> {
  const cur = words[words.length - 1];
  const before = words[words.length - 2] ?? "";
  if (before === "--state") return [":dir"];
  if (before === "-d" || before === "-r") return startingWith(cur, await namesOf("NIC", stateOf(words)));
  return startingWith(cur, [
    line("-d", "out of use"),
    line("-r", "back into use"),
    line("--state", "state folder of the daemon"),
    line("--help", "how to use it"),
  ]);
}
