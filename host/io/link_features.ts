// What a NIC's driver says about itself that XDP depends on.
//
// Invariant: asking never fails; a driver that does not answer has one queue and leaves VLAN tags where they are.

import { libc, Native } from "./ffi.js";
import { AF_INET, ETH_FLAG_RXVLAN, ETHTOOL, IFREQ, O_CLOEXEC, SIOCETHTOOL, SOCK_DGRAM } from "./linux.js";

/** linux/ethtool.h ETHTOOL_GCHANNELS; struct ethtool_channels: cmd, then most of rx, tx, other, combined, then as many now */
const GCHANNELS = { command: 0x3c, SIZE: 36, rx: 20, combined: 32 } as const;

/** The driver's answer to an ethtool command, or null. */
function ask(name: string, command: number, bytes: number): DataView | null {
  const c = libc();
  const fd = c.socket(AF_INET, SOCK_DGRAM | O_CLOEXEC, 0);
  if (fd < 0) return null;
  const request = new Native(IFREQ.SIZE + 8 + bytes);
  const data = IFREQ.SIZE + 8;
  request.setString(0, name);
  request.setWord(IFREQ.data, request.address + data);
  request.dv.setUint32(data, command, true);
  const done = c.ioctl(fd, SIOCETHTOOL, request.address);
  c.close(fd);
  return done === 0 ? new DataView(request.dv.buffer, data, bytes) : null;
}

/** Receive queues of a NIC. */
export function channelsOf(name: string): number {
  const answer = ask(name, GCHANNELS.command, GCHANNELS.SIZE);
  return answer === null ? 1 : Math.max(1, answer.getUint32(GCHANNELS.rx, true) + answer.getUint32(GCHANNELS.combined, true));
}

/** Whether it takes VLAN tags out of the frames it receives. */
export function stripsTags(name: string): boolean {
  const answer = ask(name, ETHTOOL.GFLAGS, 8);
  return answer !== null && (answer.getUint32(4, true) & ETH_FLAG_RXVLAN) !== 0;
}
