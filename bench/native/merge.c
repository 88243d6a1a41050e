// The merge of histories in C, beside clms.wasm: reads a case that the benchmark has written (the module's own fold, the
// reports, what is done for each), then answers commands, a line in, a line out.
//
//   merge FILE
//   hash      → hash of the canonical records of one merge
//   run MS    → merges=… ns=…: whole merges for about MS milliseconds

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "merge_rules.h"

enum { MAGIC = 0x4d424648, SAMPLE_MAX_MS = 10000, REPORTS_MAX = 1024, IMAGES_MAX = 1 << 27 };

static struct {
  uint32_t magic, copied, reports, bytes, fold, pad[3];
} head;

/** What is written over the head of the report in the inbox; if reports are copied, only len is used. */
struct step {
  uint32_t node, len;
  uint64_t applied, applied_hash, last;
};

static struct merge *merge;
static struct step *steps;
static uint8_t *images, *inbox;
static int64_t sink;

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void *room(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
  if (!p) die("out of memory");
  memset(p, 0, bytes);
  return p;
}

static void take(FILE *f, void *to, size_t bytes) {
  if (fread(to, 1, bytes, f) != bytes) die("the case file is too short");
}

static void load(const char *name) {
  FILE *f = fopen(name, "rb");
  if (!f) die(strerror(errno));
  take(f, &head, sizeof head);
  if (head.magic != MAGIC || head.reports > REPORTS_MAX || head.bytes > IMAGES_MAX || head.fold != sizeof(struct image))
    die("not a case file of this version");
  merge = room(sizeof *merge);
  steps = room(head.reports * sizeof *steps);
  images = room(head.bytes);
  inbox = room(CLMS_MSG_MAX);
  take(f, &merge->fold, sizeof merge->fold);
  take(f, steps, head.reports * sizeof *steps);
  take(f, images, head.bytes);
  fclose(f);
  size_t all = 0;
  for (uint32_t i = 0; i < head.reports; i++) {
    if (steps[i].len < sizeof(struct clms_report) || steps[i].len > CLMS_MSG_MAX || steps[i].node > CLMS_NODE_MAX) die("a step is wrong");
    all += steps[i].len;
  }
  if (head.copied ? all != head.bytes : head.reports == 0 || steps[0].len != head.bytes) die("the reports are not all there");
  memcpy(inbox, images, steps[0].len);
}

// ── The op ──

/** As the module's export: what is not a whole report is refused, and the lineage is the fold's. */
static int add(uint32_t len) {
  const struct clms_report *r = (const struct clms_report *)inbox;
  if (len < sizeof *r || (len - sizeof *r) % sizeof(rec_t) != 0) return -CLMS_EMSGSIZE;
  if (r->node > CLMS_NODE_MAX) return -CLMS_EPROTO;
  return merge_add(merge, inbox, len, (len - sizeof *r) / sizeof(rec_t), merge->fold.ent[r->node].lineage);
}

static void op(void) {
  int bad = 0;
  merge_begin(merge, 0);
  const uint8_t *from = images;
  struct clms_report *r = (struct clms_report *)inbox;
  for (uint32_t i = 0; i < head.reports; i++) {
    const struct step *s = &steps[i];
    if (head.copied) {
      memcpy(inbox, from, s->len);
      from += s->len;
    } else {
      r->node = s->node;
      r->applied = s->applied;
      r->applied_hash = s->applied_hash;
      r->last = s->last;
    }
    bad |= add(s->len);
  }
  if (bad < 0) die("a report was refused");
  sink = merge_finish(merge);
}

// ── Hash: as bench/core/hash.ts ──

static void result(void) {
  op();
  if (sink < 0) die("finish refused");
  uint32_t a = 0x811c9dc5u, b = 0x9e3779b9u;
  const uint8_t *at = (const uint8_t *)merge->best;
  for (size_t i = 0; i < (size_t)sink * sizeof(rec_t); i += 4) {
    uint32_t word;
    memcpy(&word, at + i, 4);
    a = (a ^ word) * 0x01000193u;
    b = ((b << 5 | b >> 27) ^ word) * 0x9e3779b1u;
  }
  printf("%08x%08x\n", a, b);
}

// ── Commands ──

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void timed(double ms) {
  uint64_t done = 0;
  op();
  int64_t begin = now(), t = begin, end = begin + (int64_t)(ms * 1e6);
  do {
    op();
    done++;
    t = now();
  } while (t < end);
  printf("merges=%llu ns=%lld\n", (unsigned long long)done, (long long)(t - begin));
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc != 2) die("usage: merge FILE");
  load(argv[1]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  char line[128];
  double ms;
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, "hash\n") == 0) result();
    else if (sscanf(line, "run %lf", &ms) == 1 && ms <= SAMPLE_MAX_MS) timed(ms);
    else puts("error: commands are hash and run MS");
  }
  // Written, so that the work cannot be left out.
  return sink == INT64_MIN;
}
