// The control socket's client side, for the commands.

import { connect, type Socket } from "node:net";
import { PROTOCOL } from "./protocol.js";
import { Refusal } from "./refusal.js";

/** Longest wait for a reply: the kernel takes some 20 ms to open or close each NIC, and there may be 2,048. */
const REPLY_MS = 180_000;

interface Reply {
  v: number;
  id: number | null;
  ok?: boolean;
  result?: unknown;
  error?: { code: string; message: string };
  event?: unknown;
}

/** Connects to a daemon. Throws Refusal if nobody answers. */
export function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once("error", (e: NodeJS.ErrnoException) => {
      if (e.code === "ENOENT" || e.code === "ECONNREFUSED")
        reject(new Refusal("ENOTCONN", `the daemon is not running: nobody answers at ${path}; start it with "holdfast up -c FILE"`));
      else if (e.code === "EACCES") reject(new Refusal("EACCES", `${path}: permission denied; needed: root`));
      else reject(new Refusal(e.code ?? "EIO", `${path}: ${e.message}`));
    });
  });
}

/** Calls back with every reply line until the socket closes. */
function lines(socket: Socket, take: (reply: Reply) => void): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    const parts = text.split("\n");
    text = parts.pop() ?? "";
    for (const line of parts) if (line !== "") take(JSON.parse(line) as Reply);
  });
}

/** Sends one request and gives its result. Throws Refusal with the daemon's own words. */
export async function request(path: string, cmd: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const socket = await open(path);
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Refusal("ETIMEDOUT", `no answer from the daemon within ${REPLY_MS / 1000} s`)), REPLY_MS);
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        done();
      };
      lines(socket, (reply) => {
        if (reply.ok) settle(() => resolve(reply.result));
        else if (reply.error) settle(() => reject(new Refusal(reply.error?.code ?? "EIO", reply.error?.message ?? "refused")));
      });
      socket.once("close", () => settle(() => reject(new Refusal("ECONNRESET", "the daemon closed the connection before it answered"))));
      socket.on("error", () => socket.destroy());
      socket.write(`${JSON.stringify({ v: PROTOCOL, id: 1, cmd, ...args })}\n`);
    });
  } finally {
    socket.removeAllListeners("close");
    socket.destroy();
  }
}

/** What may be followed. */
export type Subscription = { cmd: "events"; last?: number } | { cmd: "probes" };

/** Subscribes to events, or to probes; resolves when the daemon closes the stream. */
export async function follow(
  path: string,
  onEvent: (event: unknown) => void,
  subscription: Subscription = { cmd: "events" },
): Promise<void> {
  const socket = await open(path);
  await new Promise<void>((resolve, reject) => {
    lines(socket, (reply) => {
      if (reply.event !== undefined) onEvent(reply.event);
      else if (reply.error) reject(new Refusal(reply.error.code, reply.error.message));
    });
    socket.once("close", () => resolve());
    socket.on("error", () => socket.destroy());
    socket.write(`${JSON.stringify({ v: PROTOCOL, id: 1, ...subscription })}\n`);
  });
}
