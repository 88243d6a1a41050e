// The core for the rest of the host: one import for the module, its constants, its errors and its addresses.

export * from "./abi/ipmp.js";
export * from "./address.js";
export { Clms } from "./clms.js";
export type { GenesisOptions, NodeOptions, StampValue, SubsysOptions, TokenValue } from "./clms_conf.js";
export type { ClmsEvent, NodeRecord, SubsysRecord, SvcRecord, TransRecord, WhyRecord } from "./clms_records.js";
export type { AddrOptions, ArpentOptions, GrpOptions, PhyintOptions } from "./conf.js";
export { Inbox } from "./conf.js";
export * from "./errors.js";
export * from "./ipmp.js";
export { modulePath } from "./load.js";
export type { ProbeRecord, ProbeSample, TargetRecord, WatchRecord } from "./probe.js";
export type {
  ArpentRecord,
  GrpRecord,
  IllgrpRecord,
  IllRecord,
  IpifRecord,
  IpmpEvent,
  KstatRecord,
  PhyintRecord,
} from "./records.js";
export { decodeSnapshot, encodeSnapshot, readSnapshot, writeSnapshot } from "./snapshot.js";
export { watchersAtWork } from "./watchers.js";
