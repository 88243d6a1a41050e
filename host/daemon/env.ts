// What the parts of one life of the module share: the module itself, its loop, the kernel, the ledger, the log.

import type { Ipmp } from "../core/index.js";
import type { Device } from "../io/device.js";
import type { Loop } from "../loop.js";
import type { Names } from "./events.js";
import type { Kernel, Nic } from "./kernel.js";
import type { Ledger } from "./ledger.js";
import type { Log } from "./log.js";

/** The group interface's device: its carrier can be switched. */
export interface Carrier extends Device {
  setCarrier(on: boolean): void;
}

/** Names of handles; kept after the thing is gone, because events about it come later. */
export interface NameBook extends Names {
  nameGroup(grp: number, name: string): void;
  nameNic(phyint: number, name: string): void;
}

export interface Env {
  ipmp: Ipmp;
  loop: Loop;
  kernel: Kernel;
  ledger: Ledger;
  log: Log;
  names: NameBook;
  openTap(name: string): Promise<Carrier>;
  openNic(phyint: number, nic: Nic): Promise<Device>;
  /** hardware address → name of all members but one */
  memberMacs(except: string): ReadonlyMap<string, string>;
}
