import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDnsAnswer } from "../../src/channels/webhook/dns-answer.ts";
import { createNameCheck, type LookUps } from "../../src/channels/webhook/look-up.ts";
import { newSecret } from "../../src/channels/webhook/sign.ts";
import { isSpecial } from "../../src/channels/webhook/special-address.ts";
import { event } from "../../src/outbox/message.ts";
import { systemRandom } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";
import { createVault } from "../../src/platform/vault.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { createHook } from "../support/outside/receiver.ts";
import type { Answer } from "../support/outside/receiver-server.ts";
import { attemptTime, never } from "../support/outside/signals.ts";
import { webhooksWith } from "../support/outside/webhooks.ts";
import { eventually } from "../support/runner/eventually.ts";
import { configOf, consumeQueued } from "../support/worker/outbox.ts";
import { World } from "../support/world.ts";

const TYPES = { A: 1, CNAME: 5, AAAA: 28, HTTPS: 65 };
type Records = [type: keyof typeof TYPES, data: string, ttl?: number][];

/** What a resolver says, as Cloudflare's and Google's do. */
function dnsJson(records: Records, rest: object = {}): string {
  const Answer = records.map(([type, data, TTL = 300]) => ({ name: "x", type: TYPES[type], TTL, data }));
  return JSON.stringify({
    Status: 0,
    TC: false,
    Question: [],
    ...(records.length > 0 && { Answer }),
    ...rest,
  });
}
const says = (...records: Records): Answer => ({ body: dnsJson(records) });
const PUBLIC = says(["A", "93.184.216.34"]);
const NOTHING = says();

const secrets = [newSecret(systemRandom)];

/** A channel that asks a real resolver, and whose endpoints are outside of this machine: what is sent there is kept. */
async function startChannel(...answers: Answer[]) {
  const resolver = await createHook(...answers);
  const sent: string[] = [];
  const time = { now: 1_000_000 };
  const lookUps: LookUps = new Map();
  const playedFetch = async (...[input, init]: Parameters<typeof fetch>) => {
    if (String(input).startsWith(resolver.url)) return fetch(input, init);
    sent.push(String(input));
    return new Response("ok");
  };
  const checkName = createNameCheck({ fetch: playedFetch, now: () => time.now, url: resolver.url, lookUps });
  const channel = webhooksWith({ fetch: playedFetch, checkName });
  const deliver = (target = "https://hooks.example.com/hook", signal = never()) => {
    const endpoint = {
      id: "ep_1",
      target,
      headers: null,
      secretHeaders: null,
      payloadFormat: "standard" as const,
      secrets,
    };
    return channel.deliver(dispatchWith({ endpoint }), signal);
  };
  /** The time of the attempt ends once the resolver has been asked. */
  const timeOut = async () => {
    const attempt = attemptTime();
    const reply = deliver(undefined, attempt.signal);
    await eventually(async () => expect(await resolver.received()).toHaveLength(1));
    attempt.end();
    return reply;
  };
  return { resolver, sent, time, lookUps, deliver, timeOut };
}

describe("before a webhook is sent its name is looked up", () => {
  test("both families are asked for, one after the other, in the JSON of DNS, and then it is sent", async () => {
    const { resolver, sent, deliver } = await startChannel(PUBLIC, says(["AAAA", "2606:2800:220:1::1"]));
    expect(await deliver("https://Bücher.example.com./hook")).toMatchObject({ kind: "accepted" });
    expect(sent).toEqual(["https://xn--bcher-kva.example.com./hook"]);
    const asked = await resolver.received();
    expect(asked.map(({ method, query }) => [method, query])).toEqual([
      ["GET", { name: "xn--bcher-kva.example.com", type: "A" }],
      ["GET", { name: "xn--bcher-kva.example.com", type: "AAAA" }],
    ]);
    expect(asked[0]?.headers["accept"]).toBe("application/dns-json");
  });

  test.each<[string, Answer, Answer]>([
    ["private", says(["A", "10.0.0.5"]), NOTHING],
    ["loopback", says(["A", "127.0.0.1"]), NOTHING],
    ["of a cloud's metadata", says(["A", "169.254.169.254"]), NOTHING],
    ["special only in IPv6", PUBLIC, says(["AAAA", "fd00:ec2::254"])],
    ["IPv4 within IPv6", PUBLIC, says(["AAAA", "::ffff:8.8.8.8"])],
    ["special, one among several", says(["A", "8.8.8.8"], ["A", "192.168.0.1"], ["A", "9.9.9.9"]), NOTHING],
    ["special, behind a CNAME", says(["CNAME", "a.example."], ["A", "172.16.0.1"]), NOTHING],
    ["of the other family than was asked for", says(["AAAA", "::1"]), NOTHING],
  ])("a name is refused for now whose address is %s", async (_, v4, v6) => {
    const { sent, deliver } = await startChannel(v4, v6);
    expect(await deliver()).toMatchObject({
      kind: "temporary",
      error: "target_refused",
      excerpt: "The name leads to a private, reserved or otherwise special address.",
    });
    expect(sent).toEqual([]);
  });

  test.each<[string, Answer[]]>([
    ["does not exist", [{ body: dnsJson([], { Status: 3 }) }]],
    ["has no address", [says(["CNAME", "a.example."])]],
    ["makes its servers fail", [{ body: dnsJson([], { Status: 2 }) }]],
    ["fails for one family", [PUBLIC, { body: dnsJson([], { Status: 2 }) }]],
    ["is answered with an address that is none", [says(["A", "8.8.8.8.8"])]],
    ["is answered with an address in octal", [says(["A", "010.8.8.8"])]],
    ["is answered in part", [{ body: dnsJson([["A", "8.8.8.8"]], { TC: true }) }]],
    ["is answered with something else", [{ body: "<html>" }]],
    ["is answered in another shape", [{ body: '{"Status":0,"Answer":"8.8.8.8"}' }]],
    [
      "is answered with too much",
      [{ body: `${dnsJson([["A", "8.8.8.8"]])}${" ".repeat(limits.dnsAnswerBytes)}` }],
    ],
    ["is answered with an error", [{ ...PUBLIC, status: 500 }]],
    ["is not answered", [{ instead: "drop" }]],
    ["is not answered in time", [{ instead: "hang" }]],
    ["is not answered in time to its end", [{ instead: "stall" }]],
  ])("a name is not called that %s", async (_, answers) => {
    const { sent, lookUps, deliver, timeOut } = await startChannel(...answers);
    const waits = answers.some(({ instead }) => instead === "hang" || instead === "stall");
    expect(await (waits ? timeOut() : deliver())).toMatchObject({
      kind: "temporary",
      error: "dns",
      httpStatus: null,
    });
    expect(sent).toEqual([]);
    expect(lookUps.size).toBe(0);
  });

  test("an answer from elsewhere does not count: redirects are not followed", async () => {
    const elsewhere = await createHook(PUBLIC);
    const { sent, deliver } = await startChannel({ status: 302, headers: { location: elsewhere.url } });
    expect(await deliver()).toMatchObject({ error: "dns" });
    expect([sent, await elsewhere.received()]).toEqual([[], []]);
  });

  test("a send has one connection at a time: while one question waits, the other is not asked", async () => {
    const { resolver, timeOut } = await startChannel({ instead: "hang" });
    await timeOut();
    expect(await resolver.received()).toHaveLength(1);
  });

  test("an address is not looked up, nor this machine, nor what is refused already", async () => {
    const { resolver, sent, deliver } = await startChannel(NOTHING);
    const targets = [
      "https://8.8.8.8/",
      "https://[2606:4700::1111]/",
      "http://127.0.0.1:9/",
      "http://localhost/",
    ];
    for (const target of targets) await deliver(target);
    expect(sent).toEqual(targets);
    expect(await deliver("https://printer.local/")).toMatchObject({ kind: "permanent" });
    expect(await resolver.received()).toEqual([]);
  });
});

describe("the result of a look-up is remembered", () => {
  test.each([
    [300, 60],
    [30, 30],
    [0, 5],
  ])("an answer whose shortest record holds for %i s for %i s", async (ttl, seconds) => {
    const { resolver, sent, time, deliver } = await startChannel(
      says(["A", "8.8.8.8"], ["A", "9.9.9.9"]),
      says(["AAAA", "2606:4700::1111", ttl], ["AAAA", "2606:4700::1001"]),
    );
    await deliver();
    time.now += seconds * 1000 - 1;
    await deliver();
    expect(await resolver.received()).toHaveLength(2);
    await resolver.program(says(["A", "10.0.0.1"]));
    time.now += 1;
    expect(await deliver()).toMatchObject({ error: "target_refused" });
    expect(await resolver.received()).toHaveLength(4);
    expect(sent).toHaveLength(2);
  });

  test("a refusal too, and by its name alone", async () => {
    const { resolver, sent, deliver } = await startChannel(says(["A", "10.0.0.1"]), NOTHING, PUBLIC, NOTHING);
    for (const _ of [1, 2]) expect(await deliver()).toMatchObject({ error: "target_refused" });
    expect(await deliver("https://other.example.com/")).toMatchObject({ kind: "accepted" });
    expect(await resolver.received()).toHaveLength(4);
    expect(sent).toEqual(["https://other.example.com/"]);
  });

  test("of so many names only, and the oldest is forgotten", async () => {
    const { lookUps, deliver } = await startChannel(PUBLIC);
    for (let n = 0; n < limits.dnsNames; n++) lookUps.set(`${n}.example.com`, { isSpecial: false, until: 0 });
    await deliver("https://7.example.com/");
    expect([lookUps.size, lookUps.has("7.example.com"), lookUps.has("0.example.com")]).toEqual([
      limits.dnsNames,
      true,
      true,
    ]);
    await deliver("https://new.example.com/");
    expect([lookUps.size, lookUps.has("new.example.com"), lookUps.has("0.example.com")]).toEqual([
      limits.dnsNames,
      true,
      false,
    ]);
  });
});

test("with DNS_OVER_HTTPS_URL the queue's consumer asks, and the delivery is tried again later", async () => {
  const resolver = await createHook(says(["A", "10.0.0.1"]));
  const world = new World(env.DB);
  world.now = Date.now();
  world.leaseMs = 3600_000;
  // The consumer opens with the keys of its settings.
  world.vault = createVault(configOf(env).keyRing);
  const tenantId = await world.createTenant();
  await world.createEndpoint(tenantId, { channel: "webhook", url: "https://hooks.invalid/hook" });
  await world.commit(tenantId, { messages: [event("order.placed", {})] });
  await world.onAlarm(tenantId);
  expect(world.queued).toHaveLength(1);
  await consumeQueued(world, { ...env, DNS_OVER_HTTPS_URL: resolver.url });
  const row = await env.DB.prepare("SELECT state, attempts, error FROM outbox_deliveries WHERE tenant_id = ?")
    .bind(tenantId)
    .first();
  expect(row).toEqual({ state: "pending", attempts: 1, error: "target_refused" });
  expect((await resolver.received()).map(({ query }) => query["name"])).toEqual([
    "hooks.invalid",
    "hooks.invalid",
  ]);
});

describe("an answer of DNS, whatever it is", () => {
  const address = fc.oneof(
    fc.ipV4().map((data) => ["A", data] as Records[number]),
    fc.ipV6().map((data) => ["AAAA", data] as Records[number]),
  );
  const other = fc.constantFrom<Records[number]>(["CNAME", "a.example."], ["HTTPS", "1 . alpn=h3"]);
  const special = fc.constantFrom<Records[number]>(["A", "10.1.2.3"], ["A", "0.0.0.0"], ["AAAA", "fe80::1"]);

  test("is read whole, or not at all: a special address is found wherever it stands", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(address, other)),
        fc.array(fc.oneof(address, other)),
        special,
        (a, b, one) => {
          const { addresses } = readDnsAnswer(dnsJson([...a, one, ...b]));
          expect(addresses).toHaveLength(
            [...a, one, ...b].filter(([type]) => type === "A" || type === "AAAA").length,
          );
          expect(addresses.some(isSpecial)).toBe(true);
        },
      ),
    );
  });

  test("is remembered no longer than the shortest of its addresses may be", () => {
    const ttl = fc.nat({ max: 100_000 });
    fc.assert(
      fc.property(fc.array(ttl, { minLength: 1 }), (ttls) => {
        const records = ttls.map((one): Records[number] => ["A", "8.8.8.8", one]);
        expect(readDnsAnswer(dnsJson(records)).seconds).toBe(Math.min(...ttls));
      }),
    );
  });

  test("makes nothing of what is no answer", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readDnsAnswer(text)).toThrow("the look-up was not answered in the JSON of DNS");
      }),
    );
  });
});
