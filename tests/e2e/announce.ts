// Announcements of data addresses among captured frames: gratuitous ARP and unsolicited neighbour advertisements.

import type { Frame } from "../../host/lab/capture.js";
import { decode, ND_ADVERTISE } from "../../host/lab/decode.js";

/** Stands for an advertisement without the option that gives the hardware address. */
const NOT_GIVEN = "";

export interface Announcement {
  /** NIC it left by */
  nic: string;
  at: bigint;
  address: string;
  /** Ethernet source */
  frameSource: string;
  /** hardware address it gives for the address */
  claimed: string;
}

/** Announcements among the frames that left one NIC; of one address, or of all. */
export function announcementsOf(nic: string, frames: readonly Frame[], address?: string): Announcement[] {
  const out: Announcement[] = [];
  for (const frame of frames) {
    const d = decode(frame.bytes);
    let found: { address: string; claimed: string } | undefined;
    if (d.arp && d.dst === "ff:ff:ff:ff:ff:ff" && d.arp.senderIp === d.arp.targetIp)
      found = { address: d.arp.senderIp, claimed: d.arp.senderMac };
    if (d.nd?.type === ND_ADVERTISE && !d.nd.solicited && d.ip?.dst === "ff02::1")
      found = { address: d.nd.target, claimed: d.nd.mac ?? NOT_GIVEN };
    if (found && (address === undefined || found.address === address))
      out.push({ nic, at: frame.at, address: found.address, frameSource: d.src, claimed: found.claimed });
  }
  return out;
}
