import type { Problem } from "../../api.ts";
import { complaintsAbout } from "../../parts/fields.tsx";
import { Refused } from "../../parts/shown.tsx";
import { w } from "../../words/words.ts";

/** A refusal of an endpoint's form, unless all of it stands beside the fields. */
export function Complaint({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  const beside = Object.keys(w.endpoints.fields).flatMap((path) => complaintsAbout(path, problem));
  const isBeside = beside.length > 0 && beside.length === problem.fields.length;
  return isBeside ? null : <Refused error={problem} />;
}

/** Moves the focus to the first field that the API complains about, once it is drawn. */
export function focusWrong(): void {
  const fields = '[aria-invalid="true"], fieldset:has(> .wrong) input';
  setTimeout(() => document.querySelector<HTMLElement>(fields)?.focus());
}
