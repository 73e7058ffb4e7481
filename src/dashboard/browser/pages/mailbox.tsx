import type { Emails, MailboxEmail, MailboxEntry } from "../../inspector/answers.ts";
import { call } from "../api.ts";
import { EVERY } from "../live.ts";
import { Id } from "../parts/copy.tsx";
import { SelectField } from "../parts/fields.tsx";
import { visible } from "../parts/format.ts";
import { Mark } from "../parts/marks.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { messageLink } from "../parts/signed-in.tsx";
import { useAddress, useRead } from "../query.ts";
import { EmailContent } from "./email-content.tsx";
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
        {({ data, answer, isInForce }) => (
          <>
            {!isInForce && <p class="panel">{i.mailboxIsNot}</p>}
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
  const wanted = reading.data?.messageId;
  // The mailbox knows the message alone; the search knows its tenant.
  const found = useRead(wanted === undefined ? undefined : "/v1/search", { query: { q: wanted ?? "" } });
  const tenant = found.data?.data.find((one) => one.kind === "message" && one.id === wanted)?.tenantId;
  return (
    <Shown reading={reading} lines={4}>
      {(email) => (
        <div class="stack">
          <EmailContent email={{ ...email }} />
          {email.html !== null && (
            <details>
              <summary>{i.source}</summary>
              <pre>{visible(email.html)}</pre>
            </details>
          )}
          <p>
            {i.message}:{" "}
            <Id
              id={email.messageId}
              of={i.message}
              {...(tenant !== undefined && { href: messageLink(tenant, email.messageId) })}
            />
          </p>
          <HeaderList headers={Object.entries(email.headers)} />
        </div>
      )}
    </Shown>
  );
}
