// A fence agent whose power switch is a signal: it kills the process whose number it was given. For tests; it can also be all
// that an agent should not be.
//
//   action=off|on|status|monitor   pid=NUMBER   start=START TIME of that process (field 22 of /proc/PID/stat), so that a number
//   that belongs to somebody else by now is left alone   mode=good|hang|deaf|lie|garbage|fail|failed|children|silent|slow
//   note=FILE to which each action is appended

import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";

const told = new Map(
  readFileSync(0, "latin1")
    .split("\n")
    .filter((l) => l.includes("="))
    .map((l) => [l.slice(0, l.indexOf("=")), l.slice(l.indexOf("=") + 1)] as const),
);
const action = told.get("action") ?? "";
const mode = told.get("mode") ?? "good";
const pid = Number(told.get("pid"));
const note = told.get("note");
if (note !== undefined) appendFileSync(note, `${action}\n`);

/** Does the process live, and is it the one that was meant? */
function lives(): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] !== "Z" && (told.get("start") === undefined || fields[19] === told.get("start"));
  } catch {
    return false;
  }
}

async function off(): Promise<number> {
  if (lives()) process.kill(pid, "SIGKILL");
  while (lives()) await new Promise((done) => setTimeout(done, 10));
  return 0;
}

function status(): number {
  const on = lives();
  console.log(`Status: ${on ? "ON" : "OFF"}`);
  return on ? 0 : 2;
}

async function act(): Promise<number> {
  if (action === "monitor" || action === "on") return 0;
  return action === "off" ? off() : status();
}

const forever = (): Promise<never> => new Promise(() => setInterval(() => undefined, 1_000));

async function main(): Promise<number> {
  switch (mode) {
    case "hang":
      return action === "off" ? forever() : act();
    case "deaf":
      process.on("SIGTERM", () => undefined);
      return forever();
    case "lie":
      return action === "off" ? 0 : act();
    case "garbage":
      process.stdout.write(Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256)));
      return action === "status" ? 2 : 0;
    case "fail":
      console.error("Unable to connect/login to fencing device");
      return 1;
    case "failed":
      // It works, and says that it did not.
      return action === "off" ? (await off()) + 1 : act();
    case "children":
      // One in its group, one that went its own way; both hold its output.
      appendFileSync(`${note}`, `child ${spawn("sleep", ["1000"], { stdio: "inherit" }).pid}\n`);
      spawn("sleep", ["3"], { stdio: "inherit", detached: true }).unref();
      return act();
    case "silent":
      return action === "status" ? (lives() ? 0 : 2) : act();
    case "slow":
      // The plug takes its time: it is off when the status is asked for the second time.
      if (action !== "status") return 0;
      if (readFileSync(`${note}`, "latin1").split("status\n").length > 2) await off();
      return status();
    default:
      return act();
  }
}

main().then((code) => process.exit(code));
