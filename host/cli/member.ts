// `holdfast offline`, `undo-offline`, `standby`: what an administrator does to one member. Each is one request to the
// daemon, so they stand together.

import { request } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import { type Command, EXIT, type Input, RESULT_JSON, STATE, say, UsageError } from "./command.js";

const ask = (input: Input, cmd: string, args: Record<string, unknown>): Promise<unknown> =>
  request(pathsOf(input.value("state", DEFAULT_STATE_DIR)).socket, cmd, args);

export const offline: Command = {
  name: "offline",
  summary: "take a NIC out of use, for maintenance",
  synopsis: "NIC [--min-redundancy N] [--json] [--state DIR]",
  details: "Its addresses and traffic move to the group's other NICs before the command returns.",
  options: [
    { name: "min-redundancy", value: "N", doc: "refuse unless N other usable NICs remain, 0 to 32; default 1" },
    RESULT_JSON,
    STATE,
  ],
  operands: ["NIC"],
  async run(input) {
    const min_redundancy = input.number("min-redundancy", 0, 32, 1);
    const [nic] = input.operands;
    await ask(input, "offline", { nic, min_redundancy });
    say(input, `${nic}: offline\n`, { nic, offline: true });
    return EXIT.OK;
  },
};

export const undoOffline: Command = {
  name: "undo-offline",
  summary: "bring a NIC back into use",
  synopsis: "NIC [--json] [--state DIR]",
  options: [RESULT_JSON, STATE],
  operands: ["NIC"],
  async run(input) {
    const [nic] = input.operands;
    await ask(input, "undo_offline", { nic });
    say(input, `${nic}: back in use\n`, { nic, offline: false });
    return EXIT.OK;
  },
};

export const standby: Command = {
  name: "standby",
  summary: "let a NIC stand by, or no longer",
  synopsis: "NIC on|off [--json] [--state DIR]",
  details: "Until the next start: what stays belongs into the configuration.",
  options: [RESULT_JSON, STATE],
  operands: ["NIC", "on|off"],
  async run(input) {
    const [nic, word] = input.operands;
    if (word !== "on" && word !== "off") throw new UsageError(`found "${word}"; allowed: on, off`);
    await ask(input, "standby", { nic, on: word === "on" });
    say(input, `${nic}: standby ${word}\n`, { nic, standby: word === "on" });
    return EXIT.OK;
  },
};
