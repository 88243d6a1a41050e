// The few calls of etcd that an arbiter needs, over the JSON form of its v3 API, which every member serves on its client port.
//
// A call goes to one member; if that does not answer, or cannot, to the next. So a call may be carried out although its answer
// was lost, and carried out by the next member a second time: calls have to bear that.
//
// Invariant: a call ends within its time limit, with an answer or an EtcdError.

import http from "node:http";
import https from "node:https";

export interface EtcdOptions {
  /** addresses of the members' client ports, such as "http://192.0.2.1:2379" */
  endpoints: readonly string[];
  /** PEM texts, for https: who may have signed the members' certificates, and this client's own */
  ca?: string;
  cert?: string;
  key?: string;
  /** for a cluster with users */
  user?: string;
  password?: string;
  /** ms that a member may take to answer before the next is asked; default 1,000 */
  memberMs?: number;
  /** ms that a call may take in all; default 3,000 */
  callMs?: number;
}

/** No member has answered as it should. The message says what each has said. */
export class EtcdError extends Error {
  override readonly name = "EtcdError";
}

/** Head of an answer. */
export interface EtcdHeader {
  /** 64-bit number, as digits */
  cluster_id: string;
  /** rises with every change of anything; goes back only when a backup is restored */
  revision: string;
}

export interface EtcdValue {
  value: Buffer;
  /** revision of the last change; 0 = there is no such key */
  modified: number;
}

/** A condition on the revision of a key's last change; 0 = there is none. */
export interface Condition {
  key: string;
  modified: number;
}

export type Operation = { get: string } | { put: string; value: Uint8Array; lease?: string } | { remove: string };

export interface TxnAnswer {
  header: EtcdHeader;
  /** all conditions held */
  held: boolean;
  /** what the gets have found, in their order */
  values: EtcdValue[];
}

type Json = Readonly<Record<string, unknown>>;

const NO_TOKEN = /invalid auth token|user name is empty/;
const base64 = (v: string | Uint8Array): string => Buffer.from(v as Uint8Array).toString("base64");

export class Etcd {
  readonly #o: EtcdOptions;
  readonly #agents: { http: http.Agent; https: https.Agent };
  /** index of the member that answered last */
  #member = 0;
  #token: string | null = null;

  constructor(o: EtcdOptions) {
    if (o.endpoints.length === 0) throw new TypeError("an arbiter needs at least one endpoint");
    for (const e of o.endpoints)
      if (!/^https?:$/.test(URL.canParse(e) ? new URL(e).protocol : ""))
        throw new TypeError(`${JSON.stringify(e)} is no address of http or https`);
    this.#o = o;
    this.#agents = {
      http: new http.Agent({ keepAlive: true }),
      https: new https.Agent({ keepAlive: true, ca: o.ca, cert: o.cert, key: o.key }),
    };
  }

  /** Carries out `then` if all conditions hold, else `otherwise`; as of one moment, which is after the call began. */
  async txn(conditions: readonly Condition[], then: readonly Operation[], otherwise: readonly Operation[] = []): Promise<TxnAnswer> {
    const compare = conditions.map((c) => ({ key: base64(c.key), target: "MOD", result: "EQUAL", mod_revision: `${c.modified}` }));
    const gets = (ops: readonly Operation[]): number => ops.filter((op) => "get" in op).length;
    return this.#call("/v3/kv/txn", { compare, success: then.map(asJson), failure: otherwise.map(asJson) }, (json) => {
      const a = txnAnswer(json);
      must(a.held || conditions.length > 0, "a refusal of what had no condition");
      must(a.values.length === gets(a.held ? then : otherwise), "an answer of another length");
      return a;
    });
  }

  /** A new lease of so many seconds; returns its number, as digits. */
  async grant(seconds: number): Promise<string> {
    return this.#call("/v3/lease/grant", { TTL: `${seconds}` }, (json) => digits(json.ID, "a lease without a number"));
  }

  /** Renews a lease; false if it is over. */
  async keepAlive(lease: string): Promise<boolean> {
    return this.#call("/v3/lease/keepalive", { ID: lease }, (json) => Number((json.result as { TTL?: unknown } | undefined)?.TTL ?? 0) > 0);
  }

  /** Ends a lease, and with it the keys that hang on it. */
  async revoke(lease: string): Promise<void> {
    await this.#call("/v3/lease/revoke", { ID: lease }, () => undefined);
  }

  /** Ends its connections. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  /** The first member's answer that `parse` does not throw at. */
  async #call<T>(path: string, body: object, parse: (json: Json) => T): Promise<T> {
    const { endpoints, memberMs = 1_000, callMs = 3_000 } = this.#o;
    const end = performance.now() + callMs;
    const said: string[] = [];
    for (let n = 0; n < endpoints.length; n++) {
      const member = (this.#member + n) % endpoints.length;
      const left = Math.min(memberMs, end - performance.now());
      if (left <= 0) break;
      try {
        const answer = parse(await this.#ask(endpoints[member], path, body, left));
        this.#member = member;
        return answer;
      } catch (e) {
        said.push(`${endpoints[member]}: ${e instanceof Error ? e.message : e}`);
      }
    }
    this.#member = (this.#member + 1) % endpoints.length;
    throw new EtcdError(`no member of the arbiter answers: ${said.join("; ")}`);
  }

  /** One member; with a name and password it is first asked for a token, and again when that is no longer valid. */
  async #ask(endpoint: string, path: string, body: object, ms: number): Promise<Json> {
    const { user, password } = this.#o;
    if (user === undefined) return this.#post(endpoint, path, body, ms);
    const login = async (): Promise<string> =>
      `${(await this.#post(endpoint, "/v3/auth/authenticate", { name: user, password }, ms)).token}`;
    this.#token ??= await login();
    try {
      return await this.#post(endpoint, path, body, ms);
    } catch (e) {
      if (!(e instanceof Error && NO_TOKEN.test(e.message))) throw e;
      this.#token = null;
      this.#token = await login();
      return await this.#post(endpoint, path, body, ms);
    }
  }

  #post(endpoint: string, path: string, body: object, ms: number): Promise<Json> {
    const url = new URL(path, endpoint);
    const secure = url.protocol === "https:";
    const agent = secure ? this.#agents.https : this.#agents.http;
    const headers = { "content-type": "application/json", ...(this.#token === null ? {} : { authorization: this.#token }) };
    return new Promise((done, fail) => {
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${Math.round(ms)} ms`)), ms);
      const end = (act: () => void): void => {
        clearTimeout(timer);
        act();
      };
      const request = (secure ? https : http).request(url, { method: "POST", agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (c) => chunks.push(c));
        response.on("error", (e) => end(() => fail(e)));
        response.on("end", () => end(() => judge(response.statusCode ?? 0, Buffer.concat(chunks).toString(), done, fail)));
      });
      request.on("error", (e) => end(() => fail(e)));
      request.end(JSON.stringify(body));
    });
  }
}

function judge(status: number, text: string, done: (json: Json) => void, fail: (e: Error) => void): void {
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // What is no JSON comes from something else than etcd.
  }
  if (!isObject(json)) fail(new Error(`status ${status}, and no JSON`));
  else if (status === 200) done(json);
  else fail(new Error(`${json.message ?? json.error ?? `status ${status}`}`));
}

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`answers with ${otherwise}: it is no etcd, or of another version`);
}

function digits(v: unknown, otherwise: string): string {
  must(typeof v === "string" && /^\d{1,20}$/.test(v), otherwise);
  return v as string;
}

function revision(v: unknown): string {
  const text = digits(v, "no revision");
  must(Number.isSafeInteger(Number(text)), "a revision that no etcd reaches");
  return text;
}

function txnAnswer(json: Json): TxnAnswer {
  const head = isObject(json.header) ? json.header : {};
  const header = { cluster_id: digits(head.cluster_id, "no cluster"), revision: revision(head.revision) };
  const responses = Array.isArray(json.responses) ? json.responses.filter(isObject) : [];
  const values = responses
    .filter((r) => "response_range" in r)
    .map((r) => found(isObject(r.response_range) ? r.response_range.kvs : undefined));
  return { header, held: json.succeeded === true, values };
}

function asJson(op: Operation): object {
  if ("get" in op) return { request_range: { key: base64(op.get) } };
  if ("remove" in op) return { request_delete_range: { key: base64(op.remove) } };
  return { request_put: { key: base64(op.put), value: base64(op.value), ...(op.lease === undefined ? {} : { lease: op.lease }) } };
}

/** A key's value as a get finds it; the API leaves empty fields out. */
function found(kvs: unknown): EtcdValue {
  const kv: unknown = Array.isArray(kvs) ? kvs[0] : undefined;
  if (kv === undefined) return { value: Buffer.alloc(0), modified: 0 };
  must(isObject(kv) && typeof (kv.value ?? "") === "string", "a value that is none");
  const { value, mod_revision } = kv as { value?: string; mod_revision?: unknown };
  return { value: Buffer.from(value ?? "", "base64"), modified: Number(revision(mod_revision)) };
}
