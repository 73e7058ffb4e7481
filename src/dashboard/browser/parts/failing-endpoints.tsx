import type { Answer } from "../api.ts";
import { Condition } from "../pages/endpoint/summary.tsx";
import { w } from "../words/words.ts";
import { Budget } from "./budget.tsx";
import { visible } from "./format.ts";
import { endpointLink } from "./signed-in.tsx";
import type { TableOf } from "./table.tsx";
import { Time } from "./time.tsx";

/** Failing endpoints of all tenants, as a table has them. */
export const failingEndpoints = (): Omit<
  TableOf<Answer<"/v1/endpoints/failing">["data"][number]>,
  "rows"
> => ({
  label: w.overview.failingEndpoints,
  keyOf: ({ tenantId, endpointId }) => `${tenantId} ${endpointId}`,
  hrefOf: ({ tenantId, endpointId }) => endpointLink(tenantId, endpointId),
  columns: [
    {
      name: w.overview.endpoint,
      cell: ({ description, target, endpointId }) => visible(description || target || endpointId),
    },
    { name: w.overview.tenant, cell: ({ tenantId, tenantName }) => visible(tenantName ?? tenantId) },
    { name: w.overview.state, cell: (endpoint) => <Condition endpoint={endpoint} /> },
    { name: w.overview.failingSince, cell: ({ failingSince }) => failingSince && <Time at={failingSince} /> },
    {
      name: w.endpoints.budget,
      cell: ({ budget }) => budget && <Budget used={budget.usedPercent} />,
    },
  ],
});
