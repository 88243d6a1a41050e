// The table of modules of scripts/modules.mjs, for tests: scripts/ is not compiled, so it is found from dist/tests/abi.

export interface Module {
  name: string;
  /** All the memory it ever has, 64 KiB each. */
  pages: number;
  /** Pages that its design promises to stay below. */
  below?: number;
}

interface Table {
  MODULES: Module[];
  isSourceOf(name: string, path: string): boolean;
  ascArguments(module: Module, target: "release" | "debug", out: string, more?: string[]): string[];
}

export const { MODULES, isSourceOf, ascArguments } = (await import(new URL("../../../scripts/modules.mjs", import.meta.url).href)) as Table;
