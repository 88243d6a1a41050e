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

/** Message of anything thrown: refusals and system errors by their text, programming errors with their stack. */
export function messageOf(e: unknown): string {
  if (!(e instanceof Error)) return String(e);
  const expected = e instanceof Refusal || typeof (e as NodeJS.ErrnoException).code === "string" || e.name === "ConfigError";
  return expected ? e.message : (e.stack ?? e.message);
}

export function codeOf(e: unknown): string {
  const code = (e as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return (e as Error | null)?.name === "ConfigError" ? "ECONFIG" : "EINTERNAL";
}
