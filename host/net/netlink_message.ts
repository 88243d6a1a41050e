// Netlink messages as bytes: a writer for requests, a walker over attributes of what comes back.
//
// Invariants: attributes begin on 4 bytes and are padded to 4; a length that points beyond the message ends the walk.

import { NLA_F_NESTED, NLA_TYPE_MASK, NLM_F, NLMSG } from "../io/linux.js";

const ATTRIBUTE_HEADER = 4;

/** One message as received; body and attributes are views of it. */
export interface Message {
  type: number;
  flags: number;
  seq: number;
  /** from after the nlmsghdr to the end */
  body: DataView;
}

export type Attributes = Map<number, DataView>;

/** Splits what one receive returned, and copies it: the buffer is used again. */
export function messages(buffer: Uint8Array): Message[] {
  const bytes = buffer.slice();
  const dv = new DataView(bytes.buffer);
  const found: Message[] = [];
  for (let at = 0; at + NLMSG.SIZE <= bytes.length; ) {
    const len = dv.getUint32(at + NLMSG.len, true);
    if (len < NLMSG.SIZE || at + len > bytes.length) break;
    found.push({
      type: dv.getUint16(at + NLMSG.type, true),
      flags: dv.getUint16(at + NLMSG.flags, true),
      seq: dv.getUint32(at + NLMSG.seq, true),
      body: new DataView(bytes.buffer, at + NLMSG.SIZE, len - NLMSG.SIZE),
    });
    at += (len + 3) & ~3;
  }
  return found;
}

/** The attributes from `from` on, by type; of several of one type the last. */
export function attributes(body: DataView, from: number): Attributes {
  const found: Attributes = new Map();
  for (let at = from; at + ATTRIBUTE_HEADER <= body.byteLength; ) {
    const len = body.getUint16(at, true);
    if (len < ATTRIBUTE_HEADER || at + len > body.byteLength) break;
    const value = new DataView(body.buffer, body.byteOffset + at + ATTRIBUTE_HEADER, len - ATTRIBUTE_HEADER);
    found.set(body.getUint16(at + 2, true) & NLA_TYPE_MASK, value);
    at += (len + 3) & ~3;
  }
  return found;
}

/** Bytes of an attribute. */
export function bytesOf(value: DataView): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** An attribute that is a string, without its NUL. */
export function textOf(value: DataView | undefined): string {
  if (!value) return "";
  const bytes = bytesOf(value);
  const nul = bytes.indexOf(0);
  return Buffer.from(nul < 0 ? bytes : bytes.subarray(0, nul)).toString("utf8");
}

/** Builds one request. */
export class Request {
  readonly #bytes = new Uint8Array(1024);
  readonly #dv = new DataView(this.#bytes.buffer);
  #end: number = NLMSG.SIZE;

  constructor(type: number, flags: number) {
    this.#dv.setUint16(NLMSG.type, type, true);
    this.#dv.setUint16(NLMSG.flags, flags | NLM_F.REQUEST, true);
  }

  /** The family's fixed header, of which `fill` sets fields. */
  header(size: number, fill: (dv: DataView) => void): this {
    fill(new DataView(this.#bytes.buffer, this.#end, size));
    this.#end += size;
    return this;
  }

  bytes(type: number, value: Uint8Array): this {
    const len = ATTRIBUTE_HEADER + value.length;
    this.#dv.setUint16(this.#end, len, true);
    this.#dv.setUint16(this.#end + 2, type, true);
    this.#bytes.set(value, this.#end + ATTRIBUTE_HEADER);
    this.#end += (len + 3) & ~3;
    return this;
  }

  u8(type: number, value: number): this {
    return this.bytes(type, Uint8Array.of(value));
  }

  u32(type: number, value: number): this {
    return this.bytes(type, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
  }

  nest(type: number, fill: (request: this) => void): this {
    const at = this.#end;
    this.#end += ATTRIBUTE_HEADER;
    fill(this);
    this.#dv.setUint16(at, this.#end - at, true);
    this.#dv.setUint16(at + 2, type | NLA_F_NESTED, true);
    return this;
  }

  /** The finished message. */
  finish(seq: number): Uint8Array {
    this.#dv.setUint32(NLMSG.len, this.#end, true);
    this.#dv.setUint32(NLMSG.seq, seq, true);
    return this.#bytes.subarray(0, this.#end);
  }
}
