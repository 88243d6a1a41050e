// The merge of clms.wasm in C: the same rules, the same checks, the same order of work (assembly/clms/merge/).

#ifndef MERGE_RULES_H
#define MERGE_RULES_H

#include "merge_fold.h"

enum { MERGE_NONE, MERGE_OPEN, MERGE_DONE };
enum { STAGE_CONFLICT = 0x80, SET_BYTES = CLMS_VOTER_MAX / 8 };
static const uint32_t NO_PLACE = 0xffffffffu;
static const uint64_t SLOT_LIMIT = (uint64_t)1 << 62;

struct place {
  uint64_t accepted;
  uint32_t lineage, rank;
  uint16_t node;
  uint8_t sworn, booting;
};

struct merge {
  uint64_t base, ballot, top, sure, sure_hash, base_hash, missing;
  uint32_t state, span, count, prefix, conflicts, reports, nplace, worst;
  uint8_t reported[CLMS_BITMAP_BYTES];
  rec_t trial;
  rec_t best[CLMS_RING_MAX + 1];
  uint64_t damaged[CLMS_RING_MAX][SET_BYTES / 8];
  struct place place[CLMS_VOTER_MAX];
  /** the fold of this node, and one to try records on */
  struct image fold, scratch;
};

// ── Sets ──

static bool is_damaged(const struct merge *m, uint32_t i, uint32_t p) { return m->damaged[i][p >> 6] >> (p & 63) & 1; }
static bool any_damaged(const struct merge *m, uint32_t i) { return (m->damaged[i][0] | m->damaged[i][1]) != 0; }
static void put_damaged(struct merge *m, uint32_t i, uint32_t p, bool on) {
  uint64_t bit = (uint64_t)1 << (p & 63);
  m->damaged[i][p >> 6] = on ? m->damaged[i][p >> 6] | bit : m->damaged[i][p >> 6] & ~bit;
}

static void extend(struct merge *m, uint32_t n) {
  if (n <= m->span) return;
  memset(&m->best[m->span], 0, (n - m->span) * sizeof m->best[0]);
  memset(&m->damaged[m->span], 0, (n - m->span) * sizeof m->damaged[0]);
  m->span = n;
}

// ── Places ──

static uint32_t place_take(struct merge *m, const struct clms_report *r, uint32_t lineage) {
  uint32_t rank = r->node + (is_voter(&m->fold.ent[r->node]) ? 0 : 0x10000), p = m->nplace;
  if (p < CLMS_VOTER_MAX) m->nplace = p + 1;
  else if (rank < m->worst) {
    for (p = 0; p + 1 < CLMS_VOTER_MAX && m->place[p].rank != m->worst; p++) {}
    for (uint32_t i = 0; i < m->span; i++) put_damaged(m, i, p, false);
  } else return NO_PLACE;
  m->place[p] = (struct place){r->accepted, lineage, rank, r->node, r->promised >= m->ballot, r->booting};
  if (m->nplace < CLMS_VOTER_MAX) return p;
  m->worst = 0;
  for (uint32_t q = 0; q < CLMS_VOTER_MAX; q++) m->worst = m->place[q].rank > m->worst ? m->place[q].rank : m->worst;
  return p;
}

// ── One report ──

static void merge_begin(struct merge *m, uint64_t ballot) {
  memset(m, 0, offsetof(struct merge, trial));
  m->base = m->top = m->sure = m->fold.f.slot;
  m->base_hash = m->sure_hash = m->fold.f.hash;
  m->ballot = ballot;
  m->state = MERGE_OPEN;
}

static int report_wrong(const struct merge *m, const struct clms_report *r, uint32_t count) {
  if (r->node == 0 || r->node > CLMS_NODE_MAX || r->booting > 1) return CLMS_EPROTO;
  uint64_t from = r->from, last = r->last, low = r->low == 0 ? 1 : r->low;
  if (from == 0 || from > SLOT_LIMIT || last > SLOT_LIMIT || r->applied > last) return CLMS_EPROTO;
  if (r->low > r->applied + 1 || last + 1 - (low < last + 1 ? low : last + 1) > CLMS_RING_MAX) return CLMS_EPROTO;
  if (count != (last < from ? 0 : last - from + 1) || r->accepted > r->promised) return CLMS_EPROTO;
  if (m->ballot != 0 && r->promised > m->ballot) return CLMS_EPROTO;
  if (m->reported[r->node >> 3] >> (r->node & 7) & 1) return CLMS_EEXIST;
  if (last <= m->base) return 0;
  return r->low > m->base + 1 || from > m->base + 1 ? CLMS_EOVERFLOW : 0;
}

static inline bool is_held(const rec_t *r) { return r->stage == CLMS_STAGE_PREPARED || r->stage == CLMS_STAGE_DECIDED; }
static inline bool is_sound(const rec_t *r, uint64_t slot) { return r->slot == slot && rec_valid(r); }

static int pin_wrong(const struct merge *m, const struct clms_report *r, const rec_t *from, uint32_t sure) {
  if (r->applied == m->sure && r->applied_hash != m->sure_hash) return CLMS_EUCLEAN;
  if (sure == 0) return r->applied == m->base && r->applied_hash != m->base_hash ? CLMS_EUCLEAN : 0;
  const rec_t *best = &m->best[sure - 1];
  if (best->stage == CLMS_STAGE_DECIDED && best->self_hash != r->applied_hash) return CLMS_EUCLEAN;
  if (from[sure - 1].self_hash == r->applied_hash || !is_held(&from[sure - 1])) return 0;
  return is_sound(&from[sure - 1], m->base + sure) ? CLMS_EPROTO : 0;
}

static inline uint32_t alike_as(const rec_t *from, const rec_t *best, uint32_t i, uint32_t n, uint64_t keep, uint64_t force) {
  for (; i < n; i++) {
    uint64_t value = from[i].self_hash ^ best[i].self_hash;
    uint64_t ballot = from[i].ballot ^ best[i].ballot;
    uint64_t word = ((word_at(&from[i].kind) & keep) | force) ^ word_at(&best[i].kind);
    if ((value | ballot | word) != 0) break;
  }
  return i;
}

// Where the loop begins in a line of the cache is worth a factor of 1.5; left to chance, any change elsewhere would move it.
__attribute__((aligned(64))) static uint32_t alike(const struct merge *m, const rec_t *from, uint32_t i, uint32_t sure, uint32_t n) {
  if (i < sure) i = alike_as(from, m->best, i, sure, ~(uint64_t)0xff000000u, (uint64_t)CLMS_STAGE_DECIDED << 24);
  return i < sure ? i : alike_as(from, m->best, i, n, ~(uint64_t)0, 0);
}

static bool contradicts(const struct merge *m, const rec_t *from, uint32_t i, uint32_t sure) {
  for (; i < sure; i++) {
    const rec_t *best = &m->best[i];
    if (best->stage != CLMS_STAGE_DECIDED || best->self_hash == from[i].self_hash || !is_held(&from[i])) continue;
    if (is_sound(&from[i], m->base + 1 + i)) return true;
  }
  return false;
}

static void stamp(rec_t *best, const rec_t *r) {
  best->ballot = r->ballot;
  best->flags = (best->flags & ~CLMS_RECF_REPROPOSED) | (r->flags & CLMS_RECF_REPROPOSED);
}

static void keep(struct merge *m, uint32_t i, const rec_t *r, uint32_t stage) {
  m->best[i] = *r;
  m->best[i].stage = stage;
  if (m->top < m->base + 1 + i) m->top = m->base + 1 + i;
}

static void damaged(struct merge *m, uint32_t i, uint32_t place) {
  if (m->top < m->base + 1 + i) m->top = m->base + 1 + i;
  if (place != NO_PLACE) put_damaged(m, i, place, true);
}

static void take_decided(struct merge *m, uint32_t i, const rec_t *r, uint32_t place) {
  rec_t *best = &m->best[i];
  uint32_t was = best->stage;
  if (is_held(r) && was != CLMS_STAGE_EMPTY && r->self_hash == best->self_hash) {
    if (was != CLMS_STAGE_DECIDED || r->ballot > best->ballot) stamp(best, r);
    else if (r->ballot == best->ballot) best->flags &= r->flags | ~CLMS_RECF_REPROPOSED;
    best->stage = CLMS_STAGE_DECIDED;
  } else if (was != CLMS_STAGE_DECIDED && is_held(r) && is_sound(r, m->base + 1 + i)) keep(m, i, r, CLMS_STAGE_DECIDED);
  else damaged(m, i, place);
}

static void take_prepared(struct merge *m, uint32_t i, const rec_t *r, uint32_t place) {
  rec_t *best = &m->best[i];
  uint32_t was = best->stage;
  if (!is_held(r)) return damaged(m, i, place);
  if (was != CLMS_STAGE_EMPTY && r->self_hash == best->self_hash) {
    if (was == CLMS_STAGE_DECIDED || r->ballot <= best->ballot) return;
    stamp(best, r);
    best->stage = CLMS_STAGE_PREPARED;
    return;
  }
  if (!is_sound(r, m->base + 1 + i)) return damaged(m, i, place);
  if (was == CLMS_STAGE_DECIDED) return;
  if (was == CLMS_STAGE_EMPTY || r->ballot > best->ballot) return keep(m, i, r, CLMS_STAGE_PREPARED);
  if (r->ballot != best->ballot) return;
  if (r->self_hash < best->self_hash) keep(m, i, r, CLMS_STAGE_PREPARED);
  best->stage |= STAGE_CONFLICT;
}

static int merge_add(struct merge *m, const uint8_t *at, uint32_t len, uint32_t count, uint32_t lineage) {
  if (m->state != MERGE_OPEN) return -CLMS_EPERM;
  if (count > CLMS_RING_MAX || len != sizeof(struct clms_report) + count * sizeof(rec_t)) return -CLMS_EMSGSIZE;
  const struct clms_report *r = (const struct clms_report *)at;
  int wrong = report_wrong(m, r, count);
  if (wrong != 0) return -wrong;
  uint64_t below = r->from > m->base ? 0 : m->base + 1 - r->from;
  uint32_t skip = below < count ? (uint32_t)below : count;
  const rec_t *from = (const rec_t *)(at + sizeof *r) + skip;
  uint32_t n = count - skip, sure = r->applied > m->base ? (uint32_t)(r->applied - m->base) : 0;
  extend(m, n);
  wrong = pin_wrong(m, r, from, sure);
  if (wrong != 0) return -wrong;
  uint32_t i = alike(m, from, 0, sure, n);
  if (i < sure && contradicts(m, from, i, sure)) return -CLMS_EUCLEAN;
  uint32_t place = place_take(m, r, lineage);
  m->reported[r->node >> 3] |= 1 << (r->node & 7);
  m->reports += 1;
  if (r->applied > m->sure) {
    m->sure = r->applied;
    m->sure_hash = r->applied_hash;
    if (m->top < m->sure) m->top = m->sure;
  }
  while (i < n) {
    if (i < sure) take_decided(m, i, &from[i], place);
    else if (from[i].stage != CLMS_STAGE_EMPTY) take_prepared(m, i, &from[i], place);
    i = alike(m, from, i + 1, sure, n);
  }
  return (int)n;
}

// ── What silence proves ──

enum { OF_ALL, OF_MEMBERS, OF_LAST, MEMBERS_MIN = 2 };

/** Whose votes this fold counts. */
static uint32_t electorate(const struct image *cfg) {
  uint32_t mode = cfg->f.mode, members = 0;
  bool classic = mode == CLMS_MODE_CLASSIC || mode == CLMS_MODE_CLASSIC_FENCE, last = false;
  if (!classic && mode != CLMS_MODE_MAJORITY_DYNAMIC) return OF_ALL;
  for (uint32_t n = 1; n <= cfg->f.top; n++) {
    const ent_t *e = &cfg->ent[n];
    members += is_voting_member(e);
    if ((e->flags & CLMS_ENTF_LAST) && is_voter(e)) last = true;
    if (members >= MEMBERS_MIN) return OF_MEMBERS;
  }
  if (!classic) return OF_ALL;
  return members != 0 ? OF_MEMBERS : last ? OF_LAST : OF_ALL;
}

static bool elects(uint32_t whom, const ent_t *e) {
  if (whom == OF_MEMBERS) return is_voting_member(e);
  return is_voter(e) && (whom == OF_ALL || (e->flags & CLMS_ENTF_LAST));
}

static uint32_t votes_of(const struct image *cfg, uint32_t whom) {
  uint32_t votes = 0;
  for (uint32_t n = 1; n <= cfg->f.top; n++)
    if (elects(whom, &cfg->ent[n])) votes += cfg->ent[n].votes;
  return votes;
}

static bool ruled_out(const struct merge *m, uint32_t i, uint64_t ballot, const struct image *cfg) {
  uint32_t mode = cfg->f.mode, nacks = 0;
  bool all = mode == CLMS_MODE_CLASSIC || mode == CLMS_MODE_CLASSIC_FENCE;
  uint32_t whom = electorate(cfg), total = votes_of(cfg, whom);
  for (uint32_t p = 0; p < m->nplace; p++) {
    const struct place *place = &m->place[p];
    const ent_t *e = &cfg->ent[place->node];
    if (!place->sworn || !elects(whom, e)) continue;
    if (place->lineage == 0 || place->lineage != e->lineage || (e->flags & CLMS_ENTF_LEARNING)) continue;
    if (is_damaged(m, i, p) && (ballot == 0 || place->accepted > ballot)) continue;
    if (all && whom == OF_MEMBERS && !place->booting) return true;
    nacks += e->votes;
  }
  uint32_t quorum = mode == CLMS_MODE_ARBITER ? (total + 1) / 2 : total / 2 + 1;
  return total != 0 && nacks >= (all ? total : total - quorum + 1);
}

// ── The list ──

static inline uint32_t stage_at(const struct merge *m, uint32_t i) { return m->best[i].stage & ~STAGE_CONFLICT; }

static int chain_wrong(struct merge *m, uint32_t sure) {
  uint64_t hash = m->sure_hash;
  for (uint32_t i = sure; i > 0; i--) {
    const rec_t *r = &m->best[i - 1];
    uint32_t stage = stage_at(m, i - 1);
    if (stage == CLMS_STAGE_EMPTY || r->self_hash != hash) {
      m->missing = m->base + i;
      return stage == CLMS_STAGE_DECIDED ? CLMS_EUCLEAN : CLMS_EAGAIN;
    }
    hash = r->prev_hash;
  }
  return hash == m->base_hash ? 0 : CLMS_EUCLEAN;
}

static int walk_sure(struct merge *m, uint32_t sure) {
  m->scratch = m->fold;
  for (uint32_t i = 0; i < sure; i++) {
    if (fold_wrong(&m->scratch, &m->best[i]) != 0) return CLMS_EUCLEAN;
    fold_apply(&m->scratch, &m->best[i]);
  }
  return 0;
}

static void link_rec(const struct merge *m, rec_t *r) {
  const struct clms_fold *f = &m->scratch.f;
  r->slot = f->slot + 1;
  r->mono_ms = r->mono_ms > f->mono_ms ? r->mono_ms : f->mono_ms + 1;
  r->prev_hash = f->hash;
  r->ballot = m->ballot != 0 ? m->ballot : r->ballot;
  r->self_hash = rec_hash(r);
  r->stage = CLMS_STAGE_PREPARED;
}

static void dummy(const struct merge *m, rec_t *r, uint32_t flag) {
  *r = (rec_t){.kind = CLMS_KIND_DUMMY, .cause = CLMS_CAUSE_TAKEOVER, .flags = flag};
  link_rec(m, r);
}

static void propose(const struct merge *m, rec_t *r) {
  if (fold_unfit(&m->scratch, r) != 0) return dummy(m, r, CLMS_RECF_BRIDGE);
  r->flags |= CLMS_RECF_REPROPOSED;
  link_rec(m, r);
}

static int walk_rest(struct merge *m, uint32_t sure, uint32_t n, bool good) {
  for (uint32_t i = sure; i < n; i++) {
    rec_t *best = &m->best[i], *r = good ? best : &m->trial;
    bool held = stage_at(m, i) != CLMS_STAGE_EMPTY;
    bool settled = good || (held && !any_damaged(m, i)) || ruled_out(m, i, held ? best->ballot : 0, &m->scratch);
    if (!settled) {
      m->missing = m->base + 1 + i;
      return CLMS_EAGAIN;
    }
    if (good && (best->stage & STAGE_CONFLICT)) m->conflicts += 1;
    if (!good) *r = *best;
    if (held) propose(m, r);
    else dummy(m, r, CLMS_RECF_GAP);
    if (r->mono_ms <= m->scratch.f.mono_ms) return CLMS_EUCLEAN;
    fold_apply(&m->scratch, r);
  }
  return 0;
}

static int merge_finish(struct merge *m) {
  if (m->state == MERGE_NONE || (m->state == MERGE_OPEN && m->fold.f.slot != m->base)) return -CLMS_EPERM;
  if (m->state == MERGE_DONE) return (int)m->count;
  uint32_t n = (uint32_t)(m->top - m->base), sure = (uint32_t)(m->sure - m->base);
  bool doubts = false;
  for (uint32_t i = sure; i < n; i++) doubts = doubts || stage_at(m, i) == CLMS_STAGE_EMPTY || any_damaged(m, i);
  int wrong = chain_wrong(m, sure);
  if (wrong == 0) wrong = walk_sure(m, sure);
  if (wrong == 0 && doubts) {
    wrong = walk_rest(m, sure, n, false);
    if (wrong == 0) wrong = walk_sure(m, sure);
  }
  if (wrong == 0) wrong = walk_rest(m, sure, n, true);
  if (wrong == CLMS_EUCLEAN) m->state = MERGE_NONE;
  if (wrong != 0) return -wrong;
  for (uint32_t i = 0; i < sure; i++) m->best[i].stage = CLMS_STAGE_DECIDED;
  const struct clms_fold *f = &m->scratch.f;
  if (f->bracket != 0) {
    rec_t end = {.kind = CLMS_KIND_SET_END, .cause = CLMS_CAUSE_TAKEOVER, .flags = CLMS_RECF_BRIDGE, .set_id = f->set_id, .arg = f->phase};
    m->best[n] = end;
    link_rec(m, &m->best[n]);
    fold_apply(&m->scratch, &m->best[n++]);
  }
  m->prefix = sure;
  m->count = n;
  m->state = MERGE_DONE;
  return (int)n;
}

#endif
