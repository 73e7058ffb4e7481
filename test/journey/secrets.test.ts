import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { call } from "../support/worker/api.ts";
import { startJourney } from "../support/worker/journey.ts";

test("a receiver that echoes what it was sent leaves no secret in the trace, nor anywhere in D1", async () => {
  const journey = await startJourney({ instead: "echo", status: 500 }, { instead: "echo" });
  const path = `${journey.tenant.path}/endpoints/${journey.endpoint.id}`;
  const secretHeaders = { authorization: "Bearer t0ken-of-the-endpoint" };
  expect((await call("PATCH", path, { body: { secretHeaders } })).status).toBe(200);
  const { id } = await journey.commit({ eventType: "a", payload: 1 });
  const [message] = await journey.until(["delivered"], id);
  const received = await journey.hook.received();
  expect(received.map(({ headers }) => headers["authorization"])).toEqual(
    Array(2).fill(secretHeaders.authorization),
  );
  const excerpts = message.deliveries[0].attempts.map(
    (one: { responseExcerpt: string }) => one.responseExcerpt,
  );
  expect(excerpts).toEqual(Array(2).fill(expect.stringContaining('"authorization":"[redacted]"')));

  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
  ).all<{ name: string }>();
  expect(tables.length).toBeGreaterThan(6);
  for (const { name } of tables) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${name}`).all();
    expect(JSON.stringify(results), name).not.toMatch(/t0ken-of|whsec_/);
    expect(JSON.stringify(results), name).not.toContain(journey.endpoint.secret.slice(6));
  }
  await journey.checkInvariants();
});
