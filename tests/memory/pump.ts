// The least loop there can be, on a virtual clock: what the host's loop does, without its budgets and polling, so that
// a whole run with module, devices and network is repeatable to the byte.

import { Desc, Ipmp, OUT } from "../../host/core/index.js";
import type { Device } from "../../host/io/device.js";
import { type MemoryHost, MemoryLan, type MemoryNic, VirtualClock } from "../../host/io/memory_lan.js";

const BATCH = 32;
const REGION = 256 * 1024;

export class Pump {
  readonly ipmp: Ipmp;
  readonly clock: VirtualClock;
  readonly #members = new Map<number, Device>();
  readonly #groups = new Map<number, Device>();

  constructor(ipmp: Ipmp, clock: VirtualClock) {
    this.ipmp = ipmp;
    this.clock = clock;
  }

  addMember(phyint: number, device: Device): void {
    this.#members.set(phyint, device);
    device.start(() => this.#drain(device, (count) => this.ipmp.rxBatch(phyint, 0, count), this.#groups.values().next().value));
  }

  addGroup(grp: number, device: Device): void {
    this.#groups.set(grp, device);
    device.start(() => this.#drain(device, (count) => this.ipmp.txBatch(grp, 0, count), undefined));
  }

  /** Runs a command at the present time. */
  command<T>(fn: () => T): T {
    this.ipmp.setNow(this.clock.now());
    const result = fn();
    this.#settle();
    return result;
  }

  #drain(device: Device, batch: (count: number) => number, up: Device | undefined): void {
    this.ipmp.setNow(this.clock.now());
    for (let count = device.receive(0, BATCH); count > 0; count = device.receive(0, BATCH)) {
      batch(count);
      for (let i = 0; i < count; i++) {
        const out = this.ipmp.descOut(i);
        const to = out === OUT.DELIVER ? up : this.#members.get(out);
        const at = this.ipmp.pageWord("desc_base") + Desc.SIZE * i;
        const { dv } = this.ipmp;
        to?.send(dv.getUint32(at + Desc.off, true), dv.getUint32(at + Desc.len, true), dv.getUint16(at + Desc.flags, true));
      }
      for (const d of [...this.#members.values(), ...this.#groups.values()]) d.flush();
      device.release();
    }
    this.#settle();
  }

  #settle(): void {
    this.ipmp.timeAdvance();
    this.ipmp.events();
    this.ipmp.drainCtl(
      (phyint, off, len) => this.#members.get(phyint)?.send(off, len, 0),
      () => {
        for (const d of this.#members.values()) d.flush();
      },
    );
    const due = this.ipmp.deadline();
    if (due !== null)
      this.clock.after(due - this.clock.now(), () => {
        this.ipmp.setNow(this.clock.now());
        if ((this.ipmp.deadline() ?? due) <= this.clock.now()) this.#settle();
      });
  }
}

export interface World {
  ipmp: Ipmp;
  clock: VirtualClock;
  lan: MemoryLan;
  pump: Pump;
  grp: number;
  nics: MemoryNic[];
  phyints: number[];
  /** the local stack above the group */
  local: MemoryHost;
  peer: MemoryHost;
}

export const PEER = { v4: "10.0.0.9", v6: "2001:db8::9" };

/** The piece of the I/O region for the n-th device. */
export function region(ipmp: Ipmp, n: number): { off: number; len: number } {
  return { off: ipmp.pageWord("io_base") + n * REGION, len: REGION };
}

/** A group of `count` NICs with two addresses of each family, and a peer. `wrap` puts middleware around a member. */
export async function world(
  count = 2,
  seed = 1,
  wrap = (_ipmp: Ipmp, nic: MemoryNic, _clock: VirtualClock): Device => nic,
): Promise<World> {
  const ipmp = await Ipmp.load();
  const clock = new VirtualClock(1_000_000_000n);
  ipmp.setNow(clock.now());
  const lan = new MemoryLan({ seed, clock, ipmp });
  const pump = new Pump(ipmp, clock);
  const addresses = ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"];
  const grp = ipmp.grpCreate({ name: "ipmp0", mac: "02:00:00:00:00:fe" });
  const { device, host: local } = lan.group("ipmp0", "02:00:00:00:00:fe", region(ipmp, 0), {
    addresses: addresses.map((a) => `${a}/${a.includes(":") ? 64 : 24}`),
  });
  pump.addGroup(grp, device);
  const nics: MemoryNic[] = [];
  const phyints: number[] = [];
  for (let i = 0; i < count; i++) {
    const mac = `02:00:00:00:00:0${i + 1}`;
    const nic = lan.nic(`eth${i}`, mac, region(ipmp, i + 1));
    const phyint = ipmp.phyintCreate({ name: nic.name, ifindex: i + 1, mac });
    nic.carrierChanged = (up) => pump.command(() => ipmp.link(phyint, up));
    pump.addMember(phyint, wrap(ipmp, nic, clock));
    ipmp.join(phyint, grp);
    ipmp.illUp(phyint, 0, 1);
    ipmp.illUp(phyint, 1, 1);
    nics.push(nic);
    phyints.push(phyint);
  }
  for (const addr of addresses) pump.command(() => ipmp.ipifAdd(grp, { addr, prefix: addr.includes(":") ? 64 : 24, verified: true }));
  const peer = lan.host({ name: "peer", mac: "02:00:00:00:00:99", addresses: [`${PEER.v4}/24`, `${PEER.v6}/64`] });
  clock.run(10_000_000n);
  return { ipmp, clock, lan, pump, grp, nics, phyints, local, peer };
}
