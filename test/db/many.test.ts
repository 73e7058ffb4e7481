import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import { event } from "../../src/outbox/message.ts";
import { insertMany } from "../support/database/many.ts";
import { ACCEPTED, World } from "../support/world.ts";

const REFUSED: Reply = {
  kind: "permanent",
  error: "http_status",
  httpStatus: 400,
  excerpt: "no",
  retryAfterMs: null,
};

/** Types of the columns of a tenant's newest row. */
async function shapeOf(table: string, tenant: string, condition = "true") {
  const row = await env.DB.prepare(
    `SELECT * FROM outbox_${table} WHERE tenant_id = ? AND ${condition} ORDER BY seq DESC LIMIT 1`,
  )
    .bind(tenant)
    .first();
  return (
    row &&
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, value === null ? null : typeof value]),
    )
  );
}

/** A tenant with a delivered, a dead and a leased delivery, and one that waits. */
async function engineTenant(): Promise<string> {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant, { order: "strict" });
  const commit = (key?: string) => {
    const options = key ? { orderingKey: key } : {};
    return world.commit(tenant, { messages: [event("common", { n: 1 }, options)] });
  };
  for (const [key, answer] of [
    [undefined, ACCEPTED],
    ["key-13", REFUSED],
  ] as const) {
    world.answer = () => answer;
    await commit(key);
    await world.onAlarm(tenant);
    await world.consume();
  }
  await commit();
  await world.onAlarm(tenant);
  await commit();
  return tenant;
}

test("rows that are written in bulk have the shape of the engine's own", async () => {
  const engine = await engineTenant();
  const bulk = await new World(env.DB).createTenant();
  for (const sql of insertMany(bulk, 1_000, 100)) await env.DB.prepare(sql).run();

  expect(await shapeOf("messages", bulk)).toEqual(await shapeOf("messages", engine));
  expect(await shapeOf("attempts", bulk)).toEqual(await shapeOf("attempts", engine));
  for (const state of ["delivered", "dead", "leased", "pending"]) {
    const condition = `state = '${state}'`;
    expect(await shapeOf("deliveries", bulk, condition), state).toEqual(
      await shapeOf("deliveries", engine, condition),
    );
  }
});
