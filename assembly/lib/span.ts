// Spans of time in u64 ns that never wrap: a clock reading from elsewhere may be anything.

/** From `then` to `now`; 0 if `then` is not over yet. */
// @ts-ignore: decorator
@inline export function since(now: u64, then: u64): u64 { return now > then ? now - then : 0; }

/** `span` after `time`, at most all ones. */
// @ts-ignore: decorator
@inline export function later(time: u64, span: u64): u64 { return span > u64.MAX_VALUE - time ? u64.MAX_VALUE : time + span; }

/** `a` times `b`, at most all ones. */
// @ts-ignore: decorator
@inline export function times(a: u64, b: u64): u64 { return b != 0 && a > u64.MAX_VALUE / b ? u64.MAX_VALUE : a * b; }
