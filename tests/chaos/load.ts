// The load of an epoch: numbered datagrams and checked connections between the group and a peer at each switch, and a host beyond
// the router, in both directions and both families; and what became of it.
import type { Netns } from "../../host/lab/netns.js";
import { type Line, Program, type UdpReport, udpReport } from "../../host/lab/program.js";
import type { Gap } from "../../host/lab/stream.js";
import { BEYOND, DATA, FAMILIES, type Family, PEER, PEER_A, type Stage, sleep } from "../e2e/stage.js";
import type { Place, Silence } from "./judge.js";

const UDP_PORT = 5001;
const TCP_PORT = 5002;
const FLOWS = 4;
/** Datagrams a second of each sender: one every 20 ms a flow. */
const RATE = 200;
const TCP_RATE = 100_000;
/** A silence of a flow that is worth a line. */
export const GAP_MS = 60;
/** A connection that waits for its next retransmission ends when that has come: Linux waits two minutes at most. */
const TCP_END_MS = 150_000;
/** Datagrams at a flow's end that may be under way still. */
const TAIL = RATE / FLOWS / 2;

interface End {
  name: string;
  ns: Netns;
  place: Place;
  address: Readonly<Record<Family, string>>;
  tcp: boolean;
}

/** A sender's flows, all of them between the group and one end. */
interface Sender {
  name: string;
  place: Place;
  first: number;
  receiver: string;
  program: Program;
}

export interface Totals {
  sent: number;
  received: number;
  duplicates: number;
  tcpBytes: number;
  connections: number;
}

export class Load {
  readonly silences: Silence[] = [];
  private readonly senders: Sender[] = [];
  private readonly receivers = new Map<string, Program>();
  private readonly clients: Program[] = [];
  private readonly servers: Program[] = [];
  private arrived = new Map<string, number>();

  private constructor(private readonly stage: Stage) {}

  static async start(stage: Stage): Promise<Load> {
    const load = new Load(stage);
    const { peers, beyond } = stage.campus;
    const ends: End[] = [
      { name: "peer a", ns: peers.a, place: "a", address: PEER_A, tcp: true },
      { name: "peer b", ns: peers.b, place: "b", address: PEER, tcp: true },
      { name: "beyond", ns: beyond, place: "beyond", address: BEYOND, tcp: false },
    ];
    await Promise.all([load.receive("group", stage.host), ...ends.map((e) => load.receive(e.name, e.ns))]);
    await Promise.all([load.serve(stage.host), ...ends.filter((e) => e.tcp).map((e) => load.serve(e.ns))]);
    for (const family of FAMILIES) for (const end of ends) await load.between(end, family);
    return load;
  }

  /** Datagrams that arrived so far. */
  get datagrams(): number {
    return [...this.arrived.values()].reduce((sum, n) => sum + n, 0);
  }

  /** Ends all of it; returns the totals, and in words what must not be. */
  async stop(): Promise<{ totals: Totals; wrong: string[] }> {
    const wrong: string[] = [];
    const sent = await Promise.all(this.senders.map((s) => s.program.stop()));
    await sleep(500);
    const tcp = await this.stopTcp(wrong);
    const reports = new Map<string, UdpReport>();
    for (const [name, program] of this.receivers) reports.set(name, await udpReport(program));
    for (const [i, sender] of this.senders.entries()) wrong.push(...unended(sender, sent[i], reports.get(sender.receiver)));
    const all = [...reports];
    for (const [name, r] of all) if (r.duplicates > 0) wrong.push(`${name} received ${r.duplicates} datagrams twice`);
    const sum = (key: "received" | "duplicates"): number => all.reduce((n, [, r]) => n + r[key], 0);
    const total = sent.reduce((n, s) => n + s.sent, 0);
    return { totals: { sent: total, received: sum("received"), duplicates: sum("duplicates"), ...tcp }, wrong };
  }

  private async receive(name: string, ns: Netns): Promise<void> {
    const onLine = (line: Line): void => {
      if (line.gap) this.note(name, line.gap as Gap & { stream: number });
      if (line.live) this.arrived.set(name, line.live.datagrams);
    };
    const options = { address: "::", port: UDP_PORT, "gap-ms": GAP_MS, live: 1000 };
    this.receivers.set(name, await Program.start(ns, "udp_receive", options, onLine));
  }

  private async serve(ns: Netns): Promise<void> {
    this.servers.push(await Program.start(ns, "tcp", { address: "::", port: TCP_PORT, rate: TCP_RATE }));
  }

  /** Datagrams and a connection each way between the group and an end. */
  private async between(end: End, family: Family): Promise<void> {
    const { host } = this.stage;
    const [first, second] = DATA[family];
    await this.send(`IPv${family} group to ${end.name}`, host, end, end.name, { from: first, to: end.address[family] });
    await this.send(`IPv${family} ${end.name} to group`, end.ns, end, "group", { from: end.address[family], to: second });
    if (!end.tcp) return;
    const tcp = { port: TCP_PORT, rate: TCP_RATE, "stall-ms": 1000 };
    this.clients.push(await Program.start(host, "tcp", { to: end.address[family], from: second, ...tcp }));
    this.clients.push(await Program.start(end.ns, "tcp", { to: first, from: end.address[family], ...tcp }));
  }

  private async send(name: string, ns: Netns, { place }: End, receiver: string, way: { from: string; to: string }): Promise<void> {
    const first = this.senders.length * FLOWS;
    const program = await Program.start(ns, "udp_send", { ...way, port: UDP_PORT, rate: RATE, flows: FLOWS, "first-stream": first });
    this.senders.push({ name, place, first, receiver, program });
  }

  private note(receiver: string, gap: Gap & { stream: number }): void {
    if (gap.ms < GAP_MS) return;
    const sender = this.senders[Math.floor(gap.stream / FLOWS)];
    if (!sender || sender.receiver !== receiver) return;
    const to = BigInt(gap.endedAt);
    this.silences.push({
      flow: `${sender.name}, flow ${gap.stream % FLOWS}`,
      place: sender.place,
      from: to - BigInt(Math.round(gap.ms * 1e6)),
      to,
    });
  }

  private async stopTcp(wrong: string[]): Promise<{ tcpBytes: number; connections: number }> {
    const mine = (await Promise.all(this.clients.map((c) => c.stop(TCP_END_MS)))).map((l) => l.report as Line);
    const reports = this.servers.flatMap((s) => s.lines).filter((l) => l.report);
    for (const s of this.servers) await s.stop();
    const theirs = reports.map((l) => l.report as Line);
    if (mine.length !== theirs.length) wrong.push(`${mine.length} connections, and ${theirs.length} reports of their other ends`);
    for (const [side, list] of Object.entries({ client: mine, server: theirs }))
      for (const r of list) {
        if (r?.error !== null) wrong.push(`a connection ended with ${r?.error} (${side})`);
        if (r && r.wrongAt !== -1) wrong.push(`a connection's content was wrong at byte ${r.wrongAt} (${side})`);
      }
    const bytes = (list: readonly Line[], key: "bytesIn" | "bytesOut"): number => list.reduce((n, r) => n + (r?.[key] ?? 0), 0);
    for (const [from, to] of [
      [mine, theirs],
      [theirs, mine],
    ])
      if (bytes(from, "bytesOut") !== bytes(to, "bytesIn")) wrong.push("connections lost a part of their content at the end");
    return { tcpBytes: bytes(mine, "bytesIn") + bytes(theirs, "bytesIn"), connections: mine.length };
  }
}

/** Flows that did not go on to the end, in words. */
function unended(sender: Sender, sent: Line, report: UdpReport | undefined): string[] {
  const perFlow = sent.perFlow as number[];
  return perFlow.flatMap((count, i) => {
    const last = report?.streams[sender.first + i]?.last ?? -1;
    return count - 1 - last <= TAIL ? [] : [`${sender.name}, flow ${i}: silent at the end, ${last + 1} of ${count} had come`];
  });
}
