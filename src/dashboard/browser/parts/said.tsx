import { useEffect, useState } from "preact/hooks";
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

/** The line. What went wrong stays until it is put away. */
export function StatusLine() {
  const [said, setSaid] = useState<Said>();
  tell = setSaid;
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
