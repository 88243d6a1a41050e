// The play without root: the module and the loop in this process, between a small IP stack, two simulated NICs, a
// simulated switch and a simulated peer. What is real is everything Holdfast itself does.
//
// Invariant: nothing outside this process is touched.

import { EVENT, Ipmp, type IpmpEvent } from "../core/index.js";
import { describeEvent, type Names } from "../daemon/events.js";
import { groupReport } from "../daemon/report.js";
import { type MemoryHost, MemoryLan, type MemoryNic, RealClock, type TcpConnection } from "../io/memory_lan.js";
import { Loop } from "../loop.js";
import { eventOf, snapshotOf } from "./daemon_view.js";
import { Meter } from "./meter.js";
import { DemoError, type Snapshot, type Stage, type StageListener, type Way } from "./model.js";
import { STREAMS, streamIndex } from "./score.js";

/** Both ends' port: with it the hash of the flow policy puts IPv4 and IPv6 on different NICs. */
const UDP_PORT = 7001;
const TCP_PORT = { 4: 7002, 6: 7003 } as const;
const UDP_EVERY_NS = 1_000_000n;
const UDP_BYTES = 200;
const TCP_EVERY_NS = 2_000_000n;
const TCP_BYTES = 4096;
const REPORT_MS = 100;
const START_MS = 10_000;
/** Bytes of frames under way in one device; the region of linear memory has room for far more. */
const REGION_MAX = 1 << 20;
const GROUP_MAC = "02:00:00:00:00:fe";
const PEER_MAC = "02:00:00:00:02:01";
const nicMac = (i: number): string => `02:00:00:00:01:0${i + 1}`;

/** What the local stack would notice of the group: its interface's carrier and MTU, its addresses. */
const NOTICED: ReadonlySet<number> = new Set([EVENT.GRP_RUNNING, EVENT.MTU, EVENT.ADDR_STATE]);

/** One half of a stream at its receiver. */
interface Half {
  meter: Meter;
  open: boolean;
}

export class MemoryStage implements Stage {
  readonly kind = "memory";
  readonly group = "ipmp0";
  readonly nics = ["eth1", "eth2"] as const;
  /** data addresses of the group, in the order in which they are added */
  private readonly addresses = ["192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64", "2001:db8::2/64"];
  readonly peerAddresses = ["192.0.2.9", "2001:db8::9"];
  private readonly clock = new RealClock();
  private readonly began = this.clock.now();
  private readonly wallBegan = Date.now();
  private readonly halves: Half[] = STREAMS.map(() => ({ meter: new Meter(), open: true }));
  private readonly phyints: number[] = [];
  private readonly devices: MemoryNic[] = [];
  private ipmp: Ipmp | undefined;
  private loop: Loop | undefined;
  private lan: MemoryLan | undefined;
  private grp = -1;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private listener: StageListener | undefined;
  private readonly names: Names = {
    group: () => this.group,
    nic: (phyint) => this.nics[this.phyints.indexOf(phyint ?? -1)],
  };

  now(): number {
    return this.since(this.clock.now());
  }

  private since(ns: bigint): number {
    return Number(ns - this.began) / 1e6;
  }

  async start(listener: StageListener, step: (text: string) => void): Promise<void> {
    this.listener = listener;
    step("loading ipmp.wasm; eth1 and eth2 become ipmp0");
    const ipmp = await Ipmp.load();
    this.alive();
    this.ipmp = ipmp;
    this.lan = new MemoryLan({ clock: this.clock, ipmp });
    // RealClock and the loop's own clock are the same: the system's monotonic one.
    this.loop = new Loop(ipmp);
    this.loop.onEvent = (e) => this.tell(e);
    this.loop.onTrap = (e) => listener.fatal(e);
    const host = this.build(ipmp, this.lan, this.loop);
    step("starting TCP and UDP streams, both ways, over IPv4 and IPv6");
    const peer = this.lan.host({ name: "peer", mac: PEER_MAC, addresses: [`${this.peerAddresses[0]}/24`, `${this.peerAddresses[1]}/64`] });
    this.startStreams(this.lan, host, peer);
    await this.heard();
    this.timer = setInterval(() => this.report(), REPORT_MS);
  }

  async cut(nic: number): Promise<void> {
    this.devices[nic].setLink(false);
  }

  async repair(nic: number): Promise<void> {
    this.devices[nic].setLink(true);
  }

  async snapshot(): Promise<Snapshot> {
    if (this.ipmp === undefined) throw new DemoError("demo: the stage is not built");
    const members = this.nics.map((name, i) => ({ name, phyint: this.phyints[i], note: null, device: this.devices[i].stats() }));
    const view = { grp: this.grp, members, device: { rxDropped: 0, txErrors: 0 } };
    return snapshotOf(groupReport(this.ipmp, view, this.clock.now()), this.now(), this.wallBegan);
  }

  hints(): string[] {
    return ["sudo npm start -- --keep      the same on real devices, to look at with ip, ping and tcpdump"];
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    this.loop?.stop();
    this.lan?.close();
    this.clock.close();
  }

  private alive(): void {
    if (this.closed) throw new DemoError("demo: the stage was closed while it was being built");
  }

  // ── Building ──

  /** The group with its members and addresses; returns the stack above it. */
  private build(ipmp: Ipmp, lan: MemoryLan, loop: Loop): MemoryHost {
    const base = ipmp.pageWord("io_base");
    const len = Math.min(REGION_MAX, Math.floor((ipmp.pageWord("io_end") - base) / (this.nics.length + 1)));
    const { device, host } = lan.group(this.group, GROUP_MAC, { off: base, len }, { addresses: this.addresses });
    this.grp = loop.command(() => ipmp.grpCreate({ name: this.group, mac: GROUP_MAC }));
    loop.addGroup(this.grp, device);
    for (const [i, name] of this.nics.entries()) {
      const nic = lan.nic(name, nicMac(i), { off: base + (i + 1) * len, len });
      const phyint = loop.command(() => ipmp.phyintCreate({ name, ifindex: i + 1, mac: nicMac(i) }));
      this.devices.push(nic);
      this.phyints.push(phyint);
      loop.command(() => {
        ipmp.join(phyint, this.grp);
        ipmp.illUp(phyint, 0, 1);
        ipmp.illUp(phyint, 1, 1);
      });
      loop.addMember(phyint, nic);
      nic.carrierChanged = (up) => loop.command(() => ipmp.link(phyint, up));
    }
    loop.start();
    for (const address of this.addresses) {
      const [addr, prefix] = address.split("/");
      loop.command(() => ipmp.ipifAdd(this.grp, { addr, prefix: Number(prefix) }));
    }
    return host;
  }

  /** UDP and TCP use different data addresses, so that each NIC has some of each family. */
  private startStreams(lan: MemoryLan, host: MemoryHost, peer: MemoryHost): void {
    const [a4, b4, a6, b6] = this.addresses.map((address) => address.split("/")[0]);
    this.receiveUdp(peer, "out");
    this.receiveUdp(host, "in");
    for (const family of [4, 6] as const) {
      const far = this.peerAddresses[family === 4 ? 0 : 1];
      const udp = family === 4 ? a4 : b6;
      const ports = { sport: UDP_PORT, dport: UDP_PORT, interval: UDP_EVERY_NS, size: UDP_BYTES };
      lan.udpSource(host, { src: udp, dst: far, ...ports });
      lan.udpSource(peer, { src: far, dst: udp, ...ports });
      peer.tcpListen(TCP_PORT[family], (connection) => this.converse(connection, this.half("TCP", family, "out")));
      const connection = host.tcpConnect({ src: family === 4 ? b4 : a6, dst: far, dport: TCP_PORT[family] });
      this.converse(connection, this.half("TCP", family, "in"));
    }
  }

  private half(protocol: "TCP" | "UDP", family: 4 | 6, way: Way): Half {
    return this.halves[streamIndex({ protocol, family, way })];
  }

  private receiveUdp(host: MemoryHost, way: Way): void {
    const v4 = this.half("UDP", 4, way);
    const v6 = this.half("UDP", 6, way);
    host.udpBind(UDP_PORT, ({ dst, data }) => {
      const { meter } = dst.includes(":") ? v6 : v4;
      if (data.length >= 4) meter.packet(new DataView(data.buffer, data.byteOffset).getUint32(0), this.now());
    });
  }

  /** Sends and receives on a connection for as long as it lives. */
  private converse(connection: TcpConnection, half: Half): void {
    const block = new Uint8Array(TCP_BYTES);
    const send = (): void => {
      if (!half.open) return;
      if (connection.state === "established" && connection.room >= block.length) connection.write(block);
      this.clock.after(TCP_EVERY_NS, send);
    };
    connection.onData = (data) => half.meter.bytes(data.length, this.now());
    connection.onClosed = () => {
      half.open = false;
    };
    send();
  }

  // ── Telling ──

  /** Waits until every receiver has received something. */
  private async heard(): Promise<void> {
    const end = this.now() + START_MS;
    while (this.halves.some((h) => !h.meter.alive)) {
      this.alive();
      if (this.now() > end) throw new DemoError(`demo: waited ${START_MS / 1000} s for every stream to be received`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.alive();
  }

  private report(): void {
    for (const [i, half] of this.halves.entries()) {
      this.listener?.stream({ ...STREAMS[i], ...half.meter.take(this.now()), open: half.open });
    }
  }

  private tell(e: IpmpEvent): void {
    const record = describeEvent(e, this.names);
    if (NOTICED.has(e.type)) this.listener?.disturbance(record.text);
    const said = eventOf(record, this.since(e.time));
    if (said !== undefined) this.listener?.event(said);
  }
}
