import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type Handler, Hono } from "hono";
import { Webhook } from "standardwebhooks";
import { newSecret } from "../../../src/channels/webhook/sign.ts";
import { type InboxOptions, inboxWith } from "../../../src/inbox/inbox.ts";
import { systemRandom } from "../../../src/platform/clock.ts";

export type Env = Cloudflare.Env;

/** The inbox's table, and one of an app: counters, that show how often something has happened. */
export async function applyInboxMigrations(): Promise<void> {
  await applyD1Migrations(env.DB, env.TEST_INBOX_MIGRATIONS);
  await env.DB.prepare(
    "CREATE TABLE IF NOT EXISTS counters (id TEXT PRIMARY KEY, moved INTEGER NOT NULL CHECK (moved >= 0))",
  ).run();
}

export interface ToSend {
  id?: string;
  /** Body to send. Defaults to the payload as JSON. */
  body?: string | Uint8Array<ArrayBuffer>;
  payload?: unknown;
  secrets?: readonly string[];
  /** When it is signed, in milliseconds. */
  sentAt?: number;
  headers?: Record<string, string | undefined>;
}

/** A webhook as a sender makes it, signed by the official library. */
export function sign({
  id = `msg_${crypto.randomUUID()}`,
  payload = { type: "order.placed", timestamp: "2026-11-23T22:08:38.620Z", data: { total: 42 } },
  body = JSON.stringify(payload),
  secrets = [],
  sentAt = Date.now(),
  headers = {},
}: ToSend): RequestInit & { method: "POST"; headers: Record<string, string> } {
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, new Date(sentAt), text));
  const all: Record<string, string | undefined> = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAt / 1000)),
    "webhook-signature": signatures.join(" "),
    ...headers,
  };
  const there = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method: "POST", headers: Object.fromEntries(there), body };
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the inbox's answer, looked into by tests
  body: any;
}

export const newWebhookSecret = () => newSecret(systemRandom);

/** A Worker with an inbox of its own. Unless a test says otherwise, each webhook moves its counter by one. */
export async function startInbox(options: Partial<InboxOptions<Env>> = {}) {
  const secret = newWebhookSecret();
  const source = `s-${crypto.randomUUID()}`;
  const counter = await createCounter();
  const world = { now: Date.now() };
  const events: { event: string; [field: string]: unknown }[] = [];
  const handler = inboxWith<Env, unknown, Record<string, unknown>>(
    { clock: { now: () => world.now }, log: (event, fields) => void events.push({ event, ...fields }) },
    { secrets: () => secret, source, receive: () => ({ writes: [counter.move()] }), ...options },
  );
  return {
    secret,
    source,
    world,
    events,
    counter,
    handler,
    send: (webhook: ToSend = {}, bindings: Partial<Env> = env) =>
      post(handler, sign({ secrets: [secret], ...webhook }), bindings),
    receipts: () => receiptsOf(source),
  };
}

/** Hands a request to a Worker that has nothing but this handler. */
export async function post(
  handler: Handler,
  request: RequestInit,
  bindings: Partial<Env> = env,
): Promise<Answer> {
  const response = await new Hono().post("/webhooks", handler).request("/webhooks", request, bindings);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export async function createCounter() {
  const id = crypto.randomUUID();
  await env.DB.prepare("INSERT INTO counters (id, moved) VALUES (?, 0)").bind(id).run();
  return {
    id,
    move: (by = 1) => env.DB.prepare("UPDATE counters SET moved = moved + ?2 WHERE id = ?1").bind(id, by),
    moved: () => env.DB.prepare("SELECT moved FROM counters WHERE id = ?").bind(id).first<number>("moved"),
  };
}

/** The ids that are on record, in their order. */
export async function receiptsOf(source: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT webhook_id FROM outbox_inbox WHERE source = ? ORDER BY webhook_id",
  )
    .bind(source)
    .all<{ webhook_id: string }>();
  return results.map(({ webhook_id }) => webhook_id);
}
