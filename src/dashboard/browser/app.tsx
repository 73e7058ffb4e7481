import type { ComponentType } from "preact";
import { IS_DEVELOPMENT, SURFACE } from "./base.ts";
import { ActivityPage } from "./pages/activity.tsx";
import { ActsPage } from "./pages/acts.tsx";
import { BlockedPage } from "./pages/blocked.tsx";
import { DeadLettersPage } from "./pages/dead-letters.tsx";
import { DeadLettersOfAllPage } from "./pages/dead-letters-of-all.tsx";
import { DeliveriesPage } from "./pages/deliveries.tsx";
import { EmailsPage } from "./pages/emails.tsx";
import { EndpointPage } from "./pages/endpoint.tsx";
import { NewEndpointPage } from "./pages/endpoint-new.tsx";
import { EndpointsPage } from "./pages/endpoints.tsx";
import { EventTypePage } from "./pages/event-type.tsx";
import { EditEventTypePage, NewEventTypePage } from "./pages/event-type-form.tsx";
import { EventTypesPage } from "./pages/event-types.tsx";
import { FailingPage } from "./pages/failing.tsx";
import { FailuresPage } from "./pages/failures.tsx";
import { HandlersPage } from "./pages/handlers.tsx";
import { MessagePage } from "./pages/message.tsx";
import { MessagesPage } from "./pages/messages.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { SendPage } from "./pages/send-message.tsx";
import { SystemPage } from "./pages/system.tsx";
import { TenantPage } from "./pages/tenant.tsx";
import { TenantsPage } from "./pages/tenants.tsx";
import { TokensPage } from "./pages/tokens.tsx";
import { Frame } from "./parts/frame.tsx";
import { FirstStepsPage, MailboxPage, ReceiverPage } from "./parts/inspected.tsx";
import { Page } from "./parts/page.tsx";
import { Empty } from "./parts/shown.tsx";
import { useSession } from "./parts/signed-in.tsx";
import { match, usePlace } from "./router.ts";
import { w } from "./words/words.ts";

/** A page gets the values of its pattern's names. In the portal, `tenant` is that of the session. */
type Route = readonly [pattern: string, page: ComponentType<{ params: Readonly<Record<string, string>> }>];

const OF_TENANT: readonly Route[] = [
  ["messages", MessagesPage],
  ["messages/new", SendPage],
  ["m/:message", MessagePage],
  ["deliveries", DeliveriesPage],
  ["types", EventTypesPage],
  ["et/:eventType", EventTypePage],
  ["dead", DeadLettersPage],
  ["endpoints", EndpointsPage],
  ["endpoints/new", NewEndpointPage],
  ["e/:endpoint", EndpointPage],
];

/** Pages of a tenant that only an operator has. */
const OF_OPERATOR: readonly Route[] = [
  ["acts", ActsPage],
  ["blocked", BlockedPage],
  ["emails", EmailsPage],
  ["failures", FailuresPage],
  ["handlers", HandlersPage],
  ["types/new", NewEventTypePage],
  ["et/:eventType/edit", EditEventTypePage],
  ["tokens", TokensPage],
];

const INSPECTOR: readonly Route[] = [
  ["dev/first", FirstStepsPage],
  ["dev/receiver", ReceiverPage],
  ["dev/mailbox", MailboxPage],
];

const UI: readonly Route[] = [
  ["", OverviewPage],
  ["dead", DeadLettersOfAllPage],
  ["failing", FailingPage],
  ["acts", ActsPage],
  ["system", SystemPage],
  ["t", TenantsPage],
  ["t/:tenant", TenantPage],
  ...[...OF_TENANT, ...OF_OPERATOR].map(([pattern, page]) => [`t/:tenant/${pattern}`, page] as const),
  ...(IS_DEVELOPMENT ? INSPECTOR : []),
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
