import { useState } from "preact/hooks";
import { type Answer, write } from "../../api.ts";
import { ActionDialog, type Run } from "../../parts/action.tsx";
import { FieldGroup, TextField, Tick } from "../../parts/fields.tsx";
import { count } from "../../parts/format.ts";
import { say } from "../../parts/said.tsx";
import { Refused } from "../../parts/shown.tsx";
import { useRefusal } from "../../parts/signed-in.tsx";
import { inSlices } from "../../parts/slices.ts";
import { w } from "../../words/words.ts";
import { ENDPOINT, type OfEndpoint } from "./form.ts";
import { nameOf } from "./summary.tsx";
import { useCount } from "./use-count.ts";

const PATH = `${ENDPOINT}/replay` as const;
type Replayed = Answer<typeof PATH, "post">;
const STATES = ["dead", "delivered", "cancelled"] as const;
type State = (typeof STATES)[number];

/** Tries settled deliveries again, since an instant and in some states. */
export function Replay(props: OfEndpoint) {
  const refused = useRefusal();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-disabled={refused !== undefined}
        aria-keyshortcuts="r"
        title={refused}
        onClick={() => (refused === undefined ? setOpen(true) : say(refused))}
      >
        {w.endpoints.replay}
      </button>
      {isOpen && <ReplayDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function ReplayDialog({ tenant, endpoint, onClose }: OfEndpoint & { onClose: () => void }) {
  const [since, setSince] = useState(dayBefore);
  const [states, setStates] = useState<readonly State[]>(["dead"]);
  const which = { since: instantOf(since), states: [...states] };
  const params = { tenant, endpoint: endpoint.id };
  const { found, problem } = useCount<Replayed>(JSON.stringify(which), () =>
    write("post", PATH, { params, body: { ...which, dryRun: true } }),
  );
  const n = found && count(found.matched, found.capped);
  const replay = async ({ idempotencyKey: key, signal, progress }: Run) => {
    const body = { ...which, asOf: found?.asOf ?? which.since };
    const { done, isStopped } = await inSlices({
      key,
      signal,
      call: async (key) => {
        const headers = { "idempotency-key": key };
        const { replayed, left } = await write("post", PATH, { params, body, headers });
        return { done: replayed, left };
      },
      told: (done) => progress(done, found?.matched),
    });
    return w.endpoints.replayed(count(done), isStopped);
  };
  return (
    <ActionDialog
      title={w.endpoints.replayTitle(nameOf(endpoint))}
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
