import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { replayOne } from "../../src/interventions/replay.ts";
import { email, event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { updateEndpoint } from "../../src/registry/endpoints.ts";
import { readDelivery } from "../../src/trace/delivery.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

const urlOf = (n: number) => `https://h${n}.example.org/hook`;
let world: World;
let tenant: string;
let endpointId: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpointId = await world.createEndpoint(tenant, { url: urlOf(0), retrySchedule: [1, 1, 1, 1, 1] });
});

const move = (n: number) =>
  world.ask((tools) => updateEndpoint(tools, tenant, endpointId, { url: urlOf(n), signingSecret: "keep" }));

async function send(): Promise<string> {
  const { messages } = await world.commit(tenant, { messages: [event("a", 1)] });
  await world.onAlarm(tenant);
  await world.consume();
  return messages[0]?.id ?? "";
}

async function tryAgain() {
  world.now += 60_000;
  await world.onAlarm(tenant);
  await world.consume();
}

const targetsOf = async (messageId: string) =>
  (await readDelivery(env.DB, tenant, { messageId, endpointId })).attempts.map(({ target }) => target);

describe("an attempt tells the target that it called", () => {
  test("though its endpoint has moved since, several times", async () => {
    world.answer = () => refused();
    const id = await send();
    await move(1);
    await tryAgain();
    await world.ask((tools) => updateEndpoint(tools, tenant, endpointId, { description: "moved" }));
    await tryAgain();
    await move(2);
    await move(3);
    world.answer = () => ACCEPTED;
    await tryAgain();
    await move(0);
    expect(await targetsOf(id)).toEqual([urlOf(0), urlOf(1), urlOf(1), urlOf(3)]);
    const [delivery] = (await readMessage(env.DB, tenant, id)).deliveries;
    expect(delivery?.attempts.map(({ target }) => target)).toEqual(await targetsOf(id));
    await checkInvariants(env.DB, tenant);
  });

  test("also if it is the only one, and after a replay", async () => {
    const id = await send();
    await move(1);
    expect(await targetsOf(id)).toEqual([urlOf(0)]);
    await world.ask((tools) => replayOne(tools, tenant, id, endpointId));
    await world.runUntilIdle(tenant);
    expect(await targetsOf(id)).toEqual([urlOf(0), urlOf(1)]);
  });

  test("that was called, and not the one of the moment at which it ended", async () => {
    world.answer = async () => {
      await move(1);
      return ACCEPTED;
    };
    const id = await send();
    expect(await targetsOf(id)).toEqual([urlOf(0)]);
  });

  test("and none that is not known any more, as an endpoint keeps its last ones alone", async () => {
    const id = await send();
    for (let n = 1; n <= limits.formerTargets; n++) await move(n);
    expect(await targetsOf(id)).toEqual([urlOf(0)]);
    const later = await send();
    await move(100);
    expect(await targetsOf(id)).toEqual([null]);
    expect(await targetsOf(later)).toEqual([urlOf(limits.formerTargets)]);
    const kept = env.DB.prepare("SELECT count(*) AS n FROM outbox_former_targets WHERE tenant_id = ?");
    expect(await kept.bind(tenant).first("n")).toBe(limits.formerTargets);
  });

  test("and none without an attempt, or for a direct e-mail", async () => {
    const { messages } = await world.commit(tenant, {
      messages: [event("a", 1), email({ to: "ada@example.com", subject: "Hello", text: "Hello" })],
    });
    const [waiting, mail] = messages;
    const [delivery] = (await readMessage(env.DB, tenant, waiting?.id ?? "")).deliveries;
    expect(delivery?.attempts).toEqual([]);
    await world.runUntilIdle(tenant);
    const [sent] = (await readMessage(env.DB, tenant, mail?.id ?? "")).deliveries;
    expect(sent?.attempts).toMatchObject([{ outcome: "delivered", target: null }]);
  });

  test("and a change that another one has overtaken keeps nothing", async () => {
    const kept = env.DB.prepare("SELECT count(*) AS n FROM outbox_former_targets WHERE tenant_id = ?");
    const { db } = world.registryTools();
    let overtakes = true;
    const overtaken: typeof db = {
      prepare: (query) => db.prepare(query),
      batch: async (statements) => {
        if (overtakes) {
          overtakes = false;
          await world.ask((tools) => updateEndpoint(tools, tenant, endpointId, { description: "first" }));
        }
        return db.batch(statements);
      },
    };
    const change = { url: urlOf(1), signingSecret: "keep" as const };
    await expect(
      world.ask((tools) => updateEndpoint({ ...tools, db: overtaken }, tenant, endpointId, change)),
    ).rejects.toMatchObject({ code: "version_conflict" });
    expect(overtakes).toBe(false);
    expect(await kept.bind(tenant).first("n")).toBe(0);
    await move(1);
    expect(await kept.bind(tenant).first("n")).toBe(1);
  });
});

test("an attempt keeps the headers of its answer, each of its own", async () => {
  const answers = [
    refused({ headers: { server: "nginx", "retry-after": "1" } }),
    refused(),
    { ...ACCEPTED, headers: { "x-request-id": "8f1c" } },
  ];
  world.answer = () => answers.shift() ?? ACCEPTED;
  const id = await send();
  await tryAgain();
  await tryAgain();
  const { attempts } = await readDelivery(env.DB, tenant, { messageId: id, endpointId });
  expect(attempts.map(({ responseHeaders }) => responseHeaders)).toEqual([
    { server: "nginx", "retry-after": "1" },
    null,
    { "x-request-id": "8f1c" },
  ]);
});
