// Captures: the frames of NICs as a pcapng stream to whoever asks at the control socket, one interface block a NIC.
//
// Invariants: while nobody captures, nothing stands between devices and module; a reader that is slow costs at most
// BACKLOG_MAX bytes and loses frames, which are counted in the stream itself (the next frame says how many, the totals
// stand at the end); whatever a reader does, frames are carried as without it.

import { didYouMean } from "../config/suggest.js";
import type { Ipmp } from "../core/index.js";
import { wallClock } from "../io/middleware/capture.js";
import { WatchDevice } from "../io/middleware/watch.js";
import { PcapngWriter } from "../io/pcapng.js";
import type { Loop } from "../loop.js";
import type { CaptureRequest } from "./protocol.js";
import { Refusal } from "./refusal.js";

/** Bytes that may wait for one reader. */
export const BACKLOG_MAX = 4 * 1024 * 1024;
/** Captures at a time: each costs a copy of every frame. */
export const CAPTURES_MAX = 8;

/** Where a capture goes: a socket. */
export interface Sink {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(bytes: Uint8Array): unknown;
  cork(): void;
  uncork(): void;
}

/** What the hub must know of an engine. */
export interface Captured {
  ipmp: Ipmp;
  loop: Loop;
  /** groups with their members, the absent included */
  groups(): { name: string; members: string[] }[];
}

/** The NIC that frames of one device are of: "GROUP/NAME"; null while it is in no group. */
type NicKey = () => string | null;

export type Filter = Omit<CaptureRequest, "cmd">;

export class CaptureHub {
  readonly #sessions = new Set<CaptureSession>();
  readonly #clock: () => bigint;
  #captured: Captured | null = null;
  /** of all captures that there were */
  readonly totals = { frames: 0, lost: 0 };

  constructor(clock: () => bigint = wallClock) {
    this.#clock = clock;
  }

  /** Another engine is at work, or (null) none is. */
  attach(captured: Captured | null): void {
    this.#captured = captured;
    if (this.#sessions.size > 0) this.#tap();
  }

  /** Captures under way. */
  get count(): number {
    return this.#sessions.size;
  }

  /** A capture that begins with begin(). Throws Refusal if the filter names what is not there, or there are too many. */
  open(filter: Filter, sink: Sink): CaptureSession {
    const groups = this.#captured?.groups();
    if (groups === undefined) throw new Refusal("EAGAIN", "the daemon is starting over; try again");
    const known = (kind: string, wanted: string | null, names: string[]): void => {
      if (wanted !== null && !names.includes(wanted))
        throw new Refusal("ENODEV", `${wanted}: no such ${kind}${didYouMean(wanted, names)}; there are: ${names.join(", ")}`);
    };
    known(
      "group",
      filter.group,
      groups.map((g) => g.name),
    );
    const inside = groups.filter((g) => filter.group === null || g.name === filter.group);
    known(
      filter.group === null ? "NIC in any group" : `NIC in ${filter.group}`,
      filter.nic,
      inside.flatMap((g) => g.members),
    );
    if (this.#sessions.size >= CAPTURES_MAX) throw new Refusal("EBUSY", `${CAPTURES_MAX} captures are under way; allowed: ${CAPTURES_MAX}`);
    return new CaptureSession(filter, sink, this.#clock, {
      began: (session) => {
        this.#sessions.add(session);
        if (this.#sessions.size === 1) this.#tap();
        return groups.flatMap((g) => g.members.map((m) => `${g.name}/${m}`));
      },
      ended: (session) => this.#ended(session),
    });
  }

  #ended(session: CaptureSession): void {
    this.totals.frames += session.frames;
    this.totals.lost += session.lost;
    if (this.#sessions.delete(session) && this.#sessions.size === 0) this.#captured?.loop.setTap(null);
  }

  #tap(): void {
    const captured = this.#captured;
    if (captured === null) return;
    const { ipmp, loop } = captured;
    loop.setTap((device, phyint) => {
      const nic = keyOf(ipmp, phyint, device.name);
      return new WatchDevice(ipmp, device, (off, len, direction) => {
        const frame = ipmp.u8.subarray(off, off + len);
        for (const session of this.#sessions) session.frame(nic, frame, direction);
      });
    });
  }
}

/** Looks a NIC's group up until it has one. */
function keyOf(ipmp: Ipmp, phyint: number, name: string): NicKey {
  let key: string | null = null;
  return () => {
    if (key !== null) return key;
    const { grp } = ipmp.phyint(phyint);
    if (grp !== null) key = `${ipmp.grp(grp).name}/${name}`;
    return key;
  };
}

/** A NIC in one capture: its interface block, and what became of its frames. */
interface Iface {
  number: number;
  seen: number;
  lost: number;
  /** lost since the last frame that was kept */
  pending: number;
}

/** What a session tells its hub. */
interface Keeper {
  /** gives the NICs there are */
  began(session: CaptureSession): string[];
  ended(session: CaptureSession): void;
}

export class CaptureSession {
  frames = 0;
  lost = 0;
  readonly #filter: Filter;
  readonly #sink: Sink;
  readonly #clock: () => bigint;
  readonly #keeper: Keeper;
  /** by key; null: of no interest */
  readonly #ifaces = new Map<string, Iface | null>();
  #writer: PcapngWriter | null = null;
  #corked = false;
  #ended = false;

  constructor(filter: Filter, sink: Sink, clock: () => bigint, keeper: Keeper) {
    this.#filter = filter;
    this.#sink = sink;
    this.#clock = clock;
    this.#keeper = keeper;
  }

  /** Writes the section and the interfaces there are; from now on frames follow. */
  begin(): void {
    this.#writer = new PcapngWriter((bytes) => this.#put(bytes));
    for (const key of this.#keeper.began(this)) this.#iface(key);
  }

  #iface(key: string): Iface | null {
    const known = this.#ifaces.get(key);
    if (known !== undefined) return known;
    const [group, nic] = key.split("/");
    const { group: wanted, nic: only, snaplen } = this.#filter;
    const fits = (wanted === null || wanted === group) && (only === null || only === nic);
    const number = fits ? this.#writer?.addInterface(nic, `member of ${group}`, snaplen) : undefined;
    const iface = number === undefined ? null : { number, seen: 0, lost: 0, pending: 0 };
    this.#ifaces.set(key, iface);
    return iface;
  }

  /** A frame: written, or lost and counted. */
  frame(nic: NicKey, frame: Uint8Array, direction: number): void {
    const key = nic();
    if (key === null || this.#writer === null || this.#ended) return;
    const iface = this.#iface(key);
    if (iface === null) return;
    iface.seen++;
    if (this.#sink.destroyed || this.#sink.writableLength > BACKLOG_MAX) {
      iface.lost++;
      iface.pending++;
      this.lost++;
      return;
    }
    const kept = frame.length > this.#filter.snaplen ? frame.subarray(0, this.#filter.snaplen) : frame;
    this.#writer.packet(iface.number, this.#clock(), kept, direction, frame.length, iface.pending);
    iface.pending = 0;
    this.frames++;
  }

  /** What comes in one turn of the loop leaves in one write. */
  #put(bytes: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#sink.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#sink.uncork();
      });
    }
    this.#sink.write(bytes);
  }

  /** Writes the totals, if anybody is there to read them. Safe to call twice. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#sink.destroyed)
      for (const iface of this.#ifaces.values()) if (iface) this.#writer?.statistics(iface.number, this.#clock(), iface.seen, iface.lost);
    this.#keeper.ended(this);
  }
}
