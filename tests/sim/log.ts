// The log of a run for people: one line an event, with a legend. Made only for a schedule that is looked at.
//
//   12.345678 n3   =>4 STAGE    ballot 2.3 slot 17 records 2

import {
  CALL_NAME,
  CAUSE_NAME,
  DURABLE,
  DURABLE_NAME,
  ENGINE_NAME,
  EVENT,
  EVENT_NAME,
  Event,
  Header,
  LIMIT,
  MSG,
  MSG_NAME,
  Msg,
  Page,
  TransRec,
} from "../../host/core/abi/clms.js";
import { OPS, type Op, opText } from "./nemesis/ops.js";
import { title, type Violation } from "./recorder/ids.js";
import type { Recorder } from "./recorder/index.js";
import { ballotText, big, readRec, recText } from "./recorder/record.js";
import type { Observer, SimNode, World } from "./types.js";

const LINES_MAX = 100_000;

const LEGEND = [
  ["=>", "a message leaves for a node"],
  ["<=", "a message is given to the module; ! = what the module said to it"],
  ["++", "the node applied a record: it is decided"],
  ["**", "an event of the module"],
  ["on", "the node starts"],
  ["--", "the node dies"],
  ["##", "the nemesis acts"],
  ["cb", "a callback of a subsystem begins or ends"],
  ["ar", "the arbiter's register is read or written"],
  ["wr", "a write goes to the disk"],
  ["ok", "it and all before it are durable"],
  ["fe", "a fence"],
  ["sv", "the host takes or gives up a service"],
] as const;

/** Noise: probes, and heartbeats that say nothing new. */
const QUIET: ReadonlySet<number> = new Set([MSG.PROBE, MSG.PROBE_ACK]);

export class Chronicle {
  readonly lines: string[] = [];
  #world: World | null = null;
  readonly #applied = new Map<number, number>();
  #what = "";

  attach(world: World): void {
    this.#world = world;
  }

  #line(node: number, sign: string, text: string): void {
    if (this.lines.length >= LINES_MAX) return;
    const time = ((this.#world?.now ?? 0) / 1e9).toFixed(6);
    this.lines.push(`${time.padStart(11)} ${this.#name(node).padEnd(4)} ${sign} ${text}`);
  }

  /** A second process under a number has a prime. */
  #name(index: number): string {
    const node = this.#world?.nodes[index];
    return node === undefined ? "" : `n${node.id}${node.index === node.id ? "" : "'"}`;
  }

  operation(op: Op, _at: number): void {
    this.#line(0, "##", opText(op));
  }

  #message(node: SimNode, at: number): string {
    const { dv, u8 } = node.clms;
    const kind = u8[at + Msg.kind];
    const [ballot, slot, applied] = [big(dv, at + Msg.ballot), big(dv, at + Msg.slot), big(dv, at + Msg.applied)];
    const count = dv.getUint32(at + Msg.count, true);
    return `${(MSG_NAME[kind] ?? `kind ${kind}`).padEnd(11)} ballot ${ballotText(ballot)} slot ${slot} applied ${applied}${count ? ` records ${count}` : ""}`;
  }

  /** The observer that writes the log and then tells the recorder. */
  over(recorder: Recorder): Observer {
    const proxy = Object.create(recorder) as Observer;
    const wrap = <K extends keyof Observer>(key: K, before: (...args: Parameters<Observer[K]>) => void): void => {
      const inner = recorder[key].bind(recorder) as (...args: Parameters<Observer[K]>) => void;
      Object.defineProperty(proxy, key, {
        value: (...args: Parameters<Observer[K]>) => {
          before(...args);
          inner(...args);
        },
      });
    };
    wrap("onSend", (node, to, at) => {
      if (!QUIET.has(node.clms.u8[at + Msg.kind])) this.#line(node.index, "=>", `${to} ${this.#message(node, at)}`);
    });
    wrap("onReceive", (node, from, at) => {
      this.#what = QUIET.has(node.clms.u8[at + Msg.kind]) ? "" : `${from} ${this.#message(node, at)}`;
    });
    wrap("onVerdict", (node, verdict) => {
      if (this.#what !== "") this.#line(node.index, "<=", `${this.#what}${verdict === 0 ? "" : ` ! errno ${-verdict}`}`);
    });
    wrap("afterStep", (node) => this.#step(node));
    wrap("onBoot", (node, result) => {
      this.#applied.set(node.index, 0);
      const { clms } = node;
      this.#line(
        node.id,
        "on",
        `boot ${node.boot} result ${result} lineage ${clms.lineage} promised ${ballotText(clms.promised)} applied ${clms.applied}`,
      );
    });
    wrap("onCrash", (node) => this.#line(node.index, "--", "dies"));
    wrap("onEvent", (node, type, at) => this.#event(node, type, at));
    wrap("onCallback", (node, subsys, call, slot, _arg, status) => {
      this.#line(node.index, "cb", `subsystem ${subsys} ${CALL_NAME[call]} slot ${slot} ${status < 0 ? "begins" : `ends with ${status}`}`);
    });
    wrap("onService", (node, svc, held, token) => {
      this.#line(node.index, "sv", `service ${svc} ${held ? `taken with token ${token}` : "given up"}`);
    });
    wrap("onArbiter", (node, version, changed, register) => {
      const ballot = new DataView(register.buffer, register.byteOffset).getUint32(0, true);
      this.#line(
        node.id,
        "ar",
        `${changed ? "writes" : "reads"} version ${version} ballot ${ballotText(ballot)} set ${register[16].toString(2)}`,
      );
    });
    wrap("onFence", (node, target, inc, phase) => {
      this.#line(node.index, "fe", `node ${target} inc ${inc}: ${["asks", "killed", "answered ok", "answered failed"][phase] ?? phase}`);
    });
    wrap("onWrite", (node, op, slot, at) => {
      const { dv } = node.clms;
      const what =
        op === DURABLE.HEADER
          ? `lineage ${dv.getUint32(at + Header.lineage, true)} promised ${ballotText(big(dv, at + Header.promised))}`
          : `slot ${slot}`;
      this.#line(node.index, "wr", `${DURABLE_NAME[op]} ${what} number ${node.clms.pageWord(Page.durable_seq)}`);
    });
    wrap("onDurable", (node, seq) => this.#line(node.index, "ok", `durable up to ${seq}`));
    for (const key of ["onTrap", "onUse", "onRead", "onResume", "onDiverged", "onData", "onRequest"] as const) wrap(key, () => undefined);
    return proxy;
  }

  #step(node: SimNode): void {
    const was = this.#applied.get(node.index) ?? 0;
    const { applied, dv } = node.clms;
    if (applied === was) return;
    this.#applied.set(node.index, applied);
    for (let slot = Math.max(was + 1, node.clms.low); slot <= applied; slot++) {
      const at = node.clms.pageWord(Page.ring_base) + (slot % LIMIT.RING_MAX) * TransRec.SIZE;
      if (big(dv, at) === slot) this.#line(node.index, "++", recText(readRec(dv, at)));
    }
  }

  #event(node: SimNode, type: number, at: number): void {
    if (type === EVENT.APPLIED || type === EVENT.SUBSYS) return;
    const { dv } = node.clms;
    const [old, now] = [dv.getUint32(at + Event.old, true), dv.getUint32(at + Event.new, true)];
    const slot = big(dv, at + Event.slot);
    const about = dv.getUint16(at + Event.node, true);
    const states = type === EVENT.ENGINE ? `${ENGINE_NAME[old]} → ${ENGINE_NAME[now]}` : `${old} → ${now}`;
    const cause = dv.getUint8(at + Event.cause);
    const rest = [about ? `node ${about}` : "", slot ? `slot ${slot}` : "", cause ? CAUSE_NAME[cause] : ""].filter(Boolean).join(" ");
    this.#line(node.index, "**", `${EVENT_NAME[type] ?? type} ${states} ${rest}`.trimEnd());
  }

  /** The whole log, legend first. */
  text(): string {
    return [...legend(), "", ...this.lines].join("\n");
  }
}

export function legend(): string[] {
  const ops = Object.entries(OPS).map(([name, o]) => `#   ${name.padEnd(8)} ${o.legend}`);
  return [
    "# seconds, node, sign, text",
    ...LEGEND.map(([sign, text]) => `#   ${sign.padEnd(8)} ${text}`),
    "# operations of the nemesis",
    ...ops,
  ];
}

/** A schedule of faults, one operation a line; msg and nth: it waits for the nth message of that kind. */
export function scheduleText(ops: readonly Op[]): string[] {
  return ops.map((op) => `${(op.at / 1e9).toFixed(6).padStart(11)}      ## ${opText(op)}`);
}

export const violationText = (v: Violation): string =>
  `${title(v.id)}: ${v.node === 0 ? "" : `node ${v.node} `}at ${(v.at / 1e9).toFixed(6)} s: ${v.text}`;
