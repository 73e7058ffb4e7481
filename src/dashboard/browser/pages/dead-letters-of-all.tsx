import { EVERY } from "../live.ts";
import { Curl } from "../parts/curl.tsx";
import { count, shortened, visible } from "../parts/format.ts";
import { GroupList } from "../parts/groups.tsx";
import { List } from "../parts/list.tsx";
import { Page, Section } from "../parts/page.tsx";
import { messageLink, tenantLink } from "../parts/signed-in.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { defined, messageColumn, whyColumn } from "./lists.tsx";

interface OfTenant {
  tenantId: string;
  tenantName: string | null;
}
const nameOf = ({ tenantId, tenantName }: OfTenant) => visible(tenantName ?? tenantId);

/** Dead letters of all tenants. Each leads into its tenant. */
export function DeadLettersOfAllPage() {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const every = cursor === undefined ? EVERY.tail : undefined;
  const groups = useRead("/v1/dead-letters/groups", { every: EVERY.tail });
  const list = useRead("/v1/dead-letters", { query: { cursor }, every });
  const failing = useRead("/v1/endpoints/failing", { query: { limit: 100 } });
  const names = new Map(
    failing.data?.data.map((one) => [`${one.tenantId} ${one.endpointId}`, one.description ?? one.target]),
  );
  const endpointOf = ({ tenantId, endpointId }: { tenantId: string; endpointId: string }) => {
    const name = names.get(`${tenantId} ${endpointId}`);
    return name ? visible(name) : <code>{shortened(endpointId)}</code>;
  };
  const found = groups.data?.data ?? [];
  const isPart = groups.data?.complete === false || groups.data?.nextCursor != null;
  return (
    <Page title={w.dead.titleOfAll}>
      {found.length > 0 && (
        <>
          <Section title={w.dead.groups}>
            <GroupList
              label={w.dead.groups}
              groups={found}
              note={isPart && w.dead.incompleteOfAll}
              title={(group) => (
                <>
                  <a href={tenantLink(group.tenantId, ["dead"])}>{nameOf(group)}</a>
                  <span>{endpointOf(group)}</span>
                </>
              )}
              exampleHref={({ tenantId, example }) => messageLink(tenantId, example)}
              actions={({ tenantId, endpointId, result }) => (
                <a class="button" href={tenantLink(tenantId, ["dead"], { endpointId, ...defined(result) })}>
                  {w.dead.show}
                </a>
              )}
            />
          </Section>
          <h2 class="list-head">{w.dead.list}</h2>
        </>
      )}
      <List
        reading={list}
        filters={[]}
        none={w.dead.none}
        label={w.dead.list}
        keyOf={({ tenantId, messageId, endpointId }) => `${tenantId} ${messageId} ${endpointId}`}
        hrefOf={({ tenantId, messageId }) => messageLink(tenantId, messageId)}
        columns={[
          messageColumn(),
          {
            name: w.dead.tenant,
            cell: (one) => <a href={tenantLink(one.tenantId, ["dead"])}>{nameOf(one)}</a>,
          },
          { name: w.messages.endpoint, cell: endpointOf },
          whyColumn(),
          { name: w.dead.attempts, isNumber: true, cell: ({ attempts }) => count(attempts) },
          { name: w.dead.died, cell: ({ settledAt }) => <Time at={settledAt} /> },
        ]}
      >
        <p>{w.dead.noneDetail}</p>
        <Curl method="GET" path="v1/dead-letters" />
      </List>
    </Page>
  );
}
