// A network and a clock for tests of the transport: time passes when a test says so, datagrams do what a test wants.
//
// Invariant: the same seed and the same calls give the same run, whatever the machine does.

import { type Address, type Clock, Ics, type IcsEvent, type IcsHandlers, type IcsOptions, Keyring, makeKey } from "../../host/ics/index.js";
import type { OpenPort, PortEvents } from "../../host/ics/port.js";

/** A random number of [0, 1) a call, from a seed. */
export function prng(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

interface Entry {
  at: number;
  order: number;
  fn: (() => void) | null;
}

export class TestClock implements Clock {
  /** wall-clock time at time 0 */
  epoch = 1_800_000_000_000;
  #now = 0;
  #order = 0;
  #entries: Entry[] = [];

  now = () => this.#now;
  wall = () => this.epoch + this.#now;

  after(ms: number, fn: () => void): () => void {
    const entry: Entry = { at: this.#now + ms, order: this.#order++, fn };
    // what is due at one moment stays in the order in which it was asked for
    let i = this.#entries.length;
    while (i > 0 && this.#entries[i - 1].at > entry.at) i--;
    this.#entries.splice(i, 0, entry);
    return () => {
      entry.fn = null;
    };
  }

  soon(fn: () => void): void {
    this.after(0, fn);
  }

  /** Everybody stands still while time passes. */
  pause(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass; promises that settle meanwhile are waited for. */
  async run(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (let first = this.#entries[0]; first && first.at <= until; first = this.#entries[0]) {
      this.#entries.shift();
      this.#now = Math.max(this.#now, first.at);
      first.fn?.();
      await null;
    }
    this.#now = Math.max(this.#now, until);
    for (let i = 0; i < 4; i++) await null;
  }
}

export interface Packet {
  from: Address;
  to: Address;
  bytes: Buffer;
  /** ms */
  at: number;
}

export class TestNet {
  readonly clock: TestClock;
  readonly random: () => number;
  /** one-way, ms */
  delay = 1;
  jitter = 0;
  loss = 0;
  twice = 0;
  /** false: the packet is lost */
  pass: (p: Packet) => boolean = () => true;
  /** everything that was sent, lost or not */
  log: Packet[] = [];
  /** addresses that cannot be bound */
  readonly broken = new Set<string>();
  /** addresses by which nothing can be sent */
  readonly unreachable = new Set<string>();
  readonly #ports = new Map<string, PortEvents>();

  constructor(seed = 1, clock = new TestClock()) {
    this.clock = clock;
    this.random = prng(seed);
  }

  readonly open: OpenPort = async (local, events) => {
    if (this.broken.has(local.address)) throw new Error("EADDRNOTAVAIL");
    const name = `${local.address}:${local.port}`;
    if (this.#ports.has(name)) throw new Error("EADDRINUSE");
    this.#ports.set(name, events);
    return {
      local,
      send: (bytes, to, done) => {
        const refused = this.unreachable.has(local.address);
        this.clock.soon(() => done(refused ? Object.assign(new Error("no way"), { code: "ENETUNREACH" }) : null));
        if (!refused) this.#send({ from: local, to, bytes: Buffer.from(bytes), at: this.clock.now() });
      },
      close: () => this.#ports.delete(name),
    };
  };

  #send(p: Packet): void {
    this.log.push(p);
    if (!this.pass(p) || this.random() < this.loss) return;
    for (let n = this.random() < this.twice ? 2 : 1; n > 0; n--)
      this.clock.after(this.delay + this.random() * this.jitter, () => this.inject(p));
  }

  /** Delivers a packet now, wherever it is from. */
  inject(p: Packet): void {
    this.#ports.get(`${p.to.address}:${p.to.port}`)?.onDatagram(Buffer.from(p.bytes), p.from);
  }

  /** A socket breaks. */
  fail(address: Address, error: Error): void {
    const name = `${address.address}:${address.port}`;
    const events = this.#ports.get(name);
    this.#ports.delete(name);
    events?.onError(error);
  }
}

export const CLUSTER = "6f1d2c3b-0a19-4e5f-8b7a-9c8d7e6f5a4b";

/** Address of a node's link. */
export const place = (node: number, link = 0): Address => ({ address: `10.${link}.0.${node}`, port: 7_000 });
export const isBy = (p: Packet, from: number, to: number, link?: number): boolean =>
  p.from.address.endsWith(`.${from}`) &&
  p.to.address.endsWith(`.${to}`) &&
  (link === undefined || p.from.address.startsWith(`10.${link}.`));

export const secretOf = (name: string): Buffer => Buffer.from(name.padEnd(32, "*").slice(0, 32));
export const ringOf = (...names: string[]): Keyring =>
  new Keyring(
    names.map((n) => makeKey(n, secretOf(n))),
    names[0],
  );

/** What a node was told. */
export interface Told {
  messages: { from: number; bytes: Buffer; urgent: boolean; at: number }[];
  events: IcsEvent[];
  drains: number[];
}

export interface Station extends Told {
  /** told of each message */
  hook?: (from: number, bytes: Buffer) => void;
  readonly ics: Ics;
  readonly node: number;
  /** what it drew from its source of random bytes; the first of it is its life's salt */
  readonly drawn: Buffer[];
  /** its epoch at the start */
  readonly epoch: bigint;
}

export interface StationOptions extends Partial<IcsOptions> {
  links?: number;
  nodes?: readonly number[];
  onRequest?: IcsHandlers["onRequest"];
}

/** Opens a node on a test network, with peers `nodes`. */
export async function station(net: TestNet, node: number, options: StationOptions = {}): Promise<Station> {
  const { links = 1, nodes = [1, 2], onRequest, ...rest } = options;
  const all = (n: number): Address[] => Array.from({ length: links }, (_, k) => place(n, k));
  const told: Told = { messages: [], events: [], drains: [] };
  let self: Station | undefined;
  const drawn: Buffer[] = [];
  const epoch = BigInt(Math.floor(net.clock.wall()));
  const seed = prng(Math.floor(net.random() * 2 ** 32));
  const ics = await Ics.open(
    {
      node,
      cluster: CLUSTER,
      addresses: all(node),
      peers: nodes.filter((n) => n !== node).map((n) => ({ node: n, addresses: all(n) })),
      keys: ringOf("first"),
      clock: net.clock,
      random: (n) => {
        const bytes = Buffer.from(Array.from({ length: n }, () => Math.floor(seed() * 256)));
        drawn.push(Buffer.from(bytes));
        return bytes;
      },
      openPort: net.open,
      ...rest,
    },
    {
      onMessage: (from, bytes, urgent) => {
        told.messages.push({ from, bytes, urgent, at: net.clock.now() });
        self?.hook?.(from, bytes);
      },
      onEvent: (event) => told.events.push(event),
      onDrain: (n) => told.drains.push(n),
      onRequest,
    },
  );
  self = { ...told, ics, node, drawn, epoch };
  return self;
}

/** Two nodes that have found each other. */
export async function pair(net: TestNet, options: StationOptions = {}, second: StationOptions = options): Promise<[Station, Station]> {
  const a = await station(net, 1, options);
  const b = await station(net, 2, second);
  await net.clock.run(1_000);
  return [a, b];
}

/** Causes that were counted at a node, with their numbers. */
export function dropped(s: Station): Record<string, number> {
  return Object.fromEntries(Object.entries(s.ics.counters.dropped).filter(([, n]) => n > 0));
}

export const text = (s: string): Buffer => Buffer.from(s);
export const texts = (s: Station): string[] => s.messages.map((m) => m.bytes.toString());
