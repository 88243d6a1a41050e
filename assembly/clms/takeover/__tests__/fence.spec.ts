// What a fence, and the host's certain word, are good for. Node 1 is master of a fenced cluster of three; slot 1 is applied.

import { EVENT_FENCE, MODE_CLASSIC_FENCE, NS_KCLEANUP } from "../../../abi/clms";
import { nodeFault } from "../../detect/fault";
import { isDead } from "../../detect/limits";
import { entAt, page, peerAt } from "../../layout";
import { decide } from "../../master/decide";
import { setsWork, unblock } from "../../master/sets";
import { MISS, NOW, cluster, dead, events } from "../../master/__tests__/world";
import { fenceAsk } from "../fence";

describe("a fenced cluster", () => {
  test("In a fenced cluster the host's certain word is as good as a confirmed fence.", () => {
    cluster(3, MODE_CLASSIC_FENCE, 0b0110);
    expect<i32>(nodeFault(3, 1)).toBe(0);
    setsWork();
    for (let k: u32 = 0; k < 50; k++) {
      decide();
      page().now = NOW + k * MISS;
      for (let n: u32 = 2; n <= 2; n++) peerAt(n).heard = peerAt(n).ack_at = page().now;
      if (page().last != page().applied) unblock();
    }
    expect<u32>(entAt(3).state).toBe(NS_KCLEANUP, "fences asked for: " + events(EVENT_FENCE).toString());
  });
  test("A fence that is asked for says nothing yet, whatever was known of an incarnation before.", () => {
    cluster(3, MODE_CLASSIC_FENCE, 0b0110);
    dead(3);
    entAt(3).inc = 2;
    expect<bool>(isDead(3)).toBe(false);
    fenceAsk(3);
    expect<bool>(isDead(3)).toBe(false);
  });
});
