import { EVERY } from "../live.ts";
import { nameOfEndpoint } from "../parts/endpoints.ts";
import { Page } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { endpointLink } from "../parts/signed-in.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Switches } from "./endpoint/actions.tsx";
import { ENDPOINTS } from "./endpoint/paths.ts";
import { Channel, healthColumns } from "./endpoints.tsx";

/** The endpoints that the outbox makes itself: for direct e-mails, and for each handler once it has had work. */
export function HandlersPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead(ENDPOINTS, {
    params: { tenant },
    query: { builtIn: true, with: "health", limit: 25, cursor },
    every: EVERY.tail,
  });
  return (
    <Page title={w.nav.handlers}>
      <Shown reading={reading}>
        {({ data, nextCursor }) => (
          <>
            <Table
              label={w.nav.handlers}
              rows={data}
              keyOf={({ id }) => id}
              hrefOf={({ id }) => endpointLink(tenant, id)}
              columns={[
                { name: w.dead.endpoint, cell: (endpoint) => <strong>{nameOfEndpoint(endpoint)}</strong> },
                { name: w.dead.channel, cell: ({ channel }) => <Channel channel={channel} /> },
                ...healthColumns(),
                {
                  name: w.dead.act,
                  isAction: true,
                  cell: (endpoint) => (
                    <Switches {...{ tenant, endpoint }} only={["pause", "resume", "enable"]} />
                  ),
                },
              ]}
            />
            <Pager next={nextCursor} />
            {data.every(({ channel }) => channel !== "handler") && (
              <Empty title={w.endpoints.noHandlers}>
                <p>{w.endpoints.noHandlersDetail}</p>
              </Empty>
            )}
          </>
        )}
      </Shown>
    </Page>
  );
}
