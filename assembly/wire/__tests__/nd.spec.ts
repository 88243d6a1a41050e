// ARP, neighbour discovery, IGMP and MLD: what a receiver must discard, and that what is written here would be accepted.

import { store16, storeMac } from "../../lib/be";
import { csumAdd, csumFold } from "../../lib/csum";
import { ARP_REPLY, ARP_REQUEST, arpOp, arpWrite } from "../arp";
import { icmp6Seal, icmp6Valid } from "../icmp6";
import { IS_EXCLUDE, IS_INCLUDE, igmpRecordSize, igmpWrite, igmpWrite3 } from "../igmp";
import { IP6_DST, IP6_SRC, ip6Write } from "../ipv6";
import { mldRecordSize, mldWrite, mldWrite2, mldWriteAlert } from "../mld";
import { OPT_SLLA, OPT_TLLA, isSolicitedNode, ndFixed, ndLinkAddress, ndOption, ndOptionsValid, ndValid } from "../ndp";

const P: usize = memory.data(512, 8);
const ND: usize = P + 40;

/** A valid solicitation with a source link-layer address option: fe80::1 asks ff02::1:ff00:2 for fe80::2. */
function solicit(): void {
  memory.fill(P, 0, 512);
  ip6Write(P, 32, 58, 255);
  store16(P + IP6_SRC, 0xfe80);
  store<u8>(P + IP6_SRC + 15, 1);
  store16(P + IP6_DST, 0xff02);
  store<u8>(P + IP6_DST + 11, 1);
  store<u8>(P + IP6_DST + 12, 0xff);
  store<u8>(P + IP6_DST + 15, 2);
  store<u8>(ND, 135);
  store16(ND + 8, 0xfe80);
  store<u8>(ND + 23, 2);
  option(24, OPT_SLLA, 0x0900_0000_0002);
  icmp6Seal(P, ND, 32);
}

function option(at: u32, type: u32, mac: u64): void {
  store<u8>(ND + at, <u8>type);
  store<u8>(ND + at + 1, 1);
  storeMac(ND + at + 2, mac);
}

function valid(len: u32): bool {
  icmp6Seal(P, ND, len);
  return ndValid(P, ND, len, false);
}

describe("neighbour discovery", () => {
  test("a valid solicitation, and each rule of RFC 4861 §7.1.1 broken", () => {
    solicit();
    expect<bool>(valid(32)).toBe(true);
    expect<u64>(ndLinkAddress(ND, 32, OPT_SLLA)).toBe(0x0900_0000_0002);
    expect<u64>(ndLinkAddress(ND, 32, OPT_TLLA)).toBe(0);
    store<u8>(P, 254, 7);
    expect<bool>(valid(32)).toBe(false);
    solicit();
    store<u8>(ND, 1, 1);
    expect<bool>(valid(32)).toBe(false);
    solicit();
    store<u8>(ND, 0xff, 8);
    expect<bool>(valid(32)).toBe(false);
    solicit();
    store<u8>(ND, 0, 25);
    expect<bool>(valid(32)).toBe(false);
    solicit();
    store<u8>(ND, 2, 25);
    expect<bool>(valid(32)).toBe(false);
    solicit();
    store<u8>(ND, load<u8>(ND, 31) ^ 1, 31);
    expect<bool>(ndValid(P, ND, 32, false)).toBe(false);
    expect<bool>(ndValid(P, ND, 32, true)).toBe(true);
    for (let len: u32 = 0; len < 24; len++) expect<bool>(ndValid(P, ND, len, true)).toBe(false);
  });

  test("a solicitation from :: has no source address option and goes to the solicited-node group", () => {
    solicit();
    memory.fill(P + IP6_SRC, 0, 16);
    expect<bool>(valid(32)).toBe(false);
    expect<bool>(valid(24)).toBe(true);
    store<u8>(P + IP6_DST + 15, 3);
    expect<bool>(valid(24)).toBe(false);
  });

  test("an advertisement to a group is not solicited", () => {
    solicit();
    store<u8>(ND, 136);
    expect<bool>(valid(32)).toBe(true);
    store<u8>(ND, 0x60, 4);
    expect<bool>(valid(32)).toBe(false);
    store16(P + IP6_DST, 0xfe80);
    expect<bool>(valid(32)).toBe(true);
  });

  test("options must fill the message exactly", () => {
    memory.fill(P, 0, 512);
    option(8, 5, 0);
    option(16, OPT_TLLA, 7);
    for (let len: u32 = 8; len <= 24; len++) expect<bool>(ndOptionsValid(ND, 8, len)).toBe(len % 8 == 0);
    expect<u32>(ndOption(ND, 8, 24, OPT_TLLA)).toBe(16);
    expect<u32>(ndOption(ND, 8, 16, OPT_TLLA)).toBe(0);
    store<u8>(ND, 0, 9);
    expect<bool>(ndOptionsValid(ND, 8, 24)).toBe(false);
  });

  test("every type has its length, no other type has one", () => {
    let n = 0;
    for (let type: u32 = 0; type < 256; type++) n += i32(ndFixed(type) != 0);
    expect<i32>(n).toBe(5);
  });

  test("the solicited-node group is told by the last three bytes", () => {
    solicit();
    expect<bool>(isSolicitedNode(P + IP6_DST, ND + 8)).toBe(true);
    for (let i: usize = 0; i < 16; i++) {
      solicit();
      store<u8>(P + IP6_DST + i, load<u8>(P + IP6_DST + i) ^ 4);
      expect<bool>(isSolicitedNode(P + IP6_DST, ND + 8)).toBe(false);
    }
  });

  test("one flipped bit anywhere makes the checksum wrong", () => {
    solicit();
    for (let bit: usize = 0; bit < 32 * 8; bit++) {
      store<u8>(ND + (bit >> 3), load<u8>(ND + (bit >> 3)) ^ <u8>(1 << <u8>(bit & 7)));
      expect<bool>(icmp6Valid(P, ND, 32)).toBe(false);
      store<u8>(ND + (bit >> 3), load<u8>(ND + (bit >> 3)) ^ <u8>(1 << <u8>(bit & 7)));
    }
    expect<bool>(icmp6Valid(P, ND, 32)).toBe(true);
  });
});

describe("ARP", () => {
  test("only requests and replies for IPv4 over Ethernet", () => {
    arpWrite(P, ARP_REQUEST, 0x0100_0000_0002, 1, 2, 3);
    expect<u32>(arpOp(P)).toBe(ARP_REQUEST);
    store<u8>(P, 2, 7);
    expect<u32>(arpOp(P)).toBe(ARP_REPLY);
    for (let i: usize = 0; i < 8; i++) {
      store<u8>(P + i, load<u8>(P + i) ^ 0x40);
      expect<u32>(arpOp(P)).toBe(0);
      store<u8>(P + i, load<u8>(P + i) ^ 0x40);
    }
  });
});

describe("membership reports", () => {
  test("IGMP of each version has its length, type, group and a right checksum", () => {
    for (let version: u32 = 1; version <= 2; version++) {
      expect<u32>(igmpWrite(P, version, 0x010203e0)).toBe(8);
      expect<u32>(load<u8>(P)).toBe(version == 2 ? 0x16 : 0x12);
      expect<u32>(load<u32>(P + 4)).toBe(0x010203e0);
      expect<u32>(csumFold(csumAdd(0, P, 8))).toBe(0xffff);
    }
    store<u32>(P + 256, 0x0100000a);
    store<u32>(P + 272, 0x0200000a);
    expect<u32>(igmpWrite3(P, IS_INCLUDE, 0x010203e0, 2, P + 256)).toBe(24);
    expect<u32>(load<u8>(P)).toBe(0x22);
    expect<u32>(load<u32>(P + 12)).toBe(0x010203e0);
    expect<u64>(load<u64>(P + 16)).toBe(0x0200000a_0100000a);
    expect<u32>(csumFold(csumAdd(0, P, 24))).toBe(0xffff);
    expect<u32>(igmpRecordSize(P + 8)).toBe(16);
    store16(P + 10, 3);
    store<u8>(P, 1, 9);
    expect<u32>(igmpRecordSize(P + 8)).toBe(24);
  });

  test("MLD of each version has its length, type and group", () => {
    expect<u32>(mldWriteAlert(P)).toBe(8);
    expect<u64>(load<u64>(P)).toBe(0x0001_0000_0205_003a & 0xffff_ffff_ffff_ffff);
    expect<u32>(mldWrite(P, 0x02ff, 0x0100_0000_0000_0000)).toBe(24);
    expect<u32>(load<u8>(P)).toBe(131);
    expect<u64>(load<u64>(P + 8)).toBe(0x02ff);
    expect<u32>(mldWrite2(P, IS_EXCLUDE, 0x02ff, 0x0100_0000_0000_0000, 0, 0)).toBe(28);
    expect<u32>(load<u8>(P)).toBe(143);
    expect<u64>(load<u64>(P + 12)).toBe(0x02ff);
    expect<u32>(mldRecordSize(P + 8)).toBe(20);
    store16(P + 10, 2);
    expect<u32>(mldRecordSize(P + 8)).toBe(52);
  });
});
