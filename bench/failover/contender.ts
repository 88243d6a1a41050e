// Who is measured: something that has one address on a switch and lets it live through the loss of a link.
// Each contender has its own lab, so that several can stand side by side and be measured in turn.
//
// Invariant: the places at which a link can be cut or silenced are outside the contender, and those of any contender alike: a
// port's carrier is taken by taking its far end down, and a silent port is one that its bridge does not use.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { dropFolder, takeFolder } from "../folder.js";
import { sleep } from "../tools.js";

export const HOST = "10.71.0.1";
export const PEER = "10.71.0.2";
export const PREFIX = 24;

/** Where the links of a contender can be broken. */
export interface Joint {
  ns: Netns;
  /** a port a link, towards the contender */
  ports: readonly string[];
}

export abstract class Contender {
  readonly lab: Lab;
  /** where its links can be broken */
  abstract readonly joint: Joint;
  /** who may have the address */
  abstract readonly hosts: readonly Netns[];
  abstract readonly peer: Netns;
  /** after a repair it needs so long until it would survive another loss, milliseconds */
  abstract readonly recoveryMs: number;
  /** it also sends from the address while the address moves */
  readonly sends: boolean = true;
  /** files of this contender's programs */
  protected readonly folder: string;
  private closed = false;

  protected constructor(
    readonly name: string,
    prefix: string,
  ) {
    this.lab = new Lab(prefix);
    this.folder = takeFolder(prefix);
  }

  close(): void {
    this.closed = true;
    this.lab.close();
    dropFolder(this.folder);
  }

  /** Waits until something holds, for as long as the contender is not closed. */
  protected async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline && !this.closed) {
      if (holds()) return;
      await sleep(50);
    }
    throw new Error(`${this.name}: not within 60 s: ${what}`);
  }

  /** Waits until a device of a namespace has the address. */
  protected async addressed(ns: Netns, device: string): Promise<void> {
    const shown = (): string => ns.exec(["ip", "-4", "-o", "addr", "show", "dev", device], { allowFailure: true }).stdout;
    await this.until(`${device} has its address`, () => shown().includes(`${HOST}/`));
  }

  /** Waits until the peer gets answers from the address. */
  protected async answered(): Promise<void> {
    const ping = ["ping", "-n", "-c", "1", "-W", "0.2", HOST];
    await this.until("the peer is answered", () => this.peer.exec(ping, { allowFailure: true }).status === 0);
  }
}

/** Starts a contender, or closes what there is of it. */
export async function started<T extends Contender>(contender: T, run: (it: T) => Promise<void>): Promise<T> {
  try {
    await run(contender);
    return contender;
  } catch (e) {
    contender.close();
    throw e;
  }
}

/** All programs are installed. */
export function installed(...programs: readonly string[]): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return Lab.unavailable() === undefined && programs.every((p) => folders.some((f) => f !== "" && existsSync(join(f, p))));
}
