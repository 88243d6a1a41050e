// `holdfast down`: ends the daemon and takes the groups apart, or cleans up after one that is gone.

import { request } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, type Paths, pathsOf } from "../daemon/paths.js";
import { livingPid } from "../daemon/pidfile.js";
import { Refusal } from "../daemon/refusal.js";
import { type Command, EXIT, RESULT_JSON, STATE, say } from "./command.js";

/** Longest wait for the process to be gone after it has answered. */
const END_MS = 120_000;

export const down: Command = {
  name: "down",
  summary: "stop the daemon, remove the group interfaces, give the NICs back",
  synopsis: "[--keep] [--json] [--state DIR]",
  details: "Works also after the daemon was killed: its state folder tells what is to be undone.",
  options: [{ name: "keep", doc: "only stop the daemon: interfaces and addresses stay for the next start" }, RESULT_JSON, STATE],
  operands: [],
  async run(input) {
    const paths = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    const pid = livingPid(paths.pid);
    if (pid === null) {
      if (input.has("keep")) throw new Refusal("ENOTCONN", `the daemon is not running with state folder ${paths.dir}`);
      const { cleanUp } = await import("../daemon/cleanup.js");
      const names = cleanUp(paths, (line) => process.stderr.write(line));
      say(input, `holdfast: ${names.join(", ")}: removed; the daemon was not running\n`, { kept: false, running: false, removed: names });
      return EXIT.OK;
    }
    await request(paths.socket, "down", { keep: input.has("keep") });
    await gone(paths, pid);
    const kept = input.has("keep");
    say(input, kept ? "holdfast: stopped; the interfaces stay\n" : "holdfast: stopped; the interfaces are removed\n", {
      kept,
      running: true,
    });
    return EXIT.OK;
  },
};

async function gone(paths: Paths, pid: number): Promise<void> {
  for (const end = Date.now() + END_MS; Date.now() < end; ) {
    if (livingPid(paths.pid) !== pid) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Refusal("ETIMEDOUT", `the daemon has answered but its process ${pid} does not end; see ${paths.log}`);
}
