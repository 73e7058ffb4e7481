import { useEffect, useState } from "preact/hooks";
import { duration, exact, relative } from "./format.ts";

/** The current instant, which moves while the page is seen. */
export function useNow(everyMs = 5000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return Math.max(now, Date.now() - everyMs);
}

/** An instant as seen from now. The exact one stands in its title, and takes its place at a click. */
export function Time({ at }: { at: string | number }) {
  const now = useNow();
  const [isExact, setExact] = useState(false);
  const ms = typeof at === "string" ? Date.parse(at) : at;
  return (
    <button type="button" class="time" title={exact(ms)} onClick={() => setExact(!isExact)}>
      <time dateTime={new Date(ms).toISOString()}>{isExact ? exact(ms) : relative(ms, now)}</time>
    </button>
  );
}

/** The time since an instant. */
export function Age({ since }: { since: string | number }) {
  const now = useNow(1000);
  const ms = typeof since === "string" ? Date.parse(since) : since;
  return (
    <time dateTime={new Date(ms).toISOString()} title={exact(ms)}>
      {duration(Math.max(now - ms, 0))}
    </time>
  );
}
