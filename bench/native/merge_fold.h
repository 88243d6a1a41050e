// The fold of clms.wasm in C: what follows from the log, record by record (assembly/clms/fold/ and record.ts).

#ifndef MERGE_FOLD_H
#define MERGE_FOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "holdfast_clms.h"

typedef struct clms_transrec rec_t;
typedef struct clms_nodeent ent_t;

/** As at Page.fold_base. */
struct image {
  struct clms_fold f;
  ent_t ent[CLMS_NODE_MAX + 1];
  uint64_t uid[CLMS_NODE_MAX + 1];
  uint64_t meta[CLMS_NODE_MAX + 1];
  struct clms_svcent svc[CLMS_SVC_MAX];
};

// ── Records ──

static inline uint64_t word_at(const void *at) {
  uint64_t w;
  memcpy(&w, at, sizeof w);
  return w;
}

static inline uint64_t hash_word(uint64_t h, uint64_t word) {
  uint64_t m = (h ^ word) * 0x9e3779b97f4a7c15u;
  return m ^ (m >> 29);
}

static uint64_t rec_hash(const rec_t *r) {
  const uint64_t mask = ~((uint64_t)CLMS_RECF_REPROPOSED << 16 | 0xff000000u);
  uint64_t h = hash_word(0x243f6a8885a308d3u, r->slot);
  h = hash_word(h, r->mono_ms);
  h = hash_word(h, word_at(&r->node));
  h = hash_word(h, word_at(&r->kind) & mask);
  h = hash_word(h, r->arg);
  h = hash_word(h, r->prev_hash);
  uint64_t m = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
  uint64_t e = m ^ (m >> 29);
  return e == 0 ? 1 : e;
}

static bool rec_valid(const rec_t *r) {
  if (r->slot == 0 || r->kind > CLMS_KIND_META || r->cause > CLMS_CAUSE_DEADLINE || r->flags > 15) return false;
  if (r->node > CLMS_NODE_MAX || r->stage > CLMS_STAGE_UNKNOWN) return false;
  if (r->from_state > CLMS_NS_DOWN || r->to_state > CLMS_NS_DOWN) return false;
  if (r->kind == CLMS_KIND_NODE && r->node == 0) return false;
  if (r->kind == CLMS_KIND_CONFIG && r->to_state > CLMS_CFGOP_PROTO) return false;
  if (r->kind == CLMS_KIND_KEYSVC && (r->to_state > CLMS_SVCOP_MOVE || r->set_id >= CLMS_SVC_MAX)) return false;
  return r->self_hash == rec_hash(r);
}

// ── States, roles, votes ──

static bool edge_legal(uint32_t from, uint32_t to) {
  static const uint8_t edges[8] = {0x02, 0x24, 0x38, 0x34, 0x20, 0x40, 0x80, 0x02};
  return from <= CLMS_NS_DOWN && to <= CLMS_NS_DOWN && (edges[from] >> to & 1);
}
static inline bool is_live(uint32_t state) { return state >= CLMS_NS_COMINGUP && state <= CLMS_NS_GOINGDOWN; }
static inline bool role_votes(uint32_t role) { return role == CLMS_ROLE_VOTER || role == CLMS_ROLE_WITNESS; }
static inline bool is_voter(const ent_t *e) { return role_votes(e->role) && e->votes != 0; }
static inline bool is_voting_member(const ent_t *e) { return is_voter(e) && e->state >= CLMS_NS_UP && e->state <= CLMS_NS_GOINGDOWN; }
static inline uint32_t arg_role(uint64_t arg) { return arg & 0xff; }
static inline uint32_t arg_votes(uint64_t arg) { return (uint32_t)arg >> 16; }
static inline uint32_t arg_min(uint64_t arg) { return arg >> 32 & 0xff; }
static inline uint32_t arg_max(uint64_t arg) { return arg >> 40 & 0xff; }

static uint32_t voter_count(const struct image *im) {
  uint32_t count = 0;
  for (uint32_t n = 1; n <= im->f.top; n++) count += is_voter(&im->ent[n]);
  return count;
}

static bool any_dying(const struct image *im) {
  for (uint32_t n = 1; n <= im->f.top; n++)
    if (im->ent[n].state == CLMS_NS_KCLEANUP || im->ent[n].state == CLMS_NS_UCLEANUP) return true;
  return false;
}

// ── May it come next? ──

static uint32_t candidate_index(const struct clms_svcent *svc, uint32_t node) {
  uint32_t i = 0;
  while (i < svc->ncand && svc->cand[i] != node) i++;
  return i;
}

static uint32_t svc_wrong(const struct image *im, const rec_t *r) {
  const struct clms_svcent *svc = &im->svc[r->set_id];
  const ent_t *e = &im->ent[r->node];
  uint32_t op = r->to_state;
  if (op == CLMS_SVCOP_DEFINE) return r->arg != 0 && (svc->name == 0 || svc->name == r->arg) ? 0 : 40;
  if (svc->name == 0) return 41;
  if (op == CLMS_SVCOP_MOVE) return r->node == 0 || (e->flags & CLMS_ENTF_USED) ? 0 : 42;
  if (r->node == 0 || !(e->flags & CLMS_ENTF_USED)) return 43;
  bool listed = candidate_index(svc, r->node) < svc->ncand;
  if (op == CLMS_SVCOP_OFFER) return r->arg <= 255 && (listed || r->arg == 255 || svc->ncand < CLMS_CAND_MAX) ? 0 : 44;
  if (op == CLMS_SVCOP_TAKE)
    return svc->state == CLMS_SVCS_FREE && listed && e->state == CLMS_NS_UP && e->inc == r->inc ? 0 : 45;
  if (svc->holder != r->node || svc->holder_inc != r->inc) return 46;
  if (op == CLMS_SVCOP_RELEASE) return svc->state == CLMS_SVCS_HELD ? 0 : 47;
  return op == CLMS_SVCOP_FREE && svc->state != CLMS_SVCS_FREE ? 0 : 48;
}

static uint32_t node_wrong(const struct image *im, const rec_t *r) {
  const struct clms_fold *f = &im->f;
  const ent_t *e = &im->ent[r->node];
  uint32_t to = r->to_state;
  if (!(e->flags & CLMS_ENTF_USED)) return 10;
  if (e->state != r->from_state || !edge_legal(r->from_state, to)) return 11;
  if (to == CLMS_NS_COMINGUP) {
    if (r->inc != e->inc + 1) return 12;
    if (f->phase != CLMS_PHASE_NONE) return 13;
    uint64_t uid = im->uid[r->node];
    return r->arg != 0 && (uid == 0 || uid == r->arg) ? 0 : 14;
  }
  if (r->inc != e->inc) return 15;
  if (to < CLMS_NS_KCLEANUP) return f->bracket == 0 ? 0 : 16;
  uint32_t phase = to == CLMS_NS_KCLEANUP ? CLMS_PHASE_KERNEL : to == CLMS_NS_UCLEANUP ? CLMS_PHASE_USER : CLMS_PHASE_DONE;
  return f->bracket != 0 && f->phase == phase && r->set_id == f->set_id ? 0 : 17;
}

static uint32_t begin_wrong(const struct clms_fold *f, const rec_t *r) {
  if (f->phase == CLMS_PHASE_NONE) return r->arg == CLMS_PHASE_KERNEL && r->set_id == f->sets + 1 ? 0 : 24;
  if (r->set_id != f->set_id) return 25;
  return r->arg == f->phase || r->arg == (uint64_t)f->phase + 1 ? (r->arg <= CLMS_PHASE_DONE ? 0 : 26) : 26;
}

static uint32_t config_wrong(const struct image *im, const rec_t *r) {
  const struct clms_fold *f = &im->f;
  uint32_t op = r->to_state;
  if (op == CLMS_CFGOP_MODE) return r->arg <= CLMS_MODE_ARBITER ? 0 : 30;
  if (op == CLMS_CFGOP_PROTO) return r->arg >= f->proto && r->arg <= 255 ? 0 : 31;
  if (r->node == 0) return 32;
  const ent_t *e = &im->ent[r->node];
  if (op == CLMS_CFGOP_REMOVE) {
    bool gone = e->state == CLMS_NS_DOWN || e->state == CLMS_NS_NEVERUP;
    return gone && (e->flags & CLMS_ENTF_USED) && f->nused > 1 ? 0 : 33;
  }
  uint64_t arg = r->arg;
  if (arg_role(arg) > CLMS_ROLE_WITNESS || arg_votes(arg) > CLMS_VOTES_MAX || arg_min(arg) > arg_max(arg)) return 34;
  if (!role_votes(arg_role(arg)) || arg_votes(arg) == 0 || is_voter(e)) return 0;
  return voter_count(im) < CLMS_VOTER_MAX ? 0 : 35;
}

static uint32_t fold_unfit(const struct image *im, const rec_t *r) {
  const struct clms_fold *f = &im->f;
  if (r->kind == CLMS_KIND_DUMMY) return 0;
  if (r->kind == CLMS_KIND_NODE) return node_wrong(im, r);
  if (r->kind == CLMS_KIND_SET_END) return f->bracket != 0 && r->set_id == f->set_id && r->arg == f->phase ? 0 : 20;
  if (f->bracket != 0) return 21;
  if (r->kind == CLMS_KIND_SET_BEGIN) return begin_wrong(f, r);
  if (r->kind == CLMS_KIND_KEYSVC) return svc_wrong(im, r);
  if (r->kind == CLMS_KIND_CONFIG) return config_wrong(im, r);
  bool used = r->node != 0 && (im->ent[r->node].flags & CLMS_ENTF_USED);
  if (r->kind == CLMS_KIND_EPOCH) return used ? 0 : 22;
  return r->kind == CLMS_KIND_META && used && r->set_id <= CLMS_META_MAX ? 0 : 23;
}

static uint32_t fold_wrong(const struct image *im, const rec_t *r) {
  if (r->slot != im->f.slot + 1) return 1;
  if (r->prev_hash != im->f.hash) return 2;
  if (r->mono_ms <= im->f.mono_ms) return 3;
  return fold_unfit(im, r);
}

// ── Taking it in ──

static void offer(struct clms_svcent *svc, uint32_t node, uint32_t pref) {
  uint32_t i = candidate_index(svc, node), n = svc->ncand;
  if (pref != 255 && i < CLMS_CAND_MAX) {
    svc->cand[i] = node;
    svc->pref[i] = pref;
    if (i == n) svc->ncand = n + 1;
  } else if (i < n) {
    for (uint32_t k = i; k + 1 < n; k++) svc->cand[k] = svc->cand[k + 1], svc->pref[k] = svc->pref[k + 1];
    svc->cand[n - 1] = 0;
    svc->pref[n - 1] = 0;
    svc->ncand = n - 1;
  }
}

static void svc_apply(struct image *im, const rec_t *r) {
  struct clms_svcent *svc = &im->svc[r->set_id];
  uint32_t op = r->to_state;
  svc->since = r->slot;
  if (op == CLMS_SVCOP_DEFINE) svc->name = r->arg;
  else if (op == CLMS_SVCOP_OFFER) offer(svc, r->node, (uint32_t)r->arg);
  else if (op == CLMS_SVCOP_RELEASE) svc->state = CLMS_SVCS_RELEASING;
  else if (op == CLMS_SVCOP_MOVE) {
    svc->move_to = r->node;
    svc->move_until = r->node == 0 ? 0 : r->arg;
  } else {
    bool take = op == CLMS_SVCOP_TAKE;
    svc->state = take ? CLMS_SVCS_HELD : CLMS_SVCS_FREE;
    svc->holder = take ? r->node : 0;
    svc->holder_inc = take ? r->inc : 0;
    if (take) svc->token = r->slot;
    if (take && svc->move_to == r->node) svc->move_to = 0;
  }
}

static void last_member(struct image *im, ent_t *e, bool on) {
  for (uint32_t n = 1; n <= im->f.top; n++) {
    if (on && is_voting_member(&im->ent[n])) return;
    if (!on) im->ent[n].flags &= ~CLMS_ENTF_LAST;
  }
  if (on) e->flags |= CLMS_ENTF_LAST;
}

static void node_apply(struct image *im, const rec_t *r) {
  struct clms_fold *f = &im->f;
  ent_t *e = &im->ent[r->node];
  uint32_t from = e->state, to = r->to_state, flags = e->flags;
  bool member = is_voting_member(e);
  f->nlive += is_live(to) - is_live(from);
  f->nup += (to == CLMS_NS_UP) - (from == CLMS_NS_UP);
  f->ncoming += (to == CLMS_NS_COMINGUP) - (from == CLMS_NS_COMINGUP);
  e->state = to;
  e->cause = r->cause;
  e->last_slot = r->slot;
  if (to == CLMS_NS_COMINGUP) {
    e->inc = r->inc;
    e->born = (uint32_t)r->slot;
    im->uid[r->node] = r->arg;
    if (r->flags & CLMS_RECF_FRESH) {
      e->lineage = (uint32_t)r->slot;
      flags |= CLMS_ENTF_LEARNING;
    }
  }
  if (to == CLMS_NS_UP) flags &= ~CLMS_ENTF_LEARNING;
  e->flags = flags;
  if (member != is_voting_member(e)) last_member(im, e, member);
}

static void ent_set(struct image *im, uint32_t n, uint64_t arg) {
  ent_t *e = &im->ent[n];
  if (!(e->flags & CLMS_ENTF_USED)) {
    im->f.nused += 1;
    if (n > im->f.top) im->f.top = n;
    e->node = n;
    e->flags = CLMS_ENTF_USED;
  }
  e->role = arg_role(arg);
  e->site = arg >> 8;
  e->votes = arg_votes(arg);
  e->proto_min = arg_min(arg);
  e->proto_max = arg_max(arg);
}

static void role_apply(struct image *im, const rec_t *r) {
  ent_t *e = &im->ent[r->node];
  bool member = is_voting_member(e);
  ent_set(im, r->node, r->arg);
  if (member != is_voting_member(e)) last_member(im, e, member);
}

static void ent_clear(struct image *im, uint32_t n) {
  im->ent[n] = (ent_t){.inc = im->ent[n].inc};
  im->uid[n] = im->meta[n] = 0;
  im->f.nused -= 1;
  while (im->f.top != 0 && !(im->ent[im->f.top].flags & CLMS_ENTF_USED)) im->f.top -= 1;
}

static void config_apply(struct image *im, const rec_t *r) {
  uint32_t op = r->to_state;
  if (op == CLMS_CFGOP_MODE) im->f.mode = r->arg;
  else if (op == CLMS_CFGOP_PROTO) im->f.proto = r->arg;
  else if (op == CLMS_CFGOP_NODE) role_apply(im, r);
  else ent_clear(im, r->node);
}

static void set_apply(struct image *im, const rec_t *r) {
  struct clms_fold *f = &im->f;
  if (r->kind == CLMS_KIND_SET_BEGIN) {
    if (f->phase == CLMS_PHASE_NONE || r->set_id != f->set_id) f->sets += 1;
    f->set_id = r->set_id;
    f->set_begin = r->slot;
    f->phase = r->arg;
    f->bracket = 1;
    return;
  }
  f->bracket = 0;
  f->set_end = r->slot;
  if (f->phase == CLMS_PHASE_DONE && !any_dying(im)) f->phase = CLMS_PHASE_NONE;
}

static bool changes_votes(const rec_t *r) {
  if (r->kind == CLMS_KIND_CONFIG) return r->to_state != CLMS_CFGOP_PROTO;
  uint32_t to = r->to_state;
  return r->kind == CLMS_KIND_NODE && (to == CLMS_NS_COMINGUP || to == CLMS_NS_UP || to == CLMS_NS_KCLEANUP);
}

static void fold_apply(struct image *im, const rec_t *r) {
  struct clms_fold *f = &im->f;
  switch (r->kind) {
    case CLMS_KIND_NODE: node_apply(im, r); break;
    case CLMS_KIND_SET_BEGIN:
    case CLMS_KIND_SET_END: set_apply(im, r); break;
    case CLMS_KIND_KEYSVC: svc_apply(im, r); break;
    case CLMS_KIND_CONFIG: config_apply(im, r); break;
    case CLMS_KIND_EPOCH: f->epoch_slot = r->slot; break;
    case CLMS_KIND_META:
      im->meta[r->node] = r->arg;
      im->ent[r->node].meta_len = r->set_id;
      break;
    default: break;
  }
  if (changes_votes(r)) f->config_slot = r->slot;
  f->slot = r->slot;
  f->hash = r->self_hash;
  f->mono_ms = r->mono_ms;
}

#endif
