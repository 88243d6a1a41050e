// `holdfast events`: shows events as they come, until it is interrupted or the daemon stops.

import { follow } from "../daemon/client.js";
import type { EventRecord } from "../daemon/events.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import { type Command, EXIT, JSON_OPTION, STATE } from "./command.js";

export const events: Command = {
  name: "events",
  summary: "show events as they come",
  synopsis: "[--json] [--state DIR]",
  options: [{ ...JSON_OPTION, doc: "each event as a line of JSON" }, STATE],
  operands: [],
  async run(input) {
    const json = input.has("json");
    await follow(pathsOf(input.value("state", DEFAULT_STATE_DIR)).socket, (event) => {
      const e = event as EventRecord;
      process.stdout.write(json ? `${JSON.stringify(e)}\n` : `${e.time} ${e.text}\n`);
    });
    process.stderr.write("holdfast: the daemon has stopped\n");
    return EXIT.OK;
  },
};
