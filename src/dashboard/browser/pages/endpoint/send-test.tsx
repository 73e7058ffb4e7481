import { useState } from "preact/hooks";
import { type Answer, Problem, parseExactly, write } from "../../api.ts";
import { exampleOf } from "../../example.ts";
import { newKey } from "../../new-key.ts";
import { useEventTypes } from "../../parts/event-types.ts";
import { SelectField, Submit, TextField } from "../../parts/fields.tsx";
import { visible } from "../../parts/format.ts";
import { Refused } from "../../parts/shown.tsx";
import { useRefusal } from "../../parts/signed-in.tsx";
import { w } from "../../words/words.ts";
import { ENDPOINT, type Endpoint } from "./paths.ts";
import { TestResult } from "./test-result.tsx";

interface Props {
  tenant: string;
  endpoint: string;
  /** The endpoint as it is, once it is known. */
  known?: Endpoint | undefined;
  /** Offers the tenant's event types too. */
  isFull?: boolean;
}

/** Sends a test to an endpoint alone, and shows what comes of it. */
export function SendTest({ tenant, endpoint, known, isFull = false }: Props) {
  const refused = { test: useRefusal("manage"), message: useRefusal("messages:write") };
  const [type, setType] = useState("");
  const [payload, setPayload] = useState("");
  const [sent, setSent] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      setSent((await sendTest({ tenant, endpoint }, type, payload)).id);
    } catch (error) {
      if (error instanceof SyntaxError) {
        setProblem(
          new Problem(0, { code: "invalid_json", title: w.endpoints.notJson, detail: error.message }),
        );
      } else if (error instanceof Problem) setProblem(error);
      else throw error;
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="stack">
      <form class="stack" onSubmit={send}>
        {isFull && (
          <Message
            {...{ tenant, type, payload, problem }}
            onType={(type, payload) => {
              setType(type);
              setPayload(payload);
            }}
            onPayload={setPayload}
          />
        )}
        {problem && <Refused error={problem} />}
        <div>
          <Submit isBusy={isBusy} refused={type === "" ? refused.test : refused.message}>
            {w.endpoints.sendTest}
          </Submit>
        </div>
      </form>
      {sent && <TestResult key={sent} tenant={tenant} message={sent} endpoint={known} />}
    </div>
  );
}

/** A test of the outbox's own; or, with a type, a message of that type. */
function sendTest(
  params: { tenant: string; endpoint: string },
  eventType: string,
  payload: string,
): Promise<Answer<"/v1/tenants/{tenant}/messages", "post">> {
  const headers = { "idempotency-key": newKey() };
  if (eventType === "") return write("post", `${ENDPOINT}/test`, { params, headers });
  const body = { eventType, payload: parseExactly(payload), endpointIds: [params.endpoint] };
  return write("post", "/v1/tenants/{tenant}/messages", { params, body, headers });
}

interface MessageProps {
  tenant: string;
  type: string;
  payload: string;
  problem: Problem | undefined;
  onType: (type: string, payload: string) => void;
  onPayload: (payload: string) => void;
}

function Message({ tenant, type, payload, problem, onType, onPayload }: MessageProps) {
  const types = useEventTypes(tenant);
  const choose = (name: string) => {
    const schema = types.find((one) => one.name === name)?.schema ?? null;
    onType(name, JSON.stringify(schema === null ? {} : exampleOf(schema), null, 2));
  };
  return (
    <>
      <SelectField
        label={w.endpoints.testType}
        path="eventType"
        problem={problem}
        value={type}
        onValue={choose}
        options={[
          { value: "", label: w.endpoints.testOwn },
          ...types.map(({ name }) => ({ value: name, label: visible(name) })),
        ]}
      />
      {type !== "" && (
        <TextField
          label={w.endpoints.payload}
          path="payload"
          hint={w.endpoints.payloadHint}
          problem={problem}
          rows={8}
          value={payload}
          onValue={onPayload}
        />
      )}
    </>
  );
}
