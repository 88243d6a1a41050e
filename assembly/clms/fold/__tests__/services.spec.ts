// Key services in the fold: every op, from every state.

import {
  CAND_MAX, KIND_KEYSVC, NS_COMINGUP, NS_UP, SVCOP_DEFINE, SVCOP_FREE, SVCOP_MOVE, SVCOP_OFFER, SVCOP_RELEASE, SVCOP_TAKE,
  SVCS_FREE, SVCS_HELD, SVCS_RELEASING,
} from "../../../abi/clms";
import { candOf, entAt, fold, foldBase, prefOf, svcAt } from "../../layout";
import { apply, foldOf, made, wrong } from "../../__tests__/bed";
import { entSet } from "../fold";
import { nodeArg } from "../nodearg";

const SVC: u32 = 63;
function rule(op: u32, node: u32, inc: u32, arg: u64): u32 {
  made(KIND_KEYSVC, node, 0, op, inc, SVC, arg);
  return wrong();
}
function put(op: u32, node: u32, inc: u32, arg: u64): void {
  made(KIND_KEYSVC, node, 0, op, inc, SVC, arg);
  apply();
}
/** A service that nodes 1 and 2, both up as incarnation 1, may hold. */
function defined(): void {
  foldOf(3);
  for (let n: u32 = 1; n <= 2; n++) {
    entAt(n).state = <u8>NS_UP;
    entAt(n).inc = 1;
  }
  put(SVCOP_DEFINE, 0, 0, 4711);
  put(SVCOP_OFFER, 1, 0, 10);
  put(SVCOP_OFFER, 2, 0, 20);
}
function is(state: u32, holder: u32): void {
  expect<u32>(svcAt(SVC).state).toBe(state, "state");
  expect<u32>(svcAt(SVC).holder).toBe(holder, "holder");
  expect<u64>(svcAt(SVC).since).toBe(fold().slot);
}

describe("a key service", () => {
  test("nothing before it is defined; then its name stays", () => {
    foldOf(3);
    for (let op: u32 = SVCOP_OFFER; op <= SVCOP_MOVE; op++) expect<u32>(rule(op, 1, 0, 0)).toBe(41);
    expect<u32>(rule(SVCOP_DEFINE, 0, 0, 0)).toBe(40);
    put(SVCOP_DEFINE, 0, 0, 4711);
    expect<u32>(rule(SVCOP_DEFINE, 0, 0, 4712)).toBe(40);
    expect<u32>(rule(SVCOP_DEFINE, 0, 0, 4711)).toBe(0);
  });

  test("taken, to be released, free; each with a higher token", () => {
    defined();
    put(SVCOP_TAKE, 1, 1, 0); is(SVCS_HELD, 1);
    const token = svcAt(SVC).token;
    expect<u64>(token).toBe(fold().slot);
    expect<u32>(rule(SVCOP_TAKE, 2, 1, 0)).toBe(45, "it is held");
    expect<u32>(rule(SVCOP_RELEASE, 2, 1, 0)).toBe(46, "by another");
    expect<u32>(rule(SVCOP_FREE, 1, 2, 0)).toBe(46, "by another incarnation");
    put(SVCOP_RELEASE, 1, 1, 0); is(SVCS_RELEASING, 1);
    expect<u32>(rule(SVCOP_RELEASE, 1, 1, 0)).toBe(47, "once");
    expect<u32>(rule(SVCOP_TAKE, 2, 1, 0)).toBe(45, "not yet free");
    put(SVCOP_FREE, 1, 1, 0); is(SVCS_FREE, 0);
    expect<u32>(svcAt(SVC).holder_inc).toBe(0);
    put(SVCOP_TAKE, 2, 1, 0); is(SVCS_HELD, 2);
    expect<bool>(svcAt(SVC).token > token).toBe(true);
    put(SVCOP_FREE, 2, 1, 0); is(SVCS_FREE, 0);
    expect<u32>(rule(SVCOP_FREE, 2, 1, 0)).toBe(46);
  });

  test("only a candidate that is up, in its incarnation, takes it", () => {
    defined();
    expect<u32>(rule(SVCOP_TAKE, 3, 0, 0)).toBe(45, "no candidate");
    expect<u32>(rule(SVCOP_TAKE, 1, 2, 0)).toBe(45, "another incarnation");
    entAt(1).state = <u8>NS_COMINGUP;
    expect<u32>(rule(SVCOP_TAKE, 1, 1, 0)).toBe(45, "coming up");
    for (let op: u32 = SVCOP_OFFER; op <= SVCOP_FREE; op++) {
      expect<u32>(rule(op, 0, 0, 0)).toBe(43, "nobody");
      expect<u32>(rule(op, 9, 0, 0)).toBe(43, "not in the table");
    }
  });

  test("candidates come, change, go; the others keep their order; no more than CAND_MAX", () => {
    foldOf(3);
    put(SVCOP_DEFINE, 0, 0, 1);
    for (let n: u32 = 1; n <= CAND_MAX + 1; n++) entSet(foldBase(), fold(), n, nodeArg(0, 0, 1, 1, 1));
    for (let n: u32 = 1; n <= CAND_MAX; n++) put(SVCOP_OFFER, n, 0, n);
    expect<u32>(svcAt(SVC).ncand).toBe(CAND_MAX);
    expect<u32>(rule(SVCOP_OFFER, CAND_MAX + 1, 0, 1)).toBe(44);
    expect<u32>(rule(SVCOP_OFFER, 1, 0, 256)).toBe(44);
    put(SVCOP_OFFER, CAND_MAX + 1, 0, 255);
    put(SVCOP_OFFER, CAND_MAX, 0, 99);
    put(SVCOP_OFFER, 1, 0, 255);
    expect<u32>(svcAt(SVC).ncand).toBe(CAND_MAX - 1);
    for (let i: u32 = 0; i < CAND_MAX - 1; i++) expect<u32>(candOf(svcAt(SVC), i)).toBe(i + 2);
    expect<u32>(prefOf(svcAt(SVC), CAND_MAX - 2)).toBe(99);
    expect<u32>(candOf(svcAt(SVC), CAND_MAX - 1)).toBe(0);
    expect<u32>(prefOf(svcAt(SVC), CAND_MAX - 1)).toBe(0);
  });

  test("a move is wished for, ended, and done when it is there", () => {
    defined();
    expect<u32>(rule(SVCOP_MOVE, 9, 0, 0)).toBe(42);
    put(SVCOP_MOVE, 2, 0, 5000);
    expect<u32>(svcAt(SVC).move_to).toBe(2);
    expect<u64>(svcAt(SVC).move_until).toBe(5000);
    put(SVCOP_TAKE, 1, 1, 0);
    expect<u32>(svcAt(SVC).move_to).toBe(2);
    put(SVCOP_FREE, 1, 1, 0);
    put(SVCOP_TAKE, 2, 1, 0);
    expect<u32>(svcAt(SVC).move_to).toBe(0);
    put(SVCOP_MOVE, 1, 0, 5000);
    put(SVCOP_MOVE, 0, 0, 7);
    expect<u32>(svcAt(SVC).move_to).toBe(0);
    expect<u64>(svcAt(SVC).move_until).toBe(0);
  });
});
