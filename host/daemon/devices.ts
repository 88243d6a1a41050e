// The devices of a group: its TAP, which outlives the process, and a NIC's sockets.

import type { Config } from "../config/config.js";
import { IOS, type Io } from "../config/settings.js";
import type { Ipmp } from "../core/index.js";
import { AfPacket, type AfPacketOptions } from "../io/af_packet.js";
import { AfXdp } from "../io/af_xdp.js";
import { Arena } from "../io/arena.js";
import type { RingHeirloom } from "../io/ring_heirloom.js";
import { Tap } from "../io/tap.js";
import type { Link } from "../net/rtnetlink.js";
import type { Carrier, NicDevice } from "./env.js";

/** What a process that this one takes over from has open. */
export interface Heirlooms {
  /** group interface → descriptor */
  readonly taps: ReadonlyMap<string, number>;
  /** number of a NIC → its ring; one that is gone on with is taken out */
  readonly rings: Map<number, RingHeirloom>;
}

/** Opens a group's TAP, or goes on with the one that a former process has open. */
export function openTap(ipmp: Ipmp, name: string, config: Config, heirlooms?: Heirlooms): Carrier {
  const options = { persist: true, groups: config.groups.length };
  const fd = heirlooms?.taps.get(name);
  return fd === undefined ? Tap.open(Arena.of(ipmp), name, options) : Tap.adopt(Arena.of(ipmp), name, fd, options);
}

/**
 * Opens a NIC, or goes on with the ring that a former process has open; `doubt` is called when its socket says that it
 * went down or away.
 */
export function openNic(
  ipmp: Ipmp,
  nic: Link,
  io: Io,
  config: Config,
  doubt: (ifindex: number) => void,
  rings?: Heirlooms["rings"],
): NicDevice {
  const arena = Arena.of(ipmp);
  const options = optionsOf(nic, config, doubt);
  const ring = rings?.get(nic.ifindex);
  const adopted = ring === undefined ? null : AfPacket.adopt(arena, nic.name, ring, options);
  if (adopted !== null) rings?.delete(nic.ifindex);
  if (!IOS[io]) return adopted ?? AfPacket.open(arena, nic.name, options);
  return adopted === null ? AfXdp.open(arena, nic.name, options) : AfXdp.over(arena, adopted, options);
}

/** Puts XDP on a NIC that is open, or takes it off, without closing its packet socket; the loop has to be given what it returns. */
export function turnNic(ipmp: Ipmp, device: NicDevice, nic: Link, io: Io, config: Config, doubt: (ifindex: number) => void): NicDevice {
  if (IOS[io] && device instanceof AfPacket) return AfXdp.over(Arena.of(ipmp), device, optionsOf(nic, config, doubt));
  return !IOS[io] && device instanceof AfXdp ? device.shed() : device;
}

function optionsOf(nic: Link, config: Config, doubt: (ifindex: number) => void): AfPacketOptions {
  // the socket notices while the loop is sending: the module must not be called before that is done
  const later = (): void => void setImmediate(doubt, nic.ifindex);
  const members = config.groups.reduce((n, g) => n + g.members.length, 0);
  const groups = config.groups.length;
  return { ifindex: nic.ifindex, mtu: nic.mtu, members, groups, onDown: later, onGone: later };
}
