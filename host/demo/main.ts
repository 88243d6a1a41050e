// `holdfast demo`, what `npm start` shows: chooses the stage, plays the script on it, shows it, tells the result
// and removes everything again.
//
// Invariant: however it ends (play over, failure, Ctrl-C), the stage is closed and the terminal given back.

import { Director, type Watcher } from "./director.js";
import { DemoError, type Stage } from "./model.js";
import { type Options, parseOptions, USAGE } from "./options.js";
import { report } from "./report.js";
import type { Summary } from "./score.js";
import { pause, phases, play } from "./script.js";
import { PlainShow, ScreenShow, type Show } from "./show.js";
import { MemoryStage } from "./stage_memory.js";
import { RealStage, whyNotReal } from "./stage_real.js";

/** Ended from outside: by a signal. */
class Interrupted extends Error {
  constructor(readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`interrupted by ${signal}`);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Between the first packet of every stream and the first phase: what starts up (compilers, caches) is not measured. */
const SETTLE_MS = 1000;
const EXIT_USAGE = 2;
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Runs the demo; 0 only if the play went well. */
export async function demo(args: string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (e) {
    if (!(e instanceof DemoError)) throw e;
    process.stderr.write(`${e.message}\n`);
    return EXIT_USAGE;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const ending = new AbortController();
  const stop = (signal: NodeJS.Signals): void => ending.abort(new Interrupted(signal as Interrupted["signal"]));
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await run(options, ending);
  } catch (e) {
    return tell(e);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

async function run(options: Options, ending: AbortController): Promise<number> {
  const lacking = options.memory ? undefined : whyNotReal();
  const why = options.memory ? "--memory" : lacking && `real devices: ${lacking}`;
  const stage: Stage = why === undefined ? new RealStage() : new MemoryStage();
  const title = `two NICs as one, ${why === undefined ? "on real devices" : `on an in-memory LAN (${why})`}`;
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const redraw = process.stdout.isTTY === true && process.env.TERM !== "dumb" && !options.plain;
  if (!redraw) print(`Holdfast: ${title}`);
  const shown: { by: Show } = {
    by: redraw ? new ScreenShow(process.stdout, colour, options.ascii || asciiOnly()) : new PlainShow(print),
  };
  const director = direct(stage, title, shown, ending);
  try {
    const summary = await perform(stage, director, options, ending.signal);
    shown.by.close();
    print(redraw ? `Holdfast: ${title}\n` : "");
    for (const line of report(summary, director.disturbanceText, colour)) print(line);
    shown.by = new PlainShow(print);
    if (options.keep) await keep(stage, director, ending.signal);
    return finish(summary);
  } finally {
    director.stopTicking();
    shown.by.close();
    await stage.close();
  }
}

/** Wires a director to its stage and to whatever shows it at the moment. */
function direct(stage: Stage, title: string, shown: { readonly by: Show }, ending: AbortController): Director {
  const list = phases(stage.nics);
  const noticed = stage.kind === "real" ? `netlink messages about ${stage.group}` : `changes of ${stage.group} seen by the host's stack`;
  const watcher: Watcher = {
    step: (what) => {
      shown.by.step(stage.now(), what);
      shown.by.draw(director.view());
    },
    event: (e) => shown.by.event(e),
    begin: (index, phase) => shown.by.phase(stage.now(), index, list.length, phase),
    tick: () => shown.by.draw(director.view()),
  };
  const director = new Director(stage, title, list, watcher, noticed);
  director.onFatal = () => ending.abort(director.failure);
  return director;
}

/** Builds, plays, and sums up. */
async function perform(stage: Stage, director: Director, options: Options, signal: AbortSignal): Promise<Summary> {
  director.startTicking(false);
  await orAbort(stage.start(director, director.step), signal);
  director.startTicking(true);
  director.step("letting the streams run in");
  await pause(SETTLE_MS, signal);
  await play(stage, phases(stage.nics), options.seconds, director, signal);
  director.stopTicking();
  return director.score.summary();
}

/** Waits for work, but no longer than until the signal. */
function orAbort(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Stays until a signal, with hints what to try; events go on line by line. */
async function keep(stage: Stage, director: Director, signal: AbortSignal): Promise<void> {
  print("\nEverything stays as it is until Ctrl-C. Try, in another terminal:\n");
  for (const line of stage.hints()) print(`  ${line}`);
  print("");
  director.startTicking(true);
  await orAbort(new Promise<void>(() => {}), signal).catch((e) => {
    if (!(e instanceof Interrupted)) throw e;
  });
  print("removing everything");
}

function finish(summary: Summary): number {
  const good = summary.problems.length === 0;
  print(good ? "\ndemo: ok" : `\ndemo: failed, ${summary.problems.length} ${summary.problems.length === 1 ? "problem" : "problems"}`);
  return good ? 0 : 1;
}

/** Says why the demo ended early; the exit code. */
function tell(e: unknown): number {
  if (e instanceof Interrupted) {
    process.stderr.write(`demo: ${e.message}; everything is removed\n`);
    return EXIT_BY_SIGNAL[e.signal];
  }
  const known = e instanceof DemoError || (e instanceof Error && e.name === "LabError");
  process.stderr.write(`${known ? (e as Error).message : e instanceof Error ? e.stack : String(e)}\n`);
  return 1;
}

/** Whether the locale rules out anything but ASCII; an unset one does not. */
function asciiOnly(): boolean {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || "";
  return process.env.TERM === "linux" || (locale !== "" && !/utf-?8/i.test(locale));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
