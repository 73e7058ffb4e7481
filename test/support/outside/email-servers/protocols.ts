/// <reference types="node" />
import { decodeWords } from "postal-mime";
import { KEYS } from "./keys.ts";
import { refuseSignature } from "./signature-v4.ts";
import { addressesIn, addressesOf, fileOf, headersIn, type Taken, type TakenFile, tagsIn } from "./taken.ts";

/** Request as it arrived, its path after the name of the box; a form with files has a character for each byte of its body. */
export interface Arrived {
  method: string;
  path: string;
  /** Path with the name of the box, which is signed. */
  fullPath: string;
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** Reads one provider's requests, and answers them as its documentation shows. */
interface Protocol {
  path: string;
  /** Refusal of a request that is not allowed in, or has another form. Undefined: it may be read. */
  refuse(request: Arrived): Answer | undefined;
  read(request: Arrived): Omit<Taken, "id"> | Promise<Omit<Taken, "id">>;
  accept(id: string): Answer;
  /** Key by which repetitions are known. Undefined: it knows none. */
  keyOf?(request: Arrived): string | undefined;
}

const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const inJson = ({ headers }: Arrived) => /^application\/json\b/.test(headers["content-type"] ?? "");

interface Named {
  email: string;
  name?: string;
}

/** A mailbox that comes in its parts is printed by the provider, which quotes its name. */
const printed = ({ email }: Named) => addressesIn(email);

const resend: Protocol = {
  path: "/emails",
  refuse: ({ headers }) =>
    headers["authorization"] === `Bearer ${KEYS.resend}`
      ? undefined
      : json(401, { statusCode: 401, name: "missing_api_key", message: "Missing API Key" }),
  read({ body }) {
    const { from, to, cc, bcc, reply_to, subject, text, html, tags, headers, attachments } = JSON.parse(body);
    const lists = {
      from: addressesIn(from),
      to: addressesOf(to),
      cc: addressesOf(cc),
      bcc: addressesOf(bcc),
    };
    const named = Object.fromEntries(tags.map(({ name, value }: Record<string, string>) => [name, value]));
    const replyTo = addressesOf([reply_to ?? []].flat());
    const files = (attachments ?? []).map((one: Record<string, string>) =>
      fileOf(one["filename"] ?? "", one["content_type"] ?? "", one["content"] ?? "", one["content_id"]),
    );
    return { ...lists, replyTo, subject, text, html, files, ...headersIn(headers), ...tagsIn(named) };
  },
  accept: (id) => json(200, { id }),
  keyOf: ({ headers }) => headers["idempotency-key"],
};

const postmark: Protocol = {
  path: "/email",
  refuse(request) {
    if (request.headers["x-postmark-server-token"] !== KEYS.postmark) {
      return json(401, { ErrorCode: 10, Message: "The Server Token you provided is not valid." });
    }
    return inJson(request) ? undefined : json(422, { ErrorCode: 409, Message: "JSON required" });
  },
  read({ body }) {
    const mail = JSON.parse(body);
    const to = addressesIn(mail.To);
    const lists = { from: addressesIn(mail.From), to, cc: addressesIn(mail.Cc), bcc: addressesIn(mail.Bcc) };
    const content = { subject: mail.Subject, text: mail.TextBody, html: mail.HtmlBody };
    const headers = (mail.Headers ?? []).map(({ Name, Value }: Record<string, string>) => [Name, Value]);
    const named = { ...headersIn(Object.fromEntries(headers)), ...tagsIn(mail.Metadata) };
    const files = (mail.Attachments ?? []).map((one: Record<string, string>) => {
      const { Name = "", ContentType = "", Content = "", ContentID } = one;
      if (ContentID && !ContentID.startsWith("cid:")) throw new Error("Postmark's ids begin with cid:");
      return fileOf(Name, ContentType, Content, ContentID?.slice("cid:".length));
    });
    return { ...lists, ...content, files, replyTo: addressesIn(mail.ReplyTo), ...named };
  },
  accept: (id) =>
    json(200, { To: "", SubmittedAt: "2026-11-30T12:00:00Z", MessageID: id, ErrorCode: 0, Message: "OK" }),
};

const sendgrid: Protocol = {
  path: "/v3/mail/send",
  refuse({ headers, body }) {
    if (headers["authorization"] !== `Bearer ${KEYS.sendgrid}`) {
      const message = "The provided authorization grant is invalid, expired, or revoked";
      return json(401, { errors: [{ message, field: null, help: null }] });
    }
    const { to = [], cc = [], bcc = [] } = JSON.parse(body).personalizations[0];
    const all = [...to, ...cc, ...bcc].map(({ email }: Named) => email.toLowerCase());
    if (new Set(all).size === all.length) return undefined;
    const message =
      "Each email address in the personalization block should be unique between to, cc, and bcc.";
    return json(400, { errors: [{ message, field: "personalizations.0", help: null }] });
  },
  read({ body }) {
    const mail = JSON.parse(body);
    const { personalizations, from, reply_to, reply_to_list, subject, content, custom_args, headers } = mail;
    const { to = [], cc = [], bcc = [] } = personalizations[0];
    const ofType = (type: string) =>
      content.find((one: Record<string, string>) => one["type"] === type)?.value;
    return {
      from: printed(from),
      to: to.flatMap(printed),
      cc: cc.flatMap(printed),
      bcc: bcc.flatMap(printed),
      replyTo: (reply_to_list ?? [reply_to ?? []].flat()).flatMap(printed),
      subject,
      text: ofType("text/plain"),
      html: ofType("text/html"),
      files: (mail.attachments ?? []).map((one: Record<string, string>) => {
        const { filename = "", type = "", content: bytes = "", disposition, content_id: id } = one;
        if ((disposition === "inline") !== (id !== undefined)) throw new Error("Inline is what has an id");
        return fileOf(filename, type, bytes, id);
      }),
      ...headersIn(headers),
      ...tagsIn(custom_args, "tag-"),
    };
  },
  accept: (id) => ({ status: 202, headers: { "x-message-id": id } }),
};

/** Fields of a form, and its files: an inline one has its name as its id. */
async function formIn({ headers, body }: Arrived) {
  const sent = { headers: { "content-type": headers["content-type"] ?? "" } };
  const form = await new Response(Buffer.from(body, "latin1"), sent).formData();
  const texts: [name: string, value: string][] = [];
  const files: TakenFile[] = [];
  for (const [name, value] of form) {
    if (typeof value === "string") {
      texts.push([name, value]);
      continue;
    }
    const content = Buffer.from(await value.arrayBuffer()).toString("base64");
    files.push(fileOf(value.name, value.type, content, name === "inline" ? value.name : undefined));
  }
  return { texts, files };
}

const mailgun: Protocol = {
  path: "/v3/mg.example.com/messages",
  refuse: ({ headers }) =>
    headers["authorization"] === `Basic ${btoa(`api:${KEYS.mailgun}`)}`
      ? undefined
      : { status: 401, headers: { "content-type": "text/plain" }, body: "Forbidden" },
  async read(request) {
    const { texts, files } = await formIn(request);
    const one = (name: string) => texts.find(([its]) => its === name)?.[1];
    const of = (name: string) =>
      texts.filter(([its]) => its === name).flatMap(([, value]) => addressesIn(value));
    const named = (prefix: string) =>
      Object.fromEntries(
        texts.flatMap(([name, value]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
        ),
      );
    const { "Reply-To": _, ...headers } = named("h:");
    return {
      from: of("from"),
      to: of("to"),
      cc: of("cc"),
      bcc: of("bcc"),
      replyTo: of("h:Reply-To"),
      subject: one("subject") ?? "",
      text: one("text"),
      html: one("html"),
      files,
      ...headersIn(headers),
      ...tagsIn(named("v:")),
    };
  },
  accept: (id) => json(200, { id: `<${id}@mg.example.com>`, message: "Queued. Thank you." }),
};

/** Encoded words as a reader shows them. */
const decoded = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, decodeWords(value)]));

const ses: Protocol = {
  path: "/v2/email/outbound-emails",
  refuse(request) {
    const reason = refuseSignature({ ...request, path: request.fullPath }, KEYS.ses);
    if (reason === undefined) return undefined;
    const headers = { "x-amzn-errortype": "InvalidSignatureException:http://internal.amazon.com/coral/" };
    return { status: 403, headers, body: JSON.stringify({ message: reason }) };
  },
  read({ body }) {
    const { FromEmailAddress, Destination, ReplyToAddresses, Content, EmailTags } = JSON.parse(body);
    if (/[^\x20-\x7e]/.test(JSON.stringify([FromEmailAddress, Destination, ReplyToAddresses ?? []]))) {
      throw new Error("SES takes addresses in ASCII alone");
    }
    const { Subject, Body, Headers = [], Attachments = [] } = Content.Simple;
    const named = (all: Record<string, string>[]) =>
      Object.fromEntries(all.map(({ Name, Value }) => [Name ?? "", Value ?? ""]));
    if (Headers.length > 15 || Headers.some(({ Value }: { Value: string }) => !/^[ -~]{1,870}$/.test(Value)))
      throw new Error("SES takes 15 headers, of 870 characters of ASCII");
    return {
      from: addressesIn(FromEmailAddress),
      to: addressesOf(Destination.ToAddresses),
      cc: addressesOf(Destination.CcAddresses),
      bcc: addressesOf(Destination.BccAddresses),
      replyTo: addressesOf(ReplyToAddresses),
      subject: Subject.Data,
      text: Body.Text?.Data,
      html: Body.Html?.Data,
      files: Attachments.map((one: Record<string, string>) => {
        const { FileName = "", ContentType = "", RawContent = "", ContentId, ContentDisposition } = one;
        if ((ContentDisposition === "INLINE") !== (ContentId !== undefined))
          throw new Error("Inline has an id");
        return fileOf(FileName, ContentType, RawContent, ContentId);
      }),
      ...headersIn(decoded(named(Headers))),
      ...tagsIn(named(EmailTags)),
    };
  },
  accept: (id) => json(200, { MessageId: id }),
};

export const PROTOCOLS = { resend, postmark, sendgrid, mailgun, ses };
export type HttpName = keyof typeof PROTOCOLS;
