// The two ways of showing a play: redrawing a terminal, or printing line by line.
//
// Invariant: the terminal is given back as it was, whatever ends the process: close() runs at exit at the latest.

import { writeSync } from "node:fs";
import type { WriteStream } from "node:tty";
import type { DemoEvent } from "./model.js";
import { COLUMNS_MIN, ROWS_MIN, render, type View } from "./screen.js";
import type { Phase } from "./script.js";
import { seconds } from "./text.js";

export interface Show {
  step(at: number, text: string): void;
  event(e: DemoEvent): void;
  phase(at: number, index: number, phases: number, phase: Phase): void;
  /** called several times a second */
  draw(view: View): void;
  /** Gives the terminal back; what is printed afterwards stays. */
  close(): void;
}

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** Begin and end of a synchronized update: terminals that do not know it ignore it. */
const SYNC = ["\x1b[?2026h", "\x1b[?2026l"];

/** Redraws the whole terminal, on its alternate screen. */
export class ScreenShow implements Show {
  private open = true;
  private last: View | undefined;
  private readonly leave = (): void => this.close();
  private readonly resize = (): void => {
    if (this.last !== undefined) this.draw(this.last);
  };

  constructor(
    private readonly out: WriteStream & { readonly fd: number },
    private readonly colour: boolean,
    private readonly ascii: boolean,
  ) {
    out.write(ENTER);
    process.on("exit", this.leave);
    out.on("resize", this.resize);
  }

  step(): void {}
  event(): void {}
  phase(): void {}

  draw(view: View): void {
    if (!this.open) return;
    this.last = view;
    const size = { columns: this.out.columns || COLUMNS_MIN, rows: this.out.rows || ROWS_MIN, colour: this.colour, ascii: this.ascii };
    const lines = render(view, size);
    this.out.write(`${SYNC[0]}\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J${SYNC[1]}`);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    process.off("exit", this.leave);
    this.out.off("resize", this.resize);
    try {
      writeSync(this.out.fd, LEAVE); // at once: at process exit nothing that is queued would be written any more
    } catch {
      this.out.write(LEAVE); // the terminal takes nothing just now
    }
  }
}

/** One line a happening, for logs and terminals that cannot redraw. */
export class PlainShow implements Show {
  constructor(private readonly print: (line: string) => void) {}

  step(at: number, text: string): void {
    this.print(`${stamp(at)} ${text}`);
  }

  event(e: DemoEvent): void {
    this.print(`${stamp(e.at)}   ${e.text}`);
  }

  phase(at: number, index: number, phases: number, phase: Phase): void {
    this.print(`${stamp(at)} phase ${index + 1} of ${phases}: ${phase.text}`);
  }

  draw(): void {}
  close(): void {}
}

function stamp(at: number): string {
  return seconds(at, 3).padStart(9);
}
