// The same merge in C, as a process that is given the module's own fold and the same reports.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { build, Conversation, fields } from "../native.js";

export class MergeTwin {
  private readonly tool: Conversation;

  private constructor(file: string) {
    this.tool = new Conversation(spawn(build("merge"), [file]) as ChildProcessWithoutNullStreams, "merge");
  }

  /** @param file has the module's image */
  static async open(file: string): Promise<MergeTwin> {
    const twin = new MergeTwin(file);
    await twin.tool.line();
    return twin;
  }

  /** Merges once; the hash of the result, as MergeSubject.hash. */
  async hash(): Promise<string> {
    return this.tool.ask("hash");
  }

  /** Seconds a merge, over about ms milliseconds. */
  async time(ms: number): Promise<number> {
    const { merges, ns } = fields(await this.tool.ask(`run ${ms}`));
    return ns / merges / 1e9;
  }

  close(): Promise<void> {
    return this.tool.close();
  }
}
