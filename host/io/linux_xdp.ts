// Numbers of the Linux kernel's interfaces for XDP sockets and eBPF, each group under the header that defines it.
//
// Invariant: what is here has the same value on x86-64 and arm64, but for the number of bpf(2); struct layouts are those of
// 64-bit kernels.

// asm-generic/mman-common.h
export const MADV_DOFORK = 11;

// linux/socket.h, linux/if_xdp.h
export const AF_XDP = 44;
export const SOL_XDP = 283;
export const XDP = { MMAP_OFFSETS: 1, RX_RING: 2, TX_RING: 3, UMEM_REG: 4, FILL_RING: 5, COMPLETION_RING: 6, STATISTICS: 7 } as const;
/** what mmap takes as offset for each of a socket's rings */
export const XDP_PGOFF = { RX: 0, TX: 0x8000_0000, FILL: 0x1_0000_0000, COMPLETION: 0x1_8000_0000 } as const;
/** struct xdp_mmap_offsets: of rx, tx, fill and completion ring in this order, each {producer, consumer, desc, flags} in u64 */
export const XDP_OFFSETS = { SIZE: 128, ring: 32, producer: 0, consumer: 8, desc: 16, flags: 24 } as const;
/** sxdp_flags */
export const XDP_COPY = 1 << 1;
export const XDP_USE_NEED_WAKEUP = 1 << 3;
/** flags word of a ring */
export const XDP_RING_NEED_WAKEUP = 1;
/** struct xdp_umem_reg */
export const UMEM_REG = { SIZE: 32, addr: 0, len: 8, chunk_size: 16, headroom: 20, flags: 24, tx_metadata_len: 28 } as const;
export const XDP_UMEM_TX_METADATA_LEN = 1 << 2;
/** struct sockaddr_xdp */
export const SOCKADDR_XDP = { SIZE: 16, family: 0, flags: 2, ifindex: 4, queue_id: 8 } as const;
/** options of struct xdp_desc, which is four words: address, its upper half, length, options */
export const XDP_TX_METADATA = 1 << 1;
/** struct xsk_tx_metadata: what is asked for, before the frame */
export const TX_METADATA = { SIZE: 24, flags: 0, csum_start: 8, csum_offset: 10 } as const;
export const XDP_TXMD_FLAGS_CHECKSUM = 1 << 1;
/** struct xdp_statistics, in u64 */
export const XDP_STATISTICS = { SIZE: 48, rx_dropped: 0, rx_ring_full: 24 } as const;
/** What the kernel keeps free before each received frame (linux/bpf.h XDP_PACKET_HEADROOM). */
export const XDP_PACKET_HEADROOM = 256;

// linux/if_link.h
export const XDP_FLAGS_SKB_MODE = 1 << 1;

// linux/bpf.h
/** asm/unistd.h: the number of the system call, by process.arch */
export const NR_BPF: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
export const BPF = { MAP_CREATE: 0, MAP_UPDATE_ELEM: 2, PROG_LOAD: 5, LINK_CREATE: 28 } as const;
export const BPF_MAP_TYPE_XSKMAP = 17;
export const BPF_PROG_TYPE_XDP = 6;
export const BPF_ATTACH_XDP = 37;
/** members of union bpf_attr, by command; SIZE covers the last one used */
export const BPF_MAP_ATTR = { SIZE: 44, type: 0, key_size: 4, value_size: 8, max_entries: 12, name: 28 } as const;
export const BPF_ELEM_ATTR = { SIZE: 32, map_fd: 0, key: 8, value: 16, flags: 24 } as const;
export const BPF_PROG_ATTR = {
  SIZE: 72,
  type: 0,
  insn_cnt: 4,
  insns: 8,
  license: 16,
  log_level: 24,
  log_size: 28,
  log_buf: 32,
  name: 48,
  expected_attach_type: 68,
} as const;
export const BPF_LINK_ATTR = { SIZE: 16, prog_fd: 0, target_ifindex: 4, attach_type: 8, flags: 12 } as const;
/** helpers of eBPF programs */
export const BPF_FUNC = { redirect_map: 51 } as const;
export const XDP_ACTION = { PASS: 2 } as const;
/** struct xdp_md */
export const XDP_MD = { data: 0, data_end: 4, rx_queue_index: 16 } as const;

// asm-generic/resource.h
export const RLIMIT_MEMLOCK = 8;
