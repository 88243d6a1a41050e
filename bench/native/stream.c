// A sequence-numbered UDP stream, and a receiver that knows how long it was silent.
//
//   stream send ADDR PORT INTERVAL_NS     one datagram each interval until stdin closes
//   stream recv ADDR PORT                 on stdin: "mark" begins a window, "report" prints what it saw
//
// A report is one line: received, lost (sequence numbers missing between the first and the last of the
// window), old (late or duplicate), gap_ns (longest time between two arrivals), gap_lost (numbers missing
// across that gap), median_ns (usual time between two arrivals), silent_ns (time since the last arrival; since
// the mark if there was none), first and highest (sequence numbers), first_us and last_us (when the first and the
// last came, microseconds since 1970; 0 if none), by which the windows of several receivers can be put together.
// Arrival times are the kernel's (SO_TIMESTAMPNS), so the receiver's own scheduling is not in them.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD = 32, BATCH = 64, STEPS_MAX = 1 << 20 };

static void die(const char *what) {
  fprintf(stderr, "stream: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct sockaddr_in address(const char *addr, const char *port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, addr, &a.sin_addr) != 1) {
    fprintf(stderr, "stream: %s is not an IPv4 address\n", addr);
    exit(2);
  }
  return a;
}

static int64_t ns(const struct timespec *t) { return t->tv_sec * 1000000000LL + t->tv_nsec; }

static int stdin_closed(void) {
  struct pollfd p = {.fd = 0, .events = POLLIN};
  char byte;
  return poll(&p, 1, 0) > 0 && read(0, &byte, 1) <= 0;
}

static int send_stream(const char *addr, const char *port, long interval) {
  struct sockaddr_in to = address(addr, port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  // No UDP checksum: a user-space switch that knows no partial checksums must be able to carry it too.
  int one = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof one)) die("socket");
  if (connect(fd, (struct sockaddr *)&to, sizeof to)) die(addr);
  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  uint8_t payload[PAYLOAD] = {0};
  for (uint64_t seq = 1;; seq++) {
    memcpy(payload, &seq, sizeof seq);
    // A refused send (carrier gone, queue full) is a lost datagram, as for any application.
    if (send(fd, payload, sizeof payload, MSG_DONTWAIT) < 0 && errno == EBADF) die("send");
    if (seq % 1024 == 0 && stdin_closed()) return 0;
    next.tv_nsec += interval;
    while (next.tv_nsec >= 1000000000L) {
      next.tv_nsec -= 1000000000L;
      next.tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
}

// ── Receiver ──

static struct window {
  uint64_t received, old, first, highest, gap_lost;
  int64_t begin;  // CLOCK_REALTIME of the first arrival
  int64_t last, gap;  // last: CLOCK_REALTIME of the last arrival, or of the mark
  uint32_t steps;
  int32_t step[STEPS_MAX];
} w;

static int64_t wall_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return ns(&t);
}

static void mark(void) {
  w.received = w.old = w.first = w.highest = w.gap_lost = 0;
  w.last = wall_clock();
  w.gap = 0;
  w.steps = 0;
}

static void arrived(uint64_t seq, int64_t at) {
  if (w.received == 0) {
    w.first = w.highest = seq;
    w.received = 1;
    w.begin = w.last = at;
    return;
  }
  int64_t step = at - w.last;
  w.last = at;
  if (w.steps < STEPS_MAX) w.step[w.steps++] = step > INT32_MAX ? INT32_MAX : (int32_t)step;
  if (step > w.gap) {
    w.gap = step;
    w.gap_lost = seq > w.highest ? seq - w.highest - 1 : 0;
  }
  if (seq <= w.highest) {
    w.old++;
    return;
  }
  w.highest = seq;
  w.received++;
}

static int by_value(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static void report(void) {
  int64_t median = 0;
  if (w.steps) {
    qsort(w.step, w.steps, sizeof w.step[0], by_value);
    median = w.step[w.steps / 2];
  }
  uint64_t span = w.received ? w.highest - w.first + 1 : 0;
  uint64_t seen = w.received + (w.old < span - w.received ? w.old : span - w.received);
  printf("received=%llu lost=%llu old=%llu gap_ns=%lld gap_lost=%llu median_ns=%lld silent_ns=%lld",
         (unsigned long long)w.received, (unsigned long long)(span - seen), (unsigned long long)w.old, (long long)w.gap,
         (unsigned long long)w.gap_lost, (long long)median, (long long)(wall_clock() - w.last));
  printf(" first=%llu highest=%llu first_us=%lld last_us=%lld\n", (unsigned long long)w.first, (unsigned long long)w.highest,
         w.received ? (long long)(w.begin / 1000) : 0, w.received ? (long long)(w.last / 1000) : 0);
}

static int64_t arrival(struct msghdr *m) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec t;
      memcpy(&t, CMSG_DATA(c), sizeof t);
      return ns(&t);
    }
  return wall_clock();
}

static void receive(int fd) {
  static uint64_t data[BATCH][PAYLOAD / 8];
  static char control[BATCH][128];
  struct mmsghdr m[BATCH];
  struct iovec v[BATCH];
  for (int i = 0; i < BATCH; i++) {
    v[i] = (struct iovec){data[i], sizeof data[i]};
    m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof control[i]};
  }
  int n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < n; i++)
    if (m[i].msg_len == PAYLOAD) arrived(data[i][0], arrival(&m[i].msg_hdr));
}

static int receive_stream(const char *addr, const char *port) {
  struct sockaddr_in at = address(addr, port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, size = 4 << 20;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one)) die("socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  if (bind(fd, (struct sockaddr *)&at, sizeof at)) die(addr);
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  for (;;) {
    if (poll(p, 2, -1) < 0) continue;
    if (p[0].revents & POLLIN) receive(fd);
    if (!(p[1].revents & (POLLIN | POLLHUP))) continue;
    char line[64] = {0};
    ssize_t n = read(0, line, sizeof line - 1);
    if (n <= 0) return 0;
    if (!strcmp(line, "mark\n")) {
      mark();
      puts("ok");
    } else if (!strcmp(line, "report\n")) {
      while (poll(p, 1, 0) > 0) receive(fd);
      report();
    } else
      puts("error: commands are mark and report");
  }
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Real time, if allowed: the sender's waiting for a processor must not look like a gap. It sleeps nearly always.
  sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 50});
  if (argc == 5 && !strcmp(argv[1], "send")) return send_stream(argv[2], argv[3], atol(argv[4]));
  if (argc == 4 && !strcmp(argv[1], "recv")) return receive_stream(argv[2], argv[3]);
  fprintf(stderr, "usage: stream send ADDR PORT INTERVAL_NS | stream recv ADDR PORT\n");
  return 2;
}
