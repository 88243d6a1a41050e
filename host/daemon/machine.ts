// What the machine must offer before anything is tried, and what is particular to it: its id, this boot's id.

import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync, readlinkSync } from "node:fs";
import { formatMac } from "../core/address.js";
import { CAP } from "../io/linux.js";
import { Refusal } from "./refusal.js";

/**
 * Address space that is needed: the module's memory with its guard regions and the program itself take nearly 12 GiB,
 * and after a trap a second memory stands beside the first until that is collected.
 */
const ADDRESS_SPACE_MIN = 24 * 1024 * 1024 * 1024;

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return null;
  }
}

/** Refuses what cannot work here; each for its own reason. */
export function checkMachine(): void {
  if (process.platform !== "linux")
    throw new Refusal("ENOSYS", `up: real NICs need Linux, this is ${process.platform}; try "holdfast demo"`);
  checkCapabilities();
  checkAddressSpace();
  checkTun();
}

/** Root, or the two capabilities that are kept anyway. */
function checkCapabilities(): void {
  const permitted = BigInt(`0x${/^CapPrm:\s*([0-9a-f]+)$/m.exec(read("/proc/self/status") ?? "")?.[1] ?? "0"}`);
  const lacks = (["NET_ADMIN", "NET_RAW"] as const).filter((c) => ((permitted >> BigInt(CAP[c])) & 1n) === 0n);
  if (lacks.length === 0) return;
  const who = process.geteuid?.() === 0 ? "root without" : `not root (user ${process.geteuid?.()}), without`;
  const what = lacks.map((c) => `CAP_${c}`).join(" and ");
  throw new Refusal("EPERM", `up: ${who} ${what}; needed: root, or these capabilities, to open NICs and make the group interface`);
}

function checkTun(): void {
  const path = "/dev/net/tun";
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code ?? "EIO";
    const what = code === "ENOENT" ? "does not exist" : `cannot be opened (${code})`;
    throw new Refusal(
      code,
      `${path} ${what}; needed for the group interface: load it with "modprobe tun", or give the container that device`,
    );
  }
}

/** V8 reserves address space for a memory's guard regions: a limit on it fails the start with words nobody understands. */
function checkAddressSpace(): void {
  const soft = /^Max address space\s+(\S+)/m.exec(read("/proc/self/limits") ?? "")?.[1];
  if (soft === undefined || soft === "unlimited" || Number(soft) >= ADDRESS_SPACE_MIN) return;
  throw new Refusal(
    "ENOMEM",
    `ulimit -v is ${Math.floor(Number(soft) / 1024)} KiB; needed: unlimited, or at least ${ADDRESS_SPACE_MIN / 1024} KiB ` +
      "(address space that is reserved, not memory that is used)",
  );
}

/** Notes now what cannot be found out with less privileges. */
export function noteNetwork(): void {
  process.env[NETWORK] = network();
}

/** This boot: what was measured or changed in another one no longer holds. */
export function bootId(): string {
  return read("/proc/sys/kernel/random/boot_id") ?? "unknown";
}

/**
 * A hardware address for a group interface: the same at every start, different on every machine and for every group.
 * Locally administered and unicast.
 */
export function groupMac(group: string): string {
  const machine = read("/etc/machine-id") ?? read("/var/lib/dbus/machine-id") ?? read("/sys/class/dmi/id/product_uuid") ?? "";
  const bytes = createHash("sha256").update(`holdfast group ${machine} ${network()} ${group}`).digest().subarray(0, 6);
  bytes[0] = (bytes[0] & 0xfc) | 0x02;
  return formatMac(bytes);
}

/** Hands network() on to a process that has given up the right to look at the machine's first process. */
const NETWORK = "HOLDFAST_NETWORK";

/** Tells network namespaces of one machine apart: their groups may be neighbours. Empty in the machine's first. */
function network(): string {
  const told = process.env[NETWORK];
  if (told !== undefined) return told;
  try {
    const own = readlinkSync("/proc/self/ns/net");
    return own === readlinkSync("/proc/1/ns/net") ? "" : own;
  } catch {
    return "";
  }
}
