// What a node does in the protocol: one table, and one function that every change goes through.
//
//   engine \ event  MISSED   AGREED   DURABLE  FENCE  ARBITER  COMPLETE  HIGHER    TIMEOUT   RENEW
//   FOLLOWER        PREVOTE  –        –        –      –        –         –         –         –
//   PREVOTE         –        PROMISE  –        –      –        –         FOLLOWER  FOLLOWER  –
//   PROMISE         –        –        POLL     –      –        –         FOLLOWER  FOLLOWER  –
//   POLL            –        –        –        FENCE  ARBITER  MASTER    FOLLOWER  FOLLOWER  –
//   FENCE           –        –        –        –      –        MASTER    FOLLOWER  FOLLOWER  –
//   ARBITER         –        –        –        –      –        MASTER    FOLLOWER  FOLLOWER  –
//   MASTER          –        –        –        –      –        –         FOLLOWER  FOLLOWER  PROMISE
//
// MISSED: the master is silent and it is this node's turn. AGREED: enough others miss it too. DURABLE: the own promise
// is on the disk. FENCE, ARBITER: the reports suffice, but somebody has to be fenced, or the arbiter's vote is needed.
// COMPLETE: the canonical list is made. HIGHER: a higher ballot was promised, or a master speaks. TIMEOUT: no quorum in
// time. RENEW: the arbiter is to vote for another set of nodes, which takes another ballot. OFF, OBSERVER and HALTED take
// no part. A dash is an event that means nothing there.

import { ENGINE_FOLLOWER, ENGINE_HALTED, ENGINE_MASTER, ENGINE_OFF, ENGINE_OBSERVER } from "../../abi/clms";
import { engineSet, masterSet } from "../event";
import { page, self } from "../layout";

// @ts-ignore: decorator
@inline export const TE_MISSED: u32 = 0;
// @ts-ignore: decorator
@inline export const TE_AGREED: u32 = 1;
// @ts-ignore: decorator
@inline export const TE_DURABLE: u32 = 2;
// @ts-ignore: decorator
@inline export const TE_FENCE: u32 = 3;
// @ts-ignore: decorator
@inline export const TE_ARBITER: u32 = 4;
// @ts-ignore: decorator
@inline export const TE_COMPLETE: u32 = 5;
// @ts-ignore: decorator
@inline export const TE_HIGHER: u32 = 6;
// @ts-ignore: decorator
@inline export const TE_TIMEOUT: u32 = 7;
// @ts-ignore: decorator
@inline export const TE_RENEW: u32 = 8;
/** Events there are. */
// @ts-ignore: decorator
@inline export const TE_COUNT: u32 = 9;
/** "Means nothing here." */
// @ts-ignore: decorator
@inline export const TE_NOTHING: u32 = 0xff;

const TABLE: usize = memory.data<u8>([
// MISSED AGREED DURABLE FENCE ARBITER COMPLETE HIGHER TIMEOUT RENEW
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // OFF
  2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // FOLLOWER
  0xff, 3, 0xff, 0xff, 0xff, 0xff, 1, 1, 0xff, // PREVOTE
  0xff, 0xff, 4, 0xff, 0xff, 0xff, 1, 1, 0xff, // PROMISE
  0xff, 0xff, 0xff, 5, 6, 7, 1, 1, 0xff, // POLL
  0xff, 0xff, 0xff, 0xff, 0xff, 7, 1, 1, 0xff, // FENCE
  0xff, 0xff, 0xff, 0xff, 0xff, 7, 1, 1, 0xff, // ARBITER
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 3, // MASTER
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // OBSERVER
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // HALTED
]);

/** Where an event leads, or TE_NOTHING. Any number is allowed as argument. */
export function engineNext(engine: u32, event: u32): u32 {
  if (engine > ENGINE_HALTED || event >= TE_COUNT) return TE_NOTHING;
  return load<u8>(TABLE + engine * TE_COUNT + event);
}

/** Does what the table says; false if the event means nothing here. */
export function engineStep(event: u32): bool {
  const next = engineNext(page().engine, event);
  if (next == TE_NOTHING) return false;
  if (<u32>page().engine == ENGINE_MASTER) masterSet(0);
  engineSet(next);
  return true;
}

/** Is this node doing something under a ballot of its own? */
export function hasOwnRole(): bool {
  const engine: u32 = page().engine;
  return engine != ENGINE_OFF && engine != ENGINE_FOLLOWER && engine != ENGINE_OBSERVER && engine != ENGINE_HALTED;
}
