// The ABI as data: sizes and offsets worked out, and everything that is wrong in the source refused.
const SCALAR = { u8: 1, u16: 2, u32: 4, u64: 8, i32: 4 };

/** Turns the parsed TOML into { version, limits, errnos, enums, structs, funcs }, or throws naming the culprit. */
export function resolve(src) {
  const sizes = new Map(Object.entries(SCALAR));
  const structs = order(src.struct).map((s) => {
    let at = 0;
    const fields = s.fields.map(([name, type, count, doc]) => {
      const size = sizes.get(type);
      if (size === undefined) throw new Error(`${src.module}: ${s.name}.${name}: unknown type ${type}`);
      if (at % Math.min(size, 8) !== 0) throw new Error(`${src.module}: ${s.name}.${name} at ${at} is not aligned for ${type}`);
      const field = { name, type, count, doc, off: at, size, scalar: type in SCALAR };
      at += size * count;
      return field;
    });
    if (at !== s.size) throw new Error(`${src.module}: ${s.name} has ${at} bytes, not ${s.size}: pad it by hand`);
    if (at % 8 !== 0) throw new Error(`${src.module}: ${s.name} is not a multiple of 8 bytes`);
    sizes.set(s.name, at);
    return { ...s, fields };
  });
  const errnos = Object.entries(src.errno).map(([name, [value, doc]]) => ({ name, value, doc }));
  const known = new Set(errnos.map((e) => e.name));
  for (const f of src.func)
    for (const e of f.errors ?? []) if (!known.has(e)) throw new Error(`${src.module}: ${f.name}: unknown errno ${e}`);
  const enums = src.enum.map((e) => ({
    ...e,
    members: Object.entries(e.values).map(([name, [value, doc]]) => ({ name, value, doc })),
  }));
  return { module: src.module, title: src.title, version: src.version, limits: src.limit, errnos, enums, structs, funcs: src.func };
}

/** Structs that others contain come first. */
function order(structs) {
  const byName = new Map(structs.map((s) => [s.name, s]));
  const out = new Set();
  const visit = (s) => {
    for (const [, type] of s.fields) if (byName.has(type)) visit(byName.get(type));
    out.add(s);
  };
  structs.forEach(visit);
  return [...out];
}

export const banner = (abi, mark) => `${mark} Generated from abi/${abi.module}.toml by abi/generate.mjs: do not edit.\n`;
