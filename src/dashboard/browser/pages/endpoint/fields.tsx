import type { Problem } from "../../api.ts";
import { SURFACE } from "../../base.ts";
import { isChat } from "../../parts/chat.ts";
import { complaintsAbout, SelectField, TextField, Tick } from "../../parts/fields.tsx";
import { w } from "../../words/words.ts";
import { choices } from "../lists.tsx";
import { type Form, moves, scheduleOf } from "./form.ts";
import type { Endpoint } from "./paths.ts";
import { RetryLine } from "./retry-line.tsx";
import { TypePicker } from "./type-picker.tsx";

interface Props {
  tenant: string;
  form: Form;
  onForm: (form: Form) => void;
  problem: Problem | undefined;
  /** The endpoint that is changed, and its form before; undefined: a new one is made. */
  base?: { endpoint: Endpoint; form: Form };
}

/** What stands behind "Advanced": it opens when the API complains about any of it. */
const ADVANCED = [
  "headers",
  "secretHeaders",
  "retrySchedule",
  "order",
  "giveUpOn",
  "payloadFormat",
  "rateLimit",
  "maxConcurrency",
];

/** Settings of an endpoint. A tenant's portal leaves out those of the operator. */
export function EndpointFields({ tenant, form, onForm, problem, base }: Props) {
  const set = (values: Partial<Form>) => onForm({ ...form, ...values });
  const isBad = ADVANCED.some((path) => complaintsAbout(path, problem).length > 0);
  const isWebhook = form.channel === "webhook";
  const formats = choices(w.endpoints.formats).filter(({ value }) => !base || mayBecome(base.form, value));
  const text = (name: "description" | "rateLimit" | "maxConcurrency" | "giveUpOn", hint?: string) => (
    <TextField
      label={w.endpoints.fields[name]}
      path={name}
      hint={hint}
      problem={problem}
      value={form[name]}
      onValue={(value) => set({ [name]: value })}
    />
  );
  return (
    <>
      <Target {...{ form, set, problem }} />
      {base && moves(form, base.form) && <SigningSecret {...{ form, set, problem }} />}
      {!base?.endpoint.builtIn && (
        <TypePicker
          {...{ tenant, problem }}
          value={form.eventTypes}
          onValue={(eventTypes) => set({ eventTypes })}
        />
      )}
      {text("description")}
      <details class="advanced" open={isBad}>
        <summary>{w.endpoints.advanced}</summary>
        <div class="stack">
          {!base && (
            <SelectField
              label={w.dead.channel}
              path="channel"
              problem={problem}
              value={form.channel}
              onValue={(channel) => set({ channel: channel as Form["channel"] })}
              options={choices(w.dead.channels).slice(0, 2)}
            />
          )}
          {isWebhook && <Headers {...{ form, set, problem }} names={base?.endpoint.secretHeaders ?? null} />}
          <Retries {...{ form, set, problem }} />
          {isWebhook && text("giveUpOn", w.endpoints.giveUpHint)}
          {isWebhook && formats.length > 0 && (
            <SelectField
              label={w.endpoints.fields.payloadFormat}
              path="payloadFormat"
              hint={w.endpoints.formatHints[form.payloadFormat as "raw"]}
              problem={problem}
              value={form.payloadFormat}
              onValue={(payloadFormat) => set({ payloadFormat })}
              options={formats}
            />
          )}
          {SURFACE === "ui" && (
            <>
              <SelectField
                label={w.endpoints.fields.order}
                path="order"
                hint={w.endpoints.orderHints[form.order as "strict"]}
                problem={problem}
                value={form.order}
                onValue={(order) => set({ order })}
                options={choices(w.endpoints.orders)}
              />
              {text("rateLimit", w.endpoints.rateHint)}
              {text("maxConcurrency", w.endpoints.concurrencyHint)}
            </>
          )}
        </div>
      </details>
    </>
  );
}

/** A signed webhook stays one, and a chat stays as it is. */
function mayBecome({ payloadFormat }: Form, format: string): boolean {
  return !isChat(payloadFormat) && !isChat(format);
}

interface PartProps {
  form: Form;
  set: (values: Partial<Form>) => void;
  problem: Problem | undefined;
}

function Target({ form, set, problem }: PartProps) {
  if (form.channel === "handler") return null;
  const path = form.channel === "webhook" ? "url" : "address";
  return (
    <TextField
      label={w.endpoints.fields[path]}
      path={path}
      hint={path === "url" && isChat(form.payloadFormat) ? w.endpoints.chatHint : undefined}
      problem={problem}
      value={form.target}
      onValue={(target) => set({ target })}
      placeholder={path === "url" ? "https://example.com/webhooks" : "ops@example.com"}
    />
  );
}

function SigningSecret({ form, set, problem }: PartProps) {
  return (
    <SelectField
      label={w.endpoints.fields.signingSecret}
      path="signingSecret"
      hint={w.endpoints.moveHint}
      problem={problem}
      value={form.signingSecret}
      onValue={(value) => set({ signingSecret: value as Form["signingSecret"] })}
      options={[{ value: "", label: w.endpoints.chooseFate }, ...choices(w.endpoints.fates)]}
    />
  );
}

function Headers({ form, set, problem, names }: PartProps & { names: readonly string[] | null }) {
  return (
    <>
      <TextField
        label={w.endpoints.fields.headers}
        path="headers"
        hint={w.endpoints.headersHint}
        problem={problem}
        rows={2}
        placeholder="x-team: blue"
        value={form.headers}
        onValue={(headers) => set({ headers })}
      />
      <TextField
        label={w.endpoints.fields.secretHeaders}
        path="secretHeaders"
        hint={names ? w.endpoints.secretHeadersSet(names.join(", ")) : w.endpoints.secretHeadersHint}
        problem={problem}
        rows={2}
        placeholder="authorization: Bearer …"
        value={form.secretHeaders}
        onValue={(secretHeaders) => set({ secretHeaders })}
      />
      {names && (
        <Tick
          label={w.endpoints.dropSecretHeaders}
          checked={form.dropsSecretHeaders}
          onChecked={(dropsSecretHeaders) => set({ dropsSecretHeaders })}
        />
      )}
    </>
  );
}

function Retries({ form, set, problem }: PartProps) {
  const waits = scheduleOf(form);
  return (
    <>
      <SelectField
        label={w.endpoints.fields.retrySchedule}
        value={form.retries}
        onValue={(retries) => set({ retries: retries as Form["retries"] })}
        options={choices(w.endpoints.retries)}
      />
      {form.retries === "own" && (
        <TextField
          label={w.endpoints.waits}
          path="retrySchedule"
          hint={w.endpoints.waitsHint}
          problem={problem}
          placeholder="5s 5m 30m 2h 5h 10h 10h"
          value={form.waits}
          onValue={(waits) => set({ waits })}
        />
      )}
      {waits?.every((wait) => typeof wait === "number") && <RetryLine waits={waits} />}
    </>
  );
}
