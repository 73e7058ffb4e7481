import type { Answer } from "../api.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";
import { count, visible } from "./format.ts";
import type { IconName } from "./icons.tsx";
import { Mark } from "./marks.tsx";
import { Table } from "./table.tsx";
import { Time } from "./time.tsx";

type TroubledTenant = Answer<"/v1/troubles">["data"][number];
export type Trouble = TroubledTenant["troubles"][number]["trouble"];

/** The look of a trouble, and the page of a tenant that shows it. */
const KINDS: Record<
  Trouble,
  [tone: "bad" | "warn", icon: IconName, page: string, query?: Record<string, string>]
> = {
  late: ["bad", "clock", "deliveries", { state: "pending" }],
  blockedKeys: ["bad", "blocked", "blocked"],
  complaints: ["bad", "emails", "emails", { status: "complained" }],
  disabledEndpoints: ["bad", "stop", "endpoints", { state: "disabled" }],
  heldEndpoints: ["warn", "pause", "endpoints"],
  failingEndpoints: ["warn", "failures", "endpoints"],
  deadLetters: ["bad", "dead", "dead"],
};

/** The page of a tenant that shows a trouble of it. */
export function troubleLink(tenant: string, trouble: Trouble): string {
  const [, , page, query] = KINDS[trouble];
  return linkTo(["t", tenant, page], query);
}

/** Troubles of a tenant, each a link to what it counts. */
export function TroubleMarks({
  of: { tenantId, troubles },
}: {
  of: Pick<TroubledTenant, "tenantId" | "troubles">;
}) {
  return (
    <span class="marks">
      {troubles.map(({ trouble, count: n, capped }) => {
        const [tone, icon] = KINDS[trouble];
        return (
          <a key={trouble} href={troubleLink(tenantId, trouble)}>
            <Mark tone={tone} icon={icon}>
              {w.overview.troubles[trouble](count(n ?? 0, capped))}
            </Mark>
          </a>
        );
      })}
    </span>
  );
}

/** Tenants with trouble, the worst first. */
export function TroubledTenants({ tenants }: { tenants: readonly TroubledTenant[] }) {
  return (
    <Table
      label={w.overview.tenants}
      rows={tenants}
      keyOf={({ tenantId }) => tenantId}
      hrefOf={({ tenantId }) => linkTo(["t", tenantId])}
      columns={[
        { name: w.overview.tenant, cell: ({ tenantId, tenantName }) => visible(tenantName ?? tenantId) },
        { name: w.overview.wrong, cell: (tenant) => <TroubleMarks of={tenant} /> },
        { name: w.overview.since, cell: ({ troubles }) => <Since of={troubles} /> },
      ]}
    />
  );
}

function Since({ of: troubles }: { of: TroubledTenant["troubles"] }) {
  const [first] = troubles.flatMap(({ since }) => since ?? []).toSorted();
  return first === undefined ? null : <Time at={first} />;
}
