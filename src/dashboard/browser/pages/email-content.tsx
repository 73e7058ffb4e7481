import type { Delivery, Message } from "../parts/delivery.ts";
import { Facts } from "../parts/facts.tsx";
import { bytes, visible } from "../parts/format.ts";
import { HtmlEmail } from "../parts/html-email.tsx";
import { Section } from "../parts/page.tsx";
import { Time } from "../parts/time.tsx";
import { w } from "../words/words.ts";

type Email = Readonly<Record<string, unknown>>;

/** The e-mail that a payload is: its message goes to the built-in endpoint for direct e-mails. */
export function emailIn(payload: unknown, deliveries: readonly Delivery[]): Email | undefined {
  const isDirect = deliveries.some(({ endpointId }) => endpointId === "ep_email");
  return isDirect && typeof payload === "object" && payload !== null ? (payload as Email) : undefined;
}

const textOf = (value: unknown) => (typeof value === "string" ? visible(value) : "");
const texts = (value: unknown) =>
  Object.entries(Object(value)).map(([name, text]) => [visible(name), textOf(text)] as const);
const list = (value: unknown) => [value].flat().map(textOf).filter(Boolean).join(", ");

function expiryIn({ expiresAt: at }: Email) {
  return typeof at === "string" && !Number.isNaN(Date.parse(at)) ? <Time at={at} /> : null;
}

/** Stands for content of a sensitive e-mail. */
const SEALED = "[sealed]";

const bytesIn = (base64: string) => Math.floor((base64.replace(/=+$/, "").length * 3) / 4);

/** Files by name, type and size; those in R2 by their key. */
function filesIn(value: unknown): string {
  const files = Array.isArray(value) ? value.map((file) => Object(file)) : [];
  return files
    .map(({ filename, type, content, r2, bytes: size }) => {
      const length = typeof content === "string" && content !== SEALED ? bytesIn(content) : size;
      const where = typeof r2 === "string" ? `R2: ${visible(r2)}` : "";
      const parts = [textOf(type), typeof length === "number" ? bytes(length) : where];
      return `${textOf(filename)} (${parts.filter(Boolean).join(", ")})`;
    })
    .join("; ");
}

/** An e-mail: its recipients, its text as text, and its HTML in a frame of its own. `content`: state of a sensitive one. */
export function EmailContent({ email, content }: { email: Email; content?: Message["content"] }) {
  const { text, html } = email;
  return (
    <Section title={w.message.email}>
      <div class="stack">
        {content && <p>{w.message.sensitive[content]}</p>}
        <Facts
          facts={[
            [w.message.subject, textOf(email["subject"])],
            [w.message.to, list(email["to"])],
            [w.message.copies, list(email["cc"])],
            [w.message.blindCopies, list(email["bcc"])],
            [w.message.from, textOf(email["from"])],
            [w.message.replyTo, list(email["replyTo"])],
            [w.message.expiresAt, expiryIn(email)],
            [w.message.attachments, filesIn(email["attachments"])],
            [w.message.topic, textOf(email["topic"])],
          ]}
        />
        {typeof text === "string" && (
          <div>
            <h3>{w.message.text}</h3>
            <pre tabIndex={0}>{visible(text)}</pre>
          </div>
        )}
        {typeof html === "string" && <HtmlEmail html={html} />}
      </div>
    </Section>
  );
}

/** Parts of an e-mail beside its content: further headers, and tags. */
export function EmailParts({ email }: { email: Email }) {
  const parts = [
    { title: w.message.headers, facts: texts(email["headers"]) },
    { title: w.message.tags, facts: texts(email["tags"]) },
  ];
  return parts.map(
    ({ title, facts }) =>
      facts.length > 0 && (
        <Section key={title} title={title}>
          <Facts facts={facts} />
        </Section>
      ),
  );
}
