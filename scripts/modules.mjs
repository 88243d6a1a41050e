// The modules of the project: the one table that generator, build and tests go by.
//
// pages is all the memory a module ever has, 64 KiB each (minimum = maximum): what its layout.ts needs, rounded up; the
// compiler refuses fewer. `below` is what its design promises to stay below, where it promises anything; `shrink` is asc's
// --shrinkLevel: where speed is not everything, a smaller module.

export const MODULES = [
  { name: "ipmp", pages: 2048 },
  { name: "clms", pages: 40, below: 64, shrink: 1 },
];

/** Whether a file below assembly/ (its path relative to the project) may be part of a module: it is not another module's own. */
export function isSourceOf(name, path) {
  if (!path.endsWith(".ts") || path.includes("__tests__")) return false;
  return MODULES.every((m) => m.name === name || !new RegExp(`^assembly/(${m.name}/|${m.name}\\.ts$|abi/${m.name}\\.ts$)`).test(path));
}

/** What asc is told to compile one twin: target is release or debug, out the path of the .wasm. */
export function ascArguments(module, target, out, more = []) {
  const pages = String(module.pages);
  const memory = ["--initialMemory", pages, "--maximumMemory", pages];
  const shrink = module.shrink === undefined ? [] : ["--shrinkLevel", String(module.shrink)];
  return [`assembly/${module.name}.ts`, "--target", target, ...memory, ...shrink, "-o", out, ...more];
}
