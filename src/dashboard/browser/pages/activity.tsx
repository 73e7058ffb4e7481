import { OutcomesSpan } from "../parts/outcomes.tsx";
import { Page } from "../parts/page.tsx";
import { TenantFigures, useTenantNow } from "../parts/tenant-figures.tsx";
import { w } from "../words/words.ts";

/** What a tenant's messages have come to, for the tenant itself. */
export function ActivityPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const now = useTenantNow(tenant);
  return (
    <Page title={w.tenants.activity} actions={<OutcomesSpan />}>
      <TenantFigures tenant={tenant} now={now} />
    </Page>
  );
}
