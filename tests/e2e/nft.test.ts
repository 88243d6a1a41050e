// Clearview row 2: packet filter rules on the group match its traffic before, during and after a failover.
//
// Over each fault the rules' counters must grow by exactly what the applications sent and received.
import assert from "node:assert/strict";
import { Program, udpReport } from "../../host/lab/program.js";
import { clearview } from "./clearview.js";
import { DATA, FAMILIES, type Family, GROUP, PEER, type Stage, sleep } from "./stage.js";

/** A table that counts the streams by interface and direction, and would show them on any other interface. */
const RULES = `
table inet e2e {
${FAMILIES.flatMap((f) => [`out${f}`, `in${f}`, `other${f}`])
  .map((name) => `  counter ${name} { }`)
  .join("\n")}
  chain output { type filter hook output priority 0; policy accept;
${FAMILIES.map((f) => `    meta nfproto ipv${f} oifname "${GROUP}" udp dport 600${f} counter name out${f}`).join("\n")}
${FAMILIES.map((f) => `    meta nfproto ipv${f} oifname != "${GROUP}" udp dport 600${f} counter name other${f}`).join("\n")}
  }
  chain input { type filter hook input priority 0; policy accept;
${FAMILIES.map((f) => `    meta nfproto ipv${f} iifname "${GROUP}" udp dport 700${f} counter name in${f}`).join("\n")}
${FAMILIES.map((f) => `    meta nfproto ipv${f} iifname != "${GROUP}" udp dport 700${f} counter name other${f}`).join("\n")}
  }
}
`;

type Counts = Record<string, number>;

function counters(stage: Stage): Counts {
  const { nftables } = JSON.parse(stage.host.exec(["nft", "-j", "list", "counters"]).stdout) as {
    nftables: { counter?: { name: string; packets: number } }[];
  };
  return Object.fromEntries(nftables.flatMap((o) => (o.counter ? [[o.counter.name, o.counter.packets]] : [])));
}

/** Begins to send both ways; the function it returns ends that and tells what the applications of the host saw. */
async function start(stage: Stage, family: Family): Promise<() => Promise<{ sent: number; received: number }>> {
  const [data] = DATA[family];
  const into = 7000 + family;
  const receiver = await Program.start(stage.host, "udp_receive", { address: data, port: into });
  const common = { rate: 500, flows: 4 };
  const sender = await Program.start(stage.host, "udp_send", { to: PEER[family], from: data, port: 6000 + family, ...common });
  const remote = await Program.start(stage.peer, "udp_send", { to: data, from: PEER[family], port: into, ...common });
  return async () => {
    const { sent } = await sender.stop();
    await remote.stop();
    await sleep(200);
    return { sent, received: (await udpReport(receiver)).received };
  };
}

clearview({
  name: "nft: rules on the group count its traffic, IPv4 and IPv6",
  lab: "nft",
  needs: ["nft"],
  async open(stage) {
    stage.host.exec(["nft", "-f", "-"], { input: RULES });
    return async (fault) => {
      const before = counters(stage);
      const running = await Promise.all(FAMILIES.map((f) => start(stage, f)));
      const judge = async (): Promise<void> => {
        const seen = await Promise.all(running.map((stop) => stop()));
        const after = counters(stage);
        for (const [i, family] of FAMILIES.entries()) {
          const grown = (name: string): number => after[`${name}${family}`] - before[`${name}${family}`];
          assert.ok(seen[i].received > 0, `IPv${family}, ${fault.name}: something was received`);
          assert.equal(grown("out"), seen[i].sent, `IPv${family}, ${fault.name}: the rule counted what was sent`);
          assert.equal(grown("in"), seen[i].received, `IPv${family}, ${fault.name}: the rule counted what was received`);
          assert.equal(grown("other"), 0, `IPv${family}, ${fault.name}: nothing by another interface`);
        }
      };
      return { judge };
    };
  },
});
