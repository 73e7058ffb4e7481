import { SURFACE } from "../../base.ts";
import { EVERY } from "../../live.ts";
import { Id } from "../../parts/copy.tsx";
import { resultOf } from "../../parts/delivery.ts";
import { duration, visible } from "../../parts/format.ts";
import { Outcome } from "../../parts/marks.tsx";
import { Empty, Shown } from "../../parts/shown.tsx";
import { messageLink, tenantLink } from "../../parts/signed-in.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time, useNow } from "../../parts/time.tsx";
import { useRead } from "../../query.ts";
import { w } from "../../words/words.ts";
import { stateColumn } from "../lists.tsx";

interface Props {
  tenant: string;
  endpoint: string;
}

/** Attempt as both lists show it. */
interface Attempt {
  messageId: string;
  eventType: string;
  httpStatus: number | null;
  error: string | null;
  durationMs: number | null;
}

function columnsOf<T extends Attempt>(first: Column<T>, at: (row: T) => string): Column<T>[] {
  return [
    { name: w.messages.eventType, cell: ({ eventType }) => visible(eventType) },
    first,
    { name: w.endpoints.answer, cell: (row) => visible(resultOf(row)) },
    {
      name: w.endpoints.took,
      isNumber: true,
      cell: ({ durationMs }) => (durationMs === null ? "–" : duration(durationMs)),
    },
    { name: w.common.time, cell: (row) => <Time at={at(row)} /> },
    { name: w.messages.id, cell: ({ messageId }) => <Id id={messageId} /> },
  ];
}

const NEWEST = { limit: 10 };

/** The newest deliveries to an endpoint, and the way to all of them. */
export function NewestDeliveries({ tenant, endpoint }: Props) {
  const now = useNow();
  const reading = useRead("/v1/tenants/{tenant}/deliveries", {
    params: { tenant },
    query: { endpointId: endpoint, ...NEWEST },
    every: EVERY.lists,
  });
  return (
    <Shown reading={reading}>
      {({ data }) => (
        <>
          {data.length === 0 ? (
            <Empty title={w.endpoints.noDeliveries} />
          ) : (
            <Table
              label={w.nav.deliveries}
              rows={data}
              keyOf={({ messageId }) => messageId}
              hrefOf={({ messageId }) => messageLink(tenant, messageId)}
              columns={columnsOf<(typeof data)[number]>(
                stateColumn(now),
                ({ startedAt, committedAt }) => startedAt ?? committedAt,
              )}
            />
          )}
          <p>
            <a href={tenantLink(tenant, ["deliveries"], { endpointId: endpoint })}>
              {w.endpoints.allDeliveries}
            </a>
          </p>
        </>
      )}
    </Shown>
  );
}

/** The newest failures of an endpoint, and the ways to all of them and to its dead letters. */
export function NewestFailures({ tenant, endpoint }: Props) {
  const reading = useRead("/v1/tenants/{tenant}/failures", {
    params: { tenant },
    query: { endpointId: endpoint, ...NEWEST },
    every: EVERY.lists,
  });
  const link = (page: string, text: string) => (
    <a href={tenantLink(tenant, [page], { endpointId: endpoint })}>{text}</a>
  );
  return (
    <Shown reading={reading}>
      {({ data }) => (
        <>
          {data.length === 0 ? (
            <Empty title={w.endpoints.noFailure} />
          ) : (
            <Table
              label={w.nav.failures}
              rows={data}
              keyOf={({ messageId, number }) => `${messageId} ${number}`}
              hrefOf={({ messageId }) => messageLink(tenant, messageId)}
              columns={columnsOf<(typeof data)[number]>(
                { name: w.endpoints.outcome, cell: ({ outcome }) => <Outcome outcome={outcome} /> },
                ({ startedAt }) => startedAt,
              )}
            />
          )}
          <p class="row">
            {SURFACE === "ui" && link("failures", w.endpoints.allFailures)}
            {link("dead", w.nav.dead)}
          </p>
        </>
      )}
    </Shown>
  );
}
