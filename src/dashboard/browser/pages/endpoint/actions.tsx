import { type Params, write } from "../../api.ts";
import { Action, type Run } from "../../parts/action.tsx";
import { count } from "../../parts/format.ts";
import { tenantLink, useRefusal } from "../../parts/signed-in.tsx";
import { useRead } from "../../query.ts";
import { go } from "../../router.ts";
import { w } from "../../words/words.ts";
import { ENDPOINT, type Endpoint, type OfEndpoint } from "./form.ts";
import type { FullHealth } from "./health.tsx";
import { Replay } from "./replay.tsx";
import { RetryNow, SkipBlocked } from "./slice-actions.tsx";
import { nameOf } from "./summary.tsx";

/** Everything that can be done to an endpoint. */
export function EndpointActions({ tenant, endpoint }: OfEndpoint) {
  const params = { tenant, endpoint: endpoint.id };
  const waiting = useRead(`${ENDPOINT}/health`, { params }).data?.waiting;
  const n = waiting && unsettled(waiting);
  return (
    <>
      <Switches {...{ tenant, endpoint }} waiting={n} />
      <Replay {...{ tenant, endpoint }} />
      {(waiting?.later.count ?? 0) > 0 && <RetryNow {...{ tenant, endpoint }} />}
      {(waiting?.blockedKeys.count ?? 0) > 0 && <SkipBlocked {...{ tenant, endpoint }} />}
      {!endpoint.builtIn && <Delete {...{ tenant, endpoint }} waiting={n} />}
    </>
  );
}

/** Number of unsettled deliveries, as far as they are counted. */
function unsettled(waiting: FullHealth["waiting"]): string {
  const kinds = [waiting.due, waiting.later, waiting.underWay, waiting.behind];
  return count(
    kinds.reduce((sum, kind) => sum + kind.count, 0),
    kinds.some(({ capped }) => capped),
  );
}

type Step = "pause" | "resume" | "disable" | "enable";

function act(step: Step, params: Params, { idempotencyKey }: Run): Promise<Endpoint> {
  return write("post", `${ENDPOINT}/${step}`, { params, headers: { "idempotency-key": idempotencyKey } });
}

interface SwitchesProps extends OfEndpoint {
  /** Number of deliveries that wait; undefined while it is not known. */
  waiting: string | undefined;
  /** Defaults to every step. */
  only?: readonly Step[];
}

/** Stops and starts an endpoint: by a pause, which keeps what comes, or by disabling it. */
export function Switches({ tenant, endpoint, waiting, only }: SwitchesProps) {
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
            title={steps[step].title(nameOf(endpoint))}
            verb={steps[step].verb}
            refused={refused}
            run={async (run) => {
              const { state } = await act(step, { tenant, endpoint: endpoint.id }, run);
              return w.endpoints.isNow(nameOf(endpoint), w.endpointStates[state]);
            }}
          >
            <p>{steps[step].effect}</p>
            <p>{w.endpoints.waitsNow(waiting)}</p>
          </Action>
        ))}
    </>
  );
}

function Delete({ tenant, endpoint, waiting }: SwitchesProps) {
  const name = nameOf(endpoint);
  const remove = async () => {
    await write("delete", ENDPOINT, { params: { tenant, endpoint: endpoint.id } });
    go(tenantLink(tenant, ["endpoints"]));
    // This page is gone by then: it would be asked for again.
    await new Promise((done) => setTimeout(done));
    return w.endpoints.deleted(name);
  };
  return (
    <Action
      title={w.endpoints.deleteTitle(name)}
      verb={w.endpoints.delete}
      danger
      refused={useRefusal()}
      disabled={waiting === undefined}
      run={remove}
    >
      <p>{w.endpoints.deleteCancels(waiting)}</p>
      <p>{w.endpoints.deleteForGood}</p>
    </Action>
  );
}
