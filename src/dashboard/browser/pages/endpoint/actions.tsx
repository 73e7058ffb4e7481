import { type Params, remove, write } from "../../api.ts";
import { EVERY } from "../../live.ts";
import { Action, type Run } from "../../parts/action.tsx";
import { nameOfEndpoint } from "../../parts/endpoints.ts";
import { count } from "../../parts/format.ts";
import { tenantLink, useRefusal } from "../../parts/signed-in.tsx";
import { useRead } from "../../query.ts";
import { go } from "../../router.ts";
import { w } from "../../words/words.ts";
import { type FullHealth, HEALTH } from "./health.tsx";
import { ENDPOINT, type Endpoint, type OfEndpoint } from "./paths.ts";
import { Replay } from "./replay.tsx";
import { RetryNow, SkipBlocked } from "./slice-actions.tsx";

/** Everything that can be done to an endpoint. */
export function EndpointActions({ tenant, endpoint }: OfEndpoint) {
  const params = { tenant, endpoint: endpoint.id };
  const waiting = useRead(HEALTH, { params, every: EVERY.gauges }).data?.waiting;
  return (
    <>
      <Switches {...{ tenant, endpoint }} />
      <Replay {...{ tenant, endpoint }} />
      {(waiting?.later.count ?? 0) > 0 && <RetryNow {...{ tenant, endpoint }} />}
      {(waiting?.blockedKeys.count ?? 0) > 0 && <SkipBlocked {...{ tenant, endpoint }} />}
      {!endpoint.builtIn && <Delete {...{ tenant, endpoint }} />}
    </>
  );
}

/** Number of unsettled deliveries, as far as they are counted: asked for when the dialog opens. */
function Unsettled({ tenant, endpoint, words }: OfEndpoint & { words: (n: string | undefined) => string }) {
  const { data, isBusy } = useRead(HEALTH, { params: { tenant, endpoint: endpoint.id } });
  return <p role="status">{words(isBusy || !data ? undefined : unsettled(data.waiting))}</p>;
}

function unsettled({ due, later, underWay, behind }: FullHealth["waiting"]): string {
  const kinds = [due, later, underWay, behind];
  return count(
    kinds.reduce((sum, kind) => sum + kind.count, 0),
    kinds.some(({ capped }) => capped),
  );
}

type Step = "pause" | "resume" | "disable" | "enable";

function act(step: Step, params: Params, { idempotencyKey }: Run): Promise<Endpoint> {
  return write("post", `${ENDPOINT}/${step}`, { params, headers: { "idempotency-key": idempotencyKey } });
}

/** Stops and starts an endpoint: by a pause, which keeps what comes, or by disabling it. `only`: defaults to every step. */
export function Switches({ tenant, endpoint, only }: OfEndpoint & { only?: readonly Step[] }) {
  const refused = useRefusal();
  const { steps } = w.endpoints;
  const offered: Step[] =
    endpoint.state === "disabled"
      ? ["enable"]
      : [endpoint.state === "paused" ? "resume" : "pause", "disable"];
  return (
    <>
      {offered
        .filter((step) => !only || only.includes(step))
        .map((step) => (
          <Action
            key={step}
            title={steps[step].title(nameOfEndpoint(endpoint))}
            verb={steps[step].verb}
            refused={refused}
            run={async (run) => {
              const { state } = await act(step, { tenant, endpoint: endpoint.id }, run);
              return w.endpoints.isNow(nameOfEndpoint(endpoint), w.endpointStates[state]);
            }}
          >
            <p>{steps[step].effect}</p>
            <Unsettled {...{ tenant, endpoint }} words={w.endpoints.waitsNow} />
          </Action>
        ))}
    </>
  );
}

function Delete({ tenant, endpoint }: OfEndpoint) {
  const name = nameOfEndpoint(endpoint);
  const run = async () => {
    await remove(ENDPOINT, { tenant, endpoint: endpoint.id });
    go(tenantLink(tenant, ["endpoints"]));
    return w.endpoints.deleted(name);
  };
  return (
    <Action
      title={w.endpoints.deleteTitle(name)}
      verb={w.endpoints.delete}
      danger
      refused={useRefusal()}
      run={run}
    >
      <Unsettled {...{ tenant, endpoint }} words={w.endpoints.deleteCancels} />
      <p>{w.endpoints.deleteForGood}</p>
    </Action>
  );
}
