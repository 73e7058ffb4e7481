import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { resultOf } from "../parts/delivery.ts";
import { useEndpoints } from "../parts/endpoints.ts";
import { useEventTypes } from "../parts/event-types.ts";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, visible } from "../parts/format.ts";
import { Intervention } from "../parts/interventions.tsx";
import { List } from "../parts/list.tsx";
import { Page } from "../parts/page.tsx";
import { messageLink } from "../parts/signed-in.tsx";
import { Time, useNow } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { choices, committedColumn, ofSpan, stateColumn } from "./lists.tsx";

type Delivery = Answer<"/v1/tenants/{tenant}/deliveries">["data"][number];

const keyOf = ({ messageId, endpointId }: { messageId: string; endpointId: string }) =>
  `${messageId} ${endpointId}`;

/**
 * The chosen rows of this page of the list, as they were read last: newer ones may have pushed them off what is read.
 */
function useChosen(latest: readonly Delivery[]) {
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const seen = useRef(new Map<string, Delivery>());
  for (const row of latest) seen.current.set(keyOf(row), row);
  const scope = usePlace().query.toString();
  useEffect(() => {
    choose(new Set());
    seen.current = new Map();
  }, [scope]);
  return { chosen, choose, subjects: [...chosen].flatMap((key) => seen.current.get(key) ?? []) };
}

/** Deliveries of a tenant, those of the newest messages first, some of which can be chosen to act on. */
export function DeliveriesPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const endpoints = useEndpoints(tenant);
  const types = useEventTypes(tenant).map(({ name }) => name);
  const now = useNow();
  const filters: Filter[] = [
    { name: "state", label: w.messages.state, options: choices(w.states) },
    { name: "channel", label: w.messages.channel, options: choices(w.channels) },
    { name: "endpointId", label: w.messages.endpoint, options: endpoints.options },
    { name: "eventType", label: w.messages.eventType, offers: types },
    { name: "error", label: w.dead.error, offers: Object.keys(w.errors) },
    { name: "httpStatus", label: w.dead.status, size: 4 },
    ...ofSpan(),
  ];
  const reading = useRead("/v1/tenants/{tenant}/deliveries", {
    params: { tenant },
    query: { ...useFilters(filters), cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  const { chosen, choose, subjects } = useChosen(reading.data?.data ?? []);
  return (
    <Page title={w.deliveries.title}>
      <Filters filters={filters} />
      {subjects.length > 0 && (
        <div class="row bulk">
          <strong>{w.deliveries.selected(count(subjects.length))}</strong>
          {(["replay", "retry", "cancel"] as const).map((kind) => (
            <Intervention key={kind} {...{ kind, tenant, subjects }} done={() => choose(new Set())} />
          ))}
        </div>
      )}
      <List
        reading={reading}
        filters={filters}
        none={w.deliveries.none}
        label={w.deliveries.title}
        keyOf={keyOf}
        hrefOf={({ messageId }) => messageLink(tenant, messageId)}
        selection={{ chosen, choose }}
        columns={[
          { name: w.messages.eventType, cell: ({ eventType }) => eventType },
          { name: w.messages.endpoint, cell: ({ endpointId }) => endpoints.nameOf(endpointId) },
          stateColumn(now),
          { name: w.deliveries.attempts, cell: ({ attempts }) => count(attempts), isNumber: true },
          {
            name: w.deliveries.result,
            cell: (row) => (row.startedAt === null ? "" : visible(resultOf(row))),
          },
          { name: w.deliveries.latest, cell: ({ startedAt }) => startedAt && <Time at={startedAt} /> },
          committedColumn(),
        ]}
      >
        <p>{w.deliveries.noneHint}</p>
      </List>
    </Page>
  );
}
