import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkInvariants } from "../support/database/invariants.ts";
import { countEverything, everythingOf } from "../support/database/rows.ts";
import { expectConformity, routes } from "../support/worker/conformity.ts";
import { CANARY, type Estate, makeEstate } from "./estate.ts";
import { anyRequest, type CallerName, type FuzzRequest } from "./requests.ts";

const BASE = "http://outbox.test";
/** A tenant is played with for so long: the requests of its tokens are braked. */
const REQUESTS_PER_ESTATE = 400;

const count = Number(env.FUZZ_REQUESTS);
const seed = Number(env.FUZZ_SEED);

function pathFor({ path, fillings, query }: FuzzRequest, own: Estate, other: Estate): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const filling = fillings[name] ?? { of: "own" };
    if (filling.of === "text") return encodeURIComponent(filling.text.toWellFormed());
    return encodeURIComponent((filling.of === "own" ? own : other).ids[name] ?? "");
  });
  return query.length > 0 ? `${filled}?${new URLSearchParams(query)}` : filled;
}

function tokenOf(caller: CallerName, own: Estate, stranger: Estate): string | undefined {
  if (caller === "none") return undefined;
  if (caller === "operator") return env.OPERATOR_TOKEN;
  if (caller === "garbage") return "eot-eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
  return caller === "stranger" ? stranger.tokens.tenant : own.tokens[caller];
}

async function send(request: FuzzRequest, path: string, token: string | undefined) {
  const hasBody = request.body !== undefined;
  const response = await exports.default.fetch(BASE + path, {
    method: request.method,
    headers: {
      ...(hasBody && { "content-type": "application/json" }),
      ...request.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: request.body ?? null,
  });
  return { response, text: await response.text() };
}

/** One whose requests are played, one whose things are named, and one whose token is used for the things of both. */
interface Cast {
  own: Estate;
  victim: Estate;
  stranger: Estate;
}

/** What no request may bring about. */
async function expectManners(request: FuzzRequest, { own, victim, stranger }: Cast) {
  const path = pathFor(request, own, victim);
  const rows = await countEverything();
  const { response, text } = await send(request, path, tokenOf(request.caller, own, stranger));
  const { status, headers } = response;
  const what = `seed ${seed}, ${request.caller}: ${request.method} ${path.slice(0, 300)} ${String(request.body).slice(0, 300)} → ${status} ${text.slice(0, 300)}`;
  // A webhook's header is a reason to refuse of its own, and the only one of that status.
  const isWebhook = request.headers["webhook-id"] !== undefined && /^\/(v1|metrics)\b/.test(path);
  if (isWebhook) expect(status, what).toBeGreaterThanOrEqual(400);
  if (!(isWebhook && status === 508)) expect(status, what).toBeLessThan(500);
  expect(text, what).not.toContain(victim.mark);
  if (request.caller === "stranger") expect(text, what).not.toContain(own.mark);
  expect(headers.get("x-request-id"), what).toBeTruthy();
  expect(headers.has("x-injected"), what).toBe(false);
  if (status >= 400) expect(await countEverything(), what).toEqual(rows);
  expectConformity(request.method, BASE + path, response, text);
  return response;
}

/** No cron runs here, and after three minutes without one GET /health is 503. */
const noteSweep = () => env.DB.prepare("UPDATE outbox_sweep SET swept_at = ?").bind(Date.now()).run();

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok"));
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("no generated request is answered 5xx, sees another tenant's data, or leaves half of something behind", async () => {
  const victim = await makeEstate();
  const before = await everythingOf(victim.ids.tenant);
  const seen = new Map<number, number>();
  const carriedOut = new Set<string>();
  const stranger = await makeEstate();
  let own = await makeEstate();
  for (const [position, request] of fc.sample(anyRequest, { numRuns: count, seed }).entries()) {
    const response = await expectManners(request, { own, victim, stranger });
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    if (response.ok) carriedOut.add(`${request.method} ${request.path}`);
    const isGone = response.status === 204 && request.path === "/v1/tenants/{tenant}";
    if (isGone || position % REQUESTS_PER_ESTATE === REQUESTS_PER_ESTATE - 1) {
      await checkInvariants(env.DB, own.ids.tenant);
      own = await makeEstate();
      await noteSweep();
    }
  }
  console.log(
    `${count} requests, seed ${seed}: answers by status ${JSON.stringify(Object.fromEntries([...seen].toSorted(([a], [b]) => a - b)))}`,
  );
  expect(await everythingOf(victim.ids.tenant)).toBe(before);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  // What only ever refuses shows nothing: most operations were carried out, too.
  const never = routes
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .filter((one) => !carriedOut.has(one));
  expect(never.length, `never carried out: ${never.join(", ")}`).toBeLessThan(routes.length * 0.2);
});

test("the canaries sing: whoever reads another tenant's data is heard", async () => {
  const estate = await makeEstate();
  expect(await everythingOf(estate.ids.tenant)).toContain(`${CANARY}${estate.ids.tenant}`);
});
