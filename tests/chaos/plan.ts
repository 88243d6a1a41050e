// The schedule of one epoch: which fault begins when, on what, and for how long. A pure function of its seed.
//
// Invariants
// - A target has one fault at a time, and the daemon is asked for nothing while it is killed or frozen.
// - Something can carry at nearly all times: a blackout is drawn now and then and lasts BLACKOUT_MS at most, so that no
//   connection waits longer for its retransmission than the epoch does.
// - Everything has ended when the epoch is over.
import { Prng } from "../../host/io/memory/prng.js";
import { KINDS, type Kind } from "./kinds.js";

export interface Step {
  /** milliseconds from the beginning of the epoch */
  at: number;
  until: number;
  kind: string;
  target: string;
}

/** Between the beginnings of two faults. */
const PAUSE_MS: readonly [number, number] = [150, 2500];
const BLACKOUT_MS = 2500;
const BLACKOUTS = 0.05;
/** At the end of an epoch nothing begins any more. */
const CALM_MS = 1000;

const between = (prng: Prng, [least, most]: readonly [number, number]): number => least + prng.below(most - least + 1);

function draw(prng: Prng, kinds: readonly Kind[]): Kind {
  let at = prng.below(kinds.reduce((sum, k) => sum + k.weight, 0));
  for (const kind of kinds) {
    if (at < kind.weight) return kind;
    at -= kind.weight;
  }
  return kinds[kinds.length - 1];
}

const sideOf = (nic: string): string => (Number(nic.slice(3)) % 2 === 1 ? "a" : "b");

/** NICs that would carry nothing while these faults last. */
function lost(nics: readonly string[], steps: readonly { kind: Kind; target: string }[]): Set<string> {
  const out = new Set<string>();
  for (const { kind, target } of steps) {
    const loss = kind.loss(target);
    if (!loss) continue;
    for (const nic of nics)
      if ("daemon" in loss || ("nic" in loss && loss.nic === nic) || ("switch" in loss && loss.switch === sideOf(nic))) out.add(nic);
  }
  return out;
}

/**
 * Faults of an epoch of ms milliseconds on a host with these NICs, by the order of their beginnings.
 * The kinds are those of kinds.ts; a test may give others.
 */
export function plan(seed: number, nics: readonly string[], ms: number, kinds: readonly Kind[] = KINDS): Step[] {
  const prng = new Prng(seed);
  const out: (Step & { of: Kind })[] = [];
  for (let at = between(prng, PAUSE_MS); at < ms - CALM_MS; at += between(prng, PAUSE_MS)) {
    const of = draw(prng, kinds);
    const targets = of.targets(nics);
    const target = targets[prng.below(targets.length)];
    const blackout = prng.chance(BLACKOUTS);
    const longest = Math.min(of.ms[1], ms - CALM_MS - at);
    if (longest < of.ms[0]) continue;
    let length = between(prng, [of.ms[0], longest]);
    const overlapping = out.filter((s) => s.until >= at);
    if (overlapping.some((s) => s.target === target || (of.daemon && s.of.daemon))) continue;
    const together = [...overlapping.map((s) => ({ kind: s.of, target: s.target })), { kind: of, target }];
    if (!of.loss(target) || "daemon" in (of.loss(target) ?? {})) length = Math.min(length, longest);
    else if (lost(nics, together).size === nics.length) {
      if (!blackout) continue;
      length = Math.min(length, BLACKOUT_MS);
    }
    out.push({ at, until: at + length, kind: of.name, target, of });
  }
  return out.map(({ of: _, ...step }) => step);
}
