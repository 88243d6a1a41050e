// The loop: moves frames between the devices and the module, lets time pass in it, and hands out what it has to say.
//
// One turn: each device that has something gives one batch, which goes through one call of the module; control frames are
// queued on their NICs first, then the batch's frames, then all is sent; the batch is given back. Then time passes in the
// module: what arrived before a deadline that we are late for is heard before that deadline is.
// Turns follow each other while there is work, up to a bound; then Node's event loop has its turn.
//
// Events are handed out in order when nothing is half done, a few at a time between slices: whoever logs them takes longer
// than a failover, and the frames that it is about must not wait for that: the first is told some milliseconds later. A loop that
// does not run, or has a clock of its own, hands them out at once.
//
// Invariants
// - Only this thread touches the module, and never two calls at once: what arrives meanwhile waits for the next turn.
// - The module's time is that of the turn; it never goes back.
// - A trap stops the loop at once and is reported: the instance is then worth nothing. Nothing else is swallowed either.
// - Idle costs nothing: no timer runs unless the module has a deadline.
// - The loop closes no device: who opened one closes it, after taking it out here.

import type { IpmpEvent } from "./core/index.js";
import type { Ipmp } from "./core/ipmp.js";
import type { Device } from "./io/device.js";
import { Alarm } from "./loop/alarm.js";
import { Spin } from "./loop/spin.js";
import { type Port, Switchboard, type Tap, type TrafficStats } from "./loop/switchboard.js";

const BUDGET = 64;
const TURNS = 16;
/** A slice of turns ends after this long, so that link events never wait behind superframes. */
const SLICE_NS = 1_000_000n;
/** The first frames after a failover go before the first event of it: what is to be told is cold code. */
const TELL_AFTER_MS = 2;
/** Events are handed out for this long before frames are looked at again; at least one is. */
const TELL_NS = 100_000n;
/** Turns of a loop with its own clock, in which no time passes: more of them, and frames go in circles. */
const MANUAL_TURNS = 100_000;
/** Rounds of events that answer events; a handler that always causes another must not keep us for ever. */
const ROUNDS = 64;

export interface LoopOptions {
  /** frames one device gives in one turn; default 64 */
  budget?: number;
  /** turns before Node's event loop is let in; default 16 */
  turns?: number;
  /** microseconds to go on looking for frames under load before sleeping; default 0 */
  spinUs?: number;
  /**
   * The time in ns, which never goes back; default is the monotonic clock. A loop with a clock of its own arms no
   * timer: call step() after moving the clock.
   */
  clock?: () => bigint;
}

export interface LoopStats extends TrafficStats {
  turns: number;
  /** times a device reported frames while the loop slept */
  wakeups: number;
  events: number;
  /** turns that looked for frames in vain because of spinUs */
  spins: number;
}

export class Loop {
  /** Something happened in the module. May call command(). */
  onEvent: (event: IpmpEvent) => void = () => {};
  /** The module trapped; the loop has stopped for good. Without a handler the error becomes an uncaught exception. */
  onTrap: ((error: Error) => void) | undefined;

  readonly #ipmp: Ipmp;
  readonly #turns: number;
  readonly #clock: () => bigint;
  readonly #board: Switchboard;
  readonly #alarm: Alarm | undefined;
  #spin: Spin;
  #running = false;
  #trapped = false;
  /** a turn or a command is under way */
  #inside = false;
  #resume: NodeJS.Immediate | undefined;
  /** events that wait to be handed out */
  readonly #told: IpmpEvent[] = [];
  /** some wait to be handed out soon */
  #telling = false;
  #now = 0n;
  readonly #counts = { turns: 0, wakeups: 0, events: 0, spins: 0 };

  constructor(ipmp: Ipmp, options: LoopOptions = {}) {
    this.#ipmp = ipmp;
    this.#turns = Math.max(1, options.turns ?? TURNS);
    this.#clock = options.clock ?? (() => process.hrtime.bigint());
    this.#board = new Switchboard(ipmp, Math.max(1, options.budget ?? BUDGET));
    this.#alarm = options.clock ? undefined : new Alarm(() => this.#slice());
    this.#spin = new Spin(options.spinUs ?? 0);
  }

  /** Told when announcements of a group have been sent; `more`: first ones are still due. Must not call the module. */
  set onAnnounced(tell: (grp: number, at: bigint, more: boolean) => void) {
    this.#board.onAnnounced = tell;
  }

  // ── Devices ──

  /** Connects the device of a group's interface. */
  addGroup(grp: number, device: Device): void {
    this.#attach(this.#board.addGroup(grp, device));
  }

  removeGroup(grp: number): void {
    this.#board.removeGroup(grp);
  }

  /** Connects the device of a NIC. */
  addMember(phyint: number, device: Device): void {
    this.#attach(this.#board.addMember(phyint, device));
  }

  removeMember(phyint: number): void {
    this.#board.removeMember(phyint);
  }

  /** Lets somebody see the frames of every NIC, or (null) nobody; nobody costs nothing. */
  setTap(tap: Tap | null): void {
    this.#board.setTap(tap);
  }

  #attach(port: Port): void {
    if (this.#running) this.#startPort(port);
  }

  #startPort(port: Port): void {
    if (port.started) return;
    port.started = true;
    port.device.start(() => this.#wake(port));
    // What came in before the device was watched.
    this.#wake(port);
  }

  // ── Running ──

  /** Microseconds to go on looking for frames under load before sleeping, from now on. */
  set spinUs(us: number) {
    this.#spin = new Spin(us);
  }

  start(): void {
    if (this.#running || this.#trapped) return;
    this.#running = true;
    for (const port of this.#board.ports()) this.#startPort(port);
    this.#slice();
  }

  /** Stops for now: frames wait in their devices. */
  stop(): void {
    this.#running = false;
    this.#alarm?.clear();
    if (this.#resume) clearImmediate(this.#resume);
    this.#resume = undefined;
    if (!this.#trapped) this.#tell(true);
  }

  /** Stops, and has no device watched: a process that others take over from must not be woken by their frames. */
  rest(): void {
    this.stop();
    for (const port of this.#board.ports()) {
      port.bare.rest?.();
      port.started = false;
    }
  }

  /** Throws away what NICs have received: after a rest it is too old to be carried, or another process has carried it. */
  discard(): void {
    for (const port of this.#board.ports()) port.bare.discard?.();
  }

  /** Runs fn with the module's time set, then sends and hands out what came of it. Errors of fn are passed on. */
  command<T>(fn: () => T): T {
    if (this.#trapped) throw new Error("the module has trapped: this instance is worth nothing any more");
    // Inside an event handler the turn under way does the rest.
    if (this.#inside) return fn();
    this.#inside = true;
    try {
      this.#tick();
      const result = fn();
      this.#advance();
      this.#settle();
      return result;
    } catch (error) {
      if (isTrap(error)) this.#trap(error);
      else this.#settle();
      throw error;
    } finally {
      this.#inside = false;
      if (this.#alarm) this.#after(0);
      else if (this.#board.anyReady()) this.#slice();
    }
  }

  /** Runs turns until nothing is left to do at this time. What a loop with its own clock is driven by. */
  step(): void {
    for (const port of this.#board.ports()) port.ready = true;
    this.#slice();
  }

  /** The module has trapped: neither it nor this loop is of any use any more. */
  get trapped(): boolean {
    return this.#trapped;
  }

  stats(): LoopStats {
    return { ...this.#counts, ...this.#board.stats };
  }

  // ── Turns ──

  #wake(port: Port): void {
    if (port.removed) return;
    port.ready = true;
    // Whoever is at work, or about to be, looks at all ports that are ready.
    if (this.#inside || this.#resume || !this.#running) return;
    this.#counts.wakeups++;
    this.#slice();
  }

  #tick(): void {
    const now = this.#clock();
    if (now > this.#now) this.#now = now;
    this.#ipmp.setNow(this.#now);
  }

  /** Turns while there is work, up to the bounds. */
  #slice(): void {
    if (this.#inside || this.#trapped) return;
    this.#inside = true;
    let worked = 0;
    let left = this.#alarm ? this.#turns : MANUAL_TURNS;
    try {
      this.#tick();
      const end = this.#now + SLICE_NS;
      for (; left > 0; left--) {
        const frames = this.#turn();
        worked += frames;
        if (frames === 0 && !this.#board.anyReady()) break;
        if (this.#now >= end) break;
      }
      if (left === 0 && !this.#alarm) throw new Error(`the loop finds no end: frames go in circles (${MANUAL_TURNS} turns)`);
    } catch (error) {
      if (!isTrap(error)) throw error;
      this.#trap(error);
    } finally {
      this.#inside = false;
      if (this.#alarm) this.#after(worked);
    }
  }

  /** One turn; returns the frames it moved. */
  #turn(): number {
    this.#counts.turns++;
    let frames = 0;
    for (const port of this.#board.ports()) if (port.ready) frames += this.#board.pump(port);
    this.#tick();
    this.#advance();
    this.#settle();
    return frames;
  }

  /** Lets time pass in the module if it wants that. */
  #advance(): void {
    const deadline = this.#ipmp.deadline();
    if (deadline !== null && this.#now >= deadline) this.#ipmp.timeAdvance();
  }

  /** Sends the control frames and hands out the events there are, and those that come of handling them. */
  #settle(): void {
    for (let round = 0; round < ROUNDS; round++) {
      this.#board.sendControl();
      const events = this.#ipmp.events();
      if (events.length === 0) return;
      this.#counts.events += events.length;
      for (const event of events) this.#told.push(event);
      if (this.#alarm && this.#running) {
        this.#tellSoon();
        return;
      }
      this.#tell(true);
    }
  }

  /** Hands events out in a while, a few at a time. */
  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    setTimeout(() => this.#tellSome(), TELL_AFTER_MS);
  }

  #tellSome(): void {
    try {
      this.#tell(false);
    } catch (error) {
      if (!isTrap(error)) throw error;
      this.#trap(error);
    } finally {
      this.#telling = this.#told.length > 0 && !this.#trapped;
      if (this.#telling) setImmediate(() => this.#tellSome());
    }
  }

  /** Hands out the events that wait, all of them or as many as there is time for. An error is passed on when done. */
  #tell(all: boolean): void {
    let failure: { error: unknown } | undefined;
    const end = all ? undefined : this.#clock() + TELL_NS;
    for (let event = this.#told.shift(); event; event = this.#told.shift()) {
      try {
        this.onEvent(event);
      } catch (error) {
        if (isTrap(error)) throw error;
        failure ??= { error };
      }
      if (end !== undefined && this.#clock() >= end) break;
    }
    if (failure) throw failure.error;
  }

  /** After a slice: go on, look a little longer, or sleep. */
  #after(worked: number): void {
    if (!this.#running || this.#trapped) return;
    if (this.#board.anyReady() || this.#board.waiting()) {
      this.#spin.worked(this.#now, worked);
      this.#goOn();
      return;
    }
    if (this.#spin.worked(this.#now, worked)) {
      this.#counts.spins++;
      for (const port of this.#board.ports()) port.ready = true;
      this.#goOn();
      return;
    }
    this.#sleep();
  }

  /** Another slice, after Node's event loop has looked at everything else. */
  #goOn(): void {
    this.#resume ??= setImmediate(() => {
      this.#resume = undefined;
      this.#slice();
    });
  }

  /** Arms the timer for the module's deadline. */
  #sleep(): void {
    if (!this.#running || this.#trapped) return;
    this.#alarm?.set(this.#ipmp.deadline(), this.#now);
  }

  #trap(error: Error): void {
    this.#trapped = true;
    this.stop();
    const handler = this.onTrap;
    // Handled once the stack is clear: the handler closes devices that are in use further up.
    setImmediate(() => {
      if (!handler) throw error;
      handler(error);
    });
  }
}

function isTrap(error: unknown): error is Error {
  return error instanceof WebAssembly.RuntimeError;
}
