import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { presentTrace } from "../../src/answers/messages.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { retryOne } from "../../src/interventions/retry.ts";
import { event } from "../../src/outbox/message.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { refused } from "../support/outside/replies.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  world.answer = () => refused();
  tenant = await world.createTenant();
});

const commit = async () => (await world.commit(tenant, { messages: [event("a", 1)] })).messages[0]?.id ?? "";

async function retriesLeft(id: string) {
  const trace = await readMessage(env.DB, tenant, id, world.now);
  return presentTrace(trace, [7, 70]).deliveries[0]?.retriesLeft;
}

async function attempt(id: string) {
  const [delivery] = (await readMessage(env.DB, tenant, id, world.now)).deliveries;
  world.now = Math.max(world.now, delivery?.dueAt ?? 0);
  await world.onAlarm(tenant);
  await world.consume();
}

test("a delivery tells the waits before its further retries, anew after a replay, and none once it is settled", async () => {
  const endpoint = await world.createEndpoint(tenant, { retrySchedule: [60, 600, 6000] });
  const id = await commit();
  expect(await retriesLeft(id)).toEqual([60, 600, 6000]);
  await attempt(id);
  expect(await retriesLeft(id), "the first wait has begun").toEqual([600, 6000]);
  await attempt(id);
  await attempt(id);
  expect(await retriesLeft(id), "the next attempt is the last").toEqual([]);
  await attempt(id);
  expect(await retriesLeft(id)).toBeNull();
  await world.ask((tools) => replayOne(tools, tenant, id, endpoint));
  expect(await retriesLeft(id)).toEqual([60, 600, 6000]);
});

test("a retry on request uses up none of them", async () => {
  const endpoint = await world.createEndpoint(tenant, { retrySchedule: [60, 600] });
  const id = await commit();
  await attempt(id);
  await world.ask((tools) => retryOne(tools, tenant, id, endpoint));
  await attempt(id);
  expect(await retriesLeft(id)).toEqual([600]);
});

test("an endpoint without a schedule of its own has that of the settings", async () => {
  await world.createEndpoint(tenant);
  expect(await retriesLeft(await commit())).toEqual([7, 70]);
});
