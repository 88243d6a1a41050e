// What is sealed in a DATA datagram: a prefix, then frames one behind the other.
//
//   prefix  0 u8 flags   1 u8 link, 2 u32 number: the datagram of yours that I heard last (by this link); link 255 = none yet
//   frame   0 u8 type    1 u8 flags   2 u16 bytes that follow
//   PIECE   0 u32 message   4 u32 bytes of the message   8 u16 index   10 u16 bytes of each piece but the last   12 u8 type   13 u8 flags
//
// Invariant: a payload is read as a whole before anything in it acts; one that is not laid out so acts not at all.

export const PREFIX = 6;
export const FRAME_HEAD = 4;
export const PIECE_HEAD = 16;
/** Behind the head of a REQUEST, REPLY or REFUSE: number of the call. */
export const CALL_HEAD = 4;
export const NO_LINK = 255;
/** Fewest bytes of a piece that is not the last: any datagram has room for more, and for a question for the pieces of a message. */
export const STEP_MIN = 256;

export const PREFIX_FLAG = {
  /** answer at once, by the link that this came by */
  WANT: 1,
} as const;

export const FRAME = {
  MESSAGE: 1,
  REQUEST: 2,
  REPLY: 3,
  /** the request is not served: u8 why */
  REFUSE: 4,
  /** a part of one of the above that is longer than a datagram */
  PIECE: 5,
  /** u32 message, then a bit for each piece that is wanted again */
  MISSING: 6,
  /** u32 message: it is complete, forget it */
  DONE: 7,
} as const;

export const FRAME_FLAG = {
  /** of the urgent lane */
  URGENT: 1,
} as const;

export const REFUSAL = {
  BUSY: 16,
  UNSERVED: 38,
} as const;

export interface Frame {
  type: number;
  flags: number;
  body: Buffer;
}

export interface Payload {
  flags: number;
  heardLink: number;
  heardNumber: number;
  frames: Frame[];
}

/** A frame as bytes. */
export function encodeFrame(type: number, flags: number, body: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(FRAME_HEAD + body.length);
  out[0] = type;
  out[1] = flags;
  out.writeUInt16LE(body.length, 2);
  out.set(body, FRAME_HEAD);
  return out;
}

export function encodePayload(flags: number, heardLink: number, heardNumber: number, frames: readonly Buffer[]): Buffer {
  const prefix = Buffer.allocUnsafe(PREFIX);
  prefix[0] = flags;
  prefix[1] = heardLink;
  prefix.writeUInt32LE(heardNumber >>> 0, 2);
  return frames.length === 0 ? prefix : Buffer.concat([prefix, ...frames]);
}

/** Fewest bytes that the body of a frame has, by type. */
const SHORTEST: Readonly<Record<number, number>> = {
  [FRAME.MESSAGE]: 0,
  [FRAME.REQUEST]: CALL_HEAD,
  [FRAME.REPLY]: CALL_HEAD,
  [FRAME.REFUSE]: CALL_HEAD + 1,
  [FRAME.PIECE]: PIECE_HEAD + 1,
  [FRAME.MISSING]: 5,
  [FRAME.DONE]: 4,
};

/** What is in a payload, or null if it is malformed. */
export function decodePayload(plain: Buffer): Payload | null {
  if (plain.length < PREFIX) return null;
  const frames: Frame[] = [];
  for (let at = PREFIX; at < plain.length; ) {
    if (at + FRAME_HEAD > plain.length) return null;
    const type = plain[at];
    const end = at + FRAME_HEAD + plain.readUInt16LE(at + 2);
    const shortest = SHORTEST[type];
    if (shortest === undefined || end > plain.length || end - at - FRAME_HEAD < shortest) return null;
    frames.push({ type, flags: plain[at + 1], body: plain.subarray(at + FRAME_HEAD, end) });
    at = end;
  }
  return { flags: plain[0], heardLink: plain[1], heardNumber: plain.readUInt32LE(2), frames };
}

export interface Piece {
  message: number;
  total: number;
  index: number;
  step: number;
  type: number;
  flags: number;
  bytes: Buffer;
}

export function encodePiece(p: Piece): Buffer {
  const head = Buffer.alloc(PIECE_HEAD);
  head.writeUInt32LE(p.message, 0);
  head.writeUInt32LE(p.total, 4);
  head.writeUInt16LE(p.index, 8);
  head.writeUInt16LE(p.step, 10);
  head[12] = p.type;
  head[13] = p.flags;
  return encodeFrame(FRAME.PIECE, 0, Buffer.concat([head, p.bytes]));
}

/** A piece, or null if its own numbers do not fit together; `longest` is what a message may have. */
export function decodePiece(body: Buffer, longest: number): Piece | null {
  const total = body.readUInt32LE(4);
  const index = body.readUInt16LE(8);
  const step = body.readUInt16LE(10);
  const type = body[12];
  const bytes = body.subarray(PIECE_HEAD);
  if (step < STEP_MIN || total <= step || total > longest || type < FRAME.MESSAGE || type > FRAME.REPLY) return null;
  if (total < SHORTEST[type] || index * step >= total) return null;
  if (bytes.length !== Math.min(step, total - index * step)) return null;
  return { message: body.readUInt32LE(0), total, index, step, type, flags: body[13], bytes };
}

/** Which pieces of a message are wanted again. */
export function encodeMissing(message: number, indexes: readonly number[]): Buffer {
  const bits = Buffer.alloc(4 + (indexes[indexes.length - 1] >>> 3) + 1);
  bits.writeUInt32LE(message, 0);
  for (const i of indexes) bits[4 + (i >>> 3)] |= 1 << (i & 7);
  return encodeFrame(FRAME.MISSING, 0, bits);
}

export function decodeMissing(body: Buffer): { message: number; indexes: number[] } {
  const indexes: number[] = [];
  for (let i = 0; i < (body.length - 4) * 8; i++) if ((body[4 + (i >>> 3)] >>> (i & 7)) & 1) indexes.push(i);
  return { message: body.readUInt32LE(0), indexes };
}

export function encodeDone(message: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32LE(message, 0);
  return encodeFrame(FRAME.DONE, 0, body);
}
