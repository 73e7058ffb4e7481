import { useState } from "preact/hooks";
import { Problem } from "../api.ts";
import { VERSION } from "../base.ts";
import { TextField } from "../parts/fields.tsx";
import { Page } from "../parts/page.tsx";
import { Refused } from "../parts/shown.tsx";
import { signIn } from "../session.ts";
import { w } from "../words/words.ts";

/** Asks for an operator's token. `because`: why a session ended. */
export function SignIn({ because, done }: { because: Problem | undefined; done: () => void }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(token);
      done();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setBusy(false);
    }
  };
  const isMissing = (problem ?? because)?.code === "operator_token_missing";
  return (
    <main class="sign-in">
      <Page title={w.signIn.title}>
        {because?.code === "session_ended" && !problem && <p role="status">{w.signIn.ended}</p>}
        {isMissing ? (
          <div>
            <p>{w.signIn.missing}</p>
            <pre>npx wrangler secret put OPERATOR_TOKEN</pre>
          </div>
        ) : (
          <form onSubmit={submit}>
            {/* For password managers. */}
            <input
              class="unseen"
              type="text"
              autocomplete="username"
              value="operator"
              readOnly
              tabIndex={-1}
              aria-hidden="true"
            />
            <TextField
              label={w.signIn.token}
              type="password"
              autocomplete="current-password"
              required
              value={token}
              onValue={setToken}
              hint={w.signIn.hint}
            />
            {problem && <Refusal problem={problem} />}
            <button type="submit" class="primary" disabled={isBusy}>
              {isBusy ? w.common.working : w.signIn.submit}
            </button>
          </form>
        )}
        <p class="small">
          edge-outbox {VERSION} · {location.host}
        </p>
      </Page>
    </main>
  );
}

function Refusal({ problem }: { problem: Problem }) {
  if (problem.code === "unauthorized") {
    return (
      <p class="wrong" role="alert">
        {w.signIn.wrong}
      </p>
    );
  }
  return <Refused error={problem} />;
}
