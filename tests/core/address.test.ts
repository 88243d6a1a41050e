// Addresses between text and bytes: canonical out, strict in.

import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import {
  AddressError,
  canonicalIp,
  FAMILY,
  formatIp,
  formatMac,
  macFromBig,
  macToBig,
  parseIp,
  parseMac,
  parsePrefix,
} from "../../host/core/index.js";

test("MAC addresses: text, bytes and the ABI's number", () => {
  assert.deepEqual([...parseMac("02:00:5E:10:ab:01")], [2, 0, 0x5e, 0x10, 0xab, 1]);
  assert.deepEqual(parseMac("02-00-5e-10-ab-01"), parseMac("02:00:5e:10:ab:01"));
  assert.equal(formatMac(Uint8Array.of(9, 2, 0, 0x5e, 0x10, 0xab, 1), 1), "02:00:5e:10:ab:01");
  // Byte i is bits 8i…8i+7.
  assert.equal(macToBig("02:00:5e:10:ab:01"), 0x01ab_105e_0002n);
  assert.equal(macFromBig(0x01ab_105e_0002n), "02:00:5e:10:ab:01");
});

test("what is no MAC address is refused", () => {
  for (const bad of [
    "",
    "02:00:5e:10:00",
    "02:00:5e:10:00:01:02",
    "2:0:5e:10:0:1",
    "02:00:5e-10-00-01",
    "0200.5e10.0001",
    "0g:00:00:00:00:00",
    " 02:00:00:00:00:01",
  ])
    assert.throws(() => parseMac(bad), AddressError, bad);
});

// RFC 5952 §4 and §5.
const CANONICAL: [string, string][] = [
  ["2001:0db8::0001", "2001:db8::1"],
  ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
  ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:DB8::ABCD", "2001:db8::abcd"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["1:0:0:0:0:0:0:0", "1::"],
  ["::ffff:c000:0201", "::ffff:192.0.2.1"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["10.0.0.1", "10.0.0.1"],
];

for (const [text, canonical] of CANONICAL)
  test(`canonical text of ${text}`, () => {
    assert.equal(canonicalIp(text), canonical);
    assert.equal(canonicalIp(canonical), canonical);
  });

test("what is no IP address is refused", () => {
  const bad = [
    "",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "fe80::1%eth0",
    "::1.2.3",
    "1.2.3.4::",
    "::1.2.3.4:5",
  ];
  bad.push("1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1..2.3", "0x1.2.3.4", "1.2.3.-4");
  for (const text of bad) assert.throws(() => parseIp(text), AddressError, text);
});

test("an IPv4 address stands in the first 4 of 16 bytes", () => {
  const { family, bytes16 } = parseIp("192.0.2.1");
  assert.equal(family, FAMILY.V4);
  assert.deepEqual([...bytes16], [192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("prefixes", () => {
  assert.equal(parsePrefix("10.0.0.1/24").prefix, 24);
  assert.equal(parsePrefix("10.0.0.1").prefix, 32);
  assert.equal(parsePrefix("2001:db8::1").prefix, 128);
  assert.equal(parsePrefix("::/0").prefix, 0);
  for (const bad of ["10.0.0.1/33", "10.0.0.1/", "10.0.0.1/024", "10.0.0.1/-1", "::1/129", "::1/64/64"])
    assert.throws(() => parsePrefix(bad), AddressError, bad);
});

test("every address survives text and back, and Node agrees that it is one", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), fc.nat(15), (bytes, v6, zeros) => {
      // Runs of zeros, which are what the short form is about.
      bytes.fill(0, zeros, zeros + 6);
      if (!v6) bytes.fill(0, 4);
      const text = formatIp(bytes, v6 ? FAMILY.V6 : FAMILY.V4);
      assert.deepEqual(parseIp(text), { family: v6 ? FAMILY.V6 : FAMILY.V4, bytes16: bytes });
      assert.ok(v6 ? isIPv6(text) : isIPv4(text), text);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test("no text is accepted that Node refuses", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."0123456789abcf:.".split("")), maxLength: 24 });
  fc.assert(
    fc.property(letters, (text) => {
      let accepted = true;
      try {
        parseIp(text);
      } catch {
        accepted = false;
      }
      if (accepted) assert.ok(isIPv4(text) || isIPv6(text), text);
      else assert.ok(!isIPv6(text), `${text} should be accepted`);
    }),
    { numRuns: 5000, seed: 1 },
  );
});
