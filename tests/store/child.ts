// A process that uses a state folder, for tests that kill it, or give it a disk that is small.
//
//   node child.js hold FOLDER     opens it, says "open", and keeps it until its input ends
//   node child.js write FOLDER    opens it and writes without end, a number a write; prints each number that is confirmed
//   node child.js fill FOLDER     fills the disk with ballast, writes, says what it is told, takes the ballast away again

import { rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { linuxFs } from "../../host/store/linux_fs.js";
import { Store } from "../../host/store/store.js";
import { CLUSTER, header, record } from "./bed.js";

const [mode, folder] = process.argv.slice(2);
const say = (text: string): void => {
  writeSync(1, `${text}\n`);
};
const confirmed: number[] = [];
const open = (): Promise<Store> =>
  Store.open(linuxFs, {
    folder,
    cluster: CLUSTER,
    node: 3,
    onDurable: (seq) => {
      confirmed.push(seq);
      if (mode === "write") say(`${seq}`);
    },
    onTrouble: (e) => say(e === null ? "well" : `${e.code}: ${e.message}`),
    rotateBytes: 40_000,
  });

function take(store: Store, n: number): void {
  store.take(2, n, record(n, n).bytes as Uint8Array, n);
  store.take(1, 0, header(n).bytes as Uint8Array, n);
  store.flush();
}

/** Until the disk takes nothing more. */
function ballast(): void {
  const path = join(folder, "..", "ballast");
  for (let size = 1 << 16; size >= 512; )
    try {
      writeFileSync(path, new Uint8Array(size), { flag: "a" });
    } catch {
      size >>= 1;
    }
}

try {
  const store = await open();
  if (mode === "hold") {
    say("open");
    process.stdin.on("end", () => void store.close()).resume();
  } else if (mode === "write") {
    for (let n = 1; ; n++) {
      take(store, n);
      do await new Promise((done) => setImmediate(done));
      while (store.stats.taken - store.stats.confirmed > 20);
    }
  } else {
    take(store, 1);
    while (confirmed.length < 1) await new Promise((done) => setTimeout(done, 5));
    ballast();
    for (let n = 2; n < 400; n++) take(store, n);
    await new Promise((done) => setTimeout(done, 300));
    say(`confirmed ${confirmed.at(-1)} when full`);
    rmSync(join(folder, "..", "ballast"));
    while (confirmed.at(-1) !== 399) await new Promise((done) => setTimeout(done, 5));
    say(`generation ${store.stats.generation}`);
    await store.close();
    const again = await open();
    say(`${again.writes().length} items, ${again.notes.length} notes`);
    await again.close();
  }
} catch (e) {
  say(`${(e as { code?: string }).code}: ${e instanceof Error ? e.message : e}`);
}
