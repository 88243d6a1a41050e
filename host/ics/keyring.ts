// The keys of a cluster: which datagrams are opened with, and the one that new ones are sealed with.
//
// A change of keys in a running cluster: install the new one on every node, then use it on every node, then remove the old one from
// every node. Every step leaves all nodes able to talk to each other.
// Invariants: exactly one key is in use; every key of the ring opens; no two have the same name, secret or id.

import { createHash } from "node:crypto";
import { IcsError } from "./errors.js";

export const KEYS_MAX = 8;
export const KEY_BYTES = 32;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
export const NAME_ALLOWED = "1 to 32 letters, digits, dots, dashes and underscores, a letter or digit first";

export interface Key {
  readonly name: string;
  /** what stands in headers: comes from the secret, so that no two nodes can mean different keys by it */
  readonly id: number;
  readonly secret: Buffer;
}

/** Makes a key. Throws IcsError EINVAL for a name or secret that cannot be one. */
export function makeKey(name: string, secret: Buffer): Key {
  if (!NAME.test(name)) throw new IcsError("EINVAL", `key name: found ${JSON.stringify(name.slice(0, 40))}; allowed: ${NAME_ALLOWED}`);
  if (secret.length !== KEY_BYTES)
    throw new IcsError("EINVAL", `key ${name}: its secret has ${secret.length} bytes; allowed: ${KEY_BYTES}`);
  if (secret.every((b) => b === secret[0]))
    throw new IcsError("EINVAL", `key ${name}: its secret is one byte repeated; allowed: ${KEY_BYTES} random bytes`);
  const id = createHash("sha256").update("holdfast ics 1 key id").update(secret).digest().readUInt32LE(0);
  return { name, id, secret: Buffer.from(secret) };
}

export class Keyring {
  readonly #byName = new Map<string, Key>();
  readonly #byId = new Map<number, Key>();
  #current: Key;
  /** told of a key that has left */
  onRemoved: ((key: Key) => void) | undefined;

  /** `keys`: one at least; the one named `current` is used. Throws as install and use do. */
  constructor(keys: readonly Key[], current: string) {
    for (const key of keys) this.install(key);
    this.#current = this.#named(current);
  }

  get current(): Key {
    return this.#current;
  }

  /** All keys, in the order of their installation. */
  get keys(): readonly Key[] {
    return [...this.#byName.values()];
  }

  byId(id: number): Key | undefined {
    return this.#byId.get(id);
  }

  /** From now on the key opens. Throws EEXIST (name, secret or id is there), ENOSPC (KEYS_MAX). */
  install(key: Key): void {
    if (this.#byName.has(key.name)) throw new IcsError("EEXIST", `key ${key.name}: there is one of this name`);
    const same = this.#byId.get(key.id);
    if (same) throw new IcsError("EEXIST", `key ${key.name}: its secret, or the id made of it, is that of key ${same.name}`);
    if (this.#byName.size >= KEYS_MAX)
      throw new IcsError("ENOSPC", `key ${key.name}: there are ${KEYS_MAX} keys already; allowed: ${KEYS_MAX}; remove one first`);
    this.#byName.set(key.name, key);
    this.#byId.set(key.id, key);
  }

  /** From now on new datagrams are sealed with this key. Throws ENOENT. */
  use(name: string): void {
    this.#current = this.#named(name);
  }

  /** The key no longer opens. Throws ENOENT, EBUSY (it is in use). */
  remove(name: string): void {
    const key = this.#named(name);
    if (key === this.#current) throw new IcsError("EBUSY", `key ${name}: it is in use; use another one first`);
    this.#byName.delete(name);
    this.#byId.delete(key.id);
    this.onRemoved?.(key);
    key.secret.fill(0);
  }

  #named(name: string): Key {
    const key = this.#byName.get(name);
    if (!key) throw new IcsError("ENOENT", `no key ${JSON.stringify(name)}; there are: ${[...this.#byName.keys()].join(", ")}`);
    return key;
  }
}
