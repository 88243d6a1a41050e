// The argument of a CONFIG NODE record: role (8 bits), site (8), votes (16), oldest (8) and newest (8) protocol version.

// @ts-ignore: decorator
@inline export function nodeArg(role: u32, site: u32, votes: u32, pmin: u32, pmax: u32): u64 {
  return <u64>role | (<u64>site << 8) | (<u64>votes << 16) | (<u64>pmin << 32) | (<u64>pmax << 40);
}
// @ts-ignore: decorator
@inline export function argRole(arg: u64): u32 { return <u32>arg & 0xff; }
// @ts-ignore: decorator
@inline export function argSite(arg: u64): u32 { return (<u32>arg >> 8) & 0xff; }
// @ts-ignore: decorator
@inline export function argVotes(arg: u64): u32 { return <u32>arg >> 16; }
// @ts-ignore: decorator
@inline export function argMin(arg: u64): u32 { return <u32>(arg >> 32) & 0xff; }
// @ts-ignore: decorator
@inline export function argMax(arg: u64): u32 { return <u32>(arg >> 40) & 0xff; }
