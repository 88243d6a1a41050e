// Records that never leave the module, so their layout is not ABI; asserted all the same, for a saved state holds them.

/** What this node is and does, beyond what the page shows. Times are ns of Page.now. */
@unmanaged export class Self {
  // Identity and configuration (module.ts, start.ts)
  uid: u64;
  cluster: u64;
  genesis: u64;
  boot: u32;
  boot_pad: u32;
  flags: u32;
  nseed: u32;
  started: u8;
  role: u8;
  site: u8;
  proto_min: u8;
  proto_max: u8;
  votes: u16;
  // Timings, ns
  probe_ns: u64;
  lease_ns: u64;
  callback_ns: u64;
  batch_ns: u64;
  poll_ns: u64;
  losses: u32;
  auto_rejoin: u32;
  // Time
  last_tick: u64;
  next_beat: u64;
  next_probe: u64;
  next_join: u64;
  join_sent: u64;
  health_ok: u64;
  // The log (log/)
  durable_promised: u64;
  durable_ballot: u64;
  durable_slot: u64;
  chk_slot: u64;
  ack_due: u64;
  // Following
  master_heard: u64;
  master_acked: u64;
  missed_since: u64;
  round_seen: u64;
  // Takeover
  phase_until: u64;
  backoff_until: u64;
  merge_wait: u64;
  lease_barrier: u64;
  // Mastership
  epoch_slot: u64;
  quorum_at: u64;
  acked_at: u64;
  master_since: u64;
  join_seq: u32;
  nvoter: u32;
  // Durable queue and marks
  durable_head: u32;
  durable_tail: u32;
  durable_seq: u32;
  mark_head: u32;
  mark_tail: u32;
  out_head: u32;
  out_tail: u32;
  out_used: u32;
  // Detector
  nobserved: u32;
  silent_since: u64;
  cut_waited: u64;
  cut_since: u64;
  // Application side
  want: u8;
  override_blast: u8;
  req: u8;
  req_id: u32;
  want_deadline: u64;
  want_since: u64;
  done_since: u64;
  done_last: u64;
  req_node: u32;
  req_set: u32;
  req_arg: u64;
  req_next: u64;
  call_since: u64;
  call_slot: u64;
  call_kind: u32;
  call_subsys: u32;
  // Arbiter
  arb_ballot: u64;
  arb_seen: u64;
  arb_read: u64;
  arb_next: u64;
  arb_asked: u32;
  arb_held: u32;
  arb_wanted: u32;
  arb_free: u32;
  // Metadata
  meta_at: u64;
  resync_due: u32;
  resync_pad: u32;
  meta_len: u32;
  meta_next: u32;
  meta_hash: u64;
  resync_slot: u64;
  blast_told: u64;
  // What the disk is to learn
  hdr_dirty: u32;
  durable_over: u32;
  inc_given: u32;
  inc_known: u32;
  lineage_given: u32;
  booting: u32;
  report_due: u64;
  report_slot: u64;
  poll_due: u64;
  echo_clock: u64;
  pull_next: u64;
  retry: u32;
  old_master: u32;
  merge_again: u32;
  merge_tried: u32;
  resign: u32;
  beat_due: u32;
  since_asked: u64;
  /** services that are not idle, as far as was last looked (app/service.ts) */
  svc_busy: u64;
  batch_first: u64;
  batch_at: u64;
  look_due: u32;
  join_top: u32;
  // What was recovered from the disk (start/recover.ts)
  rec_last: u64;
  rec_hash: u64;
  rec_applied: u64;
  rec_chk: u64;
  rec_state: u32;
  rec_node: u32;
  hint: u32;
  seed_next: u32;
  // Seeds: u16 × 16
  private _s0: u64;
  private _s1: u64;
  private _s2: u64;
  private _s3: u64;
  // The arbiter's register as last read: ballot, cluster, set, slot, hash
  private _r0: u64;
  private _r1: u64;
  private _r2: u64;
  private _r3: u64;
  private _r4: u64;
  private _r5: u64;
  private _r6: u64;
  private _r7: u64;
  private _r8: u64;
  private _r9: u64;
  private _r10: u64;
  private _r11: u64;
  private _r12: u64;
  private _r13: u64;
  private _r14: u64;
  private _r15: u64;
  private _r16: u64;
  private _r17: u64;
  private _r18: u64;
  private _r19: u64;
  private _r20: u64;
}
// @ts-ignore: decorator
@inline export const Self_SIZE: u32 = offsetof<Self>();
// @ts-ignore: decorator
@inline export const Self_seeds_OFF: u32 = offsetof<Self>("_s0");
// @ts-ignore: decorator
@inline export const Self_register_OFF: u32 = offsetof<Self>("_r0");
if (offsetof<Self>() % 8 != 0) ERROR("Self is a multiple of 8 bytes");

/** What this node knows of another, not from the log. */
@unmanaged export class Peer {
  /** last message of its present incarnation */
  heard: u64;
  /** last answer to a probe, or anything as good */
  probed: u64;
  /** since when it is probed */
  observed: u64;
  /** in the ballot of `ack_ballot`: accepted up to, applied, callbacks done */
  match: u64;
  applied: u64;
  done: u64;
  ack_ballot: u64;
  /** when its last ACK came; its clock then, to be echoed; the beat of ours that it echoed */
  ack_at: u64;
  ack_clock: u64;
  ack_echo: u64;
  want_at: u64;
  live_clock: u64;
  vouched: u64;
  ack_inc: u32;
  ack_pad: u32;
  /** records sent, and when */
  sent_at: u64;
  sent_upto: u64;
  /** `done` stands still since */
  done_since: u64;
  deadline_ms: u64;
  meta_hash: u64;
  svc_free: u64;
  svc_bad: u64;
  /** what its JOIN says */
  join_uid: u64;
  join_at: u64;
  join_first: u64;
  join_boot: u32;
  join_pad: u32;
  join_seq: u32;
  join_inc: u32;
  join_lineage: u32;
  join_votes: u16;
  join_role: u8;
  join_site: u8;
  join_pmin: u8;
  join_pmax: u8;
  want: u8;
  meta_len: u32;
  rtt_ns: u32;
  inc: u32;
  lineage: u32;
  flags: u32;
  req_id: u32;
  req_result: u32;
  req_slot: u64;
  req_ballot: u64;
  fence_at: u64;
  report_at: u64;
  fence_inc: u32;
  nsuspect: u16;
  cause: u16;
  // Suspects: u16 × 16
  private _s0: u64;
  private _s1: u64;
  private _s2: u64;
  private _s3: u64;
}
// @ts-ignore: decorator
@inline export const Peer_SIZE: u32 = offsetof<Peer>();
// @ts-ignore: decorator
@inline export const Peer_suspect_OFF: u32 = offsetof<Peer>("_s0");
if (offsetof<Peer>() % 8 != 0) ERROR("Peer is a multiple of 8 bytes");

/** Peer.flags */
// @ts-ignore: decorator
@inline export const PEER_DEAD: u32 = 1; // the host says that this incarnation (Peer.fence_inc) is dead
// @ts-ignore: decorator
@inline export const PEER_FENCED: u32 = 2; // its fence is confirmed (Peer.fence_inc)
// @ts-ignore: decorator
@inline export const PEER_FENCING: u32 = 4; // a fence was asked for
// @ts-ignore: decorator
@inline export const PEER_PREVOTED: u32 = 8; // said yes in this pre-vote
// @ts-ignore: decorator
@inline export const PEER_REPORTED: u32 = 16; // its report is in this takeover's merge
// @ts-ignore: decorator
@inline export const PEER_BOOTING: u32 = 32; // its report said that it has restarted
// @ts-ignore: decorator
@inline export const PEER_JOINING: u32 = 64; // it asks to join
// @ts-ignore: decorator
@inline export const PEER_SUSPECT: u32 = 128; // this node, as observer, misses it
// @ts-ignore: decorator
@inline export const PEER_EVICT: u32 = 256; // it is to be removed (Peer.cause), whatever the detector says
// @ts-ignore: decorator
@inline export const PEER_LEFTOUT: u32 = 512; // it did not take part in this takeover
// @ts-ignore: decorator
@inline export const PEER_DOOMED: u32 = 1024; // it is to go as soon as it can: its lease is not renewed

/** A write on its way to the disk. */
@unmanaged export class DurableOp {
  slot: u64;
  seq: u32;
  op: u32;
}
// @ts-ignore: decorator
@inline export const DurableOp_SIZE: u32 = 16;
if (offsetof<DurableOp>() != DurableOp_SIZE) ERROR("DurableOp has 16 bytes");

/** What holds once the write `seq` is confirmed. */
@unmanaged export class Mark {
  promised: u64;
  ballot: u64;
  slot: u64;
  inc: u32;
  lineage: u32;
  seq: u32;
  _pad: u32;
}
// @ts-ignore: decorator
@inline export const Mark_SIZE: u32 = 40;
if (offsetof<Mark>() != Mark_SIZE) ERROR("Mark has 40 bytes");

/** A message on its way out: to one node, or to each of a set that stands behind its bytes. */
@unmanaged export class OutEnt {
  off: u32;
  len: u32;
  to: u16;
  many: u16;
  cursor: u32;
}
// @ts-ignore: decorator
@inline export const OutEnt_SIZE: u32 = 16;
if (offsetof<OutEnt>() != OutEnt_SIZE) ERROR("OutEnt has 16 bytes");
