// R2.4 and the flag rules of R1.9 as a model of a few lines, written from their text alone: whoever reads both can compare
// them sentence by sentence. It knows nothing of the module.
//
// Invariants: members stand in the order they joined; a member that is failed or offline is not inactive.

export interface ModelMember {
  id: number;
  standby: boolean;
  inactive: boolean;
  /** no carrier */
  failed: boolean;
  offline: boolean;
}

const functioning = (m: ModelMember): boolean => !m.failed && !m.offline;
const active = (m: ModelMember): boolean => functioning(m) && !m.inactive;

export class ArithmeticModel {
  constructor(
    readonly failback: boolean,
    public members: ModelMember[] = [],
  ) {}

  clone(): ArithmeticModel {
    return new ArithmeticModel(
      this.failback,
      this.members.map((m) => ({ ...m })),
    );
  }

  /** Members that are active, in order. */
  get active(): number[] {
    return this.members.filter(active).map((m) => m.id);
  }

  /** "FAILED if 0 usable, OK if all usable, else DEGRADED." */
  get state(): "FAILED" | "OK" | "DEGRADED" {
    const usable = this.members.filter(functioning).length;
    return usable === 0 ? "FAILED" : usable === this.members.length ? "OK" : "DEGRADED";
  }

  #of(id: number): ModelMember {
    const m = this.members.find((x) => x.id === id);
    if (!m) throw new Error(`no member ${id}`);
    return m;
  }

  get #wanted(): number {
    return this.members.filter((m) => !m.standby).length;
  }

  /** "Transition to running of member m"; `failed`: the group was failed before it. */
  #run(m: ModelMember, from: "start" | "offline" | "failed", groupFailed: boolean): void {
    m.failed = m.offline = m.inactive = false;
    const others = this.members.filter((x) => x !== m && active(x));
    if (m.standby) {
      // 1. INACTIVE iff nactive ≥ nnonstandby; but of standbys alone one works (R8.26).
      m.inactive = others.length >= this.#wanted && others.length > 0;
    } else if (from === "failed" && !this.failback && !groupFailed) {
      // 3. FAILBACK=no, not first start, group not failed.
      m.inactive = true;
    } else if (others.length >= this.#wanted) {
      // 2. active; and if nactive ≥ nnonstandby while some standby is active, that one rests.
      const standby = others.find((x) => x.standby);
      if (standby) standby.inactive = true;
    }
  }

  /** "Prefers INACTIVE+STANDBY, then any INACTIVE; only functioning ones." */
  #activateAnother(): void {
    const waiting = this.members.filter((m) => functioning(m) && m.inactive);
    const next = waiting.find((m) => m.standby) ?? waiting[0];
    if (next) next.inactive = false;
  }

  /** "Clear INACTIVE if nactive == 0 or nactive < nnonstandby; set if nactive > nnonstandby", the changed member first. */
  #refresh(changed: ModelMember): void {
    const order = [changed, ...this.members.filter((m) => m !== changed)];
    const work = (inactive: boolean): ModelMember | undefined => order.find((m) => m.standby && functioning(m) && m.inactive === inactive);
    while (this.active.length === 0 || this.active.length < this.#wanted) {
      const m = work(true);
      if (!m) break;
      m.inactive = false;
    }
    while (this.active.length > Math.max(this.#wanted, 1)) {
      const m = work(false);
      if (!m) break;
      m.inactive = true;
    }
    if (this.active.length === 0) this.#activateAnother();
  }

  /**
   * What Holdfast asks beyond the text, after each event: as many standbys work as are needed, at once, not at the next
   * event that R2.4 speaks of. Returns whether that changed anything.
   */
  level(): boolean {
    const before = this.active.join();
    const standby = (inactive: boolean): ModelMember | undefined =>
      this.members.find((m) => m.standby && functioning(m) && m.inactive === inactive);
    for (let m = standby(true); m && this.active.length < this.#wanted; m = standby(true)) m.inactive = false;
    for (let m = standby(false); m && this.active.length > Math.max(this.#wanted, 1); m = standby(false)) m.inactive = true;
    return this.active.join() !== before;
  }

  join(id: number, standby: boolean, carrier: boolean): void {
    const groupFailed = this.state === "FAILED";
    const m = { id, standby, inactive: false, failed: false, offline: false };
    this.members.push(m);
    this.#run(m, "start", groupFailed);
    // "Carrier is initialised as up, so an already-down link appears as a transition."
    if (!carrier) this.lost(id);
  }

  leave(id: number): void {
    const m = this.#of(id);
    const wasStandbyAtWork = m.standby && active(m);
    this.members = this.members.filter((x) => x !== m);
    if (this.active.length === 0 || wasStandbyAtWork) this.#activateAnother();
  }

  lost(id: number): void {
    const m = this.#of(id);
    const was = active(m);
    m.failed = true;
    if (m.offline) return; // "only FAILED flag changes"
    m.inactive = false;
    if (was) this.#activateAnother();
  }

  repaired(id: number): void {
    const m = this.#of(id);
    if (m.offline) m.failed = false;
    else this.#run(m, "failed", this.state === "FAILED");
  }

  offline(id: number): void {
    const m = this.#of(id);
    const was = active(m);
    m.offline = true;
    m.inactive = false;
    if (was) this.#activateAnother();
  }

  undo(id: number): void {
    const m = this.#of(id);
    if (m.failed) m.offline = false;
    else this.#run(m, "offline", this.state === "FAILED");
  }

  /** False: refused. */
  setStandby(id: number): boolean {
    const m = this.#of(id);
    if (m.standby) return true;
    if (m.inactive) return false;
    m.standby = true;
    m.inactive = functioning(m);
    this.#refresh(m);
    return true;
  }

  clearStandby(id: number): void {
    const m = this.#of(id);
    if (!m.standby) return;
    m.standby = m.inactive = false;
    this.#refresh(m);
  }
}
