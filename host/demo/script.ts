// The play: which phases there are, in which order, and what is done at the start of each. Knows no device: it
// drives a Stage, and tells a listener when a phase begins and ends.

import type { Stage } from "./model.js";

export type Action = "none" | "cut" | "repair";

export interface Phase {
  action: Action;
  /** index of the NIC it is about, -1 for none */
  nic: number;
  /** what the viewer is told */
  text: string;
  /** what the summary calls it */
  label: string;
}

/** Both NICs in turn: cut, repair, so that every address and stream has moved at least once. */
export function phases(nics: readonly string[]): Phase[] {
  const list: Phase[] = [{ action: "none", nic: -1, text: "both links up, traffic on both NICs", label: "undisturbed" }];
  for (const [nic, name] of nics.entries()) {
    list.push({ action: "cut", nic, text: `link of ${name} cut: its traffic and addresses move`, label: `${name} cut` });
    list.push({ action: "repair", nic, text: `link of ${name} repaired: it takes its share again`, label: `${name} repaired` });
  }
  return list;
}

export interface ScriptListener {
  /** called right before the phase's action */
  begin(index: number, phase: Phase): void;
  /** called after the phase's time, before the next begins */
  end(index: number, phase: Phase): Promise<void>;
}

/** Sleeps, or throws the signal's reason when it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Plays every phase for `seconds` each. */
export async function play(stage: Stage, list: Phase[], seconds: number, listener: ScriptListener, signal: AbortSignal): Promise<void> {
  for (const [index, phase] of list.entries()) {
    signal.throwIfAborted();
    listener.begin(index, phase);
    if (phase.action === "cut") await stage.cut(phase.nic);
    if (phase.action === "repair") await stage.repair(phase.nic);
    await pause(seconds * 1000, signal);
    await listener.end(index, phase);
  }
}
