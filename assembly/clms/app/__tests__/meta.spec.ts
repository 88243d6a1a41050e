// Metadata: given by the host, named by the log, fetched, checked, shown.

import {
  EAGAIN, EBADMSG, EINVAL, EMSGSIZE, ENOENT, EPERM, EPROTO, ESTALE, EVENT_META, KIND_META, META_MAX, MSG_META_GET, MSG_META_PUT, Msg,
  Msg_SIZE, NODE_MAX, ROLE_OBSERVER,
} from "../../../abi/clms";
import { entSet } from "../../fold/fold";
import { nodeArg } from "../../fold/nodearg";
import { NEVER, fold, foldBase, inbox, metaAt, metaHaveAt, page, self } from "../../layout";
import { clms_msg_next } from "../../out";
import { appDeadline, appResync, appTick, appValid } from "../applied";
import { clms_node_get_meta, metaGet, metaPut, metaSet } from "../meta";
import { ME, begin, eventCount, eventsRead, lastEvent, put, up } from "./world";

/** A message that comes in: its head, and a body. */
const HEAD: usize = memory.data(80, 8);
const BODY: usize = memory.data(1024, 8);

function err(e: u32): i32 { return -<i32>e; }

/** The hash of len bytes of a letter, as the module works it out for its own node. */
function hashOf(letter: u32, len: u32): u64 {
  memory.fill(inbox(), <u8>letter, META_MAX);
  metaSet(len);
  const hash = self().meta_hash;
  metaSet(0);
  return hash;
}

/** The head of a message about node n's metadata from node `from`. */
function head(from: u32, n: u32, hash: u64): Msg {
  memory.fill(HEAD, 0, 80);
  const msg = changetype<Msg>(HEAD);
  msg.from = <u16>from;
  msg.count = n;
  msg.aux = hash;
  return msg;
}

/** Takes all outgoing messages; the last one's head stays in `HEAD`. Gives how many there were. */
function drain(): u32 {
  let count: u32 = 0;
  while (clms_msg_next() != 0) {
    memory.copy(HEAD, page().msg_addr, 80);
    count += 1;
  }
  return count;
}

/** Nodes 1 and 2 are up; the log says that node 2 has three bytes of "x". Gives their hash. */
function told(): u64 {
  begin();
  const hash = hashOf(120, 3);
  up(ME);
  up(2);
  appTick(page().now);
  eventsRead();
  put(KIND_META, 2, 0, 0, 3, hash);
  return hash;
}

describe("own metadata", () => {
  test("is set and shown once the log says so", () => {
    begin();
    up(ME);
    expect<i32>(metaSet(META_MAX + 1)).toBe(err(EMSGSIZE));
    memory.fill(inbox(), 7, META_MAX);
    expect<i32>(metaSet(META_MAX)).toBe(0);
    expect<u32>(self().meta_len).toBe(META_MAX);
    expect<i32>(clms_node_get_meta(ME)).toBe(0);
    eventsRead();
    put(KIND_META, ME, 0, 0, META_MAX, self().meta_hash);
    expect<u32>(eventCount(EVENT_META)).toBe(1);
    expect<i32>(clms_node_get_meta(ME)).toBe(META_MAX);
    expect<u8>(load<u8>(metaAt(ME) + META_MAX - 1)).toBe(7);
    metaSet(5);
    expect<i32>(clms_node_get_meta(ME)).toBe(err(EAGAIN));
    metaSet(0);
    expect<u64>(self().meta_hash).toBe(0);
    put(KIND_META, ME, 0, 0, 0, 0);
    expect<i32>(clms_node_get_meta(ME)).toBe(0);
    self().started = 0;
    expect<i32>(metaSet(META_MAX + 1)).toBe(err(EPERM));
  });

  test("is given to whoever asks for what it is now", () => {
    begin();
    up(ME);
    memory.fill(inbox(), 9, 12);
    metaSet(12);
    const hash = self().meta_hash;
    expect<i32>(metaGet(head(4, ME, hash ^ 1))).toBe(err(ESTALE));
    expect<i32>(metaGet(head(4, ME, 0))).toBe(err(ESTALE));
    expect<i32>(metaGet(head(4, 0, hash))).toBe(err(ESTALE));
    expect<i32>(metaGet(head(4, NODE_MAX + 1, hash))).toBe(err(ESTALE));
    expect<u32>(drain()).toBe(0);
    expect<i32>(metaGet(head(4, ME, hash))).toBe(0);
    expect<u32>(drain()).toBe(1);
    const msg = changetype<Msg>(HEAD);
    expect<u32>(msg.kind).toBe(MSG_META_PUT);
    expect<u32>(msg.to).toBe(4);
    expect<u32>(msg.len).toBe(Msg_SIZE + 12);
    expect<u32>(msg.count).toBe(ME);
    expect<u64>(msg.aux).toBe(hash);
    expect<u8>(load<u8>(page().msg_addr + Msg_SIZE + 11)).toBe(9);
  });
});

describe("another node's metadata", () => {
  test("is asked for at once, then five times a second, from the node and the master in turn", () => {
    const hash = told();
    page().master = 3;
    expect<i32>(clms_node_get_meta(2)).toBe(err(EAGAIN));
    expect<u64>(appDeadline()).toBe(page().now);
    let asked: u32 = 0;
    for (let i: u32 = 0; i < 4; i++) {
      appTick(page().now);
      expect<u32>(drain()).toBe(1);
      expect<u32>(changetype<Msg>(HEAD).kind).toBe(MSG_META_GET);
      expect<u32>(changetype<Msg>(HEAD).count).toBe(2);
      expect<u64>(changetype<Msg>(HEAD).aux).toBe(hash);
      asked = asked * 10 + changetype<Msg>(HEAD).to;
      appTick(page().now + 199_000_000);
      expect<u32>(drain()).toBe(0);
      page().now = appDeadline();
    }
    expect<bool>(asked == 2323 || asked == 3232).toBe(true);
  });

  test("many that are missing are asked for sixteen at a time, each in its turn", () => {
    begin();
    up(ME);
    page().master = 3;
    for (let n: u32 = 2; n <= 40; n++) {
      entSet(foldBase(), fold(), n, nodeArg(ROLE_OBSERVER, 0, 0, 1, 1));
      put(KIND_META, n, 0, 0, 3, 1000 + n);
    }
    memory.fill(BODY, 0, 64);
    for (let round: u32 = 0; round < 3; round++) {
      appTick(page().now);
      let count: u32 = 0;
      for (; clms_msg_next() != 0; count++) {
        const n = changetype<Msg>(<usize>page().msg_addr).count;
        expect<u16>(page().msg_to).toBe(3);
        store<u8>(BODY + n, load<u8>(BODY + n) + 1);
      }
      expect<u32>(count).toBe(16);
      page().now = appDeadline();
    }
    // 48 questions about 39 nodes: nine of them twice, none left out, none about this node itself.
    expect<u8>(load<u8>(BODY + ME)).toBe(0);
    for (let n: usize = 2; n <= 40; n++) expect<u8>(load<u8>(BODY + n)).toBe(n <= 10 ? 2 : 1);
  });

  test("is not asked for by who is no member, but as soon as it is one", () => {
    told();
    const inc = page().inc;
    page().inc = 0;
    appTick(page().now);
    expect<u32>(drain()).toBe(0);
    expect<u64>(appDeadline()).toBe(NEVER);
    page().inc = inc;
    expect<bool>(appDeadline() <= page().now).toBe(true);
    appTick(page().now);
    expect<u32>(drain()).toBe(1);
  });

  test("is stored only if its bytes are what the log says", () => {
    const hash = told();
    memory.fill(BODY, 120, 1024);
    expect<i32>(metaPut(head(2, 0, hash), BODY, 3)).toBe(err(EPROTO));
    expect<i32>(metaPut(head(2, NODE_MAX + 1, hash), BODY, 3)).toBe(err(EPROTO));
    expect<i32>(metaPut(head(2, 2, hash), BODY, META_MAX + 1)).toBe(err(EPROTO));
    expect<i32>(metaPut(head(2, 6, hash), BODY, 3)).toBe(err(ESTALE));
    expect<i32>(metaPut(head(2, ME, hash), BODY, 3)).toBe(err(ESTALE));
    expect<i32>(metaPut(head(2, 2, hash), BODY, 2)).toBe(err(ESTALE));
    expect<i32>(metaPut(head(2, 2, hash ^ 1), BODY, 3)).toBe(err(ESTALE));
    store<u8>(BODY, 121, 1);
    expect<i32>(metaPut(head(2, 2, hash), BODY, 3)).toBe(err(EBADMSG));
    expect<i32>(clms_node_get_meta(2)).toBe(err(EAGAIN));
    expect<u64>(load<u64>(metaHaveAt(2))).toBe(0);
    store<u8>(BODY, 120, 1);
    expect<i32>(metaPut(head(4, 2, hash), BODY, 3)).toBe(0);
    expect<i32>(clms_node_get_meta(2)).toBe(3);
    expect<u32>(lastEvent(EVENT_META).node).toBe(2);
    expect<i32>(metaPut(head(2, 2, hash), BODY, 3)).toBe(err(ESTALE));
    expect<u32>(eventCount(EVENT_META)).toBe(1);
    // And can be passed on.
    drain();
    expect<i32>(metaGet(head(5, 2, hash))).toBe(0);
    expect<u32>(drain()).toBe(1);
    appTick(page().now);
    expect<u32>(drain()).toBe(0);
    expect<u64>(appDeadline()).toBe(NEVER);
  });

  test("is looked for after a checkpoint too", () => {
    const hash = told();
    memory.fill(BODY, 120, 3);
    metaPut(head(2, 2, hash), BODY, 3);
    appTick(page().now);
    expect<u64>(appDeadline()).toBe(NEVER);
    store<u64>(metaHaveAt(2), 0);
    appTick(page().now);
    expect<u32>(drain()).toBe(0);
    appResync();
    appTick(page().now);
    expect<u32>(drain()).toBe(1);
  });

  test("each reason", () => {
    begin();
    expect<i32>(clms_node_get_meta(0)).toBe(err(EINVAL));
    expect<i32>(clms_node_get_meta(NODE_MAX + 1)).toBe(err(EINVAL));
    expect<i32>(clms_node_get_meta(6)).toBe(err(ENOENT));
    expect<i32>(clms_node_get_meta(5)).toBe(0);
    expect<bool>(appValid()).toBe(true);
    self().meta_len = META_MAX + 1;
    expect<bool>(appValid()).toBe(false);
  });
});
