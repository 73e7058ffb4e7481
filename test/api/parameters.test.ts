import { describe, expect, test } from "vitest";
import { call, createTenant } from "../support/worker/api.ts";

describe("a parameter that is given twice", () => {
  test.each([
    "messages?eventType=a&eventType=b",
    "messages?limit=1&limit=2",
    "deliveries?state=dead&state=dead",
    "failures?error=a&error=b",
    "failures/groups?since=2026-01-01T00:00:00Z&since=2026-01-02T00:00:00Z",
    "audit?callerId=a&callerId=b",
    "event-types?archived=true&archived=false",
    "endpoints?cursor=a&cursor=b",
    "stats?since=2026-01-01T00:00:00Z&since=2026-01-02T00:00:00Z",
  ])("is refused, and named: %s", async (query) => {
    const { path } = await createTenant();
    const [, name = ""] = /\?(\w+)=/.exec(query) ?? [];
    const answer = await call("GET", `${path}/${query}`);
    expect(answer, JSON.stringify(answer.body)).toMatchObject({
      status: 422,
      body: { code: "invalid_input" },
    });
    expect(JSON.stringify(answer.body.errors)).toContain(name);
  });
});
