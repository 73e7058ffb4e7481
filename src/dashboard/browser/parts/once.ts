import { w } from "../words/words.ts";
import type { Run } from "./action.tsx";
import { count } from "./format.ts";
import { inSlices, type Sliced } from "./slices.ts";

/**
 * Makes one call, and repeats it with its key while its answer is lost. Answers the words for an answer that stays lost;
 * "" otherwise.
 */
export async function callOnce(
  { idempotencyKey: key, signal }: Run,
  call: (key: string) => Promise<unknown>,
): Promise<string> {
  const answered = async (key: string) => {
    await call(key);
    return { done: 1, left: 0 };
  };
  const { unanswered } = await inSlices({ call: answered, key, signal, most: 1 });
  return unanswered > 0 ? w.dead.unanswered(unanswered) : "";
}

/** Sentences of a result, without those that do not apply. */
export function sentences(...all: readonly (string | false | undefined)[]): string {
  return all.filter(Boolean).join(" ");
}

/** The end of a change in slices, in words: how far it came. */
export function extentOf({ left, isStopped, unanswered }: Omit<Sliced, "done">): string {
  return sentences(
    unanswered > 0 && w.dead.unanswered(unanswered),
    left > 0 && (isStopped ? w.dead.stopped : w.dead.left)(count(left)),
  );
}
