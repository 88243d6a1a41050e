// From one configuration to another, all or nothing.
//
// Invariants: what can be known beforehand is vetted before anything is changed; if the kernel or the module refuses
// something later, everything that was changed by then is changed back, addresses that others put on the interfaces and
// what the administrator told NICs included; what could not be changed back is told.

import type { Config, MemberConfig } from "../config/config.js";
import { PHYI } from "../core/index.js";
import type { Env } from "./env.js";
import { Group, requireFreeName } from "./group.js";
import type { Members } from "./members.js";
import { vetMtu, vetNic } from "./nic.js";
import { codeOf, isExpected, messageOf, Refusal } from "./refusal.js";

export interface Scene {
  env: Env;
  groups: Map<string, Group>;
}

/** How changes are made: on the way to a new configuration each must succeed, on the way back each is tried. */
export interface Manner {
  attempt(change: () => void): void;
  put(members: Members, member: MemberConfig): void;
}

export const STRICT: Manner = {
  attempt: (change) => change(),
  put: (members, member) => members.attach(member),
};

/** Applies `next`, where `was` is applied; says what changed. Throws, with everything as it was, if that is refused. */
export function reconfigure(scene: Scene, was: Config, next: Config): string[] {
  vet(scene, next);
  const memory = remember(scene);
  const changes: string[] = [];
  try {
    apply(scene, next, STRICT, changes);
    return changes;
  } catch (e) {
    // a module that has trapped is begun anew from its last state: not by us
    if (scene.env.loop.trapped) throw e;
    const left = undo(scene, was, memory);
    if (!isExpected(e)) throw e;
    const end = left.length === 0 ? "nothing has changed" : `undone, but for this: ${left.join("; ")}`;
    throw new Refusal(codeOf(e), `${messageOf(e)}; ${end}`);
  }
}

/** Is every interface name free, and every NIC that a group does not have yet fit for it? */
function vet({ env, groups }: Scene, next: Config): void {
  const staying = new Set(next.groups.flatMap((g) => g.members.map((m) => m.name)));
  const macs = new Map<string, string>();
  for (const p of env.ipmp.phyints()) if (staying.has(p.name)) macs.set(p.mac, p.name);
  for (const g of next.groups) {
    const group = groups.get(g.name);
    if (group === undefined) requireFreeName(env, g.name);
    const has = new Set(group?.members.names);
    for (const m of g.members) {
      if (has.has(m.name)) {
        // a family that is added asks more of those that are in
        const link = env.net.link(group?.members.ifindexOf(m.name) ?? m.name);
        if (link !== null) vetMtu(link, m.name, { group: g.name, families: g.families, mtu: g.mtu });
        continue;
      }
      const others = new Map([...macs].filter(([, name]) => name !== m.name));
      const { mac } = vetNic(env.net, m.name, { group: g.name, families: g.families, mtu: g.mtu, macs: others });
      macs.set(mac, m.name);
    }
  }
}

function apply(scene: Scene, target: Config, manner: Manner, changes: string[]): void {
  const { env, groups } = scene;
  for (const [name, group] of [...groups]) {
    if (target.groups.some((g) => g.name === name)) continue;
    manner.attempt(() => {
      group.dismantle();
      groups.delete(name);
      changes.push(`${name}: group removed`);
    });
  }
  // first out, then in: a NIC may go from one group to another
  for (const g of target.groups)
    for (const name of groups.get(g.name)?.members.names ?? []) {
      if (g.members.some((m) => m.name === name)) continue;
      manner.attempt(() => {
        groups.get(g.name)?.members.detach(name);
        changes.push(`${g.name}: ${name} taken out`);
      });
    }
  for (const g of target.groups) {
    const group = groups.get(g.name);
    if (group !== undefined) {
      changes.push(...group.reconfigure(g, manner));
      continue;
    }
    manner.attempt(() => {
      const made = Group.open(env, g);
      groups.set(g.name, made);
      for (const m of g.members) manner.put(made.members, m);
      made.bringUp();
      changes.push(`${g.name}: group created`);
    });
  }
}

/** What is neither in the configuration nor found again by itself. */
interface Memory {
  /** group → addresses on its interface, with prefix */
  addresses: Map<string, string[]>;
  /** NICs that the administrator took out of use, and those that stand by */
  offline: string[];
  standby: string[];
}

function remember({ env, groups }: Scene): Memory {
  const all = env.net.addresses();
  const addresses = [...groups.values()].map(
    (g) => [g.name, all.filter((a) => a.ifindex === g.ifindex).map((a) => `${a.address}/${a.prefix}`)] as const,
  );
  const phyints = env.ipmp.phyints();
  const having = (flag: number): string[] => phyints.filter((p) => p.flags & flag).map((p) => p.name);
  return { addresses: new Map(addresses), offline: having(PHYI.OFFLINE), standby: having(PHYI.STANDBY) };
}

/** Applies the former configuration again, and what is remembered beside it; says what could not be had. */
function undo(scene: Scene, was: Config, memory: Memory): string[] {
  const { env, groups } = scene;
  const left: string[] = [];
  const attempt = (change: () => void): void => {
    try {
      change();
    } catch (e) {
      if (env.loop.trapped) throw e;
      left.push(messageOf(e));
    }
  };
  apply(scene, was, { attempt, put: (members, member) => members.attachOrWait(member) }, []);
  for (const [name, list] of memory.addresses) {
    const group = groups.get(name);
    if (group === undefined) continue;
    const has = new Set(env.net.addresses(group.ifindex).map((a) => `${a.address}/${a.prefix}`));
    for (const text of list) if (!has.has(text)) attempt(() => env.net.addAddress(group.ifindex, text));
    attempt(() => group.resync());
  }
  for (const g of groups.values())
    for (const name of g.members.names)
      attempt(() => g.members.restore(name, memory.standby.includes(name), memory.offline.includes(name)));
  return left;
}
