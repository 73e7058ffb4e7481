import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createApi } from "../../src/create-api.ts";
import { createOutbox, type LogLine } from "../../src/index.ts";
import { insidesOf } from "../../src/insides.ts";
import type { Env } from "./app.ts";

const URL = "https://otlp.example.com/v1/metrics";
const withUrl = (url: string) => ({ ...env, OTLP_METRICS_URL: url }) as unknown as Env;

/** An outbox whose requests to the outside are kept. */
function outboxWith({ api }: { api: boolean }) {
  const lines: LogLine[] = [];
  const asked: string[] = [];
  const outbox = createOutbox<Env>({ logger: (line) => void lines.push(line) });
  if (api) createApi(outbox);
  const insides = insidesOf<Env>(outbox);
  if (!insides) throw new Error("It is an outbox");
  insides.surroundings.fetch = async (input) => {
    asked.push(String(input));
    return Response.json({});
  };
  const failures = () => lines.filter(({ event }) => event === "metrics.push_failed");
  return { outbox, asked, failures };
}

test("the cron of a Worker with the API pushes metrics where a URL is set, and only there", async () => {
  const { outbox, asked, failures } = outboxWith({ api: true });
  await outbox.scheduled(createScheduledController(), env as unknown as Env);
  expect(asked).toEqual([]);
  await outbox.scheduled(createScheduledController(), withUrl(URL));
  expect([asked, failures()]).toEqual([[URL], []]);
});

test("the cron of a Worker without the API tells that it cannot push", async () => {
  const { outbox, asked, failures } = outboxWith({ api: false });
  await outbox.scheduled(createScheduledController(), withUrl(URL));
  expect(asked).toEqual([]);
  expect(failures()).toEqual([
    expect.objectContaining({ level: "warn", error: expect.stringContaining("createApi") }),
  ]);
});

test("a wrong URL is refused where settings are checked", () => {
  const { outbox } = outboxWith({ api: true });
  outbox.checkSettings(withUrl(URL));
  expect(() => outbox.checkSettings(withUrl("http://otlp.example.com/"))).toThrow(
    "OTLP_METRICS_URL must be the https URL of a receiver of OTLP over HTTP",
  );
});
