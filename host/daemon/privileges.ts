// What a daemon may do once it is at work: the network's administration and packet sockets, eBPF programs if a group is to go
// by XDP, nothing else of root's powers.
//
// Invariants: what is given up cannot be had again, not by starting a program either; a capability beyond those is kept
// only if a file that is needed later (program, configuration, state folder) is out of reach without it, which is tried,
// not guessed. Capabilities belong to threads: giveUp() changes the calling one and those it starts, limitChildren()
// whatever process it starts, with all its threads.

import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, errno, errnoName, libc, Native } from "../io/ffi.js";
import { CAP, CAP_HEADER, CAP_VERSION_3, PR } from "../io/linux.js";
import { raiseLocked } from "../io/locked.js";
import type { Paths } from "./paths.js";

type Capability = keyof typeof CAP;

const NEEDED: readonly Capability[] = ["NET_ADMIN", "NET_RAW"];
/** What puts a program on a NIC that comes back. */
const XDP: readonly Capability[] = ["BPF"];
/** What opens files of other users: each more powerful than the one before. */
const FILES: readonly Capability[] = ["DAC_READ_SEARCH", "DAC_OVERRIDE"];

const bit = (c: Capability): bigint => 1n << BigInt(CAP[c]);
const maskOf = (caps: readonly Capability[]): bigint => caps.reduce((m, c) => m | bit(c), 0n);

/** A set of capabilities of this thread, as the kernel shows it. */
function current(which: "CapPrm" | "CapEff"): bigint {
  const hex = new RegExp(`^${which}:\\s*([0-9a-f]+)$`, "m").exec(readFileSync("/proc/thread-self/status", "latin1"))?.[1];
  return BigInt(`0x${hex ?? "0"}`);
}

/** Sets this thread's capabilities; none is inheritable unless given. */
function setCaps(permitted: bigint, effective: bigint, inheritable = 0n): void {
  const block = new Native(64);
  block.dv.setUint32(0, CAP_VERSION_3, true);
  for (const half of [0, 1]) {
    const at = CAP_HEADER + 12 * half;
    block.dv.setUint32(at, Number((effective >> BigInt(32 * half)) & 0xffff_ffffn), true);
    block.dv.setUint32(at + 4, Number((permitted >> BigInt(32 * half)) & 0xffff_ffffn), true);
    block.dv.setUint32(at + 8, Number((inheritable >> BigInt(32 * half)) & 0xffff_ffffn), true);
  }
  check(libc().capset(block.address, block.address + CAP_HEADER), "capset");
}

/** What a daemon reads and writes when it is at work. */
export interface Needs {
  paths: Paths;
  /** the configuration's file */
  config: string;
  /** a file that metrics are written to, or null */
  textfile: string | null;
  /** some group is to go by XDP */
  xdp: boolean;
}

/** Whether everything that is read and written later can be, as this thread is now. */
function reaches({ paths, config, textfile }: Needs): boolean {
  const here = dirname(fileURLToPath(import.meta.url));
  const folders = textfile === null ? [paths.dir] : [paths.dir, dirname(textfile)];
  try {
    for (const file of [config, fileURLToPath(import.meta.url), join(here, "../../../build/ipmp.wasm")]) closeSync(openSync(file, "r"));
    for (const folder of folders) {
      const probe = join(folder, `.probe.${process.pid}`);
      closeSync(openSync(probe, "w", 0o600));
      rmSync(probe);
    }
    return true;
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    return code !== "EACCES" && code !== "EPERM";
  }
}

/** The capabilities to keep, found out by going without the others for a moment. */
function needed(needs: Needs): Capability[] {
  const always = needs.xdp ? [...NEEDED, ...XDP] : NEEDED;
  const [permitted, effective] = [current("CapPrm"), current("CapEff")];
  try {
    for (const more of [[], FILES.slice(0, 1), FILES]) {
      const caps = [...always, ...more];
      setCaps(permitted, maskOf(caps) & permitted);
      if (reaches(needs)) return caps;
    }
    return [...always, ...FILES];
  } finally {
    setCaps(permitted, effective);
  }
}

/** Takes capabilities out of what this thread, or a program it starts, can ever get. Returns why that was refused, or "". */
function bound(keep: bigint): string {
  const c = libc();
  const last = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "latin1"));
  for (let i = 0; i <= last; i++) {
    if ((keep >> BigInt(i)) & 1n) continue;
    if (c.prctl(PR.CAPBSET_READ, i, 0, 0, 0) !== 1) continue;
    if (c.prctl(PR.CAPBSET_DROP, i, 0, 0, 0) === -1) return errnoName(errno());
  }
  return "";
}

const noNewPrivileges = (): void => void check(libc().prctl(PR.SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");

/** Lets processes that this one starts have no more than a daemon needs. */
export function limitChildren(needs: Needs): void {
  if (needs.xdp) raiseLocked();
  bound(maskOf(needed(needs)));
  noNewPrivileges();
}

/** Gives up what is not needed from now on. Says what was kept, and what could not be given up. */
export function giveUp(needs: Needs): { kept: string[]; problem: string } {
  if (needs.xdp) raiseLocked();
  const caps = needed(needs);
  const keep = maskOf(caps) & current("CapPrm");
  const refused = bound(keep);
  check(libc().prctl(PR.CAP_AMBIENT, PR.CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clear the ambient capabilities");
  setCaps(keep, keep);
  noNewPrivileges();
  return { kept: caps.filter((c) => keep & bit(c)).map((c) => `CAP_${c}`), problem: refused && `bounding set: ${refused}` };
}

/** Does what starts a program that is to have what this process has kept. Root's programs have it anyway. */
export function bequeath<T>(start: () => T): T {
  if (process.geteuid?.() === 0) return start();
  const permitted = current("CapPrm");
  const ambient = (what: number, cap: number): number => libc().prctl(PR.CAP_AMBIENT, what, cap, 0, 0);
  setCaps(permitted, permitted, permitted);
  try {
    for (const c of [...NEEDED, ...XDP, ...FILES])
      if (permitted & bit(c)) check(ambient(PR.CAP_AMBIENT_RAISE, CAP[c]), "ambient capabilities");
    return start();
  } finally {
    ambient(PR.CAP_AMBIENT_CLEAR_ALL, 0);
    setCaps(permitted, permitted);
  }
}
