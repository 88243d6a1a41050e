// `ipmpstat` from the words to the output: asks the daemon, resolves names, writes rows.
//
// Invariants: a value that cannot be told is "?" for people, with the reason on standard error, and the end for programs;
// the stream of probes (-p) ends with the daemon, or when it is interrupted.

import { follow, request } from "../../daemon/client.js";
import { pathsOf } from "../../daemon/paths.js";
import type { ProbeRecord } from "../../daemon/probe_report.js";
import { Refusal } from "../../daemon/refusal.js";
import type { StatusReport } from "../../daemon/report.js";
import { TOOL_EXIT } from "../tool.js";
import {
  ADDRESS_FIELDS,
  addressesOf,
  addressRows,
  type Field,
  GROUP_FIELDS,
  MEMBER_FIELDS,
  memberRows,
  type NameOf,
  PROBE_FIELDS,
  TARGET_FIELDS,
  targetRows,
  Untold,
} from "./fields.js";
import { AddressNames } from "./names.js";
import { header, humanRow, parsableRow, UNKNOWN } from "./table.js";
import { chooseFields, type Mode, readWords, type Wanted } from "./words.js";

export const USAGE = `usage: ipmpstat [-n] [-o FIELD[,...]|all [-P]] -a|-g|-i|-p|-t [--state DIR]
  -a  addresses   -g  groups   -i  interfaces   -p  probes, until interrupted   -t  probe targets
  -n  addresses instead of names   -o  these fields   -P  for programs: no header, ":" between fields
`;

/** Where output goes, and what is said about it. */
export interface Out {
  write(text: string): void;
  warn(text: string): void;
}

/** Header and rows of one mode. */
export function render<Row>(rows: readonly Row[], known: readonly Field<Row>[], wanted: Wanted, nameOf: NameOf, out: Out): void {
  const fields = chooseFields(known, wanted, (text) => out.warn(text));
  if (!wanted.parsable) out.write(header(fields));
  for (const row of rows) writeRow(row, fields, wanted, nameOf, out);
}

export function writeRow<Row>(row: Row, fields: readonly Field<Row>[], wanted: Wanted, nameOf: NameOf, out: Out): void {
  const cells = fields.map((f) => {
    try {
      return f.value(row, nameOf);
    } catch (e) {
      if (!(e instanceof Untold) || wanted.parsable) throw e instanceof Untold ? new Refusal("ENODATA", e.message) : e;
      out.warn(e.message);
      return UNKNOWN;
    }
  });
  out.write(wanted.parsable ? parsableRow(cells) : humanRow(fields, cells));
}

/** A report in any mode but -p. */
export function renderReport(report: StatusReport, wanted: Wanted, nameOf: NameOf, out: Out): void {
  const modes: Record<Exclude<Mode, "p">, () => void> = {
    a: () => render(addressRows(report), ADDRESS_FIELDS, wanted, nameOf, out),
    g: () => render(report.groups, GROUP_FIELDS, wanted, nameOf, out),
    i: () => render(memberRows(report), MEMBER_FIELDS, wanted, nameOf, out),
    t: () => render(targetRows(report), TARGET_FIELDS, wanted, nameOf, out),
  };
  if (wanted.mode !== "p") modes[wanted.mode]();
}

/** Rows for probes as they are answered or lost. Returns what takes one. */
export function probeWriter(wanted: Wanted, began: number, nameOf: NameOf, out: Out): (probe: ProbeRecord) => void {
  const fields = chooseFields(PROBE_FIELDS, wanted, (text) => out.warn(text));
  if (!wanted.parsable) out.write(header(fields));
  return (probe) => {
    if (probe.state !== "sent") writeRow({ probe, began }, fields, wanted, nameOf, out);
  };
}

const OUT: Out = {
  write: (text) => void process.stdout.write(text),
  warn: (text) => void process.stderr.write(`ipmpstat: ${text}\n`),
};

/** Fields that are not there are told before the daemon is asked for anything. */
function checkFields(wanted: Wanted): void {
  const known = { a: ADDRESS_FIELDS, g: GROUP_FIELDS, i: MEMBER_FIELDS, p: PROBE_FIELDS, t: TARGET_FIELDS }[wanted.mode];
  chooseFields<{ name: string; width: number }>(known, wanted, () => undefined);
}

export async function main(words: readonly string[]): Promise<number> {
  const wanted = readWords(words);
  if (wanted === null) {
    process.stdout.write(USAGE);
    return TOOL_EXIT.OK;
  }
  checkFields(wanted);
  const { socket } = pathsOf(wanted.state);
  const report = (await request(socket, "status")) as StatusReport;
  const names = new AddressNames();
  if (wanted.mode === "p") return probes(socket, report, wanted, names);
  const { data, probing } = addressesOf(report);
  const shown = { a: data, g: [], i: [], t: probing }[wanted.mode];
  if (!wanted.numeric) await names.learn(shown);
  renderReport(report, wanted, names.nameOf, OUT);
  return TOOL_EXIT.OK;
}

async function probes(socket: string, report: StatusReport, wanted: Wanted, names: AddressNames): Promise<number> {
  const probed = memberRows(report).some(({ member }) => (member.probing?.state ?? "disabled") !== "disabled");
  if (!probed) throw new Refusal("ENODATA", "no interface is probed: there is nothing to show");
  const write = probeWriter(wanted, Date.now(), names.nameOf, OUT);
  if (!wanted.numeric) await names.learn(addressesOf(report).probing);
  // a target that is new is asked for beside the stream: its name stands from the next probe on
  const take = (probe: ProbeRecord): void => {
    if (!wanted.numeric) void names.learn([probe.target]);
    write(probe);
  };
  await follow(socket, (record) => take(record as ProbeRecord), { cmd: "probes" });
  OUT.warn("the daemon has stopped");
  return TOOL_EXIT.OK;
}
