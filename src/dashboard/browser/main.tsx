import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem } from "./api.ts";
import { App } from "./app.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { applyTheme } from "./parts/frame.tsx";
import { Refused, Skeleton } from "./parts/shown.tsx";
import { SignedInAs } from "./parts/signed-in.tsx";
import { followLinks } from "./router.ts";
import { callWithSession, currentSession, type Session } from "./session.ts";
import { loadWords, preferredLanguage } from "./words/words.ts";

/** The session, or the way to one. */
function Root() {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState<Problem>();
  const begin = () => {
    setProblem(undefined);
    currentSession().then(setSession, (error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    });
  };
  useEffect(() => {
    callWithSession((ended) => {
      setSession(undefined);
      setProblem(ended ?? new Problem(401, { code: "unauthorized" }));
    });
    begin();
  }, []);
  if (session) {
    return (
      <SignedInAs value={session}>
        <App />
      </SignedInAs>
    );
  }
  if (!problem) return <Skeleton lines={8} />;
  const isSignIn = problem.status === 401 || problem.code === "operator_token_missing";
  return isSignIn ? <SignIn because={problem} done={begin} /> : <Refused error={problem} again={begin} />;
}

applyTheme();
followLinks();
await loadWords(preferredLanguage());
const host = document.getElementById("app");
if (host) render(<Root />, host);
