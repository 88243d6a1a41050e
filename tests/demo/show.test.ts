// The terminal is taken, drawn on and given back; or lines are printed.

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { WriteStream } from "node:tty";
import { phases } from "../../host/demo/script.js";
import { PlainShow, ScreenShow } from "../../host/demo/show.js";
import { sampleView } from "./sample.js";

/** A terminal of which only the size is true: what is written goes to a list, what is written at once to a file. */
class FakeTerminal extends EventEmitter {
  columns = 80;
  rows = 24;
  readonly written: string[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "hf-show-"));
  private readonly path = join(this.folder, "terminal");
  readonly fd = openSync(this.path, "w");

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  /** What was written past the stream. */
  atOnce(): string {
    return readFileSync(this.path, "utf8");
  }

  remove(): void {
    closeSync(this.fd);
    rmSync(this.folder, { recursive: true });
  }
}

function withTerminal(use: (terminal: FakeTerminal, show: ScreenShow) => void): void {
  const terminal = new FakeTerminal();
  const listening = process.listenerCount("exit");
  const show = new ScreenShow(terminal as unknown as WriteStream & { fd: number }, false, false);
  try {
    use(terminal, show);
  } finally {
    show.close();
    terminal.remove();
  }
  assert.equal(process.listenerCount("exit"), listening);
  assert.equal(terminal.listenerCount("resize"), 0);
}

test("show: the terminal is taken at the start and given back at once, and once only", () => {
  withTerminal((terminal, show) => {
    assert.equal(terminal.written.join(""), "\x1b[?1049h\x1b[?25l\x1b[2J");
    show.close();
    show.close();
    assert.equal(terminal.atOnce(), "\x1b[?25h\x1b[?1049l");
  });
});

test("show: after it is given back nothing more is drawn", () => {
  withTerminal((terminal, show) => {
    show.close();
    const before = terminal.written.length;
    show.draw(sampleView());
    terminal.emit("resize");
    assert.equal(terminal.written.length, before);
  });
});

test("show: a draw is one write that begins at home and clears what it does not fill", () => {
  withTerminal((terminal, show) => {
    show.draw(sampleView());
    const text = terminal.written.at(-1) ?? "";
    assert.ok(text.startsWith("\x1b[?2026h\x1b[H Holdfast"));
    assert.ok(text.endsWith("\x1b[K\x1b[J\x1b[?2026l"));
    assert.ok(text.split("\r\n").length <= 24);
  });
});

test("show: a resize draws the last picture anew, in the new size", () => {
  withTerminal((terminal, show) => {
    terminal.emit("resize"); // nothing to draw yet
    assert.equal(terminal.written.length, 1);
    show.draw(sampleView());
    terminal.columns = 60;
    terminal.emit("resize");
    assert.equal(terminal.written.length, 3);
    assert.match(terminal.written[2], /this terminal has 60x24/);
  });
});

test("show: without one, every happening is a line", () => {
  const lines: string[] = [];
  const show = new PlainShow((line) => lines.push(line));
  show.step(1.5, "building");
  show.phase(2000, 1, 5, phases(["eth1", "eth2"])[1]);
  show.event({ at: 2001, text: "eth1: carrier down", tone: "bad" });
  assert.deepEqual(lines, [
    "    0.002 building",
    "    2.000 phase 2 of 5: link of eth1 cut: its traffic and addresses move",
    "    2.001   eth1: carrier down",
  ]);
});
