// Where things stand in a TOML text: a small index from the path of a key or array element to its place, so that an
// error found in the parsed value can name a line and a column.
//
// Invariant: it is only run over text that the TOML parser has accepted, so it recognises and never judges. On anything
// it does not understand it stops early; the index is then shorter, never wrong.

export interface Place {
  line: number;
  column: number;
}

/** A step into the value: a key or an array index. */
export type Step = string | number;

interface Offsets {
  key: number;
  value: number;
}

const keyOf = (path: readonly Step[]) => JSON.stringify(path.map(String));

export class Positions {
  readonly #text: string;
  readonly #at = new Map<string, Offsets>();
  #i = 0;
  #lines: number[] | null = null;

  constructor(text: string) {
    this.#text = text;
    this.#document();
  }

  /** Place of the key itself, or of the nearest enclosing thing that has one. */
  key(path: readonly Step[]): Place {
    return this.#place(path, "key");
  }

  /** Place of the value at path. */
  value(path: readonly Step[]): Place {
    return this.#place(path, "value");
  }

  /** The value's text as written, up to the end of its line; for telling 5 from 5.0. */
  source(path: readonly Step[]): string {
    const at = this.#at.get(keyOf(path));
    return at ? (/^[^\s,\]}#]*/.exec(this.#text.slice(at.value, at.value + 64))?.[0] ?? "") : "";
  }

  #place(path: readonly Step[], part: keyof Offsets): Place {
    for (let n = path.length; n > 0; n--) {
      const at = this.#at.get(keyOf(path.slice(0, n)));
      if (at) return this.#placeOf(at[part]);
    }
    return { line: 1, column: 1 };
  }

  /** Line and column of an offset: by search, for there may be very many problems. */
  #placeOf(offset: number): Place {
    this.#lines ??= lineStarts(this.#text);
    let low = 0;
    for (let high = this.#lines.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (this.#lines[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#lines[low] + 1 };
  }

  #mark(path: readonly Step[], key: number, value: number): void {
    const k = keyOf(path);
    if (!this.#at.has(k)) this.#at.set(k, { key, value });
  }

  /** The whole text: table headers and key = value lines. */
  #document(): void {
    const counts = new Map<string, number>();
    let table: Step[] = [];
    for (;;) {
      this.#blank(true);
      if (this.#i >= this.#text.length) return;
      const start = this.#i;
      if (this.#text[this.#i] === "[") {
        const list = this.#text[this.#i + 1] === "[";
        this.#i += list ? 2 : 1;
        const names = this.#keys().map((k) => k.name);
        table = resolve(names, counts, list);
        for (let n = 1; n <= table.length; n++) this.#mark(table.slice(0, n), start, start);
        this.#i += list ? 2 : 1;
      } else if (!this.#pair(table)) return;
    }
  }

  /** key = value; false if that is not what stands here. */
  #pair(table: readonly Step[]): boolean {
    const keys = this.#keys();
    if (keys.length === 0 || this.#text[this.#i] !== "=") return false;
    this.#i++;
    this.#blank(false);
    const path = [...table];
    for (const k of keys) {
      path.push(k.name);
      this.#mark(path, k.at, this.#i);
    }
    this.#value(path);
    return true;
  }

  /** A dotted key. */
  #keys(): { name: string; at: number }[] {
    const out: { name: string; at: number }[] = [];
    for (;;) {
      this.#blank(false);
      const at = this.#i;
      const quote = this.#text[at];
      if (quote === '"' || quote === "'") {
        this.#string();
        out.push({ name: unquote(this.#text.slice(at, this.#i)), at });
      } else {
        const bare = /^[A-Za-z0-9_-]+/.exec(this.#text.slice(at, at + 256));
        if (!bare) return out;
        this.#i += bare[0].length;
        out.push({ name: bare[0], at });
      }
      this.#blank(false);
      if (this.#text[this.#i] !== ".") return out;
      this.#i++;
    }
  }

  #value(path: Step[]): void {
    const c = this.#text[this.#i];
    if (c === '"' || c === "'") this.#string();
    else if (c === "[") this.#array(path);
    else if (c === "{") this.#inline(path);
    else while (this.#i < this.#text.length && !",]}#\n".includes(this.#text[this.#i])) this.#i++;
  }

  #array(path: Step[]): void {
    this.#i++;
    for (let n = 0; this.#i < this.#text.length; ) {
      this.#blank(true);
      const c = this.#text[this.#i];
      if (c === "]") {
        this.#i++;
        return;
      }
      if (c === ",") {
        this.#i++;
        continue;
      }
      const at = this.#i;
      const inner = [...path, n++];
      this.#mark(inner, at, at);
      this.#value(inner);
      if (this.#i === at) return;
    }
  }

  #inline(path: Step[]): void {
    this.#i++;
    while (this.#i < this.#text.length) {
      this.#blank(true);
      const c = this.#text[this.#i];
      if (c === "}") {
        this.#i++;
        return;
      }
      if (c === ",") this.#i++;
      else if (!this.#pair(path)) return;
    }
  }

  /** Passes over a string of any of the four kinds. */
  #string(): void {
    const quote = this.#text[this.#i];
    const long = this.#text.startsWith(quote.repeat(3), this.#i);
    const end = long ? quote.repeat(3) : quote;
    this.#i += end.length;
    while (this.#i < this.#text.length && !this.#text.startsWith(end, this.#i))
      this.#i += quote === '"' && this.#text[this.#i] === "\\" ? 2 : 1;
    this.#i += end.length;
    // up to two quotes may stand right before the closing three
    while (long && this.#text[this.#i] === quote) this.#i++;
  }

  /** Passes over white space and, with lines, over line ends and comments. */
  #blank(lines: boolean): void {
    for (; this.#i < this.#text.length; this.#i++) {
      const c = this.#text[this.#i];
      if (c === "#" && lines) {
        const end = this.#text.indexOf("\n", this.#i);
        this.#i = end < 0 ? this.#text.length - 1 : end;
      } else if (c !== " " && c !== "\t" && !(lines && (c === "\n" || c === "\r"))) return;
    }
  }
}

/** Path of a table header: names of arrays of tables are followed by the index of their last element. */
function resolve(names: string[], counts: Map<string, number>, list: boolean): Step[] {
  const path: Step[] = [];
  names.forEach((name, n) => {
    path.push(name);
    const k = keyOf(path);
    if (list && n === names.length - 1) counts.set(k, (counts.get(k) ?? 0) + 1);
    const count = counts.get(k);
    if (count !== undefined) path.push(count - 1);
  });
  return path;
}

function unquote(s: string): string {
  if (s.startsWith("'")) return s.slice(1, -1);
  try {
    return JSON.parse(s) as string;
  } catch {
    return s.slice(1, -1);
  }
}

/** Offset at which each line begins. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
