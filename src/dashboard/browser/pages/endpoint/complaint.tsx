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
