/// <reference types="vite/client" />
import { env } from "cloudflare:workers";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import page from "../../docs/operate/security.md?raw";
import { signAuthorized, signBearer } from "../../src/api/door/operator-session.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { endpointInput } from "../../src/registry/endpoint-input.ts";
import { createEndpoint } from "../../src/registry/endpoints.ts";
import { issueToken } from "../../src/registry/tokens.ts";
import { keyRingOf } from "../support/secrets/key-ring.ts";
import { foundIn, scannerPatterns } from "../support/secrets/scanner-patterns.ts";
import { World } from "../support/world.ts";

const patterns = scannerPatterns(page);
/** Left in a file, a shell, an address or a log. */
const PLACES = (secret: string) => [
  secret,
  `TOKEN=${secret}\n`,
  `{"token":"${secret}"}`,
  `-H 'Authorization: Bearer ${secret}'`,
  `https://example.com/?token=${secret}&x=1`,
  `see (${secret}).`,
];

async function issued(): Promise<{ token: string; secret: string }> {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  const tools = { ...world.registryTools(), keyRing: keyRingOf("2026-11") };
  const { token } = await issueToken(tools, tenant, { scopes: ["read", "messages:write", "manage"] });
  const input = endpointInput.parse({ channel: "webhook", url: "https://hooks.example.com/" });
  const { secret } = await createEndpoint(world.registryTools(), tenant, input);
  return { token, secret: secret ?? "" };
}

describe("the patterns of docs/operate/security.md find", () => {
  test("a tenant's token as it is issued, whole, wherever it was left", async () => {
    const { token } = await issued();
    for (const text of PLACES(token)) {
      expect(foundIn(text, patterns)).toEqual({ "a tenant's token": token });
    }
  });

  test("a token of minutes as an operator's session gets it, whole, wherever it was left", async () => {
    const operator = { name: "ada", role: "read", token: "a-token-of-some-length" } as const;
    const tools = { operatorTokens: [operator], keyRing: keyRingOf("2026-11"), clock: systemClock };
    const ofSession = await signBearer(tools, { operator, expiresAt: Date.now() + 60_000 });
    for (const { token } of [ofSession, await signAuthorized(tools, operator)]) {
      for (const text of PLACES(token)) {
        expect(foundIn(text, patterns)).toEqual({ "a token of minutes, of the dashboard": token });
      }
    }
  });

  test("a webhook's signing secret as it is made, whole, wherever it was left", async () => {
    const { secret } = await issued();
    for (const text of PLACES(secret)) {
      expect(foundIn(text, patterns)).toEqual({ "a webhook's signing secret": secret });
    }
  });

  test("nothing in ids, and nothing in the page itself", () => {
    const ids =
      "tok_9m3kd7wqz5v1c8b2x4hn ep_frynvjak525rczpvhfer msg_000000001d7c0vnq0pjmby aud_4y8rkq2vtb6m0c9xw3hd";
    expect(foundIn(`${ids} eot-eyJhbGciOiJIUzI1NiIs… whsec_… eop-…`, patterns)).toEqual({});
    expect(foundIn(page, patterns)).toEqual({});
  });
});

test("a rule for JWTs in general, which asks for a word's beginning, finds a tenant's token too", async () => {
  const general = RE2JS.compile("\\beyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.[\\w-]{10,}");
  const { token } = await issued();
  expect(foundIn(`TOKEN=${token}`, new Map([["a JWT", general]]))).toEqual({ "a JWT": token.slice(4) });
});
