// The packet path in C, beside ipmp.wasm: reads a case that the benchmark has written (the module's own records and
// the frames as they come), then answers commands, a line in, a line out.
//
//   core FILE
//   passes N COUNTERS  → hash of the result after N passes over all frames; COUNTERS 1: counters are in it
//   run MS             → frames=… ns=…: whole passes for about MS milliseconds, in batches
//   putback MS         → the same for what the receive op does besides receiving

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "core_path.h"

enum { MAGIC = 0x31424648, SAMPLE_MAX_MS = 10000 };
/** Bytes before the first frame: room for a virtio header, as before every frame in the module. */
enum { LEAD = 64 };

static struct {
  uint32_t magic, rx, batch, frames, bytes, members, addresses, pad;
} head;

static struct path path;
static struct ipmp_desc *desc;
static uint8_t *frames, *pristine;
static uint64_t sink;

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
  if (head.magic != MAGIC || head.members > IPMP_MEMBER_MAX || head.addresses > IPMP_ADDR_MAX || head.frames > IPMP_DESC_MAX)
    die("not a case file of this version");
  struct ipmp_ipif *ipif = room(head.addresses * sizeof *ipif);
  path.nic = room(head.members * sizeof *path.nic);
  path.slot = room(IPMP_ADDR_SLOTS * sizeof *path.slot);
  path.bytes = room(IPMP_ADDR_MAX * sizeof *path.bytes);
  path.neighbour = room(IPMP_NEXTHOP_MAX * sizeof *path.neighbour);
  size_t size = (size_t)head.frames * head.bytes;
  path.io = room(LEAD + size);
  path.io_end = LEAD + (uint32_t)size;
  frames = path.io + LEAD;
  pristine = room(size);
  take(f, &path.grp, sizeof path.grp);
  take(f, path.family, sizeof path.family);
  take(f, path.nic, head.members * sizeof *path.nic);
  take(f, ipif, head.addresses * sizeof *ipif);
  take(f, pristine, size);
  fclose(f);
  for (uint32_t i = 0; i < head.addresses; i++) index_insert(&path, &ipif[i], i);
  free(ipif);
  desc = room(head.frames * sizeof *desc);
  for (uint32_t i = 0; i < head.frames; i++) desc[i] = (struct ipmp_desc){.off = LEAD + i * head.bytes, .len = head.bytes};
  memcpy(frames, pristine, size);
}

// ── The op ──

static void put_back(uint32_t first) {
  uint64_t target;
  memcpy(&target, pristine + (size_t)first * head.bytes, 8);
  for (uint8_t *at = frames + (size_t)first * head.bytes, *end = at + (size_t)head.batch * head.bytes; at < end; at += head.bytes)
    memcpy(at, &target, 8);
}

static void forward(uint32_t first) {
  if (head.rx) sink += rx_batch(&path, first / head.batch % head.members, desc + first, head.batch);
  else sink += tx_batch(&path, desc + first, head.batch);
}

static void run_pass(void) {
  for (uint32_t first = 0; first < head.frames; first += head.batch) {
    forward(first);
    if (head.rx) put_back(first);
  }
}

static void putback_pass(void) {
  for (uint32_t first = 0; first < head.frames; first += head.batch) put_back(first);
}

// ── Hash: as bench/core/hash.ts ──

static uint32_t lane_a, lane_b;

static void hash(const void *data, size_t bytes) {
  const uint8_t *at = data;
  for (size_t i = 0; i < bytes; i += 4) {
    uint32_t word;
    memcpy(&word, at + i, 4);
    lane_a = (lane_a ^ word) * 0x01000193u;
    lane_b = ((lane_b << 5 | lane_b >> 27) ^ word) * 0x9e3779b1u;
  }
}

static void result(int counters) {
  static uint16_t outs[IPMP_DESC_MAX];
  lane_a = 0x811c9dc5u;
  lane_b = 0x9e3779b9u;
  for (uint32_t i = 0; i < head.frames; i++) outs[i] = desc[i].out;
  hash(outs, head.frames * sizeof *outs);
  hash(frames, (size_t)head.frames * head.bytes);
  if (counters) {
    for (uint32_t p = 0; p < head.members; p++) hash(path.nic[p].kstat, sizeof path.nic[p].kstat);
    hash(path.grp.drops, sizeof path.grp.drops);
    hash(path.bytes, head.addresses * sizeof *path.bytes);
  }
  printf("%08x%08x\n", lane_a, lane_b);
}

// ── Commands ──

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void timed(void (*pass)(void), double ms) {
  uint64_t done = 0;
  int64_t begin = now(), t = begin, end = begin + (int64_t)(ms * 1e6);
  do {
    for (int i = 0; i < 8; i++) pass();
    done += 8ull * head.frames;
    t = now();
  } while (t < end);
  printf("frames=%llu ns=%lld\n", (unsigned long long)done, (long long)(t - begin));
}

static void passes(int n, int counters) {
  for (int i = 1; i < n; i++) run_pass();
  // The last one leaves the frames as the path made them.
  for (uint32_t first = 0; first < head.frames; first += head.batch) forward(first);
  result(counters);
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc != 2) die("usage: core FILE");
  load(argv[1]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  char line[128];
  int n, counters;
  double ms;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "passes %d %d", &n, &counters) == 2 && n > 0) passes(n, counters);
    else if (sscanf(line, "run %lf", &ms) == 1 && ms <= SAMPLE_MAX_MS) timed(run_pass, ms);
    else if (sscanf(line, "putback %lf", &ms) == 1 && ms <= SAMPLE_MAX_MS) timed(putback_pass, ms);
    else puts("error: commands are passes N 0|1, run MS and putback MS");
  }
  // Written, so that the work cannot be left out.
  return sink == UINT64_MAX;
}
