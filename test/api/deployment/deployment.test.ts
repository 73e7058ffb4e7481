import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { permanent } from "../../../src/channels/channel.ts";
import { event } from "../../../src/outbox/message.ts";
import { makeEstate } from "../../fuzz/estate.ts";
import { countEverything } from "../../support/database/rows.ts";
import { refused } from "../../support/outside/replies.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";
import { World } from "../../support/world.ts";

const PATHS = [
  "/v1/deployment",
  "/v1/overview",
  "/v1/troubles",
  "/v1/dead-letters",
  "/v1/dead-letters/groups",
  "/v1/endpoints/failing",
  "/v1/search?q=a",
];

/** Two tenants: one has a dead letter, the other a failing endpoint. */
let tenants: { dead: string; failing: string; endpoint: string; message: string };

beforeAll(async () => {
  const world = new World(env.DB);
  world.now = Date.now();
  const dead = await world.createTenant();
  await call("PATCH", `/v1/tenants/${dead}`, { body: { name: "Dead Ltd." } });
  await world.createEndpoint(dead);
  world.answer = () => permanent("target_refused", "no");
  const committed = await world.commit(dead, { messages: [event("order.placed", { secret: "s3cr3t" })] });
  await world.onAlarm(dead);
  await world.consume();
  const failing = await world.createTenant();
  const endpoint = await world.createEndpoint(failing);
  world.answer = () => refused();
  await world.commit(failing, { messages: [event("order.placed", 1)] });
  await world.onAlarm(failing);
  await world.consume();
  tenants = { dead, failing, endpoint, message: committed.messages[0]?.id ?? "" };
});

const ofTenant = <T extends { tenantId: string }>(data: T[], tenantId: string) =>
  data.filter((one) => one.tenantId === tenantId);

describe("the operator", () => {
  test("sees what needs a person, in numbers and by name", async () => {
    const overview = await call("GET", "/v1/overview");
    expect(overview).toMatchObject({ status: 200, body: { status: "trouble" } });
    expect(overview.body.reasons).toEqual(expect.arrayContaining(["deadLetters"]));
    expect(overview.body.reasons).not.toContain("failingEndpoints");
    expect(overview.body.lastDay.failures).toMatchObject({ redirected: 0 });
    expect(overview.body.deadLetters.count).toBeGreaterThan(0);
    expect(overview.body.health.storage).toMatchObject({ level: "ok" });
    const { body } = await call("GET", "/v1/troubles");
    expect(ofTenant(body.data, tenants.dead)).toMatchObject([
      {
        tenantName: "Dead Ltd.",
        tenantState: "active",
        troubles: [{ trouble: "deadLetters", count: 1, capped: false, since: expect.stringMatching(/Z$/) }],
      },
    ]);
    expect(ofTenant(body.data, tenants.failing)).toMatchObject([
      { troubles: [{ trouble: "failingEndpoints" }] },
    ]);
  });

  test("lists dead letters and failing endpoints of all tenants, page after page", async () => {
    const inPages = async (path: string) => {
      const all: { tenantId: string }[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? "" : `&cursor=${cursor}`;
        const { body } = await call("GET", `${path}?limit=1${query}`);
        all.push(...body.data);
        cursor = body.nextCursor;
      } while (cursor !== null);
      return all;
    };
    expect(ofTenant(await inPages("/v1/dead-letters"), tenants.dead)).toMatchObject([
      { tenantName: "Dead Ltd.", messageId: tenants.message, error: "target_refused", reason: "given_up" },
    ]);
    const failing = await inPages("/v1/endpoints/failing");
    expect(ofTenant(failing, tenants.failing)).toMatchObject([
      {
        endpointId: tenants.endpoint,
        target: expect.stringContaining("https://"),
        state: "enabled",
        budget: { usedPercent: 0, endsAt: expect.stringMatching(/Z$/) },
      },
    ]);
    const groups = (await call("GET", "/v1/dead-letters/groups")).body;
    expect(ofTenant(groups.data, tenants.dead)).toMatchObject([
      { count: 1, result: { error: "target_refused" }, example: tenants.message },
    ]);
  });

  test("finds a message without its tenant", async () => {
    const { body } = await call("GET", `/v1/search?q=${tenants.message}`);
    expect(body).toMatchObject({
      data: [{ kind: "message", tenantId: tenants.dead, tenantName: "Dead Ltd.", id: tenants.message }],
      nextCursor: null,
      complete: true,
    });
    const found = await call("GET", `/v1/search?q=text:s3cr3t&tenant=${tenants.dead}`);
    expect(found.body).toMatchObject({ data: [{ foundBy: "payload", id: tenants.message }], complete: true });
    expect(JSON.stringify(found.body)).not.toContain("s3cr3t");
  });

  test("needs the role read, and reads only", async () => {
    const operatorTokens = [{ name: "ada", role: "read" as const, token: "the-token-of-ada" }];
    const rows = await countEverything();
    for (const path of PATHS) {
      const answer = await apiWith({ operatorTokens })(path, {
        headers: { authorization: "Bearer the-token-of-ada" },
      });
      expect(answer.status, path).toBe(200);
    }
    expect(await countEverything()).toEqual(rows);
  });
});

test("a tenant's token is refused, whatever its scopes, and shown nothing", async () => {
  const { tokens, mark } = await makeEstate();
  for (const token of [tokens.tenant, tokens.reader, tokens.writer]) {
    for (const path of [...PATHS, `/v1/search?q=${mark}`, `/v1/search?q=text:a&tenant=${tenants.dead}`]) {
      const answer = await call("GET", path, { token });
      expect(answer, path).toMatchObject({ status: 403, body: { code: "forbidden" } });
    }
  }
});

describe("a parameter", () => {
  test.each(PATHS)("that nobody knows is refused by its name: %s", async (path) => {
    const { status, body } = await call("GET", `${path}${path.includes("?") ? "&" : "?"}colour=red`);
    expect([status, body.code]).toEqual([422, "invalid_input"]);
    expect(body.detail).toContain("colour");
  });

  test.each([
    ["/v1/search", "q"],
    ["/v1/search?q=", "q"],
    [`/v1/search?q=${"a".repeat(513)}`, "q"],
    ["/v1/search?q=a&q=b", "q"],
    ["/v1/search?q=text:a", "tenant"],
    ["/v1/search?q=a&tenant=", "tenant"],
    ["/v1/search?q=a&cursor=x", "cursor"],
    ["/v1/dead-letters?cursor=e30", "cursor"],
    ["/v1/dead-letters/groups?cursor=e30", "cursor"],
    ["/v1/dead-letters/groups?limit=5", ""],
    ["/v1/endpoints/failing?cursor=e30", "cursor"],
    ["/v1/endpoints/failing?limit=0", "limit"],
    ["/v1/dead-letters?limit=101", "limit"],
  ])("that is wrong is refused by its name: %s", async (path, name) => {
    const { status, body } = await call("GET", path);
    expect([status, body.errors?.map((one: { path: string }) => one.path)], JSON.stringify(body)).toEqual([
      422,
      [name],
    ]);
  });

  test("that names a tenant that there is not, is told so", async () => {
    for (const q of ["a", "ep_email", "text:a", tenants.message]) {
      expect(await call("GET", `/v1/search?q=${q}&tenant=nobody`), q).toMatchObject({
        status: 404,
        body: { code: "tenant_not_found" },
      });
    }
    const { id, path } = await createTenant();
    await call("DELETE", path);
    expect((await call("GET", `/v1/search?q=ep_email&tenant=${id}`)).status).toBe(404);
  });
});
