// From a .wasm file to exports that this host can drive: instantiation and version check, the same for both modules.
//
// Invariant: a file that is not the module asked for, or not of a version that fits, is refused with a reason before
// anyone else sees it; such a module cannot do harm, for it imports nothing.

import { readFile } from "node:fs/promises";
import { instantiate, instantiateSync } from "@assemblyscript/loader";
import { VERSION as CLMS_VERSION, type ClmsExports, Page as ClmsPage } from "./abi/clms.js";
import { VERSION as IPMP_VERSION, type IpmpExports, Page as IpmpPage } from "./abi/ipmp.js";
import { ModuleError } from "./errors.js";

/** What tells one module of this project from another. */
export interface ModuleKind {
  /** file in build/ */
  file: string;
  /** the export that gives the address of its page */
  page: string;
  /** the page's magic number and the four letters that it is */
  magic: number;
  letters: string;
  /** where magic and versions stand in the page */
  at: { magic: number; abi_current: number; abi_minimum: number };
  version: { current: number; minimum: number };
}

export const IPMP: ModuleKind = {
  file: "ipmp.wasm",
  page: "ipmp_page",
  magic: 0x504d5049,
  letters: "IPMP",
  at: IpmpPage,
  version: IPMP_VERSION,
};

export const CLMS: ModuleKind = {
  file: "clms.wasm",
  page: "clms_page",
  magic: 0x534d4c43,
  letters: "CLMS",
  at: ClmsPage,
  version: CLMS_VERSION,
};

/** Where `npm run build` puts the release module. */
export function modulePath(kind: ModuleKind = IPMP): URL {
  return new URL(`../../../build/${kind.file}`, import.meta.url);
}

/** Reads the module that the build made; says what to do if there is none. */
async function readModule(kind: ModuleKind): Promise<BufferSource> {
  try {
    return new Uint8Array(await readFile(modulePath(kind)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new ModuleError(`build/${kind.file} does not exist: run npm run build`);
  }
}

/** Compiles a module (the build's own unless given) that imports nothing and has the export that every host needs. */
export async function compileModule(kind: ModuleKind, bytes?: BufferSource): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(bytes ?? (await readModule(kind)));
  checkShape(kind, module);
  return module;
}

function checkShape(kind: ModuleKind, module: WebAssembly.Module): void {
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) throw new ModuleError(`the module is not ${kind.file}: it imports ${imports[0].module}.${imports[0].name}`);
  if (!WebAssembly.Module.exports(module).some((e) => e.name === kind.page))
    throw new ModuleError(`the module is not ${kind.file}: it does not export ${kind.page}`);
}

/** The build's own ipmp.wasm: compiled once a process, so that a new life after a trap does not wait for it. */
let own: Promise<WebAssembly.Module> | undefined;

function ownIpmp(): Promise<WebAssembly.Module> {
  own ??= compileModule(IPMP).catch((error) => {
    own = undefined;
    throw error;
  });
  return own;
}

/** Instantiates ipmp.wasm (the build's own unless given), which imports nothing. */
export async function instantiateIpmp(bytes?: BufferSource): Promise<IpmpExports> {
  const { instance } = await instantiate(bytes === undefined ? await ownIpmp() : await compileModule(IPMP, bytes));
  // The loader's own view of the exports wraps each function; the instance's are called directly.
  return instance.exports as unknown as IpmpExports;
}

/** A new instance of a compiled clms.wasm, at once: a simulator makes thousands. */
export function instantiateClms(module: WebAssembly.Module): ClmsExports {
  checkShape(CLMS, module);
  return instantiateSync(module).instance.exports as unknown as ClmsExports;
}

/** Throws unless the page is one that this host understands. */
export function checkVersion(dv: DataView, page: number, kind: ModuleKind = IPMP): void {
  if (dv.getUint32(page + kind.at.magic, true) !== kind.magic)
    throw new ModuleError(`the module is not ${kind.file}: its page does not begin with ${kind.letters}`);
  const current = dv.getUint16(page + kind.at.abi_current, true);
  const minimum = dv.getUint16(page + kind.at.abi_minimum, true);
  if (current < kind.version.minimum || minimum > kind.version.current)
    throw new ModuleError(
      `${kind.file} has ABI ${current} and serves hosts from ABI ${minimum} on; ` +
        `this host has ABI ${kind.version.current} and drives modules from ABI ${kind.version.minimum} on`,
    );
}
