// Who votes at a slot, and what is enough: the recorder's own rules of the five modes.
//
//   MAJORITY          more than half of all configured votes, of dead nodes too
//   MAJORITY_DYNAMIC  more than half of the votes of members (of all voters, while there are fewer than two)
//   ARBITER           more than half of all configured votes plus one: by nodes alone, or with the arbiter's vote, if every
//                     member of the set that its register named in that ballot is among them
//   CLASSIC(_FENCE)   every member (where there is none any more, the one that was the last; every voter, while there never
//                     was one), but for those that are really dead (fenced nodes are); at least one of them
//
// A member is a voter in UP, SHUTDOWN or GOINGDOWN.
// An acceptance counts only from the lineage that the log knows, and not from one that is still learning.

import { MODE, NS, ROLE } from "../../../host/core/abi/clms.js";
import { live } from "./edges.js";
import type { Ent } from "./fold.js";

/** A cluster that shrinks with its members goes no further down. */
const DYNAMIC_MIN = 2;

export interface Voter {
  node: number;
  votes: number;
  inc: number;
  lineage: number;
  learning: boolean;
  member: boolean;
  /** its removal left no member, and none has come since */
  last: boolean;
}

export interface Config {
  mode: number;
  /** nodes that have a vote, counted at present or not */
  roll: ReadonlySet<number>;
  voters: Voter[];
  /** whom the classic modes ask */
  asked: Voter[];
  /** votes that are counted in all */
  total: number;
  /** equal for configurations whose quorums are the same sets of nodes: one that differs has to agree itself */
  key: string;
}

/** Does the entry vote at all? */
export const votes = (e: Pick<Ent, "votes" | "role">): boolean => e.votes > 0 && (e.role === ROLE.VOTER || e.role === ROLE.WITNESS);
/** Is it a voter in UP, SHUTDOWN or GOINGDOWN? */
export const isMember = (e: Ent): boolean => votes(e) && live(e.state) && e.state !== NS.COMINGUP;

export function configOf(mode: number, ents: Iterable<Ent>): Config {
  const voters: Voter[] = [];
  for (const e of ents)
    if (votes(e))
      voters.push({
        node: e.node,
        votes: e.votes,
        inc: e.inc,
        lineage: e.lineage,
        learning: e.learning,
        member: isMember(e),
        last: e.last,
      });
  const members = voters.filter((v) => v.member);
  const counted = mode === MODE.MAJORITY_DYNAMIC && members.length >= DYNAMIC_MIN ? members : voters;
  const total = counted.reduce((sum, v) => sum + v.votes, 0) + (mode === MODE.ARBITER ? 1 : 0);
  const classic = mode === MODE.CLASSIC || mode === MODE.CLASSIC_FENCE;
  const last = voters.filter((v) => v.last);
  const asked = [members, last].find((some) => some.length > 0) ?? voters;
  const mark = (v: Voter) => (classic && asked.includes(v) ? "m" : "");
  const key = [mode, ...counted.map((v) => `${v.node}:${v.votes}${mark(v)}`).sort()].join(" ");
  return { mode, roll: new Set(voters.map((v) => v.node)), voters: counted, asked, total, key };
}

/** What the recorder knows beside the log. */
export interface Truth {
  /** Has this incarnation really ended (crashed, fenced, restarted)? */
  dead(node: number, inc: number): boolean;
  /** Sets of nodes that the arbiter's register named in this ballot. */
  named(ballot: number): readonly ReadonlySet<number>[];
}

/** Who accepted, and in which lineage: several processes may run under one number. */
export type Acceptors = ReadonlySet<number>;
export const acceptor = (node: number, lineage: number): number => lineage * 65_536 + node;
export const acceptorNode = (key: number): number => key % 65_536;
export const acceptorText = (by: Acceptors): string =>
  [...by].map((key) => `${acceptorNode(key)} of lineage ${Math.floor(key / 65_536)}`).join(", ") || "nobody";

const counts = (v: Voter, by: Acceptors): boolean => !v.learning && v.lineage !== 0 && by.has(acceptor(v.node, v.lineage));
const weigh = (config: Config, of: (v: Voter) => boolean): number => config.voters.reduce((sum, v) => sum + (of(v) ? v.votes : 0), 0);

/** The same for a slot with the configurations before and after it: both, if they differ. */
export function enoughAt(before: Config, after: Config, by: Acceptors, ballot: number, truth: Truth): boolean {
  return enough(before, by, ballot, truth) && (before.key === after.key || enough(after, by, ballot, truth));
}

/** Were these acceptances, all in one ballot, enough under this configuration? */
export function enough(config: Config, who: Acceptors | ReadonlyMap<number, number>, ballot: number, truth: Truth): boolean {
  // A map is node → lineage, where no number has two processes.
  const by: Acceptors = who instanceof Map ? new Set([...who].map(([n, lineage]) => acceptor(n, lineage))) : (who as Acceptors);
  const weight = weigh(config, (v) => counts(v, by));
  if (config.mode === MODE.CLASSIC || config.mode === MODE.CLASSIC_FENCE) {
    return config.asked.some((v) => counts(v, by)) && config.asked.every((v) => counts(v, by) || truth.dead(v.node, v.inc));
  }
  if (2 * weight > config.total) return true;
  if (config.mode !== MODE.ARBITER) return false;
  return truth.named(ballot).some((set) => {
    // Who has ceased to vote still has to have agreed: the next set is chosen among these.
    const agreed = (n: number) => [...by].some((key) => acceptorNode(key) === n);
    const all = [...set].every((n) => {
      const v = config.voters.find((x) => x.node === n);
      return v ? counts(v, by) : agreed(n);
    });
    return all && 2 * (weight + 1) > config.total;
  });
}

/**
 * Votes of those whose "I have nothing there" counts, and how many of them prove that nothing was decided there. In a classic
 * cluster one member that has not restarted since would have had to accept, and proves it alone; one that has restarted may
 * have been left out before: then it takes all that are asked. standing: who has not restarted.
 */
export function nacks(config: Config, by: Acceptors, standing: Acceptors): { have: number; need: number } {
  if (config.mode === MODE.CLASSIC || config.mode === MODE.CLASSIC_FENCE) {
    const nay = config.asked.filter((v) => counts(v, by));
    const sum = (some: Voter[]) => some.reduce((total, v) => total + v.votes, 0);
    const alone = nay.some((v) => v.member && counts(v, standing));
    return { have: sum(nay), need: alone ? 1 : Math.max(1, sum(config.asked)) };
  }
  const write = Math.floor(config.total / 2) + 1;
  return { have: weigh(config, (v) => counts(v, by)), need: config.total - write + 1 };
}
