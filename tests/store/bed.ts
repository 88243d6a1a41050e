// What the tests of the store share: writes that look like the module's, a store on a file system in memory, and what a state
// folder gives back.

import { DURABLE, Header, LIMIT, TransRec } from "../../host/core/abi/clms.js";
import type { StoreFs } from "../../host/store/fs.js";
import { ABSENT, DAMAGED, Image, type Write } from "../../host/store/image.js";
import { look, type Opening } from "../../host/store/opening.js";
import { Store, type StoreOptions } from "../../host/store/store.js";
import { CrashFs, type Files } from "./crash_fs.js";

export const FOLDER = "/state";
export const LOG = `${FOLDER}/log`;
export const CLUSTER = "0f8fad5b-d9cb-469f-a165-70867728950e";
export const WANTED = { folder: FOLDER, cluster: CLUSTER, node: 3 };

/** A seeded generator: 0 to n − 1. */
export function dice(seed: number): (n: number) => number {
  let s = seed >>> 0 || 1;
  return (n) => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % n;
  };
}

/** Bytes that say which write they are; a record begins with its slot. */
function bytesOf(size: number, n: number, slot: number | null): Uint8Array {
  const out = new Uint8Array(size).fill(n & 0xff);
  const dv = new DataView(out.buffer);
  if (slot !== null) dv.setBigUint64(0, BigInt(slot), true);
  dv.setUint32(size - 4, n, true);
  return out;
}

export const header = (n: number): Write => ({ op: DURABLE.HEADER, slot: 0, bytes: bytesOf(Header.SIZE, n, null) });
export const record = (slot: number, n: number): Write => ({ op: DURABLE.RECORD, slot, bytes: bytesOf(TransRec.SIZE, n, slot) });
export const emptied = (slot: number): Write => ({ op: DURABLE.RECORD, slot, bytes: new Uint8Array(TransRec.SIZE) });
export const checkpoint = (slot: number, n: number, size = 300): Write => ({ op: DURABLE.CHECKPOINT, slot, bytes: bytesOf(size, n, null) });

/** Steps as a module takes them: a few records, now and then a checkpoint or a place emptied, and the header last. */
export function steps(count: number, seed: number): Write[][] {
  const roll = dice(seed);
  let n = 0;
  let slot = 1;
  return Array.from({ length: count }, (_, step) => {
    const out: Write[] = [];
    for (let k = roll(3); k >= 0; k--) out.push(record(slot++, ++n));
    // A higher ballot takes the last slots once more.
    if (roll(3) === 0) slot = Math.max(1, slot - 1 - roll(3));
    if (roll(8) === 0) out.push(emptied(slot));
    if (step === 0 || roll(9) === 0) out.push(checkpoint(slot, ++n));
    return [...out, header(++n)];
  });
}

/** A store of a file system in memory. */
export async function openStore(fs: StoreFs = new CrashFs(), o: Partial<StoreOptions> = {}): Promise<Store> {
  return Store.open(fs, { ...WANTED, onDurable: () => undefined, markMs: 60_000, ...o });
}

/** Takes writes and waits until all are confirmed. */
export async function write(store: Store, writes: readonly Write[]): Promise<void> {
  for (const w of writes) store.take(w.op, w.slot, w.bytes as Uint8Array, 1);
  store.flush();
  while (store.stats.confirmed < store.stats.taken) await new Promise((done) => setImmediate(done));
}

/** What files give back. */
export const opened = (files: Files): Promise<Opening> => look(new CrashFs(files), WANTED);

/** A text for each item: equal texts, equal disks. */
export const textOf = (image: Image): string =>
  image
    .writes()
    .map((w) => `${w.op}:${w.slot}:${w.bytes === null ? "damaged" : Buffer.from(w.bytes).toString("base64")}`)
    .join(" ");

export function imageOf(writes: readonly Write[]): Image {
  const image = new Image();
  for (const w of writes) image.apply(w);
  return image;
}

/** What is wrong with what came back, if `is` is what was confirmed: an item that is neither as it was nor damaged. */
export function wrongIn(found: Image, is: Image): string[] {
  const wrong: string[] = [];
  const compare = (what: string, a: Image["header"], b: Image["header"]): void => {
    if (a.state === DAMAGED || (a.state === ABSENT && b.state === ABSENT)) return;
    if (a.state !== b.state || !Buffer.from(a.bytes).equals(Buffer.from(b.bytes))) wrong.push(`${what}: ${a.state} for ${b.state}`);
  };
  compare("header", found.header, is.header);
  compare("checkpoint", found.checkpoint, is.checkpoint);
  for (let at = 0; at < LIMIT.RING_MAX; at++) compare(`place ${at}`, found.places[at], is.places[at]);
  return wrong;
}
