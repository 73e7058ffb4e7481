import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { endpointChange, endpointInput, rotateInput } from "../../src/registry/endpoint-input.ts";
import {
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  readEndpoint,
  rotateSecret,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { sealedOf } from "../support/secrets/sealed.ts";
import { NO_VAULT, vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

const DAY = 24 * 3600_000;
const input = { channel: "webhook", url: "https://example.com/" } as const;

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const create = (rest: object = {}) => createEndpoint(world.registryTools(), tenant, { ...input, ...rest });
const rotate = (id: string, overlapSeconds?: number) =>
  rotateSecret(world.registryTools(), tenant, id, rotateInput.parse({ overlapSeconds }));

/** What signs now, newest first, as the endpoint's row has it. */
async function signing(id: string): Promise<string[]> {
  const { secret, previous } = await sealedOf(world.vault, tenant, id);
  return [secret, ...previous.filter(({ until }) => until > world.now).map(({ secret }) => secret)];
}

describe("a secret at rest", () => {
  test("is shown by the call that makes it, and by no other", async () => {
    const { id, secret } = await create();
    expect(secret).toMatch(/^whsec_/);
    const rotated = await rotate(id);
    expect(rotated.secret).toMatch(/^whsec_/);
    const answers = [
      await readEndpoint(world, tenant, id),
      await updateEndpoint(world.registryTools(), tenant, id, { description: "mine" }),
      ...(await listEndpoints(world.db, tenant, { limit: 5 })).entries,
    ];
    for (const answer of [...answers, { ...rotated, secret: null }]) {
      expect(answer.secret).toBeNull();
      expect(JSON.stringify(answer)).not.toMatch(/whsec_|s1\./);
    }
  });

  test("is sealed under the current key, for its endpoint alone", async () => {
    const mine = await create({ secretHeaders: { authorization: "Bearer token-of-mine" } });
    const other = await create();
    const { row } = await sealedOf(world.vault, tenant, mine.id);
    expect(row).toMatchObject({ sealed_by: "k1", secret_header_names: '["authorization"]' });
    expect(JSON.stringify(row)).not.toMatch(/whsec_|token-of-mine/);
    await env.DB.prepare(
      "UPDATE outbox_endpoints SET secret = ?, secret_headers = ? WHERE tenant_id = ? AND id = ?",
    )
      .bind(row.secret, row.secret_headers, tenant, other.id)
      .run();
    await expect(sealedOf(world.vault, tenant, other.id)).rejects.toThrow(/does not open/);
  });

  test("without SECRET_KEYS nothing that needs a secret is written; the rest goes on", async () => {
    const before = await create();
    world.vault = NO_VAULT;
    await expect(create()).rejects.toMatchObject({ code: "secret_keys_missing" });
    await expect(rotate(before.id)).rejects.toMatchObject({ code: "secret_keys_missing" });
    const secretHeaders = { "x-key": "12345678" };
    await expect(
      updateEndpoint(world.registryTools(), tenant, before.id, { secretHeaders }),
    ).rejects.toMatchObject({ code: "secret_keys_missing" });
    const { entries: endpoints } = await listEndpoints(world.db, tenant, { limit: 5 });
    expect(endpoints).toMatchObject([{ id: before.id, version: 1, secretHeaderNames: null }]);
    await createEndpoint(world.registryTools(), tenant, { channel: "email", address: "ops@example.com" });
    await updateEndpoint(world.registryTools(), tenant, before.id, { description: "mine" });
  });

  test.each([
    ["deleted", (id: string) => deleteEndpoint(world.registryTools(), tenant, id)],
    ["deleted with its tenant", () => deleteTenant(world.registryTools(), tenant)],
  ])("of an endpoint that is %s is gone", async (_, act) => {
    const { id } = await create({ secretHeaders: { "x-key": "12345678" } });
    await rotate(id);
    await act(id);
    const row = await env.DB.prepare(
      `SELECT state, secret, previous_secrets, secret_headers, secret_header_names, sealed_by, version
       FROM outbox_endpoints WHERE tenant_id = ? AND id = ?`,
    )
      .bind(tenant, id)
      .first();
    const gone = { secret: null, previous_secrets: null, secret_headers: null, secret_header_names: null };
    expect(row).toEqual({ ...gone, state: "deleted", sealed_by: null, version: 3 });
  });
});

const whsec = (bytes: number) => `whsec_${btoa("x".repeat(bytes))}`;

describe("a secret that is brought along", () => {
  test.each([24, 25, 26, 32, 64])("of %i bytes signs from the first message on", async (bytes) => {
    const { secret } = endpointInput.parse({ ...input, secret: whsec(bytes) }) as { secret: string };
    const created = await create({ secret });
    expect(created.secret).toBe(secret);
    expect(await signing(created.id)).toEqual([secret]);
  });

  test.each([
    ["too short", whsec(23)],
    ["too long", whsec(65)],
    ["without its prefix", btoa("x".repeat(32))],
    ["of another prefix", `whpk_${btoa("x".repeat(32))}`],
    ["with blanks", `${whsec(32)} `],
    ["unpadded", whsec(32).replace(/=+$/, "")],
    ["for URLs", `whsec_${"-_".repeat(20)}`],
    ["with bits that nobody reads", `whsec_${"A".repeat(42)}B=`],
    ["empty", "whsec_"],
    ["of another alphabet", `whsec_${"ä".repeat(40)}`],
  ])("is refused by its field's name when it is %s, and not quoted", (_, secret) => {
    for (const { error } of [
      endpointInput.safeParse({ ...input, secret }),
      rotateInput.safeParse({ secret }),
    ]) {
      expect(error?.issues).toMatchObject([{ path: ["secret"] }]);
      expect(error?.issues[0]?.message).toMatch(/24 to 64 bytes/);
      expect(JSON.stringify(error?.issues)).not.toContain(secret.slice(6) || "nothing");
    }
  });

  test("does not belong to an e-mail endpoint", () => {
    const given = { channel: "email", address: "ada@example.com", secret: whsec(32) };
    expect(endpointInput.safeParse(given).success).toBe(false);
  });
});

/*
 * Who may change an endpoint may point it at a receiver of their own: what was meant for the one before must not go there.
 */
describe("a webhook whose URL moves to another origin", () => {
  const secretHeaders = { authorization: "Bearer token-of-mine" };
  const move = (id: string, change: object) =>
    updateEndpoint(world.registryTools(), tenant, id, endpointChange.parse(change));
  const url = "https://example.net/hook";

  test.each([
    ["https://example.net/", "another name"],
    ["https://example.com:8443/", "another port"],
    ["https://www.example.com/", "a name below"],
  ])("must say what becomes of its signing secret, and is not changed: %s", async (url) => {
    const { id, version } = await create({ secretHeaders });
    await expect(move(id, { url })).rejects.toMatchObject({
      code: "invalid_input",
      failure: { fields: [{ path: "signingSecret", message: expect.stringContaining('"keep"') }] },
    });
    expect(await readEndpoint(world, tenant, id)).toMatchObject({ version, target: input.url });
  });

  test("loses its secret headers, and keeps its secret if told so", async () => {
    const { id, secret } = await create({ secretHeaders });
    const moved = await move(id, { url, signingSecret: "keep" });
    expect(moved).toMatchObject({ target: url, secret: null, secretHeaderNames: null });
    expect((await sealedOf(world.vault, tenant, id)).row.secret_headers).toBeNull();
    expect(await signing(id)).toEqual([secret]);
  });

  test("has the secret headers that come with it", async () => {
    const { id } = await create({ secretHeaders });
    const moved = await move(id, { url, signingSecret: "keep", secretHeaders: { "x-key": "another" } });
    expect(moved.secretHeaderNames).toEqual(["x-key"]);
  });

  test("with a new secret signs with that alone, and its answer shows it", async () => {
    const { id, secret: first } = await create();
    await rotate(id);
    const { secret } = await move(id, { url, signingSecret: "rotate" });
    expect(secret).toMatch(/^whsec_/);
    expect(secret).not.toBe(first);
    expect(await signing(id)).toEqual([secret]);
  });

  test("within its origin it keeps everything, and asks for nothing", async () => {
    const { id, secret } = await create({ secretHeaders });
    const moved = await move(id, { url: "https://example.com:443/another?path=1" });
    expect(moved).toMatchObject({ secret: null, secretHeaderNames: ["authorization"] });
    expect(await signing(id)).toEqual([secret]);
    await expect(move(id, { signingSecret: "rotate" })).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("at the same time as another move does not take the other's headers along", async () => {
    const { id } = await create({ secretHeaders });
    const moves = await Promise.allSettled([
      move(id, { url, signingSecret: "keep", secretHeaders: { "x-key": "for example.net" } }),
      move(id, { url: "https://example.com/moved" }),
    ]);
    const won = moves.filter(({ status }) => status === "fulfilled");
    expect(won).toHaveLength(1);
    const { target, secretHeaderNames } = await readEndpoint(world, tenant, id);
    expect([target, secretHeaderNames]).toEqual(
      target === url ? [url, ["x-key"]] : ["https://example.com/moved", ["authorization"]],
    );
  });
});

describe("a rotation", () => {
  test("the one before signs for as long as was asked for; a day unless said otherwise", async () => {
    const { id, secret: first } = await create();
    const { secret: second } = await rotate(id);
    const { secret: third } = await rotate(id, 3600);
    expect(await signing(id)).toEqual([third, second, first]);
    world.now += 3600_000 - 1;
    expect(await signing(id)).toEqual([third, second, first]);
    world.now += 1;
    expect(await signing(id)).toEqual([third]);
  });

  test("is told without the secrets: when the present one was set, and when the earlier ones end", async () => {
    const { id } = await create();
    const told = async () => {
      const { secretSetAt, earlierSecretsEndAt } = await readEndpoint(world, tenant, id);
      return [secretSetAt, earlierSecretsEndAt];
    };
    const from = world.now;
    expect(await told()).toEqual([from, []]);
    world.now += 1000;
    await rotate(id);
    expect(await told()).toEqual([from + 1000, [from + 1000 + DAY]]);
    world.now += 1000;
    expect((await rotate(id, 3600)).earlierSecretsEndAt).toEqual(Array(2).fill(world.now + 3600_000));
    const moved = { url: "https://moved.example.com/", signingSecret: "rotate" } as const;
    world.now += 1000;
    await updateEndpoint(world.registryTools(), tenant, id, moved);
    expect(await told()).toEqual([world.now, []]);
    const address = { channel: "email", address: "ops@example.com" } as const;
    const email = await createEndpoint(world.registryTools(), tenant, address);
    expect(email).toMatchObject({ secretSetAt: null, earlierSecretsEndAt: [] });
  });

  test("a longer overlap keeps none for longer than it was to sign", async () => {
    const { id, secret: first } = await create();
    const { secret: second } = await rotate(id, 60);
    const { secret: third } = await rotate(id, (30 * DAY) / 1000);
    world.now += 60_000;
    expect(await signing(id)).toEqual([third, second]);
    world.now += 30 * DAY - 60_001;
    expect(await signing(id)).toEqual([third, second]);
    world.now += 1;
    expect(await signing(id)).toEqual([third]);
    expect(first).not.toBe(second);
  });

  test("an overlap of 0: the new one alone signs, at once", async () => {
    const { id } = await create();
    await rotate(id);
    const { secret } = await rotate(id, 0);
    expect(await signing(id)).toEqual([secret]);
    const { row } = await sealedOf(world.vault, tenant, id);
    expect(row.previous_secrets).toBe("[]");
  });

  test("takes a secret that is brought along", async () => {
    const { id, secret: first } = await create();
    const secret = whsec(32);
    const given = rotateInput.parse({ secret, overlapSeconds: 60 });
    expect((await rotateSecret(world.registryTools(), tenant, id, given)).secret).toBe(secret);
    expect(await signing(id)).toEqual([secret, first]);
  });

  test("of rotations at once none is lost", async () => {
    const { id, secret: first } = await create();
    const rotated = await Promise.all([rotate(id), rotate(id), rotate(id)]);
    const shown = [first, ...rotated.map(({ secret }) => secret)];
    expect((await signing(id)).toSorted()).toEqual(shown.toSorted());
    expect((await readEndpoint(world, tenant, id)).version).toBe(4);
  });

  test("more than five before it do not sign; the newest do", async () => {
    const { id } = await create();
    const shown: (string | null)[] = [];
    for (let n = 0; n < 7; n++) shown.push((await rotate(id)).secret);
    expect(await signing(id)).toEqual(shown.toReversed().slice(0, 6));
  });

  test.each([-1, 0.5, 30 * 24 * 3600 + 1, "60", true])("an overlap of %j is refused", (overlapSeconds) => {
    expect(rotateInput.safeParse({ overlapSeconds }).success).toBe(false);
  });

  test("of an e-mail endpoint, or of one that is not there, is refused", async () => {
    await expect(rotate("ep_email")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(rotate("ep_none")).rejects.toMatchObject({ code: "endpoint_not_found" });
  });
});

describe("the key that an endpoint is sealed by", () => {
  const sealedBy = async (id: string) => (await sealedOf(world.vault, tenant, id)).row.sealed_by;

  test("is named while all is under it, and only then", async () => {
    const { id } = await create();
    await rotate(id);
    expect(await sealedBy(id)).toBe("k1");
    world.vault = vaultWith("k2", "k1");
    expect(await sealedBy(id)).toBe("k1");
    await rotate(id);
    expect(await sealedBy(id)).toBeNull();
    await rotate(id);
    expect(await sealedBy(id)).toBeNull();
  });

  test("is not named when secret headers come under another key than the secret", async () => {
    const { id } = await create();
    world.vault = vaultWith("k2", "k1");
    const tools = world.registryTools();
    await updateEndpoint(tools, tenant, id, { secretHeaders: { "x-key": "12345678" } });
    expect(await sealedBy(id)).toBeNull();
  });

  test("is not named for one that the version before has made, until it is sealed", async () => {
    const { id } = await create();
    const plain = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    await env.DB.prepare(
      "UPDATE outbox_endpoints SET secret = ?, sealed_by = NULL WHERE tenant_id = ? AND id = ?",
    )
      .bind(plain, tenant, id)
      .run();
    expect(await signing(id)).toEqual([plain]);
    const { secret } = await rotate(id);
    expect(await signing(id)).toEqual([secret, plain]);
    expect(await sealedBy(id)).toBeNull();
  });
});

describe("secret headers", () => {
  const change = (id: string, changes: object) => updateEndpoint(world.registryTools(), tenant, id, changes);
  const headersOf = async (id: string) => (await sealedOf(world.vault, tenant, id)).headers;

  test("are kept whole, and only their names are shown", async () => {
    const secretHeaders = { Authorization: "Bearer aaaaaaaaaaaa", "X-Key": "bbbbbbbbbbb" };
    const created = await create({ secretHeaders });
    expect(created.secretHeaderNames).toEqual(["Authorization", "X-Key"]);
    expect(await headersOf(created.id)).toEqual(secretHeaders);
    expect(JSON.stringify(await readEndpoint(world, tenant, created.id))).not.toMatch(/aaaa|bbbb/);
  });

  test("a change replaces all of them, null takes all away, and what is not named stays", async () => {
    const { id } = await create({ headers: { "x-team": "blue" }, secretHeaders: { authorization: "one" } });
    await change(id, { description: "mine", headers: { "x-team": "red" } });
    expect(await headersOf(id)).toEqual({ authorization: "one" });
    const changed = await change(id, { secretHeaders: { "x-key": "two" } });
    expect(changed).toMatchObject({ headers: { "x-team": "red" }, secretHeaderNames: ["x-key"] });
    expect(await headersOf(id)).toEqual({ "x-key": "two" });
    for (const none of [null, {}]) {
      await change(id, { secretHeaders: { "x-key": "two" } });
      expect((await change(id, { secretHeaders: none })).secretHeaderNames).toBeNull();
      expect(await headersOf(id)).toBeNull();
    }
  });

  test("a name that is there already, in whichever letters, is refused also when it is changed alone", async () => {
    const { id } = await create({ headers: { "X-Team": "blue" }, secretHeaders: { Authorization: "one" } });
    for (const changes of [
      { secretHeaders: { "x-team": "red" } },
      { headers: { "x-ok": "1", AUTHORIZATION: "two" } },
    ]) {
      await expect(change(id, changes)).rejects.toMatchObject({ code: "invalid_input" });
    }
    await change(id, { headers: { "x-other": "1" }, secretHeaders: { "x-team": "red" } });
  });

  test("together with the open ones there are twenty, and no more", async () => {
    const some = (count: number, name: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}${n}`, "value"]));
    const { id } = await create({ headers: some(15, "a"), secretHeaders: some(5, "b") });
    await expect(change(id, { secretHeaders: some(6, "b") })).rejects.toThrow(/at most 20 headers/);
    const parsed = endpointInput.safeParse({ ...input, headers: some(15, "a"), secretHeaders: some(6, "b") });
    expect(parsed.error?.issues).toMatchObject([{ path: ["headers"] }]);
  });

  test("of two changes at once, one of open and one of secret headers, not both win", async () => {
    const { id } = await create();
    const answers = await Promise.allSettled([
      change(id, { headers: { "x-key": "open" } }),
      change(id, { secretHeaders: { "X-Key": "secret" } }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const endpoint = await readEndpoint(world, tenant, id);
    expect([endpoint.headers, endpoint.secretHeaderNames].filter((one) => one !== null)).toHaveLength(1);
  });

  test("do not belong to an e-mail endpoint", async () => {
    await expect(change("ep_email", { secretHeaders: { "x-key": "1" } })).rejects.toMatchObject({
      failure: { fields: [{ path: "secretHeaders" }] },
    });
  });
});
