import type { Answer } from "../api.ts";
import { w } from "../words/words.ts";
import { percent, visible } from "./format.ts";
import { EndpointState, Mark } from "./marks.tsx";
import { endpointLink } from "./signed-in.tsx";
import { Table } from "./table.tsx";
import { Time } from "./time.tsx";

export type FailingEndpoint = Answer<"/v1/endpoints/failing">["data"][number];

/** Failing endpoints of all tenants. */
export function FailingEndpoints({ endpoints }: { endpoints: readonly FailingEndpoint[] }) {
  return (
    <Table
      label={w.overview.failingEndpoints}
      rows={endpoints}
      keyOf={({ tenantId, endpointId }) => `${tenantId} ${endpointId}`}
      hrefOf={({ tenantId, endpointId }) => endpointLink(tenantId, endpointId)}
      columns={[
        {
          name: w.overview.endpoint,
          cell: ({ description, target, endpointId }) => visible(description || target || endpointId),
        },
        { name: w.overview.tenant, cell: ({ tenantId, tenantName }) => visible(tenantName ?? tenantId) },
        { name: w.overview.state, cell: (endpoint) => <FailingState of={endpoint} /> },
        {
          name: w.overview.failingSince,
          cell: ({ failingSince }) => failingSince && <Time at={failingSince} />,
        },
        { name: w.overview.budget, cell: ({ budget }) => budget && <Budget used={budget.usedPercent} /> },
      ]}
    />
  );
}

/** State of an endpoint that is not well. */
export function FailingState({
  of: { state, stateReason, heldUntil, failingSince },
}: {
  of: Pick<FailingEndpoint, "stateReason" | "heldUntil" | "failingSince"> & { state: string };
}) {
  if (state === "enabled" && heldUntil) {
    return (
      <Mark tone="warn" icon="pause">
        {w.overview.heldUntil} <Time at={heldUntil} />
      </Mark>
    );
  }
  if (state === "enabled" && failingSince) {
    return (
      <Mark tone="warn" icon="failures">
        {w.overview.fails}
      </Mark>
    );
  }
  const reason = w.overview.disabledFor[stateReason ?? ""];
  return state === "disabled" && reason !== undefined ? (
    <Mark tone="bad" icon="stop">
      {reason}
    </Mark>
  ) : (
    <EndpointState state={state} />
  );
}

/** Share of the failure budget that is used. */
function Budget({ used }: { used: number }) {
  return (
    <span class="budget">
      <meter min={0} max={100} high={70} value={used} aria-label={w.overview.budget} /> {percent(used / 100)}
    </span>
  );
}
