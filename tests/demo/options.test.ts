// The command line of the demo.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DemoError } from "../../host/demo/model.js";
import { parseOptions, SECONDS_DEFAULT } from "../../host/demo/options.js";

test("options: defaults, and every option", () => {
  assert.deepEqual(parseOptions([]), { keep: false, memory: false, plain: false, ascii: false, help: false, seconds: SECONDS_DEFAULT });
  assert.deepEqual(parseOptions(["--keep", "--memory", "--plain", "--ascii", "--help", "--seconds", "2.5"]), {
    keep: true,
    memory: true,
    plain: true,
    ascii: true,
    help: true,
    seconds: 2.5,
  });
  assert.equal(parseOptions(["--seconds=10"]).seconds, 10);
});

test("options: a mistake is refused with what is allowed", () => {
  const refused = (args: string[], text: RegExp): void =>
    assert.throws(
      () => parseOptions(args),
      (e) => e instanceof DemoError && text.test(e.message),
    );
  refused(["--fast"], /unknown option "--fast"; allowed are --keep/);
  refused(["--seconds"], /from 1 to 3600, found nothing/);
  for (const word of ["", "0.5", "3601", "ten", "NaN", "-4"]) refused(["--seconds", word], new RegExp(`from 1 to 3600, found "${word}"`));
});
