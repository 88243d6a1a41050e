// `holdfast status`: groups, members and addresses on one screen.

import { request } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import type { StatusReport } from "../daemon/report.js";
import { type Command, EXIT, JSON_OPTION, STATE } from "./command.js";
import { type Rates, ratesBetween, screen } from "./screen.js";

const RATE_MS = 1000;

export const status: Command = {
  name: "status",
  summary: "show groups, NICs and addresses",
  synopsis: "[--json] [--rates] [--state DIR]",
  options: [JSON_OPTION, { name: "rates", doc: "watch the traffic for a second and show each NIC's rates" }, STATE],
  operands: [],
  async run(input) {
    const { socket } = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    const ask = async (): Promise<StatusReport> => (await request(socket, "status")) as StatusReport;
    let report = await ask();
    let rates: Rates | null = null;
    if (input.has("rates")) {
      const before = report;
      const start = process.hrtime.bigint();
      await new Promise((resolve) => setTimeout(resolve, RATE_MS));
      report = await ask();
      rates = ratesBetween(before, report, Number(process.hrtime.bigint() - start) / 1e9);
    }
    if (input.has("json"))
      process.stdout.write(`${JSON.stringify(rates === null ? report : { ...report, rates: Object.fromEntries(rates) }, null, 2)}\n`);
    else process.stdout.write(screen(report, rates));
    return EXIT.OK;
  },
};
