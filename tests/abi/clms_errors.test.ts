import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type ClmsExports,
  DURABLE,
  ERRNO,
  EVENT,
  LIMIT,
  MODE,
  Msg,
  NodeConf,
  NS,
  PARAM,
  Page,
  PROFILE,
  REQ,
  Report,
  STAGE,
  Subsys,
  TransRec,
} from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import type { NodeOptions } from "../../host/core/clms_conf.js";
import { rehash, restamp, viewOf } from "../hostile/clms_craft.js";
import { GONE, OWN, type StateName, SVC, stage } from "./clms_stage.js";
import { type Case, type Cases, combinations, everyErrno, functionsOf, judged } from "./errors.js";

const s = await stage();
const clms = new Clms(s.module);
Object.defineProperty(clms, "x", { value: judged("clms", clms.x, ERRNO) });
const { x, inbox, u8, dv, put } = clms;
const STRANGER = LIMIT.NODE_MAX;
const NOBODY = 0xffff_ffff;

/** The state that a case is asked in, where that is not "member". */
const where = new Map<Case, StateName>();
function at(name: StateName, call: Case): Case {
  where.set(call, name);
  return call;
}

/** Puts the instance into a state. */
function enter(name: StateName): void {
  const saved = s.states.get(name);
  u8.fill(0, inbox, inbox + LIMIT.MSG_MAX);
  if (saved === undefined) clms.reset(1);
  else {
    clms.state().set(saved);
    assert.equal(x.clms_restore(), 0, `the state "${name}" was saved and is not taken back`);
  }
}

/** A start on an empty disk with the configuration of the stage, changed in this; then the inbox. */
const starts = (change: Partial<NodeOptions>, then: () => void = () => {}): Case =>
  at("nothing", () => {
    put.node({ ...s.conf, ...change });
    then();
    return x.clms_node_start();
  });

const genesis = (count: number, votes = 1) => Array.from({ length: count }, (_, i) => ({ node: i + 1, votes }));

/** The heartbeat, changed and sealed again. */
const receives = (change: (dv: DataView) => void, seal = true): Case => {
  return () => {
    const bytes = s.commit.slice();
    change(viewOf(bytes));
    return clms.receive(seal ? restamp(bytes) : bytes);
  };
};

/** A merge that is begun, and in it the own report with some fields changed and `more` bytes behind it; what adding it gives. */
function adds(change: (dv: DataView, base: number) => void, more: Uint8Array = new Uint8Array()): number {
  const base = clms.applied;
  clms.mergeBegin(base);
  const report = clms.report(base).slice(0, Report.SIZE);
  change(viewOf(report), base);
  put.bytes(Uint8Array.of(...report, ...more));
  return x.clms_merge_add(inbox, report.length + more.length);
}

/** Ends a merge in which the only report says that slot base + 1 is decided, with this record there. */
function finishes(record: Uint8Array): number {
  const looked = adds((r, base) => {
    for (const field of [Report.from, Report.low, Report.applied, Report.last]) r.setBigUint64(field, BigInt(base + 1), true);
    r.setBigUint64(Report.applied_hash, viewOf(record).getBigUint64(TransRec.self_hash, true), true);
  }, record);
  assert.equal(looked, 1);
  return x.clms_merge_finish();
}

/** A DUMMY for the next slot that does not follow from what is applied. */
function foreign(stageOf: number): Uint8Array {
  const record = new Uint8Array(TransRec.SIZE);
  const r = viewOf(record);
  r.setBigUint64(TransRec.slot, BigInt(clms.applied + 1), true);
  r.setBigUint64(TransRec.mono_ms, 2n ** 40n, true);
  r.setBigUint64(TransRec.prev_hash, 4711n, true);
  record[TransRec.stage] = stageOf;
  rehash(record, 0);
  return record;
}

function token(change: { cluster?: bigint; slot?: number; hash?: bigint }): number {
  enter("member");
  return clms.tokenCheck({ ...clms.tokenGet(), ...change });
}

function subsys(change: () => void, name = "one"): number {
  put.subsys({ name });
  change();
  return x.clms_subsys_register();
}

const inc = (n: number) => clms.nodeGet(n)?.inc ?? 0;

/** One call for each (function, errno) of the ABI source. */
const CASES: Cases<ClmsExports> = {
  clms_recover: {
    EPERM: () => x.clms_recover(DURABLE.HEADER, 0, 0, 0),
    EINVAL: at("nothing", () => x.clms_recover(4, 0, 0, 0)),
    EMSGSIZE: at("nothing", () => x.clms_recover(DURABLE.RECORD, TransRec.SIZE - 1, 1, 0)),
    EPROTO: at("nothing", () => x.clms_recover(DURABLE.RECORD, TransRec.SIZE, 1, 0)),
  },
  clms_node_start: {
    EPERM: () => {
      put.node(s.conf);
      return x.clms_node_start();
    },
    ELIMNODES: starts({ node: LIMIT.NODE_MAX + 1 }),
    ELIMVOTERS: starts({ genesis: genesis(3, 0) }),
    ELIMMODE: starts({ genesis: genesis(2) }),
    ELIMPROFILE: starts({ profile: PROFILE.CUSTOM, probeMs: 0, losses: 4 }),
    ELIMSEEDS: starts({ seeds: [1, LIMIT.NODE_MAX + 1] }),
    ELIMPROTO: starts({ protoMin: 2, protoMax: 1 }),
    EINVAL: starts({}, () => dv.setUint32(inbox + NodeConf.size, NodeConf.SIZE - 1, true)),
    EREMOTEIO: at("nothing", () => {
      clms.recover(DURABLE.HEADER, s.header);
      put.node({ ...s.conf, uuid: "f".repeat(32) });
      return x.clms_node_start();
    }),
  },
  clms_msg_receive: {
    EPERM: at("nothing", () => clms.receive(s.commit)),
    EMSGSIZE: () => x.clms_msg_receive(Msg.SIZE - 1),
    EPROTO: receives((m) => m.setUint16(Msg.magic, 0, true)),
    EBADMSG: receives((m) => m.setUint8(Msg.SIZE - 1, 255), false),
    EPROTONOSUPPORT: receives((m) => m.setUint8(Msg.proto, LIMIT.PROTO_CURRENT + 1)),
    EREMOTEIO: receives((m) => m.setUint16(Msg.to, 2, true)),
    ESTALE: receives((m) => {
      m.setUint16(Msg.from, GONE, true);
      m.setUint32(Msg.inc, inc(GONE), true);
    }),
  },
  clms_durable_done: { ERANGE: () => x.clms_durable_done(NOBODY) },
  clms_event_release: { ERANGE: () => x.clms_event_release(clms.eventCount() + 1) },
  clms_param_set: {
    EPERM: at("nothing", () => x.clms_param_set(PARAM.PROBE_MS, 100)),
    EINVAL: () => x.clms_param_set(PARAM.AUTO_REJOIN + 1, 1),
    ERANGE: () => x.clms_param_set(PARAM.LEASE_MS, 800),
  },
  clms_node_setstate: {
    EPERM: at("nothing", () => x.clms_node_setstate(NS.UP, 0)),
    EINVAL: () => x.clms_node_setstate(NS.DOWN, 0),
    ENOTCONN: at("stranger", () => x.clms_node_setstate(NS.UP, 0)),
    EALREADY: () => x.clms_node_setstate(NS.UP, 0),
  },
  clms_node_fault: {
    EINVAL: () => x.clms_node_fault(OWN, inc(OWN)),
    ESTALE: () => x.clms_node_fault(GONE, inc(GONE)),
    EALREADY: () => x.clms_node_fault(5, inc(5)) || x.clms_node_fault(5, inc(5)),
  },
  clms_fence_done: { EINVAL: () => x.clms_fence_done(2, 1, 2), ENOENT: () => x.clms_fence_done(2, inc(2), 1) },
  clms_arb_answer: {
    EPERM: () => x.clms_arb_answer(0, 0, 1),
    EINVAL: at("arbiter", () => x.clms_arb_answer(0, 0, 3)),
    EPROTO: at("arbiter", () => x.clms_arb_answer(1, 0, 1)),
  },
  clms_request: {
    EPERM: at("nothing", () => x.clms_request(REQ.EVICT, 2, 0, 0, 0)),
    EINVAL: () => x.clms_request(REQ.EVICT, 0, 0, 0, 0),
    EBUSY: () => {
      assert.ok(x.clms_request(REQ.SVC_OFFER, 2, SVC, 1, 0) > 0);
      return x.clms_request(REQ.EVICT, 2, 0, 0, 0);
    },
    ENOTCONN: at("stranger", () => x.clms_request(REQ.EVICT, 2, 0, 0, 0)),
  },
  clms_node_get: { EINVAL: () => x.clms_node_get(0), ENOENT: () => x.clms_node_get(STRANGER) },
  clms_node_why: {
    EINVAL: () => x.clms_node_why(LIMIT.NODE_MAX + 1),
    ENOENT: () => x.clms_node_why(OWN),
    EOVERFLOW: () => x.clms_node_why(GONE),
  },
  clms_node_set_meta: {
    EPERM: at("nothing", () => x.clms_node_set_meta(0)),
    EMSGSIZE: () => x.clms_node_set_meta(LIMIT.META_MAX + 1),
  },
  clms_node_get_meta: {
    EINVAL: () => x.clms_node_get_meta(0),
    ENOENT: () => x.clms_node_get_meta(STRANGER),
    EAGAIN: at("expecting", () => x.clms_node_get_meta(2)),
  },
  clms_gate_enter: {
    EAGAIN: at("closed", () => x.clms_gate_enter()),
    ENOTCONN: at("stranger", () => x.clms_gate_enter()),
  },
  clms_membership: {
    EAGAIN: at("closed", () => x.clms_membership()),
    ENOTCONN: at("stranger", () => x.clms_membership()),
  },
  clms_history: {
    EINVAL: () => x.clms_history(5, 1, 0),
    EAGAIN: at("closed", () => x.clms_history(4, clms.applied, 0)),
    ENODATA: () => x.clms_history(2, clms.applied, 0),
    EOVERFLOW: () => x.clms_history(0, 1, 0),
  },
  clms_token_get: {
    EAGAIN: at("closed", () => x.clms_token_get()),
    ENOTCONN: at("stranger", () => x.clms_token_get()),
  },
  clms_token_check: {
    EAGAIN: () => token({ slot: clms.applied + 1 }),
    EREMOTEIO: () => token({ cluster: 1n }),
    EUCLEAN: () => token({ hash: 1n }),
    EOVERFLOW: () => token({ slot: 1 }),
  },
  clms_stamp_get: {
    EINVAL: () => x.clms_stamp_get(0),
    ENOTCONN: at("stranger", () => x.clms_stamp_get(2)),
    EREMOTE: () => x.clms_stamp_get(GONE),
  },
  clms_stamp_check: {
    EREMOTEIO: () => x.clms_stamp_check(),
    ENOTCONN: at("stranger", () => {
      put.stamp({ cluster: viewOf(s.commit).getBigUint64(Msg.cluster, true), slot: 1, node: 2, inc: 1, to: OWN, toInc: 1 });
      return x.clms_stamp_check();
    }),
  },
  clms_subsys_register: {
    EINVAL: () => subsys(() => u8.fill(1, inbox + Subsys.name - 8, inbox + Subsys.name)),
    ENAMETOOLONG: () => subsys(() => {}, "a-name-of-more-than-thirty-one-bytes"),
    EEXIST: () => subsys(() => {}) && subsys(() => {}),
    ENOSPC: () => {
      let result = 0;
      for (let i = 0; i <= LIMIT.SUBSYS_MAX && result >= 0; i++) result = subsys(() => {}, `n${i}`);
      return result;
    },
    EMSGSIZE: () => subsys(() => dv.setUint32(inbox + Subsys.size, Subsys.SIZE - 1, true)),
  },
  clms_subsys_unregister: { ENOENT: () => x.clms_subsys_unregister(LIMIT.SUBSYS_MAX - 1) },
  clms_subsys_get: { ENOENT: () => x.clms_subsys_get(LIMIT.SUBSYS_MAX) },
  clms_subsys_done: {
    ENOENT: () => x.clms_subsys_done(LIMIT.SUBSYS_MAX - 1, 0, 0, 0),
    ESTALE: () => x.clms_subsys_done(0, clms.applied, 0, 0),
  },
  clms_svc_hash: { ENAMETOOLONG: () => x.clms_svc_hash(LIMIT.NAME_MAX + 1) },
  clms_svc_get: { EINVAL: () => x.clms_svc_get(LIMIT.SVC_MAX), ENOENT: () => x.clms_svc_get(SVC + 1) },
  clms_svc_done: {
    EINVAL: () => x.clms_svc_done(SVC, EVENT.GATE, 1),
    ENOENT: () => x.clms_svc_done(SVC + 1, EVENT.SVC_TAKE, 1),
    ESTALE: () => x.clms_svc_done(SVC, EVENT.SVC_TAKE, 1),
  },
  clms_svc_holds: { EINVAL: () => x.clms_svc_holds(NOBODY), ENOENT: () => x.clms_svc_holds(SVC + 1) },
  clms_merge_begin: { EINVAL: () => x.clms_merge_begin(clms.applied + 1, 0) },
  clms_merge_add: {
    EPERM: () => x.clms_merge_add(inbox, Report.SIZE),
    EINVAL: () => x.clms_merge_add(inbox - 1, Report.SIZE),
    EMSGSIZE: () => x.clms_merge_add(inbox, Report.SIZE + 1),
    EPROTO: () => adds((r) => r.setUint16(Report.node, 0, true)),
    EEXIST: () => {
      assert.equal(
        adds(() => {}),
        0,
      );
      return x.clms_merge_add(inbox, Report.SIZE);
    },
    EOVERFLOW: () =>
      adds((r, base) => {
        for (const field of [Report.applied, Report.last]) r.setBigUint64(field, BigInt(base + 4), true);
        for (const field of [Report.from, Report.low]) r.setBigUint64(field, BigInt(base + 5), true);
      }),
    EUCLEAN: () => adds((r) => r.setBigUint64(Report.applied_hash, 1n, true)),
  },
  clms_merge_finish: {
    EPERM: at("nothing", () => x.clms_merge_finish()),
    // It is decided, and the only report has lost it; or it does not follow from what is applied here.
    EAGAIN: () => finishes(foreign(STAGE.UNKNOWN)),
    EUCLEAN: () => finishes(foreign(STAGE.DECIDED)),
  },
  clms_report: { EPERM: at("nothing", () => x.clms_report(0, 0)) },
};

/** Cases in which earlier calls change the state; and what is refused after the head of a message was taken, or counts as damaged. */
const PREPARED = new Set([
  ...["clms_recover EPROTO", "clms_node_start EREMOTEIO", "clms_msg_receive ESTALE", "clms_node_fault EALREADY", "clms_request EBUSY"],
  ...["clms_subsys_register EEXIST", "clms_subsys_register ENOSPC", "clms_merge_add EPROTO", "clms_merge_add EEXIST"],
  ...["clms_merge_add EOVERFLOW", "clms_merge_add EUCLEAN", "clms_merge_finish EAGAIN", "clms_merge_finish EUCLEAN"],
]);

everyErrno({
  module: "clms",
  errno: ERRNO,
  cases: CASES,
  elsewhere: ["clms_restore"],
  scene: (call) => enter(where.get(call) ?? "member"),
  state: () => clms.state(),
  prepared: (name, errno) => PREPARED.has(`${name} ${errno}`),
  told: [
    [Page.dropped, 4],
    [Page.wait_slot, 8],
  ],
});

describe("errors of clms: what no table says", () => {
  it("all 40 functions are looked at", () => {
    const functions = functionsOf("clms");
    assert.equal(functions.length, 40);
    assert.deepEqual(
      functions.map((f) => f.name).sort(),
      Object.keys(x)
        .filter((name) => name !== "memory")
        .sort(),
    );
  });

  it("no function gives an errno that is not listed for it, in any of these states, whatever it is asked", (t) => {
    const values = [0, 1, 2, OWN, GONE, SVC, 16, 63, 64, 80, 1024, 1025, inbox, 0x7fff_ffff, NOBODY];
    const inboxes = [new Uint8Array(512), s.commit, s.header, foreign(STAGE.DECIDED), clms.u8.slice(inbox, inbox + 512).fill(255)];
    const given = new Set<string>();
    let calls = 0;
    for (const name of ["nothing", ...s.states.keys()] as StateName[]) {
      enter(name);
      const saved = clms.state().slice();
      for (const f of functionsOf("clms"))
        for (const [i, args] of [...combinations(f.args.length, values)].entries()) {
          put.bytes(inboxes[i % inboxes.length]);
          const result = (x[f.name as keyof ClmsExports] as (...a: number[]) => number)(...args);
          if (result < 0 && result > -4096) given.add(`${f.name} ${result}`);
          clms.state().set(saved);
          calls++;
        }
    }
    t.diagnostic(`${calls} calls, ${given.size} pairs of function and errno`);
    assert.ok(given.size > 60, `${given.size}`);
  });

  it("the judge of errnos fires", () => {
    const lying = judged("clms", { ...clms.x, clms_node_get: () => -ERRNO.EBUSY } as ClmsExports, ERRNO);
    assert.throws(() => lying.clms_node_get(1), /clms_node_get\(1\) gave EBUSY, which is not listed/);
  });

  it("clms_restore: EPROTO for another version, another size, another module, an index that leads out of a table; then as after clms_init", () => {
    for (const field of [Page.magic, Page.snapshot_version, Page.state_size, Page.applied]) {
      enter("member");
      dv.setUint32(clms.page + field, 0xdead, true);
      assert.equal(x.clms_restore(), -ERRNO.EPROTO);
      assert.equal(x.clms_node_get(1), -ERRNO.ENOENT);
      assert.equal(x.clms_param_set(PARAM.PROBE_MS, 100), -ERRNO.EPERM);
    }
  });

  it("a conf that names two voters is refused in the modes that need three, and in no other", () => {
    for (const mode of Object.values(MODE)) {
      const call = starts({ genesis: genesis(2), mode });
      enter("nothing");
      const needsThree = mode === MODE.MAJORITY || mode === MODE.MAJORITY_DYNAMIC;
      assert.equal(call(), needsThree || mode === MODE.CLASSIC ? -ERRNO.ELIMMODE : 0, `mode ${mode}`);
    }
  });
});
