// The ledger: what this daemon changed on the machine, so that any later run can undo it: which interfaces it made,
// which addresses it put on them, what each member's settings were before.
//
// Invariants: a change is in the file before it is made; a setting that is recorded is never recorded again (the first
// value is the user's, a later one could be ours); a ledger of another boot is void, for nothing of it outlives a boot.

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Offload } from "../net/rtnetlink.js";
import { bootId } from "./machine.js";

/** A member's settings as they were. */
export interface Former {
  /** the device that has them: it is the member, whatever its name is now */
  ifindex?: number;
  up: boolean;
  mtu: number;
  /** path below /proc/sys → value */
  sysctls: Record<string, string>;
  /** link-local addresses, "fe80::1/64" */
  linkLocal: string[];
  /** what joined received frames and was switched off */
  offloads?: Offload[];
}

export interface GroupRecord {
  /** members by name; null: it is gone for now, and what comes back has settings of its own */
  members: Record<string, Former | null>;
  /** addresses of the configuration that were put on the interface, "192.0.2.1/24" */
  addresses: string[];
}

interface Stored {
  v: 1;
  boot: string;
  groups: Record<string, GroupRecord>;
}

export class Ledger {
  readonly #path: string;
  readonly groups: Map<string, GroupRecord>;

  private constructor(path: string, groups: Map<string, GroupRecord>) {
    this.#path = path;
    this.groups = groups;
  }

  /** Reads what an earlier run of this boot left; empty if none did. */
  static open(path: string): Ledger {
    let stored: Stored | null = null;
    try {
      stored = JSON.parse(readFileSync(path, "utf8")) as Stored;
    } catch (e) {
      if (!(e instanceof SyntaxError) && (e as NodeJS.ErrnoException).code !== "ENOENT") throw e;
    }
    const valid = stored?.v === 1 && stored.boot === bootId();
    return new Ledger(path, new Map(valid ? Object.entries(stored?.groups ?? {}) : []));
  }

  /** The record of a group, made if there is none. */
  group(name: string): GroupRecord {
    let g = this.groups.get(name);
    if (!g) {
      g = { members: {}, addresses: [] };
      this.groups.set(name, g);
    }
    return g;
  }

  /** Writes it: the old or the new record is there, whole. */
  save(): void {
    const stored: Stored = { v: 1, boot: bootId(), groups: Object.fromEntries(this.groups) };
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(stored)}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
