// A local network in memory, for platforms and people without raw sockets, and for tests: a learning switch, cables
// with faults, hosts with a small IP stack, and NICs that are Devices of the loop.
//
// How to use it (one group of two NICs and a peer):
//
//   const clock = new RealClock();                         // or VirtualClock, moved by clock.run(ns)
//   const lan = new MemoryLan({ seed: 1, clock, ipmp });
//   const eth0 = lan.nic("eth0", "02:00:00:00:00:01", region0);   // region: { off, len } of the I/O region
//   const eth1 = lan.nic("eth1", "02:00:00:00:00:02", region1);
//   eth0.carrierChanged = (up) => loop.command(() => ipmp.link(phyint0, up));
//   const { device, host } = lan.group("ipmp0", "02:00:00:00:00:fe", region2, { addresses: ["10.0.0.1/24"] });
//   const peer = lan.host({ name: "peer", mac: "02:00:00:00:00:99", addresses: ["10.0.0.9/24"] });
//   loop.addMember(phyint0, eth0); …; loop.addGroup(grp, device);
//   const sink = lan.udpSink(peer, 7);                     // counts losses, duplicates, longest gap
//   const source = lan.udpSource(host, { dst: "10.0.0.9", dport: 7, interval: 1_000_000n });
//   eth0.setLink(false);                                   // cut the cable
//
// Also: lan.tcpStream(from, to, port) for a stream checked byte by byte; lan.cable(name).set({ loss: 0.01 }) for
// faults; lan.switch.tap to see what enters the switch; peer.ping(), peer.neighbours. At the end lan.close(), and
// clock.close() of a RealClock.
//
// Invariant: with a VirtualClock and equal seeds every run is the same to the byte.

import type { Ipmp } from "../core/ipmp.js";
import type { Device } from "./device.js";
import type { LanClock } from "./memory/clock.js";
import { type HostOptions, MemoryHost } from "./memory/host.js";
import { type IoRegion, MemoryNic, type NicOptions } from "./memory/nic.js";
import { Prng } from "./memory/prng.js";
import { TcpSink, TcpSource, UdpSink, UdpSource, type UdpSourceOptions } from "./memory/streams.js";
import { EthernetSwitch } from "./memory/switch.js";
import type { TcpConnection } from "./memory/tcp.js";
import { Wire, type WireOptions } from "./memory/wire.js";

export { type LanClock, RealClock, type Timer, VirtualClock } from "./memory/clock.js";
export { type Datagram, type HostOptions, MemoryHost } from "./memory/host.js";
export { type IoRegion, MemoryNic, type NicOptions } from "./memory/nic.js";
export { TcpSink, TcpSource, UdpSink, UdpSource, type UdpSourceOptions } from "./memory/streams.js";
export { EthernetSwitch } from "./memory/switch.js";
export { TcpConnection, type TcpEnd } from "./memory/tcp.js";
export { Wire, type WireOptions } from "./memory/wire.js";

export interface LanOptions {
  /** seed of all chance in this network; default 1 */
  seed?: number;
  clock: LanClock;
  /** the module in whose memory NICs put frames; needed for nic() and group() only */
  ipmp?: Ipmp;
  /** ns until the switch forgets an address; default 300 s */
  ageing?: bigint;
}

/** Both ends of a TCP stream. The source writes once connected; `sink` is null until the peer has the connection. */
export interface TcpStream {
  readonly connection: TcpConnection;
  readonly source: TcpSource;
  readonly sink: TcpSink | null;
}

export class MemoryLan {
  readonly clock: LanClock;
  readonly switch: EthernetSwitch;
  readonly #prng: Prng;
  readonly #ipmp: Ipmp | undefined;
  readonly #cables = new Map<string, Wire>();
  readonly #devices: Device[] = [];

  constructor(options: LanOptions) {
    this.clock = options.clock;
    this.#ipmp = options.ipmp;
    this.#prng = new Prng(options.seed ?? 1);
    this.switch = new EthernetSwitch(options.clock, options.ageing);
  }

  #wire(name: string, options?: WireOptions): Wire {
    if (this.#cables.has(name)) throw new Error(`${name}: there is already something of this name in the network`);
    const wire = new Wire(this.clock, new Prng(this.#prng.next()), options);
    this.#cables.set(name, wire);
    return wire;
  }

  #module(name: string): Ipmp {
    if (!this.#ipmp) throw new Error(`${name}: a NIC needs the module's memory: give { ipmp } to MemoryLan`);
    return this.#ipmp;
  }

  /** The cable of a NIC, host or group, by name: to cut it, or to give it faults. */
  cable(name: string): Wire {
    const wire = this.#cables.get(name);
    if (!wire) throw new Error(`${name}: nothing of this name in the network; there are ${[...this.#cables.keys()].join(", ")}`);
    return wire;
  }

  /** A NIC plugged into the switch. */
  nic(name: string, mac: string, region: IoRegion, options: NicOptions & { wire?: WireOptions } = {}): MemoryNic {
    const ipmp = this.#module(name);
    const wire = this.#wire(name, options.wire);
    this.switch.attach(name, wire);
    const nic = new MemoryNic(ipmp, name, mac, region, wire, 0, options);
    this.#devices.push(nic);
    return nic;
  }

  /** A host plugged into the switch. */
  host(options: HostOptions & { wire?: WireOptions }): MemoryHost {
    const wire = this.#wire(options.name, options.wire);
    this.switch.attach(options.name, wire);
    return new MemoryHost(this.clock, new Prng(this.#prng.next()), wire, 0, options);
  }

  /** A group interface: the Device for the loop, and the local stack above it. */
  group(
    name: string,
    mac: string,
    region: IoRegion,
    options: Omit<HostOptions, "name" | "mac"> & NicOptions = {},
  ): { device: MemoryNic; host: MemoryHost } {
    const ipmp = this.#module(name);
    const wire = this.#wire(name, { delay: 0n, rate: 0 });
    const device = new MemoryNic(ipmp, name, mac, region, wire, 0, options);
    this.#devices.push(device);
    const host = new MemoryHost(this.clock, new Prng(this.#prng.next()), wire, 1, { ...options, name, mac });
    return { device, host };
  }

  udpSource(host: MemoryHost, options: UdpSourceOptions): UdpSource {
    return new UdpSource(this.clock, host, options);
  }

  udpSink(host: MemoryHost, port: number): UdpSink {
    return new UdpSink(this.clock, host, port);
  }

  /** A TCP stream of pattern bytes from one host to a port of another; `total` bytes, or without end. */
  tcpStream(
    from: MemoryHost,
    to: { host: MemoryHost; addr: string; port: number },
    options: { src?: string; total?: number } = {},
  ): TcpStream {
    let sink: TcpSink | null = null;
    to.host.tcpListen(to.port, (connection) => {
      sink = new TcpSink(this.clock, connection);
    });
    const connection = from.tcpConnect({ src: options.src, dst: to.addr, dport: to.port });
    const source = new TcpSource(connection, options.total);
    return {
      connection,
      source,
      get sink() {
        return sink;
      },
    };
  }

  /** Closes every device. */
  close(): void {
    for (const device of this.#devices) device.close();
  }
}
