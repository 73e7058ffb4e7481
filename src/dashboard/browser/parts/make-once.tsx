import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.ts";
import { newKey } from "../new-key.ts";
import { askAgain } from "../query.ts";
import { w } from "../words/words.ts";
import { Copy } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { say } from "./said.tsx";
import { Refused } from "./shown.tsx";

/** A secret that was made, which nothing shows again. */
interface Made {
  secret: string;
  note: string;
  /** Its address, if it is a link. */
  href?: string;
}

interface Props {
  title: string;
  verb: string;
  /** Title once it was made. */
  madeTitle: string;
  /** Name of the secret. */
  of: string;
  /** Makes it, once for each key. Undefined: it was made, and its text was lost. */
  make: (idempotencyKey: string) => Promise<Made | undefined>;
  onClose: () => void;
  /** Fields of the form. */
  children: (problem: Problem | undefined) => ComponentChildren;
}

/** Asks for the particulars of a secret, makes it, and shows it until whoever made it says that it was kept. */
export function MakeOnce({ title, verb, madeTitle, of, make, onClose, children }: Props) {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const [made, setMade] = useState<Made>();
  const key = useRef(newKey());
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await make(key.current);
      setMade(answer);
      if (!answer) {
        onClose();
        say(w.tokens.lost, "bad");
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
    setBusy(false);
    void askAgain();
  };
  if (made) {
    return (
      <Dialog title={madeTitle} onClose={onClose} isBusy>
        <Shown {...{ made, of, onClose }} />
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={onClose} isBusy={isBusy}>
      <form class="body" onSubmit={submit}>
        {children(problem)}
        {problem && problem.fields.length === 0 && <Refused error={problem} />}
        <footer>
          <button type="button" disabled={isBusy} onClick={onClose}>
            {w.common.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? w.common.working : verb}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function Shown({
  made: { secret, note, href },
  of,
  onClose,
}: {
  made: Made;
  of: string;
  onClose: () => void;
}) {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => body.current?.focus(), []);
  return (
    <div class="body" ref={body} tabIndex={-1}>
      <p>{note}</p>
      <pre>{secret}</pre>
      <footer>
        {href && (
          <a class="button" href={href} target="_blank" rel="noreferrer">
            {w.tokens.open}
          </a>
        )}
        <Copy text={secret} of={of} word />
        <button type="button" class="primary" onClick={onClose}>
          {w.tokens.kept}
        </button>
      </footer>
    </div>
  );
}
