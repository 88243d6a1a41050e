// Ground for tests of XDP sockets: a veth pair between two namespaces, datagrams in frames, a device with XDP on it.

import { after, before } from "node:test";
import { AfXdp } from "../../host/io/af_xdp.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { inside, type moduleMemory, RawSocket, testFrame, until } from "./bed.js";

export type Memory = ReturnType<typeof moduleMemory>;

/** A UDP datagram with a number in it, in a frame of so many bytes; its checksum is none. */
export function udp(number: number, bytes = 60): Buffer {
  const frame = testFrame(number, bytes - 14, 0x0800);
  frame.write("45000000000040004011", 14, "hex");
  frame.writeUInt16BE(bytes - 14, 16);
  frame.writeUInt16BE(0, 24);
  frame.write("0a0000010a000002", 26, "hex");
  frame.writeUInt16BE(5000, 34);
  frame.writeUInt16BE(7, 36);
  frame.writeUInt16BE(bytes - 34, 38);
  frame.writeUInt16BE(0, 40);
  if (bytes >= 46) frame.writeUInt32BE(number, 42);
  return frame;
}

export const numberOf = (frame: Buffer): number => frame.readUInt32BE(42);
export const isUdp = (frame: Buffer): boolean => frame.readUInt16BE(12) === 0x0800 && frame[23] === 17;

/** A frame of another protocol with the same headers. */
export function other(number: number, protocol: number): Buffer {
  const frame = udp(number);
  frame[23] = protocol;
  return frame;
}

/** What a sender that leaves the checksum to the NIC writes in its place. */
export function pseudo(frame: Buffer): number {
  let sum = 17 + frame.readUInt16BE(38);
  for (let at = 26; at < 34; at += 2) sum += frame.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** What a suite has: nic0 in one namespace, far0 in the other, a plain socket on that. Made before it and removed after it. */
export class XdpBed {
  lab!: Lab;
  left!: Netns;
  right!: Netns;
  raw!: RawSocket;

  constructor(prefix: string) {
    before(() => {
      this.lab = new Lab(prefix);
      this.left = this.lab.netns("l");
      this.right = this.lab.netns("r");
      for (const ns of [this.left, this.right]) for (const k of ["all", "default"]) ns.sysctl(`net.ipv6.conf.${k}.disable_ipv6`, 1);
      this.lab.veth({ ns: this.left, name: "nic0" }, { ns: this.right, name: "far0" });
      this.left.exec(["ethtool", "-K", "nic0", "rxvlan", "off"]);
      this.listen();
    });
    after(() => {
      this.raw?.close();
      this.lab?.close();
    });
  }

  /** Another plain socket: one whose interface was down has an error pending. */
  listen(): void {
    this.raw?.close();
    this.raw = inside(this.right, () => new RawSocket("far0"));
  }

  /** Opens a NIC with XDP on it: what a test before has closed is let go of by and by. */
  async open(memory: Memory, options = {}, name = "nic0"): Promise<AfXdp> {
    const nic = inside(this.left, () => AfXdp.open(memory.arena, name, options));
    try {
      await until(() => inside(this.left, () => nic.engage()), "XDP in use");
    } catch (e) {
      nic.close();
      throw new Error(`${nic.why}`, { cause: e });
    }
    return nic;
  }

  /** Whether a program is on nic0, as the kernel shows it. */
  attached(): boolean {
    return /prog\/xdp id/.test(this.left.ip("-d link show dev nic0"));
  }
}
