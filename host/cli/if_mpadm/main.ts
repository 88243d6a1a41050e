// `if_mpadm` from the words to the end: takes a NIC out of use with its own addresses (-d), or brings it back (-r).
//
// Invariants: the order is the original's (R3.2): -d moves the traffic, then takes the NIC's addresses down; -r brings
// them up, then the NIC into use; what is refused has changed nothing.

import { request } from "../../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../../daemon/paths.js";
import { Refusal } from "../../daemon/refusal.js";
import { UsageError } from "../command.js";
import { type Letters, readLetters } from "../letters.js";
import { TOOL_EXIT } from "../tool.js";

export const USAGE = `usage: if_mpadm -d NIC | -r NIC [--state DIR]
  -d  out of use: addresses and traffic move to the group's other NICs
  -r  back into use
`;

export const LETTERS: Letters = { flags: [], valued: ["d", "r"], long: ["state"] };

export interface Deed {
  /** "-d" or "-r" */
  offline: boolean;
  nic: string;
  state: string;
}

/** Reads the command line; null if help is asked for. */
export function readDeed(words: readonly string[]): Deed | null {
  const { given, operands, help } = readLetters(words, LETTERS);
  if (help) return null;
  const deeds = given.filter(([letter]) => letter === "d" || letter === "r");
  if (operands.length > 0) throw new UsageError(`unexpected "${operands[0]}"`);
  if (deeds.length !== 1) throw new UsageError(`found ${deeds.length} of them; needed: exactly one of -d NIC, -r NIC`);
  const [[letter, nic]] = deeds;
  if (nic === "") throw new UsageError(`option -${letter} needs a value: the name of a NIC`);
  return { offline: letter === "d", nic, state: given.findLast(([l]) => l === "state")?.[1] ?? DEFAULT_STATE_DIR };
}

/** The original's reasons, by the daemon's code; others speak for themselves. */
const REASONS: Readonly<Record<string, string>> = {
  EMINRED: "no other functioning interfaces are in its IPMP group",
  EALREADY: "already offline",
  EINVAL: "not offline",
  EHWADDRDUP: "its hardware address is in use by another interface of its IPMP group",
};

/** What is printed when the daemon refuses. */
export function complaint({ offline, nic }: Deed, { code, message }: Pick<Refusal, "code" | "message">): string {
  const what = `cannot ${offline ? "offline" : "undo the offline of"} ${nic}`;
  // which NICs there are, the daemon knows
  if (code === "ENODEV") return `${what}: not a physical interface or not in an IPMP group (${message})`;
  const reason = REASONS[code];
  return reason === undefined ? message : `${what}: ${reason}`;
}

export async function main(words: readonly string[]): Promise<number> {
  const deed = readDeed(words);
  if (deed === null) {
    process.stdout.write(USAGE);
    return TOOL_EXIT.OK;
  }
  const { socket } = pathsOf(deed.state);
  try {
    if (deed.offline) await request(socket, "offline", { nic: deed.nic, min_redundancy: 1, down: true });
    else await request(socket, "undo_offline", { nic: deed.nic });
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    throw new Refusal(e.code, complaint(deed, e));
  }
  return TOOL_EXIT.OK;
}
