// Whose votes are counted, in each mode: tables over the states of three voters; and who the last of a classic cluster is.

import {
  CFGOP_NODE, CFGOP_REMOVE, ENTF_LAST, ENTF_LEARNING, ENTF_USED, KIND_CONFIG, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, MODE_ARBITER,
  MODE_CLASSIC, MODE_CLASSIC_FENCE, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, NS_COMINGUP, NS_DOWN, NS_GOINGDOWN, NS_KCLEANUP, NS_UCLEANUP,
  NS_UP, PHASE_DONE, PHASE_KERNEL, PHASE_USER, ROLE_LEARNER, ROLE_OBSERVER, ROLE_VOTER, ROLE_WITNESS,
} from "../../../abi/clms";
import { entAt, fold, foldBase } from "../../layout";
import { apply, foldOf, made } from "../../__tests__/bed";
import { OF_ALL, OF_LAST, OF_MEMBERS, electorate, elects, isClassic, isVotingMember } from "../electorate";
import { nodeArg } from "../nodearg";

/** Three voters in these states; `last` has the flag (0: nobody). */
function voters(mode: u32, a: u32, b: u32, c: u32, last: u32): void {
  foldOf(3, mode);
  entAt(1).state = <u8>a;
  entAt(2).state = <u8>b;
  entAt(3).state = <u8>c;
  if (last != 0) entAt(last).flags = <u8>(ENTF_USED | ENTF_LAST);
}
/** Who is counted, as bits by number. */
function counted(): u32 {
  const whom = electorate(foldBase());
  let bits: u32 = 0;
  for (let n: u32 = 1; n <= 9; n++) bits |= u32(elects(whom, entAt(n))) << n;
  return bits;
}

function step(n: u32, to: u32): void {
  const ent = entAt(n);
  const fresh = to == NS_COMINGUP;
  made(KIND_NODE, n, ent.state, to, ent.inc + u32(fresh), fresh ? 1 : fold().set_id, fresh ? 1000 + n : 0);
  apply();
}
function up(n: u32): void { step(n, NS_COMINGUP); step(n, NS_UP); }
function bracket(n: u32, phase: u32, to: u32): void {
  made(KIND_SET_BEGIN, 0, 0, 0, 0, fold().phase == 0 ? fold().sets + 1 : fold().set_id, phase); apply();
  step(n, to);
  made(KIND_SET_END, 0, 0, 0, 0, fold().set_id, phase); apply();
}
function removed(n: u32): void {
  bracket(n, PHASE_KERNEL, NS_KCLEANUP);
  bracket(n, PHASE_USER, NS_UCLEANUP);
  bracket(n, PHASE_DONE, NS_DOWN);
}
function config(n: u32, role: u32, votes: u32): void {
  made(KIND_CONFIG, n, 0, CFGOP_NODE, 0, 0, nodeArg(role, 0, votes, 1, 1)); apply();
}
/** Who has the flag, as bits by number. */
function last(): u32 {
  let bits: u32 = 0;
  for (let n: u32 = 1; n <= 9; n++) bits |= u32((<u32>entAt(n).flags & ENTF_LAST) != 0) << n;
  return bits;
}

describe("the electorate", () => {
  test("of configured votes: all voters, whatever they are", () => {
    for (let a: u32 = 0; a <= NS_DOWN; a++) {
      for (let l: u32 = 0; l < 4; l++) {
        voters(MODE_MAJORITY, a, NS_UP, NS_DOWN, l);
        expect<u32>(electorate(foldBase())).toBe(OF_ALL);
        expect<u32>(counted()).toBe(0b1110);
        fold().mode = <u8>MODE_ARBITER;
        expect<u32>(counted()).toBe(0b1110);
      }
    }
  });

  test("of a dynamic one: the members while they are two or more, else all voters", () => {
    for (let a: u32 = 0; a <= NS_DOWN; a++) {
      for (let b: u32 = 0; b <= NS_DOWN; b++) {
        for (let c: u32 = 0; c <= NS_DOWN; c++) {
          voters(MODE_MAJORITY_DYNAMIC, a, b, c, 0);
          const in1 = u32(a >= NS_UP && a <= NS_GOINGDOWN);
          const in2 = u32(b >= NS_UP && b <= NS_GOINGDOWN);
          const in3 = u32(c >= NS_UP && c <= NS_GOINGDOWN);
          const want: u32 = in1 + in2 + in3 >= 2 ? (in1 << 1) | (in2 << 2) | (in3 << 3) : 0b1110;
          expect<u32>(counted()).toBe(want, a.toString() + b.toString() + c.toString());
        }
      }
    }
    voters(MODE_MAJORITY_DYNAMIC, NS_UP, NS_DOWN, NS_COMINGUP, 2);
    expect<u32>(counted()).toBe(0b1110, "the flag means nothing here");
  });

  test("of a classic one: the members, without any the last of them, and if there never was one all voters", () => {
    for (let mode: u32 = MODE_CLASSIC; mode <= MODE_CLASSIC_FENCE; mode++) {
      for (let a: u32 = 0; a <= NS_DOWN; a++) {
        for (let b: u32 = 0; b <= NS_DOWN; b++) {
          const in1 = u32(a >= NS_UP && a <= NS_GOINGDOWN);
          const in2 = u32(b >= NS_UP && b <= NS_GOINGDOWN);
          voters(mode, a, b, NS_COMINGUP, 0);
          const members = (in1 << 1) | (in2 << 2);
          expect<u32>(counted()).toBe(members != 0 ? members : 0b1110);
          if (in1 != 0 || in2 != 0) continue;
          voters(mode, a, b, NS_COMINGUP, 2);
          expect<u32>(electorate(foldBase())).toBe(OF_LAST);
          expect<u32>(counted()).toBe(0b0100);
          entAt(2).role = <u8>ROLE_OBSERVER;
          expect<u32>(electorate(foldBase())).toBe(OF_ALL, "the last votes no more");
          expect<u32>(counted()).toBe(0b1010);
        }
      }
    }
  });

  test("counts only who has a vote, whatever its role and state", () => {
    voters(MODE_MAJORITY_DYNAMIC, NS_UP, NS_UP, NS_UP, 0);
    entAt(3).role = <u8>ROLE_WITNESS;
    expect<u32>(counted()).toBe(0b1110);
    expect<bool>(isVotingMember(entAt(3))).toBe(true);
    for (let role: u32 = ROLE_LEARNER; role <= ROLE_OBSERVER; role++) {
      entAt(3).role = <u8>role;
      expect<bool>(isVotingMember(entAt(3))).toBe(false);
      expect<u32>(counted()).toBe(0b0110);
    }
    entAt(3).role = <u8>ROLE_VOTER;
    entAt(3).votes = 0;
    expect<u32>(counted()).toBe(0b0110);
    entAt(2).votes = 0;
    expect<u32>(counted()).toBe(0b0010, "one member: of all voters, which is the one");
    expect<u32>(electorate(foldBase())).toBe(OF_ALL);
    entAt(2).votes = 1;
    entAt(2).flags = <u8>(ENTF_USED | ENTF_LEARNING);
    expect<u32>(electorate(foldBase())).toBe(OF_MEMBERS, "the total does not ask for what a vote rests on");
  });

  test("must agree wholly in the two classic modes", () => {
    for (let mode: u32 = MODE_CLASSIC; mode <= MODE_ARBITER; mode++)
      expect<bool>(isClassic(mode)).toBe(mode == MODE_CLASSIC || mode == MODE_CLASSIC_FENCE);
  });
});

describe("the last member", () => {
  test("is the voter whose removal leaves none; it stays so through its removal, and until one is a member again", () => {
    foldOf(3, MODE_CLASSIC);
    for (let n: u32 = 1; n <= 3; n++) up(n);
    expect<u32>(last()).toBe(0);
    removed(2);
    removed(1);
    expect<u32>(last()).toBe(0, "one is left");
    bracket(3, PHASE_KERNEL, NS_KCLEANUP);
    expect<u32>(last()).toBe(0b1000);
    bracket(3, PHASE_USER, NS_UCLEANUP);
    bracket(3, PHASE_DONE, NS_DOWN);
    expect<u32>(last()).toBe(0b1000);
    expect<u32>(counted()).toBe(0b1000);
    step(1, NS_COMINGUP);
    expect<u32>(last()).toBe(0b1000, "one that comes up is no member yet");
    step(1, NS_UP);
    expect<u32>(last()).toBe(0);
    expect<u32>(counted()).toBe(0b0010);
  });

  test("is one only, also when several go together: the one whose record is the last", () => {
    foldOf(3, MODE_CLASSIC_FENCE);
    for (let n: u32 = 1; n <= 3; n++) up(n);
    made(KIND_SET_BEGIN, 0, 0, 0, 0, 1, PHASE_KERNEL); apply();
    step(3, NS_KCLEANUP);
    step(1, NS_KCLEANUP);
    expect<u32>(last()).toBe(0);
    step(2, NS_KCLEANUP);
    expect<u32>(last()).toBe(0b0100);
    made(KIND_SET_END, 0, 0, 0, 0, 1, PHASE_KERNEL); apply();
    expect<u32>(counted()).toBe(0b0100);
  });

  test("an observer that goes last, or that is up, changes nothing", () => {
    foldOf(2, MODE_CLASSIC);
    config(5, ROLE_OBSERVER, 0);
    up(1); up(5);
    removed(1);
    expect<u32>(last()).toBe(0b0010);
    removed(5);
    expect<u32>(last()).toBe(0b0010);
    up(5);
    expect<u32>(last()).toBe(0b0010, "an observer is no voting member");
  });

  test("is set and cleared by a change of role, or of votes, too", () => {
    foldOf(2, MODE_CLASSIC);
    config(5, ROLE_OBSERVER, 0);
    up(1); up(5);
    config(1, ROLE_OBSERVER, 1);
    expect<u32>(last()).toBe(0b0010, "nobody is a member any more");
    expect<u32>(counted()).toBe(0b0100, "it votes no more: all voters");
    config(1, ROLE_VOTER, 1);
    expect<u32>(last()).toBe(0, "it is a member again");
    config(1, ROLE_VOTER, 0);
    expect<u32>(last()).toBe(0b0010);
    config(5, ROLE_VOTER, 1);
    expect<u32>(last()).toBe(0, "another one has become one");
    config(1, ROLE_VOTER, 1);
    config(1, ROLE_OBSERVER, 0);
    expect<u32>(last()).toBe(0, "one is left");
    removed(5);
    expect<u32>(last()).toBe(0b10_0000);
    config(5, ROLE_VOTER, 3);
    config(2, ROLE_OBSERVER, 0);
    expect<u32>(last()).toBe(0b10_0000, "roles of those that are no members make no difference");
    made(KIND_CONFIG, 5, 0, CFGOP_REMOVE, 0, 0, 0); apply();
    expect<u32>(last()).toBe(0, "it is forgotten with the entry");
  });
});
