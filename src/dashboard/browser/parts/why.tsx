import { w } from "../words/words.ts";
import { visible } from "./format.ts";

/** Result of a latest attempt, and the reason why it was the last one. */
export interface ResultOfAttempt {
  reason?: string | null;
  error: string | null;
  httpStatus: number | null;
}

/** The result in words: status, class of the error, and why the delivery ended. */
export function Why({ result: { reason, error, httpStatus } }: { result: ResultOfAttempt }) {
  return (
    <span class="why">
      {httpStatus !== null && <b>{httpStatus}</b>}
      {error !== null && error !== "http_status" && <span>{wordsOf(w.errors, error)}</span>}
      {reason && reason !== error && (
        <span class="small">
          {reason === "given_up" && error === "http_status" ? w.givenUpOn : wordsOf(w.reasons, reason)}
        </span>
      )}
    </span>
  );
}

function wordsOf(all: Readonly<Record<string, string>>, code: string): string {
  return (all[code] ?? visible(code)).replace(/\.$/, "");
}

/** Words of the other side, or the error in words, as far as two lines hold them. */
export function Excerpt({ text }: { text: string | null }) {
  return text ? <p class="excerpt">{visible(text.slice(0, 400))}</p> : null;
}
