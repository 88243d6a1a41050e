// The file system of Linux, for the store.
//
// Invariants: a file counts as synced after fdatasync, a name after fsync of its folder; the lock is flock(2), which the
// kernel takes back whenever the process ends, and which holds across namespaces.

import { closeSync, openSync } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { errno, libc, OsError } from "../io/ffi.js";
import { ERR } from "../io/linux.js";
import type { StoreFile, StoreFs } from "./fs.js";

const LOCK_EX = 2;
const LOCK_NB = 4;

class LinuxFile implements StoreFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function lock(path: string): Promise<(() => void) | null> {
  const fd = openSync(path, "a", 0o600);
  if (libc().flock(fd, LOCK_EX | LOCK_NB) === 0) return () => closeSync(fd);
  const why = errno();
  closeSync(fd);
  if (why === ERR.EAGAIN) return null;
  throw new OsError(`lock ${path}`, why);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const linuxFs: StoreFs = {
  lock,
  rename,
  link,
  unlink,
  syncFolder,
  list: (folder) => readdir(folder),
  async mkdir(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  },
  async create(path) {
    return new LinuxFile(await open(path, "w", 0o600));
  },
  async read(path) {
    try {
      return await readFile(path);
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw e;
    }
  },
};
