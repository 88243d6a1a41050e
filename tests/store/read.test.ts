// What comes back from a log's file to which something has happened: every torn last batch, every shorter file, every byte.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { decodeMark, encodeMark, frameBytes, PAGE, START } from "../../host/store/format.js";
import { ABSENT, DAMAGED, type Image, SOUND, type Write } from "../../host/store/image.js";
import { readLog } from "../../host/store/read.js";
import { checkpoint, emptied, header, imageOf, LOG, openStore, record, textOf, write, wrongIn } from "./bed.js";
import { CrashFs } from "./crash_fs.js";

const FIRST: Write[] = [record(1, 1), record(2, 2), checkpoint(2, 3), header(4)];
const THEN: Write[] = [record(3, 5), record(2, 6), emptied(4), header(7)];
const LAST: Write[] = [record(3, 8), header(9)];
const ALL = [...FIRST, ...THEN, ...LAST];

/** A log of three batches: with the mark of the last, without it, and without the last batch. */
async function logs(): Promise<{ marked: Buffer; unmarked: Buffer; shorter: Buffer }> {
  const fs = new CrashFs();
  const store = await openStore(fs);
  const now = (): Buffer => Buffer.from(fs.files.get(LOG) as Uint8Array);
  await write(store, FIRST);
  await write(store, THEN);
  const shorter = now();
  await write(store, LAST);
  const unmarked = now();
  await store.close();
  return { marked: now(), unmarked, shorter };
}

describe("a damaged log", () => {
  let marked: Buffer;
  let unmarked: Buffer;
  let shorter: Buffer;
  const is = imageOf(ALL);

  before(async () => {
    ({ marked, unmarked, shorter } = await logs());
  });

  it("gives back what was written, with the mark of the last batch and without it", () => {
    for (const bytes of [marked, unmarked]) {
      const found = readLog(bytes);
      assert.deepEqual(found.damage, []);
      assert.equal(textOf(found.image), textOf(is));
    }
  });

  it("torn at every byte of the last batch: what was confirmed before, and a beginning of the batch", () => {
    const beginnings = [0, 1, 2].map((n) => textOf(imageOf([...FIRST, ...THEN, ...LAST.slice(0, n)])));
    for (let at = shorter.length; at < unmarked.length; at++) {
      const cut = unmarked.subarray(0, at);
      const zeros = Buffer.concat([cut, Buffer.alloc(unmarked.length - at)]);
      const junk = Buffer.concat([cut, Buffer.alloc(unmarked.length - at, 0xa5)]);
      for (const bytes of [cut, zeros, junk]) {
        const found = readLog(bytes);
        assert.ok(beginnings.includes(textOf(found.image)), `torn at ${at}`);
        assert.deepEqual(found.damage, [], `torn at ${at}: a crash is no damage`);
      }
    }
  });

  it("cut off at every length below what was vouched for: damaged or as it was, never older, never absent", () => {
    for (const at of bytesThatSay(marked.length)) {
      const found = readLog(marked.subarray(0, at));
      assert.deepEqual(wrongIn(found.image, is), [], `cut at ${at}`);
      assert.ok(found.damage.length > 0, `cut at ${at}`);
      if (at >= START) assert.equal(found.image.header.state, SOUND, `cut at ${at}: the mark holds the header`);
    }
  });

  it("any bit of any byte: as it was, or one record damaged", () => {
    for (const at of bytesThatSay(marked.length)) {
      const bytes = Buffer.from(marked);
      bytes[at] ^= 1 << (at % 8);
      const found = readLog(bytes);
      assert.deepEqual(wrongIn(found.image, is), [], `bit of byte ${at}`);
      assert.deepEqual([found.image.header.state, found.image.checkpoint.state], [SOUND, SOUND], `bit of byte ${at}: they are there twice`);
      assert.ok(damagedIn(found.image) <= 1, `bit of byte ${at}`);
    }
  });

  it("a stretch of any place and length: damaged or as it was", () => {
    for (const bytesLost of [8, 64, 128, 200, 512, 4096, 9000])
      for (const at of bytesThatSay(marked.length).filter((_, i) => i % 12 === 0)) {
        const bytes = Buffer.from(marked);
        bytes.fill(0, at, Math.min(at + bytesLost, bytes.length));
        const found = readLog(bytes);
        assert.deepEqual(wrongIn(found.image, is), [], `${bytesLost} bytes from ${at}`);
      }
  });

  it("a frame that is lost whole: everything older is distrusted, what is newer stands", () => {
    const bytes = Buffer.from(marked);
    const lost = START + [64, 64, 300, 300].reduce((sum, len) => sum + frameBytes(len), 0) + frameBytes(96);
    bytes.fill(0, lost, lost + frameBytes(64));
    const found = readLog(bytes);
    assert.match(found.damage.join("; "), /frames 5 to 5 are lost/);
    assert.equal(found.image.places[1].state, DAMAGED);
    assert.deepEqual([found.image.places[2].state, found.image.places[3].state], [SOUND, SOUND]);
    assert.equal(found.image.header.state, SOUND);
  });

  it("both copies of a checkpoint damaged", () => {
    const bytes = Buffer.from(marked);
    const first = START + 2 * frameBytes(64) + 40;
    for (const at of [first, first + frameBytes(300)]) bytes[at] ^= 1;
    const { image, damage } = readLog(bytes);
    assert.deepEqual([image.checkpoint.state, damage.length], [DAMAGED, 2]);
  });

  it("both marks illegible: nothing is believed", () => {
    const bytes = Buffer.from(marked);
    bytes[9] ^= 1;
    bytes[PAGE + 9] ^= 1;
    const { image, mark, version } = readLog(bytes);
    assert.deepEqual([mark, version], [null, null]);
    assert.equal(image.header.state, DAMAGED);
    assert.ok(image.places.every((p) => p.state === DAMAGED));
  });

  it("another version, if both marks say so", () => {
    const bytes = Buffer.from(marked);
    bytes[4] = 2;
    assert.equal(readLog(bytes).version, null);
    bytes[PAGE + 4] = 2;
    assert.equal(readLog(bytes).version, 2);
  });

  it("what a body holds is never taken for a frame", () => {
    // A checkpoint that holds the frames of another file.
    const stranger = marked.subarray(START, START + 400);
    const fs = new CrashFs();
    return openStore(fs).then(async (store) => {
      await write(store, [{ op: 3, slot: 9, bytes: stranger }, header(1)]);
      await store.close();
      const bytes = Buffer.from(fs.files.get(LOG) as Uint8Array);
      // Head and tail of the checkpoint are gone: whoever looks for the next head passes its body.
      bytes.fill(0, START, START + 32);
      bytes.fill(0, START + 432, START + 464);
      const { image } = readLog(bytes);
      assert.equal(image.places[1].state, DAMAGED);
      assert.equal(image.places[2].state, DAMAGED);
      assert.deepEqual([image.checkpoint.state, image.checkpoint.slot], [SOUND, 9], "it is there twice");
    });
  });

  it("a mark says what it was given, of header and all", () => {
    const mark = readLog(marked).mark;
    assert.ok(mark !== null && mark.header.state === SOUND);
    const page = Buffer.concat([encodeMark(mark), Buffer.alloc(PAGE)]);
    assert.deepEqual(decodeMark(page, 0), mark);
    assert.equal(decodeMark(page, 1), null);
    assert.equal(imageOf([emptied(3)]).places[3].state, ABSENT);
  });
});

/** Places in the file: every byte of marks and frames, and some of what fills up the pages of the marks. */
function bytesThatSay(length: number): number[] {
  return Array.from({ length }, (_, at) => at).filter((at) => at >= START || at % PAGE < 192 || at % 64 === 0);
}

function damagedIn(image: Image): number {
  return [image.header, image.checkpoint, ...image.places].filter((i) => i.state === DAMAGED).length;
}
