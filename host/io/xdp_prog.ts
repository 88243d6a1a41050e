// The program on a NIC that chooses which frames go to XDP sockets: UDP, and only what loses nothing by it. All others go on
// as without it, to the packet ring and to the kernel.
//
// A frame in an XDP socket has no virtio_net_hdr: neither is it known whether it is a superframe nor whether its checksum
// is whole. So TCP goes on: it comes in superframes, and each flow's frames must stay in one order. What is passed on is
// decided by protocol, so that a flow goes one way, except for superframes of UDP, which do not fit.
//
//   longer than a slot, or shorter than its headers      → goes on
//   UDP that is a tunnel (VXLAN, Geneve)                 → goes on: there may be TCP in it
//   untagged IPv4 without options and fragments, UDP     → socket of its queue; goes on if there is none
//   untagged IPv6, UDP without extension headers         → likewise
//   anything else                                        → goes on
//
// Invariant: the program reads no byte that it has not compared with the end of the frame (the kernel refuses it otherwise).

import { Assembler } from "./bpf.js";
import { BPF_FUNC, XDP_ACTION, XDP_MD } from "./linux_xdp.js";

/** offsets in a frame, and what stands there as a little-endian processor reads it */
const AT = { type: 12, ip: 14, fragment: 20, protocol4: 23, next6: 20, port4: 36, port6: 56 } as const;
const TYPE = { ipv4: 0x0008, ipv6: 0xdd86 } as const;
const VERSION_AND_LENGTH = 0x45;
/** more fragments, and the offset of this one */
const FRAGMENT = 0xff3f;
const UDP = 17;
/** destination ports of VXLAN (4789; Linux's own 8472) and Geneve (6081) */
const TUNNELS = [0xb512, 0x1821, 0xc117] as const;
const HEADERS = { ipv4: 14 + 20 + 8, ipv6: 14 + 40 + 8 } as const;

/** @param map descriptor of the map of sockets; @param frameMax bytes of the longest frame that a slot holds */
export function redirectProgram(map: number, frameMax: number): Uint8Array {
  return (
    new Assembler()
      .move(6, 1)
      .load(4, 2, 6, XDP_MD.data)
      .load(4, 3, 6, XDP_MD.data_end)
      .move(4, 2)
      .add(4, frameMax)
      .whenReg(3, ">", 4, "pass")
      .move(4, 2)
      .add(4, HEADERS.ipv4)
      .whenReg(4, ">", 3, "pass")
      .load(2, 5, 2, AT.type)
      .when(5, "==", TYPE.ipv6, "ipv6")
      .when(5, "!=", TYPE.ipv4, "pass")
      .load(1, 5, 2, AT.ip)
      .when(5, "!=", VERSION_AND_LENGTH, "pass")
      .load(2, 5, 2, AT.fragment)
      .and(5, FRAGMENT)
      .when(5, "!=", 0, "pass")
      .load(1, 5, 2, AT.protocol4)
      .when(5, "!=", UDP, "pass")
      .load(2, 5, 2, AT.port4)
      .jump("port")
      .label("ipv6")
      .move(4, 2)
      .add(4, HEADERS.ipv6)
      .whenReg(4, ">", 3, "pass")
      .load(1, 5, 2, AT.next6)
      .when(5, "!=", UDP, "pass")
      .load(2, 5, 2, AT.port6)
      .label("port")
      .when(5, "==", TUNNELS[0], "pass")
      .when(5, "==", TUNNELS[1], "pass")
      .when(5, "==", TUNNELS[2], "pass")
      .map(1, map)
      .load(4, 2, 6, XDP_MD.rx_queue_index)
      // what becomes of the frame if its queue has no socket
      .set(3, XDP_ACTION.PASS)
      .call(BPF_FUNC.redirect_map)
      .exit()
      .label("pass")
      .set(0, XDP_ACTION.PASS)
      .exit()
      .bytes()
  );
}
