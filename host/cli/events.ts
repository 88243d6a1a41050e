// `holdfast events`: the events the daemon remembers, and with --follow those that come, until it is interrupted or the
// daemon stops.

import { follow, request } from "../daemon/client.js";
import { EVENT_NAMES, type EventRecord } from "../daemon/events.js";
import { EVENTS_KEPT } from "../daemon/history.js";
import { LEVELS } from "../daemon/log.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import type { StatusReport } from "../daemon/report.js";
import { type Command, EXIT, type Input, JSON_OPTION, STATE } from "./command.js";
import { groupNames, nicNames, requireName } from "./select.js";

export interface EventFilter {
  group?: string;
  nic?: string;
  event?: string;
  /** at least of this level */
  level: string;
}

export function passes(e: EventRecord, { group, nic, event, level }: EventFilter): boolean {
  return (
    (group === undefined || e.group === group) &&
    (nic === undefined || e.nic === nic) &&
    (event === undefined || e.event === event) &&
    LEVELS.indexOf(e.level) >= LEVELS.indexOf(level as (typeof LEVELS)[number])
  );
}

function filterOf(input: Input): EventFilter {
  return {
    group: input.options.get("group"),
    nic: input.options.get("nic"),
    event: input.has("event") ? input.choice("event", EVENT_NAMES, "") : undefined,
    level: input.choice("level", LEVELS, "debug"),
  };
}

export const events: Command = {
  name: "events",
  summary: "show what happened, and with --follow what happens",
  synopsis: "[--follow] [--last N] [--group GROUP] [--nic NIC] [--event EVENT] [--level LEVEL] [--json] [--state DIR]",
  details: `The daemon remembers its last ${EVENTS_KEPT} events. Filters are for both: an event must pass all that are given.`,
  options: [
    { name: "follow", short: "f", doc: "go on with events as they come" },
    { name: "last", value: "N", doc: `of those remembered, the last N, 0 to ${EVENTS_KEPT}; default all, with --follow 0` },
    { name: "group", value: "GROUP", doc: "only events of this group" },
    { name: "nic", value: "NIC", doc: "only events of this NIC" },
    { name: "event", value: "EVENT", choices: EVENT_NAMES, doc: "only events of this kind, as in if_state" },
    { name: "level", value: "LEVEL", choices: LEVELS, doc: `${LEVELS.join(", ")}: only events of at least this level; default debug` },
    { ...JSON_OPTION, doc: "each event as a line of JSON" },
    STATE,
  ],
  operands: [],
  async run(input) {
    const filter = filterOf(input);
    const following = input.has("follow");
    const last = input.number("last", 0, EVENTS_KEPT, following ? 0 : EVENTS_KEPT);
    const { socket } = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    if (filter.group !== undefined || filter.nic !== undefined) await checkNames(socket, filter);
    const json = input.has("json");
    const show = (e: EventRecord): void => {
      if (passes(e, filter)) process.stdout.write(json ? `${JSON.stringify(e)}\n` : `${e.time} ${e.text}\n`);
    };
    if (following) {
      await follow(socket, (e) => show(e as EventRecord), { cmd: "events", last });
      process.stderr.write("holdfast: the daemon has stopped\n");
      return EXIT.OK;
    }
    const { events } = (await request(socket, "recent", { last: EVENTS_KEPT })) as { events: EventRecord[] };
    // the last N of those that pass, not those that pass of the last N
    const passed = events.filter((e) => passes(e, filter));
    for (const e of last === 0 ? [] : passed.slice(-last)) show(e);
    return EXIT.OK;
  },
};

async function checkNames(socket: string, { group, nic }: EventFilter): Promise<void> {
  const report = (await request(socket, "status")) as StatusReport;
  if (group !== undefined) requireName("group", group, groupNames(report));
  if (nic !== undefined) requireName("NIC in any group", nic, nicNames(report));
}
