// The two forms in which `ipmpstat` writes a row: columns for people, and a line for programs (-P). Pure.
//
// Invariants: a column's width includes the space behind it; a value that is too wide pushes what follows only as far as
// the room of the next columns does not take it up; nothing for people is empty ("--"); what a program reads can be taken
// apart again without loss, whatever the values hold.

/** Columns a screen has; what does not fit is not shown unless it is asked for. */
export const SCREEN_COLUMNS = 80;

export const EMPTY = "--";
export const UNKNOWN = "?";

export interface Column {
  name: string;
  width: number;
}

/** The columns, from the first on, that fit on the screen together. */
export function fitting<C extends Column>(columns: readonly C[]): C[] {
  let sum = 0;
  return columns.filter((c) => {
    sum += c.width;
    return sum <= SCREEN_COLUMNS;
  });
}

/** One line of columns; the last is not padded. */
function aligned(columns: readonly Column[], cells: readonly string[]): string {
  let line = "";
  let ahead = 0;
  cells.forEach((cell, i) => {
    const { width } = columns[i];
    const room = Math.max(cell.length + 1, width - ahead);
    ahead += room - width;
    line += i === cells.length - 1 ? cell : cell.padEnd(room);
  });
  return `${line}\n`;
}

export const header = (columns: readonly Column[]): string =>
  aligned(
    columns,
    columns.map((c) => c.name),
  );

export const humanRow = (columns: readonly Column[], cells: readonly string[]): string =>
  aligned(
    columns,
    cells.map((c) => (c === "" ? EMPTY : c)),
  );

/** ":" between the values; ":" and "\" in them are escaped, but for a value that stands alone. */
export function parsableRow(cells: readonly string[]): string {
  const escaped = cells.length === 1 ? cells : cells.map((c) => c.replace(/[:\\]/g, "\\$&"));
  return `${escaped.join(":")}\n`;
}
