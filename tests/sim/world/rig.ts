// What worlds use one after the other: instances of the module, disks, buffers, the queue.
//
// Making an instance costs more than a short schedule; clms_init makes a used one as new.
//
// Invariant: one world uses a rig at a time, and gives everything back (dispose) before the next.

import { Clms } from "../../../host/core/clms.js";
import type { DiskParams, Random } from "../types.js";
import { Disk } from "./disk.js";
import { Packets } from "./packet.js";
import { Queue } from "./queue.js";

export class Rig {
  readonly queue = new Queue();
  readonly #instances: Clms[] = [];
  readonly #disks: Disk[] = [];

  constructor(
    readonly module: WebAssembly.Module,
    readonly packets = new Packets(),
  ) {}

  /** The instance of the node at an index; its boot resets it. */
  instance(index: number): Clms {
    this.#instances[index] ??= new Clms(this.module);
    return this.#instances[index];
  }

  /** A new one in its place, after a trap. */
  anew(index: number): Clms {
    this.#instances[index] = new Clms(this.module);
    return this.#instances[index];
  }

  /** An empty disk. */
  disk(index: number, params: DiskParams, random: Random): Disk {
    this.#disks[index] ??= new Disk(params, this.packets, random);
    this.#disks[index].reuse(index, params, random);
    return this.#disks[index];
  }
}
