import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { formatKeys, Keyring, loadKeys, makeKey, newKey, parseKeys, saveKeys } from "../../host/ics/index.js";
import { KEYS_MAX } from "../../host/ics/keyring.js";
import { dropped, pair, ringOf, secretOf, TestNet, text, texts } from "./net.js";

const dir = mkdtempSync(join(tmpdir(), "hf-ics-"));
after(() => rmSync(dir, { recursive: true }));
const hex = (name: string) => secretOf(name).toString("hex");

test("keys: changed in a running cluster without a lost message", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { keys: ringOf("old") }, { keys: ringOf("old") });
  const next = () => makeKey("new", secretOf("new"));
  const say = async (what: string) => {
    a.ics.send(2, text(`a ${what}`));
    b.ics.send(1, text(`b ${what}`));
    await net.clock.run(3);
    assert.equal(texts(b).pop(), `a ${what}`);
    assert.equal(texts(a).pop(), `b ${what}`);
  };
  await say("old only");
  a.ics.keys.install(next());
  await say("installed on one");
  b.ics.keys.install(next());
  a.ics.keys.use("new");
  await say("used by one");
  b.ics.keys.use("new");
  await say("used by both");
  a.ics.keys.remove("old");
  await say("removed on one");
  b.ics.keys.remove("old");
  await say("new only");
  assert.deepEqual([dropped(a), dropped(b)], [{}, {}]);
});

test("keys: what is sealed with a removed key opens no more", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { keys: ringOf("old", "new") }, { keys: ringOf("old", "new") });
  net.delay = 50;
  a.ics.send(2, text("on its way"));
  await net.clock.run(1);
  b.ics.keys.use("new");
  b.ics.keys.remove("old");
  await net.clock.run(100);
  assert.deepEqual(texts(b), []);
  assert.equal(b.ics.counters.dropped.UNKNOWN_KEY, 1);
});

test("keys: a replay with the old key is a replay under the new one, too", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { keys: ringOf("old", "new") }, { keys: ringOf("old", "new") });
  net.log = [];
  a.ics.send(2, text("once"));
  await net.clock.run(3);
  a.ics.keys.use("new");
  a.ics.send(2, text("after"));
  await net.clock.run(3);
  for (const p of net.log) net.inject(p);
  assert.deepEqual(texts(b), ["once", "after"]);
});

test("keyring: each step refuses what would leave nodes unable to talk", () => {
  const ring = ringOf("a");
  assert.throws(() => ring.remove("a"), { code: "EBUSY", message: "key a: it is in use; use another one first" });
  assert.throws(() => ring.use("b"), { code: "ENOENT", message: 'no key "b"; there are: a' });
  assert.throws(() => ring.install(makeKey("a", secretOf("x"))), { code: "EEXIST", message: "key a: there is one of this name" });
  assert.throws(() => ring.install(makeKey("b", secretOf("a"))), { code: "EEXIST", message: /is that of key a$/ });
  for (let i = 1; i < KEYS_MAX; i++) ring.install(newKey(`k${i}`));
  assert.throws(() => ring.install(newKey("more")), { code: "ENOSPC" });
  assert.throws(() => makeKey("no blanks", secretOf("a")), { code: "EINVAL", message: /^key name: found "no blanks"; allowed: 1 to 32/ });
  assert.throws(() => makeKey("a", Buffer.alloc(31, "ab")), { code: "EINVAL", message: "key a: its secret has 31 bytes; allowed: 32" });
  assert.throws(() => makeKey("a", Buffer.alloc(32)), { code: "EINVAL", message: /one byte repeated/ });
  assert.throws(() => new Keyring([newKey("a")], "b"), { code: "ENOENT" });
});

test("keys file: names, comments, which is used", () => {
  const ring = parseKeys(`# keys\n\nold ${hex("old")}\nnew  ${hex("new").toUpperCase()}  use # since Monday\n`, "f");
  assert.deepEqual(
    ring.keys.map((k) => k.name),
    ["old", "new"],
  );
  assert.equal(ring.current.name, "new");
  assert.equal(parseKeys(`only ${hex("x")}`, "f").current.name, "only");
  assert.deepEqual(parseKeys(formatKeys(ring), "f").keys, ring.keys);
});

test("keys file: every problem with its line, what was found and what is allowed; never a secret", () => {
  const file = [
    `a ${hex("a")} use`,
    "b",
    `c ${hex("c").slice(1)}`,
    `d/ ${hex("d")}`,
    `e ${hex("e")} now`,
    `a ${hex("f")}`,
    `g ${hex("a")}`,
  ];
  const cases: [string, RegExp][] = [
    ["", /^f: holds no key; needed: one at least$/],
    [`a ${hex("a")}\nb ${hex("b")}`, /^f: "use" stands behind none of 2 keys; needed: behind one$/],
    [`a ${hex("a")} use\nb ${hex("b")} use`, /^f: "use" stands behind a and b; allowed: behind one$/],
    [`a ${hex("a")} use more`, /^f:1: found 4 words; allowed: a name, 64 hexadecimal digits, and "use" or nothing$/],
    [
      Array.from({ length: KEYS_MAX + 1 }, (_, i) => `k${i} ${hex(`k${i}`)}`).join("\n"),
      new RegExp(`^f: holds ${KEYS_MAX + 1} keys; allowed: at most ${KEYS_MAX}$`),
    ],
    [
      file.join("\n"),
      new RegExp(
        [
          "^f:2: found one word.*",
          'f:3: the secret of "c" has 63.*',
          'f:4: key name: found "d/".*',
          'f:5: found "now".*',
          "f:6: its name is that of line 1",
          "f:7: its secret is that of line 1$",
        ].join("\n"),
      ),
    ],
  ];
  for (const [content, message] of cases)
    assert.throws(
      () => parseKeys(content, "f"),
      (e: Error & { code: string }) => {
        assert.equal(e.code, "EPROTO");
        assert.match(e.message, message);
        assert.ok(!/[0-9a-f]{20}/.test(e.message), "a secret in a message");
        return true;
      },
    );
});

test("keys file: one that others may read is not used", () => {
  const path = join(dir, "keys");
  saveKeys(ringOf("a", "b"), path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(loadKeys(path).current.name, "a");
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(path, mode);
    assert.throws(() => loadKeys(path), {
      code: "EPERM",
      message: `${path}: others may use it (mode ${mode.toString(8)}); allowed: 600 or 400; chmod 600`,
    });
  }
  assert.throws(() => loadKeys(join(dir, "none")), { code: "ENOENT", message: /no such file; needed: the keys of the cluster$/ });
  assert.throws(() => loadKeys(dir), { code: "EPROTO", message: /is no regular file$/ });
  writeFileSync(join(dir, "large"), "#".repeat(70_000), { mode: 0o600 });
  assert.throws(() => loadKeys(join(dir, "large")), { code: "EPROTO", message: /70000 bytes; allowed: at most 65536$/ });
});

test("keys file: replaced as a whole", () => {
  const path = join(dir, "replaced");
  saveKeys(ringOf("a"), path);
  const ring = ringOf("a", "b");
  ring.use("b");
  saveKeys(ring, path);
  assert.equal(loadKeys(path).current.name, "b");
  assert.match(readFileSync(path, "utf8"), /^# keys of the cluster: keep them secret\na [0-9a-f]{64}\nb [0-9a-f]{64} use\n$/);
});
