// `holdfast reload`: makes the daemon read its configuration again and apply the difference.

import { request } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import { type Command, EXIT, RESULT_JSON, STATE, say } from "./command.js";

export const reload: Command = {
  name: "reload",
  summary: "apply a changed configuration to the running daemon",
  synopsis: "[--json] [--state DIR]",
  details: "What did not change is not touched. If the new configuration is refused, everything stays as it is.",
  options: [RESULT_JSON, STATE],
  operands: [],
  async run(input) {
    const { changes } = (await request(pathsOf(input.value("state", DEFAULT_STATE_DIR)).socket, "reload")) as { changes: string[] };
    say(input, changes.length === 0 ? "nothing changed\n" : changes.map((c) => `${c}\n`).join(""), { changes });
    return EXIT.OK;
  },
};
