// AES-256-GCM on one datagram, and the derivation of its key from a key of the keyring.
//
// Invariants: a (key, nonce) pair seals one datagram, ever. The nonce is the datagram's number, which rises with every datagram of
// the pair (sender, receiver) and never starts anew under the same lives; the key is derived from both numbers, both lives, and
// the number's upper part, so that another pair, another life and the other direction have other keys (life.ts).

import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { HEADER, TAG } from "./wire.js";

const CIPHER = "aes-256-gcm";
const OPTIONS = { authTagLength: TAG };

/** Datagrams that are sealed under one derived key: far below what GCM allows a key. */
export const PHASE = 2 ** 24;

/** A key for one purpose: `info` names the purpose, `salt` is the cluster's uuid. */
export function deriveKey(secret: Buffer, salt: Buffer, info: Buffer): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, salt, info, 32)));
}

const nonce = Buffer.alloc(12);

function nonceOf(number: number): Buffer {
  nonce.writeUInt32LE(number >>> 0, 4);
  nonce.writeUInt32LE(Math.floor(number / 0x1_0000_0000), 8);
  return nonce;
}

/** Header (and what else stands in the clear, `clear` bytes in all) followed by the sealed `plain` and the tag. */
export function seal(key: KeyObject, number: number, clear: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonceOf(number), OPTIONS);
  cipher.setAAD(clear);
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([clear, body, cipher.getAuthTag()], clear.length + body.length + TAG);
}

/** What was sealed, or null if it was not sealed so. `clear` is HEADER or more. */
export function open(key: KeyObject, number: number, bytes: Buffer, clear = HEADER): Buffer | null {
  if (bytes.length < clear + TAG) return null;
  const cipher = createDecipheriv(CIPHER, key, nonceOf(number), OPTIONS);
  cipher.setAAD(bytes.subarray(0, clear));
  cipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  const plain = cipher.update(bytes.subarray(clear, bytes.length - TAG));
  try {
    cipher.final();
  } catch {
    return null;
  }
  return plain;
}
