import { useEffect, useState } from "preact/hooks";
import { type Answer, Problem, write } from "../../api.ts";
import { ActionDialog, type Run } from "../../parts/action.tsx";
import { nameOfEndpoint } from "../../parts/endpoints.ts";
import { FieldGroup, TextField, Tick } from "../../parts/fields.tsx";
import { count } from "../../parts/format.ts";
import { extentOf, sentences } from "../../parts/once.ts";
import { Opens } from "../../parts/opens.tsx";
import { Refused } from "../../parts/shown.tsx";
import { useRefusal } from "../../parts/signed-in.tsx";
import { inSlices } from "../../parts/slices.ts";
import { w } from "../../words/words.ts";
import { ENDPOINT, type OfEndpoint } from "./paths.ts";

const PATH = `${ENDPOINT}/replay` as const;
type Replayed = Answer<typeof PATH, "post">;
const STATES = ["dead", "delivered", "cancelled"] as const;
type State = (typeof STATES)[number];

/** Tries settled deliveries again, since an instant and in some states. */
export function Replay(props: OfEndpoint) {
  return (
    <Opens label={w.endpoints.replay} refused={useRefusal()} shortcut="r">
      {(close) => <ReplayDialog {...props} onClose={close} />}
    </Opens>
  );
}

/** Time after a change in which no other comes, before it is counted anew. */
const QUIET_MS = 300;

interface Counted {
  /** Question that it answers. */
  of?: string;
  found?: Replayed;
  problem?: Problem;
}

/** Counts what would be replayed, anew for each question; nothing while it is under way. */
function useCount(of: string, counting: () => Promise<Replayed>): Omit<Counted, "of"> {
  const [counted, setCounted] = useState<Counted>({});
  useEffect(() => {
    let isGone = false;
    const timer = setTimeout(() => {
      counting().then(
        (found) => !isGone && setCounted({ of, found }),
        (problem: unknown) => {
          if (!(problem instanceof Problem)) throw problem;
          if (!isGone) setCounted({ of, problem });
        },
      );
    }, QUIET_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [of]);
  return counted.of === of ? counted : {};
}

function ReplayDialog({ tenant, endpoint, onClose }: OfEndpoint & { onClose: () => void }) {
  const [since, setSince] = useState(dayBefore);
  const [states, setStates] = useState<readonly State[]>(["dead"]);
  const which = { since: instantOf(since), states: [...states] };
  const params = { tenant, endpoint: endpoint.id };
  const { found, problem } = useCount(JSON.stringify(which), () =>
    write("post", PATH, { params, body: { ...which, dryRun: true } }),
  );
  const n = found && count(found.matched, found.capped);
  const replay = async ({ idempotencyKey: key, signal, progress }: Run) => {
    const body = { ...which, asOf: found?.asOf ?? which.since };
    const { done, ...rest } = await inSlices({
      key,
      signal,
      call: async (key) => {
        const headers = { "idempotency-key": key };
        const { replayed, left } = await write("post", PATH, { params, body, headers });
        return { done: replayed, left };
      },
      told: (done) => progress(done, found?.matched),
    });
    return sentences(w.endpoints.replayed(count(done)), extentOf(rest));
  };
  return (
    <ActionDialog
      title={w.endpoints.replayTitle(nameOfEndpoint(endpoint))}
      verb={n === undefined ? w.endpoints.replayVerb : w.endpoints.replayMany(n)}
      disabled={!found || found.matched === 0}
      run={replay}
      onClose={onClose}
    >
      <TextField
        label={w.endpoints.since}
        path="since"
        problem={problem}
        type="datetime-local"
        value={since}
        onValue={setSince}
      />
      <FieldGroup label={w.endpoints.ended} path="states" problem={problem}>
        <div class="row">
          {STATES.map((state) => (
            <Tick
              key={state}
              label={w.states[state]}
              checked={states.includes(state)}
              onChecked={(isOn) =>
                setStates(STATES.filter((one) => (one === state ? isOn : states.includes(one))))
              }
            />
          ))}
        </div>
      </FieldGroup>
      {problem ? <Refused error={problem} /> : <p role="status">{w.endpoints.matched(n)}</p>}
      <p class="small">{w.endpoints.replayDetail}</p>
    </ActionDialog>
  );
}

/** The local time a day ago, as its field has it. */
function dayBefore(): string {
  const at = new Date(Date.now() - 86_400_000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The text itself if it is no time, so that the API tells what is wrong with it. */
function instantOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}
