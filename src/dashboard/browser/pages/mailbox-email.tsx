import type { MailboxEmail, MailboxPlay } from "../../inspector/answers.ts";
import { call } from "../api.ts";
import { MAILBOX_REPLIES } from "../constants.gen.ts";
import { EVERY } from "../live.ts";
import { Id } from "../parts/copy.tsx";
import { resultOf } from "../parts/delivery.ts";
import { Facts } from "../parts/facts.tsx";
import { visible } from "../parts/format.ts";
import { Json } from "../parts/json.tsx";
import { Shown } from "../parts/shown.tsx";
import { messageLink } from "../parts/signed-in.tsx";
import { useAddress, useRead } from "../query.ts";
import { EmailContent } from "./email-content.tsx";
import { MAILBOX, Press } from "./inspector-parts.tsx";
import { i } from "./inspector-words.ts";
import { HeaderList } from "./receiver.tsx";
import { Recipients } from "./recipients.tsx";

export const isTaken = (play: MailboxPlay) => play === "accepted" || !MAILBOX_REPLIES.includes(play);

const EVENTS = ["delivered", "soft_bounced", "hard_bounced", "complained"] as const;

/** All of an e-mail in the mailbox, with what became of it and what may. */
export function MailboxEmailParts({ id }: { id: string }) {
  const reading = useAddress<MailboxEmail>(`${MAILBOX}/${id}`);
  return (
    <Shown reading={reading} lines={4}>
      {(email) => (
        <div class="stack">
          {email.reason !== null && <p>{visible(email.reason)}</p>}
          <Fate email={email} />
          <EmailContent email={{ ...email }} />
          {email.links.length > 0 && <Links links={email.links} />}
          {Object.keys(email.more).length > 0 && (
            <div>
              <h3>{i.more}</h3>
              <Json value={email.more} label={i.more} />
            </div>
          )}
          {email.leftOut.length > 0 && <p class="small">{i.leftOut(email.leftOut.join(", "))}</p>}
          <HeaderList headers={email.headers} />
          {email.html !== null && <Text title={i.html} text={email.html} />}
          <Text title={i.source} text={email.source} />
        </div>
      )}
    </Shown>
  );
}

/** The e-mail's message with its attempts, and the buttons for what becomes of it. */
function Fate({ email: { id, tenantId, messageId, attempt, play } }: { email: MailboxEmail }) {
  const message = useRead("/v1/tenants/{tenant}/messages/{message}", {
    params: { tenant: tenantId, message: messageId },
    every: EVERY.open,
  });
  const deliveries = message.data?.deliveries.filter(({ channel }) => channel === "email") ?? [];
  const attempts = deliveries.flatMap((delivery) => delivery.attempts);
  return (
    <>
      <Facts
        facts={[
          [
            i.message,
            <Id key="message" id={messageId} of={i.message} href={messageLink(tenantId, messageId)} />,
          ],
          [i.attempt, String(attempt)],
          [i.attempts, attempts.map((one) => `${one.number}: ${resultOf(one)}`).join(", ")],
        ]}
      />
      {deliveries.map(({ endpointId, recipients }) => (
        <Recipients key={endpointId} recipients={recipients ?? []} />
      ))}
      {isTaken(play) && (
        <div class="row">
          {EVENTS.map((event) => (
            <Press
              key={event}
              label={i.events[event]}
              done={i.told(i.events[event])}
              run={() => call("POST", `${MAILBOX}/${id}/events`, { event })}
              again={message.again}
            />
          ))}
        </div>
      )}
    </>
  );
}

/** Links of an e-mail, which are not followed by mistake. */
function Links({ links }: { links: readonly string[] }) {
  return (
    <div>
      <h3>{i.links}</h3>
      <ul>
        {links.map((link) => (
          <li key={link}>
            <code>{visible(link)}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <details>
      <summary>{title}</summary>
      <pre tabIndex={0}>{visible(text)}</pre>
    </details>
  );
}
