// The same algorithm in C, as a process that is given the module's own records and frames and asked for rounds.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { build, Conversation, fields } from "../native.js";

export class Twin {
  private readonly tool: Conversation;

  private constructor(file: string) {
    this.tool = new Conversation(spawn(build("core"), [file]) as ChildProcessWithoutNullStreams, "core");
  }

  /** @param file has the module's image */
  static async open(file: string): Promise<Twin> {
    const twin = new Twin(file);
    await twin.tool.line();
    return twin;
  }

  /** Passes from the state it is in; the hash of the result, as ModuleSubject.hash. */
  async passes(n: number, counters: boolean): Promise<string> {
    return this.tool.ask(`passes ${n} ${counters ? 1 : 0}`);
  }

  /** Nanoseconds a frame, over about ms milliseconds; "putback" is what the receive op does besides receiving. */
  async time(what: "run" | "putback", ms: number): Promise<number> {
    const { frames, ns } = fields(await this.tool.ask(`${what} ${ms}`));
    return ns / frames;
  }

  close(): Promise<void> {
    return this.tool.close();
  }
}
