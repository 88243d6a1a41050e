// Whom a takeover leaves out: the recorder's own rule.

import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOut, type Member } from "./cliques.js";

const member = (node: number, deaf: number[] = [], votes = 1): Member => ({ node, votes, deaf: new Set(deaf) });
const out = (self: number, members: Member[]): number[] => [...leftOut(self, members)];

test("who hears each other stays", () => {
  assert.deepEqual(out(1, [member(1), member(2), member(3)]), []);
});

test("of two that are cut off from each other the lighter goes, of equal ones the higher number", () => {
  assert.deepEqual(out(1, [member(1), member(2, [3]), member(3)]), [3]);
  assert.deepEqual(out(1, [member(1), member(2), member(3, [2], 2)]), [2]);
});

test("who is cut off most often goes first, and that may be enough", () => {
  assert.deepEqual(out(1, [member(1), member(2, [3, 4]), member(3), member(4)]), [2]);
});

test("the new master stays, whoever does not hear it goes", () => {
  assert.deepEqual(out(3, [member(1, [3]), member(2), member(3)]), [1]);
});

test("the order of the reports makes no difference", () => {
  const members = [member(1), member(2, [4]), member(3, [5]), member(4), member(5, [2])];
  const want = out(1, members).sort();
  for (let i = 1; i < members.length; i++) assert.deepEqual(out(1, [...members.slice(i), ...members.slice(0, i)]).sort(), want);
});
