import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { CHATS } from "../../src/domain/states.ts";
import { endpointChange, endpointInput } from "../../src/registry/endpoint-input.ts";
import {
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  readEndpoint,
  rotateSecret,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import { sealedOf } from "../support/secrets/sealed.ts";
import { NO_VAULT, vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

const url = "https://hooks.chat.example.com/services/T1/B1/secret-of-one-channel";
const otherUrl = "https://hooks.chat.example.com/services/T1/B2/secret-of-another-one";
const MASKED = /^https:\/\/hooks\.chat\.example\.com\/…[0-9a-f]{6}$/;

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const create = (rest: object = {}) =>
  createEndpoint(
    world.registryTools(),
    tenant,
    endpointInput.parse({ channel: "webhook", url, payloadFormat: "slack", ...rest }),
  );
const change = (id: string, given: object) =>
  updateEndpoint(world.registryTools(), tenant, id, endpointChange.parse(given));

async function everythingInD1(): Promise<string> {
  const tables = ["outbox_endpoints", "outbox_former_targets", "outbox_audit", "outbox_requests"];
  const { results } = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string;
  }>();
  const present = results.map(({ name }) => name).filter((name) => tables.includes(name));
  const rows = await Promise.all(present.map((name) => env.DB.prepare(`SELECT * FROM ${name}`).all()));
  return JSON.stringify(rows.map((table) => table.results));
}

describe("the URL of a chat", () => {
  test.each(CHATS)("%s: is sealed, and shown by no answer but as its host", async (payloadFormat) => {
    const made = await create({ payloadFormat });
    const answers = [
      made,
      await readEndpoint(world, tenant, made.id),
      await change(made.id, { description: "mine" }),
      ...(await listEndpoints(world.db, tenant, { limit: 5 })).entries,
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ target: expect.stringMatching(MASKED), payloadFormat, secret: null });
      expect(JSON.stringify(answer)).not.toContain("secret-of");
    }
    expect((await sealedOf(world.vault, tenant, made.id)).secret).toBe(url);
    expect(await everythingInD1()).not.toContain("secret-of");
  });

  test("is told apart from another one at the same host, and each has its own mask for good", async () => {
    const [one, same, other] = [await create(), await create(), await create({ url: otherUrl })];
    expect(same.target).toBe(one.target);
    expect(other.target).not.toBe(one.target);
  });

  test("is sealed anew under the current key", async () => {
    const { id } = await create();
    world.vault = vaultWith("k2", "k1");
    await world.reseal();
    expect((await sealedOf(vaultWith("k2"), tenant, id)).secret).toBe(url);
  });

  test("is gone with its endpoint", async () => {
    const { id } = await create();
    await deleteEndpoint(world.registryTools(), tenant, id);
    const row = await env.DB.prepare(
      "SELECT secret, target FROM outbox_endpoints WHERE tenant_id = ? AND id = ?",
    )
      .bind(tenant, id)
      .first();
    expect(row).toEqual({ secret: null, target: expect.stringMatching(MASKED) });
  });

  test("is not taken where nothing can be sealed", async () => {
    world.vault = NO_VAULT;
    await expect(create()).rejects.toMatchObject({ code: "secret_keys_missing" });
    expect((await listEndpoints(world.db, tenant, { limit: 5 })).entries).toEqual([]);
  });
});

describe("a change", () => {
  test("of the URL seals the new one alone, forgets the failures of the old, and needs no word about signing", async () => {
    const made = await create();
    await env.DB.prepare("UPDATE outbox_endpoints SET failing_since = 1 WHERE tenant_id = ? AND id = ?")
      .bind(tenant, made.id)
      .run();
    world.now += 60_000;
    const changed = await change(made.id, { url: "https://elsewhere.example.com/hooks/secret-of-elsewhere" });
    expect(changed).toMatchObject({
      target: expect.stringMatching(/^https:\/\/elsewhere\.example\.com\/…[0-9a-f]{6}$/),
      secret: null,
      failingSince: null,
      secretSetAt: world.now,
      earlierSecretsEndAt: [],
      version: made.version + 1,
    });
    const { secret, previous } = await sealedOf(world.vault, tenant, made.id);
    expect([secret, previous]).toEqual(["https://elsewhere.example.com/hooks/secret-of-elsewhere", []]);
    expect(await everythingInD1()).not.toContain("secret-of");
  });

  test("to another URL at the same host is one: what the old one answers concerns the new one no more", async () => {
    const made = await create();
    expect((await change(made.id, { url: otherUrl })).target).not.toBe(made.target);
  });

  test("that gives the mask back leaves the URL as it is", async () => {
    const { id, target } = await create();
    const changed = await change(id, { url: target, payloadFormat: "slack", description: "mine" });
    expect(changed).toMatchObject({ target, description: "mine" });
    expect((await sealedOf(world.vault, tenant, id)).secret).toBe(url);
  });

  test("of the URL drops secret headers at another origin, as with every webhook", async () => {
    const { id } = await create({ secretHeaders: { authorization: "Bearer aaaaaaaa" } });
    expect((await change(id, { url: otherUrl })).secretHeaderNames).toEqual(["authorization"]);
    expect((await change(id, { url: "https://new.example.com/x" })).secretHeaderNames).toBeNull();
  });
});

describe("refused", () => {
  const refusals: [string, (id: string) => Promise<unknown>, string, RegExp][] = [
    [
      "a masked URL",
      () => create({ url: "https://hooks.chat.example.com/…012abc" }),
      "url",
      /is masked; give the whole/,
    ],
    [
      "a masked URL of another endpoint",
      (id) => change(id, { url: "https://hooks.chat.example.com/…000000" }),
      "url",
      /is masked/,
    ],
    [
      "a signing secret's fate",
      (id) => change(id, { url: otherUrl, signingSecret: "keep" }),
      "signingSecret",
      /does not apply to a chat/,
    ],
    [
      "a change to the payload alone",
      (id) => change(id, { payloadFormat: "raw" }),
      "payloadFormat",
      /create an endpoint/,
    ],
    [
      "a change to the default",
      (id) => change(id, { payloadFormat: null }),
      "payloadFormat",
      /create an endpoint/,
    ],
    [
      "a change to another chat",
      (id) => change(id, { payloadFormat: "teams", url: otherUrl }),
      "payloadFormat",
      /create an endpoint/,
    ],
    [
      "a change of a signed webhook to a chat",
      async () => change((await create({ payloadFormat: "raw" })).id, { payloadFormat: "slack", url }),
      "payloadFormat",
      /create an endpoint/,
    ],
    ["a rotation", (id) => rotateSecret(world.registryTools(), tenant, id), "", /Change the url instead/],
  ];

  test.each(refusals)("%s, and nothing changes", async (_, act, path, message) => {
    const { id } = await create();
    const before = await sealedOf(world.vault, tenant, id);
    const error = await act(id).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toMatchObject({
      code: "invalid_input",
      failure: { fields: [{ path, message: expect.stringMatching(message) }] },
    });
    expect(await readEndpoint(world, tenant, id)).toMatchObject({ version: 1, payloadFormat: "slack" });
    expect(await sealedOf(world.vault, tenant, id)).toEqual(before);
  });

  test("where the Worker posts to no chats, and nothing is made", async () => {
    world.postsToChats = false;
    await expect(create()).rejects.toMatchObject({
      failure: { fields: [{ path: "payloadFormat", message: expect.stringContaining("the option chats") }] },
    });
    expect((await listEndpoints(world.db, tenant, { limit: 5 })).entries).toEqual([]);
  });

  test.each(CHATS)("a signing secret of one's own, as %s verifies nothing", (payloadFormat) => {
    const secret = `whsec_${btoa("x".repeat(32))}`;
    const read = endpointInput.safeParse({ channel: "webhook", url, payloadFormat, secret });
    expect(read.error?.issues).toMatchObject([{ path: ["secret"] }]);
  });
});
