// Clearview row 7: TCP connections live through failovers: no reset, content exact, no stall beyond the failover.
import assert from "node:assert/strict";
import { type Line, Program } from "../../host/lab/program.js";
import { clearview } from "./clearview.js";
import { e2e } from "./gate.js";
import { DATA, eventually, FAMILIES, type Family, PEER, Stage, sleep } from "./stage.js";

/** A failover costs TCP at most a retransmission time-out or two; far more than that is allowed here. */
const STALL_MAX_MS = 10_000;
const PORT = 5010;

interface Connection {
  what: string;
  server: Program;
  client: Program;
}

/** Two connections of one family: opened from the group, and to the group. */
async function connections(stage: Stage, family: Family): Promise<Connection[]> {
  const [first, second] = DATA[family];
  const outServer = await Program.start(stage.peer, "tcp", { address: PEER[family], port: PORT });
  const outClient = await Program.start(stage.host, "tcp", { to: PEER[family], from: first, port: PORT });
  const inServer = await Program.start(stage.host, "tcp", { address: second, port: PORT });
  const inClient = await Program.start(stage.peer, "tcp", { to: second, port: PORT });
  return [
    { what: `IPv${family} from the group`, server: outServer, client: outClient },
    { what: `IPv${family} to the group`, server: inServer, client: inClient },
  ];
}

function assertSound(what: string, here: Line, there: Line): void {
  for (const [side, r] of Object.entries({ here, there })) {
    assert.equal(r.error, null, `${what}, ${side}: no reset`);
    assert.equal(r.wrongAt, -1, `${what}, ${side}: content exact`);
    assert.ok(r.longestMs < STALL_MAX_MS, `${what}, ${side}: longest stall ${r.longestMs} ms`);
  }
  assert.ok(here.bytesIn > 0 && there.bytesIn > 0, `${what}: both ways carried data`);
  assert.equal(here.bytesIn, there.bytesOut, `${what}: everything sent there arrived here`);
  assert.equal(there.bytesIn, here.bytesOut, `${what}: everything sent here arrived there`);
}

clearview({
  name: "tcp: long connections live, with exact content, IPv4 and IPv6",
  lab: "tcp",
  needs: [],
  open: async (stage) => async (fault, t) => {
    const all: Connection[] = [];
    for (const family of FAMILIES) all.push(...(await connections(stage, family)));
    const judge = async (): Promise<void> => {
      // What waits for its retransmission goes on meanwhile.
      await sleep(700);
      for (const { what, server, client } of all) {
        const mine = (await client.stop()).report as Line;
        const theirs = (await server.line((l) => "report" in l)).report as Line;
        await server.stop();
        const longest = Math.max(mine.longestMs, theirs.longestMs).toFixed(0);
        t.diagnostic(`${fault.name}: ${what}: ${mine.bytesIn + mine.bytesOut} bytes, longest silence ${longest} ms`);
        assertSound(what, mine, theirs);
      }
    };
    return { judge };
  },
});

e2e("clearview iperf3: a run over the group ends without error through failover and repair, IPv4 and IPv6", ["iperf3"], async (t) => {
  const stage = await Stage.build(t, "iperf");
  const bytes = (text: string): number => (JSON.parse(text) as { end: { sum_received: { bytes: number } } }).end.sum_received.bytes;
  const runs = FAMILIES.map(async (family) => {
    const port = String(5200 + family);
    stage.peer.spawn(["iperf3", "-s", "-p", port, "-B", PEER[family]], { stdio: "ignore" });
    const cmd = ["iperf3", "-c", PEER[family], "-B", DATA[family][0], "-p", port, "-t", "6", "-b", "100M", "-J"];
    await eventually("the iperf3 server listens", async () => {
      assert.match(stage.peer.exec(["cat", family === 4 ? "/proc/net/tcp" : "/proc/net/tcp6"]).stdout, listening(Number(port)));
    });
    return bytes((await stage.host.execAsync(cmd, { timeoutMs: 60_000 })).stdout);
  });
  await sleep(700);
  await stage.eachNic();
  for (const [i, received] of (await Promise.all(runs)).entries()) {
    t.diagnostic(`IPv${FAMILIES[i]}: ${received} bytes received`);
    assert.ok(received > 1_000_000, `IPv${FAMILIES[i]}: ${received} bytes received`);
  }
});

/** A listening socket on port, as /proc/net/tcp shows it (state 0A). */
function listening(port: number): RegExp {
  return new RegExp(`:${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F]+:0000 0A`);
}
