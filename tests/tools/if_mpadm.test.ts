// `if_mpadm`: its words, and what it says of each refusal of the daemon.

import assert from "node:assert/strict";
import { test } from "node:test";
import { complaint, readDeed } from "../../host/cli/if_mpadm/main.js";

test("words", () => {
  assert.deepEqual(readDeed(["-d", "eth1"]), { offline: true, nic: "eth1", state: "/run/holdfast" });
  assert.deepEqual(readDeed(["-reth1", "--state", "/x"]), { offline: false, nic: "eth1", state: "/x" });
  assert.equal(readDeed(["--help"]), null);
});

const refused: [string[], string][] = [
  [[], "found 0 of them; needed: exactly one of -d NIC, -r NIC"],
  [["-d", "eth1", "-r", "eth1"], "found 2 of them; needed: exactly one of -d NIC, -r NIC"],
  [["-d"], "option -d needs a value"],
  [["-d", ""], "option -d needs a value: the name of a NIC"],
  [["-x"], 'unknown option "-x"; allowed: -d, -r, --state, --help'],
  [["-d", "eth1", "eth2"], 'unexpected "eth2"'],
];
for (const [words, message] of refused)
  test(`refused: if_mpadm ${words.join(" ")}`, () => assert.throws(() => readDeed(words), { name: "Error", message }));

const down = { offline: true, nic: "eth1", state: "" };
const back = { ...down, offline: false };

test("conformance R8.28: offline below the minimum redundancy is refused in these words", () => {
  assert.equal(
    complaint(down, { code: "EMINRED", message: "eth1: refused: …" }),
    "cannot offline eth1: no other functioning interfaces are in its IPMP group",
  );
});

test("conformance R8.29: coming back with a hardware address that another has is refused in these words", () => {
  assert.equal(
    complaint(back, { code: "EHWADDRDUP", message: "eth1: …" }),
    "cannot undo the offline of eth1: its hardware address is in use by another interface of its IPMP group",
  );
});

test("already offline, not offline, no such NIC; others speak for themselves", () => {
  assert.equal(complaint(down, { code: "EALREADY", message: "" }), "cannot offline eth1: already offline");
  assert.equal(complaint(back, { code: "EINVAL", message: "" }), "cannot undo the offline of eth1: not offline");
  assert.equal(
    complaint(down, { code: "ENODEV", message: "eth1: in no group; there are: eth2" }),
    "cannot offline eth1: not a physical interface or not in an IPMP group (eth1: in no group; there are: eth2)",
  );
  assert.equal(
    complaint(down, { code: "ENOTCONN", message: "the daemon is not running: nobody answers at /x" }),
    "the daemon is not running: nobody answers at /x",
  );
});
