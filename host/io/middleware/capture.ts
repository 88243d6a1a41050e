// Middleware: a device that records every frame in a capture (pcapng), and is otherwise the device it wraps.
// Frames received are recorded as they came, frames sent as they leave: after the module's rewriting.
//
// Several devices share one writer; each is an interface of its own in the file.

import type { Ipmp } from "../../core/ipmp.js";
import type { Device } from "../device.js";
import type { PcapngWriter } from "../pcapng.js";
import { WatchDevice } from "./watch.js";

/** ns since 1970. */
export function wallClock(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

export class CaptureDevice extends WatchDevice {
  constructor(ipmp: Ipmp, inner: Device, writer: PcapngWriter, clock: () => bigint = wallClock) {
    const iface = writer.addInterface(inner.name);
    super(ipmp, inner, (off, len, direction) => writer.packet(iface, clock(), ipmp.u8.subarray(off, off + len), direction));
  }
}
