import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createOutbox, event, type OutboxEnv } from "../../src/index.ts";
import { countRows } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import {
  applyInboxMigrations,
  createCounter,
  newWebhookSecret,
  startInbox,
} from "../support/outside/inbox.ts";
import { World } from "../support/world.ts";

/*
 * Setup: a Worker with an inbox; a webhook moves a counter by one and, in the second part, is passed on by an outbox of its own.
 * Timeline: it dies at its nth await, before or after what it awaits has happened, so its sender hears nothing and sends again.
 * What this proves: there is no await at which the effect of a webhook could get lost, or happen twice.
 */

const secret = newWebhookSecret();
let tenant = "";
let counter: Awaited<ReturnType<typeof createCounter>>;

beforeAll(applyInboxMigrations);

beforeEach(async () => {
  tenant = await new World(env.DB).createTenant();
});

/** An outbox in an isolate of its own, which has read nothing yet: each of its lives has the same awaits. */
const newOutbox = () => createOutbox<OutboxEnv>();

type Kind = "its own batch" | "the commit of an outbox";

async function startMortal(kind: Kind, life: MortalLife) {
  counter = await createCounter();
  const mortal = { ...env, DB: life.db(env.DB) as D1Database };
  const { move } = counter;
  const started = await startInbox({
    secrets: () => life.step("secrets", async () => secret),
    database: () => mortal.DB,
    receive: () =>
      life.step("receive", async () => {
        if (kind === "its own batch") return { writes: [move()] };
        return {
          writes: [move()],
          commit: (writes) =>
            newOutbox()(mortal).commit(tenant, {
              writes,
              messages: [event("order.paid", {})],
            }),
        };
      }),
  });
  return started;
}

async function countSteps(kind: Kind): Promise<number> {
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  const inbox = await startMortal(kind, life);
  await inbox.send({ secrets: [secret] });
  return life.steps.length;
}

describe.each(["its own batch", "the commit of an outbox"] as const)(
  "a Worker that dies, with %s",
  (kind) => {
    test.each(["before", "after"] as const)(
      "%s any of its awaits: the repetition makes it once",
      async (side) => {
        const steps = await countSteps(kind);
        expect(steps).toBeGreaterThanOrEqual(3);
        const duplicates: boolean[] = [];
        for (let at = 1; at <= steps; at++) {
          tenant = await new World(env.DB).createTenant();
          const life = new MortalLife(at, side);
          const dying = await startMortal(kind, life);
          await Promise.race([dying.send({ id: "msg_1", secrets: [secret] }), life.death]);
          expect(life.isDead, `died ${side} await ${at}, ${life.steps.at(-1)}`).toBe(true);
          expect(await dying.receipts()).toHaveLength((await counter.moved()) ?? -1);

          const move = counter.move;
          const next = await startInbox({
            secrets: () => secret,
            source: dying.source,
            receive: () => ({
              writes: [move()],
              ...(kind === "the commit of an outbox" && {
                commit: (writes) =>
                  newOutbox()(env).commit(tenant, {
                    writes: [...writes],
                    messages: [event("order.paid", {})],
                  }),
              }),
            }),
          });
          const answer = await next.send({ id: "msg_1", secrets: [secret] });
          expect(answer.status).toBe(200);
          duplicates.push(answer.body.duplicate);
          expect(await counter.moved()).toBe(1);
          expect(await dying.receipts()).toEqual(["msg_1"]);
          expect(await countRows("messages", tenant)).toBe(kind === "its own batch" ? 0 : 1);
        }
        // Only who dies after the batch has left something on record.
        expect(duplicates.filter((duplicate) => duplicate)).toHaveLength(side === "after" ? 1 : 0);
      },
    );
  },
);
