// The states of a node and the legal ways between them: one table.
//
//   from \ to     NEVERUP COMINGUP UP SHUTDOWN GOINGDOWN KCLEANUP UCLEANUP DOWN
//   NEVERUP          –       x     –     –         –        –        –      –     it joins for the first time
//   COMINGUP         –       –     x     –         –        x        –      –     nodeup work is done; or it dies
//   UP               –       –     –     x         x        x        –      –     maintenance; leave; death
//   SHUTDOWN         –       –     x     –         x        x        –      –     back; leave; death
//   GOINGDOWN        –       –     –     –         –        x        –      –     it has left, or died
//   KCLEANUP         –       –     –     –         –        –        x      –     subsystems of all others are done
//   UCLEANUP         –       –     –     –         –        –        –      x     clean-up at user level is done
//   DOWN             –       x     –     –         –        –        –      –     it joins again
//
// COMINGUP takes a new incarnation, every other way keeps it. A node is live from COMINGUP to GOINGDOWN: it takes part,
// and its death has to be dealt with. Only UP counts as up for applications.

import { NS_COMINGUP, NS_DOWN, NS_GOINGDOWN } from "../../abi/clms";

/** One byte for each from-state: bit t = the way to state t is legal. */
const EDGES: usize = memory.data<u8>([
  0b0000_0010, // NEVERUP
  0b0010_0100, // COMINGUP
  0b0011_1000, // UP
  0b0011_0100, // SHUTDOWN
  0b0010_0000, // GOINGDOWN
  0b0100_0000, // KCLEANUP
  0b1000_0000, // UCLEANUP
  0b0000_0010, // DOWN
]);

/** May a node go from one state to another? Any number is allowed as argument. */
// @ts-ignore: decorator
@inline export function edgeLegal(from: u32, to: u32): bool {
  if (from > NS_DOWN || to > NS_DOWN) return false;
  return ((<u32>load<u8>(EDGES + from) >> to) & 1) != 0;
}

// @ts-ignore: decorator
@inline export function isLive(state: u32): bool { return state >= NS_COMINGUP && state <= NS_GOINGDOWN; }
