import fc from "fast-check";
import { routes } from "../support/worker/conformity.ts";
import { bodyOfClient } from "./clients.ts";
import { HOSTILE_JSON, HOSTILE_TEXTS } from "./hostile.ts";

/** Whose token a request has. */
export const CALLERS = [
  "operator",
  "tenant",
  "reader",
  "writer",
  "stranger",
  "revoked",
  "garbage",
  "none",
] as const;
export type CallerName = (typeof CALLERS)[number];

/** What a name in the path stands for: something of our own, of another tenant, or some text. */
export type Filling = { of: "own" | "other" } | { of: "text"; text: string };

/** A request, before it is known which ids the things in it have. */
export interface FuzzRequest {
  method: string;
  path: string;
  caller: CallerName;
  fillings: Record<string, Filling>;
  query: [name: string, value: string][];
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | undefined;
}

const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);
const filling: fc.Arbitrary<Filling> = fc.oneof(
  { weight: 14, arbitrary: fc.constant({ of: "own" as const }) },
  { weight: 2, arbitrary: fc.constant({ of: "other" as const }) },
  { weight: 1, arbitrary: hostileText.map((text) => ({ of: "text" as const, text })) },
);

/** Where the operator reaches into another tenant it is his good right, and shows nothing. */
const fillingFor = (caller: CallerName) =>
  filling.map((one): Filling => (caller === "operator" && one.of === "other" ? { of: "own" } : one));

const jsonText = fc.oneof(
  fc.constantFrom(...HOSTILE_JSON),
  fc.constantFrom(...HOSTILE_TEXTS).map((text) => JSON.stringify(text)),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
);

/** The body as the document shows it, with something in it that is not as it should be. */
function bodyLike(example: unknown): fc.Arbitrary<string> {
  const places = placesIn(example);
  return fc
    .record({
      place: fc.constantFrom(...places),
      change: fc.constantFrom("nothing", "nothing", "replace", "replace", "remove", "add"),
      name: fc.oneof(fc.constantFrom("__proto__", "constructor", "extra", ""), hostileText),
      text: jsonText,
    })
    .map((how) => write(example, [], how));
}

type Step = string | number;
interface Change {
  place: readonly Step[];
  change: string;
  name: string;
  text: string;
}

function placesIn(value: unknown, at: readonly Step[] = []): (readonly Step[])[] {
  if (typeof value !== "object" || value === null) return [at];
  const steps: Step[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [at, ...steps.flatMap((step) => placesIn((value as Record<Step, unknown>)[step], [...at, step]))];
}

function write(value: unknown, at: readonly Step[], how: Change): string {
  const here = at.length === how.place.length && at.every((step, position) => step === how.place[position]);
  if (here && how.change === "replace") return how.text;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const extra = here && how.change === "add";
  const isRemoved = (step: Step) =>
    how.change === "remove" &&
    how.place.length === at.length + 1 &&
    [...at, step].every((one, n) => one === how.place[n]);
  if (Array.isArray(value)) {
    const items = value.flatMap((item, n) => (isRemoved(n) ? [] : [write(item, [...at, n], how)]));
    return `[${[...items, ...(extra ? [how.text] : [])].join(",")}]`;
  }
  const fields = Object.entries(value).flatMap(([name, item]) =>
    isRemoved(name) ? [] : [`${JSON.stringify(name)}:${write(item, [...at, name], how)}`],
  );
  return `{${[...fields, ...(extra ? [`${JSON.stringify(how.name)}:${how.text}`] : [])].join(",")}}`;
}

/** Now and then the bytes themselves are not what they should be. */
function spoilt(text: fc.Arbitrary<string>): fc.Arbitrary<string | Uint8Array<ArrayBuffer> | undefined> {
  return fc.oneof(
    { weight: 16, arbitrary: text },
    {
      weight: 2,
      arbitrary: fc.tuple(text, fc.nat(1000)).map(([text, at]) => text.slice(0, at % (text.length + 1))),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)) },
    { weight: 1, arbitrary: text.map((text) => Uint8Array.from(new TextEncoder().encode(`\ufeff${text}`))) },
    { weight: 1, arbitrary: text.map(utf16) },
    { weight: 1, arbitrary: jsonText },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** As Windows writes it. */
function utf16(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2 * text.length);
  for (let at = 0; at < text.length; at++) {
    bytes[2 * at] = text.charCodeAt(at) & 0xff;
    bytes[2 * at + 1] = text.charCodeAt(at) >> 8;
  }
  return bytes;
}

const QUERY_NAMES = [
  "limit",
  "cursor",
  "state",
  "endpointId",
  "eventType",
  "channel",
  "since",
  "until",
  "orderingKey",
  "archived",
  "unmatched",
  "error",
  "httpStatus",
  "q",
  "sessionId",
  "tenant",
  "__proto__",
  "x",
];
const queryValue = fc.oneof(
  hostileText,
  fc.constantFrom(
    "1",
    "100",
    "101",
    "0",
    "-1",
    "1.5",
    "0x10",
    "1e1",
    " 10",
    "+5",
    "010",
    "dead",
    "pending",
    "webhook",
    "2026-11-23T20:00:00Z",
    "true",
    "order.placed",
    "ep_email",
    "key:order-1",
    "text:4711",
  ),
  fc.jsonValue({ maxDepth: 1 }).map((value) => btoa(unescape(encodeURIComponent(JSON.stringify(value))))),
);

const query: fc.Arbitrary<[string, string][]> = fc.oneof(
  fc.constant<[string, string][]>([]),
  fc.array(fc.tuple(fc.constantFrom(...QUERY_NAMES), queryValue), { maxLength: 3 }),
);

const CONTENT_TYPES = [
  ...[
    "application/json",
    "application/json ; charset=utf-8",
    "application/json;",
    'application/json; charset="UTF-8"',
  ],
  ...[
    "application/vnd.acme.v1+json",
    "application/merge-patch+json; charset=utf-8",
    "text/json",
    "APPLICATION/JSON",
  ],
  ...[
    "application/json; charset=utf-16",
    "application/json; charset=nonsense",
    "application/json, text/plain",
  ],
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
  ],
  ...["application/problem+json", "application/jsonp", "application/", "/", ";", "x", ""],
];
const ETAGS = [
  '"1"',
  '"2"',
  "*",
  'W/"1"',
  '"1", "2"',
  ', W/"1" ,',
  '"a,b"',
  '""',
  "1",
  '"1',
  "**",
  '"1" "2"',
];
const CODINGS = ["identity", "gzip", "br", "zstd", "deflate", "gzip, identity", "IDENTITY", "x", ""];
const DATES = ["Sun, 29 Nov 2026 13:00:00 GMT", "2026-11-29", "0", "never"];

const headerText = hostileText.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "").trim());
const header = (name: string, value: fc.Arbitrary<string>) => fc.tuple(fc.constant(name), value);
const headers = fc
  .array(
    fc.oneof(
      header("content-type", fc.oneof(fc.constantFrom(...CONTENT_TYPES), headerText)),
      header("content-encoding", fc.oneof(fc.constantFrom(...CODINGS), headerText)),
      header("accept", fc.constantFrom("*/*", "application/json", "text/html", "image/png;q=0", "")),
      header("accept-encoding", fc.constantFrom("gzip", "identity;q=0", "*;q=0", "br, gzip")),
      header("range", fc.constantFrom("bytes=0-0", "bytes=5-1", "items=1-2")),
      header("if-none-match", fc.oneof(fc.constantFrom(...ETAGS), headerText)),
      header("if-modified-since", fc.constantFrom(...DATES)),
      header("if-unmodified-since", fc.constantFrom(...DATES)),
      header("x-http-method-override", fc.constantFrom("DELETE", "GET")),
      header("tracestate", headerText),
      header("cf-connecting-ip", fc.constantFrom("203.0.113.7", "2001:db8::7", "nobody")),
      header("webhook-id", fc.constantFrom("msg_1", "")),
      header("idempotency-key", fc.oneof(fc.constantFrom("k1", "k2", "k3"), headerText)),
      header("if-match", fc.oneof(fc.constantFrom(...ETAGS), headerText)),
      header("traceparent", fc.oneof(fc.constant("ff-0-0-0"), headerText)),
      header("x-request-id", headerText),
      header("origin", fc.constant("https://evil.example")),
    ),
    { maxLength: 2, size: "max" },
  )
  .map((all): Record<string, string> => Object.fromEntries(all));
const fewHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: headers },
);

const requestOf = (route: (typeof routes)[number], caller: CallerName): fc.Arbitrary<FuzzRequest> => {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const content = route.request?.body?.content as Record<string, { example?: unknown }> | undefined;
  const example = content?.["application/json"]?.example;
  return fc.record({
    method: fc.constant(route.method.toUpperCase()),
    path: fc.constant(route.path),
    caller: fc.constant(caller),
    fillings: fc
      .tuple(...names.map(() => fillingFor(caller)))
      .map((all) => Object.fromEntries(names.map((name, n) => [name, all[n] as Filling]))),
    query,
    headers: fewHeaders,
    body: route.method === "get" ? fc.constant(undefined) : spoilt(bodyLike(example ?? {})),
  });
};

/** Of four requests with a body one is as a generated client writes it. */
function requestOrClients(route: (typeof routes)[number], caller: CallerName): fc.Arbitrary<FuzzRequest> {
  const any = requestOf(route, caller);
  const ofClient = bodyOfClient(route.operationId ?? "");
  if (!ofClient) return any;
  const asClient = fc.tuple(any, ofClient).map(([request, { client, body }]) => ({
    ...request,
    headers: { ...client.headers, "content-type": client.contentType },
    body,
  }));
  return fc.oneof({ weight: 3, arbitrary: any }, { weight: 1, arbitrary: asClient });
}

/** Any request to any operation, by anybody. */
export const anyRequest: fc.Arbitrary<FuzzRequest> = fc
  .tuple(
    fc.constantFrom(...routes),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("tenant" as const) },
      { weight: 2, arbitrary: fc.constant("operator" as const) },
      { weight: 4, arbitrary: fc.constantFrom(...CALLERS) },
    ),
  )
  .chain(([route, caller]) => requestOrClients(route, caller));
