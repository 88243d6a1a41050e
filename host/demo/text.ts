// Lines of coloured text of an exact width, and the few number formats the demo uses. Pure.
//
// Invariant: a span's text has no control characters and every character of it is one column wide.

export type Colour = "plain" | "good" | "bad" | "mark" | "dim" | "strong";

export interface Span {
  text: string;
  colour: Colour;
}

export type Line = Span[];

const CODE: Record<Colour, string> = { plain: "", good: "\x1b[32m", bad: "\x1b[31m", mark: "\x1b[36m", dim: "\x1b[2m", strong: "\x1b[1m" };

export function span(text: string, colour: Colour = "plain"): Span {
  return { text, colour };
}

/** Columns of a text: characters, not UTF-16 units. */
export function columns(text: string): number {
  return [...text].length;
}

export function width(line: Line): number {
  return line.reduce((sum, s) => sum + columns(s.text), 0);
}

/** The line cut or filled with blanks to exactly n columns. */
export function fit(line: Line, n: number): Line {
  const out: Line = [];
  let left = Math.max(0, n);
  for (const s of line) {
    const size = columns(s.text);
    if (size > left) {
      out.push(span([...s.text].slice(0, left).join(""), s.colour));
      return out;
    }
    out.push(s);
    left -= size;
  }
  if (left > 0) out.push(span(" ".repeat(left)));
  return out;
}

/** `left`, blanks, `right`: exactly n columns; `left` gives way. */
export function spread(left: Line, right: Line, n: number): Line {
  const room = n - width(right);
  return room > 0 ? [...fit(left, room), ...right] : fit(right, n);
}

/** The line as text; without colour the trailing blanks go too. */
export function paint(line: Line, colour: boolean): string {
  if (!colour) {
    return line
      .map((s) => s.text)
      .join("")
      .trimEnd();
  }
  return line.map((s) => (s.colour === "plain" ? s.text : `${CODE[s.colour]}${s.text}\x1b[0m`)).join("");
}

/** 1234567 as "1,234,567". */
export function grouped(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A count in at most 6 columns: 999, 9,999, 12.3k, 123k, 1.2M. */
export function short(n: number): string {
  if (n < 9_999.5) return grouped(n);
  for (const unit of ["k", "M", "G"]) {
    n /= 1000;
    if (n < 99.95) return `${n.toFixed(1)}${unit}`;
    if (n < 999.5) return `${Math.round(n)}${unit}`;
  }
  return `${grouped(n / 1000)}T`;
}

/** Milliseconds in at most 6 columns; "-" for a negative one, which means never. */
export function millis(ms: number): string {
  if (ms < 0) return "-";
  return ms < 99.95 ? ms.toFixed(1) : grouped(ms);
}

/** Seconds with one decimal, or with three. */
export function seconds(ms: number, decimals: 1 | 3): string {
  return (ms / 1000).toFixed(decimals);
}

/** The last n values as a line of bars, full height being `top`. */
export function sparkline(values: readonly number[], top: number, n: number, bars: string): string {
  const steps = [...bars];
  const shown = values.slice(-n).map((v) => {
    if (v <= 0 || top <= 0) return steps[0];
    return steps[Math.min(steps.length - 1, 1 + Math.floor((v / top) * (steps.length - 1.001)))];
  });
  return shown.join("").padStart(n, " ");
}
