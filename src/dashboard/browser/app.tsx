import type { ComponentType } from "preact";
import { SURFACE } from "./base.ts";
import { ActivityPage } from "./pages/activity.tsx";
import { ActsPage } from "./pages/acts.tsx";
import { FailingPage } from "./pages/failing.tsx";
import { MessagesPage } from "./pages/messages.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { SystemPage } from "./pages/system.tsx";
import { TenantPage } from "./pages/tenant.tsx";
import { TenantsPage } from "./pages/tenants.tsx";
import { Frame } from "./parts/frame.tsx";
import { Page } from "./parts/page.tsx";
import { Empty } from "./parts/shown.tsx";
import { useSession } from "./parts/signed-in.tsx";
import { match, usePlace } from "./router.ts";
import { w } from "./words/words.ts";

/** A page gets the values of its pattern's names. In the portal, `tenant` is that of the session. */
type Route = readonly [pattern: string, page: ComponentType<{ params: Readonly<Record<string, string>> }>];

const OF_TENANT: readonly Route[] = [["messages", MessagesPage]];

const UI: readonly Route[] = [
  ["", OverviewPage],
  ["failing", FailingPage],
  ["acts", ActsPage],
  ["system", SystemPage],
  ["t", TenantsPage],
  ["t/:tenant", TenantPage],
  ["t/:tenant/acts", ActsPage],
  ...OF_TENANT.map(([pattern, page]) => [`t/:tenant/${pattern}`, page] as const),
];

const PORTAL: readonly Route[] = [["activity", ActivityPage], ...OF_TENANT];

/** The page of the current address, in its frame. */
export function App() {
  const { segments } = usePlace();
  const { tenant } = useSession();
  for (const [pattern, Component] of SURFACE === "ui" ? UI : PORTAL) {
    const params = match(pattern, segments);
    if (!params) continue;
    const known: Record<string, string> = tenant ? { ...params, tenant: tenant.id } : params;
    return (
      <Frame>
        <Component key={JSON.stringify(known)} params={known} />
      </Frame>
    );
  }
  return (
    <Frame>
      <Page title={w.common.noPage}>
        <Empty title={w.common.noPageDetail} />
      </Page>
    </Frame>
  );
}
