// The loop under policy `broadcast`: every copy leaves, with its NIC's address, before the next one is made in its place.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { POLICY } from "../../host/core/index.js";
import { arpRequest, macs, NIC_MAC, outgoing, quiet, type World, world } from "./loop_world.js";

async function broadcasting(): Promise<World> {
  const w = await world();
  w.loop.command(() => w.ipmp.grpSet(w.grp, "POLICY", POLICY.BROADCAST));
  quiet(w);
  return w;
}

describe("loop: frames that go out by every NIC", () => {
  it("sends each by each, member by member, and gives the batch back when all are gone", async () => {
    const w = await broadcasting();
    w.tap.incoming.push(outgoing(1), outgoing(2));
    w.loop.step();
    const order = w.log.filter((l) => !/receive 0/.test(l));
    const copies = ["nic0 send 800", "nic0 send 800", "nic0 flush", "nic1 send 800", "nic1 send 800", "nic1 flush"];
    assert.deepEqual(order, ["tap receive 2", ...copies, "tap release"]);
    for (const i of [0, 1]) {
      assert.deepEqual(macs(w.nics[i].sent, 6), [NIC_MAC[i].replaceAll(":", "")]);
      assert.deepEqual(
        w.nics[i].sent.map((f) => f.readUInt16BE(34)),
        [1, 2],
      );
    }
  });

  it("sends none by a NIC that is out of use or has no device here, and goes on with the others", async () => {
    const w = await broadcasting();
    w.loop.command(() => w.ipmp.link(w.phyints[0], false));
    quiet(w);
    w.tap.incoming.push(outgoing(1));
    w.loop.step();
    assert.deepEqual([w.nics[0].sent.length, w.nics[1].sent.length], [0, 1]);
    w.loop.command(() => w.ipmp.link(w.phyints[0], true));
    quiet(w);
    const { unplugged } = w.loop.stats();
    w.loop.removeMember(w.phyints[1]);
    w.tap.incoming.push(outgoing(2), outgoing(3));
    w.loop.step();
    assert.equal(w.nics[0].sent.length, 2);
    assert.equal(w.loop.stats().unplugged - unplugged, 2);
  });

  it("answers a request by each NIC that it came in by, ahead of data", async () => {
    const w = await broadcasting();
    for (const i of [0, 1]) {
      w.nics[i].incoming.push(arpRequest());
      w.loop.step();
      assert.deepEqual(
        w.nics[i].sent.map((f) => f.subarray(22, 28).toString("hex")),
        [NIC_MAC[i].replaceAll(":", "")],
      );
    }
  });
});
