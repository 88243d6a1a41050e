// Errors of the core's host side: what a person reads when the module refuses something.
//
// Invariant: a message names the call, the reason and what was given; a stack is for defects, not for mistakes.

import { ERRNO_TEXT as CLMS_ERRNO } from "./abi/clms.js";
import { ERRNO_TEXT as IPMP_ERRNO } from "./abi/ipmp.js";

/** A module refused a call; its state is unchanged. */
export class CallError extends Error {
  /** errno name, such as "EEXIST" */
  readonly code: string;
  /** errno, positive */
  readonly errno: number;
  /** the exported function that refused */
  readonly call: string;

  constructor(call: string, errno: number, given: string, texts: Readonly<Record<number, { name: string; text: string }>>) {
    const known = texts[errno];
    const code = known?.name ?? `E${errno}`;
    super(`${call}: ${known?.text ?? `unknown error ${errno}`} (${code})${given ? `; given ${given}` : ""}`);
    this.call = call;
    this.code = code;
    this.errno = errno;
  }
}

/** ipmp.wasm refused a call. */
export class IpmpError extends CallError {
  override readonly name = "IpmpError";

  constructor(call: string, errno: number, given: string) {
    super(call, errno, given, IPMP_ERRNO);
  }
}

/** clms.wasm refused a call. */
export class ClmsError extends CallError {
  override readonly name = "ClmsError";

  constructor(call: string, errno: number, given: string) {
    super(call, errno, given, CLMS_ERRNO);
  }
}

/** The .wasm file is not one that this host can drive. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";
}

/** Text that is not the address it should be. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/** A snapshot that is damaged, or of another module. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

/** What was given to a call, as text: `name="a" mtu=1500`. */
export function describe(given: object): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(given))
    if (value !== undefined) parts.push(`${key}=${typeof value === "string" ? JSON.stringify(value) : String(value)}`);
  return parts.join(" ");
}
