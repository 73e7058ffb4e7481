import { useMemo, useState } from "preact/hooks";
import { Problem, parseExactly, write } from "../api.ts";
import { exampleOf } from "../example.ts";
import { newKey } from "../new-key.ts";
import type { Message } from "../parts/delivery.ts";
import { BUILT_IN, type Endpoints, useEndpoints } from "../parts/endpoints.ts";
import { useEventTypes } from "../parts/event-types.ts";
import { Field, TextField, Tick } from "../parts/fields.tsx";
import { count } from "../parts/format.ts";
import { Page } from "../parts/page.tsx";
import { say } from "../parts/said.tsx";
import { Refused, Shown } from "../parts/shown.tsx";
import { messageLink, tenantLink, useRefusal } from "../parts/signed-in.tsx";
import { useRead } from "../query.ts";
import { go, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** The form for a new message: empty, or filled with another one. */
export function SendPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const from = usePlace().query.get("from");
  const reading = useRead(from === null ? undefined : "/v1/tenants/{tenant}/messages/{message}", {
    params: { tenant, message: from ?? "" },
  });
  return (
    <Page
      title={w.sending.title}
      above={[{ name: w.messages.title, href: tenantLink(tenant, ["messages"]) }]}
    >
      {from === null ? (
        <Form tenant={tenant} first={draftOf({ eventType: "", payload: {}, deliveries: [] })} />
      ) : (
        <Shown reading={reading}>{(message) => <Form tenant={tenant} first={draftOf(message)} />}</Shown>
      )}
    </Page>
  );
}

/** A message as it is typed. */
interface Draft {
  eventType: string;
  payload: string;
  orderingKey: string;
  deliverAt: string;
  idempotencyKey: string;
  /** Ids of the endpoints that alone get it. */
  only: readonly string[];
}

function draftOf(
  from: Pick<Message, "eventType" | "payload" | "deliveries"> & Partial<Pick<Message, "orderingKey">>,
): Draft {
  return {
    eventType: from.eventType,
    payload: JSON.stringify(from.payload, null, 2) ?? "",
    orderingKey: from.orderingKey ?? "",
    deliverAt: "",
    idempotencyKey: "",
    // They get messages by name alone.
    only: from.deliveries.map(({ endpointId }) => endpointId).filter((id) => BUILT_IN.test(id)),
  };
}

/** Commits the message. `key`: idempotency key of the form, if none was typed. */
function commit(tenant: string, draft: Draft, payload: unknown, key: string) {
  const { eventType, orderingKey, deliverAt, only } = draft;
  return write("post", "/v1/tenants/{tenant}/messages", {
    params: { tenant },
    headers: { "idempotency-key": draft.idempotencyKey || key },
    body: {
      eventType,
      payload,
      ...(orderingKey && { orderingKey }),
      ...(deliverAt && { deliverAt: new Date(deliverAt).toISOString() }),
      ...(only.length > 0 && { endpointIds: [...only] }),
    },
  });
}

function Form({ tenant, first }: { tenant: string; first: Draft }) {
  const [draft, setDraft] = useState(first);
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  // A repetition of the same draft commits nothing more; a changed one is another message.
  const key = useMemo(newKey, [JSON.stringify(draft)]);
  const lacking = useRefusal("messages:write");
  const parsed = parse(draft.payload);

  const send = async (payload: unknown) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { id, deliveries, duplicate, emails } = await commit(tenant, draft, payload, key);
      go(emails && !duplicate ? tenantLink(tenant, ["emails"]) : messageLink(tenant, id));
      if (duplicate) say(w.sending.duplicate, "bad");
      else if (emails) say(w.sending.each(count(emails.length)), "good");
      else say(w.sending.done(count(deliveries)), "good");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <form
      class="panel stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (lacking !== undefined) say(lacking);
        else if (!isBusy && parsed) void send(parsed.value);
      }}
    >
      <Fields {...{ tenant, draft, problem }} change={(change) => setDraft({ ...draft, ...change })} />
      {problem && <Refused error={problem} />}
      <div>
        <button
          type="submit"
          class="primary"
          disabled={isBusy || !parsed}
          aria-disabled={lacking !== undefined}
          title={lacking}
        >
          {isBusy ? w.common.working : w.sending.submit}
        </button>
      </div>
    </form>
  );
}

interface FieldsProps {
  tenant: string;
  draft: Draft;
  problem: Problem | undefined;
  change: (change: Partial<Draft>) => void;
}

function Fields({ tenant, draft, problem, change }: FieldsProps) {
  const endpoints = useEndpoints(tenant);
  const types = useEventTypes(tenant);
  const schema = types.find(({ name }) => name === draft.eventType)?.schema;
  const text = (name: "orderingKey" | "deliverAt" | "idempotencyKey", label: string) => ({
    label,
    path: name === "idempotencyKey" ? "Idempotency-Key" : name,
    problem,
    value: draft[name],
    onValue: (value: string) => change({ [name]: value }),
  });
  return (
    <>
      <Field label={w.messages.eventType} path="eventType" problem={problem}>
        {(control) => (
          <input
            {...control}
            value={draft.eventType}
            list="event-types"
            required
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => change({ eventType: event.currentTarget.value })}
          />
        )}
      </Field>
      <datalist id="event-types">
        {types.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <TextField
        label={w.sending.payload}
        path="payload"
        rows={12}
        value={draft.payload}
        onValue={(payload) => change({ payload })}
        problem={problem}
        hint={parse(draft.payload) ? w.sending.payloadHint : <Wrong json={draft.payload} />}
      />
      {schema != null && (
        <div>
          <button
            type="button"
            onClick={() => change({ payload: JSON.stringify(exampleOf(schema), null, 2) })}
          >
            {w.sending.example}
          </button>
        </div>
      )}
      <div class="fields">
        <TextField {...text("orderingKey", w.messages.orderingKey)} hint={w.sending.orderingKeyHint} />
        <TextField {...text("deliverAt", w.sending.deliverAt)} type="datetime-local" />
        <TextField {...text("idempotencyKey", w.sending.idempotencyKey)} hint={w.sending.idempotencyHint} />
      </div>
      <Only endpoints={endpoints} chosen={draft.only} choose={(only) => change({ only })} />
    </>
  );
}

interface OnlyProps {
  endpoints: Endpoints;
  chosen: readonly string[];
  choose: (chosen: readonly string[]) => void;
}

function Only({ endpoints: { list, nameOf }, chosen, choose }: OnlyProps) {
  return (
    <details open={chosen.length > 0}>
      <summary>{w.sending.only}</summary>
      <div class="stack">
        <p class="small">{w.sending.onlyHint}</p>
        {[...new Set([...chosen, ...list.map(({ id }) => id)])].map((id) => (
          <Tick
            key={id}
            label={nameOf(id)}
            checked={chosen.includes(id)}
            onChecked={(isIt) => choose(isIt ? [...chosen, id] : chosen.filter((one) => one !== id))}
          />
        ))}
      </div>
    </details>
  );
}

/** The value of a JSON text; undefined: it is no JSON. */
function parse(json: string): { value: unknown } | undefined {
  try {
    return { value: parseExactly(json) };
  } catch {
    return undefined;
  }
}

/** Place at which a text stops to be JSON, in the words of the browser. */
function Wrong({ json }: { json: string }) {
  try {
    JSON.parse(json);
    return null;
  } catch (error) {
    return <span class="wrong">{w.sending.notJson((error as Error).message)}</span>;
  }
}
