import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem } from "./api.ts";
import { App } from "./app.tsx";
import { IS_DEVELOPMENT, SURFACE } from "./base.ts";
import { SignIn } from "./pages/sign-in.tsx";
import { Refused, Skeleton } from "./parts/shown.tsx";
import { SignedInAs } from "./parts/signed-in.tsx";
import { applyTheme } from "./parts/theme.ts";
import { followLinks } from "./router.ts";
import { callWithSession, currentSession, type Session, signIn, takeTokenOfAddress } from "./session.ts";
import { loadWords, preferredLanguage } from "./words/words.ts";

/** The session, or the way to one. */
function Root({ token }: { token: string | undefined }) {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState<Problem>();
  const begin = async (token?: string) => {
    setProblem(undefined);
    try {
      if (token !== undefined) await signIn(token);
      setSession(await currentSession());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
  };
  useEffect(() => {
    callWithSession((ended) => {
      setSession(undefined);
      setProblem(new Problem(401, { code: ended ? "session_ended" : "unauthorized" }));
    });
    void begin(token);
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
  return isSignIn ? (
    <SignIn because={problem} done={() => void begin()} />
  ) : (
    <Refused error={problem} again={() => void begin()} />
  );
}

applyTheme();
const token = SURFACE === "ui" ? takeTokenOfAddress() : undefined;
followLinks();
await loadWords(preferredLanguage());
const host = document.getElementById("app");
if (host) render(<Root token={IS_DEVELOPMENT ? token : undefined} />, host);
