import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { Condition } from "../pages/endpoint/summary.tsx";
import { type Reading, useRead } from "../query.ts";
import { w } from "../words/words.ts";
import { nameOfEndpoint } from "./endpoints.ts";
import { count } from "./format.ts";
import { Section } from "./page.tsx";
import { Shown } from "./shown.tsx";
import { endpointLink, tenantLink } from "./signed-in.tsx";
import { Table } from "./table.tsx";

type Endpoints = Answer<"/v1/tenants/{tenant}/endpoints">;
type Endpoint = Endpoints["data"][number];

const LOOKED_AT = 100;

/** The newest endpoints of a tenant. */
export function useEndpoints(tenant: string): Reading<Endpoints> {
  const query = { limit: LOOKED_AT };
  return useRead("/v1/tenants/{tenant}/endpoints", { params: { tenant }, query, every: EVERY.tail });
}

/** How bad it is; 0: it is well. */
function gravityOf({ state, stateReason, heldUntil, failingSince }: Endpoint): number {
  if (state === "disabled") return stateReason === "failing" || stateReason === "gone" ? 5 : 2;
  if (state === "paused") return 1;
  return heldUntil ? 4 : failingSince ? 3 : 0;
}

/** Endpoints that are not well, the worst first. */
export function TenantEndpoints({ tenant, reading }: { tenant: string; reading: Reading<Endpoints> }) {
  const place = tenantLink(tenant, ["endpoints"]);
  return (
    <Section title={w.tenants.endpoints} aside={<a href={place}>{w.overview.all}</a>}>
      <Shown reading={reading} lines={3}>
        {({ data, nextCursor }) => {
          const ill = data
            .filter((one) => gravityOf(one) > 0)
            .toSorted((a, b) => gravityOf(b) - gravityOf(a));
          return (
            <>
              {data.length === 0 && (
                <p>
                  {w.tenants.noEndpoints} <a href={place}>{w.tenants.addEndpoint}</a>
                </p>
              )}
              {data.length > 0 && ill.length === 0 && (
                <p>{w.tenants.allWell(count(data.length, nextCursor !== null))}</p>
              )}
              {ill.length > 0 && <Ill tenant={tenant} endpoints={ill} />}
              {nextCursor && <p class="small">{w.tenants.notAllEndpoints}</p>}
            </>
          );
        }}
      </Shown>
    </Section>
  );
}

function Ill({ tenant, endpoints }: { tenant: string; endpoints: readonly Endpoint[] }) {
  return (
    <Table
      label={w.tenants.endpoints}
      rows={endpoints}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => endpointLink(tenant, id)}
      columns={[
        {
          name: w.overview.endpoint,
          cell: nameOfEndpoint,
        },
        { name: w.overview.state, cell: (endpoint) => <Condition endpoint={endpoint} /> },
      ]}
    />
  );
}
