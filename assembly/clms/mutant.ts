// Switches that break one rule each, so that the simulator can prove that it would notice.
//
// MUTANT is 0 in every build but those that scripts/mutants.mjs makes, and a comparison of constants is folded by the
// compiler: the release holds no trace of them (tests/abi compares hashes with a build that has them cut out).
// The names are those of `npm run sim -- --mutants`; which invariant each violates stands in tests/sim/mutants.ts.

// @ts-ignore: decorator
@inline const MUTANT: u32 = 0;

// @ts-ignore: decorator
@inline export const M_NO_BALLOTS: u32 = 1;
// @ts-ignore: decorator
@inline export const M_NO_PROMISE_ON_REPORT: u32 = 2;
// @ts-ignore: decorator
@inline export const M_TAIL_CUT: u32 = 3;
// @ts-ignore: decorator
@inline export const M_EMPTY_DISK_VOTES: u32 = 4;
// @ts-ignore: decorator
@inline export const M_FEW_REPORTS: u32 = 5;
// @ts-ignore: decorator
@inline export const M_MINORITY_DROPPED: u32 = 6;
// @ts-ignore: decorator
@inline export const M_QUORUM_OF_ANSWERED: u32 = 7;
// @ts-ignore: decorator
@inline export const M_CANDIDATE_GOES_ON: u32 = 8;
// @ts-ignore: decorator
@inline export const M_LOWEST_BALLOT: u32 = 9;
// @ts-ignore: decorator
@inline export const M_NEW_CONFIG_ONLY: u32 = 10;
// @ts-ignore: decorator
@inline export const M_CONFIG_FROZEN: u32 = 11;
// @ts-ignore: decorator
@inline export const M_APPLY_BEFORE_GATE: u32 = 12;
// @ts-ignore: decorator
@inline export const M_NODEUP_IN_NODEDOWN: u32 = 13;
// @ts-ignore: decorator
@inline export const M_SET_SPLIT: u32 = 14;
// @ts-ignore: decorator
@inline export const M_ONE_NACK: u32 = 15;
// @ts-ignore: decorator
@inline export const M_DAMAGED_IS_NACK: u32 = 16;
// @ts-ignore: decorator
@inline export const M_PROMISE_NOT_DURABLE: u32 = 17;
// @ts-ignore: decorator
@inline export const M_COMMIT_ANY_BALLOT: u32 = 18;
// @ts-ignore: decorator
@inline export const M_REPORT_EARLY: u32 = 19;
// @ts-ignore: decorator
@inline export const M_SERVICE_BEFORE_FENCE: u32 = 20;
// @ts-ignore: decorator
@inline export const M_OBSERVER_COUNTED: u32 = 21;
// @ts-ignore: decorator
@inline export const M_TIE_BY_ARRIVAL: u32 = 22;
// @ts-ignore: decorator
@inline export const M_RING_SHORT: u32 = 23;
// @ts-ignore: decorator
@inline export const M_INC_REUSED: u32 = 24;
// @ts-ignore: decorator
@inline export const M_CALLBACK_TWICE: u32 = 25;
// @ts-ignore: decorator
@inline export const M_RESUME_EARLY: u32 = 26;
// @ts-ignore: decorator
@inline export const M_VOTE_GOES_ON: u32 = 27;

/** Is this build the one with that rule broken? */
// @ts-ignore: decorator
@inline export function mutant(id: u32): bool { return MUTANT == id; }
