// A file that is replaced as a whole: written beside, synced, renamed over, and the folder synced.
//
// Invariant: under its name there is always either the whole old file or the whole new one, also after a power loss.

import { join } from "node:path";
import type { StoreFile, StoreFs } from "./fs.js";

/** What a file is called while it is written. One that a crash has left is worth nothing. */
export const TEMPORARY = ".new";

/**
 * Replaces a file; returns it, still open. Rejects with the file system's error: if `gone` was called by then, nobody knows
 * whether the old one is there or the new one, else it is the old one.
 */
export async function replaceOpen(fs: StoreFs, folder: string, name: string, bytes: Uint8Array, gone?: () => void): Promise<StoreFile> {
  const path = join(folder, name);
  const file = await fs.create(`${path}${TEMPORARY}`);
  try {
    await file.write(bytes, 0);
    await file.sync();
    gone?.();
    await fs.rename(`${path}${TEMPORARY}`, path);
    await fs.syncFolder(folder);
    return file;
  } catch (e) {
    await file.close().catch(() => undefined);
    // What it took of a full disk is given back.
    await fs.unlink(`${path}${TEMPORARY}`).catch(() => undefined);
    throw e;
  }
}

/** Replaces a file. */
export async function replaceFile(fs: StoreFs, folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await (await replaceOpen(fs, folder, name, bytes)).close();
}
