// The host's side of the ABI: constants, struct layouts for DataView, and the type of the exports.
import { banner } from "./model.mjs";

export function hostFile(abi) {
  let out = banner(abi, "//");
  out += `\nexport const VERSION = ${JSON.stringify(abi.version)} as const;\n`;
  out += `\nexport const LIMIT = {\n${abi.limits.map((l) => `  /** ${l.doc} */\n  ${l.name}: ${l.value},\n`).join("")}} as const;\n`;
  out += `\nexport const ERRNO = {\n${abi.errnos.map((e) => `  /** ${e.doc} */\n  ${e.name}: ${e.value},\n`).join("")}} as const;\n`;
  out += `\n/** What an errno means, for people. */\nexport const ERRNO_TEXT: Readonly<Record<number, { name: string; text: string }>> = {\n`;
  for (const e of abi.errnos) out += `  ${e.value}: { name: "${e.name}", text: ${JSON.stringify(e.doc)} },\n`;
  out += "};\n";
  for (const e of abi.enums) {
    out += `\n/** ${e.doc} */\nexport const ${e.name} = {\n`;
    for (const m of e.members) out += `  /** ${m.doc} */\n  ${m.name}: ${m.value},\n`;
    out += `} as const;\nexport const ${e.name}_NAME: Readonly<Record<number, string>> = {\n`;
    for (const m of e.members) out += `  ${m.value}: "${m.name}",\n`;
    out += "};\n";
  }
  for (const s of abi.structs) {
    out += `\n/** ${s.doc} */\nexport const ${s.name} = {\n  SIZE: ${s.size},\n`;
    for (const f of s.fields) {
      if (f.name.startsWith("_")) continue;
      out += `  /** ${f.doc || f.name}: ${f.count === 1 ? f.type : `${f.count} × ${f.type}`} */\n  ${f.name}: ${f.off},\n`;
    }
    out += "} as const;\n";
  }
  out += `\n/** The exported functions. All arguments and results are 32-bit integers. */\nexport interface ${cap(abi.module)}Exports {\n  memory: WebAssembly.Memory;\n`;
  for (const f of abi.funcs) {
    const errors = (f.errors ?? []).map((e) => `-${e}`).join(", ");
    out += `  /** ${f.doc} Returns ${f.returns}${errors ? `; ${errors}` : ""}. ${f.cost}. */\n`;
    out += `  ${f.name}(${f.args.map(([n]) => `${n}: number`).join(", ")}): number;\n`;
  }
  return `${out}}\n`;
}

const cap = (s) => s[0].toUpperCase() + s.slice(1);
