import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { Id } from "../parts/copy.tsx";
import { Curl } from "../parts/curl.tsx";
import { useEndpoints } from "../parts/endpoints.ts";
import { useEventTypes } from "../parts/event-types.ts";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, visible } from "../parts/format.ts";
import { List } from "../parts/list.tsx";
import { DeliveryState } from "../parts/marks.tsx";
import { Page, WayTo } from "../parts/page.tsx";
import { messageLink, tenantLink, useRefusal, useSession } from "../parts/signed-in.tsx";
import type { Column } from "../parts/table.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { committedColumn, ofSpan } from "./lists.tsx";

type Summary = Answer<"/v1/tenants/{tenant}/messages">["data"][number];

/** Messages of a tenant, newest first, or those among them whose payload has a text. */
export function MessagesPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const isOperator = useSession().role !== undefined;
  const endpoints = useEndpoints(tenant);
  const types = useEventTypes(tenant).map(({ name }) => name);
  const filters: Filter[] = [
    { name: "eventType", label: w.messages.eventType, offers: types },
    { name: "orderingKey", label: w.messages.orderingKey },
    { name: "endpointId", label: w.messages.endpoint, options: endpoints.options },
    { name: "unmatched", label: w.messages.reach, options: [{ value: "true", label: w.messages.unmatched }] },
    ...ofSpan(),
  ];
  const text: Filter = { name: "text", label: w.messages.text };
  const all = isOperator ? [...filters, text] : filters;
  const { text: wanted, ...query } = useFilters(all);
  return (
    <Page title={w.messages.title} actions={<Send tenant={tenant} />}>
      <Filters filters={wanted ? [text] : all} />
      {wanted ? (
        <Found {...{ tenant, wanted }} filters={[text]} />
      ) : (
        <Newest {...{ tenant, query, filters }} />
      )}
    </Page>
  );
}

function Send({ tenant }: { tenant: string }) {
  return (
    <WayTo href={tenantLink(tenant, ["messages", "new"])} refused={useRefusal("messages:write")}>
      {w.messages.send}
    </WayTo>
  );
}

type Row = Pick<Summary, "id" | "eventType" | "orderingKey" | "committedAt">;

function columns(): Column<Row>[] {
  return [
    { name: w.messages.eventType, cell: ({ eventType }) => eventType },
    { name: w.messages.id, cell: ({ id }) => <Id id={id} of={w.messages.id} /> },
    { name: w.messages.orderingKey, cell: ({ orderingKey }) => visible(orderingKey ?? "") },
    committedColumn(),
  ];
}

const FIRST = { eventType: "order.placed", payload: { orderId: "1001" } };

interface NewestProps {
  tenant: string;
  filters: readonly Filter[];
  query: Record<string, string | undefined>;
}

function Newest({ tenant, filters, query }: NewestProps) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead("/v1/tenants/{tenant}/messages", {
    params: { tenant },
    query: { ...query, cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  return (
    <List
      reading={reading}
      filters={filters}
      none={w.messages.none}
      label={w.messages.title}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => messageLink(tenant, id)}
      columns={[
        ...columns(),
        { name: w.messages.deliveries, cell: ({ states }) => <States states={states} /> },
      ]}
    >
      <p>{w.messages.noneHint}</p>
      <Curl method="POST" path={`v1/tenants/${tenant}/messages`} body={FIRST} />
    </List>
  );
}

function States({ states }: Pick<Summary, "states">) {
  const some = Object.entries(states);
  return (
    <span class="row">
      {some.map(([state, n]) => (
        <DeliveryState key={state} state={state} of={n} />
      ))}
      {some.length === 0 && <span class="small">{w.messages.unmatched}</span>}
    </span>
  );
}

/** Messages found by a text in their payload: further back page by page. */
function Found({ tenant, wanted, filters }: Pick<NewestProps, "tenant" | "filters"> & { wanted: string }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const found = useRead("/v1/search", { query: { q: `text:${wanted}`, tenant, cursor } });
  const data = found.data && {
    ...found.data,
    data: found.data.data.map((one) => ({
      ...one,
      eventType: one.eventType ?? "",
      committedAt: one.at ?? "",
    })),
  };
  return (
    <>
      {data && <p class="small">{w.messages.lookedThrough(count(data.lookedAt.messages))}</p>}
      <List
        reading={{ ...found, data }}
        filters={filters}
        none={w.messages.none}
        label={w.messages.title}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => messageLink(tenant, id)}
        columns={columns()}
      />
    </>
  );
}
