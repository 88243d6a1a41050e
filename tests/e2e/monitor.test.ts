// Clearview row 3: a failover makes no netlink message about addresses, routes or links of the group.
import assert from "node:assert/strict";
import { once } from "node:events";
import { clearview } from "./clearview.js";
import { eventually, FAMILIES, GROUP, type Stage, sleep } from "./stage.js";
import { Traffic } from "./traffic.js";

/** One message of `ip -o monitor label all`. */
interface Message {
  /** LINK, ADDR, ROUTE, NEIGH, … */
  kind: string;
  text: string;
}

/** Only the carrier of the interface went or came. */
const isCarrier = (m: Message): boolean => m.kind === "LINK";

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

/** The monitor has subscribed when it tells of a change; lo is changed for that. */
async function started(stage: Stage): Promise<Monitor> {
  const monitor = new Monitor(stage.host.spawn(["ip", "-o", "monitor", "label", "all"]));
  await eventually("the monitor tells of a change", async () => {
    stage.host.ip("addr add 127.0.7.7/32 dev lo");
    stage.host.ip("addr del 127.0.7.7/32 dev lo");
    assert.ok(monitor.about("lo").some((m) => m.kind === "ADDR"));
  });
  return monitor;
}

clearview({
  name: "ip monitor: nothing is said about addresses, routes or links of the group, IPv4 and IPv6",
  lab: "monitor",
  needs: [],
  open: async (stage, t) => {
    await t.test("the monitor tells what does happen to the group", async () => {
      const monitor = await started(stage);
      stage.host.ip(`addr add 10.78.0.1/24 dev ${GROUP}`);
      await eventually("the monitor tells of the group's new address and route", async () => {
        const kinds = new Set(monitor.about(GROUP).map((m) => m.kind));
        assert.ok(kinds.has("ADDR") && kinds.has("ROUTE"), [...kinds].join());
      });
      await monitor.stop();
    });
    return async (fault, sub) => {
      const traffic = await Promise.all(FAMILIES.map((f) => Traffic.start(stage, f)));
      const monitor = await started(stage);
      const judge = async (): Promise<void> => {
        for (const running of traffic) await running.stop();
        await sleep(500);
        await monitor.stop();
        sub.diagnostic(`${fault.name}: ${monitor.messages.length} messages, ${monitor.about(GROUP).length} about the group`);
        assert.deepEqual(
          monitor.about(GROUP).filter((m) => !(fault.away && isCarrier(m))),
          [],
          "messages about the group",
        );
      };
      return { judge };
    };
  },
});
