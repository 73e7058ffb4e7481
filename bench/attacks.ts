/** What a tenant can send, as costly as the limits let pass: H1 to H6 are the kinds. */
import { randomBytes } from "node:crypto";
import { rawNumber } from "../src/platform/exact-json.ts";
import { limits } from "../src/platform/limits.ts";

export interface Request {
  method: "GET" | "POST" | "PATCH";
  /** Below the tenant's path. */
  path: string;
  body?: string;
}

export interface Attack {
  name: string;
  /** Made by the tenant beforehand. */
  prepare?: readonly Request[];
  /** Before each round, not measured: what makes the isolate forget. */
  before?: (round: number) => readonly Request[];
  /** `round`: counts, so that nothing is a repetition. */
  request: (round: number) => Request;
}

const BATCH = limits.batchBodyBytes - 20_000;
const post = (path: string, body: unknown): Request => ({
  method: "POST",
  path,
  body: JSON.stringify(body),
});
const patch = (path: string, body: unknown): Request => ({ ...post(path, body), method: "PATCH" });
const list = <T>(length: number, make: (n: number) => T): T[] => Array.from({ length }, (_, n) => make(n));
const type = (name: string, schema: unknown) => post("event-types", { name, schema });

/** As many messages of this payload as a batch takes. */
function batch(eventType: string, payload: unknown): Request {
  const bytes = Buffer.byteLength(JSON.stringify({ eventType, payload })) + 1;
  const count = Math.min(limits.messagesPerCommit, Math.floor(BATCH / bytes));
  return post("messages/batch", { messages: list(count, () => ({ eventType, payload })) });
}

/** A batch of payloads against a schema that takes all the steps there are. */
function check(name: string, schema: unknown, payload: unknown): Attack {
  const eventType = name.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase();
  return { name, prepare: [type(eventType, schema)], request: () => batch(eventType, payload) };
}

/** As large as a schema may be in every respect. */
const heavySchema = (mark: number) => ({
  title: `${mark}`,
  properties: Object.fromEntries(list(1300, (n) => [`p${n}`, { minimum: 1, maximum: 2, type: "string" }])),
  allOf: list(49, (n) => ({ pattern: `[\\p{L}x${n}]` })),
});
const deep = (levels: number): unknown => (levels === 0 ? {} : { not: deep(levels - 1) });
const emoji = "\u{1f600}".repeat(20_000);
const text = (length: number, letters = "ab") =>
  list(length, (n) => letters[(n * 7919 + (n >> 3)) % letters.length]).join("");

/** Small, and tried out on samples. */
const doubling = (mark: number) => ({
  title: `${mark}`,
  $ref: "#/$defs/0",
  $defs: Object.fromEntries(
    list(15, (n) => [
      n,
      n < 14 ? { anyOf: [{ $ref: `#/$defs/${n + 1}` }, { $ref: `#/$defs/${n + 1}` }] } : { not: {} },
    ]),
  ),
});
/** Some schemas that are together what one commit may need. */
const READY = 20;
const middling = (mark: number) => ({
  title: `${mark}`,
  properties: Object.fromEntries(list(160, (n) => [`p${n}`, { type: "string", maxLength: 9 }])),
});
const unknownKeys = (count: number) => `{${list(count, (n) => `"k${n}":1`).join()},"messages":[]}`;
/** Letters that do not compress. */
const noise = (length: number) => randomBytes(length).toString("base64").slice(0, length);
const digits = (source: string) => rawNumber(source);
const SCRIPTS =
  "Adlam Arabic Armenian Bengali Bopomofo Braille Buhid Chakma Cherokee Coptic Cyrillic Devanagari Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Javanese Kannada Katakana Khmer Lao Latin Limbu Lydian Malayalam Mandaic Mongolian Myanmar Nko Ogham Oriya Osage Runic Sinhala Syriac Tamil Telugu Thaana Thai Tibetan Tirhuta Yi".split(
    " ",
  );
const scriptOf = (number: number) => `\\p{Script_Extensions=${SCRIPTS[number % SCRIPTS.length]}}`;
const raw = (body: string): Request => ({ method: "POST", path: "messages/batch", body });

/** H1 and H2: payloads that take time to check. */
function checks(): Attack[] {
  const small = list(1900, () => "");
  const formats = { items: { allOf: list(20, () => ({ format: "uuid" })) } };
  const states = { items: { pattern: "(?:a|b)*a(?:a|b){12}$" } };
  const multiples = { items: { allOf: list(50, () => ({ multipleOf: 7 })) } };
  const options = { items: { enum: list(4000, (n) => `option-${n}`) } };
  return [
    check("H1 a pattern that backtracks", { pattern: "^(a|a)*$" }, `${"a".repeat(41_000)}b`),
    check(
      "H1 a pattern of many states",
      states,
      list(40, () => text(1000)),
    ),
    check("H1 patterns that look ahead", { allOf: list(40, () => ({ pattern: "(?=a)a" })) }, text(41_000)),
    check("H2 lengths of long texts", { allOf: list(1900, () => ({ maxLength: 25_000 })) }, emoji),
    check("H2 formats of short texts", formats, small),
    check("H2 alternatives", { items: { anyOf: list(10, () => ({ type: "integer" })) } }, small),
    check(
      "H2 multiples",
      multiples,
      list(590, () => digits("12345678901234567")),
    ),
    check("H2 none of 4,000 values", options, small),
  ];
}

/** H3: schemas that take time to make ready. */
function schemas(): Attack[] {
  const { ready, changed } = { ready: list(READY, (n) => `ready.${n}`), changed: "changing" };
  return [
    { name: "H3 a large schema", request: (round) => type(`large.${round}`, heavySchema(round)) },
    {
      name: "H3 a deep schema",
      request: (round) => type(`deep.${round}`, { title: `${round}`, allOf: list(30, () => deep(58)) }),
    },
    {
      name: "H3 properties of Unicode",
      request: (round) =>
        type(`unicode.${round}`, { allOf: list(9, (n) => ({ pattern: scriptOf(round * 9 + n) })) }),
    },
    {
      name: "H3 a commit that needs many schemas",
      prepare: ready.map((name) => type(name, { type: "string" })),
      before: (round) => ready.map((name) => patch(`event-types/${name}`, { schema: middling(round) })),
      request: () =>
        post("messages/batch", { messages: ready.map((eventType) => ({ eventType, payload: 1 })) }),
    },
    {
      name: "H3 a schema that doubles at each level",
      request: (round) => type(`doubling.${round}`, doubling(round)),
    },
    {
      name: "H3 a list of large schemas",
      prepare: list(100, (n) => type(`listed.${n}`, { description: noise(60_000) })),
      request: () => ({ method: "GET", path: "event-types?limit=100" }),
    },
    {
      name: "H5 changes of a large schema",
      prepare: [type(changed, true)],
      request: (round) => patch(`event-types/${changed}`, { schema: heavySchema(round) }),
    },
  ];
}

/** H4: bodies that are large. */
function bodies(): Attack[] {
  const numbers = list(590, () => digits("1234567890123456789.5"));
  const objects = list(1900, () => ({}));
  return [
    { name: "H4 350,000 unknown keys", request: () => raw(unknownKeys(350_000)) },
    { name: "H4 90,000 unknown keys", request: () => raw(unknownKeys(90_000)) },
    { name: "H4 1,400,000 {}", request: () => raw(`{"messages":[${"{},".repeat(1_390_000)}{}]}`) },
    { name: "H4 190,000 values", request: () => batch("many.values", objects) },
    { name: "H4 4 MiB of noise", request: () => batch("many.bytes", noise(41_000)) },
    { name: "H4 long numbers", request: () => batch("digits", numbers) },
  ];
}

/** H6: `receiver` is where webhooks go. */
function floods(receiver: string): Attack[] {
  const webhook = { channel: "webhook", eventTypes: ["flood"], retrySchedule: Array(30).fill(1) };
  const prepare = list(450, (n) => post("endpoints", { ...webhook, url: `${receiver}/${n}` }));
  const messages = list(11, () => ({ eventType: "flood", payload: 1 }));
  const lost = { eventType: "lost", payload: 1, endpointIds: ["ep_nowhere00000000000"] };
  return [
    { name: "H6 4,950 deliveries to one host", prepare, request: () => post("messages/batch", { messages }) },
    {
      name: "H6 4,950 deliveries, and refused",
      prepare,
      request: () => post("messages/batch", { messages: [...messages, lost] }),
    },
  ];
}

/** `receiver`: where webhooks go. */
export function attacksOn(receiver: string): Attack[] {
  return [...checks(), ...schemas(), ...bodies(), ...floods(receiver)];
}
