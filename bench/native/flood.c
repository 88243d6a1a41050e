// Sends small UDP frames as fast as one core can, for a bounded time, straight into an interface.
//
//   flood IFNAME SRC_MAC DST_MAC[,DST_MAC…] SRC_IP DST_IP BYTES MILLISECONDS
//
// 256 flows (source ports); frame k goes to the k-th destination hardware address in turn. Prints
// "sent=… ns=…": frames the kernel took, and how long it lasted.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { FLOWS = 256, BATCH = 64, BYTES_MAX = 1514, HEADERS = 14 + 20 + 8 };

static uint8_t frame[FLOWS][BYTES_MAX];

static void die(const char *what) {
  fprintf(stderr, "flood: %s: %s\n", what, errno ? strerror(errno) : "not valid");
  exit(1);
}

static const char *mac_of(const char *text, uint8_t *mac) {
  unsigned b[6];
  int used = 0;
  errno = 0;
  if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", b, b + 1, b + 2, b + 3, b + 4, b + 5, &used) != 6) die(text);
  for (int i = 0; i < 6; i++) mac[i] = (uint8_t)b[i];
  return text[used] == ',' ? text + used + 1 : NULL;
}

static uint16_t checksum(const uint8_t *p, int len) {
  uint32_t sum = 0;
  for (int i = 0; i < len; i += 2) sum += (uint32_t)p[i] << 8 | p[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

static void put16(uint8_t *p, unsigned v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static void make(uint8_t *f, const uint8_t *src, const uint8_t *dst, const char *from, const char *to, int bytes, int flow) {
  memset(f, 0, (size_t)bytes);
  memcpy(f, dst, 6);
  memcpy(f + 6, src, 6);
  put16(f + 12, ETHERTYPE_IP);
  uint8_t *ip = f + 14;
  ip[0] = 0x45;
  put16(ip + 2, (unsigned)bytes - 14);
  ip[8] = 64;
  ip[9] = 17;
  errno = 0;
  if (inet_pton(AF_INET, from, ip + 12) != 1) die(from);
  if (inet_pton(AF_INET, to, ip + 16) != 1) die(to);
  uint16_t sum = checksum(ip, 20);
  memcpy(ip + 10, &sum, 2);
  put16(ip + 20, 20000 + (unsigned)flow);
  put16(ip + 22, 9);  // discard
  put16(ip + 24, (unsigned)bytes - 34);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int packet_socket(const char *name) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
  if (fd < 0) die("socket");
  if (!at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof at)) die(name);
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
  return fd;
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc != 8) {
    fprintf(stderr, "usage: flood IFNAME SRC_MAC DST_MAC[,DST_MAC…] SRC_IP DST_IP BYTES MILLISECONDS\n");
    return 2;
  }
  int bytes = atoi(argv[6]), ms = atoi(argv[7]), macs = 0;
  uint8_t src[6], dst[32][6];
  if (bytes < HEADERS || bytes > BYTES_MAX || ms < 1 || ms > 60000) {
    fprintf(stderr, "flood: %d to %d bytes, 1 to 60000 ms\n", HEADERS, BYTES_MAX);
    return 2;
  }
  mac_of(argv[2], src);
  for (const char *m = argv[3]; m && macs < 32; macs++) m = mac_of(m, dst[macs]);
  struct mmsghdr m[FLOWS] = {0};
  struct iovec v[FLOWS];
  for (int i = 0; i < FLOWS; i++) {
    make(frame[i], src, dst[i % macs], argv[4], argv[5], bytes, i);
    v[i] = (struct iovec){frame[i], (size_t)bytes};
    m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1};
  }
  int fd = packet_socket(argv[1]);
  int64_t begin = now(), end = begin + ms * 1000000LL, t = begin;
  uint64_t sent = 0;
  for (int at = 0; t < end; at = (at + BATCH) % FLOWS, t = now()) {
    int n = sendmmsg(fd, m + at, BATCH, 0);
    if (n > 0) sent += (uint64_t)n;
    else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) die(argv[1]);
  }
  printf("sent=%llu ns=%lld\n", (unsigned long long)sent, (long long)(t - begin));
  return 0;
}
