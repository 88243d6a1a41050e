// Each resolution request (ARP request, neighbour solicitation) once, whichever members received a copy: the member that
// received it first answers it, or hands it to the stack, and keeps doing so for HOLD_NS; its copies on other members
// are duplicates. So no single silent member keeps a group from being resolved (R5.2 item 5).
//
// A table of sets of four entries, 48 bytes each:
//   0 time of the first copy, 8 and 16 requester, 24 and 32 target (two raw words each),
//   40 VLAN tags, 44 phyint, 46 family, 47 in use
// Of a full set the oldest entry gives way, so that a flood of requests costs at worst a second answer to another one.

import { RESOLVE_MAX } from "../../abi/ipmp";
import { GOLDEN64, MIX64 } from "../../lib/hash";
import { RESOLVE_SIZE, page, resolvesOf } from "../layout";

/** How long the first receiver keeps a request: shorter than the second after which hosts ask again (RFC 4861 §10). */
// @ts-ignore: decorator
@inline export const HOLD_NS: u64 = 500_000_000;
// @ts-ignore: decorator
@inline const WAYS: u32 = 4;

// @ts-ignore: decorator
@inline const TIME: usize = 0;
// @ts-ignore: decorator
@inline const REQUESTER: usize = 8;
// @ts-ignore: decorator
@inline const TARGET: usize = 24;
// @ts-ignore: decorator
@inline const TAGS: usize = 40;
// @ts-ignore: decorator
@inline const PORT: usize = 44;
// @ts-ignore: decorator
@inline const FAMILY: usize = 46;
// @ts-ignore: decorator
@inline const USED: usize = 47;

/**
 * Whether the copy of a request that member `port` has received is to be handled. Requester and target are two raw
 * words each: of ARP the protocol address, then (requester) the hardware address; of ND the address, and if that is
 * unspecified the hardware address in the upper word.
 */
export function resolveFirst(
  g: u32, family: u32, port: u32, tags: u32, requesterLo: u64, requesterHi: u64, targetLo: u64, targetHi: u64,
): bool {
  const now = page().now;
  const hash = ((requesterLo ^ rotl<u64>(requesterHi, 17)) * MIX64 ^ targetLo ^ rotl<u64>(targetHi, 29)) * GOLDEN64;
  const set = resolvesOf(g) + (<u32>(hash >> 32) & (RESOLVE_MAX - 1) & ~(WAYS - 1)) * RESOLVE_SIZE;
  let oldest = set;
  for (let at = set; at < set + WAYS * RESOLVE_SIZE; at += RESOLVE_SIZE) {
    if (load<u8>(at, USED) == 0) {
      if (load<u8>(oldest, USED)) oldest = at;
      continue;
    }
    if (
      load<u64>(at, REQUESTER) == requesterLo && load<u64>(at, REQUESTER + 8) == requesterHi
      && load<u64>(at, TARGET) == targetLo && load<u64>(at, TARGET + 8) == targetHi
      && load<u32>(at, TAGS) == tags && <u32>load<u8>(at, FAMILY) == family
    ) {
      if (now - load<u64>(at, TIME) < HOLD_NS) return <u32>load<u16>(at, PORT) == port;
      oldest = at;
      break;
    }
    if (load<u8>(oldest, USED) && load<u64>(at, TIME) < load<u64>(oldest, TIME)) oldest = at;
  }
  store<u64>(oldest, now, TIME);
  store<u64>(oldest, requesterLo, REQUESTER);
  store<u64>(oldest, requesterHi, REQUESTER + 8);
  store<u64>(oldest, targetLo, TARGET);
  store<u64>(oldest, targetHi, TARGET + 8);
  store<u32>(oldest, tags, TAGS);
  store<u16>(oldest, <u16>port, PORT);
  store<u8>(oldest, <u8>family, FAMILY);
  store<u8>(oldest, 1, USED);
  return true;
}

/** What a member was to answer, another may answer now: it is out of use. */
export function resolveForget(g: u32, phyint: u32): void {
  const table = resolvesOf(g);
  for (let at = table; at < table + RESOLVE_MAX * RESOLVE_SIZE; at += RESOLVE_SIZE)
    if (<u32>load<u16>(at, PORT) == phyint) memory.fill(at, 0, RESOLVE_SIZE);
}
