import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, test } from "vitest";
import { systemClock as clock } from "../../src/platform/clock.ts";
import { KeyRing } from "../../src/platform/key-ring.ts";
import { createVault } from "../../src/platform/vault.ts";
import { reseal } from "../../src/upkeep/reseal.ts";
import type { Received } from "../support/outside/receiver-server.ts";
import { sealedOf } from "../support/secrets/sealed.ts";
import { call } from "../support/worker/api.ts";
import { startJourney } from "../support/worker/journey.ts";
import { scheduled } from "../support/worker/outbox.ts";
import { apiWith } from "../support/worker/own-api.ts";

/** Whether a receiver with this secret takes the request for ours, by each of the ways to find out; they must agree. */
async function isOurs(secret: string, { body, headers }: Received): Promise<boolean> {
  const answers = [
    verifies(() => new Webhook(secret).verify(body, headers)),
    verifies(() => new SvixWebhook(secret).verify(body, headers)),
    await hasSignature(secret, { body, headers }),
  ];
  expect(new Set(answers).size, "the libraries agree").toBe(1);
  return answers[0] === true;
}

function verifies(verify: () => unknown): boolean {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
}

/** By the words of the standard, and without a library. */
async function hasSignature(secret: string, { body, headers }: Pick<Received, "body" | "headers">) {
  const bytes = Uint8Array.from(atob(secret.slice("whsec_".length)), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = new TextEncoder().encode(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
  const text = `v1,${btoa(String.fromCharCode(...signature))}`;
  return (headers["webhook-signature"] ?? "").split(" ").includes(text);
}

type Journey = Awaited<ReturnType<typeof startJourney>>;

/** Commits one message after another, each when the one before it has arrived, while the condition holds. */
async function keepFlowing(journey: Journey, goOn: (n: number) => boolean) {
  const sent: { id: string }[] = [];
  for (let n = 0; goOn(n); n++) {
    const { id } = await journey.commit({ eventType: "a", payload: { n } });
    await journey.until(["delivered"], id);
    sent.push({ id });
  }
  return sent;
}

/** The last millisecond of the overlap has passed. */
async function endOverlap({ tenant, endpoint }: Journey): Promise<void> {
  await env.DB.prepare(
    `UPDATE outbox_endpoints SET previous_secrets =
       (SELECT json_group_array(json_set(value, '$.until', ?3)) FROM json_each(previous_secrets))
     WHERE tenant_id = ?1 AND id = ?2`,
  )
    .bind(tenant.id, endpoint.id, Date.now())
    .run();
}

const requestOf = (received: Received[], id: string) => {
  const requests = received.filter(({ headers }) => headers["webhook-id"] === id);
  expect(requests).toHaveLength(1);
  return requests[0] as Received;
};

describe("a webhook secret is rotated while deliveries flow", () => {
  test("the old one verifies until the overlap ends, the new one from the rotation on, and nothing else is lost", async () => {
    const journey = await startJourney();
    const path = `${journey.tenant.path}/endpoints/${journey.endpoint.id}`;
    const old: string = journey.endpoint.secret;
    const before = await keepFlowing(journey, (n) => n < 3);
    const rotated = await call("POST", `${path}/secret/rotate`, { body: { overlapSeconds: 3600 } });
    const { secret } = rotated.body;
    const meanwhile = await keepFlowing(journey, (n) => n < 3);
    await endOverlap(journey);
    const after = await keepFlowing(journey, (n) => n < 3);

    const received = await journey.hook.received();
    for (const { id } of before) {
      const request = requestOf(received, id);
      expect([await isOurs(old, request), await isOurs(secret, request)]).toEqual([true, false]);
    }
    for (const { id } of meanwhile) {
      const request = requestOf(received, id);
      expect([await isOurs(old, request), await isOurs(secret, request)]).toEqual([true, true]);
    }
    for (const { id } of after) {
      const request = requestOf(received, id);
      expect([await isOurs(old, request), await isOurs(secret, request)]).toEqual([false, true]);
    }
    await journey.checkInvariants();
  });

  test("with no overlap only the new one verifies, at once: the old one has leaked", async () => {
    const journey = await startJourney();
    const path = `${journey.tenant.path}/endpoints/${journey.endpoint.id}/secret/rotate`;
    const second = (await call("POST", path)).body.secret;
    const third = (await call("POST", path, { body: { overlapSeconds: 0 } })).body.secret;
    const sent = await keepFlowing(journey, (n) => n < 3);
    const received = await journey.hook.received();
    for (const { id } of sent) {
      const request = requestOf(received, id);
      for (const secret of [journey.endpoint.secret, second])
        expect(await isOurs(secret, request)).toBe(false);
      expect(await isOurs(third, request)).toBe(true);
    }
  });

  test("two rotations in a row leave no gap: all three verify, whichever the receiver knows", async () => {
    const journey = await startJourney();
    const path = `${journey.tenant.path}/endpoints/${journey.endpoint.id}/secret/rotate`;
    const secrets = [journey.endpoint.secret];
    for (const _ of [1, 2]) secrets.push((await call("POST", path)).body.secret);
    const [sent] = await keepFlowing(journey, (n) => n < 1);
    const request = requestOf(await journey.hook.received(), sent?.id ?? "");
    for (const secret of secrets) expect(await isOurs(secret, request)).toBe(true);
  });
});

describe("SECRET_KEYS are rotated while deliveries flow", () => {
  /** As the ring was before: the older key seals. */
  const ringBefore = KeyRing.parse(env.SECRET_KEYS.split(",").toReversed().join(","));
  const ringAfter = KeyRing.parse(env.SECRET_KEYS.split(",")[0] ?? "");

  test("secrets under the older key are used, and sealed anew, without a pause; then the older key can go", async () => {
    const journey = await startJourney();
    const path = `${journey.tenant.path}/endpoints/${journey.endpoint.id}`;
    const secretHeaders = { authorization: "Bearer t0ken-of-the-endpoint" };
    await call("PATCH", path, { body: { secretHeaders } });
    const second = (await call("POST", `${path}/secret/rotate`)).body.secret;
    await reseal({ db: env.DB, clock, log: () => undefined, vaultOf: () => createVault(ringBefore) });
    const place = [journey.tenant.id, journey.endpoint.id] as const;
    expect((await sealedOf(createVault(ringBefore), ...place)).row.sealed_by).toBe("before");

    let resealed: Promise<void> | undefined;
    const sent = await keepFlowing(journey, (n) => {
      if (n === 3) resealed = runCron();
      return n < 8;
    });
    await resealed;

    expect(await sealedOf(createVault(ringAfter), ...place)).toMatchObject({
      row: { sealed_by: "test" },
      secret: second,
      previous: [{ secret: journey.endpoint.secret }],
      headers: secretHeaders,
    });
    const received = await journey.hook.received();
    expect(received).toHaveLength(sent.length);
    for (const request of received) {
      expect(request.headers["authorization"]).toBe(secretHeaders.authorization);
      for (const secret of [journey.endpoint.secret, second])
        expect(await isOurs(secret, request)).toBe(true);
    }
    await journey.checkInvariants();
  });

  test("tokens and answers under the older key hold as before", async () => {
    const { tenant } = await startJourney();
    const asBefore = apiWith({ keyRing: ringBefore, vault: createVault(ringBefore) });
    const request = { method: "POST", body: JSON.stringify({ scopes: ["read"] }) };
    const headers = { "content-type": "application/json", "idempotency-key": "k" };
    const issued = await asBefore(`${tenant.path}/tokens`, {
      ...request,
      headers: { ...headers, authorization: `Bearer ${env.OPERATOR_TOKEN}` },
    });
    const { token, ...shown } = await issued.json<{ token: string }>();
    expect(atob(token.replace("eot-", "").split(".")[0] ?? "")).toContain('"before"');
    expect((await call("GET", tenant.path, { token })).status).toBe(200);
    const again = await call("POST", `${tenant.path}/tokens`, { text: request.body, headers });
    expect(again).toMatchObject({ status: 201, body: shown });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  });
});

async function runCron(): Promise<void> {
  const context = createExecutionContext();
  await scheduled(createScheduledController(), env);
  await waitOnExecutionContext(context);
}
