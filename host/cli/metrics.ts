// `holdfast metrics`: everything that is counted, in Prometheus' text format.

import { request } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import { type Command, EXIT, STATE } from "./command.js";

export const metrics: Command = {
  name: "metrics",
  summary: "print everything that is counted, in Prometheus' text format",
  synopsis: "[--state DIR]",
  details: "A server that Prometheus asks, or a file for node_exporter, is a matter of [metrics] in the configuration.",
  options: [STATE],
  operands: [],
  async run(input) {
    const { text } = (await request(pathsOf(input.value("state", DEFAULT_STATE_DIR)).socket, "metrics")) as { text: string };
    process.stdout.write(text);
    return EXIT.OK;
  },
};
