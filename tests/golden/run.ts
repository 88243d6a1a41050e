// Runs a scenario on the release module and writes its log.
//
// Consecutive frames of one device are one run of frames: it is given to the module in batches of a size chosen by the
// caller, and control frames and events are taken after the whole run. Invariant: neither log nor memory depends on
// that size. Time moves only in "wait", from deadline to deadline, as the loop would call.

import { createHash } from "node:crypto";
import {
  CTLK,
  CTLK_NAME,
  DROP,
  DROP_NAME,
  formatIp,
  Ipmp,
  IpmpError,
  OUT,
  PHYI,
  POLICY,
  parseIp,
  parseMac,
  parsePrefix,
  REBALANCE,
  WEIGHT,
} from "../../host/core/index.js";
import { summarize } from "../../host/io/middleware/summary.js";
import { eventLine } from "./events.js";
import { parseFrame } from "./notation.js";
import type { Scenario, Step } from "./scenario.js";

const START = 1_000_000_000n;
const SLOT = 2048;
const GROUP_MAC = "02:00:00:00:00:fe";
/** A "wait" that needs more calls than this never ends. */
const CALLS_MAX = 10_000;

/** More control frames of one kind and NIC in a row than this are not all said. */
const MANY = 16;

export interface Result {
  log: string;
  /** SHA-256 of the state region */
  hash: string;
}

interface FrameStep {
  device: string;
  line: string;
}

function parseFrameStep(text: string): FrameStep | null {
  const found = /^(\S+) ([<>]) (.+)$/.exec(text);
  if (!found) return null;
  if ((found[1] === "stack") !== (found[2] === ">")) throw new Error("frames come from the wire (NIC < …) or from the stack (stack > …)");
  return { device: found[1], line: found[3] };
}

/** "1.5s", "20ms" or "0ms" in ns. */
function parseTime(text: string): bigint {
  const found = /^([0-9]+(?:\.[0-9]+)?)(ms|s)$/.exec(text);
  if (!found) throw new Error(`${text} is not a time such as 20ms or 1.5s`);
  return BigInt(Math.round(Number(found[1]) * (found[2] === "s" ? 1e9 : 1e6)));
}

export class Runner {
  readonly #ipmp: Ipmp;
  readonly #batch: number;
  readonly #lines: string[] = [];
  readonly #macs = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #nics = new Map<string, number>();
  /** the latest echo probe of each NIC */
  readonly #echoes = new Map<string, Uint8Array>();
  /** hosts that answer a NIC's echo probes at once, and NICs with a probe to be answered so */
  readonly #near = new Map<string, string>();
  readonly #unanswered: string[] = [];
  #grp = -1;
  #families = 3;

  constructor(ipmp: Ipmp, batch: number) {
    this.#ipmp = ipmp;
    this.#batch = batch;
    ipmp.setNow(START);
  }

  static async run(scenario: Scenario, batch: number, bytes?: BufferSource): Promise<Result> {
    const runner = new Runner(await Ipmp.load(bytes), batch);
    runner.#steps(scenario);
    const hash = createHash("sha256").update(runner.#ipmp.state()).digest("hex");
    return { log: `${runner.#lines.join("\n")}\n`, hash };
  }

  // ── Log ──

  #say(text: string): void {
    this.#lines.push(`    ${text}`);
  }

  #nicName(phyint: number | null): string {
    for (const [name, handle] of this.#nics) if (handle === phyint) return name;
    return phyint === null ? "none" : `phyint ${phyint}`;
  }

  #summary(off: number, len: number): string {
    return summarize(this.#ipmp.u8.subarray(off, off + len), this.#names);
  }

  /** Says control frames of one kind and NIC; of very many only the first, how many, and the last. */
  #sayMany(frames: { what: string; frame: string }[]): void {
    const all = frames.map((f) => `${f.what}: ${f.frame}`);
    if (all.length <= MANY) for (const line of all) this.#say(line);
    else for (const line of [all[0], `… ${all.length - 2} more`, all[all.length - 1]]) this.#say(line);
  }

  /** Says the control frames and events that wait. */
  #drain(): void {
    for (const e of this.#ipmp.events())
      this.#say(
        `event: ${eventLine(
          e,
          (p) => this.#nicName(p),
          (mac) => this.#names.get(mac) ?? mac,
        )}`,
      );
    const frames: { what: string; frame: string }[] = [];
    this.#ipmp.drainCtl((phyint, off, len, kind) => {
      if (kind === CTLK.ECHO) this.#echoes.set(this.#nicName(phyint), this.#ipmp.u8.slice(off, off + len));
      if (kind === CTLK.ECHO && this.#near.has(this.#nicName(phyint))) this.#unanswered.push(this.#nicName(phyint));
      frames.push({ what: `${this.#nicName(phyint)} ! ${CTLK_NAME[kind].toLowerCase()}`, frame: this.#summary(off, len) });
    });
    for (let i = 0; i < frames.length; ) {
      let end = i + 1;
      while (end < frames.length && frames[end].what === frames[i].what) end++;
      this.#sayMany(frames.slice(i, end));
      i = end;
    }
  }

  /** Lets the module do what is due now, as the loop does after every call. */
  #settle(): void {
    for (let calls = 0; ; calls++) {
      const due = this.#ipmp.deadline();
      if (due === null || due > this.#ipmp.now) break;
      if (calls > CALLS_MAX) throw new Error("the deadline stays in the past however often time advances");
      this.#ipmp.timeAdvance();
    }
    this.#drain();
  }

  // ── Steps ──

  #steps(scenario: Scenario): void {
    const { steps } = scenario;
    for (let i = 0; i < steps.length; ) {
      try {
        const device = parseFrameStep(steps[i].text)?.device;
        let end = i + 1;
        if (device === undefined) this.#step(steps[i]);
        else {
          while (end < steps.length && parseFrameStep(steps[end].text)?.device === device) end++;
          this.#frames(device, steps.slice(i, end));
        }
        i = end;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`${scenario.name}.md:${steps[i].line}: ${steps[i].text}: ${why}`, { cause: error });
      }
    }
  }

  #step(step: Step): void {
    const [verb, ...args] = step.text.split(/\s+/);
    if (verb === "begin") {
      this.#lines.length = 0;
      return;
    }
    const call = this.#calls[verb];
    if (!call) throw new Error(`no such step; there are begin, ${Object.keys(this.#calls).join(", ")} and frames`);
    this.#lines.push(`> ${step.text}`);
    const before = this.#lines.length;
    try {
      call(args);
    } catch (error) {
      if (!(error instanceof IpmpError)) throw error;
      this.#say(`refused: ${error.code}`);
    }
    this.#settle();
    if (this.#lines.length === before && verb !== "wait") this.#say("-");
  }

  #frames(device: string, steps: Step[]): void {
    const ipmp = this.#ipmp;
    const base = ipmp.pageWord("io_base");
    const fromStack = device === "stack";
    const nic = fromStack ? -1 : this.#nic(device);
    const frames = steps.map((s) => parseFrame(parseFrameStep(s.text)?.line ?? "", this.#macs));
    for (const [i, frame] of frames.entries()) {
      ipmp.u8.set(frame, base + i * SLOT);
      ipmp.setDesc(i, base + i * SLOT, frame.length);
    }
    for (let first = 0; first < frames.length; first += this.#batch) {
      const count = Math.min(this.#batch, frames.length - first);
      if (fromStack) ipmp.txBatch(this.#grp, first, count);
      else ipmp.rxBatch(nic, first, count);
    }
    for (const [i, step] of steps.entries()) {
      this.#lines.push(`> ${step.text}`);
      const out = ipmp.descOut(i);
      if (out === OUT.ALL) this.#copies(i, base + i * SLOT, frames[i].length);
      else this.#say(this.#verdict(out, this.#summary(base + i * SLOT, frames[i].length)));
    }
    this.#settle();
  }

  /** The copies of a frame that goes out by every member. */
  #copies(i: number, at: number, length: number): void {
    for (const p of this.#ipmp.grp(this.#grp).members)
      if (this.#ipmp.txCopy(this.#grp, i, p)) this.#say(this.#verdict(p, this.#summary(at, length)));
  }

  #verdict(out: number, summary: string): string {
    if (out === OUT.DELIVER) return `stack < ${summary}`;
    if (out === OUT.CONSUMED) return "consumed";
    if (out >= OUT.DROP) return `dropped: ${DROP_NAME[out & 0xff]}`;
    return `${this.#nicName(out)} > ${summary}`;
  }

  #nic(name: string): number {
    const handle = this.#nics.get(name);
    if (handle === undefined) throw new Error(`no NIC ${name}; there are ${[...this.#nics.keys()].join(", ")}`);
    return handle;
  }

  #ipif(addr: string): number {
    const found = this.#ipmp.ipifLookup(this.#grp, addr);
    if (found === null) throw new Error(`the group has no address ${addr}`);
    return found;
  }

  #know(name: string, mac: string): void {
    this.#macs.set(name, mac);
    this.#names.set(mac, name);
  }

  readonly #calls: Record<string, (args: string[]) => void> = {
    group: ([name, ...rest]) => {
      this.#know(name, GROUP_MAC);
      this.#families = rest.includes("ipv4-only") ? 1 : rest.includes("ipv6-only") ? 2 : 3;
      this.#grp = this.#ipmp.grpCreate({ name, mac: GROUP_MAC, families: this.#families });
    },
    nic: ([name, ...rest]) => {
      const number = this.#nics.size + 1;
      const option = (word: string): string | undefined => (rest.includes(word) ? rest[rest.indexOf(word) + 1] : undefined);
      const mac = option("mac") ?? `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`;
      this.#know(name, mac);
      const mtu = Number(option("mtu") ?? 1500);
      const conf = { name, ifindex: number, mac, mtu, link: !rest.includes("down"), families: this.#families };
      this.#nics.set(name, this.#ipmp.phyintCreate(conf));
    },
    host: ([name, mac]) => this.#know(name, mac ?? "02:00:00:00:00:99"),
    join: (names) => {
      for (const name of names) {
        this.#ipmp.join(this.#nic(name), this.#grp);
        if (this.#families & 1) this.#ipmp.illUp(this.#nic(name), 0, 1);
        if (this.#families & 2) this.#ipmp.illUp(this.#nic(name), 1, 1);
      }
    },
    leave: ([name]) => this.#ipmp.leave(this.#nic(name)),
    addr: ([text, ...rest]) => {
      const { prefix } = parsePrefix(text);
      const verified = rest.includes("verified");
      this.#ipmp.ipifAdd(this.#grp, { addr: text.split("/")[0], prefix, up: !rest.includes("down"), verified });
    },
    // N addresses, counted up from the first
    addrs: ([text, count, ...rest]) => {
      const { prefix, bytes16, family } = parsePrefix(text);
      for (let i = 0; i < Number(count); i++) {
        const addr = formatIp(bytes16, family);
        this.#ipmp.ipifAdd(this.#grp, { addr, prefix, verified: rest.includes("verified") });
        for (let at = family === 0 ? 3 : 15; at >= 0 && ++bytes16[at] === 256; at--) bytes16[at] = 0;
      }
    },
    "addr-del": ([addr]) => this.#ipmp.ipifDel(this.#grp, this.#ipif(addr)),
    "addr-up": ([addr]) => this.#ipmp.ipifUp(this.#grp, this.#ipif(addr), true),
    "addr-down": ([addr]) => this.#ipmp.ipifUp(this.#grp, this.#ipif(addr), false),
    entry: ([addr, , name, ...rest]) => {
      const mac = this.#macs.get(name) ?? name;
      this.#ipmp.arpentCreate(this.#grp, { addr, mac, flags: rest.includes("published") ? 4 : 0 });
    },
    set: ([key, value]) => {
      const words: Record<string, number> = key === "POLICY" ? POLICY : key === "WEIGHT" ? WEIGHT : key === "REBALANCE" ? REBALANCE : {};
      const number = words[value] ?? Number(value);
      this.#ipmp.grpSet(this.#grp, key as "POLICY", number);
    },
    link: ([name, state]) => this.#ipmp.link(this.#nic(name), state === "up"),
    weight: ([name, value]) => this.#ipmp.phyintSet(this.#nic(name), "WEIGHT", Number(value)),
    pin: ([addr, name]) => this.#ipmp.ipifPin(this.#grp, this.#ipif(addr), name === "none" ? null : this.#nic(name)),
    offline: ([name, min]) => this.#ipmp.offline(this.#nic(name), Number(min ?? 1)),
    online: ([name]) => this.#ipmp.undoOffline(this.#nic(name)),
    flags: ([name, ...changes]) => {
      let set = 0;
      let clear = 0;
      for (const change of changes) {
        const bit = PHYI[change.slice(1) as keyof typeof PHYI];
        if (change.startsWith("+")) set |= bit;
        else clear |= bit;
      }
      this.#ipmp.setFlags(this.#nic(name), set, clear);
    },
    mtu: ([name, value]) => this.#ipmp.setMtu(this.#nic(name), Number(value)),
    test: ([name, text]) => this.#ipmp.testAddr(this.#nic(name), parsePrefix(text).family, text),
    targets: ([kind, ...addrs]) => this.#ipmp.grpTargets(this.#grp, parseIp(addrs[0]).family, kind as "ROUTER", addrs),
    near: ([name, host]) => (host === undefined ? this.#near.delete(name) : this.#near.set(name, host)),
    pong: ([name, host]) => this.#pong(name, host),
    wait: ([time]) => this.#wait(parseTime(time)),
    show: ([what]) => {
      const show = this.#shows[what];
      if (!show) throw new Error(`nothing to show of that name; there are ${Object.keys(this.#shows).join(", ")}`);
      show();
    },
  };

  /** The latest echo probe of an IPv4 NIC, answered by a host. */
  #pong(name: string, host: string): void {
    const probe = this.#echoes.get(name);
    if (probe === undefined) throw new Error(`${name} has sent no echo probe`);
    const answer = probe.slice();
    answer.set(probe.subarray(6, 12), 0);
    answer.set(parseMac(this.#macs.get(host) ?? host), 6);
    answer.set(probe.subarray(30, 34), 26);
    answer.set(probe.subarray(26, 30), 30);
    answer[34] = 0;
    const sum = ((probe[36] << 8) | probe[37]) + 0x800; // the type went from 8 to 0
    answer.set([((sum & 0xffff) + (sum >> 16)) >> 8, ((sum & 0xffff) + (sum >> 16)) & 255], 36);
    const base = this.#ipmp.pageWord("io_base");
    this.#ipmp.u8.set(answer, base);
    this.#ipmp.setDesc(0, base, answer.length);
    this.#ipmp.rxBatch(this.#nic(name), 0, 1);
    this.#say(this.#verdict(this.#ipmp.descOut(0), this.#summary(base, answer.length)));
  }

  #wait(ns: bigint): void {
    const end = this.#ipmp.now + ns;
    for (let calls = 0; calls < CALLS_MAX; calls++) {
      const due = this.#ipmp.deadline();
      if (due === null || due > end) {
        this.#ipmp.setNow(end);
        return;
      }
      if (due > this.#ipmp.now) this.#ipmp.setNow(due);
      this.#ipmp.timeAdvance();
      const before = this.#lines.length;
      this.#drain();
      for (const name of this.#unanswered.splice(0)) this.#pong(name, this.#near.get(name) ?? "");
      const since = this.#ipmp.now - START;
      if (this.#lines.length > before) this.#lines.splice(before, 0, `  at ${(Number(since / 1000n) / 1e6).toFixed(3)} s`);
    }
    throw new Error(`more than ${CALLS_MAX} deadlines`);
  }

  readonly #shows: Record<string, () => void> = {
    bindings: () => {
      for (const i of this.#ipmp.ipifs(this.#grp)) this.#say(`${i.addr} -> ${this.#nicName(i.bound)}`);
    },
    drops: () => {
      for (const [i, count] of this.#ipmp.grp(this.#grp).drops.entries())
        if (count > 0n && i !== DROP.NONE) this.#say(`${DROP_NAME[i]} ${count}`);
    },
    members: () => {
      for (const p of this.#ipmp.grp(this.#grp).members) {
        const { ills, kstat } = this.#ipmp.phyint(p);
        const flows = ills.map((ill, f) => `${f === 0 ? "IPv4" : "IPv6"} ${ill.active ? "active" : "-"} ${ill.nbucket} buckets`).join(", ");
        this.#say(`${this.#nicName(p)}: ${flows}; out ${kstat.opackets} in ${kstat.ipackets}`);
      }
    },
    entries: () => {
      for (const e of this.#ipmp.arpents(this.#grp)) this.#say(`${e.addr} is-at ${this.#names.get(e.mac) ?? e.mac}`);
    },
  };
}
