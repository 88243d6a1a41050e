// The one table of commands: what the help lists, what completion offers, what the manual describes.

import { capture } from "./capture.js";
import { check } from "./check.js";
import type { Command } from "./command.js";
import { completion } from "./completion.js";
import { down } from "./down.js";
import { events } from "./events.js";
import { offline, standby, undoOffline } from "./member.js";
import { metrics } from "./metrics.js";
import { reload } from "./reload.js";
import { status } from "./status.js";
import { top } from "./top.js";
import { up } from "./up.js";

/** In the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  up,
  status,
  top,
  events,
  capture,
  metrics,
  check,
  reload,
  offline,
  undoOffline,
  standby,
  down,
  completion,
];

/** `demo` reads its own words, so that `npm start -- WORDS` and `holdfast demo WORDS` are one. */
export const DEMO = { name: "demo", summary: "show a failover, on namespaces of its own or on an in-memory LAN" };
