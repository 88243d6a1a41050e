// Sets and reads the links of the network namespace it runs in, by rtnetlink, without spawning anything:
// a line in, a line out.
//
//   down NAME, up NAME     → ok
//   count NAME             → rx_packets=… tx_packets=… rx_bytes=… tx_bytes=…
//   carrier NAME           → carrier=0|1
// What cannot be done → "error: NAME: why".

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// <net/if.h> has this too, but not together with <linux/if.h>, which has IFF_LOWER_UP.
unsigned if_nametoindex(const char *name);

static int nl;

struct request {
  struct nlmsghdr h;
  struct ifinfomsg i;
};

/** Sends a request about an interface; the answer's length, or -errno. */
static int talk(struct request *r, char *answer, size_t size) {
  static unsigned seq;
  r->h.nlmsg_len = sizeof *r;
  r->h.nlmsg_seq = ++seq;
  r->i.ifi_family = AF_UNSPEC;
  if (send(nl, r, sizeof *r, 0) < 0) return -errno;
  ssize_t n = recv(nl, answer, size, 0);
  if (n < 0) return -errno;
  struct nlmsghdr *h = (struct nlmsghdr *)answer;
  if (h->nlmsg_type == NLMSG_ERROR) {
    struct nlmsgerr *e = NLMSG_DATA(h);
    if (e->error) return e->error;
  }
  return (int)n;
}

static int set_up(int index, int up) {
  char answer[4096];
  struct request r = {.h = {.nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                      .i = {.ifi_index = index, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP}};
  int n = talk(&r, answer, sizeof answer);
  return n < 0 ? n : 0;
}

static int read_link(int index, struct rtnl_link_stats64 *stats, int *carrier) {
  static char answer[32768];
  struct request r = {.h = {.nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST}, .i = {.ifi_index = index}};
  int n = talk(&r, answer, sizeof answer);
  if (n < 0) return n;
  struct nlmsghdr *h = (struct nlmsghdr *)answer;
  struct ifinfomsg *i = NLMSG_DATA(h);
  *carrier = (i->ifi_flags & IFF_LOWER_UP) != 0;
  int left = IFLA_PAYLOAD(h);
  for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
    if (a->rta_type == IFLA_STATS64) memcpy(stats, RTA_DATA(a), sizeof *stats);
  return 0;
}

static void obey(const char *verb, const char *name) {
  int index = (int)if_nametoindex(name);
  struct rtnl_link_stats64 s = {0};
  int carrier = 0, error = 0;
  if (!index) {
    printf("error: %s: no such interface\n", name);
    return;
  }
  if (!strcmp(verb, "down") || !strcmp(verb, "up")) {
    error = set_up(index, verb[0] == 'u');
    if (!error) puts("ok");
  } else if (!strcmp(verb, "count")) {
    error = read_link(index, &s, &carrier);
    if (!error)
      printf("rx_packets=%llu tx_packets=%llu rx_bytes=%llu tx_bytes=%llu\n", (unsigned long long)s.rx_packets,
             (unsigned long long)s.tx_packets, (unsigned long long)s.rx_bytes, (unsigned long long)s.tx_bytes);
  } else if (!strcmp(verb, "carrier")) {
    error = read_link(index, &s, &carrier);
    if (!error) printf("carrier=%d\n", carrier);
  } else
    puts("error: commands are down, up, count and carrier, each with an interface name");
  if (error) printf("error: %s: %s\n", name, strerror(-error));
}

int main(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (nl < 0) {
    perror("link: netlink");
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  char line[128], verb[16], name[64];
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "%15s %63s", verb, name) == 2) obey(verb, name);
    else puts("error: a command and an interface name");
  }
  return 0;
}
