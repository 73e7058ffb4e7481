import { type Answer, addressOf, read, write } from "../api.ts";
import { w } from "../words/words.ts";
import { Action, type Run } from "./action.tsx";
import { CountedAction } from "./counted-action.tsx";
import { count } from "./format.ts";
import { callOnce, extentOf, sentences } from "./once.ts";
import { useRefusal } from "./signed-in.tsx";
import { inSlices } from "./slices.ts";

interface OfEndpoint {
  tenant: string;
  endpoint: string;
  name: string;
}

interface OfHead {
  kind: "replay" | "skip" | "dismiss";
  tenant: string;
  message: string;
  endpoint: string;
}

/** Decides about the dead head of a key. The dialog says which order is given up. */
export function HeadAction({ kind, ...params }: OfHead) {
  const words = {
    replay: [w.blocked.replayHead, w.blocked.replayTitle, w.blocked.replayEffect, w.blocked.replayed],
    skip: [w.blocked.skipHead, w.blocked.skipTitle, w.blocked.skipEffect, w.blocked.skipped],
    dismiss: [w.blocked.dismissHead, w.blocked.dismissTitle, w.blocked.dismissEffect, w.blocked.dismissed],
  } as const;
  const [verb, title, effect, done] = words[kind];
  const path = `/v1/tenants/{tenant}/messages/{message}/deliveries/{endpoint}/${kind}` as const;
  const run = async (run: Run) => {
    const lost = await callOnce(run, (key) =>
      write("post", path, { params, headers: { "idempotency-key": key } }),
    );
    return sentences(done, lost);
  };
  return (
    <Action
      label={`${verb} …`}
      verb={verb}
      title={title}
      shortcut={kind === "replay" ? "r" : undefined}
      refused={useRefusal()}
      run={run}
    >
      <p>{effect}</p>
    </Action>
  );
}

const SKIP = "/v1/tenants/{tenant}/endpoints/{endpoint}/skip";

/** Skips the dead heads of all keys of an endpoint, as many as were counted: a key that is blocked again stays so. */
export function SkipAll({ tenant, endpoint, name }: OfEndpoint) {
  const params = { tenant, endpoint };
  const ask = async () => (await write("post", SKIP, { params, body: { dryRun: true } })).matched;
  const run = async (run: Run, most: number) => {
    run.progress(0, most);
    const extent = await inSlices({
      call: async (key) => {
        const headers = { "idempotency-key": key };
        const { matched, skipped } = await write("post", SKIP, { params, body: {}, headers });
        return { done: skipped, left: matched - skipped };
      },
      key: run.idempotencyKey,
      signal: run.signal,
      most,
      told: (done) => run.progress(done, most),
    });
    const again = Math.max((await ask().catch(() => 0)) - (extent.isStopped ? extent.left : 0), 0);
    return sentences(
      w.blocked.skippedAll(count(extent.done)),
      extentOf({ ...extent, left: extent.isStopped ? extent.left : 0 }),
      again > 0 && w.blocked.again(count(again)),
    );
  };
  return (
    <CountedAction
      label={w.blocked.skipAll}
      refused={useRefusal()}
      ask={ask}
      isNone={(matched) => matched === 0}
      title={(matched) => w.blocked.skipAllTitle(count(matched), matched === 1, name)}
      verb={w.blocked.skip}
      run={run}
    >
      {(matched) => <p>{matched === 0 ? w.blocked.skipAllNone : w.blocked.skipAllEffect}</p>}
    </CountedAction>
  );
}

/** Gives up the strict order of an endpoint, as it was when the dialog opened. */
export function Lenient({ tenant, endpoint, name }: OfEndpoint) {
  const path = "/v1/tenants/{tenant}/endpoints/{endpoint}";
  const params = { tenant, endpoint };
  const ask = async () => {
    const { value, etag } = await read(addressOf(path, params));
    return { etag, isLenient: (value as Answer<typeof path>).order === "lenient" };
  };
  return (
    <CountedAction
      label={w.blocked.lenient}
      refused={useRefusal()}
      ask={ask}
      isNone={({ isLenient }) => isLenient}
      title={() => w.blocked.lenientTitle(name)}
      verb={w.blocked.lenientVerb}
      run={async (_, { etag }) => {
        const headers = etag === undefined ? {} : { "if-match": etag };
        await write("patch", path, { params, body: { order: "lenient" }, headers });
        return w.blocked.isLenient(name);
      }}
    >
      {({ isLenient }) => <p>{isLenient ? w.blocked.isLenient(name) : w.blocked.lenientEffect}</p>}
    </CountedAction>
  );
}
