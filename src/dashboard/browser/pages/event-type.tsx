import { type Answer, remove, write } from "../api.ts";
import { SURFACE } from "../base.ts";
import { Action } from "../parts/action.tsx";
import { useEndpointList } from "../parts/endpoints.ts";
import { Example } from "../parts/example.tsx";
import { Facts } from "../parts/facts.tsx";
import { visible } from "../parts/format.ts";
import { Json } from "../parts/json.tsx";
import { EndpointState, Mark } from "../parts/marks.tsx";
import { Page, Section, WayTo } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { endpointLink, tenantLink, useRefusal } from "../parts/signed-in.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { go } from "../router.ts";
import { w } from "../words/words.ts";

type EventType = NonNullable<Answer<"/v1/tenants/{tenant}/event-types/{eventType}">>;
type Params = Readonly<Record<string, string>>;

/** One event type: its meaning, its schema, and the endpoints that take it. */
export function EventTypePage({ params: { tenant = "", eventType = "" } }: { params: Params }) {
  const t = w.eventTypes;
  const reading = useRead("/v1/tenants/{tenant}/event-types/{eventType}", { params: { tenant, eventType } });
  const above = [{ name: t.title, href: tenantLink(tenant, ["types"]) }];
  const actions = reading.data && <Actions {...{ tenant }} type={reading.data} />;
  return (
    <Page title={visible(eventType)} above={above} actions={actions}>
      <Shown reading={reading}>
        {(type) => (
          <>
            {type.archivedAt && (
              <p>
                <Mark tone="warn" icon="stop">
                  {t.archived}
                </Mark>
              </p>
            )}
            {type.description && <p class="prose">{visible(type.description)}</p>}
            <div class="columns">
              <Section title={t.schema}>
                {type.schema === null ? <p>{t.noSchema}</p> : <Json value={type.schema} label={t.schema} />}
              </Section>
              <Example schema={type.schema} />
            </div>
            <Endpoints {...{ tenant, eventType }} />
            <Facts
              facts={[
                [t.created, <Time key="created" at={type.createdAt} />],
                [t.changed, <Time key="changed" at={type.updatedAt} />],
              ]}
            />
          </>
        )}
      </Shown>
    </Page>
  );
}

function Actions({ tenant, type: { name, archivedAt } }: { tenant: string; type: EventType }) {
  const t = w.eventTypes;
  const refused = useRefusal();
  const shown = visible(name);
  const params = { tenant, eventType: name };
  const archive = async (archived: boolean) => {
    await write("patch", "/v1/tenants/{tenant}/event-types/{eventType}", { params, body: { archived } });
    return archived ? t.isArchived(shown) : t.isBack(shown);
  };
  const subscribe = (
    <WayTo
      href={tenantLink(tenant, ["endpoints", "new"], { eventType: name })}
      refused={refused}
      isFirst={SURFACE === "portal"}
    >
      {SURFACE === "portal" ? t.subscribe : t.addEndpoint}
    </WayTo>
  );
  if (SURFACE === "portal") return subscribe;
  return (
    <>
      {!archivedAt && subscribe}
      <WayTo href={tenantLink(tenant, ["et", name, "edit"])} refused={refused}>
        {t.edit}
      </WayTo>
      {archivedAt ? (
        <Action title={t.putBackTitle(shown)} verb={t.putBack} refused={refused} run={() => archive(false)}>
          <p>{t.putBackNote}</p>
        </Action>
      ) : (
        <Action title={t.archiveTitle(shown)} verb={t.archive} refused={refused} run={() => archive(true)}>
          <p>{t.archiveNote}</p>
        </Action>
      )}
      <Action
        title={t.deleteTitle(shown)}
        verb={t.delete}
        danger
        refused={refused}
        run={async () => {
          await remove("/v1/tenants/{tenant}/event-types/{eventType}", params);
          go(tenantLink(tenant, ["types"]));
          return t.isDeleted(shown);
        }}
      >
        <p>{t.deleteNote}</p>
      </Action>
    </>
  );
}

/** Endpoints to which the messages of a type go. */
function Endpoints({ tenant, eventType }: { tenant: string; eventType: string }) {
  const t = w.eventTypes;
  const reading = useEndpointList(tenant);
  return (
    <Section title={t.endpoints}>
      <Shown reading={reading} lines={2}>
        {({ data }) => {
          const takers = data.filter(({ eventTypes }) => !eventTypes || eventTypes.includes(eventType));
          return (
            <>
              {takers.length === 0 ? (
                <Empty title={t.noEndpoints} />
              ) : (
                <Table
                  label={t.endpoints}
                  rows={takers}
                  keyOf={({ id }) => id}
                  hrefOf={({ id }) => endpointLink(tenant, id)}
                  columns={[
                    {
                      name: t.endpoint,
                      cell: ({ id, description, url, address }) =>
                        visible(description ?? url ?? address ?? id),
                    },
                    { name: t.state, cell: ({ state }) => <EndpointState state={state} /> },
                    {
                      name: t.takes,
                      cell: ({ eventTypes }) =>
                        eventTypes ? t.takesNamed(eventTypes.length - 1) : t.takesAll,
                    },
                  ]}
                />
              )}
            </>
          );
        }}
      </Shown>
    </Section>
  );
}
