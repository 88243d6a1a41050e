// The lab: network namespaces, veth pairs and bridges of one experiment, for tests, benches and the demo.
//
// Invariants
// - Nothing is made in the caller's own namespace: devices are created inside the lab's namespaces.
// - Every namespace is called PREFIX-NAME; whatever bears the prefix belongs to the lab and goes with it.
// - close() removes all, is synchronous and may be called twice; it also runs at process exit, whatever the reason,
//   and on SIGINT, SIGTERM and SIGHUP. What a killed run left is removed by the next lab of the same prefix.
// - Two living processes never share a prefix: the second is refused.
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { LabError, type RunOptions, type RunResult, run, runAsync, start } from "./run.js";

export { LabError, type RunOptions, type RunResult } from "./run.js";

const NETNS_DIR = "/run/netns";
const OWNER_DIR = "/run/holdfast-lab";
/** Linux: an interface name is at most 15 bytes. */
const IFNAME_MAX = 15;

/** One end of a veth pair. */
export interface VethEnd {
  ns: Netns;
  name: string;
  mac?: string;
  mtu?: number;
  /** interface index, of one end at most; the namespace's next if not given */
  index?: number;
}

/** A namespace of the lab; commands given to it run inside. */
export class Netns {
  /** @param full the name the kernel's tools know it by */
  constructor(
    readonly lab: Lab,
    readonly name: string,
    readonly full: string,
  ) {}

  exec(cmd: readonly string[], options?: RunOptions): RunResult {
    return run(this.full, cmd, options);
  }

  execAsync(cmd: readonly string[], options?: RunOptions): Promise<RunResult> {
    return runAsync(this.full, cmd, options);
  }

  /** `ip ARGS` here; words separated by blanks. */
  ip(args: string, options?: RunOptions): string {
    return this.exec(["ip", ...args.split(" ").filter(Boolean)], options).stdout;
  }

  spawn(cmd: readonly string[], options?: SpawnOptions): ChildProcess {
    return this.lab.spawn(this, cmd, options);
  }

  /** Sets a sysctl, e.g. "net.ipv4.ip_forward"; a dot inside an interface name is written as a slash. */
  sysctl(key: string, value: string | number): void {
    const path = `/proc/sys/${key.split(".").join("/")}`;
    this.exec(["sh", "-c", 'printf %s "$1" > "$2"', "sh", String(value), path]);
  }

  link(name: string, state: "up" | "down"): void {
    this.ip(`link set ${name} ${state}`);
  }

  /** Gives an address; IPv6 without duplicate detection, so that it is usable at once. */
  addr(name: string, cidr: string): void {
    this.ip(`addr add ${cidr} dev ${name}${cidr.includes(":") ? " nodad" : ""}`);
  }

  mac(name: string): string {
    const [link] = JSON.parse(this.ip(`-j link show dev ${name}`)) as { address: string }[];
    return link.address;
  }
}

/** All open labs of this process, closed at its end. */
const open = new Set<Lab>();
let guarded = false;

export class Lab {
  private readonly spaces = new Map<string, Netns>();
  private readonly children = new Set<ChildProcess>();
  private closed = false;

  /** Takes the prefix (2-24 of a-z 0-9 -) and removes what a dead run left under it. */
  constructor(readonly prefix: string) {
    if (!/^[a-z][a-z0-9-]{1,23}$/.test(prefix))
      throw new LabError(`lab prefix ${JSON.stringify(prefix)}: must be 2 to 24 of a-z, 0-9 and -, beginning with a letter`);
    const why = Lab.unavailable();
    if (why !== undefined) throw new LabError(`no lab here: ${why}`);
    claim(prefix);
    for (const full of existing(prefix)) dropNetns(full);
    open.add(this);
    guard();
  }

  /** Why no lab can be built on this machine, or undefined if it can. */
  static unavailable(): string | undefined {
    if (process.platform !== "linux") return `needs Linux, this is ${process.platform}`;
    if (process.getuid?.() !== 0) return "needs root";
    if (run(undefined, ["sh", "-c", "command -v ip"], { allowFailure: true }).status !== 0)
      return "needs the ip command (package iproute2)";
    return probeKernel();
  }

  /** Makes a namespace with its loopback up. */
  netns(name: string): Netns {
    this.alive();
    if (!/^[a-z0-9]{1,16}$/.test(name)) throw new LabError(`namespace name ${JSON.stringify(name)}: must be 1 to 16 of a-z and 0-9`);
    if (this.spaces.has(name)) throw new LabError(`namespace ${name}: already in lab ${this.prefix}`);
    const ns = new Netns(this, name, `${this.prefix}-${name}`);
    run(undefined, ["ip", "netns", "add", ns.full]);
    this.spaces.set(name, ns);
    ns.ip("link set lo up");
    return ns;
  }

  /** Makes a veth pair, both ends inside the lab and up. */
  veth(a: VethEnd, b: VethEnd): void {
    this.alive();
    const end = (e: VethEnd): string[] => {
      if (e.name.length > IFNAME_MAX) throw new LabError(`interface name ${e.name}: at most ${IFNAME_MAX} bytes`);
      return [
        e.name,
        ...(e.mtu ? ["mtu", String(e.mtu)] : []),
        ...(e.mac ? ["address", e.mac] : []),
        ...(e.index ? ["index", String(e.index)] : []),
        "netns",
        e.ns.full,
      ];
    };
    // ip heeds the index of the first end only.
    const [first, second] = b.index ? [b, a] : [a, b];
    run(undefined, ["ip", "link", "add", "name", ...end(first), "type", "veth", "peer", "name", ...end(second)]);
    a.ns.link(a.name, "up");
    b.ns.link(b.name, "up");
  }

  /**
   * Makes a learning bridge in ns of the given devices: a plain switch. It floods all multicast, and takes no part
   * in IPv6 itself, so that every frame seen on its ports comes from a host.
   */
  bridge(ns: Netns, name: string, ports: readonly string[]): void {
    this.alive();
    ns.ip(`link add name ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`);
    for (const dev of [name, ...ports]) ns.sysctl(`net.ipv6.conf.${dev}.disable_ipv6`, 1);
    for (const port of ports) ns.ip(`link set ${port} master ${name}`);
    ns.link(name, "up");
    for (const port of ports) ns.link(port, "up");
  }

  exec(ns: Netns, cmd: readonly string[], options?: RunOptions): RunResult {
    return ns.exec(cmd, options);
  }

  /** Starts a command that stays; it is ended with the lab at the latest. Standard output and error are pipes. */
  spawn(ns: Netns | undefined, cmd: readonly string[], options?: SpawnOptions): ChildProcess {
    this.alive();
    const child = start(ns?.full, cmd, options);
    this.children.add(child);
    const gone = (): void => void this.children.delete(child);
    child.once("exit", gone);
    child.once("error", gone);
    return child;
  }

  /** What spawn() started and still runs. */
  get running(): readonly ChildProcess[] {
    return [...this.children];
  }

  /** Ends every process and removes every namespace of the lab. Never throws: what stays is said on standard error. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    open.delete(this);
    for (const child of this.children) signalGroup(child.pid, "SIGTERM");
    for (const full of existing(this.prefix)) {
      try {
        dropNetns(full);
      } catch (e) {
        console.error(`lab ${this.prefix}: ${(e as Error).message}`);
      }
    }
    for (const child of this.children) signalGroup(child.pid, "SIGKILL");
    this.children.clear();
    this.spaces.clear();
    release(this.prefix);
  }

  private alive(): void {
    if (this.closed) throw new LabError(`lab ${this.prefix} is closed`);
  }
}

/** Names of the prefix's namespaces that exist now. */
function existing(prefix: string): string[] {
  try {
    return readdirSync(NETNS_DIR).filter((n) => n.startsWith(`${prefix}-`) && !n.slice(prefix.length + 1).includes("-"));
  } catch {
    return []; // no namespace was ever made here
  }
}

/** Removes a namespace with the processes in it: a namespace with processes lives on unnamed. */
function dropNetns(full: string): void {
  const pids = (): number[] =>
    run(undefined, ["ip", "netns", "pids", full], { allowFailure: true }).stdout.split(/\s+/).filter(Boolean).map(Number);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    let left = pids();
    for (const pid of left) signalPid(pid, signal);
    for (let i = 0; left.length > 0 && i < 20; i++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      left = pids();
    }
    if (left.length === 0) break;
  }
  run(undefined, ["ip", "netns", "del", full]);
}

function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // already gone
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid !== undefined) signalPid(-pid, signal);
}

/** When a living process began, in kernel ticks; undefined if there is none: a pid alone may have been reused, a zombie is dead. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Writes the owner file of a prefix, or throws if a living process has it. */
function claim(prefix: string): void {
  mkdirSync(OWNER_DIR, { recursive: true });
  const path = `${OWNER_DIR}/${prefix}`;
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(path, "wx", 0o600);
      writeSync(fd, `${process.pid} ${startTime(process.pid)}`);
      closeSync(fd);
      return;
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 3) throw e;
    }
    const [pid, began] = readFileSync(path, "utf8").split(" ");
    if (startTime(Number(pid)) === began) throw new LabError(`lab ${prefix}: in use by process ${pid}`);
    unlinkSync(path);
  }
}

function release(prefix: string): void {
  try {
    unlinkSync(`${OWNER_DIR}/${prefix}`);
  } catch {
    // someone cleaned /run: nothing left to do
  }
}

let kernel: { why?: string } | undefined;

/** Makes and removes one namespace with a veth pair and a bridge, once a process. */
function probeKernel(): string | undefined {
  if (kernel) return kernel.why;
  const name = `hflab${process.pid}-probe`;
  kernel = {};
  try {
    run(undefined, ["ip", "netns", "add", name]);
    run(name, ["ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0"]);
    run(name, ["ip", "link", "add", "br0", "type", "bridge"]);
  } catch (e) {
    kernel.why = `the kernel refuses namespaces, veth or bridge (${(e as Error).message})`;
  }
  run(undefined, ["ip", "netns", "del", name], { allowFailure: true });
  return kernel.why;
}

/** Installs the exit and signal handlers, once a process. */
function guard(): void {
  if (guarded) return;
  guarded = true;
  process.on("exit", closeAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      closeAll();
      // A program with its own handler decides by itself what the signal means; else it ends us as usual.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
}

function closeAll(): void {
  for (const lab of [...open]) lab.close();
}
