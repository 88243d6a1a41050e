// `holdfast offline`, `undo-offline`, `standby`: what an administrator does to one member. Each is one request to the
// daemon, so they stand together.

import { request } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import { type Command, EXIT, type Input, STATE, UsageError } from "./command.js";

const ask = (input: Input, cmd: string, args: Record<string, unknown>): Promise<unknown> =>
  request(pathsOf(input.value("state", DEFAULT_STATE_DIR)).socket, cmd, args);

export const offline: Command = {
  name: "offline",
  summary: "take a NIC out of use, for maintenance",
  synopsis: "NIC [--min-redundancy N] [--state DIR]",
  details: "Its addresses and traffic move to the group's other NICs before the command returns.",
  options: [{ name: "min-redundancy", value: "N", doc: "refuse unless N other usable NICs remain, 0 to 32; default 1" }, STATE],
  operands: ["NIC"],
  async run(input) {
    const text = input.value("min-redundancy", "1");
    const min = Number(text);
    if (!/^\d{1,2}$/.test(text) || min > 32) throw new UsageError(`--min-redundancy: found "${text}"; allowed: 0 to 32`);
    await ask(input, "offline", { nic: input.operands[0], min_redundancy: min });
    process.stdout.write(`${input.operands[0]}: offline\n`);
    return EXIT.OK;
  },
};

export const undoOffline: Command = {
  name: "undo-offline",
  summary: "bring a NIC back into use",
  synopsis: "NIC [--state DIR]",
  options: [STATE],
  operands: ["NIC"],
  async run(input) {
    await ask(input, "undo_offline", { nic: input.operands[0] });
    process.stdout.write(`${input.operands[0]}: back in use\n`);
    return EXIT.OK;
  },
};

export const standby: Command = {
  name: "standby",
  summary: "let a NIC stand by, or no longer",
  synopsis: "NIC on|off [--state DIR]",
  details: "Until the next start: what stays belongs into the configuration.",
  options: [STATE],
  operands: ["NIC", "on|off"],
  async run(input) {
    const [nic, word] = input.operands;
    if (word !== "on" && word !== "off") throw new UsageError(`found "${word}"; allowed: on, off`);
    await ask(input, "standby", { nic, on: word === "on" });
    process.stdout.write(`${nic}: standby ${word}\n`);
    return EXIT.OK;
  },
};
