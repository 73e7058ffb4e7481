import type { Chat } from "../../domain/states.ts";
import { chatLimits as limits } from "../../platform/chat-limits.ts";
import { parseExact } from "../../platform/exact-json.ts";
import type { Dispatch } from "../channel.ts";

/**
 * The body of a message in a chat: a text that the payload brings along, or the event type in words and the fields of the
 * payload, a line each. All of it is plain text, whoever wrote it: nothing in it mentions anybody, formats, or hides an address
 * behind other words.
 * @param link page of the message
 */
export function chatBodyOf(chat: Chat, dispatch: Dispatch, link: string | undefined): string {
  return JSON.stringify(WRITERS[chat](textOf(chat, dispatch), link));
}

const WRITERS: Readonly<Record<Chat, (text: string, link: string | undefined) => object>> = {
  slack: slackMessage,
  discord: discordMessage,
  teams: teamsMessage,
};

function textOf(chat: Chat, { eventType, payload }: Dispatch): string {
  const value = parseExact(payload);
  if (!isRecord(value)) return `${inWords(eventType)}\n${inLine(value)}`;
  const own = (chat === "discord" && textIn(value["content"])) || textIn(value["text"]);
  if (own) return own;
  const lines = Object.entries(value).map(([name, one]) => `${name}: ${inLine(one)}`);
  return [inWords(eventType), ...lines].join("\n");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** `order.placed` is "Order placed". */
function inWords(eventType: string): string {
  const words = eventType.replaceAll(/[._-]+/g, " ").trim();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function inLine(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Slack reads `&`, `<` and `>` as control characters, by which anybody could be mentioned, and nothing else where `mrkdwn` is off:
 * https://docs.slack.dev/messaging/formatting-message-text (2026-11-30).
 */
function slackMessage(text: string, link: string | undefined) {
  const escaped = (part: string) =>
    part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const shown = withLink(text, link, limits.slackCharacters, escaped);
  return { text: shown, mrkdwn: false, unfurl_links: false, unfurl_media: false };
}

/** Characters that format a message, name an emoji or a mention, or make a link. Discord shows one behind a backslash as it is. */
const DISCORD_MARKS = /[\\*_~`|>#\-[\]()<@:]/g;

/** The flag `SUPPRESS_EMBEDS`: no preview of an address. */
const NO_PREVIEWS = 1 << 2;

/** https://docs.discord.com/developers/resources/webhook#execute-webhook (2026-11-30). */
function discordMessage(text: string, link: string | undefined) {
  const escaped = (part: string) => part.replaceAll(DISCORD_MARKS, "\\$&");
  const content = withLink(text, link, limits.discordCharacters, escaped);
  return { content, allowed_mentions: { parse: [] }, flags: NO_PREVIEWS };
}

/**
 * An Adaptive Card, as the Workflows app takes it in place of the retired Office connectors. A `TextRun` knows no markdown:
 * https://adaptivecards.io/explorer/TextRun.html, https://learn.microsoft.com/connectors/teams/ (2026-11-30).
 */
function teamsMessage(text: string, link: string | undefined) {
  const lines: string[] = [];
  let room: number = limits.teamsBytes;
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    const shown = room > limits.teamsLineBytes ? fitted(line, room, (part) => part, bytesOf) : CUT;
    lines.push(shown);
    if (shown !== line) break;
    room -= bytesOf(shown) + limits.teamsLineBytes;
  }
  const body = lines.map((text, n) => {
    return {
      type: "RichTextBlock",
      inlines: [{ type: "TextRun", text, ...(n === 0 && { weight: "Bolder" }) }],
    };
  });
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body,
    ...(link !== undefined && { actions: [{ type: "Action.OpenUrl", title: "Message", url: link }] }),
  };
  const contentType = "application/vnd.microsoft.card.adaptive";
  return { type: "message", attachments: [{ contentType, contentUrl: null, content }] };
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(JSON.stringify(text)).length;
}

function withLink(
  text: string,
  link: string | undefined,
  most: number,
  escaped: (part: string) => string,
): string {
  const end = link === undefined ? "" : `\n${link}`;
  return fitted(text, most - end.length, escaped, ({ length }) => length) + end;
}

const CUT = "…";

/** The text, escaped, or as much of its beginning as there is room for: an escaped character is never cut in two. */
function fitted(
  text: string,
  most: number,
  escaped: (part: string) => string,
  sizeOf: (part: string) => number,
): string {
  const whole = escaped(text);
  if (sizeOf(whole) <= most) return whole;
  let kept = "";
  let room = most - sizeOf(CUT);
  for (const character of text) {
    const next = escaped(character);
    room -= sizeOf(next);
    if (room < 0) break;
    kept += next;
  }
  return kept + CUT;
}
