// VLANs: where data addresses are announced too, and addresses that the stack has in VLANs of its own.
//
// Named by the host (ipmp_grp_vlan): every data address is announced there as well (copies.ts).
// Learnt, from ARP and ND that the stack sends with tags: pairs of VLAN and address. A VLAN interface on the group has
// addresses that are no data addresses; peers know them by the nominee's hardware address. A new nominee announces them,
// as often as the group announces; a data address that is used in a VLAN is announced there when it moves. Never is an
// address announced in a VLAN that neither the host nor the stack connects it with: another host may have it there.
//
// A dense table of Announce.nvaddr entries of 40 bytes:
//   0 address (IPv4 in the first 4 bytes), 16 tags, 20 family, 21 announcements left, 22 member whose copy is next,
//   24 when the next one is due, 32 when the stack last spoke for it
// One that the stack has not spoken for in VADDR_AGE_MS is forgotten when its turn comes; of a full table the one not
// spoken for longest gives way.

import {
  EINVAL, ENOENT, ENOSPC, FAMILY_V6, IPIF_DUPLICATE, VADDR_AGE_MS, VADDR_MAX, VLAN_MAX, Announce_vlan_OFF,
} from "../../abi/ipmp";
import { copy16, same16 } from "../../lib/be";
import { tagsFrom } from "../../wire/eth";
import { NS_PER_MS, timersSoon } from "../clock";
import { addrFind } from "../path/addr_table";
import { craftAnnounce } from "../path/craft";
import { announceGap } from "./ann_gap";
import { byAll, namedBy } from "./copies";
import { NEVER, NONE, VADDR_SIZE, activeOf, announceAt, grpAt, illgrpAt, ipifAt, page, vaddrAt, vlanOf } from "../layout";
import { grpValid } from "../valid";

// @ts-ignore: decorator
@inline const TAGS: usize = 16;
// @ts-ignore: decorator
@inline const FAMILY: usize = 20;
// @ts-ignore: decorator
@inline const LEFT: usize = 21;
// @ts-ignore: decorator
@inline const CURSOR: usize = 22;
// @ts-ignore: decorator
@inline const DUE: usize = 24;
// @ts-ignore: decorator
@inline const SEEN: usize = 32;

export function ipmp_grp_vlan(g: u32, tags: u32, on: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  const ann = announceAt(g);
  const n: u32 = ann.nvlan;
  const base = changetype<usize>(ann) + Announce_vlan_OFF;
  if (tags == 0 && on == 0) {
    memory.fill(base, 0, VLAN_MAX << 2);
    ann.nvlan = 0;
    page().generation += 1;
    return i32(n != 0);
  }
  const want = tagsFrom(tags);
  if (want == 0 || on > 1) return -EINVAL;
  let i: u32 = 0;
  while (i < n && vlanOf(ann, i) != want) i++;
  if ((i < n) == (on != 0)) return 0;
  if (on != 0) {
    if (n == VLAN_MAX) return -ENOSPC;
    store<u32>(base + (n << 2), want);
    ann.nvlan = <u16>(n + 1);
  } else {
    memory.copy(base + (i << 2), base + (i << 2) + 4, (n - i - 1) << 2);
    store<u32>(base + ((n - 1) << 2), 0);
    ann.nvlan = <u16>(n - 1);
  }
  page().generation += 1;
  return 1;
}

/** Nothing is learnt and nothing due. */
export function vaddrReset(g: u32): void {
  const ann = announceAt(g);
  memory.fill(vaddrAt(g, 0), 0, VADDR_MAX * VADDR_SIZE);
  ann.nvaddr = 0;
  ann.vaddr_due = NEVER;
}

/** Entry e goes; the last one takes its place. */
function vaddrForget(g: u32, e: u32): void {
  const ann = announceAt(g);
  const last = <u32>ann.nvaddr - 1;
  if (e != last) memory.copy(vaddrAt(g, e), vaddrAt(g, last), VADDR_SIZE);
  memory.fill(vaddrAt(g, last), 0, VADDR_SIZE);
  ann.nvaddr = <u16>last;
}

/** The stack of group g has spoken for the address at `addr` (16 bytes) in the VLANs of `tags`. O(VADDR_MAX). */
export function vaddrLearn(g: u32, family: u32, tags: u32, addr: usize): void {
  const ann = announceAt(g);
  if (ann.vlans == 0) return;
  const n: u32 = ann.nvaddr;
  let at: usize = 0;
  let oldest = vaddrAt(g, 0);
  for (let e: u32 = 0; e < n; e++) {
    const entry = vaddrAt(g, e);
    if (load<u64>(entry, SEEN) < load<u64>(oldest, SEEN)) oldest = entry;
    if (load<u32>(entry, TAGS) != tags || <u32>load<u8>(entry, FAMILY) != family || !same16(entry, addr)) continue;
    at = entry;
    break;
  }
  if (at == 0) {
    at = n == VADDR_MAX ? oldest : vaddrAt(g, n);
    if (n < VADDR_MAX) ann.nvaddr = <u16>(n + 1);
    memory.fill(at, 0, VADDR_SIZE);
    copy16(at, addr);
    store<u32>(at, tags, TAGS);
    store<u8>(at, <u8>family, FAMILY);
  }
  store<u64>(at, page().now, SEEN);
}

/** Entry e is to be announced from now on, as often as the group says. */
function vaddrDue(g: u32, e: u32): void {
  const at = vaddrAt(g, e);
  store<u8>(at, grpAt(g).announce_count, LEFT);
  store<u16>(at, 0, CURSOR);
  store<u64>(at, page().now, DUE);
  announceAt(g).vaddr_due = page().now;
  timersSoon();
}

/** The data address at `addr` has a new owner: it is announced in the VLANs in which the stack uses it. O(VADDR_MAX). */
export function vaddrMoved(g: u32, family: u32, addr: usize): void {
  for (let e: u32 = 0, n: u32 = announceAt(g).nvaddr; e < n; e++)
    if (<u32>load<u8>(vaddrAt(g, e), FAMILY) == family && same16(vaddrAt(g, e), addr)) vaddrDue(g, e);
}

/** A family has a new nominee: addresses in VLANs that are no data addresses are its own now. O(VADDR_MAX). */
export function vaddrNominated(g: u32, family: u32): void {
  for (let e: u32 = 0, n: u32 = announceAt(g).nvaddr; e < n; e++)
    if (<u32>load<u8>(vaddrAt(g, e), FAMILY) == family && addrFind(g, family, vaddrAt(g, e)) == NONE) vaddrDue(g, e);
}

/** The member that peers are to send to for entry e's address; NONE if nobody answers for it. */
function ownerOf(g: u32, at: usize): u32 {
  const family = <u32>load<u8>(at, FAMILY);
  const i = addrFind(g, family, at);
  if (i == NONE) return illgrpAt(g, family).cast_ill;
  return (<u32>ipifAt(g, i).flags & IPIF_DUPLICATE) != 0 ? NONE : <u32>ipifAt(g, i).bound;
}

/** Sends what is left of the round of the entry at `at`, at most `most` frames; returns how many. Its cursor says whether it is through. */
function vaddrSend(g: u32, at: usize, most: u32): u32 {
  const family = <u32>load<u8>(at, FAMILY);
  const ig = illgrpAt(g, family);
  const members: u32 = ig.nactif;
  const owner = ownerOf(g, at);
  const all = byAll(g);
  let sent: u32 = 0;
  let k: u32 = load<u16>(at, CURSOR);
  for (; k < members && owner != NONE; k++) {
    const port = activeOf(ig, k);
    if (port != owner && !all) continue;
    if (sent == most || !craftAnnounce(g, family, at, namedBy(g, owner, port), port, load<u32>(at, TAGS))) break;
    sent++;
  }
  store<u16>(at, <u16>(owner == NONE ? members : k), CURSOR);
  return sent;
}

/** Announces what is due, at most `most` frames, and says when the next is due (Announce.vaddr_due). O(VADDR_MAX + frames). */
export function vaddrPump(g: u32, most: u32): u32 {
  const ann = announceAt(g);
  const now = page().now;
  let sent: u32 = 0;
  let due = NEVER;
  for (let e: u32 = 0; e < <u32>ann.nvaddr; e++) {
    const at = vaddrAt(g, e);
    if (load<u8>(at, LEFT) == 0) continue;
    if (load<u64>(at, DUE) <= now) {
      if (now - load<u64>(at, SEEN) > <u64>VADDR_AGE_MS * NS_PER_MS) {
        vaddrForget(g, e);
        e--;
        continue;
      }
      sent += vaddrSend(g, at, most - sent);
      if (<u32>load<u16>(at, CURSOR) >= <u32>illgrpAt(g, load<u8>(at, FAMILY)).nactif) {
        store<u16>(at, 0, CURSOR);
        const left = <u32>load<u8>(at, LEFT) - 1;
        store<u8>(at, <u8>left, LEFT);
        store<u64>(at, now + announceGap(g, left), DUE);
      }
    }
    if (load<u8>(at, LEFT) != 0) due = min<u64>(due, load<u64>(at, DUE));
  }
  ann.vaddr_due = due;
  return sent;
}

/** Whether what a saved state says of VLANs can be. */
export function vlansWrong(g: u32): bool {
  const ann = announceAt(g);
  if (<u32>ann.nvlan > VLAN_MAX || <u32>ann.nvaddr > VADDR_MAX) return true;
  for (let e: u32 = 0; e < <u32>ann.nvaddr; e++) if (<u32>load<u8>(vaddrAt(g, e), FAMILY) > FAMILY_V6) return true;
  return false;
}
