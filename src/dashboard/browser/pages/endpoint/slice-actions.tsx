import { useState } from "preact/hooks";
import { write } from "../../api.ts";
import { ActionDialog, type Run } from "../../parts/action.tsx";
import { count } from "../../parts/format.ts";
import { say } from "../../parts/said.tsx";
import { Refused } from "../../parts/shown.tsx";
import { useRefusal } from "../../parts/signed-in.tsx";
import { inSlices } from "../../parts/slices.ts";
import { w } from "../../words/words.ts";
import { ENDPOINT, type OfEndpoint } from "./form.ts";
import { nameOf } from "./summary.tsx";
import { useCount } from "./use-count.ts";

/** Number that one call found, and number of those that it changed. */
interface Slice {
  matched: number;
  done: number;
}

interface Props extends OfEndpoint {
  words: typeof w.endpoints.retryNow;
  /** Makes one call; without a key it only counts. */
  call: (key: string | undefined) => Promise<Slice>;
}

/** Makes what waits for a retry due now. */
export function RetryNow(props: OfEndpoint) {
  const call = async (key: string | undefined) => {
    const { matched, retried } = await write("post", `${ENDPOINT}/retry`, bodyOf(props, key));
    return { matched, done: retried };
  };
  return <CountedAction {...props} words={w.endpoints.retryNow} call={call} />;
}

/** Lets the ordering keys go on that a dead delivery blocks. */
export function SkipBlocked(props: OfEndpoint) {
  const call = async (key: string | undefined) => {
    const { matched, skipped } = await write("post", `${ENDPOINT}/skip`, bodyOf(props, key));
    return { matched, done: skipped };
  };
  return <CountedAction {...props} words={w.endpoints.skipBlocked} call={call} />;
}

function bodyOf({ tenant, endpoint }: OfEndpoint, key: string | undefined) {
  return {
    params: { tenant, endpoint: endpoint.id },
    body: { dryRun: key === undefined },
    headers: key === undefined ? {} : { "idempotency-key": key },
  };
}

function CountedAction(props: Props) {
  const refused = useRefusal();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-disabled={refused !== undefined}
        title={refused}
        onClick={() => (refused === undefined ? setOpen(true) : say(refused))}
      >
        {props.words.verb}
      </button>
      {isOpen && <CountedDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function CountedDialog({ endpoint, words, call, onClose }: Props & { onClose: () => void }) {
  const { found, problem } = useCount(endpoint.id, () => call(undefined));
  const run = async ({ idempotencyKey: key, signal, progress }: Run) => {
    const { done } = await inSlices({
      key,
      signal,
      call: async (key) => {
        const slice = await call(key);
        return { done: slice.done, left: slice.matched - slice.done };
      },
      most: found?.matched ?? 0,
      told: (done) => progress(done, found?.matched),
    });
    return words.done(count(done));
  };
  return (
    <ActionDialog
      title={words.title(nameOf(endpoint), found && count(found.matched))}
      verb={words.verb}
      disabled={!found || found.matched === 0}
      run={run}
      onClose={onClose}
    >
      <p>{words.effect}</p>
      {problem ? (
        <Refused error={problem} />
      ) : (
        <p role="status">{w.endpoints.matched(found && count(found.matched))}</p>
      )}
    </ActionDialog>
  );
}
