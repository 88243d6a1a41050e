// A snapshot: the module's state region as a file.
//
// Sparse: only those 4 KiB pages that are not all zero are kept, so that a small configuration of a large module
// is a small file. Form, all little-endian: header (HEADER bytes), then one u32 page number and the page's bytes
// for each page kept; the last page may be shorter. The CRC-32 covers everything behind the header's CRC field.
//
// Invariant: a file is either the whole old or the whole new snapshot, never a mixture: it is written beside,
// synced, and renamed over.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { SnapshotError } from "./errors.js";

const PAGE = 4096;
/** "HFSN" */
const MAGIC = 0x4e534648;
/** of this file form; the state region's own layout has the number of the ABI (version.snapshot) */
const FORM = 1;
const AT = { magic: 0, crc: 4, form: 8, layout: 12, size: 16, pages: 20 } as const;
const HEADER = 24;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32 (IEEE 802.3) of bytes from `start` on. */
export function crc32(bytes: Uint8Array, start = 0): number {
  let c = 0xffffffff;
  for (let i = start; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Bytes of a state region from one offset to before another. */
export type Span = readonly [from: number, to: number];

/** The pages that spans, in order, touch; each once. */
function* pagesOf(spans: readonly Span[]): Generator<number> {
  let next = 0;
  for (const [from, to] of spans) {
    if (to <= from) continue;
    for (next = Math.max(next, Math.floor(from / PAGE)); next * PAGE < to; next++) yield next;
  }
}

/**
 * Packs a state region; `layout` is the module's snapshot version. What is outside `spans` (in order) is known to be zero and not
 * looked at. Costs the bytes of the spans.
 */
export function encodeSnapshot(state: Uint8Array, layout: number, spans: readonly Span[] = [[0, state.length]]): Uint8Array {
  const from = Buffer.from(state.buffer, state.byteOffset, state.byteLength);
  const zero = Buffer.alloc(PAGE);
  const kept: number[] = [];
  let bytes = HEADER;
  for (const page of pagesOf(spans)) {
    const off = page * PAGE;
    const len = Math.min(PAGE, from.length - off);
    if (from.compare(zero, 0, len, off, off + len) === 0) continue;
    kept.push(page);
    bytes += 4 + len;
  }
  const out = Buffer.alloc(bytes);
  out.writeUInt32LE(MAGIC, AT.magic);
  out.writeUInt32LE(FORM, AT.form);
  out.writeUInt32LE(layout, AT.layout);
  out.writeUInt32LE(from.length, AT.size);
  out.writeUInt32LE(kept.length, AT.pages);
  let at = HEADER;
  for (const page of kept) {
    at = out.writeUInt32LE(page, at);
    at += from.copy(out, at, page * PAGE, Math.min((page + 1) * PAGE, from.length));
  }
  out.writeUInt32LE(crc32(out, AT.form), AT.crc);
  return out;
}

/** Checks a snapshot's header against the module's numbers; throws what is wrong with it. */
function checkHeader(from: Buffer, size: number, layout: number): void {
  if (from.length < HEADER) throw new SnapshotError(`snapshot is damaged: ${from.length} bytes, shorter than its header (${HEADER})`);
  if (from.readUInt32LE(AT.magic) !== MAGIC) throw new SnapshotError("not a snapshot: it does not begin with HFSN");
  if (from.readUInt32LE(AT.form) !== FORM)
    throw new SnapshotError(`snapshot has file form ${from.readUInt32LE(AT.form)}; this version reads ${FORM}`);
  const crc = crc32(from, AT.form);
  if (from.readUInt32LE(AT.crc) !== crc)
    throw new SnapshotError(`snapshot is damaged: CRC ${from.readUInt32LE(AT.crc).toString(16)} written, ${crc.toString(16)} found`);
  if (from.readUInt32LE(AT.layout) !== layout)
    throw new SnapshotError(`snapshot has layout ${from.readUInt32LE(AT.layout)}; this module has ${layout}`);
  if (from.readUInt32LE(AT.size) !== size)
    throw new SnapshotError(`snapshot holds ${from.readUInt32LE(AT.size)} bytes of state; this module has ${size}`);
}

/** Unpacks a snapshot over a state region; the region is untouched if the snapshot is unfit. */
export function decodeSnapshot(bytes: Uint8Array, state: Uint8Array, layout: number): void {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkHeader(from, state.length, layout);
  const count = from.readUInt32LE(AT.pages);
  const places: [number, number, number][] = [];
  let at = HEADER;
  let last = -1;
  for (let i = 0; i < count; i++) {
    if (at + 4 > from.length) throw new SnapshotError(`snapshot contradicts itself: it ends before page ${i + 1} of ${count}`);
    const page = from.readUInt32LE(at);
    const len = Math.min(PAGE, state.length - page * PAGE);
    if (page <= last || len <= 0 || at + 4 + len > from.length)
      throw new SnapshotError(`snapshot contradicts itself: page ${page} after page ${last}, ${from.length - at - 4} bytes left`);
    places.push([at + 4, page * PAGE, len]);
    last = page;
    at += 4 + len;
  }
  if (at !== from.length) throw new SnapshotError(`snapshot contradicts itself: ${from.length - at} bytes after its last page`);
  state.fill(0);
  for (const [src, dst, len] of places) state.set(from.subarray(src, src + len), dst);
}

/** Writes a snapshot file atomically: after a crash the old or the new one is there, whole. */
export function writeSnapshot(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.new`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  // The rename itself lasts only once the folder is synced.
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Reads a snapshot file; null if there is none. Its contents are checked by decodeSnapshot. */
export function readSnapshot(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
