// What the daemon asks of the kernel about links and addresses, and what the kernel tells it.

/** A link, as far as the daemon is concerned. */
export interface Nic {
  name: string;
  ifindex: number;
  mac: string;
  mtu: number;
  /** administratively up */
  up: boolean;
  /** up and with carrier */
  running: boolean;
  loopback: boolean;
  ethernet: boolean;
  multicast: boolean;
  noarp: boolean;
  pointToPoint: boolean;
  /** the bridge, bond, … it belongs to */
  master: string | null;
}

export interface Address {
  ifindex: number;
  addr: string;
  prefix: number;
  /** FAMILY */
  family: number;
  /** duplicate detection is under way */
  tentative: boolean;
  dadFailed: boolean;
}

export interface Kernel {
  nic(name: string): Nic | null;
  names(): string[];
  addresses(ifindex: number): Address[];
  setUp(ifindex: number, up: boolean): void;
  setMtu(ifindex: number, mtu: number): void;
  addAddress(ifindex: number, addr: string, prefix: number): void;
  delAddress(ifindex: number, addr: string, prefix: number): void;
  delLink(ifindex: number): void;
  close(): void;
}
