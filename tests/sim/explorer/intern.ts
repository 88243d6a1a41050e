// Numbers for things: what is equal gets the same number, and a number is cheap to keep in a state.
//
// Words are compared by a hash of 64 bits, of which a collision among millions has a chance below 10⁻⁵.

/** A hash of 64 bits over words, as a bigint-free key. */
export function hashWords(words: ArrayLike<number>, from: number, to: number): string {
  let a = 0x811c_9dc5;
  let b = 0x9e37_79b9;
  for (let i = from; i < to; i++) {
    const w = words[i];
    a = Math.imul(a ^ w, 0x0100_0193);
    a ^= a >>> 15;
    b = Math.imul(b + w, 0x85eb_ca6b);
    b = (b ^ (b >>> 13) ^ (a << 7)) | 0;
  }
  return `${a}:${b}`;
}

/** Lists of integers ↔ numbers from 0. */
export class Lists {
  readonly #ids = new Map<string, number>();
  readonly #all: Int32Array[] = [];

  get size(): number {
    return this.#all.length;
  }

  at(id: number): Int32Array {
    return this.#all[id];
  }

  id(list: Int32Array): number {
    const key = `${list.length}:${hashWords(list, 0, list.length)}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#all.length;
      this.#ids.set(key, id);
      this.#all.push(list);
    }
    return id;
  }

  /** The number of the set that has one more member; lists used as sets are sorted. */
  with(id: number, member: number): number {
    const old = this.#all[id];
    let at = old.length;
    while (at > 0 && old[at - 1] >= member) at--;
    if (old[at] === member) return id;
    const next = new Int32Array(old.length + 1);
    next.set(old.subarray(0, at));
    next[at] = member;
    next.set(old.subarray(at), at + 1);
    return this.id(next);
  }
}

/** Byte strings ↔ numbers from 0, compared exactly. */
export class Blobs {
  readonly #ids = new Map<string, number>();
  readonly #all: Uint8Array[] = [];

  get size(): number {
    return this.#all.length;
  }

  at(id: number): Uint8Array {
    return this.#all[id];
  }

  id(bytes: Uint8Array): number {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#all.length;
      this.#ids.set(key, id);
      this.#all.push(bytes.slice());
    }
    return id;
  }
}

/** A set of states by hashes of 64 bits: open addressing, no object for each member. */
export class Visited {
  #slots = new Int32Array(1 << 17);
  #mask = (1 << 16) - 1;
  size = 0;

  /** Takes (a, b) in; false if it was there. */
  add(a: number, b: number): boolean {
    // (0, 0) marks an empty place.
    if (a === 0 && b === 0) a = 1;
    if (this.size * 2 > this.#mask) this.#grow();
    return this.#put(a, b);
  }

  #put(a: number, b: number): boolean {
    const slots = this.#slots;
    let i = (a ^ (b >>> 7)) & this.#mask;
    while (slots[2 * i] !== 0 || slots[2 * i + 1] !== 0) {
      if (slots[2 * i] === a && slots[2 * i + 1] === b) return false;
      i = (i + 1) & this.#mask;
    }
    slots[2 * i] = a;
    slots[2 * i + 1] = b;
    this.size++;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    this.size = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0 || old[i + 1] !== 0) this.#put(old[i], old[i + 1]);
  }
}
