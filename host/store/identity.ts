// Whose state folder it is: a small file of text beside the log, for people, and for the case that the log is lost.
//
//   holdfast cluster state 1
//   cluster 0f8fad5b-d9cb-469f-a165-70867728950e
//   node 3
//   uuid 7c9e6679-7425-40de-944b-e07fc1f90ae7
//   check 1a2b3c4d                                CRC-32 of the lines before

import { crc32 } from "../core/snapshot.js";
import { type Identity, VERSION } from "./format.js";

const TITLE = "holdfast cluster state";
const FORM = new RegExp(
  `^${TITLE} (\\d+)\\ncluster ([0-9a-f-]{36})\\nnode (\\d{1,5})\\nuuid ([0-9a-f-]{36})\\n(?=check ([0-9a-f]{8})\\n$)`,
);

/** 32 hexadecimal digits of a uuid, however it is written; null if it is none. */
export function bareUuid(text: string): string | null {
  const digits = text.replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? digits : null;
}

/** As people write it. */
export const dashed = (digits: string): string => digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

const checkOf = (text: string): string => crc32(Buffer.from(text)).toString(16).padStart(8, "0");

export function writeIdentity(id: Identity): Uint8Array {
  const text = `${TITLE} ${VERSION}\ncluster ${dashed(id.cluster)}\nnode ${id.node}\nuuid ${dashed(id.uuid)}\n`;
  return Buffer.from(`${text}check ${checkOf(text)}\n`);
}

/** The identity; null if the file is damaged; a number if it is of that other version. */
export function readIdentity(bytes: Uint8Array): Identity | number | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const found = FORM.exec(text);
  if (found === null || checkOf(found[0]) !== found[5]) return null;
  if (Number(found[1]) !== VERSION) return Number(found[1]);
  const [cluster, uuid] = [bareUuid(found[2]), bareUuid(found[4])];
  return cluster === null || uuid === null ? null : { cluster, node: Number(found[3]), uuid };
}
