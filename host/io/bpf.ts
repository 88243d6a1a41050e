// eBPF without a compiler: instructions put together here, maps, programs and links by bpf(2).
//
// Invariants: a jump goes forward to a label that stands once; everything the kernel gives is a descriptor that the caller
// closes; a link is what keeps a program on an interface, and ends with the last descriptor of it, so with the process.

import { check, libc, Native, OsError } from "./ffi.js";
import * as X from "./linux_xdp.js";

/** Registers: r0 result, r1 to r5 arguments and lost by a call, r6 to r9 kept. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** opcodes: class, operation and source of linux/bpf_common.h and linux/bpf.h put together */
const OP = { jump: 0x05, movReg: 0xbf, movImm: 0xb7, addImm: 0x07, andImm: 0x57, call: 0x85, exit: 0x95, ldImm64: 0x18 } as const;
const LOAD = { 1: 0x71, 2: 0x69, 4: 0x61 } as const;
const JUMP = { "==": 0x15, "!=": 0x55 } as const;
const JUMP_REG = { ">": 0x2d } as const;
/** source register of a 64-bit constant that is a map's descriptor */
const PSEUDO_MAP_FD = 1;
const INSN = 8;

interface Insn {
  code: number;
  dst: number;
  src: number;
  off: number;
  imm: number;
  /** label that off is to lead to */
  to?: string;
}

/** Puts a program together, instruction by instruction. */
export class Assembler {
  readonly #insns: Insn[] = [];
  readonly #labels = new Map<string, number>();

  #add(code: number, dst: number, src = 0, off = 0, imm = 0, to?: string): this {
    this.#insns.push({ code, dst, src, off, imm, to });
    return this;
  }

  /** to = from */
  move(to: Register, from: Register): this {
    return this.#add(OP.movReg, to, from);
  }

  set(to: Register, value: number): this {
    return this.#add(OP.movImm, to, 0, 0, value);
  }

  add(to: Register, value: number): this {
    return this.#add(OP.addImm, to, 0, 0, value);
  }

  and(to: Register, mask: number): this {
    return this.#add(OP.andImm, to, 0, 0, mask);
  }

  /** to = the bytes at base + off, as the processor reads them (little-endian) */
  load(bytes: 1 | 2 | 4, to: Register, base: Register, off: number): this {
    return this.#add(LOAD[bytes], to, base, off);
  }

  /** Goes to a label further on if the register, against a number below 2^31, is so. */
  when(register: Register, is: keyof typeof JUMP, value: number, to: string): this {
    return this.#add(JUMP[is], register, 0, 0, value, to);
  }

  whenReg(register: Register, is: keyof typeof JUMP_REG, other: Register, to: string): this {
    return this.#add(JUMP_REG[is], register, other, 0, 0, to);
  }

  jump(to: string): this {
    return this.#add(OP.jump, 0, 0, 0, 0, to);
  }

  /** to = the map of a descriptor */
  map(to: Register, fd: number): this {
    return this.#add(OP.ldImm64, to, PSEUDO_MAP_FD, 0, fd).#add(0, 0);
  }

  call(helper: number): this {
    return this.#add(OP.call, 0, 0, 0, helper);
  }

  exit(): this {
    return this.#add(OP.exit, 0);
  }

  label(name: string): this {
    if (this.#labels.has(name)) throw new Error(`label ${name} stands twice`);
    this.#labels.set(name, this.#insns.length);
    return this;
  }

  /** The program as the kernel takes it. Throws on a jump to nowhere, or backwards. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#insns.length * INSN);
    const dv = new DataView(bytes.buffer);
    for (const [i, insn] of this.#insns.entries()) {
      const at = i * INSN;
      let { off } = insn;
      if (insn.to !== undefined) {
        off = (this.#labels.get(insn.to) ?? -1) - i - 1;
        if (off < 0) throw new Error(`label ${insn.to} does not stand after instruction ${i}`);
      }
      dv.setUint8(at, insn.code);
      dv.setUint8(at + 1, insn.dst | (insn.src << 4));
      dv.setInt16(at + 2, off, true);
      dv.setInt32(at + 4, insn.imm, true);
    }
    return bytes;
  }
}

const HINTS = {
  EPERM: "needs root, or the capabilities CAP_BPF and CAP_NET_ADMIN",
  ENOSYS: "the kernel has no eBPF",
} as const;

function bpf(command: number, attr: Native, size: number, doing: string, hints: Partial<Record<string, string>> = {}): number {
  const number = X.NR_BPF[process.arch];
  if (number === undefined) throw new Error(`${doing}: the number of bpf(2) on ${process.arch} is not known`);
  return check(libc().syscall(number, command, attr.address, size), doing, { ...HINTS, ...hints });
}

/** Makes a map of XDP sockets by queue; returns its descriptor. */
export function createXskMap(entries: number, doing: string): number {
  const attr = new Native(X.BPF_MAP_ATTR.SIZE);
  attr.dv.setUint32(X.BPF_MAP_ATTR.type, X.BPF_MAP_TYPE_XSKMAP, true);
  attr.dv.setUint32(X.BPF_MAP_ATTR.key_size, 4, true);
  attr.dv.setUint32(X.BPF_MAP_ATTR.value_size, 4, true);
  attr.dv.setUint32(X.BPF_MAP_ATTR.max_entries, entries, true);
  attr.setString(X.BPF_MAP_ATTR.name, "holdfast");
  return bpf(X.BPF.MAP_CREATE, attr, X.BPF_MAP_ATTR.SIZE, `${doing}: map of sockets`, {
    EINVAL: "the kernel has no XDP sockets (CONFIG_XDP_SOCKETS)",
  });
}

/** Puts a socket into the map. */
export function setXsk(map: number, queue: number, socket: number, doing: string): void {
  const attr = new Native(X.BPF_ELEM_ATTR.SIZE);
  const pair = new Native(8);
  pair.dv.setUint32(0, queue, true);
  pair.dv.setUint32(4, socket, true);
  attr.dv.setUint32(X.BPF_ELEM_ATTR.map_fd, map, true);
  attr.setWord(X.BPF_ELEM_ATTR.key, pair.address);
  attr.setWord(X.BPF_ELEM_ATTR.value, pair.address + 4);
  bpf(X.BPF.MAP_UPDATE_ELEM, attr, X.BPF_ELEM_ATTR.SIZE, `${doing}: socket of queue ${queue}`);
}

const LOG = 16 << 10;

/** Loads an XDP program, which is given frames in one piece; returns its descriptor. What the verifier objects to is told. */
export function loadXdp(program: Uint8Array, doing: string): number {
  const step = `${doing}: load the program`;
  const place = new Native(program.length + 64);
  place.u8.set(program);
  place.setString(program.length, "Apache-2.0");
  const log = new Native(LOG);
  const attr = new Native(X.BPF_PROG_ATTR.SIZE);
  attr.dv.setUint32(X.BPF_PROG_ATTR.type, X.BPF_PROG_TYPE_XDP, true);
  attr.dv.setUint32(X.BPF_PROG_ATTR.insn_cnt, program.length / INSN, true);
  attr.setWord(X.BPF_PROG_ATTR.insns, place.address);
  attr.setWord(X.BPF_PROG_ATTR.license, place.address + program.length);
  attr.setString(X.BPF_PROG_ATTR.name, "holdfast");
  attr.dv.setUint32(X.BPF_PROG_ATTR.expected_attach_type, X.BPF_ATTACH_XDP, true);
  const load = (): number => bpf(X.BPF.PROG_LOAD, attr, X.BPF_PROG_ATTR.SIZE, step);
  try {
    return load();
  } catch (e) {
    if (!(e instanceof OsError) || (e.code !== "EINVAL" && e.code !== "EACCES")) throw e;
  }
  // the kernel writes its log only when asked, and not everything it refuses comes that far
  attr.dv.setUint32(X.BPF_PROG_ATTR.log_level, 1, true);
  attr.dv.setUint32(X.BPF_PROG_ATTR.log_size, LOG, true);
  attr.setWord(X.BPF_PROG_ATTR.log_buf, log.address);
  try {
    return load();
  } catch (e) {
    const said = Buffer.from(log.u8.subarray(0, log.u8.indexOf(0)))
      .toString("latin1")
      .trim()
      .split("\n");
    const last = said.filter((line) => !line.startsWith("processed")).at(-1);
    throw new OsError(step, (e as OsError).errno, last || "the kernel does not take it");
  }
}

/** Puts a program on an interface for as long as the returned descriptor is open. */
export function attachXdp(program: number, ifindex: number, flags: number, doing: string): number {
  const attr = new Native(X.BPF_LINK_ATTR.SIZE);
  attr.dv.setUint32(X.BPF_LINK_ATTR.prog_fd, program, true);
  attr.dv.setUint32(X.BPF_LINK_ATTR.target_ifindex, ifindex, true);
  attr.dv.setUint32(X.BPF_LINK_ATTR.attach_type, X.BPF_ATTACH_XDP, true);
  attr.dv.setUint32(X.BPF_LINK_ATTR.flags, flags, true);
  return bpf(X.BPF.LINK_CREATE, attr, X.BPF_LINK_ATTR.SIZE, `${doing}: attach the program`, {
    EBUSY: "another XDP program is on it",
    EEXIST: "another XDP program is on it",
    EINVAL: "the kernel has no links of XDP programs (Linux 5.9)",
  });
}
