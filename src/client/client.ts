import { type ClientResponse, hc } from "hono/client";
import type { SuccessStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import type { Api } from "../api/app.ts";
import type { problemShape } from "../api/door/problem.ts";

/** An RFC 9457 problem document, as the API answers it. */
export type Problem = z.infer<typeof problemShape>;
/** An endpoint as its creation answers it: with the signing `secret` of a webhook. */
export type Endpoint = Answered<OfTenant["endpoints"]["$post"]>;
/** A message that was committed. */
export type CommittedMessage = Answered<OfTenant["messages"]["$post"]>;
/** A message with its deliveries, as it is read back. */
export type Message = Omit<ReadMessage, "payload"> & { payload: unknown };
/** A delivery of a message to one endpoint, with its attempts. */
export type Delivery = Message["deliveries"][number];
/** An attempt of a delivery: its outcome, status and excerpt of the answer. */
export type Attempt = Delivery["attempts"][number];

/** Options of `createClient`. */
export interface ClientOptions {
  /** Token of an operator or of a tenant. */
  token: string;
  /**
   * Function that makes the requests, as `(...request) => env.OUTBOX.fetch(...request)` for a service binding. Defaults
   * to the runtime's `fetch`.
   */
  fetch?: typeof fetch;
  /** Longest duration of a request, in milliseconds. Defaults to 30,000. */
  timeoutMs?: number;
}

/**
 * Error for a refused request. Its stable `code` tells the reason.
 *
 * @example
 * try {
 *   await answerOf(client.v1.tenants.$post({ json: { id: "acme" } }));
 * } catch (error) {
 *   if (error instanceof ProblemError && error.code === "tenant_deleted") console.log(error.problem.detail);
 * }
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail} (request ${problem.requestId})`);
    this.problem = problem;
  }

  get code(): Problem["code"] {
    return this.problem.code;
  }
}

/**
 * A typed client of the HTTP API: every path, and every field of requests and answers, from the Worker's own schemas.
 *
 * @example
 * const client = createClient("https://outbox.example.com", { token });
 * const messages = client.v1.tenants[":tenant"].messages;
 * const json = { eventType: "order.placed", payload: { orderId: "1001" } };
 * const { id } = await answerOf(messages.$post({ param: { tenant: "acme" }, json }));
 */
export function createClient(
  url: string,
  { token, fetch: given = fetch, timeoutMs = 30_000 }: ClientOptions,
) {
  const client = hc<Api>(url.replace(/\/+$/, ""), {
    headers: { authorization: `Bearer ${token}` },
    fetch: (input: RequestInfo | URL, init?: RequestInit) => {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
      return given(input, { ...init, signal });
    },
  });
  return withSafePaths(client);
}

/** A typed client of the HTTP API. */
export type Client = ReturnType<typeof createClient>;
type OfTenant = Client["v1"]["tenants"][":tenant"];
type ReadMessage = Answered<OfTenant["messages"][":message"]["$get"]>;

interface PathParams {
  param?: Record<string, string>;
}

/** Hono inserts ids into a path unencoded: an id with a slash would lead to another path. */
function withSafePaths<T extends object>(client: T): T {
  return new Proxy(client, {
    get: (target, name) => {
      const part: unknown = Reflect.get(target, name);
      return typeof part === "function" ? withSafePaths(part) : part;
    },
    apply: (target, self, [request, ...rest]: [PathParams | undefined, ...unknown[]]) => {
      const param = request?.param && encodeAll(request.param);
      const call = target as unknown as (...args: unknown[]) => unknown;
      return Reflect.apply(call, self, [{ ...request, ...(param && { param }) }, ...rest]);
    },
  });
}

function encodeAll(param: Record<string, string>): Record<string, string> {
  const encoded = Object.entries(param).map(([name, value]) => {
    // Even encoded, dots are steps in a path.
    if (/^\.{0,2}$/.test(value))
      throw new TypeError(`"${name}" must not be "${value}", which leads to another path`);
    return [name, encodeURIComponent(value)];
  });
  return Object.fromEntries(encoded);
}

/** Body of a successful answer. */
type Answer<R> =
  R extends ClientResponse<infer Body, infer Status, string>
    ? Status extends 204
      ? undefined
      : Status extends SuccessStatusCode
        ? Body
        : never
    : never;

/** Body of a successful answer to a call. */
type Answered<Call extends (...given: never[]) => Promise<unknown>> = Answer<Awaited<ReturnType<Call>>>;

/**
 * The body of the answer; undefined for one without.
 * @throws {ProblemError} for a refusal
 */
export async function answerOf<R extends ClientResponse<unknown>>(pending: Promise<R>): Promise<Answer<R>> {
  const response = await pending;
  if (!response.ok) throw new ProblemError((await bodyOf(response, "application/problem+json")) as Problem);
  return (response.status === 204 ? undefined : await bodyOf(response, "application/json")) as Answer<R>;
}

/** An answer of another type comes from a machine on the way, and not from the API. */
async function bodyOf(response: ClientResponse<unknown>, type: string): Promise<unknown> {
  const text = await response.text();
  try {
    if (response.headers.get("content-type")?.startsWith(type)) return JSON.parse(text);
  } catch {
    // Cut off on the way, or declared as JSON by mistake.
  }
  throw new Error(
    `The answer, with status ${response.status}, did not come from the outbox: ${text.slice(0, 200)}`,
  );
}

/**
 * All entries of a list, page after page.
 *
 * @example
 * const { deliveries } = client.v1.tenants[":tenant"];
 * const pageAt = (cursor: { cursor?: string }) => deliveries.$get({ param: { tenant: "acme" }, query: cursor });
 * for await (const delivery of entriesOf(pageAt)) console.log(delivery.state);
 */
export async function* entriesOf<R extends ClientResponse<unknown>>(
  page: (cursor: { cursor?: string }) => Promise<R>,
): AsyncGenerator<EntryOf<Answer<R>>> {
  let cursor: string | null | undefined;
  do {
    const answer = (await answerOf(page(cursor ? { cursor } : {}))) as Page<EntryOf<Answer<R>>>;
    yield* answer.data;
    cursor = answer.nextCursor;
  } while (cursor);
}

interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

type EntryOf<P> = P extends Page<infer T> ? T : never;
