import { write } from "../../api.ts";
import { CountedAction } from "../../parts/counted-action.tsx";
import { nameOfEndpoint } from "../../parts/endpoints.ts";
import { count } from "../../parts/format.ts";
import { extentOf, sentences } from "../../parts/once.ts";
import { useRefusal } from "../../parts/signed-in.tsx";
import { inSlices } from "../../parts/slices.ts";
import { w } from "../../words/words.ts";
import { ENDPOINT, type OfEndpoint } from "./paths.ts";

/** Number that one call found, and number of those that it changed. */
interface Slice {
  matched: number;
  done: number;
}

interface Props extends OfEndpoint {
  words: typeof w.endpoints.retryNow;
  /** Makes one call; without a key it only counts. */
  call: (key?: string) => Promise<Slice>;
}

/** Makes what waits for a retry due now. */
export function RetryNow(props: OfEndpoint) {
  const call = async (key?: string) => {
    const { matched, retried } = await write("post", `${ENDPOINT}/retry`, bodyOf(props, key));
    return { matched, done: retried };
  };
  return <SliceAction {...props} words={w.endpoints.retryNow} call={call} />;
}

/** Lets the ordering keys go on that a dead delivery blocks. */
export function SkipBlocked(props: OfEndpoint) {
  const call = async (key?: string) => {
    const { matched, skipped } = await write("post", `${ENDPOINT}/skip`, bodyOf(props, key));
    return { matched, done: skipped };
  };
  return <SliceAction {...props} words={w.endpoints.skipBlocked} call={call} />;
}

function bodyOf({ tenant, endpoint }: OfEndpoint, key: string | undefined) {
  return {
    params: { tenant, endpoint: endpoint.id },
    body: { dryRun: key === undefined },
    headers: key === undefined ? {} : { "idempotency-key": key },
  };
}

function SliceAction({ endpoint, words, call }: Props) {
  return (
    <CountedAction
      label={words.verb}
      verb={words.verb}
      refused={useRefusal()}
      ask={() => call()}
      isNone={({ matched }) => matched === 0}
      title={({ matched }) => words.title(nameOfEndpoint(endpoint), count(matched))}
      run={async ({ idempotencyKey: key, signal, progress }, { matched }) => {
        const { done, ...rest } = await inSlices({
          key,
          signal,
          call: async (key) => {
            const slice = await call(key);
            return { done: slice.done, left: slice.matched - slice.done };
          },
          most: matched,
          told: (done) => progress(done, matched),
        });
        return sentences(words.done(count(done)), extentOf(rest));
      }}
    >
      {() => <p>{words.effect}</p>}
    </CountedAction>
  );
}
