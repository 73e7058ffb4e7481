import { EVERY } from "../live.ts";
import { Curl } from "../parts/curl.tsx";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { visible } from "../parts/format.ts";
import { List } from "../parts/list.tsx";
import { Page } from "../parts/page.tsx";
import { messageLink } from "../parts/signed-in.tsx";
import { useNow } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { choices, committedColumn, ofSpan, stateColumn } from "./lists.tsx";

/** Direct e-mails of a tenant, newest first. */
export function EmailsPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const now = useNow();
  const filters: Filter[] = [
    { name: "state", label: w.messages.state, options: choices(w.states) },
    ...ofSpan(),
  ];
  const reading = useRead("/v1/tenants/{tenant}/emails", {
    params: { tenant },
    query: { ...useFilters(filters), cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  return (
    <Page title={w.emails.title}>
      <Filters filters={filters} />
      <List
        reading={reading}
        filters={filters}
        none={w.emails.none}
        label={w.emails.title}
        keyOf={({ messageId }) => messageId}
        hrefOf={({ messageId }) => messageLink(tenant, messageId)}
        columns={[
          {
            name: w.message.subject,
            cell: ({ subject }) => (subject === null ? w.emails.noEmail : visible(subject)),
          },
          { name: w.message.to, cell: ({ to }) => visible(to.join(", ")) },
          stateColumn(now),
          {
            name: w.emails.provider,
            cell: (row) =>
              visible([row.error ?? row.httpStatus, row.responseExcerpt].filter(Boolean).join(": ")),
          },
          committedColumn(),
        ]}
      >
        <p>{w.emails.noneHint}</p>
        <Curl
          method="POST"
          path={`v1/tenants/${tenant}/emails`}
          body={{ to: "ada@example.com", subject: "Hello", text: "Hello" }}
        />
      </List>
    </Page>
  );
}
