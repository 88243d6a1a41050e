// The file that the keyring comes from.
//
//   # one key a line: its name, 64 hexadecimal digits, and "use" behind the one that is used
//   2026a  <64 hexadecimal digits>  use
//
// Invariants: a file that others may read is not used; a message never holds a secret; the file is replaced as a whole or not at all.

import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { IcsError } from "./errors.js";
import { KEY_BYTES, KEYS_MAX, type Key, Keyring, makeKey } from "./keyring.js";

/** Far above KEYS_MAX keys with comments. */
const SIZE_MAX = 64 * 1024;
const SECRET = new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}$`, "i");

/** A key of random bytes. */
export const newKey = (name: string): Key => makeKey(name, randomBytes(KEY_BYTES));

/** Reads, checks and parses. Throws IcsError: ENOENT, EPERM (others may read it), EPROTO (each problem with its line). */
export function loadKeys(file: string): Keyring {
  let fd: number;
  try {
    // not to be held up by a pipe
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw new IcsError("ENOENT", `${file}: no such file; needed: the keys of the cluster`);
    throw new IcsError("EPERM", `${file}: cannot be read: ${code}`);
  }
  try {
    // the open file is looked at, not its name: nobody can put another one there in between
    checkFile(file, fd);
    return parseKeys(readFileSync(fd, "utf8"), file);
  } finally {
    closeSync(fd);
  }
}

function checkFile(file: string, fd: number): void {
  const { mode, uid, size } = fstatSync(fd);
  const kind = mode & 0o170000;
  if (kind !== 0o100000) throw new IcsError("EPROTO", `${file}: is no regular file`);
  const me = process.geteuid?.() ?? uid;
  if (uid !== me && uid !== 0) throw new IcsError("EPERM", `${file}: belongs to user ${uid}; allowed: this user (${me}) or root`);
  if (mode & 0o077)
    throw new IcsError("EPERM", `${file}: others may use it (mode ${(mode & 0o777).toString(8)}); allowed: 600 or 400; chmod 600`);
  if (size > SIZE_MAX) throw new IcsError("EPROTO", `${file}: has ${size} bytes; allowed: at most ${SIZE_MAX}`);
}

/** Parses a text; `file` is for the messages. Throws IcsError EPROTO that names every line that cannot be. */
export function parseKeys(text: string, file: string): Keyring {
  const problems: string[] = [];
  const keys: Key[] = [];
  const used: string[] = [];
  const seen = new Map<string, number>();
  text.split(/\r?\n/).forEach((line, i) => {
    const words = line.replace(/#.*/, "").trim().split(/\s+/);
    if (words[0] === "") return;
    const problem = keyOf(words, keys, seen, i + 1);
    if (problem) problems.push(`${file}:${i + 1}: ${problem}`);
    else if (words[2] === "use") used.push(words[0]);
  });
  if (problems.length === 0) problems.push(...wholly(keys, used, file));
  if (problems.length > 0) throw new IcsError("EPROTO", problems.join("\n"));
  return new Keyring(keys, used[0] ?? keys[0].name);
}

/** Adds the key of a line, or says what is wrong with the line. */
function keyOf(words: readonly string[], keys: Key[], seen: Map<string, number>, line: number): string | null {
  const [name, secret, word] = words;
  if (words.length < 2) return `found one word; allowed: a name, ${2 * KEY_BYTES} hexadecimal digits, and "use" or nothing`;
  if (words.length > 3) return `found ${words.length} words; allowed: a name, ${2 * KEY_BYTES} hexadecimal digits, and "use" or nothing`;
  if (!SECRET.test(secret))
    return `the secret of ${JSON.stringify(name)} has ${secret.length} characters or one that is no digit; allowed: ${2 * KEY_BYTES} hexadecimal digits`;
  if (word !== undefined && word !== "use") return `found ${JSON.stringify(word)} behind the secret; allowed: "use" or nothing`;
  let key: Key;
  try {
    key = makeKey(name, Buffer.from(secret, "hex"));
  } catch (e) {
    return (e as Error).message;
  }
  for (const mark of [`name ${name}`, `secret ${key.id}`]) {
    const before = seen.get(mark);
    if (before !== undefined) return `its ${mark.split(" ")[0]} is that of line ${before}`;
    seen.set(mark, line);
  }
  keys.push(key);
  return null;
}

/** What only all lines together can have wrong. */
function wholly(keys: readonly Key[], used: readonly string[], file: string): string[] {
  if (keys.length === 0) return [`${file}: holds no key; needed: one at least`];
  if (keys.length > KEYS_MAX) return [`${file}: holds ${keys.length} keys; allowed: at most ${KEYS_MAX}`];
  if (used.length > 1) return [`${file}: "use" stands behind ${used.join(" and ")}; allowed: behind one`];
  if (used.length === 0 && keys.length > 1) return [`${file}: "use" stands behind none of ${keys.length} keys; needed: behind one`];
  return [];
}

/** The text of a ring, as parseKeys takes it. */
export function formatKeys(ring: Keyring): string {
  const lines = ring.keys.map((k) => `${k.name} ${k.secret.toString("hex")}${k === ring.current ? " use" : ""}\n`);
  return `# keys of the cluster: keep them secret\n${lines.join("")}`;
}

/** Replaces the file, durably, readable by its owner only. Throws the system's error. */
export function saveKeys(ring: Keyring, file: string): void {
  const next = `${file}.${process.pid}`;
  rmSync(next, { force: true });
  const fd = openSync(next, "wx", 0o600);
  try {
    writeFileSync(fd, formatKeys(ring));
    fsyncSync(fd);
    renameSync(next, file);
  } catch (e) {
    unlinkSync(next);
    throw e;
  } finally {
    closeSync(fd);
  }
  const folder = openSync(dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
