// Why a state folder cannot be used: what a person reads, and a code for programs.

export type StoreCode = "cluster" | "node" | "version" | "locked" | "damaged" | "full" | "read-only" | "denied" | "io" | "closed";

/** The state folder cannot be used, or not at present. The message names the folder, what is wrong, and what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";

  constructor(
    readonly code: StoreCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const SPACE = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** errno's name of what a file system threw; empty if it has none. */
export const errnoOf = (e: unknown): string => `${(e as NodeJS.ErrnoException | null)?.code ?? ""}`;

/** Can the same write be tried again in the same place? Of a sync that failed nobody knows what it left. */
export const isTransient = (e: unknown): boolean => SPACE.has(errnoOf(e)) || errnoOf(e) === "EROFS";

/** What a file system threw, as a StoreError. */
export function storeError(folder: string, doing: string, e: unknown): StoreError {
  if (e instanceof StoreError) return e;
  const errno = errnoOf(e);
  const cause = { cause: e };
  if (SPACE.has(errno)) return new StoreError("full", `${folder}: no room to ${doing} (${errno}): free some space`, cause);
  if (errno === "EROFS") return new StoreError("read-only", `${folder}: cannot ${doing}, the file system is read-only (EROFS)`, cause);
  if (errno === "EACCES" || errno === "EPERM")
    return new StoreError("denied", `${folder}: may not ${doing} (${errno}): it must belong to the daemon's user`, cause);
  return new StoreError("io", `${folder}: cannot ${doing} (${errno || (e instanceof Error ? e.message : String(e))})`, cause);
}
