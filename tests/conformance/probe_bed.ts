// A watched group on the bench: hosts on its LAN that answer ARP, ND and pings after a time of their own, or do not, by
// member and by host. Virtual time, the release module.

import { PROBEST_NAME, TG_NAME } from "../../host/core/abi/ipmp.js";
import type { IpmpEvent } from "../../host/core/index.js";
import type { ProbeRecord } from "../../host/core/probe.js";
import { advertisement, arp, type Bytes, be16, checksum, eth, icmp6, ip4 } from "../hostile/frames.js";
import { Bed, type BedOptions, type CtlFrame, nicMac, V4 } from "./bed.js";

export interface Host {
  mac: string;
  addr: string;
  /** ms between a probe and its answer */
  rtt: number;
  /** does it answer? by member */
  alive: (nic: number) => boolean;
  /** does it answer ARP and ND? */
  resolves: boolean;
  /** does it answer an ARP request whose sender is 0.0.0.0? */
  answersProbes: boolean;
}

interface Answer {
  at: bigint;
  nic: number;
  frame: Bytes;
}

export interface Setup extends BedOptions {
  /** ms; default 700, so that the interval is 100 */
  fdt?: number;
  /** hosts, by last byte of their address: routers 10.0.0.N unless said otherwise */
  hosts?: number[];
  /** false: no list of targets is given */
  routers?: boolean;
  /** family of everything; default V4 */
  family?: 0 | 1;
  /** default 0 */
  quiet?: number;
  /** default true */
  test?: boolean;
  /** conflict probes of addresses; default none, so that test addresses are in use at once */
  conflictProbes?: number;
}

export const hostMac = (n: number): string => `02:aa:00:00:00:${n.toString(16).padStart(2, "0")}`;
export const hostAddr = (n: number, family: 0 | 1 = V4): string => (family === V4 ? `10.0.0.${n}` : `fe80::aa:${n}`);
export const testAddr = (nic: number, family: 0 | 1 = V4): string => (family === V4 ? `10.0.0.${200 + nic}` : `fe80::bb:${nic + 1}`);

const hex = (bytes: Uint8Array, at: number, n: number): string => Buffer.from(bytes.subarray(at, at + n)).toString("hex");
const macAt = (bytes: Uint8Array, at: number): string => hex(bytes, at, 6).replace(/(..)(?!$)/g, "$1:");
const ip4At = (bytes: Uint8Array, at: number): string => [...bytes.subarray(at, at + 4)].join(".");
const sameIp6 = (bytes: Uint8Array, at: number, addr: string): boolean => hex(bytes, at, 16) === packed(addr);
function packed(addr: string): string {
  const [head, tail = ""] = addr.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((g) => g.padStart(4, "0")));
  const [a, b] = [groups(head), groups(tail)];
  return [...a, ...Array<string>(8 - a.length - b.length).fill("0000"), ...b].join("");
}

/** An ICMP message of IPv4 with its checksum. */
export function icmp4(type: number, rest: Bytes): Bytes {
  const sum = checksum([type, 0, 0, 0, ...rest]);
  return [type, 0, ...be16(sum), ...rest];
}

export class ProbeBed {
  readonly hosts: Host[] = [];
  /** control frames seen, oldest first */
  readonly sent: (CtlFrame & { at: bigint })[] = [];
  readonly log: IpmpEvent[] = [];
  #answers: Answer[] = [];
  /** called with each answer before it is received; may change or drop it */
  tamper: (nic: number, frame: Bytes) => { nic: number; frame: Bytes }[] = (nic, frame) => [{ nic, frame }];

  private constructor(
    readonly bed: Bed,
    readonly family: 0 | 1,
  ) {}

  static async make(setup: Setup = {}): Promise<ProbeBed> {
    const family = setup.family ?? V4;
    const lan = new ProbeBed(await Bed.make({ families: setup.families ?? 1 << family, ...setup }), family);
    const { bed } = lan;
    bed.ipmp.grpSet(bed.grp, "FDT_MS", setup.fdt ?? 700);
    bed.ipmp.grpSet(bed.grp, "QUIET_MS", setup.quiet ?? 0);
    bed.ipmp.grpSet(bed.grp, "PROBE_COUNT", setup.conflictProbes ?? 0);
    for (const n of setup.hosts ?? [1]) lan.host(n);
    if (setup.routers !== false) lan.routers(...(setup.hosts ?? [1]));
    if (setup.test !== false) for (let n = 0; n < bed.nics.length; n++) lan.testAddr(n);
    lan.take();
    return lan;
  }

  get ipmp() {
    return this.bed.ipmp;
  }

  host(n: number, more: Partial<Host> = {}): Host {
    const host: Host = {
      mac: hostMac(n),
      addr: hostAddr(n, this.family),
      rtt: 1,
      alive: () => true,
      resolves: true,
      answersProbes: true,
      ...more,
    };
    this.hosts.push(host);
    return host;
  }

  routers(...hosts: number[]): void {
    this.ipmp.grpTargets(
      this.bed.grp,
      this.family,
      "ROUTER",
      hosts.map((n) => hostAddr(n, this.family)),
    );
  }

  testAddr(nic: number, on = true): void {
    const prefix = this.family === V4 ? 24 : 64;
    this.ipmp.testAddr(this.bed.nics[nic], this.family, on ? `${testAddr(nic, this.family)}/${prefix}` : null);
  }

  /** Adds n data addresses on the subnet of the hosts. */
  addMany(n: number): number[] {
    const addr = (i: number) => (this.family === V4 ? `10.0.0.${100 + i}` : `2001:db8::${100 + i}`);
    return Array.from({ length: n }, (_, i) => this.ipmp.ipifAdd(this.bed.grp, { addr: addr(i), prefix: this.family === V4 ? 24 : 64 }));
  }

  /** Nobody answers member `nic` any more, or all do again. */
  deaf(nic: number, deaf = true): void {
    for (const host of this.hosts) {
      const before = host.alive;
      host.alive = deaf ? (n) => n !== nic && before(n) : (n) => n === nic || before(n);
    }
  }

  /** No host answers anybody any more, or all do. */
  silence(silent = true): void {
    for (const host of this.hosts) host.alive = () => !silent;
  }

  probe(nic: number, watcher: "ICMP" | "RESOLVE" = "ICMP"): ProbeRecord {
    return this.ipmp.probe(this.bed.nics[nic], this.family, watcher);
  }

  says(nic: number, watcher: "ICMP" | "RESOLVE" = "ICMP"): string {
    return PROBEST_NAME[this.probe(nic, watcher).state];
  }

  targets(nic: number): Record<string, string> {
    return Object.fromEntries(
      this.probe(nic)
        .targets.map((t) => [t.addr, TG_NAME[t.state]] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  /** Lets ms pass: module deadlines and answers in their order. */
  pass(ms: number): void {
    const end = this.ipmp.now + BigInt(Math.round(ms * 1000)) * 1000n;
    for (let steps = 0; steps < 2_000_000; steps++) {
      this.take();
      const due = this.ipmp.deadline();
      const answer = this.#answers[0];
      const next = [due, answer?.at].filter((t): t is bigint => t !== null && t !== undefined).sort((a, b) => (a < b ? -1 : 1))[0];
      if (next === undefined || next > end) break;
      if (next > this.ipmp.now) this.ipmp.setNow(next);
      if (answer !== undefined && answer.at <= this.ipmp.now) {
        this.#answers.shift();
        for (const { nic, frame } of this.tamper(answer.nic, answer.frame)) this.bed.receive(nic, Uint8Array.from(frame));
      } else this.ipmp.timeAdvance();
    }
    this.ipmp.setNow(end);
    this.ipmp.timeAdvance();
    this.take();
  }

  /** Lets time pass until something holds, at most ms; returns how many ms that took. */
  until(what: () => boolean, ms: number, step = 1): number {
    for (let t = 0; t < ms; t += step) {
      if (what()) return t;
      this.pass(step);
    }
    return ms;
  }

  events(name: string): IpmpEvent[] {
    return this.log.filter((e) => e.name === name);
  }

  /** Takes what waits in the rings, and has the hosts answer. */
  take(): void {
    this.log.push(...this.bed.events());
    for (const frame of this.bed.ctl()) {
      this.sent.push({ ...frame, at: this.ipmp.now });
      for (const host of this.hosts) {
        const answer = host.alive(frame.nic) ? this.#answer(host, frame) : null;
        if (answer === null) continue;
        const rtt = frame.kind === "LOOKUP" ? 0.2 : host.rtt;
        this.#answers.push({ at: this.ipmp.now + BigInt(Math.round(rtt * 1000)) * 1000n, nic: frame.nic, frame: answer });
      }
    }
    this.#answers.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  /** What a host says to a frame; null if nothing. */
  #answer(host: Host, { bytes, nic }: CtlFrame): Bytes | null {
    const dst = macAt(bytes, 0);
    if (dst !== host.mac && (Number.parseInt(dst.slice(0, 2), 16) & 1) === 0) return null;
    const type = hex(bytes, 12, 2);
    if (type === "0806") {
      if (bytes[21] !== 1 || ip4At(bytes, 38) !== host.addr || !host.resolves) return null;
      const spa = ip4At(bytes, 28);
      if (spa === "0.0.0.0" && !host.answersProbes) return null;
      return eth(nicMac(nic), host.mac, 0x0806, arp(2, host.mac, host.addr, nicMac(nic), spa));
    }
    if (type === "0800" && bytes[34] === 8) {
      const to = ip4At(bytes, 30);
      if (to !== host.addr && to !== "224.0.0.1") return null;
      return eth(nicMac(nic), host.mac, 0x0800, ip4(host.addr, ip4At(bytes, 26), 1, icmp4(0, [...bytes.subarray(38, 54)])));
    }
    if (type !== "86dd") return null;
    const source = formatted(bytes, 22);
    if (bytes[54] === 128) {
      if (!sameIp6(bytes, 38, host.addr) && !sameIp6(bytes, 38, "ff02::1")) return null;
      return eth(nicMac(nic), host.mac, 0x86dd, icmp6(host.addr, source, 129, [...bytes.subarray(58, 74)]));
    }
    if (bytes[54] !== 135 || !sameIp6(bytes, 62, host.addr) || !host.resolves) return null;
    return eth(nicMac(nic), host.mac, 0x86dd, advertisement(host.addr, source, host.addr, host.mac, 0x60));
  }

  /** Numbers of probes to each target that had a given fate, of those still remembered. */
  fates(nic: number): string[] {
    return this.probe(nic).recent.map((r) => r.status);
  }

  async check(): Promise<void> {
    await this.bed.check();
  }
}

/** Eight groups of an IPv6 address. */
function formatted(bytes: Uint8Array, at: number): string {
  return Array.from({ length: 8 }, (_, i) => hex(bytes, at + 2 * i, 2)).join(":");
}
