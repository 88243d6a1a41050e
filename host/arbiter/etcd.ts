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

interface Kv {
  value?: string;
  mod_revision: string;
}

interface TxnJson {
  header: EtcdHeader;
  succeeded?: boolean;
  responses?: { response_range?: { kvs?: Kv[] } }[];
}

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
    const json = (await this.#call("/v3/kv/txn", { compare, success: then.map(asJson), failure: otherwise.map(asJson) })) as TxnJson;
    const values = (json.responses ?? []).flatMap((r) => (r.response_range === undefined ? [] : [found(r.response_range.kvs?.[0])]));
    return { header: json.header, held: json.succeeded === true, values };
  }

  /** A new lease of so many seconds; returns its number, as digits. */
  async grant(seconds: number): Promise<string> {
    return ((await this.#call("/v3/lease/grant", { TTL: `${seconds}` })) as { ID: string }).ID;
  }

  /** Renews a lease; false if it is over. */
  async keepAlive(lease: string): Promise<boolean> {
    const { result } = (await this.#call("/v3/lease/keepalive", { ID: lease })) as { result?: { TTL?: string } };
    return Number(result?.TTL ?? 0) > 0;
  }

  /** Ends a lease, and with it the keys that hang on it. */
  async revoke(lease: string): Promise<void> {
    await this.#call("/v3/lease/revoke", { ID: lease });
  }

  /** Ends its connections. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #call(path: string, body: object): Promise<unknown> {
    const { endpoints, memberMs = 1_000, callMs = 3_000 } = this.#o;
    const end = performance.now() + callMs;
    const said: string[] = [];
    for (let n = 0; n < endpoints.length; n++) {
      const member = (this.#member + n) % endpoints.length;
      const left = Math.min(memberMs, end - performance.now());
      if (left <= 0) break;
      try {
        const json = await this.#ask(endpoints[member], path, body, left);
        this.#member = member;
        return json;
      } catch (e) {
        said.push(`${endpoints[member]}: ${e instanceof Error ? e.message : e}`);
      }
    }
    this.#member = (this.#member + 1) % endpoints.length;
    throw new EtcdError(`no member of the arbiter answers: ${said.join("; ")}`);
  }

  /** One member; with a name and password it is first asked for a token, and again when that is no longer valid. */
  async #ask(endpoint: string, path: string, body: object, ms: number): Promise<unknown> {
    const { user, password } = this.#o;
    if (user === undefined) return this.#post(endpoint, path, body, ms);
    const login = async (): Promise<string> =>
      ((await this.#post(endpoint, "/v3/auth/authenticate", { name: user, password }, ms)) as { token: string }).token;
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

  #post(endpoint: string, path: string, body: object, ms: number): Promise<unknown> {
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

function judge(status: number, text: string, done: (json: unknown) => void, fail: (e: Error) => void): void {
  let json: { error?: unknown; message?: unknown } | null = null;
  try {
    json = JSON.parse(text);
  } catch {
    // What is no JSON comes from something else than etcd.
  }
  if (status === 200 && json !== null) done(json);
  else fail(new Error(json === null ? `status ${status}, and no JSON` : `${json.message ?? json.error ?? `status ${status}`}`));
}

function asJson(op: Operation): object {
  if ("get" in op) return { request_range: { key: base64(op.get) } };
  if ("remove" in op) return { request_delete_range: { key: base64(op.remove) } };
  return { request_put: { key: base64(op.put), value: base64(op.value), ...(op.lease === undefined ? {} : { lease: op.lease }) } };
}

function found(kv: Kv | undefined): EtcdValue {
  if (kv === undefined) return { value: Buffer.alloc(0), modified: 0 };
  return { value: Buffer.from(kv.value ?? "", "base64"), modified: Number(kv.mod_revision) };
}
