// The log: one event a line, as text for people or as JSON for programs.
//
// Invariant: a line is one write and holds no control character of its own, whatever a field contains.

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];
export type LogFormat = "text" | "json";
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export class Log {
  readonly #write: (line: string) => void;
  readonly #format: LogFormat;
  readonly #least: number;

  constructor(write: (line: string) => void, format: LogFormat = "text", level: Level = "info") {
    this.#write = write;
    this.#format = format;
    this.#least = LEVELS.indexOf(level);
  }

  debug(event: string, text: string, fields: Fields = {}): void {
    this.line("debug", event, text, fields);
  }
  info(event: string, text: string, fields: Fields = {}): void {
    this.line("info", event, text, fields);
  }
  warn(event: string, text: string, fields: Fields = {}): void {
    this.line("warn", event, text, fields);
  }
  error(event: string, text: string, fields: Fields = {}): void {
    this.line("error", event, text, fields);
  }

  line(level: Level, event: string, text: string, fields: Fields = {}): void {
    if (LEVELS.indexOf(level) < this.#least) return;
    const time = new Date().toISOString();
    if (this.#format === "json") this.#write(`${JSON.stringify({ time, level, event, text, ...fields })}\n`);
    else this.#write(`${time} ${level.padEnd(5)} ${event}: ${oneLine(text)}\n`);
  }
}

/** Line ends and other control characters become visible. */
function oneLine(s: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return s.replace(/[\u0000-\u001f\u007f]+/g, (c) => (c === "\n" ? " | " : JSON.stringify(c).slice(1, -1)));
}
