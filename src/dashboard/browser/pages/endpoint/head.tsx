import { Id } from "../../parts/copy.tsx";
import { visible } from "../../parts/format.ts";
import { Time } from "../../parts/time.tsx";
import { w } from "../../words/words.ts";
import { targetOf } from "./form.ts";
import type { Endpoint } from "./paths.ts";
import { Condition } from "./summary.tsx";

/** Facts of an endpoint on a line: its state with the reason, where it leads, its id. */
export function Head({ endpoint }: { endpoint: Endpoint }) {
  const target = targetOf(endpoint);
  return (
    <div class="endpoint-head">
      <Condition endpoint={endpoint} health={undefined} />
      <span>{w.dead.channels[endpoint.channel]}</span>
      {target !== undefined && <code>{visible(target)}</code>}
      <Id id={endpoint.id} />
      <span class="row small">
        {w.endpoints.created} <Time at={endpoint.createdAt} />
      </span>
    </div>
  );
}
