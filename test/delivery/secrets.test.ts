import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import type { Vault } from "../../src/platform/vault.ts";
import { createEndpoint, readEndpoint, rotateSecret, updateEndpoint } from "../../src/registry/endpoints.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { NO_VAULT, vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const create = (rest: object = {}) =>
  createEndpoint(world.registryTools(), tenant, { channel: "webhook", url: "https://a.example/", ...rest });
const commit = (...payloads: number[]) =>
  world.commit(tenant, { messages: payloads.map((payload) => event("a", payload)) });

describe("the secrets of an endpoint", () => {
  test("reach its channel opened, and are opened once for a task", async () => {
    let opened = 0;
    const vault = vaultWith("k1");
    const counting: Vault = {
      keyId: vault.keyId,
      seal: (...args) => vault.seal(...args),
      open: (...args) => {
        opened++;
        return vault.open(...args);
      },
    };
    world.vault = counting;
    const { id, secret: first } = await create({
      headers: { "x-team": "blue" },
      secretHeaders: { authorization: "Bearer aaaaaaaa" },
    });
    const { secret: second } = await rotateSecret(world.registryTools(), tenant, id);
    await commit(1, 2, 3);
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(3);
    for (const { endpoint } of world.sent) {
      expect(endpoint).toMatchObject({
        headers: { "x-team": "blue" },
        secretHeaders: { authorization: "Bearer aaaaaaaa" },
        secrets: [second, first],
      });
    }
    expect(opened).toBe(3);
    expect(JSON.stringify(world.events)).not.toMatch(/whsec_|aaaaaaaa|s1\./);
    expect(JSON.stringify(world.queued)).not.toMatch(/whsec_|aaaaaaaa|s1\./);
  });

  test("changed headers and secrets concern what is sent from then on", async () => {
    const { id } = await create({ secretHeaders: { authorization: "one" } });
    await commit(1);
    await world.onAlarm(tenant);
    const tools = world.registryTools();
    await updateEndpoint(tools, tenant, id, { secretHeaders: { authorization: "two" } });
    const { secret } = await rotateSecret(tools, tenant, id, { overlapSeconds: 0 });
    await world.consume();
    expect(world.sent[0]?.endpoint).toMatchObject({
      secretHeaders: { authorization: "two" },
      secrets: [secret],
    });
  });

  test("of the version before sign as they stand", async () => {
    const { id } = await create();
    await env.DB.prepare("UPDATE outbox_endpoints SET secret = 'whsec_old', sealed_by = NULL WHERE id = ?")
      .bind(id)
      .run();
    world.vault = NO_VAULT;
    await commit(1);
    await world.runUntilIdle(tenant);
    expect(world.sent[0]?.endpoint.secrets).toEqual(["whsec_old"]);
  });
});

describe("secrets that do not open", () => {
  test.each<[string, Vault]>([
    ["their key is not there", vaultWith("k2")],
    ["there is no key at all", NO_VAULT],
  ])(
    "%s: nothing is sent, it is not held against the endpoint, and it goes out when the key is there",
    async (_, vault) => {
      const { id, secret } = await create({ retrySchedule: Array(20).fill(10) });
      const { vault: whole } = world;
      world.vault = vault;
      const { messages } = await commit(1);
      const others = Array.from({ length: 15 }, (_, n) => n + 2);
      await commit(...others);
      await world.onAlarm(tenant);
      expect(await world.consume()).toEqual(["ack"]);
      expect(world.sent).toEqual([]);
      expect(await readEndpoint(world, tenant, id)).toMatchObject({
        state: "enabled",
        failingSince: null,
        heldUntil: null,
        windowFailures: 0,
      });
      const trace = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
      expect(trace.deliveries[0]).toMatchObject({
        state: "pending",
        attempts: [
          {
            outcome: "retry",
            error: "secret_unavailable",
            httpStatus: null,
            responseExcerpt: 'VaultError: The key "k1" is not in SECRET_KEYS.',
          },
        ],
      });
      expect(world.events.filter(({ event }) => event === "secrets.unavailable")).toEqual([
        {
          event: "secrets.unavailable",
          tenant,
          endpoint: id,
          error: 'VaultError: The key "k1" is not in SECRET_KEYS.',
        },
      ]);
      world.vault = whole;
      await world.runUntilIdle(tenant);
      expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
      expect(world.sent[0]?.endpoint.secrets).toEqual([secret]);
      await checkInvariants(env.DB, tenant);
    },
  );

  test("an endpoint is never disabled for it, and in the end its deliveries are dead letters to replay", async () => {
    const { id } = await create({ retrySchedule: [1, 1] });
    world.disableAfterMs = 1;
    world.vault = vaultWith("k2");
    await commit(1);
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "dead", reason: "exhausted", error: "secret_unavailable" },
    ]);
    expect((await readEndpoint(world, tenant, id)).state).toBe("enabled");
  });

  test("one that was moved from another endpoint, or headers that were, are not used", async () => {
    const mine = await create({ secretHeaders: { authorization: "mine" }, retrySchedule: [] });
    const other = await create({ secretHeaders: { authorization: "other" }, retrySchedule: [] });
    for (const column of ["secret", "secret_headers"]) {
      await env.DB.prepare(
        `UPDATE outbox_endpoints SET ${column} = (SELECT ${column} FROM outbox_endpoints WHERE id = ?) WHERE id = ?`,
      )
        .bind(other.id, mine.id)
        .run();
      world.sent.length = 0;
      await world.commit(tenant, { messages: [event("a", 1, { endpointIds: [mine.id] })] });
      await world.runUntilIdle(tenant);
      expect(world.sent).toEqual([]);
      await updateEndpoint(world.registryTools(), tenant, mine.id, {
        secretHeaders: { authorization: "mine" },
      });
      await rotateSecret(world.registryTools(), tenant, mine.id, { overlapSeconds: 0 });
    }
  });

  test("one that was rotated out is left out; after a rotation the endpoint goes on whatever was lost", async () => {
    const { id } = await create();
    world.vault = vaultWith("k2");
    const { secret } = await rotateSecret(world.registryTools(), tenant, id);
    await commit(1);
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ endpoint }) => endpoint.secrets)).toEqual([[secret]]);
    expect(world.events.filter(({ event }) => event === "secrets.unavailable")).toHaveLength(1);
    world.now += limits.secretOverlapSeconds * 1000;
    await commit(2);
    await world.runUntilIdle(tenant);
    expect(world.events.filter(({ event }) => event === "secrets.unavailable")).toHaveLength(1);
  });
});
