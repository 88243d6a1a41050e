// Programs put together here: their bytes, what cannot be put together, and what the kernel says to one that it refuses.
import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { describe, it } from "node:test";
import { Assembler, createXskMap, loadXdp } from "../../host/io/bpf.js";
import { redirectProgram } from "../../host/io/xdp_prog.js";
import { skipReason } from "./bed.js";

const hex = (program: Uint8Array): string[] => (Buffer.from(program).toString("hex").match(/.{16}/g) ?? []).map(String);

describe("eBPF programs", () => {
  it("stand in bytes as the kernel's headers have it", () => {
    const program = new Assembler()
      .move(6, 1)
      .load(2, 5, 2, 12)
      .when(5, "!=", 0xdd86, "end")
      .map(1, 7)
      .add(4, 42)
      .and(5, 0xff3f)
      .whenReg(4, ">", 3, "end")
      .jump("end")
      .call(51)
      .label("end")
      .set(0, 2)
      .exit()
      .bytes();
    assert.deepEqual(hex(program), [
      "bf16000000000000",
      "69250c0000000000",
      "5505070086dd0000",
      "1811000007000000",
      "0000000000000000",
      "070400002a000000",
      "570500003fff0000",
      "2d34020000000000",
      "0500010000000000",
      "8500000033000000",
      "b700000002000000",
      "9500000000000000",
    ]);
  });

  it("have no jump to nowhere, none backwards, and no label twice", () => {
    assert.throws(() => new Assembler().when(0, "==", 0, "nowhere").bytes(), /label nowhere/);
    assert.throws(() => new Assembler().label("here").set(0, 0).when(0, "==", 0, "here").bytes(), /label here/);
    assert.throws(() => new Assembler().label("here").label("here"), /stands twice/);
  });

  it("are taken by the verifier; one that reads beyond the frame is refused with its words", { skip: skipReason() }, () => {
    const map = createXskMap(4, "test");
    try {
      for (const most of [1792, 3840]) closeSync(loadXdp(redirectProgram(map, most), "test"));
      const careless = new Assembler().load(4, 2, 1, 0).load(1, 0, 2, 0).exit().bytes();
      assert.throws(() => loadXdp(careless, "test"), /test: load the program: .*(packet|pkt|r2|R2).*\(EACCES\)/);
    } finally {
      closeSync(map);
    }
  });
});
