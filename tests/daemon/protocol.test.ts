// The control protocol: what a line may be, and that nothing else gets past it.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { COMMANDS, parseRequest } from "../../host/daemon/protocol.js";
import { Refusal } from "../../host/daemon/refusal.js";

const refused = (line: string): string => {
  try {
    parseRequest(line);
  } catch (e) {
    assert.ok(e instanceof Refusal);
    assert.equal(e.code, "EINVAL");
    return e.message;
  }
  assert.fail(`accepted: ${line}`);
};

test("requests are read, defaults filled in", () => {
  assert.deepEqual(parseRequest('{"v":1,"id":7,"cmd":"status"}'), { id: 7, cmd: "status" });
  assert.deepEqual(parseRequest('{"v":1,"cmd":"events"}'), { id: null, cmd: "events", last: 0 });
  assert.deepEqual(parseRequest('{"v":1,"cmd":"recent"}'), { id: null, cmd: "recent", last: 512 });
  assert.deepEqual(parseRequest('{"v":1,"cmd":"probes"}'), { id: null, cmd: "probes" });
  assert.deepEqual(parseRequest('{"v":1,"cmd":"capture"}'), { id: null, cmd: "capture", group: null, nic: null, snaplen: 262_144 });
  assert.deepEqual(parseRequest('{"v":1,"cmd":"capture","group":"g","nic":"n","snaplen":64}'), {
    id: null,
    cmd: "capture",
    group: "g",
    nic: "n",
    snaplen: 64,
  });
  assert.deepEqual(parseRequest('{"v":1,"id":"a","cmd":"down"}'), { id: "a", cmd: "down", keep: false });
  assert.deepEqual(parseRequest('{"v":1,"id":1,"cmd":"offline","nic":"eth1"}'), {
    id: 1,
    cmd: "offline",
    nic: "eth1",
    minRedundancy: 1,
    down: false,
  });
  assert.deepEqual(parseRequest('{"v":1,"id":1,"cmd":"offline","nic":"eth1","min_redundancy":0}').cmd, "offline");
  assert.deepEqual(parseRequest('{"v":1,"id":1,"cmd":"undo_offline","nic":"eth1"}'), { id: 1, cmd: "undo_offline", nic: "eth1" });
  assert.deepEqual(parseRequest('{"v":1,"id":1,"cmd":"standby","nic":"eth1","on":true}'), { id: 1, cmd: "standby", nic: "eth1", on: true });
});

const wrong: [string, string][] = [
  ["", "not JSON; needed: one JSON object a line"],
  ["nonsense", "not JSON; needed: one JSON object a line"],
  ["[1]", "found [1]; needed: one JSON object a line"],
  ["null", "found null; needed: one JSON object a line"],
  ['{"cmd":"status"}', "v: found nothing; allowed: 1"],
  ['{"v":2,"cmd":"status"}', "v: found 2; allowed: 1"],
  ['{"v":1,"cmd":"down","keep":null}', "keep: found null; allowed: true or false"],
  ['{"v":1,"cmd":"offline","nic":"eth1","min_redundancy":null}', "min_redundancy: found null; allowed: a whole number from 0 to 32"],
  ['{"v":1}', `cmd: found nothing; allowed: ${COMMANDS.join(", ")}`],
  ['{"v":1,"cmd":"toString"}', `cmd: found "toString"; allowed: ${COMMANDS.join(", ")}`],
  ['{"v":1,"cmd":"status","nic":"x"}', 'status: unknown key "nic"; allowed: v, id, cmd'],
  ['{"v":1,"cmd":"offline"}', "nic: found nothing; needed: the name of a NIC"],
  ['{"v":1,"cmd":"offline","nic":5}', "nic: found 5; needed: the name of a NIC"],
  ['{"v":1,"cmd":"offline","nic":"a","min_redundancy":-1}', "min_redundancy: found -1; allowed: a whole number from 0 to 32"],
  ['{"v":1,"cmd":"offline","nic":"a","min_redundancy":"1"}', 'min_redundancy: found "1"; allowed: a whole number from 0 to 32'],
  ['{"v":1,"cmd":"standby","nic":"a"}', "on: found nothing; allowed: true or false"],
  ['{"v":1,"cmd":"offline","nic":"a","down":1}', "down: found 1; allowed: true or false"],
  ['{"v":1,"cmd":"events","last":513}', "last: found 513; allowed: a whole number from 0 to 512"],
  ['{"v":1,"cmd":"capture","group":""}', 'group: found ""; needed: a name'],
  ['{"v":1,"cmd":"capture","nic":7}', "nic: found 7; needed: a name"],
  ['{"v":1,"cmd":"capture","snaplen":13}', "snaplen: found 13; allowed: a whole number from 14 to 262144"],
  ['{"v":1,"cmd":"probes","nic":"a"}', 'probes: unknown key "nic"; allowed: v, id, cmd'],
  ['{"v":1,"cmd":"down","keep":1}', "keep: found 1; allowed: true or false"],
];
for (const [line, message] of wrong) test(`refused: ${line === "" ? "an empty line" : line}`, () => assert.equal(refused(line), message));

test("the refusal carries the request's id", () => {
  try {
    parseRequest('{"v":1,"id":"x","cmd":"no"}');
    assert.fail("accepted");
  } catch (e) {
    assert.equal((e as { id?: unknown }).id, "x");
  }
});

test("an id that is no plain id is taken as none", () => {
  assert.equal(parseRequest('{"v":1,"id":{"a":1},"cmd":"status"}').id, null);
  assert.equal(parseRequest(`{"v":1,"id":"${"x".repeat(300)}","cmd":"status"}`).id, null);
});

test("whatever the line, it is a request or a Refusal", () => {
  const attempt = (line: string): void => {
    try {
      parseRequest(line);
    } catch (e) {
      assert.ok(e instanceof Refusal, String(e));
    }
  };
  fc.assert(fc.property(fc.string(), attempt), { numRuns: 500 });
  fc.assert(
    fc.property(fc.json(), (line) => attempt(line)),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(
      fc.record({
        v: fc.constant(1),
        id: fc.jsonValue(),
        cmd: fc.constantFrom("offline", "down", "standby"),
        nic: fc.jsonValue(),
        on: fc.jsonValue(),
      }),
      (r) => attempt(JSON.stringify(r)),
    ),
    { numRuns: 500 },
  );
});
