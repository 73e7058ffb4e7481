import { useState } from "preact/hooks";
import type { Arrival, ArrivalDetail, Arrivals, Chosen, ReceiverAnswer } from "../../inspector/answers.ts";
import { call, parseExactly } from "../api.ts";
import { LIMITS } from "../constants.gen.ts";
import { EVERY } from "../live.ts";
import { Copy } from "../parts/copy.tsx";
import { Facts } from "../parts/facts.tsx";
import { SelectField, TextField } from "../parts/fields.tsx";
import { bytes, visible } from "../parts/format.ts";
import { Json } from "../parts/json.tsx";
import { Mark } from "../parts/marks.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { endpointLink, messageLink } from "../parts/signed-in.tsx";
import { useAddress, useRead } from "../query.ts";
import { linkTo, setQuery, usePlace } from "../router.ts";
import { act, Make, newEndpoint, newMessage, Press, RECEIVER, receiverUrl } from "./inspector-parts.tsx";
import { i } from "./inspector-words.ts";
import { KeptList } from "./kept-list.tsx";

/** The built-in receiver: the requests that came to it, live, and its answers. */
export function ReceiverPage() {
  const arrivals = useAddress<Arrivals>(RECEIVER, EVERY.open);
  const name = usePlace().query.get("name") || "hooks";
  const clear = () => call("DELETE", RECEIVER);
  return (
    <Page
      title={i.receiver}
      actions={<Press label={i.clear} done={i.cleared} run={clear} again={arrivals.again} />}
    >
      <p class="lead">{i.receiverIs}</p>
      <div class="columns">
        <Section title={i.address}>
          <Address name={name} chosen={arrivals.data?.answers[name]} />
        </Section>
        <Section title={i.tryIt}>
          <Trying name={name} />
        </Section>
      </div>
      <Section title={i.arrived}>
        <Shown reading={arrivals}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty title={i.noArrivals}>
                <p>{i.noArrivalsDetail}</p>
              </Empty>
            ) : (
              <KeptList
                entries={data}
                line={(arrival) => <Line arrival={arrival} />}
                parts={({ id }) => <Parts id={id} />}
              />
            )
          }
        </Shown>
      </Section>
    </Page>
  );
}

const TAKES_SECONDS: readonly ReceiverAnswer[] = ["slow", "429"];

function Address({ name, chosen }: { name: string; chosen: Chosen | undefined }) {
  const { answer = "200", seconds = null } = chosen ?? {};
  const url = receiverUrl(name);
  const choose = (wanted: Partial<Chosen>) =>
    act(
      () =>
        call("PUT", `${RECEIVER}/answers/${encodeURIComponent(name)}`, {
          answer,
          ...(seconds !== null && { seconds }),
          ...wanted,
        }),
      i.chosen(name),
    );
  return (
    <div class="stack">
      <TextField
        label={i.name}
        hint={i.nameHint}
        value={name}
        onValue={(value) => setQuery({ name: value })}
      />
      <p>
        {i.url}: <code>{url}</code> <Copy text={url} of={i.url} />
      </p>
      <SelectField
        label={i.answers}
        value={answer}
        options={Object.entries(i.receiverAnswers).map(([value, label]) => ({ value, label }))}
        onValue={(value) => void choose({ answer: value as ReceiverAnswer })}
      />
      {TAKES_SECONDS.includes(answer) && (
        <TextField
          label={i.seconds}
          type="number"
          value={String(seconds)}
          onValue={(value) => value !== "" && void choose({ seconds: Number(value) })}
        />
      )}
    </div>
  );
}

function Trying({ name }: { name: string }) {
  const tenants = useRead("/v1/tenants", { query: { limit: 100 } });
  const [chosen, setChosen] = useState<string>();
  return (
    <Shown reading={tenants} lines={2}>
      {({ data }) => {
        const tenant = chosen ?? data[0]?.id;
        if (tenant === undefined) {
          return (
            <p>
              {i.noTenant} <a href={linkTo(["dev", "first"])}>{i.firstSteps}</a>
            </p>
          );
        }
        return (
          <div class="stack">
            <SelectField
              label={i.tenant}
              value={tenant}
              onValue={setChosen}
              options={data.map(({ id }) => ({ value: id, label: id }))}
            />
            <div class="row">
              <Make label={i.makeEndpoint} done={i.madeEndpoint} example={newEndpoint(tenant, name)} />
              <Make label={i.sendMessage} done={i.sentMessage} example={newMessage(tenant)} />
            </div>
          </div>
        );
      }}
    </Shown>
  );
}

function Line({ arrival }: { arrival: Arrival }) {
  const { method, path, signature } = arrival;
  return (
    <>
      <Given arrival={arrival} />
      <code>
        {method} {visible(path)}
      </code>
      {signature && (
        <Mark tone={signature === "valid" ? "good" : "bad"} icon={signature === "valid" ? "check" : "cross"}>
          {i.signatures[signature]}
        </Mark>
      )}
    </>
  );
}

function Given({ arrival: { answer, status } }: { arrival: Arrival }) {
  if (status === null) {
    return (
      <Mark tone="plain" icon="clock">
        {answer === "never" ? i.leftAlone : i.unanswered}
      </Mark>
    );
  }
  const isTaken = status < 300;
  return (
    <Mark tone={isTaken ? "good" : "bad"} icon={isTaken ? "check" : "failures"}>
      {i.answered(status)}
    </Mark>
  );
}

function Parts({ id }: { id: string }) {
  const reading = useAddress<ArrivalDetail>(`${RECEIVER}/${id}`);
  return (
    <Shown reading={reading} lines={3}>
      {({ endpoint, bodyBytes, body, headers }) => (
        <div class="stack">
          {endpoint && (
            <Facts
              facts={[
                [i.tenant, endpoint.tenantId],
                [
                  i.endpoint,
                  <a key="endpoint" href={endpointLink(endpoint.tenantId, endpoint.id)}>
                    {endpoint.id}
                  </a>,
                ],
              ]}
            />
          )}
          <h3>{i.bodyOf(bytes(bodyBytes))}</h3>
          {bodyBytes === 0 ? <p>{i.noBody}</p> : <Body text={body} />}
          {bodyBytes > LIMITS.receivedBytesKept && <p class="small">{i.bodyCut}</p>}
          <HeaderList headers={headers} {...(endpoint && { tenant: endpoint.tenantId })} />
        </div>
      )}
    </Shown>
  );
}

function Body({ text }: { text: string }) {
  const value = jsonIn(text);
  return value === undefined ? <pre>{visible(text)}</pre> : <Json value={value} label={i.body} />;
}

function jsonIn(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return undefined;
  }
}

/** Headers with their values, of a request or an e-mail. */
export function HeaderList({
  headers,
  tenant,
}: {
  headers: readonly (readonly [string, string])[];
  /** The tenant whose message it is: the message's id is a link to it. */
  tenant?: string;
}) {
  return (
    <div>
      <h3>{i.headers}</h3>
      <dl class="headers">
        {headers.map(([name, value]) => (
          <div key={name}>
            <dt>{visible(name)}</dt>
            <dd>
              {tenant !== undefined && name === "webhook-id" ? (
                <a href={messageLink(tenant, value)}>
                  <code>{visible(value)}</code>
                </a>
              ) : (
                <code>{visible(value)}</code>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
