import { useState } from "preact/hooks";
import type { components } from "../api.gen.ts";
import { type Answer, addressOf, read, write } from "../api.ts";
import { LIMITS } from "../constants.gen.ts";
import { w } from "../words/words.ts";
import type { Run } from "./action.tsx";
import { CountedAction } from "./counted-action.tsx";
import { BUILT_IN, type Endpoint, nameOfEndpoint } from "./endpoints.ts";
import { Tick } from "./fields.tsx";
import { count, duration, relative } from "./format.ts";
import { callOnce, extentOf, sentences } from "./once.ts";
import { useRefusal } from "./signed-in.tsx";
import { inSlices } from "./slices.ts";

/** Dead letters, as the API's replays and dismissals select them. */
export type Selection = components["schemas"]["DeadLetterSelection"];

interface Props {
  tenant: string;
  kind: "replay" | "dismiss";
  of: Selection;
  /** Name of the selection, to end "Replay 412 dead letters …". */
  name?: string;
  label?: string;
  quiet?: boolean;
  shortcut?: "r";
  /** Endpoints that are known to have some of them. */
  endpointIds: readonly string[];
  done?: () => void;
}

interface Counted {
  matched: number;
  capped: boolean;
  asOf: string;
  /** Endpoints at which replayed deliveries would wait. */
  idle: readonly Endpoint[];
}

/** A button that replays or dismisses dead letters, after it has counted them. */
export function DeadAction({
  tenant,
  kind,
  of,
  name = "",
  label,
  quiet,
  shortcut,
  endpointIds,
  done,
}: Props) {
  const [wakes, setWakes] = useState<ReadonlySet<string>>(new Set());
  const words = w.dead[kind];
  const total = ({ matched, capped }: Counted) => count(matched, capped);
  const ask = async (): Promise<Counted> => {
    setWakes(new Set());
    const [counted, idle] = await Promise.all([
      call(kind, tenant, { ...of, dryRun: true }),
      kind === "replay" ? readIdle(tenant, endpointIds) : [],
    ]);
    return { ...counted, idle };
  };
  const run = async (run: Run, counted: Counted) => {
    const waked = counted.idle.filter(({ id }) => wakes.has(id));
    for (const endpoint of waked) await wake(run, tenant, endpoint);
    const said = await change(kind, tenant, of, { run, counted });
    done?.();
    return sentences(...waked.map((one) => w.dead.waked(nameOfEndpoint(one))), said);
  };
  return (
    <CountedAction
      label={label ?? `${words.verb} …`}
      refused={useRefusal()}
      quiet={quiet === true}
      shortcut={shortcut}
      ask={ask}
      isNone={({ matched }) => matched === 0}
      title={(counted) => words.title(total(counted), counted.matched === 1, name)}
      verb={words.verb}
      run={run}
    >
      {(counted) =>
        counted.matched === 0 ? (
          <p>{words.none}</p>
        ) : (
          <>
            <p>{words.effect(counted.matched === 1)}</p>
            {kind === "replay" && counted.matched > LIMITS.replaysPerSecond && (
              <p>{w.dead.rate(count(LIMITS.replaysPerSecond), duration(spanMs(counted.matched)))}</p>
            )}
            {counted.idle.map((one) => (
              <div key={one.id}>
                <p>{w.dead.idle[one.state as "paused" | "disabled"](nameOfEndpoint(one))}</p>
                <Tick
                  label={w.dead.wakes[one.state as "paused" | "disabled"](nameOfEndpoint(one))}
                  checked={wakes.has(one.id)}
                  onChecked={(isOn) =>
                    setWakes(new Set([...wakes].filter((id) => id !== one.id).concat(isOn ? one.id : [])))
                  }
                />
              </div>
            ))}
          </>
        )
      }
    </CountedAction>
  );
}

/** Time until the last of one call's deliveries is due. */
const spanMs = (matched: number) =>
  (Math.min(matched, LIMITS.replaysPerCall) / LIMITS.replaysPerSecond) * 1000;

async function call(kind: Props["kind"], tenant: string, body: Selection, key?: string) {
  const request = { params: { tenant }, body, headers: key === undefined ? {} : { "idempotency-key": key } };
  if (kind === "replay") {
    const { replayed, ...slice } = await write("post", "/v1/tenants/{tenant}/dead-letters/replay", request);
    return { ...slice, done: replayed };
  }
  const { dismissed, ...slice } = await write("post", "/v1/tenants/{tenant}/dead-letters/dismiss", request);
  return { ...slice, done: dismissed };
}

/** Changes what was counted, and tells it in the API's figures. */
async function change(
  kind: Props["kind"],
  tenant: string,
  of: Selection,
  { run, counted }: { run: Run; counted: Counted },
): Promise<string> {
  const { matched, capped, asOf } = counted;
  const body = of.deliveries ? of : { ...of, asOf };
  const total = capped ? undefined : matched;
  run.progress(0, total);
  let last = 0;
  const extent = await inSlices({
    call: async (key) => {
      const slice = await call(kind, tenant, body, key);
      last = slice.done;
      return slice;
    },
    key: run.idempotencyKey,
    signal: run.signal,
    told: (done) => run.progress(done, total),
  });
  const endsAt = Date.now() + spanMs(last);
  const came = of.deliveries || capped ? 0 : await countMore(kind, tenant, of, extent.left);
  return sentences(
    w.dead[kind].done(count(extent.done)),
    kind === "replay" && last > LIMITS.replaysPerSecond && w.dead.lastOut(relative(endsAt, Date.now())),
    extentOf(extent),
    came > 0 && w.dead.cameMeanwhile(count(came)),
  );
}

/** Number of those that died since the count. It is an addition to the result: a failure to count them is none of it. */
async function countMore(kind: Props["kind"], tenant: string, of: Selection, left: number): Promise<number> {
  const now = await call(kind, tenant, { ...of, dryRun: true }).catch(() => undefined);
  return Math.max((now?.matched ?? 0) - left, 0);
}

/** Endpoints that are disabled or paused, of those given. */
async function readIdle(tenant: string, ids: readonly string[]): Promise<Endpoint[]> {
  const kinds = ids.some((id) => BUILT_IN.test(id)) ? [undefined, true] : [undefined];
  const pages = await Promise.all(
    ["disabled", "paused"].flatMap((state) =>
      kinds.map((builtIn) =>
        read(addressOf("/v1/tenants/{tenant}/endpoints", { tenant }, { state, builtIn, limit: 100 })),
      ),
    ),
  );
  const found = pages.flatMap(({ value }) => (value as Answer<"/v1/tenants/{tenant}/endpoints">).data);
  return found.filter(({ id }) => ids.includes(id));
}

async function wake({ idempotencyKey, ...run }: Run, tenant: string, { id, state }: Endpoint): Promise<void> {
  const path =
    `/v1/tenants/{tenant}/endpoints/{endpoint}/${state === "disabled" ? "enable" : "resume"}` as const;
  await callOnce({ ...run, idempotencyKey: `${idempotencyKey}.${id}` }, (key) =>
    write("post", path, { params: { tenant, endpoint: id }, headers: { "idempotency-key": key } }),
  );
}
