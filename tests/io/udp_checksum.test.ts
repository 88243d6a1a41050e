// Whether a checksum is still to be computed, by itself: against frames made by the rule and against ones that only look so.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { unfinishedAt, writeUnfinished } from "../../host/io/udp_checksum.js";

const OFF = 64;

/** One's complement sum of 16-bit words. */
function sum(bytes: Uint8Array, start = 0): number {
  let s = start;
  for (let i = 0; i < bytes.length; i += 2) s += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return s;
}

interface Made {
  memory: Buffer;
  udp: number;
  pseudo: number;
  full: number;
}

function frame(v6: boolean, addresses: Uint8Array, payload: Uint8Array): Made {
  const udp = v6 ? 54 : 34;
  const memory = Buffer.alloc(OFF + udp + 8 + payload.length);
  const at = (n: number): number => OFF + n;
  memory.writeUInt16BE(v6 ? 0x86dd : 0x0800, at(12));
  memory[at(v6 ? 14 : 14)] = v6 ? 0x60 : 0x45;
  memory[at(v6 ? 20 : 23)] = 17;
  memory.set(addresses, at(v6 ? 22 : 26));
  memory.writeUInt16BE(5000, at(udp));
  memory.writeUInt16BE(53, at(udp + 2));
  memory.writeUInt16BE(8 + payload.length, at(udp + 4));
  memory.set(payload, at(udp + 8));
  const pseudo = sum(addresses, 17 + 8 + payload.length);
  const full = 0xffff - sum(memory.subarray(at(udp)), pseudo) || 0xffff;
  return { memory, udp, pseudo, full };
}

const look = ({ memory, udp }: Made, field: number): number => {
  memory.writeUInt16BE(field, OFF + udp + 6);
  const aligned = new Uint8Array(memory.length + (memory.length & 1));
  aligned.set(memory);
  return unfinishedAt(new Uint16Array(aligned.buffer), OFF);
};

describe("checksums left to the NIC", () => {
  it("are known by the pseudo header's sum, whatever the addresses, the length and the family", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 64 }),
        (v6, addresses, payload) => {
          const made = frame(v6, addresses.subarray(0, v6 ? 32 : 8), payload);
          assert.equal(look(made, made.pseudo), made.udp);
          assert.equal(look(made, 0), 0, "none at all");
          if (made.full !== made.pseudo) assert.equal(look(made, made.full), 0, "a whole one");
          assert.equal(look(made, (made.pseudo + 1) & 0xffff), 0);
        },
      ),
    );
  });

  it("are described before the frame, and nothing else is touched", () => {
    const u8 = new Uint8Array(128).fill(0xee);
    writeUnfinished(u8, OFF, 54);
    assert.equal(Buffer.from(u8.subarray(OFF - 12, OFF + 2)).toString("hex"), "eeee010000000000360006 00eeee".replace(" ", ""));
  });
});
