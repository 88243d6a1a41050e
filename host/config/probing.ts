// How a group's NICs are probed, as people write it: by what, from which addresses, whom.
// Invariant: what is a matter of one value is in the schema; what is one of several is judged here.

import { isIPv4, isIPv6 } from "node:net";
import { FAMILY, LIMIT } from "../core/abi/ipmp.js";
import { type Family, formatIp, parseIp } from "../core/address.js";
import type { GroupConfig } from "./config.js";
import type { Step } from "./position.js";
import { type Report, readAddress } from "./semantics.js";
import { type GrpKey, WATCH_MODES, WATCHES } from "./settings.js";

/** In place of an IPv6 test address: the link-local one that a NIC's hardware address makes. */
export const LINK_LOCAL = "link-local";

/** An address of a NIC's own, to probe from. */
export interface TestAddress {
  family: Family;
  /** "address/prefix", canonical; null: the link-local one of the NIC's hardware address */
  cidr: string | null;
}

/** A host to probe. */
export interface Target {
  family: Family;
  /** canonical text */
  addr: string;
}

export interface RawProbing {
  members: (string | { test_addresses?: string[] })[];
  watch?: string[];
  watch_mode?: string;
  routers?: boolean;
  targets?: string[];
  resolve_targets?: string[];
}

/** What a group's probing is, but for its members' test addresses; fills in the settings that are about it. */
export function readProbing(
  g: RawProbing,
  i: number,
  families: number,
  settings: Map<GrpKey, number>,
  report: Report,
): Pick<GroupConfig, "routers" | "targets" | "resolveTargets"> {
  if (g.watch !== undefined)
    settings.set(
      "WATCH",
      g.watch.reduce((bits, w) => bits | WATCHES[w], 0),
    );
  if (g.watch_mode !== undefined) settings.set("WATCH_ALL", WATCH_MODES[g.watch_mode]);
  return {
    routers: g.routers ?? true,
    targets: readTargets(g.targets ?? [], families, ["group", i, "targets"], report),
    resolveTargets: readTargets(g.resolve_targets ?? [], families, ["group", i, "resolve_targets"], report),
  };
}

/** Reads a list of targets; what cannot be is reported and left out. */
function readTargets(list: readonly string[], families: number, path: readonly Step[], report: Report): Target[] {
  const found: Target[] = [];
  list.forEach((text, j) => {
    const target = readTarget(text, families, [...path, j], report);
    if (target === null) return;
    const same = found.filter((t) => t.family === target.family);
    const word = target.family === FAMILY.V4 ? "IPv4" : "IPv6";
    if (same.some((t) => t.addr === target.addr)) report([...path, j], `found "${text}" a second time; allowed: each target once`);
    else if (same.length === LIMIT.TARGET_MAX)
      report(
        [...path, j],
        `found "${text}", one more than ${LIMIT.TARGET_MAX} of ${word}; allowed: at most ${LIMIT.TARGET_MAX} of a family`,
      );
    else found.push(target);
  });
  return found;
}

/** A target is what a data address may be, of another host. */
function readTarget(text: string, families: number, at: readonly Step[], report: Report): Target | null {
  const family = isIPv4(text) ? FAMILY.V4 : isIPv6(text) && !text.includes("%") ? FAMILY.V6 : null;
  if (family === null) {
    report(at, `found "${text}"; allowed: an address without prefix, as in "192.0.2.1" or "2001:db8::1"`);
    return null;
  }
  const whole = family === FAMILY.V4 ? "/32" : "/128";
  const fit = readAddress(text + whole, families, at, (path, why) => report(path, why.replace(`${whole}"`, '"')));
  return fit && { family, addr: formatIp(parseIp(text).bytes16, family) };
}

/** Reads the test addresses of one member; what cannot be is reported and left out. */
export function readTests(list: readonly string[], families: number, path: readonly Step[], report: Report): TestAddress[] {
  const found: TestAddress[] = [];
  list.forEach((text, j) => {
    const at = [...path, j];
    const test = text === LINK_LOCAL ? linkLocal(families, at, report) : readTest(text, families, at, report);
    if (test === null) return;
    const word = test.family === FAMILY.V4 ? "IPv4" : "IPv6";
    if (found.some((t) => t.family === test.family)) report(at, `found "${text}", a second one of ${word}; allowed: one a family`);
    else found.push(test);
  });
  return found;
}

function linkLocal(families: number, at: readonly Step[], report: Report): TestAddress | null {
  if (families & (1 << FAMILY.V6)) return { family: FAMILY.V6, cidr: null };
  report(at, `found "${LINK_LOCAL}", but the group does not carry IPv6; allowed: addresses of the group's families`);
  return null;
}

function readTest(text: string, families: number, at: readonly Step[], report: Report): TestAddress | null {
  const a = readAddress(text, families, at, report);
  return a && { family: a.family as Family, cidr: `${a.addr}/${a.prefix}` };
}

/** No test address twice, nor a data address or a target: the NIC alone has it. */
export function checkTests(groups: readonly GroupConfig[], report: Report): void {
  const owner = new Map<string, string>();
  for (const g of groups) for (const a of g.addresses) owner.set(a.addr, `a data address of "${g.name}"`);
  for (const g of groups) for (const t of [...g.targets, ...g.resolveTargets]) owner.set(t.addr, `a target of "${g.name}"`);
  groups.forEach((g, i) => {
    g.members.forEach((m, j) => {
      for (const { cidr } of m.tests) {
        if (cidr === null) continue;
        const addr = cidr.slice(0, cidr.lastIndexOf("/"));
        const other = owner.get(addr);
        const text = `found ${addr}, which is ${other} already; allowed: an address that only this NIC has`;
        if (other !== undefined) report(["group", i, "members", j, "test_addresses"], text);
        else owner.set(addr, `the test address of "${m.name}"`);
      }
    });
  });
}
