import { EVERY } from "../live.ts";
import { Id } from "../parts/copy.tsx";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, visible } from "../parts/format.ts";
import { DeliveryState } from "../parts/marks.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { messageLink } from "../parts/signed-in.tsx";
import { FreshRows, useSteady } from "../parts/steady.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** Messages of a tenant, newest first. */
export function MessagesPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const filters: Filter[] = [
    { name: "eventType", label: w.messages.eventType },
    { name: "orderingKey", label: w.messages.orderingKey },
    { name: "unmatched", label: w.messages.reach, options: [{ value: "true", label: w.messages.unmatched }] },
  ];
  const query = useFilters(filters);
  const every = cursor === undefined ? EVERY.lists : undefined;
  const reading = useRead("/v1/tenants/{tenant}/messages", {
    params: { tenant },
    query: { ...query, cursor },
    every,
  });
  const steady = useSteady(reading.data?.data ?? [], ({ id }) => id);
  return (
    <Page title={w.messages.title}>
      <Filters filters={filters} />
      <Shown reading={reading}>
        {({ data, nextCursor }) =>
          data.length === 0 ? (
            <Empty title={w.messages.none} />
          ) : (
            <>
              <FreshRows steady={steady} />
              <Table
                label={w.messages.title}
                rows={steady.rows}
                keyOf={({ id }) => id}
                hrefOf={({ id }) => messageLink(tenant, id)}
                columns={[
                  { name: w.messages.eventType, cell: ({ eventType }) => visible(eventType ?? "") },
                  { name: w.messages.id, cell: ({ id }) => <Id id={id} /> },
                  { name: w.messages.orderingKey, cell: ({ orderingKey }) => visible(orderingKey ?? "") },
                  { name: w.messages.committed, cell: ({ committedAt }) => <Time at={committedAt} /> },
                  {
                    name: w.messages.deliveries,
                    cell: ({ states }) =>
                      Object.entries(states)
                        .filter(([, n]) => n > 0)
                        .map(([state, n]) => (
                          <span key={state}>
                            {count(n)} <DeliveryState state={state} />{" "}
                          </span>
                        )),
                  },
                ]}
              />
              <Pager next={nextCursor} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}
