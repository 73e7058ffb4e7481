import type { RefusalScope } from "../../../../src/channels/channel.ts";
import { bindingProvider } from "../../../../src/channels/email/providers/binding.ts";
import type { Box, Turn } from "../../../support/outside/email-servers/boxes.ts";
import type { Answer } from "../../../support/outside/email-servers/protocols.ts";
import { addressesIn, fileOf, headersIn } from "../../../support/outside/email-servers/taken.ts";
import type { Counter, Stand } from "../contract.ts";

/** Code of an error that is thrown. */
const failure = (code: string): Turn => ({ status: 0, body: code });

const ERRORS: [code: string, scope: RefusalScope][] = [
  ["E_VALIDATION_ERROR", "message"],
  ["E_FIELD_MISSING", "message"],
  ["E_TOO_MANY_RECIPIENTS", "message"],
  ["E_CONTENT_TOO_LARGE", "message"],
  ["E_HEADER_NOT_ALLOWED", "message"],
  ["E_RECIPIENT_SUPPRESSED", "recipient"],
  ["E_RECIPIENT_NOT_ALLOWED", "recipient"],
  ["E_SENDER_NOT_VERIFIED", "sender"],
  ["E_SENDER_DOMAIN_NOT_AVAILABLE", "sender"],
  ["E_INTERNAL_SERVER_ERROR", "provider"],
  ["E_DELIVERY_FAILED", "provider"],
  ["E_SOMETHING_NEW", "provider"],
];

type Mailbox = string | { email: string };
const read = (one: Mailbox | undefined) =>
  one === undefined ? [] : addressesIn(typeof one === "string" ? one : one.email);

function take(box: Box, builder: EmailMessageBuilder): { messageId: string } {
  const lists = { to: builder.to, cc: builder.cc, bcc: builder.bcc } as Record<string, Mailbox[] | undefined>;
  const of = (name: string) => (lists[name] ?? []).flatMap(read);
  const { "X-Entity-Ref-ID": _, ...headers } = builder.headers ?? {};
  const id = `taken-${box.emails.length + 1}`;
  box.emails.push({
    id,
    from: read(builder.from as Mailbox),
    to: of("to"),
    cc: of("cc"),
    bcc: of("bcc"),
    replyTo: read(builder.replyTo as Mailbox | undefined),
    subject: builder.subject,
    text: builder.text,
    html: builder.html,
    ids: {},
    files: (builder.attachments ?? []).map((file) => {
      const { filename, type, content, disposition } = file;
      const contentId = "contentId" in file ? file.contentId : undefined;
      if ((disposition === "inline") !== (contentId !== undefined)) throw new Error("Inline has an id");
      return fileOf(filename, type, content as string, contentId);
    }),
    ...headersIn(headers),
  });
  return { messageId: id };
}

/** Answer of a turn that the binding was told to take: an error by its code, or a result. */
function answerOf({ status, body = "{}" }: Answer): { messageId: string } {
  if (status === 200) return JSON.parse(body);
  throw Object.assign(new Error("no"), { code: body });
}

/** Cloudflare's binding, which is a call and no request. */
async function open(): Promise<Counter> {
  const box: Box = { turns: [], requests: [], emails: [], byKey: {} };
  const send = async (builder: EmailMessageBuilder): Promise<{ messageId: string }> => {
    box.requests.push({ headers: {}, body: JSON.stringify(builder) });
    const turn = box.turns.shift();
    if (turn && !("instead" in turn)) return answerOf(turn);
    const instead = turn?.instead ?? "";
    const answer = ["hang", "drop"].includes(instead) ? {} : take(box, builder);
    if (instead.endsWith("hang")) return new Promise(() => {});
    if (instead.endsWith("drop")) throw new Error("Network connection lost.");
    return (instead === "half" ? {} : answer) as { messageId: string };
  };
  return {
    provider: bindingProvider({ send }),
    program: async (...turns) => {
      box.turns = turns;
    },
    look: async () => box,
  };
}

export const binding: Stand = {
  name: "binding",
  source: "https://developers.cloudflare.com/email-service/, read on 30 November 2026",
  open,
  refusals: ERRORS.map(([code, scope]) => ({ turn: failure(code), scope, error: code })),
  waits: [{ turn: failure("E_RATE_LIMIT_EXCEEDED") }],
  quotas: [failure("E_DAILY_LIMIT_EXCEEDED")],
  idless: [{ status: 200 }, { status: 200, body: '{"messageId":""}' }],
  // It has none: the binding is the right to send.
  secrets: [],
};
