// `holdfast capture`: frames of the members as a pcapng stream, into a file or a pipe.
//
// Invariants: what is written can be read at any time (whole blocks); an interruption ends the capture in good order, with
// the totals in the stream; a reader that is slow loses frames in the daemon and never holds up traffic.

import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { open } from "../daemon/client.js";
import { DEFAULT_STATE_DIR, pathsOf } from "../daemon/paths.js";
import { PROTOCOL, SNAPLEN } from "../daemon/protocol.js";
import { Refusal } from "../daemon/refusal.js";
import { fileSink } from "../io/pcapng.js";
import { BlockReader } from "./capture_blocks.js";
import { type Command, EXIT, type Input, STATE, UsageError } from "./command.js";

/** Longest wait for the totals after the end was asked for. */
const END_MS = 3000;
const SECONDS_MAX = 86_400;
const COUNT_MAX = 999_999_999;

export const capture: Command = {
  name: "capture",
  summary: "write the frames of the NICs as pcapng, with the NIC of each",
  synopsis: "[-w FILE] [--group GROUP] [--nic NIC] [--snaplen BYTES] [--count N] [--seconds S] [--json] [--state DIR]",
  details:
    "Without -w to standard output: holdfast capture | wireshark -k -i -\n" +
    "Every NIC is an interface of its own; frames received are as they came, frames sent as they left, with the NIC's own\n" +
    "hardware address. Ends when interrupted. Frames that come faster than they are read are lost and counted: in the file\n" +
    "(before the next frame, and in the totals at the end), and on standard error. Traffic is never held up.",
  options: [
    { name: "write", short: "w", value: "FILE", doc: "the file; - is standard output, the default unless that is a terminal" },
    { name: "group", value: "GROUP", doc: "only NICs of this group" },
    { name: "nic", value: "NIC", doc: "only this NIC" },
    { name: "snaplen", value: "BYTES", doc: `keep so many bytes of each frame, ${SNAPLEN.min} to ${SNAPLEN.max}; default all` },
    { name: "count", value: "N", doc: "end after N frames" },
    { name: "seconds", value: "S", doc: `end after S seconds, 1 to ${SECONDS_MAX}` },
    { name: "json", doc: "the totals, on standard error, and refusals as JSON" },
    STATE,
  ],
  operands: [],
  async run(input) {
    const wanted = request(input);
    const count = input.number("count", 1, COUNT_MAX, COUNT_MAX);
    const seconds = input.number("seconds", 1, SECONDS_MAX, 0);
    const file = input.value("write", "-");
    if (file === "-" && process.stdout.isTTY)
      throw new UsageError("standard output is a terminal; needed: -w FILE, or a pipe, as in: holdfast capture | wireshark -k -i -");
    const { socket: path } = pathsOf(input.value("state", DEFAULT_STATE_DIR));
    const socket = await open(path);
    const reader = new BlockReader(await sinkOf(socket, wanted, file), input.has("count") ? count : undefined);
    await stream(socket, reader, seconds);
    const { frames, lost } = reader.totals;
    process.stderr.write(
      input.has("json")
        ? `${JSON.stringify({ file, frames, lost })}\n`
        : `holdfast: ${frames} frame${frames === 1 ? "" : "s"} captured, ${lost} lost${file === "-" ? "" : `; ${file}`}\n`,
    );
    return EXIT.OK;
  },
};

function request(input: Input): Record<string, unknown> {
  const wanted: Record<string, unknown> = { snaplen: input.number("snaplen", SNAPLEN.min, SNAPLEN.max, SNAPLEN.max) };
  for (const key of ["group", "nic"]) if (input.has(key)) wanted[key] = input.value(key, "");
  return wanted;
}

/** Asks for the stream, and makes the file only when it is granted. Gives what takes the blocks. */
async function sinkOf(socket: Socket, wanted: Record<string, unknown>, file: string): Promise<(blocks: Buffer) => void> {
  socket.write(`${JSON.stringify({ v: PROTOCOL, id: 1, cmd: "capture", ...wanted })}\n`);
  await granted(socket);
  if (file === "-")
    return (blocks) => {
      if (process.stdout.write(blocks)) return;
      // whoever reads us is slow: so are we, and the daemon loses frames instead of keeping them
      socket.pause();
      process.stdout.once("drain", () => socket.resume());
    };
  let fd: number;
  try {
    fd = openSync(file, "w", 0o600);
  } catch (e) {
    socket.destroy();
    throw new Refusal((e as NodeJS.ErrnoException).code ?? "EIO", `${file}: cannot be written: ${(e as Error).message}`);
  }
  socket.once("close", () => closeSync(fd));
  return fileSink(fd);
}

/** Reads the reply, a line; what follows it stays in the socket. */
async function granted(socket: Socket): Promise<void> {
  let head = Buffer.alloc(0);
  for (;;) {
    const piece = socket.read() as Buffer | null;
    if (piece === null) {
      if (socket.readableEnded || socket.destroyed) throw new Refusal("ECONNRESET", "the daemon closed the connection before it answered");
      await Promise.race([once(socket, "readable"), once(socket, "end"), once(socket, "close")]);
      continue;
    }
    head = Buffer.concat([head, piece]);
    const end = head.indexOf(10);
    if (end < 0) continue;
    const reply = JSON.parse(head.toString("utf8", 0, end)) as { ok?: boolean; error?: { code: string; message: string } };
    if (!reply.ok) {
      socket.destroy();
      throw new Refusal(reply.error?.code ?? "EIO", reply.error?.message ?? "refused");
    }
    if (end + 1 < head.length) socket.unshift(head.subarray(end + 1));
    return;
  }
}

/** Passes blocks on until the daemon ends the stream, or we ask it to. */
async function stream(socket: Socket, reader: BlockReader, seconds: number): Promise<void> {
  let asked = false;
  const stop = (): void => {
    if (asked) return;
    asked = true;
    socket.write("\n");
    setTimeout(() => socket.destroy(), END_MS).unref();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  const timer = seconds > 0 ? setTimeout(stop, seconds * 1000) : undefined;
  await new Promise<void>((resolve, reject) => {
    socket.on("data", (piece: Buffer) => {
      try {
        reader.push(piece);
      } catch (e) {
        socket.destroy();
        reject(e);
        return;
      }
      if (reader.full) stop();
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => resolve());
    socket.resume();
  });
  clearTimeout(timer);
  if (!asked) process.stderr.write("holdfast: the daemon has stopped\n");
}
