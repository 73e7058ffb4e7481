import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CommitRequest, commit } from "../../src/outbox/commit.ts";
import { event } from "../../src/outbox/message.ts";
import { createEventType } from "../../src/registry/event-types.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { issueToken, revokeToken, type TokenTools } from "../../src/registry/tokens.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows } from "../support/database/rows.ts";
import { atEveryAwait } from "../support/faults/intruder.ts";
import { keyRingOf } from "../support/secrets/key-ring.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let tools: TokenTools;
let tokenId: string;

const messages = [event("order.placed", { a: 1 })];

beforeEach(async () => {
  world = new World(env.DB);
  tools = { ...world.registryTools(), keyRing: keyRingOf("k") };
  await prepare();
});

async function prepare() {
  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  tokenId = (await issueToken(tools, tenant, { scopes: ["messages:write"] })).id;
}

afterEach(() => checkInvariants(env.DB, tenant));

const commitIt = (rest: Partial<CommitRequest> = {}) => world.commit(tenant, { messages, tokenId, ...rest });

describe("a commit by a token", () => {
  test("costs no round trip and no row more", async () => {
    const { db, bill } = countingDb(env.DB);
    await commit({ ...world.registryTools(), db, log: world.log, types: world.types }, tenant, {
      messages,
      tokenId,
    });
    expect(bill).toMatchObject({ roundTrips: 1, rowsWritten: 3 });
  });

  test("once revoked is refused, and nothing is written", async () => {
    await revokeToken(tools, tenant, tokenId);
    await expect(commitIt()).rejects.toMatchObject({ failure: { code: "token_revoked" } });
    expect(await countRows("messages", tenant)).toBe(0);
  });

  test("once expired is refused, to the millisecond", async () => {
    const { expiresAt } = await issueToken(tools, tenant, { scopes: ["read"], expiresInSeconds: 60 });
    await env.DB.prepare("UPDATE outbox_tokens SET expires_at = ? WHERE id = ?")
      .bind(expiresAt, tokenId)
      .run();
    world.now = expiresAt - 1;
    await commitIt();
    world.now = expiresAt;
    await expect(commitIt()).rejects.toMatchObject({ code: "token_revoked" });
  });

  test("of another tenant is refused", async () => {
    const other = await world.createTenant();
    await expect(world.commit(other, { messages, tokenId })).rejects.toMatchObject({ code: "token_revoked" });
  });

  test("once revoked learns nothing: not of a key, not of a schema, not of an endpoint, not of its tenant", async () => {
    await commitIt({ idempotencyKey: "once" });
    await createEventType(world.registryTools(), tenant, { name: "strict", schema: false });
    await revokeToken(tools, tenant, tokenId);
    const asked: Partial<CommitRequest>[] = [
      { idempotencyKey: "once" },
      { idempotencyKey: "once", messages: [event("other", 1)] },
      { messages: [event("strict", 1)] },
      { messages: [event("a", 1, { endpointIds: ["ep_nowhere"] })] },
    ];
    for (const request of asked) {
      await expect(commitIt(request)).rejects.toMatchObject({ code: "token_revoked" });
    }
    await deleteTenant(world.registryTools(), tenant);
    await expect(commitIt()).rejects.toMatchObject({ code: "token_revoked" });
  });

  test("revoked at any await: what is told is what was done", async () => {
    await atEveryAwait(async (lifeWith) => {
      await prepare();
      const life = lifeWith(() => revokeToken(tools, tenant, tokenId));
      const request = { messages, tokenId, idempotencyKey: "once" };
      const answer = await world.commit(tenant, request, life).catch((error) => error);
      expect(await countRows("messages", tenant)).toBe(answer.failure ? 0 : 1);
      expect(answer.failure?.code).toBe(answer.failure && "token_revoked");
    });
  });

  test("revoked after its answer was lost: who committed is told so", async () => {
    let lost = false;
    const db = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch<T>(statements);
        if (lost) return results;
        lost = true;
        await revokeToken(tools, tenant, tokenId);
        throw new Error("D1_ERROR: Network connection lost.");
      },
    };
    const request = { messages, tokenId, idempotencyKey: "once" };
    const { log, types } = world;
    const committed = await commit({ ...world.registryTools(), db, log, types }, tenant, request);
    expect(committed).toMatchObject({ duplicate: false, messages: [{ sequence: 1 }] });
    await expect(commitIt(request)).rejects.toMatchObject({ code: "token_revoked" });
  });
});

test("an unknown tenant is told as such, a token or not", async () => {
  for (const request of [{ messages }, { messages, tokenId }]) {
    await expect(world.commit("nobody", request)).rejects.toMatchObject({ code: "tenant_not_found" });
  }
});
