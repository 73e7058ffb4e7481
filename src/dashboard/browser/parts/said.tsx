import { useEffect, useRef, useState } from "preact/hooks";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Icon } from "./icons.tsx";

interface Said {
  text: string;
  tone: "plain" | "good" | "bad";
}

let tell: (said: Said | undefined) => void = () => {};

/** Tells what an action did, in the one line of the page that screen readers read out. */
export function say(text: string, tone: Said["tone"] = "plain"): void {
  tell({ text, tone });
}

const PLAIN_MS = 4000;
/** An action that leads to another page speaks there. */
const ARRIVING_MS = 1000;

/** The line. It ends when one leaves the page that it was said on; what went wrong stays until then. */
export function StatusLine() {
  const [said, setSaid] = useState<Said>();
  const saidAt = useRef(0);
  tell = (next) => {
    saidAt.current = Date.now();
    setSaid(next);
  };
  const { segments } = usePlace();
  useEffect(() => {
    if (Date.now() - saidAt.current > ARRIVING_MS) setSaid(undefined);
  }, [segments.join("/")]);
  useEffect(() => {
    if (said?.tone !== "plain") return;
    const timer = setTimeout(() => setSaid(undefined), PLAIN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div class={`said ${said?.tone ?? "none"}`}>
      <p role="status">{said?.text}</p>
      {said && (
        <button
          type="button"
          class="bare"
          aria-label={w.common.dismissLine}
          onClick={() => setSaid(undefined)}
        >
          <Icon name="cross" />
        </button>
      )}
    </div>
  );
}
