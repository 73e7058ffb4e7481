import { type ClientResponse, hc } from "hono/client";
import type { SuccessStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import type { Api } from "../api/app.ts";
import type { endpointWithSecretShape } from "../api/shapes/endpoints.ts";
import type { attemptShape, committedShape, deliveryShape, messageShape } from "../api/shapes/messages.ts";
import type { problemShape } from "../api/shapes/problem.ts";

/** An RFC 9457 problem document, as the API answers it. */
export type Problem = z.infer<typeof problemShape>;
export type Endpoint = z.infer<typeof endpointWithSecretShape>;
export type CommittedMessage = z.infer<typeof committedShape>;
export type Message = z.infer<typeof messageShape>;
export type Delivery = z.infer<typeof deliveryShape>;
export type Attempt = z.infer<typeof attemptShape>;

export interface ClientOptions {
  /** The operator's token, or a tenant's. */
  token: string;
  /** What makes the requests; the runtime's own by default. A service binding's `fetch` will do. */
  fetch?: typeof fetch;
  /** How long a request may take, in milliseconds. Default 30,000. */
  timeoutMs?: number;
}

/** A request that was refused: `code` says why, and does not change. */
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
 * A typed client of the HTTP API: every path, every field of what goes and comes, as the Worker itself is checked by.
 * `answerOf(client.v1.tenants[":tenant"].messages.$post({ param: { tenant: "acme" }, json: { … } }))`
 */
export function createClient(
  url: string,
  { token, fetch: given = fetch, timeoutMs = 30_000 }: ClientOptions,
) {
  return hc<Api>(url.replace(/\/+$/, ""), {
    headers: { authorization: `Bearer ${token}` },
    fetch: (input: RequestInfo | URL, init?: RequestInit) => {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
      return given(input, { ...init, signal });
    },
  });
}

export type Client = ReturnType<typeof createClient>;

/** What is answered when it goes well. */
type Answer<R> =
  R extends ClientResponse<infer Body, infer Status, "json">
    ? Status extends SuccessStatusCode
      ? Body
      : never
    : R extends ClientResponse<unknown, infer Status, string>
      ? Status extends SuccessStatusCode
        ? undefined
        : never
      : never;

/**
 * The body of the answer; undefined for one without.
 * @throws {ProblemError} for a refusal
 */
export async function answerOf<R extends ClientResponse<unknown>>(pending: Promise<R>): Promise<Answer<R>> {
  const response = await pending;
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Answer<R>;
  throw new ProblemError(await problemOf(response));
}

/** An answer that is no problem document is not the API's: of something between it and us. */
async function problemOf(response: ClientResponse<unknown>): Promise<Problem> {
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
  if (isProblem) return (await response.json()) as Problem;
  throw new Error(
    `The answer was ${response.status}, and not of the outbox: ${(await response.text()).slice(0, 200)}`,
  );
}

/**
 * All entries of a list, page after page.
 * `for await (const delivery of entriesOf((cursor) => client…deliveries.$get({ param, query: { cursor } })))`
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
