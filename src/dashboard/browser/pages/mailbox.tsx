import type { Emails, MailboxEntry } from "../../inspector/answers.ts";
import { call } from "../api.ts";
import { EVERY } from "../live.ts";
import { count, visible } from "../parts/format.ts";
import { Mark } from "../parts/marks.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { useAddress, useRead } from "../query.ts";
import { MAILBOX, Make, newEmail, Press } from "./inspector-parts.tsx";
import { i } from "./inspector-words.ts";
import { KeptList } from "./kept-list.tsx";
import { isTaken, MailboxEmailParts } from "./mailbox-email.tsx";
import { MailboxPlays } from "./mailbox-plays.tsx";

/** The e-mails that would have been sent, live, and what the mailbox plays. */
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
        {({ data, dropped, plays, sentTo }) => (
          <>
            {sentTo && <p class="panel">{i.mailboxSends(sentTo.join(", "))}</p>}
            <Section title={i.tryIt}>
              <div class="stack">
                <MailboxPlays plays={plays} />
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
                  parts={({ id }) => <MailboxEmailParts id={id} />}
                />
              </div>
            )}
            {dropped > 0 && <p class="small">{i.dropped(count(dropped))}</p>}
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

function Line({ email: { to, cc, bcc, subject, play } }: { email: MailboxEntry }) {
  return (
    <>
      <strong>{visible(subject)}</strong>
      <span>{visible([...to, ...cc, ...bcc].join(", "))}</span>
      <Mark tone={isTaken(play) ? "good" : "bad"} icon={isTaken(play) ? "check" : "failures"}>
        {i.emailAnswers[play]}
      </Mark>
    </>
  );
}
