// Lives: one run of one node, and the channel between a life of the sender and a life of the receiver.
//
// A life is an epoch, which puts lives of a number in order, and a random salt, which makes it unlike any other. A channel's keys
// come from both lives. So nothing that was ever sealed for, or by, another life opens in this one: what was recorded before either
// side started is worth nothing, and a counter that begins at 1 again meets no key that it has met before.
//
// Invariants: the salt is random at each start, whatever the disk or the clock says; of a number, a lower epoch never follows a higher
// one at any receiver that remembers the higher one.

import { createHash, type KeyObject } from "node:crypto";
import type { Key } from "./keyring.js";
import { deriveKey, PHASE } from "./seal.js";

export const SALT = 16;

export interface Life {
  /** order: later lives have higher ones */
  readonly epoch: bigint;
  /** 16 random bytes */
  readonly salt: Buffer;
}

/** Whether two are one and the same life. */
export const sameLife = (a: Life, b: Life): boolean => a.epoch === b.epoch && a.salt.equals(b.salt);

/** Everything that a channel's keys depend on, but the secret. */
function description(uuid: Buffer, sender: number, from: Life, receiver: number, to: Life): Buffer {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt16LE(sender, 0);
  numbers.writeUInt16LE(receiver, 2);
  numbers.writeBigUInt64LE(from.epoch, 4);
  numbers.writeBigUInt64LE(to.epoch, 12);
  return Buffer.concat([Buffer.from("holdfast ics 1 data"), uuid, numbers, from.salt, to.salt]);
}

/** Derived keys that a channel keeps: two keys of the ring, in two phases each. */
const KEPT = 4;

/** One direction between two lives. */
export class Channel {
  /** stands in the header, in the clear: says which two lives, and tells nobody their salts */
  readonly tag: bigint;
  readonly #uuid: Buffer;
  readonly #about: Buffer;
  readonly #kept = new Map<string, KeyObject>();

  constructor(uuid: Buffer, sender: number, from: Life, receiver: number, to: Life) {
    this.#uuid = uuid;
    this.#about = description(uuid, sender, from, receiver, to);
    this.tag = createHash("sha256").update("tag").update(this.#about).digest().readBigUInt64LE(0);
  }

  /** The derived key for datagram `number`. It is remembered only by `keep`: forged numbers must not push true keys out. */
  key(key: Key, number: number): KeyObject {
    return this.#kept.get(name(key, number)) ?? this.#derive(key, number);
  }

  /** Remembers the derived key of a datagram that proved to be authentic, or is our own. */
  keep(key: Key, number: number, derived: KeyObject): void {
    const at = name(key, number);
    if (this.#kept.has(at)) return;
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    this.#kept.set(at, derived);
  }

  /** Forgets what was derived from a key that left the ring. */
  forget(): void {
    this.#kept.clear();
  }

  #derive(key: Key, number: number): KeyObject {
    const phase = Buffer.alloc(8);
    phase.writeBigUInt64LE(BigInt(Math.floor(number / PHASE)));
    return deriveKey(key.secret, this.#uuid, Buffer.concat([this.#about, phase]));
  }
}

const name = (key: Key, number: number): string => `${key.id}.${Math.floor(number / PHASE)}`;

/** The key of one HELLO: of nothing but the secret, the two numbers and 16 random bytes that the HELLO itself brings along. */
export function helloKey(key: Key, uuid: Buffer, sender: number, receiver: number, salt: Buffer): KeyObject {
  const numbers = Buffer.alloc(4);
  numbers.writeUInt16LE(sender, 0);
  numbers.writeUInt16LE(receiver, 2);
  return deriveKey(key.secret, uuid, Buffer.concat([Buffer.from("holdfast ics 1 hello"), numbers, salt]));
}
