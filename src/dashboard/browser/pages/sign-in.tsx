import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api.ts";
import { HAS_APP_SIGN_IN, SURFACE, VERSION } from "../base.ts";
import { TextField } from "../parts/fields.tsx";
import { Icon } from "../parts/icons.tsx";
import { Page } from "../parts/page.tsx";
import { Refused } from "../parts/shown.tsx";
import { signIn } from "../session.ts";
import { w } from "../words/words.ts";

/** Asks for an operator's token. `because`: why there is no session. */
export function SignIn({ because, done }: { because: Problem; done: () => void }) {
  const isEnded = because.code === "session_ended";
  const isMissing = because.code === "operator_token_missing";
  return (
    <main class="sign-in">
      <p class="brand">
        <Icon name="brand" /> edge-outbox
      </p>
      <div class="panel">
        <Page title={SURFACE === "ui" ? w.signIn.title : because.title || w.signIn.portalTitle}>
          {isEnded && <p role="status">{SURFACE === "ui" ? w.signIn.ended : w.signIn.portalEnded}</p>}
          {HAS_APP_SIGN_IN || SURFACE === "portal" ? (
            <Elsewhere because={because} />
          ) : isMissing ? (
            <Missing />
          ) : (
            <Form done={done} />
          )}
        </Page>
      </div>
      <p class="small">
        {VERSION} · {location.host}
      </p>
    </main>
  );
}

function Form({ done }: { done: () => void }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const seconds = useCountdown(problem);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy || seconds > 0) return;
    setBusy(true);
    try {
      await signIn(token.trim());
      done();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
    setBusy(false);
  };
  return (
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
      {problem && <Refusal {...{ problem, seconds }} />}
      <button type="submit" class="primary" aria-disabled={isBusy || seconds > 0}>
        {isBusy ? w.common.working : w.signIn.submit}
      </button>
    </form>
  );
}

/** Seconds for which the next try has to wait. */
function useCountdown(problem: Problem | undefined): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const until = Date.now() + (problem?.status === 429 ? (problem.retryAfter ?? 0) : 0) * 1000;
    const count = () => setSeconds(Math.max(Math.ceil((until - Date.now()) / 1000), 0));
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [problem]);
  return seconds;
}

function Refusal({ problem, seconds }: { problem: Problem; seconds: number }) {
  if (problem.code === "operator_token_missing") return <Missing />;
  if (problem.status !== 401 && problem.status !== 429) return <Refused error={problem} />;
  if (problem.status === 429 && seconds === 0) return null;
  return (
    <p class="wrong" role={problem.status === 401 ? "alert" : "timer"}>
      {problem.status === 401 ? w.signIn.wrong : w.signIn.wait(seconds)}
    </p>
  );
}

function Missing() {
  return (
    <div class="stack" role="alert">
      <p>{w.signIn.missing}</p>
      <pre>npx wrangler secret put OPERATOR_TOKEN</pre>
    </div>
  );
}

/** The way to the app's own sign-in, if it has an address that a page can go to. */
function Elsewhere({ because: { signInUrl, message } }: { because: Problem }) {
  const address = signInUrl === undefined ? null : URL.parse(signInUrl, location.href);
  return (
    <div class="stack">
      <p>{message || w.signIn.elsewhere[SURFACE]}</p>
      {address && /^https?:$/.test(address.protocol) && (
        <a class="button primary" href={address.href} rel="noreferrer">
          {w.signIn.goThere}
        </a>
      )}
    </div>
  );
}
