// The manual: pages made from the command table, the fields of ipmpstat and the schema of the configuration, so that they
// say what the program does. scripts/manual.mjs writes them to docs/man; a test keeps them equal. Pure.

import { SCHEMA } from "../../config/schema.js";
import { type Command, HELP, type Option } from "../command.js";
import { COMMANDS, DEMO } from "../commands.js";
import { heading, item, nameLine, page, paragraph, subheading, title, verbatim } from "./roff.js";
import { TOOL_PAGES } from "./tools.js";

const optionHead = (o: Option): string =>
  [o.short === undefined ? "" : `-${o.short}, `, `--${o.name}`, o.value === undefined ? "" : ` ${o.value}`].join("");

const sentence = (s: string): string => `${s[0].toUpperCase()}${s.slice(1)}.`;

function commandText(c: Command): string {
  return [
    subheading(`holdfast ${c.name} ${c.synopsis}`.trim()),
    paragraph(sentence(c.summary)),
    c.details === undefined ? "" : verbatim(c.details),
    ...[...c.options, HELP].map((o) => item(optionHead(o), o.doc)),
  ].join("");
}

const holdfast = page(
  title("holdfast", 8),
  nameLine("holdfast", "several NICs as one IP interface"),
  heading("Synopsis"),
  ".B holdfast\n.I COMMAND\n.RI [ options ]\n",
  heading("Description"),
  paragraph(
    "Joins NICs into groups. Each group is an IP interface of its own; when a NIC, its cable or its switch fails, addresses, routes " +
      "and connections of the group stay, and its traffic goes on by another NIC.",
  ),
  heading("Commands"),
  ...COMMANDS.map(commandText),
  subheading(`holdfast ${DEMO.name}`),
  paragraph(sentence(DEMO.summary)),
  heading("Exit status"),
  item("0", "done"),
  item("1", "refused or failed; with --json the reason is a line of JSON on standard error"),
  item("2", "the command line is wrong"),
  heading("Files"),
  item("/run/holdfast", "the state folder; another one with --state"),
  item("/run/holdfast/control.sock", "the control socket: one JSON object a line; mode 0600"),
  item("/run/holdfast/holdfast.log", "the log of a daemon in the background"),
  heading("See also"),
  ".BR holdfast.toml (5),\n.BR ipmpstat (8),\n.BR if_mpadm (8)\n",
);

interface Node {
  title?: string;
  description?: string;
  default?: unknown;
  properties?: Readonly<Record<string, Node>>;
  items?: Node;
  required?: readonly string[];
}

function key(name: string, node: Node, needed: boolean): string {
  const words = [
    node.title === undefined ? "" : sentence(node.title),
    node.description === undefined ? "" : `Allowed: ${node.description}.`,
    needed ? "Needed." : node.default === undefined ? "" : `Default: ${JSON.stringify(node.default)}.`,
  ];
  return item(name, words.filter(Boolean).join(" "));
}

function tables(): string {
  const root = SCHEMA.properties as unknown as Readonly<Record<string, Node>>;
  return Object.entries(root)
    .map(([name, node]) => {
      const table = node.items ?? node;
      const keys = Object.entries(table.properties ?? {}).flatMap(([k, n]) => [
        key(k, n, table.required?.includes(k) === true),
        ...Object.entries(n.items?.properties ?? {}).map(([inner, m]) =>
          key(`${k}[].${inner}`, m, n.items?.required?.includes(inner) === true),
        ),
      ]);
      return subheading(node.items === undefined ? `[${name}]` : `[[${name}]]`) + keys.join("");
    })
    .join("");
}

const EXAMPLE = `[[group]]
name = "ipmp0"
members = ["eth1", "eth2", { name = "eth3", standby = true }]
addresses = ["192.0.2.10/24", "2001:db8::10/64"]`;

const configuration = page(
  title("holdfast.toml", 5),
  nameLine("holdfast.toml", "configuration of holdfast"),
  heading("Description"),
  paragraph(
    'A TOML file, read by "holdfast up" and "holdfast reload". An unknown key, a wrong type and an impossible value are refused with ' +
      'their place in the file. "holdfast check -c FILE" says whether a file is right; "holdfast check --schema" prints the JSON Schema.',
  ),
  heading("Keys"),
  tables(),
  heading("Example"),
  verbatim(EXAMPLE),
  heading("See also"),
  ".BR holdfast (8)\n",
);

/** File name → text. */
export function manualPages(): ReadonlyMap<string, string> {
  return new Map([["holdfast.8", holdfast], ["holdfast.toml.5", configuration], ...TOOL_PAGES]);
}
