// Clearview row 3: a failover makes no netlink message about addresses, routes or links of the group.
import assert from "node:assert/strict";
import { once } from "node:events";
import { e2e } from "./gate.js";
import { eventually, FAMILIES, GROUP, Stage, sleep } from "./stage.js";
import { Traffic } from "./traffic.js";

/** One message of `ip -o monitor label all`. */
interface Message {
  /** LINK, ADDR, ROUTE, NEIGH, … */
  kind: string;
  text: string;
}

class Monitor {
  readonly messages: Message[] = [];

  constructor(private readonly child: ReturnType<Stage["host"]["spawn"]>) {
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (s: string) => {
      const lines = (rest + s).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const found = /^(?:\[[^\]]*\])*\[([A-Z]+)\](.*)$/.exec(line);
        if (found) this.messages.push({ kind: found[1], text: found[2] });
      }
    });
  }

  /** Messages about a device, without neighbour entries: those come and go with any traffic. */
  about(device: string): Message[] {
    const name = new RegExp(`(^|[\\s:@])${device}([\\s:@]|$)`);
    return this.messages.filter((m) => m.kind !== "NEIGH" && name.test(m.text));
  }

  async stop(): Promise<void> {
    const closed = once(this.child, "close");
    this.child.kill("SIGTERM");
    await closed;
  }
}

e2e("clearview ip monitor: a failover says nothing about addresses, routes or links of the group, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "monitor");
  const monitor = new Monitor(stage.host.spawn(["ip", "-o", "monitor", "label", "all"]));
  const traffic = [];
  for (const family of FAMILIES) traffic.push(await Traffic.start(stage, family));
  // The monitor has subscribed when it tells of a change; lo is changed for that.
  await eventually("the monitor tells of a change", async () => {
    stage.host.ip("addr add 127.0.7.7/32 dev lo");
    stage.host.ip("addr del 127.0.7.7/32 dev lo");
    assert.ok(monitor.about("lo").some((m) => m.kind === "ADDR"));
  });
  const at = monitor.messages.length;
  await stage.eachNic();
  for (const running of traffic) await running.stop();
  await sleep(500);
  assert.deepEqual(monitor.about(GROUP), [], "messages about the group during failover and repair");
  if (process.env.HOLDFAST_E2E_PLAIN !== "1")
    for (const nic of stage.nics)
      assert.ok(
        monitor.about(nic).some((m) => m.kind === "LINK" && m.text.includes("NO-CARRIER")),
        `the monitor told that ${nic} failed; it told ${monitor.messages.length - at} messages`,
      );
  // And it would have told: the same monitor sees what does happen to the group.
  stage.host.ip(`addr add 10.78.0.1/24 dev ${GROUP}`);
  await eventually("the monitor tells of the group's new address and route", async () => {
    const kinds = new Set(monitor.about(GROUP).map((m) => m.kind));
    assert.ok(kinds.has("ADDR") && kinds.has("ROUTE"), [...kinds].join());
  });
  await monitor.stop();
});
