import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api.ts";
import type { Reading } from "../query.ts";
import { w } from "../words/words.ts";
import { Copy } from "./copy.tsx";
import { clockTime } from "./format.ts";
import { Icon } from "./icons.tsx";

interface Props<T> {
  reading: Reading<T>;
  /** Lines of the skeleton that stands for the content at first. */
  lines?: number;
  children: (data: NonNullable<T>) => ComponentChildren;
}

/**
 * A reading in each of its states: a skeleton after a fifth of a second, the content, an error with a way on. Content
 * that is older than a failed reading stays, dimmed, with its time.
 */
export function Shown<T>({ reading, lines = 5, children }: Props<T>) {
  const { data, error, at, again } = reading;
  if (data === undefined || data === null) {
    return error ? <Refused error={error} again={again} /> : <Skeleton lines={lines} />;
  }
  return (
    <>
      {error && <Refused error={error} again={again} since={at} />}
      <div class={error ? "stale" : "fresh"}>{children(data)}</div>
    </>
  );
}

const PATIENCE_MS = 200;

export function Skeleton({ lines }: { lines: number }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={isSlow ? "skeleton" : "skeleton early"} aria-busy="true">
      <span class="unseen">{w.common.loading}</span>
      {Array.from({ length: lines }, (_, n) => (
        <div key={n} />
      ))}
    </div>
  );
}

/** A problem in words, with the request's id for whoever reads the log, and a way on. */
export function Refused({
  error,
  again,
  since,
}: {
  error: Problem;
  again?: () => void;
  since?: number | undefined;
}) {
  const isForbidden = error.status === 403;
  return (
    <div class="refused" role="alert">
      <Icon name={isForbidden ? "blocked" : "failures"} />
      <div>
        <strong>{error.code === "unreachable" ? w.common.unreachable : error.title}</strong>
        <p>{error.message || w.common.unreachableDetail}</p>
        {error.fields.length > 0 && (
          <ul>
            {error.fields.map(({ path, message }) => (
              <li key={path + message}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        )}
        <p class="small">
          <code>{error.code}</code>
          {error.requestId && (
            <>
              {" "}
              · {w.common.request} <code>{error.requestId}</code>
              <Copy text={error.requestId} of={w.common.request} />
            </>
          )}
          {since !== undefined && <> · {w.common.asOf(clockTime(since))}</>}
        </p>
        {again && !isForbidden && (
          <button type="button" onClick={again}>
            {w.common.tryAgain}
          </button>
        )}
      </div>
    </div>
  );
}

/** Nothing to show, and the one next step. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}
