// Ethernet and VLAN tags: what ethParse accepts, at which length, and that tags survive reading and writing.

import { DROP_SHORT, DROP_VLAN } from "../../abi/ipmp";
import { store16 } from "../../lib/be";
import { TYPE_CTAG, TYPE_IP4, TYPE_STAG, ethParse, macIsLinkLocal, vlanTags, vlanWrite } from "../eth";

const F: usize = memory.data(128, 8);

function tag(n: u32, type: u32, control: u32): void {
  store16(F + 12 + n * 4, type);
  store16(F + 14 + n * 4, control);
}

describe("Ethernet", () => {
  test("without tags layer 3 begins at 14", () => {
    store16(F + 12, TYPE_IP4);
    expect<u32>(ethParse(F, 14)).toBe((TYPE_IP4 << 8) | 14);
    expect<u32>(vlanTags(F, 14)).toBe(0);
    for (let len: u32 = 0; len < 14; len++) expect<u32>(ethParse(F, len)).toBe(DROP_SHORT);
  });

  test("one tag of either kind", () => {
    tag(0, TYPE_CTAG, 0xe064);
    store16(F + 16, TYPE_IP4);
    expect<u32>(ethParse(F, 18)).toBe((TYPE_IP4 << 8) | 18);
    expect<u32>(vlanTags(F, 18)).toBe(0x1064);
    for (let len: u32 = 14; len < 18; len++) expect<u32>(ethParse(F, len)).toBe(DROP_SHORT);
    tag(0, TYPE_STAG, 0x0fff);
    expect<u32>(vlanTags(F, 18)).toBe(0x3fff);
  });

  test("two tags, and not three", () => {
    tag(0, TYPE_STAG, 5);
    tag(1, TYPE_CTAG, 6);
    store16(F + 20, TYPE_IP4);
    expect<u32>(ethParse(F, 22)).toBe((TYPE_IP4 << 8) | 22);
    expect<u32>(vlanTags(F, 22)).toBe(0x3005_1006);
    for (let len: u32 = 18; len < 22; len++) expect<u32>(ethParse(F, len)).toBe(DROP_SHORT);
    tag(2, TYPE_CTAG, 7);
    expect<u32>(ethParse(F, 64)).toBe(DROP_VLAN);
    expect<u32>(ethParse(F, 22)).toBe(DROP_VLAN);
  });

  test("no EtherType is taken for a drop", () => {
    let dropped = 0;
    for (let type: u32 = 0; type < 0x10000; type++) {
      store16(F + 12, type);
      store16(F + 16, 0x1234);
      dropped += i32(ethParse(F, 60) < 0x100);
    }
    expect<i32>(dropped).toBe(0);
  });

  test("tags are written as they were read, priorities aside", () => {
    const tags = memory.data<u32>([0, 0x1000, 0x1064, 0x3fff, 0x3005_1006, 0x1001_1002]);
    for (let i: usize = 0; i < 6; i++) {
      memory.fill(F, 0, 64);
      const want = load<u32>(tags + i * 4);
      const l3 = vlanWrite(F, want, TYPE_IP4);
      expect<u32>(ethParse(F, l3)).toBe((TYPE_IP4 << 8) | l3);
      expect<u32>(vlanTags(F, l3)).toBe(want);
    }
  });

  test("link control addresses are 01:80:c2:00:00:00 to 0f", () => {
    for (let last: u64 = 0; last < 256; last++) expect<bool>(macIsLinkLocal(0xc2_8001 | (last << 40))).toBe(last < 16);
    expect<bool>(macIsLinkLocal(0x01_00c2_8001)).toBe(false);
  });
});
