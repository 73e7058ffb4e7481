import type { ComponentChildren } from "preact";
import type { Answer } from "../api.ts";
import { useRead } from "../query.ts";
import { language, w } from "../words/words.ts";
import { visible } from "./format.ts";
import { Time } from "./time.tsx";

export type Act = Answer<"/v1/audit">["data"][number];

/** An operation of the API. English reads its id as words; the id itself stands in the title. */
export function Operation({ id }: { id: string }) {
  if (language !== "en") return <code class="one-line">{id}</code>;
  return (
    <span class="one-line" title={id}>
      {id.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}
    </span>
  );
}

/** Whoever has done it: a token by its description. */
export function CallerName({ of: { caller, callerId, tenantId } }: { of: Act }) {
  if (callerId === null) return w.audit.callers[caller];
  if (caller !== "token") return <>{visible(callerId)}</>;
  return <TokenName tenant={tenantId} id={callerId} />;
}

function TokenName({ tenant, id }: { tenant: string; id: string }) {
  const tokens = useRead("/v1/tenants/{tenant}/tokens", { params: { tenant }, query: { limit: 100 } });
  const name = tokens.data?.data.find((one) => one.id === id)?.description ?? id;
  return (
    <span class="one-line" title={id}>
      {visible(name)}
    </span>
  );
}

/** Acts in a line each, with whoever did it and when. `of`: a word more on what it was done to. */
export function ActLines({ acts, of }: { acts: readonly Act[]; of: (act: Act) => ComponentChildren }) {
  return (
    <ul class="lines">
      {acts.map((act) => (
        <li key={act.id}>
          <span>
            <Operation id={act.operation} /> {of(act)}
          </span>
          <span class="small">
            <CallerName of={act} /> · <Time at={act.at} />
          </span>
        </li>
      ))}
    </ul>
  );
}
