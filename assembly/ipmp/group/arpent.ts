// Explicit ARP/ND entries. One whose hardware address is a member's is a proxy entry: the module answers for its
// address, and when that member ceases to be active, or has another hardware address, the entry is handed to the next active
// one, or is given that address, and announced as data addresses are (R1.6, arpent_ann.ts).
// Others are static: kept as they are, answered for only if PUBLISH.
//
// Invariants: one entry an address, and none for a data address that is up; NOTIFIED iff the entry points at an active
// member and that has been announced.

import {
  ARPENT_MAX, ARPENT_NOTIFIED, ARPENT_PROXY, ARPENT_PUBLISH, ARPENT_USED, AddrConf, AddrConf_addr_OFF, Arpent_SIZE,
  Arpent_addr_OFF, EADDRINUSE, EAFNOSUPPORT, EINVAL, ENOENT, ENOSPC, FAMILY_V4, FAMILY_V6, IPIF_UP,
} from "../../abi/ipmp";
import { addrFind } from "../path/addr_table";
import { memberWith } from "../path/own";
import { NONE, arpentAt, grpAt, illAt, inbox, ipifAt, page, phyintAt } from "../layout";
import { addrIsHost, grpValid, macIsUnicast } from "../valid";
import { announcePump } from "./announce";
import { arpentAnnounce } from "./arpent_ann";
import { rotorNext } from "./rotor";

/** The entry for an address of group g; NONE if there is none. O(ARPENT_MAX), O(1) for a group without entries. */
export function arpentFind(g: u32, family: u32, addr: usize): u32 {
  if (grpAt(g).narpent == 0) return NONE;
  for (let e: u32 = 0; e < ARPENT_MAX; e++) {
    const ent = arpentAt(g, e);
    if (ent.flags != 0 && ent.family == <u8>family && memory.compare(changetype<usize>(ent) + Arpent_addr_OFF, addr, 16) == 0) return e;
  }
  return NONE;
}

export function ipmp_arpent_create(g: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  const conf = changetype<AddrConf>(inbox());
  const addr = inbox() + AddrConf_addr_OFF;
  const family: u32 = conf.family;
  if (family > FAMILY_V6 || !addrIsHost(family, addr) || !macIsUnicast(conf.mac)) return -EINVAL;
  if ((<u32>conf.flags & ~ARPENT_PUBLISH) != 0) return -EINVAL;
  if (((grpAt(g).families >> <u8>family) & 1) == 0) return -EAFNOSUPPORT;
  const i = addrFind(g, family, addr);
  if (i != NONE && (<u32>ipifAt(g, i).flags & IPIF_UP) != 0) return -EADDRINUSE;
  let e = arpentFind(g, family, addr);
  if (e == NONE) {
    e = 0;
    while (e < ARPENT_MAX && arpentAt(g, e).flags != 0) e++;
    if (e == ARPENT_MAX) return -ENOSPC;
    grpAt(g).narpent += 1;
  }
  const ent = arpentAt(g, e);
  memory.fill(changetype<usize>(ent), 0, Arpent_SIZE);
  memory.copy(changetype<usize>(ent) + Arpent_addr_OFF, addr, 16);
  ent.family = <u8>family;
  ent.mac = ent.given = conf.mac;
  const port = memberWith(g, conf.mac);
  ent.port = <u16>port;
  ent.flags = <u8>(ARPENT_USED | (port != NONE ? ARPENT_PROXY : 0) | <u32>conf.flags);
  page().generation += 1;
  arpentRefresh(g, family);
  announcePump(g);
  return <i32>e;
}

export function ipmp_arpent_destroy(g: u32, e: u32): i32 {
  if (ipmp_arpent_get(g, e) < 0) return -ENOENT;
  arpentClear(g, e);
  return 0;
}

export function ipmp_arpent_get(g: u32, e: u32): i32 {
  if (!grpValid(g) || e >= ARPENT_MAX || arpentAt(g, e).flags == 0) return -ENOENT;
  return <i32>changetype<usize>(arpentAt(g, e));
}

function arpentClear(g: u32, e: u32): void {
  memory.fill(changetype<usize>(arpentAt(g, e)), 0, Arpent_SIZE);
  grpAt(g).narpent -= 1;
  page().generation += 1;
}

/** A data address comes up: an explicit entry for it goes (R1.4, ipmp_illgrp_add_ipif). */
export function arpentDrop(g: u32, family: u32, addr: usize): void {
  const e = arpentFind(g, family, addr);
  if (e != NONE) arpentClear(g, e);
}

/** Points every proxy entry of a family at an active member, in turn, and has those that moved announced. O(ARPENT_MAX). */
export function arpentRefresh(g: u32, family: u32): void {
  if (grpAt(g).narpent == 0) return;
  for (let e: u32 = 0; e < ARPENT_MAX; e++) {
    const ent = arpentAt(g, e);
    if ((<u32>ent.flags & ARPENT_PROXY) == 0 || ent.family != <u8>family) continue;
    const here = ent.port != <u16>NONE && illAt(ent.port, family).active != 0;
    const told = (<u32>ent.flags & ARPENT_NOTIFIED) != 0 || ent.ann_left != 0;
    if (here && told && ent.mac == phyintAt(ent.port).mac) continue;
    const p = here ? <u32>ent.port : rotorNext(g, family);
    ent.port = <u16>p;
    ent.flags = <u8>(<u32>ent.flags & ~ARPENT_NOTIFIED);
    ent.ann_left = 0;
    if (p == NONE) continue;
    ent.mac = phyintAt(p).mac;
    arpentAnnounce(g, ent);
  }
}
