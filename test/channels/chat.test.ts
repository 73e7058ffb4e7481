import { describe, expect, test } from "vitest";
import type { Dispatch, Reply } from "../../src/channels/channel.ts";
import { CHATS, type Chat } from "../../src/domain/states.ts";
import { chatLimits } from "../../src/platform/chat-limits.ts";
import { limits } from "../../src/platform/limits.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { createHook } from "../support/outside/receiver.ts";
import type { Answer } from "../support/outside/receiver-server.ts";
import { never } from "../support/outside/signals.ts";
import { webhooksWith } from "../support/outside/webhooks.ts";

/** The address of a chat's webhook, as it is sealed and as it is shown. */
const addressed = (chat: Chat, url: string): Dispatch["endpoint"] => ({
  id: "ep_1",
  target: `${new URL(url).origin}/…0f0f0f`,
  headers: null,
  secretHeaders: null,
  payloadFormat: chat,
  secrets: [url],
});

interface Given {
  payload?: unknown;
  /** Payload as JSON, byte for byte. */
  json?: string;
  eventType?: string;
  dashboardUrl?: string;
}

async function post(chat: Chat, given: Given, ...answers: Answer[]) {
  const { payload = {}, json = JSON.stringify(payload), eventType, dashboardUrl } = given;
  const hook = await createHook(...answers);
  const dispatch = dispatchWith({
    endpoint: addressed(chat, hook.url),
    payload: json,
    traceparent: "00-11111111111111111111111111111111-2222222222222222-01",
    ...(eventType && { eventType }),
  });
  const reply = await webhooksWith({ dashboardUrl }).deliver(dispatch, never());
  const [request] = await hook.received();
  const body = JSON.parse(request?.body ?? "null");
  return { hook, reply, request, body };
}

/** Text that a person reads, as the chat shows it. */
const SHOWN: Readonly<Record<Chat, (body: never) => string>> = {
  slack: ({ text }: { text: string }) =>
    text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
  discord: ({ content }: { content: string }) => content.replaceAll(/\\(.)/gs, "$1"),
  teams: ({ attachments: [card] }: { attachments: [{ content: { body: Line[] } }] }) =>
    card.content.body.map(({ inlines: [{ text }] }) => text).join("\n"),
};
interface Line {
  inlines: [{ text: string }];
}

describe.each(CHATS)("%s: the message", (chat) => {
  const shown = async (given: Given) => SHOWN[chat]((await post(chat, given)).body as never);

  test("tells the event type in words, and the payload a line each", async () => {
    const payload = { id: "1001", total: 42, items: [{ sku: "a-1" }], note: null };
    expect(await shown({ payload })).toBe(
      'Order placed\nid: 1001\ntotal: 42\nitems: [{"sku":"a-1"}]\nnote: null',
    );
    expect(await shown({ json: '{"id":12345678901234567890}' })).toBe(
      "Order placed\nid: 12345678901234567890",
    );
    expect(await shown({ json: "12345678901234567890", eventType: "a_b-c.D" })).toBe(
      "A b c D\n12345678901234567890",
    );
    expect(await shown({ payload: ["a"] })).toBe('Order placed\n["a"]');
    expect(await shown({ payload: {} })).toBe("Order placed");
  });

  test("is the text that the payload brings along, unless it is none", async () => {
    expect(await shown({ payload: { text: "Paid:\n*42* <b>", id: 1 } })).toBe("Paid:\n*42* <b>");
    expect(await shown({ payload: { text: " ", id: 1 } })).toMatch(/^Order placed\ntext: {2}\nid: 1$/);
    expect(await shown({ payload: { text: 7 } })).toBe("Order placed\ntext: 7");
    const both = await shown({ payload: { content: "by content", text: "by text" } });
    expect(both).toBe(chat === "discord" ? "by content" : "by text");
  });

  test("has no signature, no trace and nothing of ours but its name", async () => {
    const { request } = await post(chat, {});
    const names = Object.keys(request?.headers ?? {}).filter((name) => /webhook|trace/.test(name));
    expect(names).toEqual([]);
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "edge-outbox",
    });
  });

  test("is the same at every attempt", async () => {
    const hook = await createHook();
    const dispatch = dispatchWith({ endpoint: addressed(chat, hook.url), payload: '{"id":1}' });
    await webhooksWith({}).deliver(dispatch, never());
    await webhooksWith({}).deliver({ ...dispatch, attempt: 2, sentAt: dispatch.sentAt + 1000 }, never());
    const [first, second] = await hook.received();
    expect(second?.body).toBe(first?.body);
  });

  test.each([
    ["plain", "x"],
    ["of characters that are escaped", "<&*_"],
    ["of characters of four bytes", "🦊"],
    ["of lines", "a\n"],
  ])("the largest payload, %s, is cut within the chat's limit, and no character is cut", async (_, unit) => {
    const payload = unit.repeat(limits.payloadBytes / 2 / JSON.stringify(unit).length);
    const { body, request } = await post(chat, { payload, dashboardUrl: "https://ops.example.com" });
    const text = SHOWN[chat](body as never);
    expect(text.includes("…")).toBe(true);
    expect(text.isWellFormed()).toBe(true);
    if (chat === "slack") expect(body.text.length).toBeLessThanOrEqual(40_000);
    if (chat === "discord") expect(body.content.length).toBeLessThanOrEqual(2000);
    if (chat === "teams") expect(new TextEncoder().encode(request?.body).length).toBeLessThan(28_000);
  });

  test("links to its page where the deployment knows the dashboard's address", async () => {
    const link = "https://ops.example.com/outbox/ui/t/acme/m/msg_1";
    const { body } = await post(chat, { dashboardUrl: "https://ops.example.com/outbox" });
    if (chat === "teams") {
      const [{ content }] = body.attachments;
      expect(content.actions).toEqual([{ type: "Action.OpenUrl", title: "Message", url: link }]);
    } else expect((body.text ?? body.content).split("\n").at(-1)).toBe(link);
    expect(JSON.stringify((await post(chat, {})).body)).not.toContain("/ui/");
  });
});

/** Texts by which somebody would mention everybody, hide a link, or leave the place that is meant for a value. */
const HOSTILE = [
  "<!channel> <!everyone> <@U012AB3CD> <#C012AB3CD>",
  "<https://evil.example|your bank>",
  "&lt;!channel&gt; &amp;lt;",
  "@everyone @here <@123> <@&456> <#789> <:smile:1> <t:0:R>",
  "[your bank](https://evil.example) ![x](https://evil.example/x.png)",
  "# big\n## less\n-# small\n> quoted\n>>> all of it\n- one\n* two",
  "**bold** __under__ ~~gone~~ ||spoiler|| *it* _it_ `code` ```js\nlong``` \\*",
  '"}],"attachments":[{"title":"x"}],"x":[{"',
  "{{DATE(2026-01-01T00:00:00Z,SHORT)}} {{text}} <at>Ada</at> <script>alert(1)</script>",
  "\u202etxt.exe \u0000\u001b[31m",
];

describe.each(CHATS)("%s: hostile values", (chat) => {
  test.each(HOSTILE.map((text) => [text]))("are shown as they are: %j", async (text) => {
    for (const payload of [{ text }, { [text]: text }, text]) {
      const { body } = await post(chat, { payload });
      const seen = SHOWN[chat](body as never);
      for (const line of text.split("\n")) expect(seen).toContain(line);
      NEUTRAL[chat](body as never);
    }
  });
});

/** What keeps a message of each chat plain. */
const NEUTRAL: Readonly<Record<Chat, (body: never) => void>> = {
  slack: (body: { text: string }) => {
    expect(Object.keys(body)).toEqual(["text", "mrkdwn", "unfurl_links", "unfurl_media"]);
    expect(body).toMatchObject({ mrkdwn: false, unfurl_links: false, unfurl_media: false });
    expect(body.text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
  },
  discord: (body: { content: string }) => {
    expect(Object.keys(body)).toEqual(["content", "allowed_mentions", "flags"]);
    expect(body).toMatchObject({ allowed_mentions: { parse: [] }, flags: 4 });
    expect(body.content.replaceAll(/\\[\\*_~`|>#\-[\]()<@:]/g, "")).not.toMatch(/[\\*_~`|>#\-[\]()<@:]/);
  },
  teams: (body: object) => {
    expect(Object.keys(body)).toEqual(["type", "attachments"]);
    const [{ contentType, contentUrl, content }] = (body as { attachments: [Card] }).attachments;
    expect([contentType, contentUrl]).toEqual(["application/vnd.microsoft.card.adaptive", null]);
    expect(content).toMatchObject({ type: "AdaptiveCard", version: "1.4" });
    expect(Object.keys(content).toSorted()).toEqual(["$schema", "body", "type", "version"]);
    for (const { type, inlines } of content.body) {
      expect([type, ...inlines.map((inline) => inline.type)]).toEqual(["RichTextBlock", "TextRun"]);
    }
  },
};
interface Card {
  contentType: string;
  contentUrl: null;
  content: { type: string; body: { type: string; inlines: { type: string }[] }[] };
}

const rateLimited = (retryAfter: number, global: boolean) =>
  JSON.stringify({ message: "You are being rate limited.", retry_after: retryAfter, global });
const coded = (code: number, message: string) => JSON.stringify({ message, code });

describe("the meaning of the answer", () => {
  test.each<[Chat, Answer, Partial<Reply>]>([
    ["slack", { status: 200, body: "ok" }, { kind: "accepted" }],
    ["slack", { status: 400, body: "invalid_payload" }, { kind: "permanent", error: "invalid_payload" }],
    ["slack", { status: 400, body: "no_text\n" }, { kind: "permanent", error: "no_text" }],
    ["slack", { status: 400, body: "user_not_found" }, { kind: "temporary", error: "user_not_found" }],
    ["slack", { status: 403, body: "action_prohibited" }, { kind: "temporary", error: "action_prohibited" }],
    ["slack", { status: 404, body: "channel_not_found" }, { kind: "gone", error: "channel_not_found" }],
    ["slack", { status: 404, body: "no_service" }, { kind: "gone", error: "no_service" }],
    ["slack", { status: 404, body: "no_active_hooks" }, { kind: "gone", error: "no_active_hooks" }],
    ["slack", { status: 410, body: "channel_is_archived" }, { kind: "gone", error: "channel_is_archived" }],
    // Nobody chooses what the outbox takes for its own words.
    ...[
      "platform_limit",
      "suppressed",
      "internal",
      "timeout",
      "uncertain",
      "retry_asked",
      "batch_refused",
    ].map((body): [Chat, Answer, Partial<Reply>] => [
      "slack",
      { status: 500, body },
      { kind: "temporary", error: "http_status" },
    ]),
    ["slack", { status: 404, body: "<html>" }, { kind: "temporary", error: "http_status" }],
    ["slack", { status: 410, body: "<html>" }, { kind: "gone", error: "gone" }],
    ["slack", { status: 500, body: "rollup_error" }, { kind: "temporary", error: "rollup_error" }],
    [
      "slack",
      { status: 429, body: "rate_limited", headers: { "retry-after": "30" } },
      { kind: "temporary", error: "rate_limited", retryAfterMs: 30_000 },
    ],
    [
      "slack",
      { status: 429, headers: { "retry-after": "7" } },
      { kind: "temporary", error: "http_status", retryAfterMs: 7000 },
    ],
    ["discord", { status: 204 }, { kind: "accepted" }],
    ["discord", { status: 200, body: '{"id":"1"}' }, { kind: "accepted" }],
    [
      "discord",
      { status: 404, body: coded(10_015, "Unknown Webhook") },
      { kind: "gone", error: "unknown_webhook" },
    ],
    [
      "discord",
      { status: 401, body: coded(50_027, "Invalid Webhook Token") },
      { kind: "gone", error: "invalid_webhook_token" },
    ],
    [
      "discord",
      { status: 400, body: coded(50_035, "Invalid") },
      { kind: "permanent", error: "invalid_form_body" },
    ],
    [
      "discord",
      { status: 400, body: coded(50_006, "Cannot send an empty message") },
      { kind: "permanent", error: "empty_message" },
    ],
    [
      "discord",
      { status: 404, body: coded(0, "404: Not Found") },
      { kind: "temporary", error: "http_status" },
    ],
    ["discord", { status: 403, body: "<html>" }, { kind: "temporary", error: "http_status" }],
    [
      "discord",
      { status: 429, body: rateLimited(1.337, false) },
      { kind: "temporary", error: "http_status", retryAfterMs: 1337 },
    ],
    [
      "discord",
      { status: 429, body: rateLimited(6457, false), headers: { "x-ratelimit-reset-after": "6.457" } },
      { kind: "temporary", retryAfterMs: 6457 },
    ],
    [
      "discord",
      { status: 429, body: rateLimited(64.5, true), headers: { "x-ratelimit-reset-after": "1" } },
      { kind: "temporary", retryAfterMs: 64_500 },
    ],
    [
      "discord",
      { status: 429, body: "error code: 1015", headers: { "retry-after": "3600" } },
      { kind: "temporary", retryAfterMs: 3_600_000 },
    ],
    ["teams", { status: 202 }, { kind: "accepted", httpStatus: 202 }],
    ["teams", { status: 200, body: "1" }, { kind: "accepted", httpStatus: 200 }],
    [
      "teams",
      { status: 429, headers: { "retry-after": "17" } },
      { kind: "temporary", error: "http_status", retryAfterMs: 17_000 },
    ],
    [
      "teams",
      {
        status: 200,
        body: "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x",
      },
      { kind: "temporary", error: "http_status", httpStatus: 429 },
    ],
    [
      "teams",
      { status: 200, body: "Microsoft Teams endpoint returned HTTP error 413" },
      { kind: "permanent", error: "http_status", httpStatus: 413 },
    ],
    [
      "teams",
      { status: 400, body: '{"error":{"code":"WorkflowTriggerIsNotEnabled"}}' },
      { kind: "temporary", error: "http_status", httpStatus: 400 },
    ],
  ])("%s: %j", async (chat, answer, expected) => {
    const { reply } = await post(chat, {}, answer);
    expect(reply).toMatchObject({ httpStatus: answer.status, ...expected });
  });
});

test("Discord's code is found at the beginning of an answer that is long", async () => {
  const body = `{"code": 50035, "errors": {"content": {"_errors": [{"code": "${"X".repeat(5000)}"}]}}}`;
  const { reply } = await post("discord", {}, { status: 400, body });
  expect(reply).toMatchObject({ kind: "permanent", error: "invalid_form_body" });
});

describe("the address", () => {
  test("is called at its host alone, and a target that webhooks may not have is refused for chats, too", async () => {
    const endpoint = addressed("slack", "https://10.0.0.1/services/T0/B0/secret-of-the-channel");
    const reply = await webhooksWith({}).deliver(dispatchWith({ endpoint }), never());
    expect(reply).toMatchObject({ kind: "permanent", error: "target_refused" });
    expect(JSON.stringify(reply)).not.toContain("secret-of");
  });

  test("nothing is sent by a Worker that does not post to chats: a newer version may", async () => {
    const hook = await createHook();
    const dispatch = dispatchWith({ endpoint: addressed("slack", hook.url) });
    const reply = await webhooksWith({ chats: undefined }).deliver(dispatch, never());
    expect(reply).toMatchObject({ kind: "temporary", error: "chat_unknown" });
    expect(await hook.received()).toEqual([]);
  });

  test("nothing is sent where it does not open", async () => {
    const hook = await createHook();
    const endpoint = { ...addressed("slack", hook.url), target: hook.url, secrets: [] };
    const reply = await webhooksWith({}).deliver(dispatchWith({ endpoint }), never());
    expect(reply).toMatchObject({ kind: "temporary", error: "secret_unavailable" });
    expect(await hook.received()).toEqual([]);
  });

  test.each([
    "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789",
    "/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=1&sig=s1gnature-of-the-flow_x",
    "/hooks/short",
  ])("is in no excerpt, whatever the other side tells: %s", async (path) => {
    const secret = path.match(/[^/=]+$/)?.[0] ?? "";
    const said = [
      `Cannot POST ${path}`,
      `{"token":"${secret}"}`,
      encodeURIComponent(path),
      `Location ${path}`,
    ];
    for (const body of said) {
      const fetchAnswer = async () => new Response(body, { status: 500, headers: { server: path } });
      const endpoint = addressed("discord", `https://chat.example.com${path}`);
      const reply = await webhooksWith({ fetch: fetchAnswer }).deliver(dispatchWith({ endpoint }), never());
      expect(JSON.stringify(reply), body).not.toContain(secret === "short" ? "hooks/short" : secret);
    }
    const fetchFailure = () => Promise.reject(new Error(`fetch of https://chat.example.com${path} failed`));
    const endpoint = addressed("discord", `https://chat.example.com${path}`);
    const reply = await webhooksWith({ fetch: fetchFailure }).deliver(dispatchWith({ endpoint }), never());
    expect(JSON.stringify(reply)).not.toContain(secret === "short" ? "hooks/short" : secret);
  });
});

test("the limits leave room for what the chats add", () => {
  expect(chatLimits.teamsBytes + 8000).toBeLessThanOrEqual(28 * 1024);
  expect([chatLimits.slackCharacters, chatLimits.discordCharacters]).toEqual([40_000, 2000]);
});
