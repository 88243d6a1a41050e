// The one interface between the loop and anything that frames come from or go to: a NIC's kernel ring, the
// group's TAP, the in-memory LAN, and middleware (trace, fault injection, capture) that wraps another device.
//
// Frames never leave the module's linear memory here: a device puts received frames into the I/O region and
// fills descriptors; to send, it is told where in the I/O region (or the control ring) a frame stands.
//
// Invariants: frames of receive() stay valid and in place until release(); frames given to send() are read
// before flush() returns; a device calls onReadable again for frames that came after receive() returned 0.

/** What a device counts by itself; the module counts everything else. */
export interface DeviceStats {
  /** frames the device lost before the module saw them (ring full, no buffer) */
  rxDropped: number;
  /** frames the device refused to send (queue full, device down) */
  txErrors: number;
}

export interface Device {
  /** interface name, for people */
  readonly name: string;
  /**
   * Fills descriptors first … first + n - 1 with up to max received frames and returns n; 0 means nothing waits.
   * Not called again before release().
   */
  receive(first: number, max: number): number;
  /**
   * How long the first frame of the last receive() has waited, in ns, to be asked before release(); 0 if that is not known.
   * Devices that have times of arrival from the kernel have it.
   */
  age?(): number;
  /** Gives the frames of the last receive() back to the device. */
  release(): void;
  /** Queues a frame of len bytes at off in linear memory; flags are the descriptor's (DESCF). */
  send(off: number, len: number, flags: number): void;
  /** Sends what was queued, in order. What the device refuses is counted, never retried: as a NIC does. */
  flush(): void;
  /** Begins to call onReadable whenever frames wait. Called once, and again after rest(). */
  start(onReadable: () => void): void;
  /** Calls onReadable no more until start() is called anew; frames wait. Devices of the kernel have it. */
  rest?(): void;
  /** Throws away what has been received: others may have read some of it. Devices of NICs have it. */
  discard?(): void;
  stats(): DeviceStats;
  /** Stops, and leaves nothing mapped or open. Safe to call twice. */
  close(): void;
}
