// Numbered datagrams of one family through the group, both ways at once, and what came of them.
//
// Each direction has several flows, so that every NIC carries some; every flow is numbered by itself.
import assert from "node:assert/strict";
import { Program, type UdpReport, udpReport } from "../../host/lab/program.js";
import { DATA, type Family, PEER, type Stage, sleep } from "./stage.js";

export const FLOWS = 8;
export const RATE = 1000;
/** Destination ports, by direction. */
export const PORT = { out: 5001, in: 5003 } as const;
export type Direction = keyof typeof PORT;

export interface Outcome {
  sent: number;
  perFlow: number[];
  report: UdpReport;
}

export class Traffic {
  private constructor(
    private readonly senders: Readonly<Record<Direction, Program>>,
    private readonly receivers: Readonly<Record<Direction, Program>>,
  ) {}

  /** Begins to send out of the group to the peer and from the peer to the group's first data address. */
  static async start(stage: Stage, family: Family, rate = RATE): Promise<Traffic> {
    const [data] = DATA[family];
    const { host, peer } = stage;
    const receive = { "gap-ms": 50, counts: true } as const;
    const receivers = {
      out: await Program.start(peer, "udp_receive", { address: PEER[family], port: PORT.out, ...receive }),
      in: await Program.start(host, "udp_receive", { address: data, port: PORT.in, ...receive }),
    };
    const send = { rate, flows: FLOWS } as const;
    const senders = {
      out: await Program.start(host, "udp_send", { to: PEER[family], from: data, port: PORT.out, ...send }),
      in: await Program.start(peer, "udp_send", { to: data, from: PEER[family], port: PORT.in, ...send }),
    };
    return new Traffic(senders, receivers);
  }

  /** Ends sending, lets what is under way arrive, and reports. */
  async stop(): Promise<Record<Direction, Outcome>> {
    const sent = { out: await this.senders.out.stop(), in: await this.senders.in.stop() };
    await sleep(300);
    const one = async (d: Direction): Promise<Outcome> => {
      const { sent: total, errors, perFlow } = sent[d];
      assert.equal(errors, 0, `send errors, direction ${d}`);
      return { sent: total, perFlow, report: await udpReport(this.receivers[d]) };
    };
    return { out: await one("out"), in: await one("in") };
  }
}

/** One line about an outcome, for the test's log. */
export function describe(family: Family, direction: Direction, { sent, report }: Outcome): string {
  const way = direction === "out" ? "group to peer" : "peer to group";
  const { received, lost, duplicates, reordered, longestMs } = report;
  return (
    `IPv${family} ${way}: ${sent} sent, ${received} received, ${lost} lost, ${duplicates} twice, ` +
    `${reordered} out of order, longest silence of a flow ${longestMs.toFixed(1)} ms`
  );
}

/** Numbers that the end of a flow may lack: those that were still under way. */
const TAIL = RATE / FLOWS / 2;

/** What must hold of every outcome: nothing twice, no more lost than a second's worth for each failover, every flow alive. */
export function assertDelivered(family: Family, direction: Direction, outcome: Outcome, failovers: number): void {
  const about = describe(family, direction, outcome);
  assert.equal(outcome.report.duplicates, 0, `no datagram twice: ${about}`);
  assert.ok(outcome.report.received > 0, `something arrived: ${about}`);
  assert.ok(outcome.sent - outcome.report.received <= RATE * failovers, `lost no more than a second's worth a failover: ${about}`);
  for (const [flow, sent] of outcome.perFlow.entries()) {
    const { last } = outcome.report.streams[flow] ?? { last: -1 };
    assert.ok(sent - 1 - last <= TAIL, `flow ${flow} goes on at the end, ${last} of ${sent}: ${about}`);
  }
}
