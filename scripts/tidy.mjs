// The project's own lint: the rules of its architecture that a general linter does not know.
//
//   node scripts/tidy.mjs          prints every problem as path:line: message [rule]; status 1 if there is one
//
// A rule is a function from one file ({ path, text, code }, where code is the text with comments and strings blanked
// out, positions kept) to problems ({ index, message }). tests/tidy proves of each that it fires and that it is kept.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const LINES_MAX = 450;
const COLUMNS_MAX = 140;
const IGNORED_FOLDERS = new Set(["node_modules", "dist", "build", ".git", ".cache"]);
const TEXT = /\.(ts|mjs|js|json|toml|md|c|h|sh|yml)$|(^|\/)(\.npmrc|\.editorconfig|\.gitignore|\.ci\/run|exports\.txt)$/;
const SOURCE = /\.(ts|mjs|js|c|h)$/;
const GENERATED = /^(assembly\/abi\/|host\/core\/abi\/|docs\/abi\/)|package-lock\.json$/;

/**
 * Layers of assembly/, lowest first: a file imports its own layer and lower ones only. Files of a module that are tables
 * (records, queues and indexes, no decisions) are named here; api*.ts is what the host calls; all others decide
 * (path and fsm).
 */
const IPMP_TABLES = new Set(["heap", "layout", "clock", "ctl", "event", "name", "valid", "addr_table", "resolve"]);
const CLMS_TABLES = new Set(["layout", "structs", "record", "bits", "event", "out", "mutant", "edges", "context"]);
const TABLES = { ipmp: IPMP_TABLES, clms: CLMS_TABLES };
const LAYERS = ["abi", "lib", "wire", "tables", "path and fsm", "api", "entry"];

function layerOf(path) {
  const [, folder, ...rest] = path.split("/");
  if (rest.length === 0) return LAYERS.indexOf("entry");
  if (folder === "abi" || folder === "lib" || folder === "wire") return LAYERS.indexOf(folder);
  const base = rest.at(-1).replace(/\.ts$/, "");
  if (/^api($|_)/.test(base)) return LAYERS.indexOf("api");
  return LAYERS.indexOf(TABLES[folder]?.has(base) ? "tables" : "path and fsm");
}

/** The text with comments and strings turned into blanks; line ends and positions stay. */
function blank(text) {
  const pattern = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;
  return text.replace(pattern, (m) => m.replace(/[^\n]/g, " "));
}

/** Every import of a file: what it names, and where that stands. */
function imports(file) {
  const pattern = /\b(?:import|export)\b[^;"]*?\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g;
  const found = [...file.text.matchAll(pattern)].filter((m) => file.code[m.index] === file.text[m.index]);
  return found.map((m) => ({ index: m.index, name: m[1] ?? m[2] }));
}

const target = (file, name) => (name.startsWith(".") ? posix.join(posix.dirname(file.path), name) : name);
const every = (text, pattern, message) => [...text.matchAll(pattern)].map((m) => ({ index: m.index, message: message(m[0]) }));
const inFolder = (path, ...folders) => folders.some((f) => path.startsWith(`${f}/`));
const isSpec = (path) => path.includes("/__tests__/");

/** assembly/ imports only itself, never upward, and its two modules never each other. */
function assemblyImports(file) {
  if (!inFolder(file.path, "assembly")) return [];
  return imports(file).flatMap(({ index, name }) => {
    const to = target(file, name);
    if (!inFolder(to, "assembly")) return [{ index, message: `assembly/ imports nothing outside itself, not "${name}"` }];
    const [from, into] = [file.path, to].map((p) => /^assembly\/(ipmp|clms)(\/|\.ts|$)/.exec(p)?.[1]);
    if (from && into && from !== into) return [{ index, message: `${from} and ${into} never import each other` }];
    if (isSpec(file.path)) return [];
    const [own, other] = [layerOf(file.path), layerOf(`${to}.ts`)];
    if (other <= own) return [];
    return [{ index, message: `${LAYERS[own]} imports upward, from ${LAYERS[other]} ("${name}")` }];
  });
}

/** Who may import what in host/ and beside it. */
function hostImports(file) {
  if (!inFolder(file.path, "host", "bench", "tests")) return [];
  return imports(file).flatMap(({ index, name }) => {
    const to = target(file, name);
    const wrong = (message) => [{ index, message: `${message} ("${name}")` }];
    if (inFolder(to, "assembly")) return wrong("only the compiled module is used outside assembly/");
    if (name === "koffi" && file.path !== "host/io/ffi.ts") return wrong("only host/io/ffi.ts imports koffi");
    if (name.startsWith("@assemblyscript/") && !inFolder(file.path, "host/core")) return wrong("only host/core imports the loader");
    if (inFolder(file.path, "host") && inFolder(to, "bench", "tests", "scripts", "abi")) return wrong("host/ imports only host/");
    if (inFolder(file.path, "host/core") && inFolder(to, "host") && !inFolder(to, "host/core"))
      return wrong("host/core imports only itself");
    return [];
  });
}

/** Exports of the module are called in host/core only; the loop makes the two batch calls itself. */
function hostExports(file) {
  if (!inFolder(file.path, "host") || inFolder(file.path, "host/core")) return [];
  const found = every(file.code, /\b(ipmp|clms)_[a-z_]+\b/g, (name) => `${name}: only host/core calls exports of the module`);
  const allowed = /^host\/loop(\.ts|\/)/.test(file.path) ? /^ipmp_(tx|rx)_batch:/ : /^$/;
  return found.filter((p) => !allowed.test(p.message));
}

function fileLength(file) {
  if (!SOURCE.test(file.path) || GENERATED.test(file.path)) return [];
  const lines = file.text.split("\n").length - 1;
  return lines > LINES_MAX ? [{ index: 0, message: `${lines} lines; at most ${LINES_MAX}` }] : [];
}

/** A string on one line: the formatter cannot break it, so its content does not count as columns. */
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

function lineLength(file) {
  if (!SOURCE.test(file.path) || GENERATED.test(file.path)) return [];
  let index = 0;
  const out = [];
  for (const line of file.text.split("\n")) {
    const columns = [...(/^\s*\/\//.test(line) ? line : line.replace(STRING, '""'))].length;
    if (columns > COLUMNS_MAX) out.push({ index, message: `${columns} columns; at most ${COLUMNS_MAX}` });
    index += line.length + 1;
  }
  return out;
}

/** Words put together here, so that this file does not hold them. */
const MARKERS = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`, "g");
const PLACES = new RegExp(["/wo" + "rk/", "/tmp/h" + "f\\b", "\\bregistry\\.[a-z0-9-]+\\.[a-z]", "\\bjf" + "rog\\b"].join("|"), "gi");

const markers = (file) => every(file.text, MARKERS, (m) => `"${m}": finish it, or write it down as an issue`);
const places = (file) => every(file.text, PLACES, (m) => `"${m}" names a place outside the project`);

/** No `new` and no array literal in a function of the core: each would allocate on every call. */
function allocation(file) {
  if (!inFolder(file.path, "assembly") || isSpec(file.path)) return [];
  const out = every(file.code, /\bnew\s+[A-Za-z_]\w*/g, (m) => `"${m}" allocates`);
  let depth = 0;
  for (let i = 0; i < file.code.length; i++) {
    const c = file.code[i];
    if (c === "{") depth++;
    else if (c === "}") depth--;
    else if (c === "[" && depth > 0 && /(?:[=(,:?[]|\breturn)\s*$/.test(file.code.slice(Math.max(0, i - 40), i)))
      out.push({ index: i, message: "an array literal in a function allocates on every call: lift it to memory.data" });
  }
  return out;
}

/** The arguments of the call whose "(" stands at `open`. */
function argumentsAt(code, open) {
  const args = [];
  let depth = 0;
  let from = open + 1;
  for (let i = open; i < code.length; i++) {
    const c = code[i];
    if (c === "(") depth++;
    else if (c === ")" && --depth === 0) return [...args, code.slice(from, i)];
    else if (c === "," && depth === 1) {
      args.push(code.slice(from, i));
      from = i + 1;
    }
  }
  return args;
}

const LITERAL = /^\s*(<\w+>)?\s*(\d|0x[\da-f_])/i;
const PLUS_LITERAL = /\+\s*(<\w+>)?\s*(?!0\b)(\d[\d_]*|0x[\da-f_]+)\s*$/i;

/** The shorter ways of the packet path: one load covers several fields, as drawn at the head of tx.ts; and the check of all tables. */
const OFFSETS_DRAWN = new Set(["assembly/ipmp/path/tx.ts", "assembly/ipmp/path/rx.ts", "assembly/ipmp/check.ts"]);

/** A word of a 16-byte address, by a variable of such a name. */
const ADDRESS_WORD = /^load<(u64>\([^,]*\b(NAMES)\s*[,+]\s*8|u32>\([^,]*\b(NAMES)\s*[,+]\s*(4|8|12))\s*\)$/.source.replaceAll(
  "NAMES",
  "addr|src|dst|target|at|a|b|to|from",
);

/**
 * Where a field stands in a frame is known to assembly/wire alone: no load or store at a literal offset elsewhere.
 * Tables know their own records, and an IPv6 address has words.
 */
function wireOffsets(file) {
  if (!inFolder(file.path, "assembly/ipmp", "assembly/clms") || isSpec(file.path)) return [];
  if (LAYERS[layerOf(file.path)] === "tables" || OFFSETS_DRAWN.has(file.path)) return [];
  const calls = [...file.code.matchAll(/\b(load|store)<\w+>\(|\b(?:read|write|get|put|be)\w*(?:16|32|64)\w*\(/gi)];
  return calls.flatMap((m) => {
    const args = argumentsAt(file.code, m.index + m[0].length - 1);
    const offset = args[m[1] === "store" ? 2 : 1];
    const literal = m[1] !== undefined && offset !== undefined && LITERAL.test(offset);
    if (!literal && !PLUS_LITERAL.test(args[0] ?? "")) return [];
    if (new RegExp(ADDRESS_WORD).test(`${m[0]}${args.join(",")})`)) return [];
    return [{ index: m.index, message: "a literal offset: name it in assembly/wire, assembly/abi or layout.ts" }];
  });
}

/** Every source file begins with a comment that says what it is; of a test, its name says so. */
function opening(file) {
  if (!SOURCE.test(file.path) || GENERATED.test(file.path) || /\.(test|spec)\.ts$/.test(file.path)) return [];
  return /^(#![^\n]*\n)?\s*(\/\/|\/\*)/.test(file.text) ? [] : [{ index: 0, message: "opens without a comment that says what it is" }];
}

export const RULES = {
  "assembly-imports": assemblyImports,
  "host-imports": hostImports,
  "host-exports": hostExports,
  "file-length": fileLength,
  "line-length": lineLength,
  markers,
  places,
  allocation,
  "wire-offsets": wireOffsets,
  opening,
};

/** All problems of one file, in order: { path, line, rule, message }. */
export function check(path, text) {
  const file = { path, text, code: SOURCE.test(path) ? blank(text) : text };
  const line = (index) => text.slice(0, index).split("\n").length;
  return Object.entries(RULES)
    .flatMap(([rule, find]) => find(file).map((p) => ({ path, line: line(p.index), rule, message: p.message })))
    .sort((a, b) => a.line - b.line);
}

/**
 * Circles of imports in the core, each once: [file, …, file]. files maps a path to its text; a specifier in the core has
 * no ending.
 */
export function circles(files) {
  const next = new Map();
  for (const [path, text] of files)
    if (inFolder(path, "assembly") && !isSpec(path))
      next.set(
        path,
        imports({ path, text, code: blank(text) }).map(({ name }) => `${target({ path }, name)}.ts`),
      );
  const found = [];
  const done = new Set();
  const visit = (path, trail) => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path]);
    if (done.has(path) || trail.includes(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found;
}

/** The project's text files, relative to its root. */
export function projectFiles(dir = ROOT) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const path = join(dir, e.name);
    if (e.isDirectory()) return IGNORED_FOLDERS.has(e.name) ? [] : projectFiles(path);
    const name = relative(ROOT, path);
    return TEXT.test(name) ? [name] : [];
  });
}

export function checkProject() {
  const files = new Map(projectFiles().map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));
  const round = circles(files).map((c) => ({ path: c[0], line: 1, rule: "circles", message: `imports go in a circle: ${c.join(" → ")}` }));
  return [...[...files].flatMap(([path, text]) => check(path, text)), ...round];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkProject();
  for (const p of problems) console.error(`${p.path}:${p.line}: ${p.message} [${p.rule}]`);
  if (problems.length > 0) console.error(`tidy: ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
