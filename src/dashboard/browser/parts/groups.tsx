import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { w } from "../words/words.ts";
import { count } from "./format.ts";
import { Sparkline } from "./sparkline.tsx";
import { Time } from "./time.tsx";
import { Excerpt, Why } from "./why.tsx";

/** Deliveries or attempts that ended alike, as the API groups them. */
interface Group {
  tenantId?: string;
  endpointId: string;
  result: { reason?: string | null; error: string | null; httpStatus: number | null };
  count: number;
  firstAt: string;
  lastAt: string;
  /** Counts over time. */
  activity?: number[];
  example: string;
  responseExcerpt: string | null;
}

interface Props<G extends Group> {
  label: string;
  groups: readonly G[];
  /** Said below the groups: there are more than were counted. */
  note?: string | false;
  /** Whose group it is. */
  title: (group: G) => ComponentChildren;
  exampleHref: (group: G) => string;
  actions: (group: G) => ComponentChildren;
}

/** Groups drawn at first. */
const SHOWN = 10;

const keyOf = ({ tenantId, endpointId, result }: Group) => JSON.stringify([tenantId, endpointId, result]);

/** Groups with their counts, the largest first, and what can be done to each. */
export function GroupList<G extends Group>({ label, groups, note, title, exampleHref, actions }: Props<G>) {
  const [isLong, setLong] = useState(false);
  const shown = isLong ? groups : groups.slice(0, SHOWN);
  return (
    <>
      <ul class="groups" aria-label={label}>
        {shown.map((group) => (
          <li key={keyOf(group)}>
            <strong class="number">{count(group.count)}</strong>
            <div>
              <p class="head">
                {title(group)}
                <Why result={group.result} />
              </p>
              <Excerpt text={group.responseExcerpt} />
              {group.activity && <Sparkline values={group.activity} tone="bad" />}
              <p class="small">
                {w.dead.first} <Time at={group.firstAt} /> · {w.dead.last} <Time at={group.lastAt} /> ·{" "}
                <a href={exampleHref(group)}>{w.dead.example}</a>
              </p>
            </div>
            <div class="row">{actions(group)}</div>
          </li>
        ))}
      </ul>
      {groups.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setLong(true)}>
          {w.dead.moreGroups(count(groups.length - shown.length))}
        </button>
      )}
      {note && <p class="small">{note}</p>}
    </>
  );
}
