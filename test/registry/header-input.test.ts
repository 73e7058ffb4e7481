import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { endpointChange, endpointInput } from "../../src/registry/endpoint-input.ts";

/** The paths that are refused when an endpoint is made with these options. */
function refused(options: object): string[] {
  const { error } = endpointInput.safeParse({ channel: "webhook", url: "https://example.com/", ...options });
  return (error?.issues ?? []).map(({ path }) => path.join("."));
}

const RESERVED = [
  ...["content-type", "user-agent", "date", "traceparent", "tracestate", "webhook-id", "webhook-anything"],
  ...["host", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "te"],
  ...["trailer", "upgrade", "expect", "proxy-authorization", "proxy-connection"],
  ...["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "true-client-ip", "via", "cdn-loop"],
  ...["cf-connecting-ip", "cf-worker", "cookie", "set-cookie", "svix-signature", "baggage"],
  ...["x-original-url", "x-rewrite-url", "x-http-method-override", "x-method-override", "x-http-method"],
  ...["metadata", "metadata-flavor", "x-aws-ec2-metadata-token", "x-metadata-token", "x-forwarded", "x-host"],
  ...[
    "client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "fastly-client-ip",
    "x-amzn-trace-id",
  ],
  ...[
    "remote-user",
    "x-auth-request-user",
    "ssl-client-cert",
    "x-accel-redirect",
    "x-sendfile",
    "range",
    "if-match",
  ],
];

describe.each(["headers", "secretHeaders"])("%s", (field) => {
  test.each(RESERVED)("never %s, in whichever letters", (name) => {
    const capitals = name.toUpperCase();
    expect(refused({ [field]: { [name]: "x" } })).toEqual([`${field}.${name}`]);
    expect(refused({ [field]: { [capitals]: "x" } })).toEqual([`${field}.${capitals}`]);
    expect(endpointChange.safeParse({ [field]: { [capitals]: "x" } }).success).toBe(false);
  });

  test.each(RESERVED.filter((name) => name.includes("-")))(
    "nor %s with _ for -, which many servers take for it",
    (name) => {
      const lines = name.replaceAll("-", "_");
      expect(refused({ [field]: { [lines]: "x" } })).toEqual([`${field}.${lines}`]);
      const mixed = name.replace("-", "_").toUpperCase();
      expect(refused({ [field]: { [mixed]: "x" } })).toEqual([`${field}.${mixed}`]);
    },
  );

  test.each([
    "x-team",
    "x-api-key",
    "webhooks",
    "x-webhook-source",
    "hostname",
    "cfg",
    "dates",
    "tea",
    "x-via",
  ])("%s is allowed", (name) => {
    expect(refused({ [field]: { [name]: "x" } })).toEqual([]);
  });

  test.each(["", "x a", "x:a", "ä", "x".repeat(limits.headerNameLength + 1)])("%j is no name", (name) => {
    expect(refused({ [field]: { [name]: "x" } })).not.toEqual([]);
  });

  test.each(["a\r\nb: c", "\0", "ä", "x".repeat(limits.headerValueLength + 1), 7, null])(
    "%j is no value",
    (value) => {
      expect(refused({ [field]: { "x-a": value } })).toEqual([`${field}.x-a`]);
    },
  );

  test("with one name twice, in other letters, are refused", () => {
    expect(refused({ [field]: { "x-a": "1", "X-A": "2" } })).toEqual([`${field}.X-A`]);
    expect(refused({ [field]: { "x-a": "1", x_a: "2" } })).toEqual([`${field}.x_a`]);
  });

  test("at most twenty", () => {
    const some = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, "v"]));
    expect(refused({ [field]: some(limits.headersPerEndpoint) })).toEqual([]);
    expect(refused({ [field]: some(limits.headersPerEndpoint + 1) })).toEqual(["headers"]);
  });
});

test("authorization is a secret, and nothing else", () => {
  const { error } = endpointInput.safeParse({
    channel: "webhook",
    url: "https://example.com/",
    headers: { Authorization: "Bearer x" },
  });
  expect(error?.issues).toMatchObject([
    {
      path: ["headers", "Authorization"],
      message: "must be in secretHeaders, where it is sealed and never shown",
    },
  ]);
  expect(refused({ secretHeaders: { Authorization: "Bearer x" } })).toEqual([]);
});

test("a name is open or secret, not both", () => {
  expect(refused({ headers: { "x-a": "1" }, secretHeaders: { "X-A": "2" } })).toEqual(["secretHeaders.X-A"]);
});

test("a blank secret is a mistake; an open header may be empty", () => {
  expect(refused({ secretHeaders: { "x-a": "  " } })).toEqual(["secretHeaders.x-a"]);
  expect(refused({ headers: { "x-a": "" } })).toEqual([]);
});

test("an e-mail endpoint has no headers", () => {
  const email = { channel: "email", address: "ops@example.com" };
  expect(endpointInput.safeParse({ ...email, secretHeaders: { "x-a": "1" } }).success).toBe(false);
});

describe("a header that lets a caller in past Cloudflare Access", () => {
  test.each(["CF-Access-Client-Id", "cf-access-client-secret", "CF-Access-Token"])(
    "%s is a secret",
    (name) => {
      expect(refused({ secretHeaders: { [name]: "x.access" } })).toEqual([]);
      expect(refused({ headers: { [name]: "x.access" } })).toEqual([`headers.${name}`]);
    },
  );

  test.each(["cf-access-jwt-assertion", "cf-access-client-id-x", "cf-access-authenticated-user-email"])(
    "%s is Cloudflare's to say",
    (name) => {
      expect(refused({ headers: { [name]: "x" } })).toEqual([`headers.${name}`]);
      expect(refused({ secretHeaders: { [name]: "x" } })).toEqual([`secretHeaders.${name}`]);
    },
  );
});
