// Numbers of the Linux kernel's interfaces that the host speaks, each group under the header that defines it.
//
// Invariant: what is here has the same value on x86-64 and arm64; struct layouts are those of 64-bit kernels.

// asm-generic/fcntl.h, linux/eventpoll.h
export const O_RDWR = 0o2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const POLLIN = 1;
export const F_SETFD = 2;
export const FD_CLOEXEC = 1;
export const F_DUPFD_CLOEXEC = 1030;

// asm-generic/errno.h
export const ERR = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EBADFD: 77,
  EOPNOTSUPP: 95,
  ENETDOWN: 100,
  ENOBUFS: 105,
} as const;

// asm-generic/mman-common.h, linux/mman.h
export const PROT_READ_WRITE = 3;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_NORESERVE = 0x4000;
export const MADV_DONTFORK = 10;

// linux/time.h
export const CLOCK_REALTIME = 0;

// linux/socket.h, asm-generic/socket.h, linux/net.h
export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
/** struct sockaddr_un; SIZE rounded up */
export const SOCKADDR_UN = { SIZE: 112, family: 0, path: 2, path_size: 108 } as const;
/** struct msghdr inside struct mmsghdr; struct iovec */
export const MMSGHDR = { SIZE: 64, iov: 16, iovlen: 24 } as const;
export const IOVEC = { SIZE: 16, base: 0, len: 8 } as const;

// linux/if.h, linux/sockios.h, linux/if_arp.h, linux/ethtool.h
export const IFNAMSIZ = 16;
/** struct ifreq: the name, then a union at 16 */
export const IFREQ = { SIZE: 40, name: 0, data: 16 } as const;
export const SIOCGIFHWADDR = 0x8927;
export const SIOCETHTOOL = 0x8946;
export const ETHTOOL = { GSET: 0x01, GLINK: 0x0a, GFLAGS: 0x25, SFLAGS: 0x26, GGRO: 0x2b, SGRO: 0x2c } as const;
/** linux/ethtool.h ETH_FLAG_LRO, ETH_FLAG_RXVLAN */
export const ETH_FLAG_LRO = 1 << 15;
export const ETH_FLAG_RXVLAN = 1 << 8;
export const ARPHRD_ETHER = 1;
export const IFF = { UP: 1, BROADCAST: 2, LOOPBACK: 8, POINTOPOINT: 0x10, RUNNING: 0x40, NOARP: 0x80, MULTICAST: 0x1000 } as const;

// linux/if_ether.h
export const ETH_P_ALL = 3;
export const ETH_P_8021Q = 0x8100;

// linux/if_packet.h
export const SOL_PACKET = 263;
export const PACKET = {
  ADD_MEMBERSHIP: 1,
  RX_RING: 5,
  STATISTICS: 6,
  VERSION: 10,
  RESERVE: 12,
  VNET_HDR: 15,
  QDISC_BYPASS: 20,
  IGNORE_OUTGOING: 23,
} as const;
export const PACKET_MR_PROMISC = 1;
export const TPACKET_V2 = 1;
/** struct tpacket2_hdr */
export const TP2 = { SIZE: 32, status: 0, len: 4, snaplen: 8, mac: 12, sec: 16, nsec: 20, vlan_tci: 24, vlan_tpid: 26 } as const;
export const TP_STATUS = { KERNEL: 0, USER: 1, LOSING: 4, VLAN_VALID: 0x10, VLAN_TPID_VALID: 0x40 } as const;
export const SOCKADDR_LL = { SIZE: 20, family: 0, protocol: 2, ifindex: 4 } as const;
/** struct packet_mreq */
export const PACKET_MREQ = { SIZE: 16, ifindex: 0, type: 4 } as const;
/** struct tpacket_req */
export const TPACKET_REQ_SIZE = 16;

// linux/virtio_net.h
export const VNET = { SIZE: 10, flags: 0, gso_type: 1, hdr_len: 2, gso_size: 4, csum_start: 6, csum_offset: 8 } as const;
export const VNET_NEEDS_CSUM = 1;

// linux/if_tun.h
export const TUN = {
  SETIFF: 0x400454ca,
  SETPERSIST: 0x400454cb,
  SETOFFLOAD: 0x400454d0,
  SETVNETHDRSZ: 0x400454d8,
  SETCARRIER: 0x400454e2,
} as const;
export const IFF_TAP = 2;
export const IFF_NO_PI = 0x1000;
export const IFF_VNET_HDR = 0x4000;
export const TUN_F_CSUM = 1;
export const TUN_F_TSO4 = 2;
export const TUN_F_TSO6 = 4;

// linux/netlink.h
export const NETLINK_ROUTE = 0;
export const SOL_NETLINK = 270;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;
/** struct nlmsghdr */
export const NLMSG = { SIZE: 16, len: 0, type: 4, flags: 6, seq: 8, pid: 12, ERROR: 2, DONE: 3 } as const;
export const NLM_F = {
  REQUEST: 1,
  ACK: 4,
  DUMP_INTR: 0x10,
  DUMP: 0x300,
  EXCL: 0x200,
  CREATE: 0x400,
  CAPPED: 0x100,
  ACK_TLVS: 0x200,
} as const;
export const NLMSGERR_ATTR_MSG = 1;
export const NLA_TYPE_MASK = 0x3fff;
export const NLA_F_NESTED = 0x8000;

// linux/rtnetlink.h
export const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, DELADDR: 21, GETADDR: 22, GETROUTE: 26 } as const;
export const RTMGRP_LINK = 1;
export const RTMGRP_IPV4_IFADDR = 0x10;
export const RTMGRP_IPV6_IFADDR = 0x100;
export const RTMGRP_IPV4_ROUTE = 0x40;
export const RTMGRP_IPV6_ROUTE = 0x400;
/** struct rtmsg */
export const RTMSG = { SIZE: 12, family: 0, dst_len: 1, table: 4, protocol: 5, type: 7 } as const;
export const RTA = { DST: 1, OIF: 4, GATEWAY: 5, MULTIPATH: 9, TABLE: 15, VIA: 18 } as const;
/** struct rtnexthop */
export const RTNEXTHOP = { SIZE: 8, len: 0, ifindex: 4 } as const;
export const RT_TABLE_LOCAL = 255;
export const RTN_UNICAST = 1;
/** Routes of at most this origin are the kernel's own: RTPROT_UNSPEC, _REDIRECT, _KERNEL. */
export const RTPROT_KERNEL = 2;
/** struct ifinfomsg */
export const IFINFOMSG = { SIZE: 16, family: 0, type: 2, index: 4, flags: 8, change: 12 } as const;

// linux/if_link.h
export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  MASTER: 10,
  OPERSTATE: 16,
  LINKINFO: 18,
  AF_SPEC: 26,
  CARRIER: 33,
} as const;
export const IFLA_INFO_KIND = 1;
export const IFLA_INET6_ADDR_GEN_MODE = 8;
export const ADDR_GEN_MODE = { eui64: 0, none: 1, stable_secret: 2, random: 3 } as const;
/** RFC 2863 ifOperStatus in the order of linux/if.h IF_OPER_* */
export const OPERSTATES = ["unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"] as const;

// linux/if_addr.h
/** struct ifaddrmsg */
export const IFADDRMSG = { SIZE: 8, family: 0, prefix: 1, flags: 2, scope: 3, index: 4 } as const;
export const IFA = { ADDRESS: 1, LOCAL: 2, FLAGS: 8 } as const;
export const IFA_F = { NODAD: 0x02, DADFAILED: 0x08, TENTATIVE: 0x40, PERMANENT: 0x80 } as const;

// linux/capability.h, linux/prctl.h
export const CAP_VERSION_3 = 0x20080522;
/** bytes of struct __user_cap_header_struct; two of {effective, permitted, inheritable} follow */
export const CAP_HEADER = 8;
export const CAP = { DAC_OVERRIDE: 1, DAC_READ_SEARCH: 2, NET_ADMIN: 12, NET_RAW: 13, BPF: 39 } as const;
export const PR = {
  CAPBSET_READ: 23,
  CAPBSET_DROP: 24,
  SET_NO_NEW_PRIVS: 38,
  CAP_AMBIENT: 47,
  CAP_AMBIENT_RAISE: 2,
  CAP_AMBIENT_CLEAR_ALL: 4,
} as const;

// linux/sched.h, linux/sched/types.h
export const SCHED_OTHER = 0;
/** asm/unistd.h: the number of the system call, by process.arch */
export const NR_SCHED_SETATTR: Readonly<Record<string, number>> = { x64: 314, arm64: 274 };
/** struct sched_attr, as of its first version */
export const SCHED_ATTR = { SIZE: 48, size: 0, policy: 4, nice: 16, runtime: 24 } as const;
export const CLONE_NEWNET = 0x40000000;
