// Clearview row 1: tcpdump on the group shows every packet of the group once, whichever NIC carried it.
import assert from "node:assert/strict";
import { Capture, type Frame } from "../../host/lab/capture.js";
import { decode } from "../../host/lab/decode.js";
import { readHeader } from "../../host/lab/stream.js";
import { clearview } from "./clearview.js";
import { FAMILIES, type Family, GROUP } from "./stage.js";
import { assertDelivered, type Direction, describe, FLOWS, type Outcome, PORT, Traffic } from "./traffic.js";

/** How often tcpdump saw each number of each flow of one direction. */
function seen(frames: readonly Frame[], family: Family, direction: Direction): Map<number, number>[] {
  const flows = Array.from({ length: FLOWS }, () => new Map<number, number>());
  for (const frame of frames) {
    const d = decode(frame.bytes);
    const header = d.ip?.version === family && d.udp?.dport === PORT[direction] ? readHeader(d.udp.payload) : undefined;
    if (header) flows[header.stream].set(header.sequence, (flows[header.stream].get(header.sequence) ?? 0) + 1);
  }
  return flows;
}

/**
 * Everything sent is in the capture once, nothing else is, and what arrived is a part of it. What is sent while the interface
 * has no carrier, the kernel drops before it would show it.
 */
function assertOutbound(flows: Map<number, number>[], { perFlow, report }: Outcome, away: boolean): void {
  for (const [flow, counts] of flows.entries()) {
    if (!away) assert.equal(counts.size, perFlow[flow], `flow ${flow}: tcpdump saw every datagram sent`);
    for (const [sequence, times] of counts) assert.equal(times, 1, `flow ${flow}: number ${sequence} shown once`);
    for (const [sequence] of report.counts?.[flow] ?? [])
      assert.ok(counts.has(sequence), `flow ${flow}: ${sequence} arrived and was shown`);
  }
}

/** The capture and the receiver agree number by number. */
function assertInbound(flows: Map<number, number>[], { report }: Outcome): void {
  for (const [flow, counts] of flows.entries()) {
    const shown = [...counts].sort((a, b) => a[0] - b[0]);
    assert.deepEqual(shown, report.counts?.[flow] ?? [], `flow ${flow}: tcpdump and the receiver saw the same datagrams`);
  }
}

clearview({
  name: "tcpdump: every packet of the group is shown once, IPv4 and IPv6",
  lab: "tcpdump",
  needs: [],
  open: async (stage) => async (fault, t) => {
    const capture = await Capture.start(stage.host, GROUP, { filter: `udp and (port ${PORT.out} or port ${PORT.in})` });
    const traffic = new Map<Family, Traffic>();
    for (const family of FAMILIES) traffic.set(family, await Traffic.start(stage, family));
    const judge = async (): Promise<void> => {
      const outcomes = new Map<Family, Record<Direction, Outcome>>();
      for (const [family, running] of traffic) outcomes.set(family, await running.stop());
      const frames = await capture.stop();
      assert.equal(capture.dropped, 0, "tcpdump itself dropped nothing");
      for (const [family, { out, in: into }] of outcomes) {
        t.diagnostic(`${fault.name}: ${describe(family, "out", out)}`);
        t.diagnostic(`${fault.name}: ${describe(family, "in", into)}`);
        const failovers = fault.away ? Number.POSITIVE_INFINITY : fault.targets(stage).length;
        assertDelivered(family, "out", out, failovers);
        assertDelivered(family, "in", into, failovers);
        assertOutbound(seen(frames, family, "out"), out, fault.away ?? false);
        assertInbound(seen(frames, family, "in"), into);
      }
    };
    return { judge };
  },
});
