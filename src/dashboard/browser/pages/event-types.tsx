import type { Answer } from "../api.ts";
import { SURFACE } from "../base.ts";
import { Curl } from "../parts/curl.tsx";
import { bounded, visible } from "../parts/format.ts";
import { Mark } from "../parts/marks.tsx";
import { Page, WayTo } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { tenantLink, useRefusal } from "../parts/signed-in.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { setQuery, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

type EventType = Answer<"/v1/tenants/{tenant}/event-types">["data"][number];

/** The list of a tenant's event types; in the portal the catalogue of those that it can receive. */
export function EventTypesPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const t = w.eventTypes;
  const { query } = usePlace();
  const cursor = query.get("cursor") ?? undefined;
  const archived = query.get("archived") ?? undefined;
  const reading = useRead("/v1/tenants/{tenant}/event-types", {
    params: { tenant },
    query: { archived, cursor, with: "volume" },
  });
  const isOperators = SURFACE === "ui";
  const refused = useRefusal();
  const create = isOperators && (
    <WayTo href={tenantLink(tenant, ["types", "new"])} refused={refused} isFirst>
      {t.create}
    </WayTo>
  );
  return (
    <Page title={t.title} actions={create}>
      {isOperators ? <Shelves archived={archived} /> : <p class="prose">{t.catalogue}</p>}
      <Shown reading={reading}>
        {({ data, nextCursor }) =>
          data.length === 0 && nextCursor === null && cursor === undefined ? (
            <None {...{ tenant }} isArchived={archived === "true"} />
          ) : (
            <>
              <Table
                label={t.title}
                rows={data}
                keyOf={({ name }) => name}
                hrefOf={({ name }) => tenantLink(tenant, ["et", name])}
                columns={[
                  { name: t.name, cell: ({ name }) => visible(name) },
                  { name: t.description, cell: ({ description }) => visible(description ?? "") },
                  {
                    name: t.schema,
                    cell: ({ schema }) =>
                      schema === null ? (
                        <span class="small">{t.unchecked}</span>
                      ) : (
                        <Mark tone="good" icon="check">
                          {t.checked}
                        </Mark>
                      ),
                  },
                  { name: t.volume, isNumber: true, cell: (type) => <Volume {...{ tenant, type }} /> },
                  { name: t.changed, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
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

/** Number of the messages of a type in 24 hours, which leads to them. */
function Volume({ tenant, type: { name, volume } }: { tenant: string; type: EventType }) {
  if (!volume?.count) return volume ? bounded(volume) : null;
  return <a href={tenantLink(tenant, ["messages"], { eventType: name })}>{bounded(volume)}</a>;
}

/** Choice between the event types in use and the archived ones. */
function Shelves({ archived }: { archived: string | undefined }) {
  const t = w.eventTypes;
  return (
    <div class="filters">
      <fieldset class="segments">
        <legend class="unseen">{t.shown}</legend>
        {[undefined, "true"].map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === archived}
            onClick={() => setQuery({ archived: one, cursor: undefined })}
          >
            {one ? t.archivedOnes : t.inUse}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

function None({ tenant, isArchived }: { tenant: string; isArchived: boolean }) {
  const t = w.eventTypes;
  if (SURFACE === "portal") return <Empty title={t.noneToReceive} />;
  if (isArchived) return <Empty title={t.noneArchived} />;
  const body = { name: "order.placed", description: "A customer has placed an order." };
  return (
    <Empty title={t.none}>
      <p>{t.noneNote}</p>
      <Curl method="POST" path={`v1/tenants/${tenant}/event-types`} body={body} />
    </Empty>
  );
}
