import type { Chat } from "../../domain/states.ts";
import { chatBodyOf } from "./chat.ts";
import { readChatAnswer } from "./chat-answer.ts";
import type { WebhookForm } from "./form.ts";

/** Writer of messages to chats, and reader of their answers. */
export type Chats = WebhookForm;

/**
 * Lets webhook endpoints have the `payloadFormat` of a chat: `slack`, `discord` or `teams`. A chat verifies nothing, and needs no
 * trace of ours: its URL is its secret.
 *
 * @example
 * createOutbox({ chats });
 */
export const chats: Chats = {
  urlOf: ({ secrets: [url] }) => url,
  secretsOf: ({ secrets }) => secrets.flatMap(partsOf),
  async contentOf(dispatch, dashboardUrl) {
    const { endpoint, tenantId, messageId } = dispatch;
    const link = dashboardUrl && `${dashboardUrl}/ui/t/${encodeURIComponent(tenantId)}/m/${messageId}`;
    return { body: chatBodyOf(endpoint.payloadFormat as Chat, dispatch, link) };
  },
  readAnswer: ({ endpoint, sentAt }, answer, body) =>
    readChatAnswer(endpoint.payloadFormat as Chat, answer, body, sentAt),
};

/** Length of a part of a chat's URL that nobody guesses; shorter ones are words and ids. */
const SECRET_LENGTH = 16;

/** Parts of a chat's URL that are secret. */
function partsOf(url: string): string[] {
  const { pathname, search, searchParams } = new URL(url);
  const parts = [...pathname.split("/"), ...searchParams.values()].filter(
    ({ length }) => length >= SECRET_LENGTH,
  );
  return parts.length > 0 ? parts : [pathname + search];
}
