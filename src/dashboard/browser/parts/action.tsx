import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.ts";
import { live } from "../live.ts";
import { newKey } from "../new-key.ts";
import { askAgain } from "../query.ts";
import { w } from "../words/words.ts";
import { Dialog } from "./dialog.tsx";
import { count } from "./format.ts";
import { say } from "./said.tsx";
import { Refused } from "./shown.tsx";

/** Progress of an action, and its end if somebody stops it. */
export interface Run {
  /** One key for all tries of this dialog: a double click, or a try after a lost answer, happens once. */
  idempotencyKey: string;
  signal: AbortSignal;
  progress(done: number, total?: number): void;
}

interface Props {
  title: string;
  /** Consequence, and what cannot be undone; or fields, which show the complaints about them. */
  children?: ComponentChildren | ((problem: Problem | undefined) => ComponentChildren);
  /** The word on the button. */
  verb: string;
  danger?: boolean;
  /** Text that must be typed first. */
  typed?: string;
  disabled?: boolean;
  /** Does it, and tells in words what was done. */
  run: (run: Run) => Promise<string>;
  onClose: () => void;
}

/** Asks before an action, shows how far it is, and tells what it did. */
export function ActionDialog({ title, children, verb, danger, typed, disabled, run, onClose }: Props) {
  const [error, setError] = useState<Problem>();
  const [progress, setProgress] = useState<{ done: number; total?: number | undefined }>();
  const [isBusy, setBusy] = useState(false);
  const [text, setText] = useState("");
  const key = useRef(newKey());
  const stopping = useRef(new AbortController());
  const cancel = useRef<HTMLButtonElement>(null);
  const wasTried = useRef(false);
  useEffect(() => {
    cancel.current?.focus();
    const release = live.hold();
    return () => {
      release();
      if (wasTried.current) void askAgain();
    };
  }, []);

  const start = async () => {
    setError(undefined);
    setBusy(true);
    wasTried.current = true;
    stopping.current = new AbortController();
    try {
      const said = await run({
        idempotencyKey: key.current,
        signal: stopping.current.signal,
        progress: (done, total) => setProgress({ done, total }),
      });
      onClose();
      say(said, "good");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setError(error);
    } finally {
      setBusy(false);
      setProgress(undefined);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} isBusy={isBusy}>
      <form
        class="body"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        {typeof children === "function" ? children(error) : children}
        {typed !== undefined && (
          <label class="field">
            <span>{w.common.typeToConfirm(typed)}</span>
            <input value={text} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
          </label>
        )}
        {error && !(typeof children === "function" && error.fields.length > 0) && <Refused error={error} />}
        {error?.status === 0 && <p>{w.common.mayHaveHappened}</p>}
        {progress && (
          <p class="progress">
            <progress value={progress.done} max={progress.total} />
            {progress.total === undefined
              ? count(progress.done)
              : w.common.ofTotal(count(progress.done), count(progress.total))}
          </p>
        )}
        <footer>
          {isBusy && progress ? (
            <button type="button" onClick={() => stopping.current.abort()}>
              {w.common.stop}
            </button>
          ) : (
            <button type="button" ref={cancel} disabled={isBusy} onClick={onClose}>
              {verb === w.common.cancel ? w.common.goBack : w.common.cancel}
            </button>
          )}
          <button
            type="submit"
            class={danger ? "danger" : "primary"}
            disabled={isBusy || disabled === true || (typed !== undefined && text !== typed)}
          >
            {isBusy ? w.common.working : verb}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

type ButtonProps = Omit<Props, "onClose"> & {
  /** Text of the button that opens the dialog. Defaults to `verb`. */
  label?: ComponentChildren;
  /** Reason why it cannot be done now: the button stays, and says so. */
  refused?: string | undefined;
  /** The key that presses the button. */
  shortcut?: "r" | undefined;
  quiet?: boolean | undefined;
  onOpen?: () => void;
};

/** A button that opens the dialog of an action. */
export function Action({ label, refused, shortcut, quiet, onOpen, ...props }: ButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const open = () => {
    if (refused !== undefined) return say(refused);
    onOpen?.();
    setOpen(true);
  };
  return (
    <>
      <button
        type="button"
        class={props.danger ? "danger" : quiet ? "quiet" : ""}
        aria-disabled={refused !== undefined}
        aria-keyshortcuts={shortcut}
        title={refused}
        onClick={open}
      >
        {label ?? props.verb}
      </button>
      {isOpen && <ActionDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}
