// What the parts of one life of the module share: the module itself, its loop, the kernel's links, the ledger, the log.

import type { Io } from "../config/settings.js";
import type { Ipmp } from "../core/index.js";
import type { Device } from "../io/device.js";
import type { RingHeirloom } from "../io/ring_heirloom.js";
import type { Loop } from "../loop.js";
import type { Link, Rtnetlink } from "../net/rtnetlink.js";
import type { Ledger } from "./ledger.js";
import type { Log } from "./log.js";

/** The group interface's device: its carrier can be switched. */
export interface Carrier extends Device {
  setCarrier(on: boolean): void;
  /** for a process that takes over */
  readonly fd: number;
}

/** A NIC's device: what its ring has room for. */
export interface NicDevice extends Device {
  readonly superframes: boolean;
  readonly mtuMax: number;
  /** for a process that takes over; null when there is nothing to hand on */
  heirloom(): RingHeirloom | null;
  /** queues that XDP is in use on, and why on none; undefined: it was not asked for */
  readonly queues?: number;
  readonly why?: string | null;
}

export interface Env {
  ipmp: Ipmp;
  loop: Loop;
  net: Rtnetlink;
  ledger: Ledger;
  log: Log;
  openTap(name: string): Carrier;
  openNic(nic: Link, io: Io): NicDevice;
  /** gives an open NIC XDP, or takes it away; the loop must not have the device meanwhile */
  turnNic(device: NicDevice, nic: Link, io: Io): NicDevice;
  /** what the module has of members that it knows is what they are to have: a running daemon has handed over */
  inherits: boolean;
  /** acts on a link, by name or number, as it is now */
  recheck(which: string | number): void;
  /** somebody wants to see every probe */
  probesWanted(): boolean;
  /** hardware address → name of all members but one */
  memberMacs(except: string): ReadonlyMap<string, string>;
}
