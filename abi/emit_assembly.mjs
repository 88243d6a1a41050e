// The core's side of the ABI: constants as u32, structs as @unmanaged views with their layout asserted.
import { banner } from "./model.mjs";

const constant = (name, value, doc) => `/** ${doc || name} */\n// @ts-ignore: decorator\n@inline export const ${name}: u32 = ${value};\n`;

export function assemblyFile(abi) {
  let out = banner(abi, "//");
  out += `\n${constant("ABI_CURRENT", abi.version.current, "ABI of this module")}`;
  out += constant("ABI_MINIMUM", abi.version.minimum, "oldest host ABI it serves");
  out += constant("SNAPSHOT_VERSION", abi.version.snapshot, "layout of the state region");
  out += "\n// Limits\n";
  for (const l of abi.limits) out += constant(l.name, l.value, l.doc);
  out += "\n// Error numbers\n";
  for (const e of abi.errnos) out += `/** ${e.doc} */\n// @ts-ignore: decorator\n@inline export const ${e.name}: i32 = ${e.value};\n`;
  for (const e of abi.enums) {
    out += `\n// ${e.name}: ${e.doc}\n`;
    for (const m of e.members) out += constant(`${e.name}_${m.name}`, m.value, m.doc);
  }
  for (const s of abi.structs) out += structView(s);
  return out;
}

/** Arrays and nested structs become a first element and a `FIELD_OFF` constant; the rest of them is padding the view never names. */
function structView(s) {
  let out = `\n/** ${s.doc} */\n@unmanaged export class ${s.name} {\n`;
  for (const f of s.fields) {
    if (f.scalar && f.count === 1) {
      out += `  ${f.name}: ${f.type};\n`;
    } else {
      for (let at = f.off, end = f.off + f.size * f.count; at < end; ) {
        const bytes = [8, 4, 2, 1].find((n) => at % n === 0 && at + n <= end);
        out += `  private _${at}: u${bytes * 8};\n`;
        at += bytes;
      }
    }
  }
  out += `}\nif (offsetof<${s.name}>() != ${s.size}) ERROR("${s.name} is ABI: ${s.size} bytes");\n`;
  out += constant(`${s.name}_SIZE`, s.size, `bytes of a ${s.name}`);
  for (const f of s.fields) {
    if (f.name.startsWith("_")) continue;
    if (f.scalar && f.count === 1)
      out += `if (offsetof<${s.name}>("${f.name}") != ${f.off}) ERROR("${s.name}.${f.name} is at ${f.off}");\n`;
    else out += constant(`${s.name}_${f.name}_OFF`, f.off, `${f.doc || f.name}: ${f.count} × ${f.type}`);
  }
  return out;
}
