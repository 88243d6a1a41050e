// The address index against a plain array: found iff inserted, whatever order things come and go in.

import { ADDR_SLOTS, FAMILY_V4, Ipif_addr_OFF } from "../../../abi/ipmp";
import { addrFind, addrInsert, addrRemove, addrSetBound, addrSlot4, home, slotIpif, slotPort } from "../addr_table";
import { NONE, SLOT_SIZE, ipifAt, slotsOf } from "../../layout";

const G: u32 = 63;
const KEY: usize = memory.data(16, 8);
/** One byte a slot. */
const SEEN: usize = memory.data(8192, 8);
const IN = new StaticArray<bool>(4096);

let seed: u32 = 1;
function random(): u32 {
  seed = seed * 1664525 + 1013904223;
  return seed >> 8;
}

/** Writes the n-th of a plan of addresses at `at`. */
function plan(at: usize, family: u32, n: u32): void {
  memory.fill(at, 0, 16);
  if (family == FAMILY_V4) store<u32>(at, 0x0a | ((n & 0xff) << 24) | ((n >> 8) << 16));
  else {
    store<u32>(at, 0xb80d0120);
    store<u32>(at, bswap<u32>(n), 12);
  }
}

function set(i: u32, family: u32, n: u32): void {
  ipifAt(G, i).family = <u8>family;
  plan(changetype<usize>(ipifAt(G, i)) + Ipif_addr_OFF, family, n);
}

function find(family: u32, n: u32): u32 {
  plan(KEY, family, n);
  return addrFind(G, family, KEY);
}

function occupied(): u32 {
  let n: u32 = 0;
  for (let s: u32 = 0; s < ADDR_SLOTS; s++) n += u32(load<u64>(slotsOf(G) + s * SLOT_SIZE) != 0);
  return n;
}

/** How many different homes 4,096 IPv4 addresses of a plan have. */
function homes(blockBits: u32, step: u32, blockStep: u32): u32 {
  memory.fill(SEEN, 0, ADDR_SLOTS);
  let n: u32 = 0;
  for (let i: u32 = 0; i < 4096; i++) {
    const at = SEEN + home(bswap<u32>(0x0a00_0000 + (i >> blockBits) * blockStep + (i & ((1 << blockBits) - 1)) * step)) / SLOT_SIZE;
    n += u32(load<u8>(at) == 0);
    store<u8>(at, 1);
  }
  return n;
}

describe("the address index", () => {
  test("finds what was inserted and nothing else, in either family", () => {
    for (let i: u32 = 0; i < 1000; i++) {
      set(i, i & 1, i);
      addrInsert(G, i);
    }
    for (let i: u32 = 0; i < 1000; i++) {
      expect<u32>(find(i & 1, i)).toBe(i);
      expect<u32>(find(~i & 1, i)).toBe(NONE);
    }
    for (let i: u32 = 1000; i < 2000; i++) expect<u32>(find(i & 1, i)).toBe(NONE);
    for (let i: u32 = 0; i < 1000; i++) addrRemove(G, i);
    expect<u32>(occupied()).toBe(0);
  });

  test("an address is bound where it was last said to be", () => {
    set(7, FAMILY_V4, 7);
    addrInsert(G, 7);
    plan(KEY, FAMILY_V4, 7);
    expect<u32>(slotPort(addrSlot4(slotsOf(G), load<u32>(KEY)))).toBe(NONE);
    addrSetBound(G, 7, 1234);
    expect<u32>(slotPort(addrSlot4(slotsOf(G), load<u32>(KEY)))).toBe(1234);
    expect<u32>(slotIpif(addrSlot4(slotsOf(G), load<u32>(KEY)))).toBe(7);
    addrRemove(G, 7);
  });

  test("a cluster over the end of the table closes its gaps in every order of removal", () => {
    // Addresses whose home is one of the last two slots: they run over the end.
    let n: u32 = 0;
    for (let key: u32 = 1; n < 6; key++) {
      if (home(key) / SLOT_SIZE < ADDR_SLOTS - 2) continue;
      ipifAt(G, n).family = <u8>FAMILY_V4;
      memory.fill(changetype<usize>(ipifAt(G, n)) + Ipif_addr_OFF, 0, 16);
      store<u32>(changetype<usize>(ipifAt(G, n)) + Ipif_addr_OFF, key);
      n++;
    }
    for (let order: u32 = 0; order < 720; order++) {
      for (let i: u32 = 0; i < 6; i++) {
        addrInsert(G, i);
        IN[i] = true;
      }
      let rest = order;
      for (let left: u32 = 6; left > 0; left--) {
        let nth = rest % left;
        rest /= left;
        let i: u32 = 0;
        while (!IN[i] || nth-- > 0) i++;
        addrRemove(G, i);
        IN[i] = false;
        for (let k: u32 = 0; k < 6; k++) {
          const found = addrFind(G, FAMILY_V4, changetype<usize>(ipifAt(G, k)) + Ipif_addr_OFF);
          expect<u32>(found).toBe(IN[k] ? k : NONE);
        }
      }
      expect<u32>(occupied()).toBe(0);
    }
  });

  test("full, then 20,000 random removals and insertions, agrees with a plain array", () => {
    for (let i: u32 = 0; i < 4096; i++) {
      set(i, random() & 1, i);
      addrInsert(G, i);
      IN[i] = true;
    }
    for (let round = 0; round < 20000; round++) {
      const i = random() & 4095;
      if (IN[i]) addrRemove(G, i);
      else addrInsert(G, i);
      IN[i] = !IN[i];
    }
    let wrong = 0;
    for (let i: u32 = 0; i < 4096; i++) {
      const found = find(ipifAt(G, i).family, i);
      wrong += i32(found != (IN[i] ? i : NONE));
    }
    expect<i32>(wrong).toBe(0);
    for (let i: u32 = 0; i < 4096; i++) if (IN[i]) addrRemove(G, i);
    expect<u32>(occupied()).toBe(0);
  });

  test("4,096 addresses of usual plans have 4,096 homes", () => {
    expect<u32>(homes(12, 1, 0)).toBe(4096); // one block of 4,096
    expect<u32>(homes(12, 4, 0)).toBe(4096); // every fourth of 16,384
    expect<u32>(homes(0, 0, 256)).toBe(4096); // one host in each of 4,096 subnets
  });
});
