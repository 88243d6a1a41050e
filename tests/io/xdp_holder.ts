// Opens a NIC for XDP in a process of its own, says how that went, and holds it until killed or its stdin closes.
//
//   node xdp_holder.js NIC      prints { queues, why } as a line of JSON

import { AfXdp } from "../../host/io/af_xdp.js";
import { moduleMemory } from "./bed.js";

const { arena } = moduleMemory();
const nic = AfXdp.open(arena, process.argv[2]);
console.log(JSON.stringify({ queues: nic.queues, why: nic.why }));
process.stdin.on("end", () => process.exit(0)).resume();
