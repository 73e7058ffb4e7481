import type { paths } from "./api.gen.ts";
import { API_ROOT } from "./base.ts";
import { newKey } from "./new-key.ts";

/** A refusal of the API, or a failure to reach it: `code` is then `unreachable`. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly requestId: string | undefined;
  readonly fields: readonly { path: string; message: string }[];
  /** Seconds to wait before the next try; undefined if the API names none. */
  readonly retryAfter: number | undefined;
  /** Page of the app's own sign-in, if it has one. */
  readonly signInUrl: string | undefined;

  constructor(status: number, body: ProblemBody, retryAfter?: number) {
    super(body.detail ?? "");
    this.status = status;
    this.code = body.code ?? "unreachable";
    this.title = body.title ?? "";
    this.requestId = body.requestId;
    this.fields = body.errors ?? [];
    this.retryAfter = retryAfter;
    this.signInUrl = body.signInUrl;
  }
}
interface ProblemBody {
  code?: string;
  title?: string;
  detail?: string;
  requestId?: string;
  errors?: { path: string; message: string }[];
  signInUrl?: string;
}

type Method = "get" | "post" | "patch" | "delete";
/** Paths of the API's document that have an operation of a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: object }> ? P : never;
}[keyof paths];
type OperationOf<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type JsonOf<R> = R extends { content: { "application/json": infer J } } ? J : undefined;
type SuccessOf<R> = R extends { 200: infer A }
  ? JsonOf<A>
  : R extends { 201: infer A }
    ? JsonOf<A>
    : R extends { 202: infer A }
      ? JsonOf<A>
      : undefined;
/** The successful answer of an operation. */
export type Answer<P extends keyof paths, M extends Method = "get"> =
  OperationOf<P, M> extends { responses: infer R } ? SuccessOf<R> : never;
type QueryOf<P extends keyof paths> =
  OperationOf<P, "get"> extends { parameters: { query?: infer Q } } ? Q : never;
type BodyOf<P extends keyof paths, M extends Method> =
  OperationOf<P, M> extends { requestBody?: infer B }
    ? NonNullable<B> extends { content: { "application/json": infer J } }
      ? J
      : undefined
    : undefined;

/** Values of the `{names}` of a path. */
export type Params = Readonly<Record<string, string>>;
type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The address of an operation, relative to the API: with its names filled in, and the query's values that are given. */
export function addressOf<P extends PathOf<"get">>(
  path: P,
  params: Params = {},
  query: QueryOf<P> | Query = {},
): string {
  const filled = fill(path, params);
  const given = Object.entries(query as Query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length > 0 ? `${filled}?${search}` : filled;
}

function fill(path: string, params: Params): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? "")).slice(1);
}

interface Write<P extends keyof paths, M extends Method> {
  params?: Params;
  body?: BodyOf<P, M>;
  headers?: Readonly<Record<string, string>>;
}

/**
 * Calls an operation that writes. Its answer is the API's.
 * @throws {Problem}
 */
export async function write<M extends "post" | "patch" | "delete", P extends PathOf<M>>(
  method: M,
  path: P,
  { params = {}, body, headers = {} }: Write<P, M> = {},
): Promise<Answer<P, M>> {
  const response = await send(fill(path, params), {
    method: method.toUpperCase(),
    headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (response.status === 204 ? undefined : await wholeOf(response, JSON.parse)) as Answer<P, M>;
}

/**
 * Deletes a thing, or finds that it is gone: a first try whose answer was lost has deleted it.
 * @throws {Problem}
 */
export async function remove<P extends PathOf<"delete">>(path: P, params: Params): Promise<void> {
  await write("delete", path, { params }).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
  });
}

/**
 * Calls an address that the API's document does not have, such as the inspector's.
 * @throws {Problem}
 */
export async function call(method: string, address: string, body?: object): Promise<void> {
  const headers = { "content-type": "application/json", "idempotency-key": newKey() };
  await send(address, { method, ...(body && { headers, body: JSON.stringify(body) }) });
}

/**
 * Reads an address of the API.
 * @throws {Problem}
 */
export async function read(
  address: string,
  signal?: AbortSignal,
): Promise<{ value: unknown; etag: string | undefined }> {
  const response = await send(address, signal ? { signal } : {});
  return {
    value: await wholeOf(response, parseExactly),
    etag: response.headers.get("etag") ?? undefined,
  };
}

/** The body of an answer. One that was cut, or is no JSON, did not come from the outbox: it counts as none. */
async function wholeOf(response: Response, parse: (text: string) => unknown): Promise<unknown> {
  try {
    return parse(await response.text());
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, { code: "unreachable" });
  }
}

/** A number as it was sent, where JavaScript's own would lose digits. */
export class ExactNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
  toJSON(): unknown {
    return (
      (JSON as unknown as { rawJSON?: (text: string) => unknown }).rawJSON?.(this.source) ??
      Number(this.source)
    );
  }
}

/** Parses JSON, and keeps each number's digits. https://tc39.es/proposal-json-parse-with-source/ */
export function parseExactly(text: string): unknown {
  const revive = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined && String(value) !== context.source
      ? new ExactNumber(context.source)
      : value;
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** `ended` is told of a refusal, and of the token that was refused; undefined: none was given. */
type Credentials = { bearer(): Promise<string>; ended(problem: Problem, bearer: string | undefined): void };
let credentials: Credentials | undefined;

/** Sets the source of tokens, for all further requests. */
export function authorizeWith(given: Credentials | undefined): void {
  credentials = given;
}

async function send(address: string, init: RequestInit): Promise<Response> {
  let bearer: string | undefined;
  try {
    bearer = await credentials?.bearer();
    const headers = { ...init.headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
    return await request(address, { ...init, headers });
  } catch (error) {
    if (error instanceof Problem && error.status === 401) credentials?.ended(error, bearer);
    throw error;
  }
}

/**
 * A request without a token.
 * @throws {Problem}
 */
export async function request(address: string, init: RequestInit): Promise<Response> {
  const response = await fetch(new URL(address, API_ROOT), { ...init, cache: "no-store" }).catch(
    (error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Problem(0, { code: "unreachable" });
    },
  );
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  throw new Problem(response.status, body, Number.isNaN(retryAfter) ? undefined : retryAfter);
}
