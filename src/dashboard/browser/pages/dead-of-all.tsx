import { EVERY } from "../live.ts";
import { count, visible } from "../parts/format.ts";
import { Page } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { linkTo, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** Dead letters of all tenants, in groups that died alike. */
export function DeadOfAllPage() {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead("/v1/dead-letters/groups", {
    query: { cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  return (
    <Page title={w.overview.deadTitle} above={[{ name: w.overview.title, href: linkTo([]) }]}>
      <Shown reading={reading}>
        {({ data, complete, nextCursor }) => (
          <>
            {data.length === 0 ? (
              <Empty title={w.overview.noDead} />
            ) : (
              <Table
                label={w.overview.deadTitle}
                rows={data}
                keyOf={({ tenantId, endpointId, result }) => JSON.stringify([tenantId, endpointId, result])}
                hrefOf={({ tenantId, endpointId }) => linkTo(["t", tenantId, "dead"], { endpointId })}
                columns={[
                  {
                    name: w.overview.tenant,
                    cell: ({ tenantId, tenantName }) => visible(tenantName ?? tenantId),
                  },
                  { name: w.overview.endpoint, cell: ({ endpointId }) => visible(endpointId) },
                  { name: w.overview.error, cell: ({ result }) => visible(errorOf(result)) },
                  { name: w.overview.count, isNumber: true, cell: (group) => count(group.count) },
                  { name: w.overview.oldestDied, cell: ({ firstAt }) => <Time at={firstAt} /> },
                  { name: w.overview.newestDied, cell: ({ lastAt }) => <Time at={lastAt} /> },
                ]}
              />
            )}
            {!complete && <p class="small">{w.overview.notAllGroups}</p>}
            <Pager next={nextCursor} />
          </>
        )}
      </Shown>
    </Page>
  );
}

interface Result {
  reason?: string | null;
  error?: string | null;
  httpStatus?: number | null;
}

function errorOf({ reason, error, httpStatus }: Result): string {
  return [...new Set([httpStatus, error, reason])].filter(Boolean).join(" · ");
}
