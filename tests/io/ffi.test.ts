// The C library from Node: errors carry their names, addresses are exact, callbacks that throw are heard.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { addressOf, check, errnoName, libc, Native, OsError } from "../../host/io/ffi.js";
import * as L from "../../host/io/linux.js";

const linux = process.platform === "linux";
if (!linux && process.env.CI) throw new Error("tests of the C library must run on Linux");
if (!linux) console.log("skipped: C library: needs Linux");

describe("C library", { skip: linux ? false : "needs Linux" }, () => {
  it("names errors as Linux does", () => {
    for (const [name, number] of Object.entries(L.ERR)) assert.equal(errnoName(number), name);
    assert.equal(errnoName(4711), "errno 4711");
  });

  it("throws what failed, with its reason", () => {
    const call = (): number => check(libc().open("/no/such/file", 0, 0), "open the file", { ENOENT: "there is none" });
    assert.throws(
      call,
      (e: unknown) => e instanceof OsError && e.code === "ENOENT" && e.message === "open the file: there is none (ENOENT)",
    );
    assert.equal(check(7, "anything"), 7);
  });

  it("gives memory whose address holds, and writes exact words", () => {
    const native = new Native(100);
    assert.equal(native.address, addressOf(native.u8.buffer));
    native.setWord(8, 0x7fff_1234_5678);
    assert.equal(native.dv.getBigUint64(8, true), 0x7fff_1234_5678n);
    native.setString(16, "eth0");
    assert.equal(Buffer.from(native.u8.subarray(16, 21)).toString("latin1"), "eth0\0");
    assert.ok(native.u8.length >= 100 && native.u8.length % 8 === 0);
  });

  it("makes an exception in a watcher an uncaught one, at once, and watching goes on", () => {
    const ffi = new URL("../../host/io/ffi.js", import.meta.url).href;
    const script = `
      import { libc, Native, Poll } from ${JSON.stringify(ffi)};
      const buffer = new Native(64);
      const fd = libc().socket(2, 2, 0);
      const address = new Native(64);
      address.dv.setUint16(0, 2, true);
      address.dv.setUint32(4, 0x0100007f, true);
      libc().bind(fd, address.address, 16);
      address.dv.setUint32(32, 16, true);
      libc().getsockname(fd, address.address, address.address + 32);
      const { createSocket } = await import("node:dgram");
      const sender = createSocket("udp4");
      const say = () => sender.send("x", address.dv.getUint16(2, false), "127.0.0.1");
      let calls = 0;
      const poll = new Poll(fd, () => {
        libc().recv(fd, buffer.address, 64, 0x40);
        if (++calls === 1) throw new Error("first");
        console.log("second");
        poll.close();
        sender.close();
      });
      process.on("uncaughtException", (e) => { console.log(e.message); say(); });
      say();
    `;
    const done = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 10_000 });
    assert.equal(done.stdout, "first\nsecond\n", done.stderr);
    assert.equal(done.status, 0);
  });
});
