// Exports whose effect reaches further than the room that does the work: the step is ended as after a message.

import { subsysDone, subsysRegister, subsysUnregister } from "../app/subsys";
import { metaSet } from "../app/meta";
import { serviceDone } from "../app/service";
import { nodeFault } from "../detect/fault";
import { self } from "../layout";
import { settle } from "../settle";

/** Ends the step if something was done; everybody is told in the next ACK. */
function after(result: i32): i32 {
  if (result < 0) return result;
  self().ack_due = 1;
  self().look_due = 1;
  if (self().started != 0) settle();
  return result;
}

export function clms_node_fault(node: u32, inc: u32): i32 { return after(nodeFault(node, inc)); }

export function clms_node_set_meta(len: u32): i32 { return after(metaSet(len)); }

export function clms_subsys_register(): i32 { return after(subsysRegister()); }

export function clms_subsys_unregister(subsys: u32): i32 { return after(subsysUnregister(subsys)); }

export function clms_subsys_done(subsys: u32, slot_lo: u32, slot_hi: u32, status: u32): i32 {
  return after(subsysDone(subsys, slot_lo, slot_hi, status));
}

export function clms_svc_done(svc: u32, op: u32, ok: u32): i32 { return after(serviceDone(svc, op, ok)); }
