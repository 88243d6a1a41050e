// Which links are cut, and which nodes therefore stand on which side.
//
// Invariant: `side` names, for each node, everybody that it reaches in both directions, directly or through others: two
// nodes of equal side are in one partition; the empty text means that nothing is cut.

import type { World } from "../types.js";

export class Cuts {
  readonly #cut = new Set<number>();
  #sides: string[] | null = null;
  #count = 0;
  /** called after every change */
  onChange: () => void = () => undefined;

  #key(from: number, to: number): number {
    return from * 4096 + to;
  }

  cut(world: World, from: number, to: number, on: boolean): void {
    if (from === to || !world.nodes[from] || !world.nodes[to]) return;
    if (on) this.#cut.add(this.#key(from, to));
    else this.#cut.delete(this.#key(from, to));
    world.cut(from, to, on);
    this.#changed(world);
  }

  #changed(world: World): void {
    this.#sides = null;
    this.#count = world.nodes.length;
    this.onChange();
  }

  #all(world: World): number[] {
    return world.nodes.filter(Boolean).map((n) => n.index);
  }

  /** Cuts every directed pair that `cuts` says. */
  #pairs(world: World, cuts: (from: number, to: number) => boolean): void {
    const all = this.#all(world);
    for (const a of all) for (const b of all) if (a !== b && cuts(a, b)) this.cut(world, a, b, true);
  }

  split(world: World, group: readonly number[]): void {
    const inside = new Set(group);
    this.#pairs(world, (a, b) => inside.has(a) !== inside.has(b));
  }

  oneway(world: World, n: number, deaf: boolean): void {
    this.#pairs(world, (a, b) => (deaf ? b === n : a === n));
  }

  ring(world: World): void {
    const all = this.#all(world);
    const reach = Math.floor(all.length / 2) >> 1 || 1;
    const apart = (a: number, b: number) => {
      const d = Math.abs(all.indexOf(a) - all.indexOf(b));
      return Math.min(d, all.length - d) > reach;
    };
    this.#pairs(world, apart);
  }

  bridge(world: World, n: number): void {
    const rest = this.#all(world).filter((i) => i !== n);
    const half = new Set(rest.slice(0, rest.length >> 1));
    this.#pairs(world, (a, b) => a !== n && b !== n && half.has(a) !== half.has(b));
  }

  mend(world: World): void {
    if (this.#cut.size === 0) return;
    for (const key of [...this.#cut]) world.cut(Math.floor(key / 4096), key % 4096, false);
    this.#cut.clear();
    this.#changed(world);
  }

  side(index: number): string {
    if (this.#cut.size === 0) return "";
    this.#sides ??= this.#work();
    return this.#sides[index] ?? "";
  }

  #work(): string[] {
    const sides: string[] = [];
    for (let start = 1; start < this.#count; start++) {
      if (sides[start] !== undefined) continue;
      const group = [start];
      for (const a of group)
        for (let b = 1; b < this.#count; b++)
          if (!group.includes(b) && !this.#cut.has(this.#key(a, b)) && !this.#cut.has(this.#key(b, a))) group.push(b);
      const name = group.sort((a, b) => a - b).join(",");
      for (const i of group) sides[i] = name;
    }
    return sides;
  }
}
