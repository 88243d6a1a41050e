// The manual of the tools under the original's names: ipmpstat and if_mpadm.

import { ADDRESS_FIELDS, type Field, GROUP_FIELDS, MEMBER_FIELDS, PROBE_FIELDS, TARGET_FIELDS } from "../ipmpstat/fields.js";
import { NAMES_MS } from "../ipmpstat/names.js";
import { heading, item, nameLine, page, paragraph, subheading, title, verbatim } from "./roff.js";

/** What each column says, by mode. */
const MEANS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  a: {
    ADDRESS: "the data address",
    STATE: "up, or down (not in use, or another host has it too)",
    GROUP: "the group's interface",
    INBOUND: "the NIC whose hardware address peers are told",
    OUTBOUND: "the NICs that may send with it as source",
  },
  g: {
    GROUP: "the group's interface",
    GROUPNAME: "the group's name, here always the same",
    STATE: "ok: every NIC is usable; degraded: some are; failed: none is",
    FDT: "failure detection time by probes; empty while nothing is probed",
    INTERFACES: "NICs at work, then (those that wait), then [those that are unusable]",
  },
  i: {
    INTERFACE: "the NIC",
    ACTIVE: "yes if it carries data traffic",
    GROUP: "the group's interface",
    FLAGS: "seven letters, each - if not set: see below",
    LINK: "up or down",
    PROBE: "ok, failed, unknown (no target yet) or disabled",
    STATE: "ok, failed, offline or unknown",
  },
  p: {
    TIME: "when the probe was sent, since the start of the output",
    INTERFACE: "the NIC",
    PROBE: "its number",
    NETRTT: "from sending to the arrival of the answer; empty if it was lost",
    RTT: "from sending until the answer was processed; empty if it was lost",
    RTTAVG: "the target's smoothed round trip time",
    TARGET: "who was probed",
    RTTDEV: "mean deviation of the round trip time; only if asked for with -o: it does not fit on the screen",
  },
  t: {
    INTERFACE: "the NIC; one line for each family it probes in",
    MODE: "disabled, routes (routers of the routing table) or multicast (whoever answers)",
    TESTADDR: "the address probes leave with",
    TARGETS: "in the order in which they are probed",
  },
};

const MODES: readonly [string, string, readonly Field<never>[]][] = [
  ["a", "data addresses", ADDRESS_FIELDS],
  ["g", "groups", GROUP_FIELDS],
  ["i", "interfaces", MEMBER_FIELDS],
  ["p", "probes, as they are answered or lost, until interrupted", PROBE_FIELDS],
  ["t", "probe targets", TARGET_FIELDS],
];

const FLAGS: readonly [string, string][] = [
  ["i", "inactive: fit, but not needed"],
  ["s", "standby"],
  ["m", "takes and sends the group's IPv4 multicast"],
  ["b", "takes and sends the group's IPv4 broadcast"],
  ["M", "takes and sends the group's IPv6 multicast"],
  ["d", "down: none of its own addresses is up"],
  ["h", "set aside: its hardware address is also another's"],
];

/** Every column with what it says; one without words would be a mistake of this page. */
function columns(mode: string, fields: readonly Field<never>[]): string {
  return fields
    .map((f) => {
      const means = MEANS[mode][f.name];
      if (means === undefined) throw new Error(`the manual of ipmpstat says nothing of ${f.name} in -${mode}`);
      return item(f.name, means);
    })
    .join("");
}

const ipmpstat = page(
  title("ipmpstat", 8),
  nameLine("ipmpstat", "show groups of NICs in the columns of the original"),
  heading("Synopsis"),
  ".B ipmpstat\n[\\-n] [\\-o FIELD[,...]|all [\\-P]] \\-a|\\-g|\\-i|\\-p|\\-t [\\-\\-state DIR]\n",
  heading("Description"),
  paragraph("Shows what the daemon of holdfast knows, in one of five modes. Letters may stand together, as in -an."),
  heading("Options"),
  ...MODES.map(([mode, what]) => item(`-${mode}`, what)),
  item(
    "-n",
    `addresses as they are. Without it their names, by the system's resolver; what has no name, or none within ${NAMES_MS / 1000} ` +
      "seconds, is shown as it is",
  ),
  item("-o FIELD[,...]", "these columns in this order, in upper or lower case; all: every one of the mode"),
  item(
    "-P",
    "for programs: no header, ':' between values, nothing for an empty value; with more than one field, ':' and '\\' in a value have a '\\' before them",
  ),
  item("--state DIR", "state folder of the daemon; default /run/holdfast"),
  item("--help", "how to use it"),
  heading("Columns"),
  ...MODES.map(([mode, what, fields]) => subheading(`-${mode}: ${what.split(",")[0]}`) + columns(mode, fields)),
  subheading("Flags"),
  ...FLAGS.map(([letter, means]) => item(letter, means)),
  paragraph("For people, an empty value is --, one that cannot be told is ?, with the reason on standard error."),
  heading("Exit status"),
  item("0", "done; an unknown field was warned of, if some other was known"),
  item(
    "1",
    "the command line is wrong, a field is unknown or a value cannot be told with -P, no field is left, nobody probes (-p), the daemon is not running",
  ),
  heading("Examples"),
  verbatim(
    "ipmpstat -g\nipmpstat -ia -o interface,state       # refused: one mode at a time\nipmpstat -iPo interface,state | while IFS=: read -r nic state; do ...; done",
  ),
  heading("Differences from the original"),
  paragraph(
    "A configured NIC that is not there is not shown. A group's interface and its name are the same. What the original shows of " +
      "groups without a name does not exist here. --state and --help are additions. -L is taken and changes nothing: the daemon's " +
      "answer is always the present.",
  ),
  heading("See also"),
  ".BR holdfast (8),\n.BR if_mpadm (8)\n",
);

const ifMpadm = page(
  title("if_mpadm", 8),
  nameLine("if_mpadm", "take a NIC of a group out of use, and back"),
  heading("Synopsis"),
  ".B if_mpadm\n\\-d NIC | \\-r NIC [\\-\\-state DIR]\n",
  heading("Description"),
  item(
    "-d NIC",
    "moves addresses and traffic to the group's other NICs, then takes the NIC's own addresses down. Refused unless another NIC of the group works",
  ),
  item("-r NIC", "brings the NIC's own addresses up, then the NIC back into use"),
  item("--state DIR", "state folder of the daemon; default /run/holdfast"),
  item("--help", "how to use it"),
  heading("Exit status"),
  item("0", "done"),
  item(
    "1",
    "nothing was changed: the command line is wrong, no other functioning interface is in the group, the NIC is not in a group, it is " +
      "offline already (-d) or not offline (-r), its hardware address is meanwhile in use by another NIC of its group (-r), the daemon " +
      "is not running",
  ),
  heading("Differences from the original"),
  paragraph(
    "A member has no address of its own in the kernel here. What goes down and up is what the daemon holds for it: its test address, or " +
      'the placeholder that lets a NIC without one carry traffic. While it is down, ipmpstat shows the flag d. "holdfast offline" leaves ' +
      'it up; "holdfast undo-offline" brings it up as -r does. A restart of the daemon brings it up, and the NIC stays offline.',
  ),
  heading("See also"),
  ".BR holdfast (8),\n.BR ipmpstat (8)\n",
);

export const TOOL_PAGES: readonly [string, string][] = [
  ["ipmpstat.8", ipmpstat],
  ["if_mpadm.8", ifMpadm],
];
