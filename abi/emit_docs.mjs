// What people read of the ABI: a C header, the reference page, the export list by release.
import { banner } from "./model.mjs";

const C_TYPE = { u8: "uint8_t", u16: "uint16_t", u32: "uint32_t", u64: "uint64_t", i32: "int32_t" };

export function headerFile(abi) {
  const M = abi.module.toUpperCase();
  let out = `/* ${abi.title}.\n * Generated from abi/${abi.module}.toml by abi/generate.mjs: do not edit. */\n`;
  out += `#ifndef HOLDFAST_${M}_H\n#define HOLDFAST_${M}_H\n#include <stdint.h>\n\n`;
  for (const [k, v] of Object.entries(abi.version)) out += `#define ${M}_VERSION_${k.toUpperCase()} ${v}\n`;
  out += "\n/* Limits */\n";
  for (const l of abi.limits) out += `#define ${M}_${l.name} ${l.value} /* ${l.doc} */\n`;
  out += "\n/* Error numbers; functions return them negated */\n";
  for (const e of abi.errnos) out += `#define ${M}_${e.name} ${e.value} /* ${e.doc} */\n`;
  for (const e of abi.enums) {
    out += `\n/* ${e.doc} */\n`;
    for (const m of e.members) out += `#define ${M}_${e.name}_${m.name} ${m.value} /* ${m.doc} */\n`;
  }
  for (const s of abi.structs) {
    out += `\n/* ${s.doc} */\nstruct ${abi.module}_${s.name.toLowerCase()} {\n`;
    for (const f of s.fields) {
      const type = C_TYPE[f.type] ?? `struct ${abi.module}_${f.type.toLowerCase()}`;
      out += `  ${type} ${f.name}${f.count > 1 ? `[${f.count}]` : ""};${f.doc ? ` /* ${f.doc} */` : ""}\n`;
    }
    out += `};\n_Static_assert(sizeof(struct ${abi.module}_${s.name.toLowerCase()}) == ${s.size}, "${s.name}");\n`;
  }
  out += "\n/* Functions: exports of the module, called through the runtime of your choice */\n";
  for (const f of abi.funcs) {
    out += `\n/* ${f.doc}\n * Returns ${f.returns}${f.errors ? `; ${f.errors.map((e) => `-${M}_${e}`).join(", ")}` : ""}. ${f.cost}. */\n`;
    out += `int32_t ${f.name}(${f.args.map(([n]) => `uint32_t ${n}`).join(", ") || "void"});\n`;
  }
  return `${out}\n#endif\n`;
}

export function referenceFile(abi) {
  let out = `<!--${banner(abi, "").trimEnd()} -->\n# ${abi.module}.wasm: the ABI\n\n${abi.title}. `;
  out += `ABI version ${abi.version.current} (serves hosts from ${abi.version.minimum}), snapshot version ${abi.version.snapshot}.\n\n`;
  out +=
    "Every argument and result is a 32-bit integer. A negative result is an error number, negated; nothing has changed then. A handle that is not in use gives `-ENOENT`.\n";
  out += "\n## Functions\n";
  for (const f of abi.funcs) {
    out += `\n### \`${f.name}(${f.args.map(([n]) => n).join(", ")})\`\n\n${f.doc}\n\n`;
    for (const [n, d] of f.args) out += `- \`${n}\`: ${d}\n`;
    out += `- returns ${f.returns}\n`;
    if (f.errors) out += `- errors: ${f.errors.map((e) => `\`-${e}\``).join(", ")}\n`;
    out += `- cost: ${f.cost}\n- since ${f.since}${f.source ? `; after: ${f.source}` : ""}\n`;
  }
  out += "\n## Limits\n\n| name | value | |\n|---|---|---|\n";
  for (const l of abi.limits) out += `| ${l.name} | ${l.value} | ${l.doc} |\n`;
  out += "\n## Error numbers\n\n| name | value | meaning |\n|---|---|---|\n";
  for (const e of abi.errnos) out += `| ${e.name} | ${e.value} | ${e.doc} |\n`;
  out += "\n## Enumerations\n";
  for (const e of abi.enums) {
    out += `\n### ${e.name}\n\n${e.doc}\n\n| name | value | meaning |\n|---|---|---|\n`;
    for (const m of e.members) out += `| ${m.name} | ${m.value > 255 ? `0x${m.value.toString(16)}` : m.value} | ${m.doc} |\n`;
  }
  out += "\n## Structs\n";
  for (const s of abi.structs) {
    out += `\n### ${s.name}, ${s.size} bytes\n\n${s.doc}\n\n| offset | field | type | |\n|---|---|---|---|\n`;
    for (const f of s.fields)
      if (!f.name.startsWith("_")) out += `| ${f.off} | ${f.name} | ${f.type}${f.count > 1 ? ` × ${f.count}` : ""} | ${f.doc} |\n`;
  }
  return out;
}

/** One exported function a line, grouped by the release that added it. */
export function exportsFile(abis) {
  const funcs = abis.flatMap((a) => a.funcs);
  const releases = [...new Set(funcs.map((f) => f.since))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return releases
    .map(
      (r) =>
        `# ${r}\n${funcs
          .filter((f) => f.since === r)
          .map((f) => `${f.name}\n`)
          .join("")}`,
    )
    .join("\n");
}
