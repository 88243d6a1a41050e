// What the tests of the packet path share: a group of three NICs with an address of each family on each, all announced.
//
// 10.0.0.n and 2001:db8::n are bound to NIC n - 1; NIC 0 is nominee. PEER is a host outside.

import { Bed, GROUP_MAC } from "../conformance/bed.js";
import { type Bytes, eth, mac, tagged } from "../hostile/frames.js";

export const GROUP = GROUP_MAC;
export const PEER = "02:00:00:00:00:aa";
export const NO_MAC = "00:00:00:00:00:00";
export const ALL = "ff:ff:ff:ff:ff:ff";
export const NODES = "33:33:00:00:00:01";
export const TYPE = { IP4: 0x0800, ARP: 0x0806, IP6: 0x86dd } as const;

/** No tag, one of either kind, two. */
export const TAGS: [string, [number, number][]][] = [
  ["untagged", []],
  ["one tag", [[0x8100, 0x6064]]],
  ["service tag", [[0x88a8, 0x0fff]]],
  [
    "two tags",
    [
      [0x88a8, 0x0007],
      [0x8100, 0x0005],
    ],
  ],
];

export async function stage(nics = 3): Promise<Bed> {
  const bed = await Bed.make({ nics });
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 1);
  for (let n = 1; n <= nics; n++) bed.add(`10.0.0.${n}`, { verified: true });
  for (let n = 1; n <= nics; n++) bed.add(`2001:db8::${n}`, { verified: true });
  bed.pass(10);
  bed.ctl();
  bed.events();
  return bed;
}

/** A frame of the stack's, with tags. */
export const out = (dst: string, type: number, payload: Bytes, tags: [number, number][] = []): Bytes =>
  tagged(eth(dst, GROUP, type, payload), ...tags);

/** A frame of a peer's, with tags. */
export const from = (dst: string, type: number, payload: Bytes, tags: [number, number][] = [], src = PEER): Bytes =>
  tagged(eth(dst, src, type, payload), ...tags);

/** What a control frame must be: padded to 60 bytes; priorities are not copied. */
export function control(dst: string, src: string, type: number, payload: Bytes, tags: [number, number][] = []): Bytes {
  const frame = tagged(eth(dst, src, type, payload), ...tags.map(([tpid, tci]): [number, number] => [tpid, tci & 0x0fff]));
  return [...frame, ...Array<number>(Math.max(0, 60 - frame.length)).fill(0)];
}

/** A link-layer address option. */
export const option = (type: number, address: string): Bytes => [type, 1, ...mac(address)];
