// Bytes on their way: copies of messages in buffers that are used again.
//
// Invariant: a packet has one owner (the queue's entry, a clogged link, a node's backlog), who gives it back.

/** What a packet carries. */
export const CARGO = {
  /** a message of the module */
  MESSAGE: 0,
  /** data of an application, with its Stamp */
  DATA: 1,
  /** a process on its way, with its Token */
  PROCESS: 2,
  /** a register on its way to or from the arbiter */
  REGISTER: 3,
} as const;

export class Packet {
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  len = 0;
  /** indices of sender and receiver */
  from = 0;
  to = 0;
  /** CARGO */
  cargo = 0;
  /** as it was sent, byte for byte */
  intact = true;
  /** of a PROCESS: number of its journey, so that a copy that comes late finds nobody */
  trip = 0;

  constructor(
    bytes: number,
    readonly size: number,
  ) {
    this.u32 = new Uint32Array(bytes / 4);
    this.u8 = new Uint8Array(this.u32.buffer);
  }
}

/** Room of the buffers, by size. The last holds a message that is longer than it may be. */
const ROOM = [256, 2048, 16_384, 81_920];

export class Packets {
  readonly #free: Packet[][] = [[], [], [], []];

  /** A packet with room for len bytes. */
  take(len: number): Packet {
    let size = 0;
    while (ROOM[size] < len) size++;
    const packet = this.#free[size].pop() ?? new Packet(ROOM[size], size);
    packet.len = len;
    packet.intact = true;
    return packet;
  }

  give(packet: Packet): void {
    this.#free[packet.size].push(packet);
  }

  /** A packet with a copy of bytes in a module's memory. */
  copyFrom(u32: Uint32Array, u8: Uint8Array, at: number, len: number): Packet {
    const packet = this.take(len);
    if (len <= 1024 && (at & 3) === 0) {
      // A view of its own costs more than these few words.
      const to = packet.u32;
      const word = at >>> 2;
      const n = (len + 3) >>> 2;
      for (let i = 0; i < n; i++) to[i] = u32[word + i];
    } else packet.u8.set(u8.subarray(at, at + len));
    return packet;
  }

  /** The same again, with room for len bytes. */
  copy(packet: Packet, len = packet.len): Packet {
    const same = this.take(len);
    same.u8.set(packet.u8.subarray(0, Math.min(len, packet.len)));
    same.from = packet.from;
    same.to = packet.to;
    same.cargo = packet.cargo;
    same.intact = packet.intact;
    same.trip = packet.trip;
    return same;
  }
}

/** Writes a packet's bytes into a module's memory. */
export function copyInto(packet: Packet, u32: Uint32Array, u8: Uint8Array, at: number): void {
  if (packet.len <= 1024 && (at & 3) === 0) {
    const from = packet.u32;
    const word = at >>> 2;
    const n = (packet.len + 3) >>> 2;
    for (let i = 0; i < n; i++) u32[word + i] = from[i];
  } else u8.set(packet.u8.subarray(0, packet.len), at);
}
