// The invariants by id and name, and how one that is broken is told.
//
// Invariant: a name is written here once; the tests and the command line take it from here.

/** What an invariant is about: it decides the exit code. */
export type Kind = "safety" | "liveness";

export const INVARIANT = {
  S01: "PrefixAgreement",
  S02: "DenseApplied",
  S03: "DecidedImmutable",
  S04: "OneValuePerBallotSlot",
  S05: "PromiseMonotonic",
  S06: "NoAcceptBelowPromise",
  S07: "SelfPromiseBinds",
  S08: "QuorumOnRecord",
  S09: "QuorumIntersection",
  S10: "SinglePrimary",
  S11: "LegalWalk",
  S12: "NoContradictoryState",
  S13: "RollForwardIdempotent",
  S14: "MergeDeterministic",
  S15: "MergeKeepsDecided",
  S16: "DummyJustified",
  S17: "NoDummyOverDecided",
  S18: "TruncateGuard",
  S19: "SetClosed",
  S20: "OneComingUp",
  S21: "NoNodeupDuringNodedown",
  S22: "SetTogether",
  S23: "CallbackOrder",
  S24: "GateCoherent",
  S25: "MonotonicReads",
  S26: "MigrationWaits",
  S27: "StaleDataRejected",
  S28: "NoDeliverFromEvicted",
  S29: "NoResurrection",
  S30: "IncarnationUnique",
  S31: "KeyServiceSingle",
  S32: "KeyServiceAfterFence",
  S33: "FencingTokenMonotonic",
  S34: "LeaseBeforeEvict",
  S35: "ArbiterOneVote",
  S36: "MonoRises",
  S37: "HistoryBounded",
  S38: "CheckpointEqual",
  S39: "ObserverPrefix",
  S40: "VersionRange",
  S42: "LivenessCore",
  S43: "NoLivelock",
  S44: "EveryDeathDecided",
  S45: "NoFalseEvict",
  S46: "BoundedQueues",
  S47: "ReplayEqual",
  S48: "SnapshotRestore",
} as const;

export type Id = keyof typeof INVARIANT;
export const IDS = Object.keys(INVARIANT) as Id[];

const LIVENESS: ReadonlySet<Id> = new Set<Id>(["S42", "S43", "S44", "S45"]);
export const kindOf = (id: Id): Kind => (LIVENESS.has(id) ? "liveness" : "safety");

/** `S01 PrefixAgreement`: as it is printed everywhere. */
export const title = (id: Id): string => `${id} ${INVARIANT[id]}`;

export interface Violation {
  id: Id;
  /** simulated time, ns */
  at: number;
  /** the node that showed it; 0 = none in particular */
  node: number;
  text: string;
}
