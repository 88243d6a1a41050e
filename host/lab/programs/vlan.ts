// A VLAN interface in user space, for kernels without 802.1Q: a TAP whose frames go out of another interface with a tag, and
// that gets what comes in there with this tag. It has the interface's hardware address, as the kernel's own would.
import { Desc, LIMIT, Page } from "../../core/abi/ipmp.js";
import { AfPacket } from "../../io/af_packet.js";
import { Arena } from "../../io/arena.js";
import type { Device } from "../../io/device.js";
import { ETH_P_8021Q } from "../../io/linux.js";
import { Tap } from "../../io/tap.js";
import { insertTag, removeTag, TAG } from "../../io/vlan_tag.js";
import { atEnd, Options, say } from "./options.js";

const options = Options.parse("vlan", {
  on: { help: "interface that carries the VLAN" },
  id: { help: "number of the VLAN" },
  name: { help: "name of the VLAN interface" },
  seconds: { help: "end after so many seconds; 0: never", default: "0" },
});

const id = options.number("id");
const arena = makeArena();
const carrier = AfPacket.open(arena, options.text("on"), { slots: 64, members: 1, groups: 1 });
const vlan = Tap.open(arena, options.text("name"));
vlan.setCarrier(true);

/** Room for frames, laid out as the module's memory is. */
function makeArena(): Arena {
  const first = 4;
  const pages = first + 640;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const dv = new DataView(memory.buffer);
  dv.setUint32(Page.desc_base, 1 << 16, true);
  dv.setUint32(Page.io_base, first << 16, true);
  dv.setUint32(Page.io_end, pages << 16, true);
  return Arena.of({ memory, dv, page: 0 });
}

/** Moves what waits in one device to the other; `change` gives a frame's new place, or null if it is none of ours. */
function pump(from: Device, to: Device, change: (off: number, len: number) => [off: number, len: number] | null): void {
  for (;;) {
    const count = from.receive(0, Math.min(64, LIMIT.DESC_MAX));
    if (count === 0) return;
    for (let i = 0; i < count; i++) {
      const desc = arena.descBase + i * Desc.SIZE;
      const frame = change(arena.u32[(desc + Desc.off) >> 2], arena.u32[(desc + Desc.len) >> 2]);
      if (frame !== null) to.send(...frame, arena.u16[(desc + Desc.flags) >> 1]);
    }
    to.flush();
    from.release();
  }
}

const isOurs = (off: number): boolean =>
  ((arena.u8[off + 12] << 8) | arena.u8[off + 13]) === ETH_P_8021Q && (((arena.u8[off + 14] & 15) << 8) | arena.u8[off + 15]) === id;

vlan.start(() =>
  pump(vlan, carrier, (off, len) => {
    insertTag(arena.u8, off, ETH_P_8021Q, id);
    return [off - TAG, len + TAG];
  }),
);
carrier.start(() =>
  pump(carrier, vlan, (off, len) => {
    if (!isOurs(off)) return null;
    removeTag(arena.u8, off);
    return [off + TAG, len - TAG];
  }),
);
say({ ready: true });
atEnd(options.number("seconds"), () => {
  vlan.close();
  carrier.close();
  process.exit(0);
});
