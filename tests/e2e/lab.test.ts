// The lab removes everything it made, whatever ends it, and never touches what is not its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lab, LabError } from "../../host/lab/netns.js";
import { Lan } from "../../host/lab/topology.js";
import { e2e } from "./gate.js";
import { eventually } from "./stage.js";

const NETNS = join(dirname(fileURLToPath(import.meta.url)), "../../host/lab/netns.js");

function namespaces(prefix: string): string[] {
  try {
    return readdirSync("/run/netns").filter((n) => n.startsWith(`${prefix}-`));
  } catch {
    return [];
  }
}

/** A program that builds a lab of the prefix, says so with its pid, and then does what the body says. */
const program = (prefix: string, body: string): string => `
    const { Lab } = await import(${JSON.stringify(NETNS)});
    const lab = new Lab(${JSON.stringify(prefix)});
    const ns = lab.netns("a");
    ns.spawn(["sleep", "1000"], { stdio: "ignore" });
    console.log(process.pid);
    ${body}`;

/** Runs it in a process of its own. */
async function elsewhere(prefix: string, body: string): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program(prefix, body)], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  assert.deepEqual(namespaces(prefix), [`${prefix}-a`]);
  return child;
}

const WAIT = "setInterval(() => {}, 1000);";

e2e("lab: close removes namespaces with the processes in them, and may be called twice", [], async () => {
  const lab = new Lab("hfe-labclose");
  const lan = new Lan(lab, { nics: 2, peerAddresses: ["10.5.0.9/24"] });
  lan.host.addr("eth1", "10.5.0.1/24");
  await eventually("the peer answers", async () => assert.equal(lan.host.exec(["ping", "-c1", "-W1", "10.5.0.9"]).status, 0));
  const child = lan.host.spawn(["sleep", "1000"], { stdio: "ignore" });
  const gone = once(child, "exit");
  lab.close();
  await gone;
  assert.deepEqual(namespaces("hfe-labclose"), []);
  lab.close();
  assert.throws(() => lab.netns("late"), LabError);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  e2e(`lab: ${signal} ends the process and removes everything`, [], async () => {
    const prefix = `hfe-lab${signal.toLowerCase()}`;
    const child = await elsewhere(prefix, WAIT);
    const ended = once(child, "exit");
    child.kill(signal);
    assert.equal((await ended)[1], signal, "ended by the signal");
    assert.deepEqual(namespaces(prefix), []);
  });

e2e("lab: an uncaught error removes everything", [], async () => {
  const child = await elsewhere("hfe-laberror", 'setTimeout(() => { throw new Error("on purpose"); }, 300);');
  await once(child, "exit");
  assert.deepEqual(namespaces("hfe-laberror"), []);
});

e2e("lab: what a killed run left is removed by the next of the same prefix; a living one is not disturbed", [], async () => {
  const child = await elsewhere("hfe-labkill", WAIT);
  assert.throws(() => new Lab("hfe-labkill"), /in use by process/);
  assert.deepEqual(namespaces("hfe-labkill"), ["hfe-labkill-a"], "the living run's namespace");
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  assert.deepEqual(namespaces("hfe-labkill"), ["hfe-labkill-a"], "left over");
  const lab = new Lab("hfe-labkill");
  assert.deepEqual(namespaces("hfe-labkill"), []);
  lab.close();
});

e2e("lab: a killed run whose parent has not noticed yet is dead all the same", [], async (t) => {
  // exec replaces the shell by a program that never waits for its child: killed, that stays a zombie.
  const script = '"$0" --input-type=module -e "$1" & exec sleep 1000';
  const parent = spawn("sh", ["-c", script, process.execPath, program("hfe-labzombie", WAIT)], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => parent.kill());
  const [pid] = await once(parent.stdout, "data");
  process.kill(Number(pid), "SIGKILL");
  const state = (): string => readFileSync(`/proc/${Number(pid)}/stat`, "utf8").split(") ")[1][0];
  await eventually("it is a zombie", async () => assert.equal(state(), "Z"));
  new Lab("hfe-labzombie").close();
  assert.deepEqual(namespaces("hfe-labzombie"), []);
});

e2e("lab: a failing command names itself, its namespace and what it said", [], async (t) => {
  const lab = new Lab("hfe-labfail");
  t.after(() => lab.close());
  const ns = lab.netns("a");
  assert.throws(() => ns.ip("link set nosuch up"), /ip link set nosuch up in namespace hfe-labfail-a: status 1: .*nosuch/);
  await assert.rejects(ns.execAsync(["sh", "-c", "echo why >&2; exit 3"]), /status 3: why/);
  assert.throws(() => new Lab("no spaces"), /lab prefix "no spaces"/);
});
