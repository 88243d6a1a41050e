// Names of groups and interfaces: NUL-terminated bytes in fields of 32.

import { EINVAL, ENAMETOOLONG, NAME_MAX } from "../abi/ipmp";

/** Length of the name at `at` (1 to NAME_MAX), or -EINVAL if it is empty, -ENAMETOOLONG if no NUL ends it in time. */
export function nameLength(at: usize): i32 {
  for (let i: u32 = 0; i <= NAME_MAX; i++) {
    if (load<u8>(at + i) == 0) return i == 0 ? -EINVAL : <i32>i;
  }
  return -ENAMETOOLONG;
}

/** Whether two checked names are the same. */
export function nameSame(a: usize, b: usize): bool {
  for (let i: u32 = 0; i <= NAME_MAX; i++) {
    const c = load<u8>(a + i);
    if (c != load<u8>(b + i)) return false;
    if (c == 0) return true;
  }
  return true;
}

/** Copies a checked name into a field, the rest of which becomes zero: equal names are equal bytes. */
export function nameCopy(to: usize, from: usize): void {
  memory.fill(to, 0, NAME_MAX + 1);
  memory.copy(to, from, nameLength(from));
}
