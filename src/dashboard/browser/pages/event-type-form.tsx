import { useEffect, useState } from "preact/hooks";
import { type Answer, Problem, parseExactly, write } from "../api.ts";
import { Example } from "../parts/example.tsx";
import { Submit, TextField } from "../parts/fields.tsx";
import { visible } from "../parts/format.ts";
import { Page } from "../parts/page.tsx";
import { say } from "../parts/said.tsx";
import { Refused, Shown } from "../parts/shown.tsx";
import { tenantLink, useRefusal } from "../parts/signed-in.tsx";
import { askAgain, useRead } from "../query.ts";
import { go } from "../router.ts";
import { w } from "../words/words.ts";

type EventType = NonNullable<Answer<"/v1/tenants/{tenant}/event-types/{eventType}">>;
type Params = Readonly<Record<string, string>>;

/** Form of a new event type. */
export function NewEventTypePage({ params: { tenant = "" } }: { params: Params }) {
  const t = w.eventTypes;
  const above = [{ name: t.title, href: tenantLink(tenant, ["types"]) }];
  return (
    <Page title={t.create} above={above}>
      <Form tenant={tenant} />
    </Page>
  );
}

/** Form of an event type that there is. */
export function EditEventTypePage({ params: { tenant = "", eventType = "" } }: { params: Params }) {
  const t = w.eventTypes;
  const reading = useRead("/v1/tenants/{tenant}/event-types/{eventType}", { params: { tenant, eventType } });
  const above = [
    { name: t.title, href: tenantLink(tenant, ["types"]) },
    { name: visible(eventType), href: tenantLink(tenant, ["et", eventType]) },
  ];
  return (
    <Page title={t.editTitle(visible(eventType))} above={above}>
      <Shown reading={reading}>{(type) => <Form tenant={tenant} type={type} />}</Shown>
    </Page>
  );
}

interface Draft {
  name: string;
  description: string | null;
  schema: unknown;
}

function Form({ tenant, type }: { tenant: string; type?: EventType }) {
  const t = w.eventTypes;
  const [name, setName] = useState(type?.name ?? "");
  const [description, setDescription] = useState(type?.description ?? "");
  const [text, setText] = useState(type?.schema == null ? "" : JSON.stringify(type.schema, null, 2));
  const { schema, wrong } = parsed(text);
  const draft = { name: name.trim(), description: description.trim() || null, schema };
  const send = (dryRun: boolean) => save(tenant, type, { ...draft, dryRun });
  const { problem, isBusy, tell } = useCheck(checkable(draft, wrong), () => send(true));
  const refused = useRefusal();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (wrong !== undefined || refused !== undefined) return;
    try {
      await send(false);
      await askAgain();
      go(tenantLink(tenant, ["et", draft.name]));
      say(type ? t.isChanged(visible(draft.name)) : t.isCreated(visible(draft.name)), "good");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      tell(error);
    }
  };
  const isEmpty = name === "" && type === undefined;
  return (
    <form class="columns" onSubmit={submit}>
      <div class="stack">
        {type === undefined && (
          <TextField
            label={t.name}
            path="name"
            hint={t.nameHint}
            required
            value={name}
            onValue={setName}
            problem={isEmpty ? undefined : problem}
          />
        )}
        <TextField
          label={t.description}
          path="description"
          hint={t.descriptionHint}
          rows={2}
          value={description}
          onValue={setDescription}
          problem={problem}
        />
        <TextField
          label={t.schema}
          path="schema"
          hint={t.schemaHint}
          rows={18}
          isCode
          value={text}
          onValue={setText}
          problem={wrong ?? problem}
        />
        <p class="small" role="status">
          {isBusy ? t.checking : !isEmpty && !wrong && !problem && t.fits}
        </p>
        {problem && problem.fields.length === 0 && <Refused error={problem} />}
        <div class="row">
          <Submit isBusy={false} refused={refused}>
            {type ? t.save : t.create}
          </Submit>
          {text === "" && (
            <button type="button" onClick={() => setText(JSON.stringify(TEMPLATE, null, 2))}>
              {t.insertExample}
            </button>
          )}
        </div>
      </div>
      <Example schema={schema} />
    </form>
  );
}

const TEMPLATE = {
  type: "object",
  required: ["orderId", "total"],
  properties: {
    orderId: { type: "string", examples: ["1001"] },
    total: { type: "number", minimum: 0 },
    customer: { type: "object", properties: { email: { type: "string", format: "email" } } },
  },
};

const UNTOUCHED = JSON.stringify({ name: "", description: null, schema: null });

/** What the API is to check of a draft: nothing while its schema is no JSON, or before anything is typed. */
function checkable(draft: Draft, wrong: Problem | undefined): string | undefined {
  const text = JSON.stringify(draft);
  return wrong || text === UNTOUCHED ? undefined : text;
}

function save(tenant: string, type: EventType | undefined, { name, ...body }: Draft & { dryRun: boolean }) {
  if (!type) {
    return write("post", "/v1/tenants/{tenant}/event-types", { params: { tenant }, body: { name, ...body } });
  }
  const params = { tenant, eventType: type.name };
  return write("patch", "/v1/tenants/{tenant}/event-types/{eventType}", { params, body });
}

/** The schema of a text, or why it is none. */
function parsed(text: string): { schema: unknown; wrong?: Problem } {
  if (text.trim() === "") return { schema: null };
  try {
    return { schema: parseExactly(text) };
  } catch (error) {
    const message = w.eventTypes.noJson((error as Error).message);
    return { schema: null, wrong: new Problem(0, { errors: [{ path: "schema", message }] }) };
  }
}

const PAUSE_MS = 500;

/** Has the API check a draft once it stays as it is. `tell`: shows another refusal, until the draft changes. */
function useCheck(draft: string | undefined, check: () => Promise<unknown>) {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    setProblem(undefined);
    setBusy(draft !== undefined);
    if (draft === undefined) return;
    let isCurrent = true;
    const run = async () => {
      const error = await check().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!isCurrent) return;
      setBusy(false);
      if (error instanceof Problem) setProblem(error);
      else if (error) throw error;
    };
    const timer = setTimeout(() => void run(), PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [draft]);
  return { problem, isBusy, tell: setProblem };
}
