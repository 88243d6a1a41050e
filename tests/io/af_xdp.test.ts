// NICs through XDP sockets beside the packet ring, on veth pairs: which frames go which way, what arrives is what was sent,
// and nothing is left behind, whatever ends it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESCF } from "../../host/core/abi/ipmp.js";
import { AfPacket } from "../../host/io/af_packet.js";
import { AfXdp } from "../../host/io/af_xdp.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { inside, moduleMemory, openDescriptors, RawSocket, skipReason, tagged, take, takeUntil, testFrame, until } from "./bed.js";

type Memory = ReturnType<typeof moduleMemory>;

/** A UDP datagram with a number in it, in a frame of so many bytes; its checksum is none. */
function udp(number: number, bytes = 60): Buffer {
  const frame = testFrame(number, bytes - 14, 0x0800);
  frame.write("45000000000040004011", 14, "hex");
  frame.writeUInt16BE(bytes - 14, 16);
  frame.writeUInt16BE(0, 24);
  frame.write("0a0000010a000002", 26, "hex");
  frame.writeUInt16BE(5000, 34);
  frame.writeUInt16BE(7, 36);
  frame.writeUInt16BE(bytes - 34, 38);
  frame.writeUInt16BE(0, 40);
  frame.writeUInt32BE(number, 42);
  return frame;
}

const numberOf = (frame: Buffer): number => frame.readUInt32BE(42);
const isUdp = (frame: Buffer): boolean => frame.readUInt16BE(12) === 0x0800 && frame[23] === 17;

/** A frame of another protocol with the same headers. */
function other(number: number, protocol: number): Buffer {
  const frame = udp(number);
  frame[23] = protocol;
  return frame;
}

describe("AF_XDP device", { skip: skipReason() }, () => {
  let lab: Lab;
  let left: Netns;
  let right: Netns;
  let raw: RawSocket;

  before(() => {
    lab = new Lab("hfio-xdp");
    left = lab.netns("l");
    right = lab.netns("r");
    for (const ns of [left, right]) for (const k of ["all", "default"]) ns.sysctl(`net.ipv6.conf.${k}.disable_ipv6`, 1);
    lab.veth({ ns: left, name: "nic0" }, { ns: right, name: "far0" });
    left.exec(["ethtool", "-K", "nic0", "rxvlan", "off"]);
    raw = inside(right, () => new RawSocket("far0"));
  });
  after(() => {
    raw?.close();
    lab?.close();
  });

  /** Opens nic0 with XDP on it: what a test before this one has closed is let go of by and by. */
  const open = async (memory: Memory, options = {}): Promise<AfXdp> => {
    const nic = inside(left, () => AfXdp.open(memory.arena, "nic0", options));
    try {
      await until(() => inside(left, () => nic.engage()), `XDP in use: ${nic.why}`);
    } catch (e) {
      nic.close();
      throw new Error(`${nic.why}`, { cause: e });
    }
    return nic;
  };

  /** Whether a program is on nic0, as the kernel shows it. */
  const attached = (): boolean => /\bxdp/.test(left.ip("-d link show dev nic0"));

  it("receives UDP in order, byte for byte, round its rings more than once", async () => {
    const memory = moduleMemory();
    const nic = await open(memory);
    try {
      assert.equal(nic.queues, 1);
      assert.ok(attached());
      for (let n = 0; n < 3000; ) {
        const batch = Math.min(100, 3000 - n);
        for (let i = 0; i < batch; i++) raw.send(udp(n + i, 60 + ((n + i) % 1455)));
        for (let got = 0; got < batch; ) {
          for (const g of take(nic, memory.arena)) {
            const want = n + got++;
            assert.equal(Buffer.compare(g.bytes, udp(want, 60 + (want % 1455))), 0, `frame ${want}`);
            assert.equal(g.flags, 0);
          }
        }
        n += batch;
      }
      assert.deepEqual(nic.stats(), { rxDropped: 0, txErrors: 0 });
    } finally {
      nic.close();
    }
  });
});
