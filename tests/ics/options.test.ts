import assert from "node:assert/strict";
import { test } from "node:test";
import { Ics, type IcsOptions } from "../../host/ics/index.js";
import { CLUSTER, place, ringOf, TestNet } from "./net.js";

const net = new TestNet();
const good: IcsOptions = {
  node: 1,
  cluster: CLUSTER,
  addresses: [place(1)],
  peers: [{ node: 2, addresses: [place(2)] }],
  keys: ringOf("first"),
  clock: net.clock,
  openPort: net.open,
};

/** An option that cannot be, and what is said. */
const BAD: [Partial<IcsOptions>, string][] = [
  [{ node: 0 }, "node: found 0; allowed: a whole number from 1 to 1024"],
  [{ node: 1_025 }, "node: found 1025; allowed: a whole number from 1 to 1024"],
  [{ node: 1.5 }, "node: found 1.5; allowed: a whole number from 1 to 1024"],
  [{ cluster: "name" }, 'cluster: found "name"; allowed: a uuid, 8-4-4-4-12 hexadecimal digits'],
  [{ addresses: [] }, "addresses: found 0; allowed: 1 to 8 addresses"],
  [{ addresses: Array.from({ length: 9 }, () => place(1)) }, "addresses: found 9; allowed: 1 to 8 addresses"],
  [{ addresses: [{ address: "host", port: 1 }] }, 'addresses[0].address: found "host"; allowed: an IPv4 or IPv6 address'],
  [{ addresses: [{ address: "::1", port: 65_536 }] }, "addresses[0].port: found 65536; allowed: a whole number from 0 to 65535"],
  [{ peers: [{ node: 1, addresses: [place(2)] }] }, "peers[0].node: found 1; allowed: another number than this node's own"],
  [
    {
      peers: [
        { node: 2, addresses: [place(2)] },
        { node: 2, addresses: [place(3)] },
      ],
    },
    "peers[1].node: found 2, as in peers[0]; allowed: each number once",
  ],
  [
    {
      peers: [
        { node: 2, addresses: [place(2)] },
        { node: 3, addresses: [place(2)] },
      ],
    },
    "peers[1].addresses[0]: found 10.0.0.2:7000, as in peers[0].addresses[0]; allowed: each address and port once",
  ],
  [
    { peers: [{ node: 2, addresses: [{ address: "::1", port: 0 }] }] },
    "peers[0].addresses[0].port: found 0; allowed: a whole number from 1 to 65535",
  ],
  [{ datagramMax: 511 }, "datagramMax: found 511; allowed: a whole number from 512 to 8900"],
  [{ versions: [2, 1] }, "versions[1]: found 1; allowed: a whole number from 2 to 255"],
  [{ timings: { askMs: 0 } }, "timings.askMs: found 0; allowed: above 0, at most 3,600,000 ms"],
  [{ timings: { downMs: 10 } }, "timings.downMs: found 10; allowed: suspectMs (200) or more"],
];

for (const [change, message] of BAD)
  test(`options: ${message}`, async () => {
    await assert.rejects(Ics.open({ ...good, ...change }, {}), { name: "IcsError", code: "EINVAL", message });
  });

test("options: the smallest and the largest datagram", async () => {
  for (const datagramMax of [512, 8_900]) {
    const own = new TestNet();
    const got: number[] = [];
    const open = (node: number) =>
      Ics.open(
        {
          ...good,
          node,
          addresses: [place(node)],
          peers: [{ node: 3 - node, addresses: [place(3 - node)] }],
          datagramMax,
          clock: own.clock,
          openPort: own.open,
        },
        { onMessage: (_, bytes) => got.push(bytes.length) },
      );
    const a = await open(1);
    await open(2);
    await own.clock.run(500);
    a.send(2, Buffer.alloc(70_000));
    await own.clock.run(500);
    assert.deepEqual(got, [70_000]);
    assert.equal(Math.max(...own.log.map((p) => p.bytes.length)), datagramMax);
  }
});
