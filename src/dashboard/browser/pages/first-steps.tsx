import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Arrivals, Emails } from "../../inspector/answers.ts";
import { EVERY } from "../live.ts";
import { Code, Curl } from "../parts/curl.tsx";
import { Mark } from "../parts/marks.tsx";
import { Page } from "../parts/page.tsx";
import { Shown } from "../parts/shown.tsx";
import { messageLink } from "../parts/signed-in.tsx";
import { useAddress, useRead } from "../query.ts";
import { linkTo } from "../router.ts";
import {
  type Example,
  MAILBOX,
  Make,
  newEmail,
  newEndpoint,
  newMessage,
  newTenant,
  RECEIVER,
  receiverUrl,
} from "./inspector-parts.tsx";
import { i } from "./inspector-words.ts";

const TOKEN = "TOKEN=$(sed -n 's/^OPERATOR_TOKEN=//p' .dev.vars)";

/** The first steps on a page of their own. */
export function FirstStepsPage() {
  return (
    <Page title={i.firstSteps}>
      <FirstSteps />
    </Page>
  );
}

/** The way from nothing to a delivered message, and to an e-mail: each step with its button, its line and its tick. */
export function FirstSteps() {
  const { tenants, tenant, endpoint, message, isSeen, hasEmail, isKept } = useProgress();
  const s = i.steps;
  const isDelivered = (message?.states.delivered ?? 0) > 0;
  const isDone = isDelivered && isSeen;
  const owner = tenant ?? "acme";
  const stateOf = (isDone: boolean, isPossible: boolean) => (isDone ? "done" : isPossible ? "next" : "later");
  const list = useFocusOnNext([tenant, endpoint?.id, isDone].filter(Boolean).length);
  return (
    <Shown reading={tenants}>
      {() => (
        <div class="stack lead">
          <p>{i.intro}</p>
          <ol class="steps" ref={list}>
            <Step title={s.tenant} state={stateOf(tenant !== undefined, true)} example={newTenant}>
              <p>{tenant === undefined ? s.tenantIs : s.tenantDone(tenant)}</p>
              {tenant === undefined && (
                <Make primary label={s.makeTenant} done={s.tenantDone(owner)} example={newTenant} />
              )}
            </Step>
            <Step
              title={s.endpoint}
              state={stateOf(endpoint !== undefined, tenant !== undefined)}
              example={newEndpoint(owner)}
            >
              <p>{s.endpointIs}</p>
              {endpoint === undefined && (
                <Make primary label={i.makeEndpoint} done={i.madeEndpoint} example={newEndpoint(owner)} />
              )}
            </Step>
            <Step
              title={s.message}
              state={stateOf(isDone, endpoint !== undefined)}
              example={newMessage(owner)}
            >
              <p>{s.messageIs}</p>
              <Make
                primary={!isDone}
                label={i.sendMessage}
                done={i.sentMessage}
                example={newMessage(owner)}
              />
              <p class="row">
                <Tick isDone={message !== undefined}>{s.committed}</Tick>
                <Tick isDone={isDelivered}>{s.delivered}</Tick>
                <Tick isDone={isSeen}>{s.seen}</Tick>
              </p>
              {message && <a href={messageLink(owner, message.id)}>{s.toMessage}</a>}
              {isSeen && <a href={linkTo(["dev", "receiver"])}>{s.toReceiver}</a>}
            </Step>
            {isKept && (
              <Step title={s.email} state={stateOf(hasEmail, tenant !== undefined)} example={newEmail(owner)}>
                <p>{s.emailIs}</p>
                <Make label={i.sendEmail} done={i.sentEmail} example={newEmail(owner)} />
                {hasEmail && <a href={linkTo(["dev", "mailbox"])}>{s.toMailbox}</a>}
              </Step>
            )}
          </ol>
          <p>{i.tokenLine}</p>
          <Code text={TOKEN} of="TOKEN" />
        </div>
      )}
    </Shown>
  );
}

/** Moves the focus to the button of the next step when that of the one before has gone. */
function useFocusOnNext(done: number) {
  const list = useRef<HTMLOListElement>(null);
  const before = useRef(done);
  useEffect(() => {
    const isGone = document.activeElement === document.body;
    if (before.current !== done && isGone) list.current?.querySelector<HTMLElement>(".next button")?.focus();
    before.current = done;
  }, [done]);
  return list;
}

/** How far one is: found by reading, so that a step made by curl counts as well. */
function useProgress() {
  const every = EVERY.open;
  const tenants = useRead("/v1/tenants", { query: { limit: 1 }, every });
  const tenant = tenants.data?.data[0]?.id;
  const ofTenant = <P extends string>(path: P) => (tenant === undefined ? undefined : path);
  const options = { params: { tenant: tenant ?? "" }, every };
  const endpoints = useRead(ofTenant("/v1/tenants/{tenant}/endpoints"), options);
  const messages = useRead(ofTenant("/v1/tenants/{tenant}/messages"), options);
  const arrivals = useAddress<Arrivals>(RECEIVER, every);
  const emails = useAddress<Emails>(MAILBOX, every);
  const isHere = (url: unknown) => typeof url === "string" && url.startsWith(receiverUrl(""));
  const events = messages.data?.data.filter(({ eventType }) => eventType !== "email") ?? [];
  return {
    tenants,
    tenant,
    endpoint: endpoints.data?.data.find((one) => "url" in one && isHere(one.url)),
    message: events.find(({ states }) => (states.delivered ?? 0) > 0) ?? events[0],
    isSeen: (arrivals.data?.data.length ?? 0) > 0,
    hasEmail: (emails.data?.data.length ?? 0) > 0,
    isKept: (emails.data?.sentTo ?? null) === null,
  };
}

interface StepProps {
  title: string;
  state: "done" | "next" | "later";
  example: Example;
  children: ComponentChildren;
}

function Step({ title, state, example, children }: StepProps) {
  return (
    <li class={`panel ${state}`}>
      <h2>
        {title} <Tick isDone={state === "done"}>{i[state]}</Tick>
      </h2>
      {state !== "later" && (
        <>
          {children}
          <details>
            <summary>{i.withCurl}</summary>
            <Curl method="POST" path={example.path} body={example.body} />
          </details>
        </>
      )}
    </li>
  );
}

function Tick({ isDone, children }: { isDone: boolean; children: ComponentChildren }) {
  return (
    <Mark tone={isDone ? "good" : "plain"} icon={isDone ? "check" : "clock"}>
      {children}
    </Mark>
  );
}
