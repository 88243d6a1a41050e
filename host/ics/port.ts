// A port: one UDP socket, bound to one of this node's addresses. An interface, so that tests can put a network of their own below.
//
// Invariant: an error of a datagram is given to the one who sent it; an error of the socket is told once and closes it.

import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Address } from "./options.js";

export interface Port {
  /** where it is bound */
  readonly local: Address;
  /** Sends; `done` is called once, when the system has taken the bytes (null) or refused them. Not before send has returned. */
  send(bytes: Buffer, to: Address, done: (error: Error | null) => void): void;
  close(): void;
}

export interface PortEvents {
  onDatagram(bytes: Buffer, from: Address): void;
  onError(error: Error): void;
}

/** Opens a port, or rejects with the system's error. */
export type OpenPort = (local: Address, events: PortEvents) => Promise<Port>;

/** What the kernel is asked to keep of what has not been read yet; it may give less. */
const RECEIVE_BYTES = 4 * 1024 * 1024;

export const openUdp: OpenPort = (local, events) =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(local.address) ? "udp6" : "udp4", ipv6Only: isIPv6(local.address) });
    let open = false;
    socket.once("error", (error) => {
      socket.close();
      if (open) events.onError(error);
      else reject(error);
    });
    socket.on("message", (bytes, from) => events.onDatagram(bytes, from));
    socket.bind({ address: local.address, port: local.port, exclusive: true }, () => {
      open = true;
      grow(() => socket.setRecvBufferSize(RECEIVE_BYTES));
      grow(() => socket.setSendBufferSize(RECEIVE_BYTES));
      resolve({
        local: { address: local.address, port: socket.address().port },
        send: (bytes, to, done) => socket.send(bytes, to.port, to.address, (error) => done(error ?? null)),
        close: () => socket.close(),
      });
    });
  });

/** The system's own size is enough to work with. */
function grow(set: () => void): void {
  try {
    set();
  } catch {}
}
