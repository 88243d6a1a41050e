// What the store needs of a file system. linux_fs.ts is the real one; the tests have one that remembers what was synced.
//
// Every method rejects with an error that has the errno's name as `code`, as node:fs does.

export interface StoreFile {
  /** Writes all bytes at a place. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Resolves when everything written so far is durable, the file's length included. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreFs {
  /** Makes a folder, and those above it, that only its owner may enter; one that is there is left as it is. */
  mkdir(folder: string): Promise<void>;
  /** All bytes of a file; null if there is none. */
  read(path: string): Promise<Uint8Array | null>;
  /** Names in a folder. */
  list(folder: string): Promise<string[]>;
  /** A new, empty file; one of this name is emptied. */
  create(path: string): Promise<StoreFile>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Resolves when names made, changed and removed in a folder so far are durable. */
  syncFolder(folder: string): Promise<void>;
  /** Takes a lock that ends with this process at the latest; null if somebody else has it. Returns what gives it back. */
  lock(path: string): Promise<(() => void) | null>;
}
