import { useMemo, useState } from "preact/hooks";
import { write } from "../api.ts";
import { newKey } from "../new-key.ts";
import { isChat } from "../parts/chat.ts";
import { Submit } from "../parts/fields.tsx";
import { Page, Section } from "../parts/page.tsx";
import { say } from "../parts/said.tsx";
import { endpointLink, tenantLink, useRefusal } from "../parts/signed-in.tsx";
import { useRead } from "../query.ts";
import { go, usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Complaint } from "./endpoint/complaint.tsx";
import { EndpointFields } from "./endpoint/fields.tsx";
import { bodyOf, NEW } from "./endpoint/form.ts";
import { Head } from "./endpoint/head.tsx";
import { NewSecret } from "./endpoint/new-secret.tsx";
import { ENDPOINT, ENDPOINTS } from "./endpoint/paths.ts";
import { SendTest } from "./endpoint/send-test.tsx";
import { useSubmission } from "./endpoint/submission.ts";

interface Made {
  id: string;
  secret?: string | undefined;
  /** True for an answer to a repeated request, which lacks the secret. */
  isRepeated: boolean;
}

/** Makes an endpoint, and shows its secret once. */
export function NewEndpointPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const [made, setMade] = useState<Made>();
  const above = [{ name: w.nav.endpoints, href: tenantLink(tenant, ["endpoints"]) }];
  if (!made) {
    return (
      <Page title={w.endpoints.add} above={above}>
        <NewForm tenant={tenant} onMade={setMade} />
      </Page>
    );
  }
  return <MadeEndpoint {...{ tenant, made, above }} />;
}

interface MadeProps {
  tenant: string;
  made: Made;
  above: readonly { name: string; href: string }[];
}

function MadeEndpoint({ tenant, made, above }: MadeProps) {
  const { data: endpoint } = useRead(ENDPOINT, { params: { tenant, endpoint: made.id } });
  return (
    <Page title={w.endpoints.made} above={above}>
      {endpoint && <Head endpoint={endpoint} />}
      {made.secret ? (
        <NewSecret secret={made.secret} onKept={() => go(endpointLink(tenant, made.id))} />
      ) : (
        <p>
          {made.isRepeated && w.endpoints.secretLost}{" "}
          <a href={endpointLink(tenant, made.id)}>{w.endpoints.open}</a>
        </p>
      )}
      <Section title={w.endpoints.tryIt}>
        <SendTest tenant={tenant} endpoint={made.id} known={endpoint} />
      </Section>
    </Page>
  );
}

function NewForm({ tenant, onMade }: { tenant: string; onMade: (made: Made) => void }) {
  const refused = useRefusal();
  const chosen = usePlace().query.get("eventType");
  const [form, setForm] = useState(chosen === null ? NEW : { ...NEW, eventTypes: [chosen] });
  const { problem, isBusy, submit } = useSubmission();
  // A repetition of the same form makes no second endpoint.
  const key = useMemo(newKey, [form]);
  const create = async () => {
    const made = await write("post", ENDPOINTS, {
      params: { tenant },
      body: bodyOf(form) as never,
      headers: { "idempotency-key": key },
    });
    say(w.endpoints.made, "good");
    const isSigned = made.channel === "webhook" && !isChat(made.payloadFormat);
    onMade({ id: made.id, secret: made.secret, isRepeated: isSigned });
  };
  return (
    <form
      class="panel form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit(create);
      }}
    >
      <EndpointFields {...{ tenant, form, problem }} onForm={setForm} />
      <Complaint problem={problem} />
      <div>
        <Submit {...{ isBusy, refused }}>{w.endpoints.add}</Submit>
      </div>
    </form>
  );
}
