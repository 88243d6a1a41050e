// as-pect: specs of the core, next to what they test. HOLDFAST_SPECS names files, separated by commas, to run only these.
export default {
  entries: process.env.HOLDFAST_SPECS?.split(",") ?? ["assembly/**/__tests__/*.spec.ts"],
  include: [],
  disclude: [/node_modules/],
  async instantiate(_memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: {} }));
  },
  outputBinary: false,
};
