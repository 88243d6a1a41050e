// A refusal: what the user asked for cannot be, and why. Printed as its message alone, without a stack.

export class Refusal extends Error {
  /** errno name, or a word of this program: stable, for programs that read the control socket */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

/** Errors that are made for people, by name: their message says all. */
const FOR_PEOPLE = new Set([
  "Refusal",
  "ConfigError",
  "ModuleError",
  "OsError",
  "ArenaError",
  "IpmpError",
  "SnapshotError",
  "AddressError",
]);

/** Whether it is something that happens, rather than a defect. */
export function isExpected(e: unknown): e is Error {
  return e instanceof Error && (FOR_PEOPLE.has(e.name) || typeof (e as NodeJS.ErrnoException).syscall === "string");
}

/** Message of anything thrown; a defect's has its stack. */
export function messageOf(e: unknown): string {
  if (isExpected(e)) return e.message;
  return e instanceof Error ? (e.stack ?? e.message) : String(e);
}

export function codeOf(e: unknown): string {
  const code = (e as { code?: unknown } | null)?.code;
  if (typeof code === "string" && code !== "") return code;
  return (e as Error | null)?.name === "ConfigError" ? "ECONFIG" : "EINTERNAL";
}
