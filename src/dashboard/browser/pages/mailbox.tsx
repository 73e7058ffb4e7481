import type { Emails, MailboxEmail, MailboxEntry } from "../../inspector/answers.ts";
import { call } from "../api.ts";
import { API_ROOT } from "../base.ts";
import { EVERY } from "../live.ts";
import { Id } from "../parts/copy.tsx";
import { Facts } from "../parts/facts.tsx";
import { SelectField } from "../parts/fields.tsx";
import { visible } from "../parts/format.ts";
import { Mark } from "../parts/marks.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { useAddress, useRead } from "../query.ts";
import { act, MAILBOX, Make, newEmail, Press } from "./inspector-parts.tsx";
import { i } from "./inspector-words.ts";
import { KeptList } from "./kept-list.tsx";
import { HeaderList } from "./receiver.tsx";

/** The e-mails that would have been sent, live, and the answer to further ones. */
export function MailboxPage() {
  const emails = useAddress<Emails>(MAILBOX, EVERY.open);
  const clear = () => call("DELETE", MAILBOX);
  return (
    <Page
      title={i.mailbox}
      actions={<Press label={i.clear} done={i.cleared} run={clear} again={emails.again} />}
    >
      <p class="lead">{i.mailboxIs}</p>
      <Shown reading={emails}>
        {({ data, answer }) => (
          <>
            <Section title={i.tryIt}>
              <div class="stack">
                <SelectField
                  label={i.answers}
                  value={answer}
                  options={Object.entries(i.mailboxAnswers).map(([value, label]) => ({ value, label }))}
                  onValue={(value) =>
                    void act(() => call("PUT", `${MAILBOX}/answer`, { answer: value }), i.chosen(i.mailbox))
                  }
                />
                <SendOne />
              </div>
            </Section>
            {data.length === 0 ? (
              <Empty title={i.noEmails} />
            ) : (
              <div class="panel">
                <KeptList
                  entries={data}
                  line={(email) => <Line email={email} />}
                  parts={({ id }) => <Parts id={id} />}
                />
              </div>
            )}
          </>
        )}
      </Shown>
    </Page>
  );
}

function SendOne() {
  const [tenant] = useRead("/v1/tenants", { query: { limit: 1 } }).data?.data ?? [];
  if (!tenant) return null;
  return (
    <div class="row">
      <Make label={i.sendEmail} done={i.sentEmail} example={newEmail(tenant.id)} />
    </div>
  );
}

function Line({ email: { to, subject, answer } }: { email: MailboxEntry }) {
  const isTaken = answer === "accepted";
  return (
    <>
      <strong>{visible(subject)}</strong>
      <span>{visible(to.join(", "))}</span>
      <Mark tone={isTaken ? "good" : "bad"} icon={isTaken ? "check" : "failures"}>
        {i.emailAnswers[answer]}
      </Mark>
    </>
  );
}

function Parts({ id }: { id: string }) {
  const reading = useAddress<MailboxEmail>(`${MAILBOX}/${id}`);
  return (
    <Shown reading={reading} lines={4}>
      {({ from, to, cc, bcc, replyTo, messageId, headers, text, html }) => (
        <div class="stack">
          <Facts
            facts={[
              [i.from, visible(from)],
              [i.to, visible(to.join(", "))],
              [i.cc, visible(cc.join(", "))],
              [i.bcc, visible(bcc.join(", "))],
              [i.replyTo, replyTo && visible(replyTo)],
              [i.message, <Id key="message" id={messageId} of={i.message} />],
            ]}
          />
          {text !== null && (
            <div>
              <h3>{i.text}</h3>
              <pre>{visible(text)}</pre>
            </div>
          )}
          {html !== null && <Html id={id} html={html} />}
          <HeaderList headers={Object.entries(headers)} />
        </div>
      )}
    </Shown>
  );
}

/**
 * The HTML part. Its page comes from the server, with a policy of its own: within this page's it would be without its
 * styles.
 */
function Html({ id, html }: { id: string; html: string }) {
  return (
    <div>
      <h3>{i.html}</h3>
      <p class="small">{i.htmlIs}</p>
      <iframe class="email" title={i.html} sandbox="" src={`${API_ROOT}${MAILBOX}/${id}/document`} />
      <details>
        <summary>{i.source}</summary>
        <pre>{visible(html)}</pre>
      </details>
    </div>
  );
}
