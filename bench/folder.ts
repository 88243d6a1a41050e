// Temporary folders that are gone when the program is, however it ends short of SIGKILL.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const open = new Set<string>();

process.on("exit", () => {
  for (const folder of open) rmSync(folder, { recursive: true, force: true });
});

/** Makes a folder that only we can read. */
export function takeFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}-`));
  open.add(folder);
  return folder;
}

export function dropFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  open.delete(folder);
}
