// What a state folder holds, before anything is written to it.
//
// Invariants: a folder of another cluster or node is refused and left as it is; a folder that was used and has lost its log is
// never taken for a new one, for then its node would vote without knowing what it has promised.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { StoreError } from "./errors.js";
import type { Identity } from "./format.js";
import type { StoreFs } from "./fs.js";
import { bareUuid, dashed, readIdentity } from "./identity.js";
import { ABSENT, Image } from "./image.js";
import { readLog } from "./read.js";
import { TEMPORARY } from "./replace.js";

export const LOG = "log";
export const IDENTITY = "identity";
/** Where a damaged log is kept for whoever wants to look at it. */
export const DAMAGED_LOG = "log.damaged";

export interface Wanted {
  folder: string;
  /** uuid of the cluster, 32 hexadecimal digits, hyphens do not matter */
  cluster: string;
  /** this node's number, 1 to 1,024 */
  node: number;
}

export interface Opening {
  identity: Identity;
  image: Image;
  /** is the identity in a file of its own already? */
  noted: boolean;
  /** number of the log's last generation; 0 = there is none */
  generation: number;
  /** nothing of this node was ever durable here */
  blank: boolean;
  /** the log is there, and damaged */
  damaged: boolean;
  /** what was found that should not be, a line each, for people */
  notes: string[];
}

/** Looks at a state folder. Rejects with a StoreError (cluster, node, version, damaged) or the file system's error. */
export async function look(fs: StoreFs, wanted: Wanted): Promise<Opening> {
  const { folder } = wanted;
  const cluster = bareUuid(wanted.cluster);
  if (cluster === null) throw new StoreError("cluster", `${JSON.stringify(wanted.cluster)} is not a uuid: 32 hexadecimal digits`);
  const notes = await sweep(fs, folder);
  const [text, bytes] = [await fs.read(join(folder, IDENTITY)), await fs.read(join(folder, LOG))];
  const noted = text === null ? null : readIdentity(text);
  if (typeof noted === "number") throw version(folder, IDENTITY, noted);
  const found = bytes === null ? null : readLog(bytes);
  if (found?.version) throw version(folder, LOG, found.version);
  const mark = found?.mark ?? null;
  const written = noted ?? mark;
  if (text === null && bytes === null) return fresh(cluster, wanted.node, notes);
  if (written === null) {
    const what = bytes === null ? "identity is illegible and there is no log" : "log is illegible, and so is identity, or it is missing";
    throw new StoreError("damaged", `${folder}: ${what}: whose it is cannot be told. ${ANEW}`);
  }
  agree(folder, written, { cluster, node: wanted.node });
  if (noted !== null && mark !== null && mark.uuid !== noted.uuid)
    throw new StoreError(
      "damaged",
      `${folder}: identity and log are of different nodes (${dashed(noted.uuid)}, ${dashed(mark.uuid)}). ${ANEW}`,
    );
  if (noted === null) notes.push(`${text === null ? "identity is missing" : "identity is illegible"}: written again from the log`);
  const identity = { cluster: written.cluster, node: written.node, uuid: written.uuid };
  if (found === null || mark === null) {
    notes.push(`log is ${found === null ? "missing" : "illegible"}: ${NO_VOTE}`);
    const image = new Image();
    image.distrust();
    return { identity, noted: noted !== null, image, generation: 0, blank: false, damaged: found !== null, notes };
  }
  notes.push(...found.damage.map((d) => `log: ${d}`));
  const image = settled(found.image);
  const damaged = found.damage.length > 0;
  return { identity, noted: noted !== null, image, generation: mark.generation, blank: image.blank, damaged, notes };
}

const NO_VOTE = "this node has no vote until the cluster has admitted it anew";
const ANEW = "To begin anew as another machine, empty the folder and remove the node's number from the cluster first";

/** Without a header, which comes last in each step, nothing that was written has counted yet. */
function settled(image: Image): Image {
  return image.header.state === ABSENT ? new Image() : image;
}

function fresh(cluster: string, node: number, notes: string[]): Opening {
  const identity = { cluster, node, uuid: bareUuid(randomUUID()) as string };
  return { identity, noted: false, image: new Image(), generation: 0, blank: true, damaged: false, notes };
}

function agree(folder: string, is: Identity, wanted: { cluster: string; node: number }): void {
  if (is.cluster !== wanted.cluster)
    throw new StoreError(
      "cluster",
      `${folder}: belongs to cluster ${dashed(is.cluster)}, the configuration says ${dashed(wanted.cluster)}: check uuid and state folder`,
    );
  if (is.node !== wanted.node)
    throw new StoreError(
      "node",
      `${folder}: belongs to node ${is.node}, the configuration says node ${wanted.node}: check number and state folder`,
    );
}

const version = (folder: string, name: string, is: number): StoreError =>
  new StoreError("version", `${folder}: ${name} is of version ${is}, which this program does not know: use the program that wrote it`);

/** Removes what a crash left half written. */
async function sweep(fs: StoreFs, folder: string): Promise<string[]> {
  const left = (await fs.list(folder)).filter((name) => name.endsWith(TEMPORARY));
  for (const name of left) await fs.unlink(join(folder, name));
  return left.map((name) => `${name}: left by a write that did not end; removed`);
}
