// Undoes what a daemon that is no longer there has left: `holdfast down` after a kill -9 or an orderly stop.

import { rmSync } from "node:fs";
import { Rtnetlink } from "../net/rtnetlink.js";
import { Ledger } from "./ledger.js";
import { Log } from "./log.js";
import type { Paths } from "./paths.js";
import { dropPidfile, takePidfile } from "./pidfile.js";
import { Refusal } from "./refusal.js";
import { restoreMember } from "./seat.js";

/** Takes apart what the ledger of this state folder has; returns the groups' names. Warnings go to `warn`. */
export function cleanUp(paths: Paths, warn: (line: string) => void): string[] {
  const ledger = Ledger.open(paths.ledger);
  if (ledger.groups.size === 0)
    throw new Refusal("ENOTCONN", `the daemon is not running with state folder ${paths.dir}, and has left nothing there`);
  if (process.geteuid?.() !== 0) throw new Refusal("EPERM", "down: not root; needed: root, to remove the group interface");
  takePidfile(paths.pid);
  const net = new Rtnetlink();
  try {
    const log = new Log(warn);
    const names = [...ledger.groups.keys()];
    for (const name of names) {
      for (const member of Object.keys(ledger.group(name).members)) restoreMember({ net, ledger, log }, name, member);
      const nic = net.link(name);
      if (nic !== null) net.delLink(nic.ifindex);
      ledger.groups.delete(name);
      ledger.save();
    }
    for (const file of [paths.ledger, paths.snapshot, paths.socket]) rmSync(file, { force: true });
    return names;
  } finally {
    net.close();
    dropPidfile(paths.pid);
  }
}
