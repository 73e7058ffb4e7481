import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Context } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { keyInput } from "../outbox/commit.ts";
import { checked } from "../platform/check.ts";
import { OutboxError } from "../platform/errors.ts";
import { describeError } from "../platform/log.ts";
import { type Place, type Vault, VaultError } from "../platform/vault.ts";
import {
  type FirstRequest,
  insertRequestKey,
  isKeyTaken,
  lacksTenant,
  type RequestKey,
  readRequestKey,
  releaseRequestKey,
  saveAnswer,
} from "../registry/request-keys.ts";
import type { ApiEnv, ApiTools } from "./context.ts";
import { DoorError } from "./door/door-error.ts";

/**
 * Carries a request out once, however often it is sent with its `Idempotency-Key`. The key's row is the first statement
 * of the request's own batch (`tools.before`): the key exists exactly if the request was carried out. Then the answer
 * is stored in that row, and repetitions get the stored answer. Should this process die in between, a repetition learns
 * that the answer is unknown, and nothing happens twice. Commits have keys of their own, which also find their messages
 * again.
 * @param shownOnce the field of the answer that a repetition is not shown: a secret
 * @throws {OutboxError} `invalid_input`, `idempotency_conflict`, `request_unanswered`
 */
export async function once<R extends Response>(
  c: Context<ApiEnv>,
  act: (tools: ApiTools) => Promise<R>,
  shownOnce?: string,
): Promise<R> {
  const { tools } = c.var;
  const key = c.req.header("idempotency-key");
  if (key === undefined) return act(tools);
  const request = requestFor(c, checked(keyInput, key, "Idempotency-Key"));
  let response: R;
  try {
    response = await act({ ...tools, before: [insertRequestKey(tools.db, request)] });
  } catch (error) {
    const first = isKeyTaken(error) || isRefusal(error) ? await readRequestKey(tools.db, request) : undefined;
    if (first && first.answer !== request.nonce) return (await repetition(c, request, first)) as R;
    return abandon(tools, request, error);
  }
  await keep(tools, request, response, shownOnce);
  return response;
}

function requestFor(c: Context<ApiEnv>, key: string): RequestKey {
  const { tools } = c.var;
  // The body as understood: no body, an empty body and a body of defaults are equal.
  const body = JSON.stringify(c.req.valid("json" as never) ?? {});
  const text = `${c.req.method} ${c.req.path}\n${body}`;
  return {
    tenantId: c.req.param("tenant") ?? "",
    key,
    fingerprint: bytesToHex(sha256(utf8ToBytes(text))),
    nonce: bytesToHex(tools.random.bytes(16)),
    now: tools.clock.now(),
  };
}

/**
 * The effect of the first request can be a reason to refuse a second one: a repetition still gets the first answer.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof DoorError || (error instanceof OutboxError && !error.retryable);
}

/**
 * After a refusal the key is free again, for the corrected request. An unanswered request may have been carried out,
 * and keeps its key.
 */
async function abandon(tools: ApiTools, request: RequestKey, error: unknown): Promise<never> {
  if (lacksTenant(error)) {
    throw new OutboxError({ code: "tenant_not_found", tenantId: request.tenantId });
  }
  // The key was freed or purged after it refused this request: a repetition will count as new.
  if (isKeyTaken(error)) throw new OutboxError({ code: "storage_unavailable" });
  if (isRefusal(error)) await releaseRequestKey(tools.db, request);
  throw error;
}

interface KeptAnswer {
  body: string;
  etag: string | null;
}

/** Stores the answer. The request was carried out, so a failure to store its answer does not change it. */
async function keep(
  tools: ApiTools,
  request: RequestKey,
  response: Response,
  shownOnce?: string,
): Promise<void> {
  try {
    const { [shownOnce ?? ""]: _shown, ...body } = (await response.clone().json()) as Record<string, unknown>;
    const kept: KeptAnswer = { body: JSON.stringify(body), etag: response.headers.get("etag") };
    const text = JSON.stringify(kept);
    const answer = tools.vault.keyId === undefined ? text : await tools.vault.seal(text, placeOf(request));
    await saveAnswer(tools.db, request, response.status, answer);
  } catch (error) {
    tools.log("request.answer_lost", { tenant: request.tenantId, error: describeError(error) });
  }
}

async function repetition(c: Context<ApiEnv>, request: RequestKey, first: FirstRequest): Promise<Response> {
  const { key } = request;
  if (first.fingerprint !== request.fingerprint) throw new OutboxError({ code: "idempotency_conflict", key });
  if (first.status === null) throw new OutboxError({ code: "request_unanswered", key });
  const kept = await openAnswer(c.var.tools.vault, first.answer, request);
  if (kept === undefined) throw new OutboxError({ code: "request_unanswered", key });
  const { body, etag }: KeptAnswer = JSON.parse(kept);
  c.header("idempotent-replayed", "true");
  c.header("content-type", "application/json");
  if (etag !== null) c.header("etag", etag);
  c.status(first.status as StatusCode);
  return c.body(body);
}

/** An answer is stored unsealed where no key was set. The key that sealed it may be gone. */
async function openAnswer(vault: Vault, answer: string, request: RequestKey): Promise<string | undefined> {
  if (answer.startsWith("{")) return answer;
  return vault.open(answer, placeOf(request)).catch((error) => {
    if (error instanceof VaultError) return undefined;
    throw error;
  });
}

function placeOf({ tenantId, key }: RequestKey): Place {
  return ["request answer", tenantId, key];
}
