// `holdfast reload`: makes the daemon read its configuration again and apply the difference.

import { request } from "../daemon/client.js";
import type { Exchange } from "../daemon/handover.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import { type Command, EXIT, RESULT_JSON, STATE, say } from "./command.js";

export const reload: Command = {
  name: "reload",
  summary: "apply a changed configuration to the running daemon",
  synopsis: "[--binary] [--json] [--state DIR]",
  details:
    "What did not change is not touched. If the new configuration is refused, everything stays as it is.\n" +
    "With --binary, a new process of the program that is now installed takes over afterwards: interfaces, addresses,\n" +
    "bindings and connections stay. If it does not come up, the running one goes on.",
  options: [{ name: "binary", doc: "exchange the program, too" }, RESULT_JSON, STATE],
  operands: [],
  async run(input) {
    const { socket } = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    const binary = input.has("binary");
    const done = (await request(socket, "reload", binary ? { binary } : {})) as { changes: string[] } & Partial<Exchange>;
    const lines = done.changes.map((c) => `${c}\n`);
    if (binary) {
      lines.push(
        `holdfast: process ${done.pid}, version ${done.version}, has taken over; traffic stood for ${done.stop_ms?.toFixed(0)} ms\n`,
      );
      if (done.cold) lines.push(`holdfast: begun from the configuration, because the state could not be used: ${done.cold}\n`);
    }
    say(input, lines.length === 0 ? "nothing changed\n" : lines.join(""), done);
    return EXIT.OK;
  },
};
