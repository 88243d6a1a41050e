// How the members of one group are probed: what the configuration and the routing table say, told to the module.
//
// Invariants: the module has the targets of the configuration, and as routers the neighbours that the kernel's routes through
// the group interface lead to, unless the configuration wants none; a member has its test addresses before it joins.

import type { GroupConfig, MemberConfig } from "../config/config.js";
import type { Target, TestAddress } from "../config/probing.js";
import { formatIp, parseIp, parseMac } from "../core/address.js";
import { FAMILY, LIMIT, type TGKIND, WATCH } from "../core/index.js";
import type { Env } from "./env.js";

type Kind = Exclude<keyof typeof TGKIND, "HOST">;
const FAMILIES = [0, 1] as const;

export class Probing {
  readonly #env: Pick<Env, "ipmp" | "loop" | "net">;
  readonly #grp: number;
  /** lists as told last; a module that was restored has lists of its own, so the first is always told */
  readonly #told = new Map<string, string>();
  config: GroupConfig;

  constructor(env: Pick<Env, "ipmp" | "loop" | "net">, grp: number, config: GroupConfig) {
    this.#env = env;
    this.#grp = grp;
    this.config = config;
  }

  /** Somebody wants to know the group's routes: only then are they read. */
  get #routed(): boolean {
    const { routers, members, settings } = this.config;
    const resolves = ((settings.get("WATCH") ?? 0) & WATCH.RESOLVE) !== 0;
    return routers && (resolves || members.some((m) => m.tests.length > 0));
  }

  /** Tells the module whom to probe, as far as that is new. */
  settle(ifindex: number): void {
    const { targets, resolveTargets } = this.config;
    this.#tell("STATIC", targets);
    this.#tell("RESOLVE", resolveTargets);
    this.#tell("ROUTER", this.#routed ? this.#routers(ifindex) : []);
  }

  #routers(ifindex: number): Target[] {
    const all = this.#env.net.routes.through(ifindex).map((hop) => ({ family: hop.family, addr: hop.address }));
    return FAMILIES.flatMap((f) => all.filter((t) => t.family === f).slice(0, LIMIT.TARGET_MAX));
  }

  #tell(kind: Kind, targets: readonly Target[]): void {
    const { ipmp, loop } = this.#env;
    for (const family of FAMILIES) {
      if (!(this.config.families & (1 << family))) continue;
      const addrs = targets.filter((t) => t.family === family).map((t) => t.addr);
      const key = `${kind} ${family}`;
      if (this.#told.get(key) === addrs.join()) continue;
      loop.command(() => ipmp.grpTargets(this.#grp, family, kind, addrs));
      this.#told.set(key, addrs.join());
    }
  }

  /** Another configuration counts from now on; says what changed. */
  configure(next: GroupConfig, ifindex: number): string[] {
    const was = this.config;
    this.config = next;
    const list = (all: readonly Target[]): string => all.map((t) => t.addr).join(", ") || "none";
    const changes: string[] = [];
    if (list(was.targets) !== list(next.targets)) changes.push(`targets: ${list(next.targets)}`);
    if (list(was.resolveTargets) !== list(next.resolveTargets)) changes.push(`resolve_targets: ${list(next.resolveTargets)}`);
    // a family that comes back has lists of its own again
    if (was.families !== next.families) this.#told.clear();
    if (was.routers !== next.routers) changes.push(`routers ${next.routers ? "on" : "off"}`);
    this.settle(ifindex);
    return changes;
  }
}

/** The link-local address that a hardware address makes (RFC 4291 appendix A), canonical. */
function linkLocalOf(mac: string): string {
  const [a, b, c, d, e, f] = parseMac(mac);
  const word = (high: number, low: number): string => ((high << 8) | low).toString(16);
  const text = `fe80::${word(a ^ 2, b)}:${word(c, 0xff)}:${word(0xfe, d)}:${word(e, f)}`;
  return formatIp(parseIp(text).bytes16, FAMILY.V6);
}

/** Makes a NIC's test addresses in the module those of the configuration. */
export function tellTests({ ipmp }: Pick<Env, "ipmp">, phyint: number, tests: readonly TestAddress[]): void {
  const { mac, families } = ipmp.phyint(phyint);
  for (const family of FAMILIES) {
    if (!(families & (1 << family))) continue;
    const test = tests.find((t) => t.family === family);
    const wanted = test === undefined ? null : (test.cidr ?? `${linkLocalOf(mac)}/64`);
    const { addr, prefix } = ipmp.probe(phyint, family);
    if ((addr === null ? null : `${addr}/${prefix}`) !== wanted) ipmp.testAddr(phyint, family, wanted);
  }
}

/** Test addresses in words. */
export function testsText({ tests }: Pick<MemberConfig, "tests">): string {
  return tests.map((t) => t.cidr ?? "link-local").join(", ") || "none";
}
