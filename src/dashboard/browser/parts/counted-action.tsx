import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Problem } from "../api.ts";
import { w } from "../words/words.ts";
import { Action, type Run } from "./action.tsx";
import { Refused, Skeleton } from "./shown.tsx";

interface Props<Counted> {
  label: string;
  /** Reason why it cannot be done now. */
  refused?: string | undefined;
  quiet?: boolean;
  shortcut?: "r" | undefined;
  /** Asks the API how many it concerns, and for whatever else the question needs. */
  ask: () => Promise<Counted>;
  /** Reports whether nothing is to be done. */
  isNone: (counted: Counted) => boolean;
  title: (counted: Counted) => string;
  verb: string;
  run: (run: Run, counted: Counted) => Promise<string>;
  children: (counted: Counted) => ComponentChildren;
}

/** An action on many: its dialog counts them first, and says their number. */
export function CountedAction<Counted>(props: Props<Counted>) {
  const { label, refused, quiet, shortcut, ask, isNone, title, verb, run, children } = props;
  const [counted, setCounted] = useState<Counted>();
  const [error, setError] = useState<Problem>();
  const start = () => {
    setCounted(undefined);
    setError(undefined);
    ask().then(
      (found) => setCounted(() => found),
      (error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        setError(error);
      },
    );
  };
  return (
    <Action
      label={label}
      refused={refused}
      quiet={quiet}
      shortcut={shortcut}
      onOpen={start}
      title={counted === undefined ? w.dead.counting : title(counted)}
      verb={verb}
      disabled={counted === undefined || isNone(counted)}
      run={(one) => (counted === undefined ? Promise.resolve("") : run(one, counted))}
    >
      {error && <Refused error={error} again={start} />}
      {counted === undefined ? !error && <Skeleton lines={2} /> : children(counted)}
    </Action>
  );
}
