// The few words of roff (man macros) that the manual needs. Pure.
//
// Invariant: whatever the text, it comes out as text: backslashes, dashes and dots at the beginning of a line mean nothing.

/** Text in the running: what roff would take for its own is escaped. */
export const text = (s: string): string =>
  s
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replace(/^([.'])/gm, "\\&$1");

/** An argument of a macro. */
const quoted = (s: string): string => `"${text(s).replaceAll('"', "\\(dq")}"`;

export const title = (name: string, section: number): string =>
  `.\\" made by scripts/manual.mjs\n.TH ${quoted(name.toUpperCase())} ${section} "" "Holdfast" "Holdfast"\n`;
export const heading = (s: string): string => `.SH ${quoted(s.toUpperCase())}\n`;
export const subheading = (s: string): string => `.SS ${quoted(s)}\n`;
export const paragraph = (s: string): string => `.PP\n${text(s)}\n`;
/** Something, and what it means. */
export const item = (head: string, meaning: string): string => `.TP\n.B ${quoted(head)}\n${text(meaning)}\n`;
/** Lines that stay as they are. */
export const verbatim = (lines: string): string => `.PP\n.nf\n.RS\n${text(lines)}\n.RE\n.fi\n`;
/** "name - what it is", as whatis(1) reads it. */
export const nameLine = (name: string, what: string): string => `${heading("Name")}${text(name)} \\- ${text(what)}\n`;

/** Ends with one line end, and has no empty line, which roff would show. */
export const page = (...parts: readonly string[]): string =>
  `${parts
    .join("")
    .replace(/\n{2,}/g, "\n")
    .trimEnd()}\n`;
