import type { Mode } from "./options.ts";
import { inherited, type Target } from "./target.ts";
import { CRON, otherCrons } from "./want-cron.ts";
import type { Database } from "./want-database.ts";
import { queueNames } from "./want-queues.ts";
import type { Section } from "./worker-config.ts";

/** The lines that the developer pastes into the Worker, fitted to its bindings, queues and crons. */
export function linesToPaste(target: Target, mode: Mode, database: Database): string {
  if (mode === "inbox") return inboxLines(target, database);
  const parts = [importLines(target, mode, database)];
  if (mode === "embedded") parts.push(handlerLines(target));
  return [...parts, commitLines(database)].join("\n\n");
}

export function isTypeScript(target: Target): boolean {
  return !/\.[cm]?jsx?$/.test(inherited(target, "main") ?? "");
}

function importLines(target: Target, mode: Mode, { binding }: Database): string {
  const types = isTypeScript(target) ? "<Env>" : "";
  return [
    'import { createOutbox, event } from "edge-outbox";',
    "",
    `export const outbox = createOutbox${types}({`,
    ...(binding === "DB" ? [] : [`  database: (env) => env.${binding},`]),
    "  createTenants: true, // the first commit for a tenant makes it",
    "});",
    ...(mode === "embedded"
      ? ["export class TenantRelay extends outbox.TenantRelay {} // the Durable Object that relays"]
      : []),
  ].join("\n");
}

function handlerLines(target: Target): string {
  return [
    "export default {",
    "  fetch: app.fetch, // yours, as it is",
    ...queueLines(target),
    ...scheduledLines(target),
    isTypeScript(target) ? "} satisfies ExportedHandler<Env>;" : "};",
  ].join("\n");
}

function queueLines(target: Target): string[] {
  const own = queueNames(target);
  const isShared = sectionsOf(target).some(({ queues }) =>
    queues?.consumers?.some(({ queue }) => !own.includes(queue)),
  );
  if (!isShared) return ["  queue: outbox.queue, // makes the calls"];
  return [
    "  queue: (batch, env, ctx) =>",
    `    [${own.map((name) => JSON.stringify(name)).join(", ")}].includes(batch.queue)`,
    "      ? outbox.queue(batch, env) // makes the calls",
    "      : consumeOwn(batch, env, ctx), // yours, as it is",
  ];
}

function scheduledLines(target: Target): string[] {
  if (sectionsOf(target).every((section) => otherCrons(section).length === 0))
    return [
      "  scheduled: outbox.scheduled, // every minute: finds what was left behind, removes what is old",
    ];
  return [
    "  scheduled: (controller, env, ctx) =>",
    `    controller.cron === "${CRON}"`,
    "      ? outbox.scheduled(controller, env) // finds what was left behind, removes what is old",
    "      : runOwn(controller, env, ctx), // yours, as it is",
  ];
}

function commitLines({ binding }: Database): string {
  return [
    "// Where something happens: your rows, and what must follow from them, in one transaction.",
    'await outbox(env).commit("acme", {',
    `  writes: [env.${binding}.prepare("INSERT INTO orders (id) VALUES (?)").bind(order.id)],`,
    '  messages: [event("order.placed", order)],',
    "  idempotencyKey: order.id, // however often this runs: once",
    "});",
  ].join("\n");
}

function inboxLines(target: Target, { binding }: Database): string {
  const types = isTypeScript(target) ? "<Env, { orderId: string }>" : "";
  return [
    'import { inbox } from "edge-outbox/inbox";',
    "",
    "// On your hono app. A webhook that comes twice is answered 200, and changes nothing.",
    "app.post(",
    '  "/webhooks",',
    `  inbox${types}({`,
    "    secrets: (env) => env.WEBHOOK_SECRET, // the sender's, whsec_…",
    ...(binding === "DB" ? [] : [`    database: (env) => env.${binding},`]),
    "    receive: ({ payload, env }) => ({",
    `      writes: [env.${binding}.prepare("INSERT INTO paid (id) VALUES (?)").bind(payload.orderId)],`,
    "    }),",
    "  }),",
    ");",
  ].join("\n");
}

/** All of them run equal code. */
function sectionsOf({ config }: Target): Section[] {
  return [config, ...Object.values(config.env ?? {})];
}
