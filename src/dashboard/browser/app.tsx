import type { ComponentType } from "preact";
import { IS_DEVELOPMENT, SURFACE } from "./base.ts";
import { Frame } from "./parts/frame.tsx";
import { inspector } from "./parts/inspector.ts";
import { loaded, pagesOf } from "./parts/loaded.tsx";
import { Page } from "./parts/page.tsx";
import { Empty } from "./parts/shown.tsx";
import { useSession } from "./parts/signed-in.tsx";
import { match, usePlace } from "./router.ts";
import { w } from "./words/words.ts";

/** A page gets the values of its pattern's names. In the portal, `tenant` is that of the session. */
type Route = readonly [pattern: string, page: ComponentType<{ params: Readonly<Record<string, string>> }>];

const overviews = pagesOf(() => import("./pages/overviews.ts"));
const system = pagesOf(() => import("./pages/system.tsx"));
const sent = pagesOf(() => import("./pages/sent.ts"));
const message = pagesOf(() => import("./pages/message.tsx"));
const sending = pagesOf(() => import("./pages/sending.ts"));
const trouble = pagesOf(() => import("./pages/trouble.ts"));
const targetForm = pagesOf(() => import("./pages/target-form.ts"));
const target = pagesOf(() => import("./pages/target.ts"));
const targets = pagesOf(() => import("./pages/targets.ts"));
const registered = pagesOf(() => import("./pages/registered.ts"));

const OF_TENANT: readonly Route[] = [
  ["messages", loaded(sent, "MessagesPage")],
  ["messages/new", loaded(sending, "SendPage")],
  ["m/:message", loaded(message, "MessagePage")],
  ["deliveries", loaded(sent, "DeliveriesPage")],
  ["types", loaded(registered, "EventTypesPage")],
  ["et/:eventType", loaded(registered, "EventTypePage")],
  ["dead", loaded(trouble, "DeadLettersPage")],
  ["blocked", loaded(trouble, "BlockedPage")],
  ["endpoints", loaded(targets, "EndpointsPage")],
  ["endpoints/new", loaded(targetForm, "NewEndpointPage")],
  ["e/:endpoint", loaded(target, "EndpointPage")],
];

/** Pages of a tenant that only an operator has. */
const OF_OPERATOR: readonly Route[] = [
  ["acts", loaded(overviews, "ActsPage")],
  ["emails", loaded(sent, "EmailsPage")],
  ["failures", loaded(trouble, "FailuresPage")],
  ["handlers", loaded(targets, "HandlersPage")],
  ["types/new", loaded(registered, "NewEventTypePage")],
  ["et/:eventType/edit", loaded(registered, "EditEventTypePage")],
  ["tokens", loaded(registered, "TokensPage")],
];

const INSPECTOR: readonly Route[] = [
  ["dev/first", loaded(inspector, "FirstStepsPage")],
  ["dev/receiver", loaded(inspector, "ReceiverPage")],
  ["dev/mailbox", loaded(inspector, "MailboxPage")],
];

const UI: readonly Route[] = [
  ["", loaded(overviews, "OverviewPage")],
  ["dead", loaded(trouble, "DeadLettersOfAllPage")],
  ["failing", loaded(overviews, "FailingPage")],
  ["acts", loaded(overviews, "ActsPage")],
  ["system", loaded(system, "SystemPage")],
  ["t", loaded(overviews, "TenantsPage")],
  ["t/:tenant", loaded(overviews, "TenantPage")],
  ...[...OF_TENANT, ...OF_OPERATOR].map(([pattern, page]) => [`t/:tenant/${pattern}`, page] as const),
  ...(IS_DEVELOPMENT ? INSPECTOR : []),
];

const PORTAL: readonly Route[] = [
  ["", loaded(targets, "EndpointsPage")],
  ["activity", loaded(overviews, "ActivityPage")],
  ...OF_TENANT,
];

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
