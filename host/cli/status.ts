// `holdfast status`: groups, members and addresses on one screen.

import { request } from "../daemon/client.js";
import type { EventRecord } from "../daemon/events.js";
import { EVENTS_KEPT } from "../daemon/history.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import type { StatusReport } from "../daemon/report.js";
import { type Command, EXIT, JSON_OPTION, STATE } from "./command.js";
import { type Rates, ratesBetween } from "./rates.js";
import { screen } from "./screen.js";
import { narrow } from "./select.js";

const RATE_MS = 1000;

export const status: Command = {
  name: "status",
  summary: "show groups, NICs and addresses: who carries what, since when and why",
  synopsis: "[NAME] [--all] [--rates] [--json] [--state DIR]",
  details: "NAME: only this group, this NIC with its addresses, or this address with its NIC.",
  options: [
    JSON_OPTION,
    { name: "rates", doc: "watch the traffic for a second and show each NIC's rates" },
    { name: "all", doc: "every address, however many" },
    STATE,
  ],
  operands: ["[NAME]"],
  async run(input) {
    const { socket } = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    const ask = async (): Promise<StatusReport> => narrow((await request(socket, "status")) as StatusReport, input.operands[0]);
    let report = await ask();
    let rates: Rates | null = null;
    if (input.has("rates")) {
      const before = report;
      const start = process.hrtime.bigint();
      await new Promise((resolve) => setTimeout(resolve, RATE_MS));
      report = await ask();
      rates = ratesBetween(before, report, Number(process.hrtime.bigint() - start) / 1e9);
    }
    if (input.has("json")) {
      process.stdout.write(`${JSON.stringify(rates === null ? report : { ...report, rates: Object.fromEntries(rates) }, null, 2)}\n`);
      return EXIT.OK;
    }
    const { events } = (await request(socket, "recent", { last: EVENTS_KEPT })) as { events: EventRecord[] };
    process.stdout.write(screen(report, rates, { all: input.has("all"), events, now: Date.now() }));
    return EXIT.OK;
  },
};
