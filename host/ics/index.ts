// The cluster's transport for the rest of the host: one import.

export type { Call } from "./calls.js";
export { CAUSE_NAMES, CAUSES, type Cause, type Counters } from "./causes.js";
export { type Clock, REAL_CLOCK } from "./clock.js";
export { type IcsCode, IcsError } from "./errors.js";
export type { IcsEvent } from "./hub.js";
export { Ics, type IcsHandlers, type LinkStatus, type PeerStatus } from "./ics.js";
export { type Key, Keyring, makeKey } from "./keyring.js";
export { formatKeys, loadKeys, newKey, parseKeys, saveKeys } from "./keys_file.js";
export { DEFAULT_TIMINGS, MESSAGE_MAX, type Timings, timingsFor } from "./limits.js";
export type { LinkState } from "./links.js";
export type { Address, IcsOptions, PeerAddresses } from "./options.js";
export { type OpenPort, openUdp, type Port, type PortEvents } from "./port.js";
