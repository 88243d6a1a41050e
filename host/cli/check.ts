// `holdfast check`: reads a configuration and says what is wrong with it. Changes nothing, needs no root.

import { SCHEMA } from "../config/schema.js";
import { type Command, EXIT, RESULT_JSON, say } from "./command.js";

export const check: Command = {
  name: "check",
  summary: "say whether a configuration is right",
  synopsis: "-c FILE [--json] | --schema",
  details:
    "Looks at the file alone, not at the NICs: exit code 0 if it is right, 1 if not. Each problem is a line\n" +
    "FILE:LINE:COLUMN: KEY: what was found; what is allowed.",
  options: [
    { name: "config", short: "c", value: "FILE", doc: "the configuration" },
    { name: "schema", doc: "print the JSON Schema of the configuration instead" },
    RESULT_JSON,
  ],
  operands: [],
  async run(input) {
    if (input.has("schema")) {
      process.stdout.write(`${JSON.stringify(SCHEMA, null, 2)}\n`);
      return EXIT.OK;
    }
    // the checker of shapes takes a while to load: not for the commands that need none
    const { loadConfig } = await import("../config/load.js");
    const { file, groups } = loadConfig(input.need("config", "-c FILE"));
    const members = groups.reduce((n, g) => n + g.members.length, 0);
    const text = `${file}: right: ${groups.length} group${groups.length === 1 ? "" : "s"}, ${members} NIC${members === 1 ? "" : "s"}\n`;
    say(input, text, { file, right: true, groups: groups.length, nics: members });
    return EXIT.OK;
  },
};
