import { Condition } from "../pages/endpoint/summary.tsx";
import type { Reading } from "../query.ts";
import { w } from "../words/words.ts";
import { type EndpointList, nameOfEndpoint } from "./endpoints.ts";
import { count } from "./format.ts";
import { Section } from "./page.tsx";
import { Shown } from "./shown.tsx";
import { endpointLink, tenantLink } from "./signed-in.tsx";
import { Table } from "./table.tsx";

type Endpoint = EndpointList["data"][number];

/** How bad it is; 0: it is well. */
function gravityOf({ state, stateReason, heldUntil, failingSince }: Endpoint): number {
  if (state === "disabled") return stateReason === "failing" || stateReason === "gone" ? 5 : 2;
  if (state === "paused") return 1;
  return heldUntil ? 4 : failingSince ? 3 : 0;
}

/** Endpoints that are not well, the worst first. */
export function TenantEndpoints({ tenant, reading }: { tenant: string; reading: Reading<EndpointList> }) {
  const place = tenantLink(tenant, ["endpoints"]);
  return (
    <Section title={w.tenants.endpoints} aside={<a href={place}>{w.overview.all}</a>}>
      <Shown reading={reading} lines={3}>
        {({ data }) => {
          const ill = data
            .filter((one) => gravityOf(one) > 0)
            .toSorted((a, b) => gravityOf(b) - gravityOf(a));
          return (
            <>
              {data.length === 0 && (
                <p>
                  {w.tenants.noEndpoints}{" "}
                  <a href={tenantLink(tenant, ["endpoints", "new"])}>{w.tenants.addEndpoint}</a>
                </p>
              )}
              {data.length > 0 && ill.length === 0 && <p>{w.tenants.allWell(count(data.length))}</p>}
              {ill.length > 0 && <Ill tenant={tenant} endpoints={ill} />}
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
