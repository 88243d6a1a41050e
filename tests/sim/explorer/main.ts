// `npm run sim -- --explore`: runs the explorer over its scenes and tells what was visited.
//
// Invariant: a scene ends with what is broken, or at a bound; without one it is over when all has been visited.

import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Clms } from "../../../host/core/clms.js";
import { instantiateClms } from "../../../host/core/load.js";
import { title } from "../recorder/ids.js";
import { Explorer, type Limits, type Outcome } from "./explore.js";
import { Machine, Untracked } from "./machine.js";
import { Nodes } from "./node.js";
import { configuration, genesis, SCENES, type Scene } from "./scene.js";
import { Values } from "./values.js";

/** Explores one scene; begins again whenever a chunk of memory turns out to be touched that no image holds. */
export function exploreScene(module: WebAssembly.Module, scene: Scene, limits: Limits, tell?: (line: string) => void): Outcome {
  const touched: number[] = [];
  while (true)
    try {
      const nodes = new Nodes(new Machine(instantiateClms(module), touched), new Values(genesis, scene.mode), configuration(scene.mode));
      return new Explorer(nodes, scene).run(limits, tell);
    } catch (error) {
      if (!(error instanceof Untracked)) throw error;
      tell?.(`${scene.name}: begins again, ${touched.length} chunks of memory are watched now`);
    }
}

export function outcomeText(o: Outcome): string {
  const n = (x: number) => x.toLocaleString("en");
  const branching = (o.transitions / Math.max(1, o.states)).toFixed(2);
  const how = o.violation ? `BROKEN: ${title(o.violation.id)}` : o.complete ? "all visited" : "bounded";
  return (
    `${o.scene.padEnd(18)} ${n(o.states)} states, depth ${o.depth}, branching ${branching}, ${n(o.steps)} steps of the module, ` +
    `${n(o.locals)} states of a node, ${n(o.takeovers)} states after a takeover, ${n(o.judged)} judged, ${o.seconds.toFixed(1)} s: ${how}`
  );
}

export interface ExploreOptions {
  /** transitions from the beginning, states of a scene; wall time in minutes, shared by the scenes; without: no bound */
  depth?: number;
  states?: number;
  minutes?: number;
  /** names of scenes; all without */
  scenes?: readonly string[];
  /** path of a module; the release without */
  wasm?: string;
}

/** Explores the scenes one after the other: `print` gets what was visited and what is broken, `tell` the progress. */
export async function runExplorer(
  o: ExploreOptions,
  print: (line: string) => void = console.log,
  tell: (line: string) => void = () => {},
): Promise<Outcome[]> {
  const unknown = o.scenes?.find((name) => !SCENES.some((s) => s.name === name));
  if (unknown !== undefined) throw new Error(`no scene "${unknown}"`);
  const scenes = SCENES.filter((s) => !o.scenes || o.scenes.includes(s.name));
  const module = await Clms.compile(o.wasm === undefined ? undefined : new Uint8Array(await readFile(o.wasm)));
  const none = Number.POSITIVE_INFINITY;
  const limits = { depth: o.depth ?? none, states: o.states ?? none, ms: ((o.minutes ?? none) * 60_000) / scenes.length };
  return scenes.map((scene) => {
    const outcome = exploreScene(module, scene, limits, tell);
    print(outcomeText(outcome));
    if (outcome.violation) {
      print(`${title(outcome.violation.id)}: ${outcome.violation.text}`);
      for (const line of outcome.violation.path) print(`  ${line}`);
    }
    return outcome;
  });
}

/** The command: 0, or 3 if an invariant is broken; the last line counts what was visited. */
export async function exploreMain(
  o: ExploreOptions,
  json: string | null = null,
  print: (line: string) => void = console.log,
  tell: (line: string) => void = () => {},
): Promise<number> {
  const start = performance.now();
  const outcomes = await runExplorer(o, print, tell);
  if (json !== null) writeFileSync(json, `${JSON.stringify(outcomes, null, 2)}\n`);
  const broken = outcomes.filter((x) => x.violation !== null).length;
  const states = outcomes.reduce((sum, x) => sum + x.states, 0).toLocaleString("en");
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  print(`sim: ${states} states of ${outcomes.length} scenes in ${seconds} s, ${broken} violations`);
  return broken > 0 ? 3 : 0;
}
