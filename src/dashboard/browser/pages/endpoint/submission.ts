import { useState } from "preact/hooks";
import { Problem } from "../../api.ts";

/** The sending of an endpoint's form: whether it is under way, and how the API refused the last one. */
export function useSubmission() {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (send: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await send();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      focusWrong();
    } finally {
      setBusy(false);
    }
  };
  return { problem, isBusy, submit, forgetProblem: () => setProblem(undefined) };
}

/** Moves the focus to the first field that the API complains about, once it is drawn. */
function focusWrong(): void {
  const fields = '[aria-invalid="true"], fieldset:has(> .wrong) input';
  setTimeout(() => document.querySelector<HTMLElement>(fields)?.focus());
}
