// Bytes of a frame: big-endian numbers and hardware addresses.
//
// A hardware address is a u64 whose byte i (bits 8i to 8i+7) is byte i of the address; the upper 16 bits are 0.
// Addresses and checksums are compared and added as they lie in memory ("raw"), which needs no swapping.
// No function here reads or writes a byte beyond those it names.

/** The 48 bits of a hardware address in a u64. */
// @ts-ignore: decorator
@inline export const MAC_MASK: u64 = 0x0000_ffff_ffff_ffff;
/** ff:ff:ff:ff:ff:ff */
// @ts-ignore: decorator
@inline export const MAC_BROADCAST: u64 = MAC_MASK;

// @ts-ignore: decorator
@inline export function load16(at: usize): u32 { return bswap<u16>(load<u16>(at)); }
// @ts-ignore: decorator
@inline export function store16(at: usize, value: u32): void { store<u16>(at, bswap<u16>(<u16>value)); }

/** The hardware address in the 6 bytes at `at`. */
// @ts-ignore: decorator
@inline export function loadMac(at: usize): u64 { return <u64>load<u32>(at) | (<u64>load<u16>(at, 4) << 32); }
// @ts-ignore: decorator
@inline export function storeMac(at: usize, mac: u64): void {
  store<u32>(at, <u32>mac);
  store<u16>(at, <u16>(mac >> 32), 4);
}
/** Whether a hardware address is a group address: broadcast or multicast (the I/G bit of IEEE 802). */
// @ts-ignore: decorator
@inline export function macIsGroup(mac: u64): bool { return (<u32>mac & 1) != 0; }

/** Whether two 16-byte addresses are the same. */
// @ts-ignore: decorator
@inline export function same16(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}
/** Whether 16 bytes are all zero: the unspecified address of IPv6. */
// @ts-ignore: decorator
@inline export function zero16(at: usize): bool { return (load<u64>(at) | load<u64>(at, 8)) == 0; }
// @ts-ignore: decorator
@inline export function copy16(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
}
