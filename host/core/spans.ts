// Where in the module's state region anything may be, from its own tables (Extent): a snapshot looks nowhere else.

import { EXTENT, Extent, Page } from "./abi/ipmp.js";
import type { Span } from "./snapshot.js";

/** In order; bytes from the page at address `page`. Outside of these every byte is zero. */
export function spansInUse(dv: DataView, page: number): Span[] {
  const word = (at: number): number => dv.getUint32(at, true);
  const tops: Readonly<Record<number, number>> = {
    [EXTENT.GRP]: word(page + Page.grp_top),
    [EXTENT.PHYINT]: word(page + Page.phyint_top),
  };
  const base = word(page + Page.extent_base);
  return Array.from({ length: word(page + Page.extent_count) }, (_, i): Span => {
    const at = base + i * Extent.SIZE;
    const off = word(at + Extent.off);
    const slices = tops[word(at + Extent.by)] ?? word(at + Extent.count);
    return [off, off + slices * word(at + Extent.slice)];
  });
}
