// A file system in memory that remembers everything that was asked of it, and what a loss of power may leave of that.
//
// What a loss of power leaves: of each file what was synced, and any of the sectors of 512 bytes that were written since, the
// others as they were (zeros behind the old end); of the folder what was synced, and a beginning of the changes since.
//
// Invariant: what was synced is always left.

import type { StoreFile, StoreFs } from "../../host/store/fs.js";

const SECTOR = 512;

interface Inode {
  id: number;
  bytes: Uint8Array;
}

type Op =
  | { op: "create"; path: string; id: number }
  | { op: "write"; id: number; at: number; bytes: Uint8Array }
  | { op: "sync"; id: number }
  | { op: "rename" | "link"; path: string; to: string }
  | { op: "unlink"; path: string }
  | { op: "syncFolder" }
  | { op: "note"; value: number };

/** Names and contents. */
export type Files = Map<string, Uint8Array>;

export const enoent = (path: string): Error => Object.assign(new Error(`${path}: none`), { code: "ENOENT" });
export const fault = (code: string): Error => Object.assign(new Error(code), { code });

export class CrashFs implements StoreFs {
  readonly ops: Op[] = [];
  readonly #start: Map<string, Inode>;
  readonly #names: Map<string, Inode>;
  #ids = 0;
  locked = false;
  /** What a call is to be refused with; null = it is carried out. */
  refuse: (what: "write" | "sync" | "rename" | "syncFolder" | "create", bytes: number) => string | null = () => null;
  /** Is called in the midst of every sync. */
  meanwhile: () => void = () => undefined;

  constructor(files: Files = new Map()) {
    this.#start = new Map([...files].map(([path, bytes]) => [path, { id: ++this.#ids, bytes: bytes.slice() }]));
    this.#names = new Map([...this.#start].map(([path, i]) => [path, { id: i.id, bytes: i.bytes.slice() }]));
  }

  /** What is there, as long as the power stays on. */
  get files(): Files {
    return new Map([...this.#names].map(([path, i]) => [path, i.bytes.slice()]));
  }

  /** Puts a number between the operations. */
  note(value: number): void {
    this.ops.push({ op: "note", value });
  }

  #check(what: Parameters<CrashFs["refuse"]>[0], bytes = 0): void {
    const code = this.refuse(what, bytes);
    if (code !== null) throw fault(code);
  }

  async mkdir(): Promise<void> {}
  async read(path: string): Promise<Uint8Array | null> {
    return this.#names.get(path)?.bytes.slice() ?? null;
  }
  async list(folder: string): Promise<string[]> {
    return [...this.#names.keys()].filter((p) => p.startsWith(`${folder}/`)).map((p) => p.slice(folder.length + 1));
  }
  async create(path: string): Promise<StoreFile> {
    this.#check("create");
    const inode: Inode = { id: ++this.#ids, bytes: new Uint8Array(0) };
    this.#names.set(path, inode);
    this.ops.push({ op: "create", path, id: inode.id });
    return {
      write: async (bytes, at) => {
        this.#check("write", at + bytes.length);
        put(inode, bytes, at);
        this.ops.push({ op: "write", id: inode.id, at, bytes: bytes.slice() });
      },
      sync: async () => {
        await new Promise((done) => setImmediate(done));
        this.meanwhile();
        this.#check("sync");
        this.ops.push({ op: "sync", id: inode.id });
      },
      close: async () => undefined,
    };
  }
  async rename(path: string, to: string): Promise<void> {
    this.#check("rename");
    this.ops.push({ op: "rename", path, to });
    change(this.#names, { op: "rename", path, to });
  }
  async link(path: string, to: string): Promise<void> {
    if (!this.#names.has(path)) throw enoent(path);
    this.ops.push({ op: "link", path, to });
    change(this.#names, { op: "link", path, to });
  }
  async unlink(path: string): Promise<void> {
    if (!this.#names.has(path)) throw enoent(path);
    this.ops.push({ op: "unlink", path });
    change(this.#names, { op: "unlink", path });
  }
  async syncFolder(): Promise<void> {
    this.#check("syncFolder");
    this.ops.push({ op: "syncFolder" });
  }
  async lock(): Promise<(() => void) | null> {
    if (this.locked) return null;
    this.locked = true;
    return () => {
      this.locked = false;
    };
  }

  /** The state after the first n operations, if the power goes then. */
  crash(n: number): Crash {
    const inodes = new Map<number, Inode>([...this.#start.values()].map((i) => [i.id, { id: i.id, bytes: i.bytes.slice() }]));
    const names = new Map([...this.#start].map(([path, i]) => [path, inodes.get(i.id) as Inode]));
    const crash: Crash = { names, changes: [], sectors: [], note: 0 };
    let loose: Sector[] = [];
    for (const op of this.ops.slice(0, n)) {
      if (op.op === "note") crash.note = op.value;
      else if (op.op === "write") loose.push(...sectorsOf(inodes.get(op.id) as Inode, op.at, op.bytes));
      else if (op.op === "sync") {
        for (const s of loose) if (s.inode.id === op.id) put(s.inode, s.bytes, s.at);
        loose = loose.filter((s) => s.inode.id !== op.id);
      } else if (op.op === "syncFolder") {
        for (const c of crash.changes) c(names);
        crash.changes = [];
      } else if (op.op === "create") {
        const inode: Inode = { id: op.id, bytes: new Uint8Array(0) };
        inodes.set(op.id, inode);
        crash.changes.push((names) => names.set(op.path, inode));
      } else crash.changes.push((names) => change(names, op));
    }
    crash.sectors = loose;
    return crash;
  }
}

interface Sector {
  inode: Inode;
  at: number;
  bytes: Uint8Array;
}

export interface Crash {
  names: Map<string, Inode>;
  /** changes of the folder that are not synced, in order */
  changes: ((names: Map<string, Inode>) => void)[];
  /** what was written and is not synced */
  sectors: Sector[];
  /** the last number noted before */
  note: number;
}

/** What is left if so many changes of the folder and these sectors came through. */
export function left(crash: Crash, changes: number, came: (sector: number) => boolean): Files {
  const names = new Map(crash.names);
  for (const c of crash.changes.slice(0, changes)) c(names);
  const copies = new Map<number, Inode>();
  for (const inode of names.values()) copies.set(inode.id, { id: inode.id, bytes: inode.bytes.slice() });
  crash.sectors.forEach((s, i) => {
    const copy = copies.get(s.inode.id);
    if (copy !== undefined && came(i)) put(copy, s.bytes, s.at);
  });
  return new Map([...names].map(([path, i]) => [path, (copies.get(i.id) as Inode).bytes]));
}

function change(names: Map<string, Inode>, op: { op: "rename" | "link" | "unlink"; path: string; to?: string }): void {
  const inode = names.get(op.path);
  if (inode === undefined) return;
  if (op.op !== "link") names.delete(op.path);
  if (op.op !== "unlink") names.set(op.to as string, inode);
}

function sectorsOf(inode: Inode, at: number, bytes: Uint8Array): Sector[] {
  const out: Sector[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR - ((at + from) % SECTOR));
    out.push({ inode, at: at + from, bytes: bytes.slice(from, to) });
    from = to;
  }
  return out;
}

function put(inode: Inode, bytes: Uint8Array, at: number): void {
  if (at + bytes.length > inode.bytes.length) {
    const longer = new Uint8Array(at + bytes.length);
    longer.set(inode.bytes);
    inode.bytes = longer;
  }
  inode.bytes.set(bytes, at);
}
