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

/**
 * The line. It ends when one leaves the page on which it was said, which is the next one for an action that has led there.
 * What went wrong stays until then.
 */
export function StatusLine() {
  const [said, setSaid] = useState<Said>();
  const saidOn = useRef("");
  tell = (next) => {
    saidOn.current = location.pathname;
    setSaid(next);
  };
  usePlace();
  const { pathname } = location;
  useEffect(() => {
    if (saidOn.current !== pathname) setSaid(undefined);
  }, [pathname]);
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
