import { useEffect, useState } from "preact/hooks";
import { Problem } from "../../api.ts";

/** Time after a change in which no other comes, before it is counted anew. */
const QUIET_MS = 300;

/** A count that the API makes beforehand; undefined while it is under way. */
interface Counted<T> {
  found: T | undefined;
  problem: Problem | undefined;
}

/** Counts what an action would change, anew for each `of`. */
export function useCount<T>(of: string, counting: () => Promise<T>): Counted<T> {
  const [counted, setCounted] = useState<Counted<T> & { of?: string }>({
    found: undefined,
    problem: undefined,
  });
  useEffect(() => {
    let isGone = false;
    const told = (result: Counted<T>) => !isGone && setCounted({ ...result, of });
    const timer = setTimeout(() => {
      counting().then(
        (found) => told({ found, problem: undefined }),
        (error: unknown) => {
          if (!(error instanceof Problem)) throw error;
          told({ found: undefined, problem: error });
        },
      );
    }, QUIET_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [of]);
  return counted.of === of ? counted : { found: undefined, problem: undefined };
}
