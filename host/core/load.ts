// From a .wasm file to exports that this host can drive: instantiation and version check.
//
// Invariant: a file that is not ipmp.wasm, or not of a version that fits, is refused with a reason before anyone
// else sees it; such a module cannot do harm, for it imports nothing.

import { readFile } from "node:fs/promises";
import { instantiate } from "@assemblyscript/loader";
import { type IpmpExports, Page, VERSION } from "./abi/ipmp.js";
import { ModuleError } from "./errors.js";

/** 'IPMP' */
const MAGIC = 0x504d5049;

/** Where `npm run build` puts the release module. */
export function modulePath(): URL {
  return new URL("../../../build/ipmp.wasm", import.meta.url);
}

/** Reads the module that the build made; says what to do if there is none. */
async function readModule(): Promise<BufferSource> {
  try {
    return new Uint8Array(await readFile(modulePath()));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new ModuleError("build/ipmp.wasm does not exist: run npm run build");
  }
}

/** Instantiates ipmp.wasm (the build's own unless given), which imports nothing. */
export async function instantiateIpmp(bytes?: BufferSource): Promise<IpmpExports> {
  const module = await WebAssembly.compile(bytes ?? (await readModule()));
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) throw new ModuleError(`the module is not ipmp.wasm: it imports ${imports[0].module}.${imports[0].name}`);
  if (!WebAssembly.Module.exports(module).some((e) => e.name === "ipmp_page"))
    throw new ModuleError("the module is not ipmp.wasm: it does not export ipmp_page");
  const { instance } = await instantiate(module);
  // The loader's own view of the exports wraps each function; the instance's are called directly.
  return instance.exports as unknown as IpmpExports;
}

/** Throws unless the page is one that this host understands. */
export function checkVersion(dv: DataView, page: number): void {
  if (dv.getUint32(page + Page.magic, true) !== MAGIC)
    throw new ModuleError("the module is not ipmp.wasm: its page does not begin with IPMP");
  const current = dv.getUint16(page + Page.abi_current, true);
  const minimum = dv.getUint16(page + Page.abi_minimum, true);
  if (current < VERSION.minimum || minimum > VERSION.current)
    throw new ModuleError(
      `ipmp.wasm has ABI ${current} and serves hosts from ABI ${minimum} on; ` +
        `this host has ABI ${VERSION.current} and drives modules from ABI ${VERSION.minimum} on`,
    );
}
