// The log of what an engine does: each line is also an event for who follows events.

import type { EventRecord } from "./events.js";
import { type Fields, type Level, Log } from "./log.js";

export class Herald extends Log {
  readonly #tell: (record: EventRecord) => void;

  constructor(tell: (record: EventRecord) => void) {
    super(() => undefined);
    this.#tell = tell;
  }

  override line(level: Level, event: string, text: string, fields: Fields = {}): void {
    this.#tell({ time: new Date().toISOString(), seq: 0, event, level, text, ...fields });
  }
}
