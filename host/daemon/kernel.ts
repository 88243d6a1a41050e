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

/** Reads are at once and of this moment; changes are done when their promise is. */
export interface Kernel {
  nic(name: string): Nic | null;
  names(): string[];
  addresses(ifindex: number): Address[];
  setUp(ifindex: number, up: boolean): Promise<void>;
  setMtu(ifindex: number, mtu: number): Promise<void>;
  setMac(ifindex: number, mac: string): Promise<void>;
  addAddress(ifindex: number, addr: string, prefix: number): Promise<void>;
  delAddress(ifindex: number, addr: string, prefix: number): Promise<void>;
  delLink(ifindex: number): Promise<void>;
  close(): void;
}

/** What the kernel tells by itself. */
export interface KernelListener {
  /** a link is new or something about it changed */
  link(nic: Nic): void;
  linkGone(ifindex: number, name: string): void;
  address(address: Address): void;
  addressGone(address: Address): void;
  /** messages were lost: everything must be read again */
  overrun(): void;
}
