// Metrics of a daemon at work: asked over HTTP, over a Unix socket, read from a file; while links fail, over a reload and
// an exchange of the program; and clients that are no Prometheus.

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Family, parse } from "../metrics/parse.js";
import { Bed, onDevices, two } from "./bed.js";

const at = (listen: string, more = ""): string => `${two(more)}[metrics]\nlisten = "${listen}"\n`;

/** What a server in the host answers, raw. */
function ask(bed: Bed, to: string, request: string): string {
  const [host, port] = to.startsWith("/") ? [to, ""] : to.split(":");
  const script = `
    const s = require("node:net").connect(${port ? `${port}, "${host}"` : `"${host}"`});
    let text = "";
    s.on("data", (d) => { text += d; });
    s.on("error", () => {});
    s.on("close", () => process.stdout.write(text));
    s.write(Buffer.from("${Buffer.from(request, "latin1").toString("base64")}", "base64"));`;
  return bed.host.exec([process.execPath, "-e", script], { allowFailure: true, timeoutMs: 20_000 }).stdout;
}

const GET = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const body = (answer: string): string => answer.slice(answer.indexOf("\r\n\r\n") + 4);
const scrape = (bed: Bed, to: string): Family[] => parse(body(ask(bed, to, GET)));

function value(families: Family[], name: string, labels: Record<string, string> = {}): number | undefined {
  return families.flatMap((f) => f.samples).find((s) => s.name === name && Object.entries(labels).every(([k, v]) => s.labels[k] === v))
    ?.value;
}

onDevices("over HTTP: states and counters of a group, and how long its failovers took", async (t) => {
  const bed = new Bed(t);
  bed.host.ip("link set lo up");
  const to = "127.0.0.1:9500";
  bed.write(at(to, "flap_max = 0\n"));
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 3));
  const first = scrape(bed, to);
  assert.equal(value(first, "holdfast_group_state", { group: "ipmp0", state: "ok" }), 1);
  assert.equal(value(first, "holdfast_group_members_active", { family: "ipv4" }), 2);
  assert.equal(value(first, "holdfast_member_state", { nic: "eth1", state: "running" }), 1);
  assert.equal(value(first, "holdfast_group_addresses"), 3);
  assert.ok(bed.ping("10.8.0.2"));
  for (const nic of ["eth1", "eth2"]) {
    bed.lan.cut(nic);
    await bed.until(() => assert.equal(bed.member(nic).state, "failed"));
    bed.lan.repair(nic);
    await bed.until(() => assert.equal(bed.member(nic).state, "running"));
  }
  const then = scrape(bed, to);
  assert.equal(value(then, "holdfast_failovers_total", { group: "ipmp0", cause: "link" }), 2);
  assert.equal(value(then, "holdfast_failover_duration_seconds_count", { group: "ipmp0" }), 2);
  const sum = value(then, "holdfast_failover_duration_seconds_sum", { group: "ipmp0" }) ?? 0;
  t.diagnostic(`two failovers took ${(sum * 1000).toFixed(2)} ms by the metrics`);
  assert.ok(sum > 0 && sum < 2, `${sum} s`);
  assert.ok((value(then, "holdfast_group_transmit_packets_total") ?? 0) > (value(first, "holdfast_group_transmit_packets_total") ?? 0));
  // no counter has decreased
  for (const f of first.filter((x) => x.type === "counter"))
    for (const s of f.samples) assert.ok((value(then, s.name, s.labels) ?? -1) >= s.value, `${s.name} ${JSON.stringify(s.labels)}`);
  // a member that leaves takes its series with it, not its share of the totals
  const before = value(then, "holdfast_group_transmit_packets_total") ?? 0;
  bed.host.ip("link del eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "absent"));
  const gone = scrape(bed, to);
  assert.ok((value(gone, "holdfast_group_transmit_packets_total") ?? 0) >= before);
  assert.equal(value(gone, "holdfast_member_transmit_packets_total", { nic: "eth1" }), undefined);
  assert.equal(value(gone, "holdfast_member_state", { nic: "eth1", state: "absent" }), 1);
  assert.deepEqual(
    parse(bed.ok("metrics")).map((f) => f.name),
    gone.map((f) => f.name),
  );
});

onDevices("where they are published follows a reload and an exchange; what cannot be is refused with nothing changed", async (t) => {
  const bed = new Bed(t);
  bed.host.ip("link set lo up");
  const socket = join(bed.state, "metrics.sock");
  const file = join(bed.dir, "holdfast.prom");
  bed.write(two());
  bed.up();
  assert.equal(ask(bed, "127.0.0.1:9500", GET), "");
  bed.write(`${at("127.0.0.1:9500")}textfile = "${file}"\ntextfile_interval_s = 1\n`);
  assert.equal(bed.ok("reload"), `metrics: served at 127.0.0.1:9500\nmetrics: written to ${file}\n`);
  scrape(bed, "127.0.0.1:9500");
  const written = statSync(file);
  assert.equal(written.mode & 0o777, 0o644);
  parse(readFileSync(file, "utf8"));
  await bed.until(() => assert.notEqual(statSync(file).ino, written.ino, "written anew"));
  assert.match(bed.ok("reload", "--binary"), /has taken over/);
  await bed.until(() => assert.equal(value(scrape(bed, "127.0.0.1:9500"), "holdfast_group_state", { state: "ok" }), 1));
  // somebody else's address; a folder that is not there
  bed.write(at("192.0.2.1:9500"));
  assert.match(bed.refused("reload"), /^holdfast: metrics\.listen: cannot listen at 192\.0\.2\.1:9500: .*EADDRNOTAVAIL/);
  bed.write(`${at("127.0.0.1:9501", "mtu = 1400\n")}textfile = "/nowhere/x.prom"\n`);
  assert.match(bed.refused("reload"), /^holdfast: metrics\.textfile: \/nowhere\/x\.prom cannot be written: ENOENT/);
  assert.equal(bed.group().mtu, 1500);
  assert.equal(value(scrape(bed, "127.0.0.1:9500"), "holdfast_config_last_reload_successful"), 0);
  assert.ok(existsSync(file));
  // the groups are refused: the metrics go back, too
  bed.write(at("127.0.0.1:9501").replace('"eth2"]', '"eth9"]'));
  assert.match(bed.refused("reload"), /eth9: no such interface/);
  scrape(bed, "127.0.0.1:9500");
  assert.equal(ask(bed, "127.0.0.1:9501", GET), "");
  bed.write(at(`unix:${socket}`));
  assert.equal(bed.ok("reload"), `metrics: served at unix:${socket}\nmetrics: no longer written\n`);
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  assert.equal(existsSync(file), false);
  scrape(bed, socket);
  assert.equal(ask(bed, "127.0.0.1:9500", GET), "");
  bed.ok("down");
  assert.equal(existsSync(socket), false);
  // a start where it cannot be had makes no group
  bed.write(at("192.0.2.1:9500"));
  assert.match(bed.refused("up", "-c", bed.config), /metrics\.listen: cannot listen at 192\.0\.2\.1:9500/);
  assert.equal(bed.has("ipmp0"), false);
});

onDevices("clients that are no Prometheus get an error or the end, and frames go on", async (t) => {
  const bed = new Bed(t);
  bed.host.ip("link set lo up");
  const to = "127.0.0.1:9500";
  bed.write(at(to));
  bed.up();
  const status = (request: string): string => ask(bed, to, request).split("\r\n")[0];
  const line = (text: string): string => `${text} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  assert.equal(status(line("GET /")), "HTTP/1.1 404 Not Found");
  assert.equal(status(line("GET /metrics/../../etc/passwd")), "HTTP/1.1 404 Not Found");
  assert.equal(status(line("POST /metrics")), "HTTP/1.1 405 Method Not Allowed");
  assert.equal(body(ask(bed, to, line("HEAD /metrics"))), "");
  assert.equal(status("\x00\xff\x16\x03\x01garbage\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  assert.equal(status(`GET /metrics HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n\r\n`), "HTTP/1.1 431 Request Header Fields Too Large");
  assert.equal(status("GET /metr"), "HTTP/1.1 408 Request Timeout", "who does not end its request");
  // more connections than are taken, all of them silent
  const script = `for (let i = 0; i < 200; i++) require("node:net").connect(9500, "127.0.0.1").on("error", () => {}); setTimeout(() => process.exit(), 3000)`;
  const flood = bed.host.spawn([process.execPath, "-e", script]);
  assert.ok(bed.ping("10.8.0.2"));
  assert.equal(bed.group().state, "ok");
  await new Promise((resolve) => flood.once("exit", resolve));
  await bed.until(() => scrape(bed, to), 10_000);
});
