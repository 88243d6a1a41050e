// `npm run sim -- --explore`: runs the explorer over its scenes and tells what was visited.

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
  depth?: number;
  minutes?: number;
  /** names of scenes; all without */
  scenes?: readonly string[];
  /** path of a module; the release without */
  wasm?: string;
}

/** Explores all scenes, each for its share of the time; true if nothing is broken. */
export async function runExplorer(o: ExploreOptions, print: (line: string) => void = console.log): Promise<boolean> {
  const scenes = SCENES.filter((s) => !o.scenes || o.scenes.includes(s.name));
  const module = await Clms.compile(o.wasm === undefined ? undefined : new Uint8Array(await readFile(o.wasm)));
  const ms = ((o.minutes ?? 5) * 60_000) / Math.max(1, scenes.length);
  let good = scenes.length > 0;
  for (const scene of scenes) {
    const outcome = exploreScene(module, scene, { depth: o.depth ?? Number.MAX_SAFE_INTEGER, states: 20_000_000, ms }, print);
    print(outcomeText(outcome));
    if (!outcome.violation) continue;
    good = false;
    print(`${title(outcome.violation.id)}: ${outcome.violation.text}`);
    for (const line of outcome.violation.path) print(`  ${line}`);
  }
  return good;
}
