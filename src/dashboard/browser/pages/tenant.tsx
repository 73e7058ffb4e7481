import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { Facts } from "../parts/facts.tsx";
import { bytes, count, visible } from "../parts/format.ts";
import { LastActs } from "../parts/last-acts.tsx";
import { OutcomesSpan } from "../parts/outcomes.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Shown } from "../parts/shown.tsx";
import { TenantFigures, useTenantNow } from "../parts/tenant-figures.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";
import { QUOTAS, TenantActions } from "./tenant-actions.tsx";
import { TenantState } from "./tenants.tsx";

type Tenant = Answer<"/v1/tenants/{tenant}">;
type Now = Answer<"/v1/tenants/{tenant}/now">;

/** One tenant: how it stands, its figures, and what can be done with it. */
export function TenantPage({ params: { tenant: id = "" } }: { params: Readonly<Record<string, string>> }) {
  const tenant = useRead("/v1/tenants/{tenant}", { params: { tenant: id }, every: EVERY.lists });
  const now = useTenantNow(id);
  const { data } = tenant;
  return (
    <Page
      title={visible(data?.name ?? id)}
      above={[{ name: w.tenants.title, href: linkTo(["t"]) }]}
      actions={data && <TenantActions tenant={data} now={now.data} />}
    >
      <Shown reading={tenant}>
        {(found) => (
          <>
            <div class="row apart">
              <span class="row">
                <code>{visible(found.id)}</code> <TenantState state={found.state} />
              </span>
              <OutcomesSpan />
            </div>
            <TenantFigures tenant={id} now={now} isPaused={found.state === "paused"} />
            <div class="columns">
              <Section title={w.tenants.facts}>
                <TenantFacts tenant={found} now={now.data} />
              </Section>
              <LastActs tenant={id} />
            </div>
          </>
        )}
      </Shown>
    </Page>
  );
}

function TenantFacts({
  tenant: { quota, notifyEmail, senders, createdAt },
  now,
}: {
  tenant: Tenant;
  now: Now | undefined;
}) {
  const limits = QUOTAS.flatMap(([name, counted]) => {
    const most = quota?.[name];
    if (most === undefined) return [];
    const text = counted === "bytes" ? bytes : count;
    const used = now?.today?.[counted] ?? 0;
    return [[w.tenants.quotas[name], w.tenants.usedOf(text(used), text(most))] as const];
  });
  return (
    <Facts
      facts={[
        [w.tenants.total, now && count(now.messages.total)],
        [w.tenants.purged, now && count(now.messages.purged)],
        [w.tenants.created, <Time at={createdAt} />],
        [w.tenants.notifyEmail, notifyEmail && visible(notifyEmail)],
        [w.tenants.senders, senders && visible(senders.join(", "))],
        ...limits,
      ]}
    />
  );
}
