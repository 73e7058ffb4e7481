import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { accessAuth } from "../../src/dashboard/access-auth.ts";

const ISSUER = "https://acme.cloudflareaccess.com";
const AUDIENCE = "32eafc7b0d1e";
const CLAIMS = { email: "ada@acme.example", type: "app" };

const pair = await generateKeyPair("RS256", { extractable: true });
const strange = await generateKeyPair("RS256");
const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "RS256", use: "sig" };

let server: Server;
let asked: string[];
let answer: { status: number; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

/** The team's host is this machine. */
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: JSON.stringify({ keys: [jwk] }) };
  const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((url, init) =>
    real(String(url).replace(ISSUER, local), init),
  );
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Assertion {
  claims?: object;
  issuer?: string;
  audience?: string | string[];
  expiresIn?: string | undefined;
  key?: typeof pair.privateKey;
  kid?: string;
}

function assertion({
  claims = CLAIMS,
  issuer = ISSUER,
  audience = [AUDIENCE],
  key,
  kid = "k1",
  ...rest
}: Assertion) {
  const jwt = new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "RS256", kid })
    .setIssuer(issuer)
    .setAudience(audience);
  const expiresIn = "expiresIn" in rest ? rest.expiresIn : "1h";
  return (expiresIn === undefined ? jwt : jwt.setExpirationTime(expiresIn)).sign(key ?? pair.privateKey);
}

const withAssertion = (text: string) =>
  new Request("https://outbox.acme.example/ui/token", { headers: { "cf-access-jwt-assertion": text } });

const access = (role?: (email: string) => "read" | "admin" | null) =>
  accessAuth({ team: "acme", audience: AUDIENCE, ...(role && { role }) });

describe("an assertion of Cloudflare Access", () => {
  test("names the operator by the e-mail address, who reads unless a role is given", async () => {
    const request = withAssertion(await assertion({}));
    expect(await access()(request, {})).toEqual({ role: "read", name: "ada@acme.example" });
    const role = vi.fn(() => "admin" as const);
    expect(await access(role)(request, {})).toEqual({ role: "admin", name: "ada@acme.example" });
    expect(role).toHaveBeenCalledWith("ada@acme.example");
    expect(await access(() => null)(request, {})).toBeNull();
  });

  test("is checked by the team's keys, which are fetched once", async () => {
    const authorize = access();
    for (let n = 0; n < 3; n++) await authorize(withAssertion(await assertion({})), {});
    expect(asked).toEqual(["/cdn-cgi/access/certs"]);
  });

  const FORGED: [string, () => Promise<string> | string][] = [
    ["garbage", () => "garbage"],
    [
      "of the algorithm none",
      () => new UnsecuredJWT(CLAIMS).setIssuer(ISSUER).setAudience(AUDIENCE).encode(),
    ],
    ["signed by another key", () => assertion({ key: strange.privateKey })],
    ["signed by a key that the team does not have", () => assertion({ kid: "k2" })],
    ["signed by the public key as a secret", () => hmac()],
    ["of another team", () => assertion({ issuer: "https://evil.cloudflareaccess.com" })],
    ["for another application", () => assertion({ audience: ["another"] })],
    ["expired", () => assertion({ expiresIn: "-1m" })],
    ["without an end", () => assertion({ expiresIn: undefined })],
    ["of a service, without an address", () => assertion({ claims: { common_name: "ci" } })],
    ["with an empty address", () => assertion({ claims: { email: "" } })],
  ];
  async function hmac(): Promise<string> {
    const secret = new TextEncoder().encode(JSON.stringify(jwk));
    const jwt = new SignJWT(CLAIMS).setProtectedHeader({ alg: "HS256", kid: "k1" });
    return jwt.setIssuer(ISSUER).setAudience(AUDIENCE).setExpirationTime("1h").sign(secret);
  }
  test.each(FORGED)("that is %s lets nobody in", async (_, made) => {
    const role = vi.fn(() => "admin" as const);
    expect(await access(role)(withAssertion(await made()), {})).toBeNull();
    expect(role).not.toHaveBeenCalled();
  });

  test("that is missing lets nobody in, and no key is fetched", async () => {
    expect(await access()(new Request("https://outbox.acme.example/ui/token"), {})).toBeNull();
    expect(asked).toEqual([]);
  });
});

test.each([
  ["fail", { status: 500, body: "oops" }],
  ["are none", { status: 200, body: "<html>" }],
])("keys that %s are no fault of the person: an error, and not a refusal", async (_, broken) => {
  answer = broken;
  await expect(access()(withAssertion(await assertion({})), {})).rejects.toThrow();
});

test.each(["", "acme.cloudflareaccess.com", "https://acme", "evil.example/#"])(
  "a team that is no name is refused: %j",
  (team) => {
    expect(() => accessAuth({ team, audience: AUDIENCE })).toThrow(/team/);
  },
);

test("an audience that is missing is refused, as any application of the team would do", () => {
  expect(() => accessAuth({ team: "acme", audience: "" })).toThrow(/audience/);
});
