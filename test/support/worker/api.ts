import { env, exports } from "cloudflare:workers";
import { expectConformity } from "./conformity.ts";

const BASE = "http://outbox.test";

export interface ApiAnswer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

interface CallOptions {
  body?: unknown;
  /** Sent as it is, instead of a body as JSON. */
  text?: string;
  headers?: Record<string, string>;
  /** Instead of the operator's; null for none. */
  token?: string | null;
}

/** Calls the Worker as a client would, with the operator's token unless said otherwise. The answer must be as the document says. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
export async function call<T = any>(
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<ApiAnswer<T>> {
  const { token = env.OPERATOR_TOKEN } = options;
  const body = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const response = await exports.default.fetch(`${BASE}${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  expectConformity(method, `${BASE}${path}`, response, text);
  return {
    status: response.status,
    headers: response.headers,
    body: (text && isJson(response) ? JSON.parse(text) : text || undefined) as T,
  };
}

function isJson({ headers }: Response): boolean {
  return /\bjson\b/.test(headers.get("content-type") ?? "");
}

/** A tenant that no other test uses. Answers its id and the path under which it lives. */
export async function createTenant(): Promise<{ id: string; path: string }> {
  const id = `t-${crypto.randomUUID()}`;
  await call("POST", "/v1/tenants", { body: { id } });
  return { id, path: `/v1/tenants/${id}` };
}
