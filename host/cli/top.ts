// `holdfast top`: live rates of NICs and addresses, until it is interrupted.
//
// Invariant: the terminal is given back as it was, however it ends.

import { setTimeout as delay } from "node:timers/promises";
import { request } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import type { StatusReport } from "../daemon/report.js";
import { type Command, EXIT, STATE } from "./command.js";
import { narrow } from "./select.js";
import { sampleOf, type TopSample, topLines } from "./top_screen.js";

const INTERVAL_MAX = 3600;
const UNLIMITED = { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY };

/** Another screen and no cursor; back again. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** q, Q, Ctrl-C, Ctrl-D */
const ENDING = [0x71, 0x51, 3, 4];
/** To the top; the rest of the line; the rest of the screen. */
const HOME = "\x1b[H";
const LINE_END = "\x1b[K\r\n";
const CLEAR_BELOW = "\x1b[J";

export const top: Command = {
  name: "top",
  summary: "show the rates of NICs and addresses, live",
  synopsis: "[NAME] [--interval S] [--once] [--json] [--state DIR]",
  details:
    "NAME: only this group, NIC or address. Of an address, what is sent with it as source is counted. On a terminal the\n" +
    "screen is drawn anew at each interval, q ends it; elsewhere, and with --json, one picture follows the other.",
  options: [
    { name: "interval", value: "S", doc: `seconds between two pictures, 1 to ${INTERVAL_MAX}; default 1` },
    { name: "once", doc: "one picture, after one interval" },
    { name: "json", doc: "each picture as a line of JSON" },
    STATE,
  ],
  operands: ["[NAME]"],
  async run(input) {
    const { socket } = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    const interval = input.number("interval", 1, INTERVAL_MAX, 1) * 1000;
    const ask = async (): Promise<StatusReport> => narrow((await request(socket, "status")) as StatusReport, input.operands[0]);
    const once = input.has("once");
    const live = !once && !input.has("json") && process.stdout.isTTY === true;
    let before = await ask();
    const end = live ? fullScreen() : new AbortController();
    try {
      for (let start = performance.now(); ; ) {
        await delay(interval, undefined, { signal: end.signal });
        const after = await ask();
        const now = performance.now();
        show(sampleOf(before, after, (now - start) / 1000, new Date().toISOString()), live, input.has("json"));
        if (once) return EXIT.OK;
        before = after;
        start = now;
      }
    } catch (e) {
      if (end.signal.aborted) return EXIT.OK;
      throw e;
    } finally {
      if (live) process.stdout.write(LEAVE);
      if (live && process.stdin.isTTY) process.stdin.setRawMode(false).unref();
    }
  },
};

function show(sample: TopSample, live: boolean, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(sample)}\n`);
  else if (!live) process.stdout.write(`${topLines(sample, UNLIMITED).join("\n")}\n`);
  else {
    const { rows = 24, columns = 80 } = process.stdout;
    process.stdout.write(HOME + topLines(sample, { rows: rows - 1, columns }).join(LINE_END) + LINE_END + CLEAR_BELOW);
  }
}

/** Takes the terminal; the signal says that somebody wants it back. */
function fullScreen(): AbortController {
  const end = new AbortController();
  process.stdout.write(ENTER + HOME + CLEAR_BELOW);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
  if (!process.stdin.isTTY) return end;
  process.stdin.setRawMode(true);
  process.stdin.on("data", (keys: Buffer) => {
    if (keys.some((key) => ENDING.includes(key))) end.abort();
  });
  return end;
}
