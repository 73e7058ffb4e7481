import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem } from "./api.ts";
import { App } from "./app.tsx";
import { IS_DEVELOPMENT, SURFACE } from "./base.ts";
import { loaded, pagesOf } from "./parts/loaded.tsx";
import { Refused, Skeleton } from "./parts/shown.tsx";
import { SignedInAs } from "./parts/signed-in.tsx";
import { applyTheme } from "./parts/theme.ts";
import { applyLooks, tellHeight } from "./portal.ts";
import { followLinks } from "./router.ts";
import {
  callWithSession,
  currentSession,
  openLink,
  type Session,
  signIn,
  takeSecretOfAddress,
} from "./session.ts";
import { language, loadWords, preferredLanguage } from "./words/words.ts";

const SignIn = loaded(
  pagesOf(() => import("./pages/sign-in.tsx")),
  "SignIn",
);

/** The session, or the way to one. */
function Root({ secret }: { secret: string | undefined }) {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState<Problem>();
  const begin = async (secret?: string) => {
    setProblem(undefined);
    try {
      if (secret !== undefined) await (SURFACE === "ui" ? signIn(secret) : openLink(secret));
      applyLooks();
      // Nothing but this page has been drawn, and the code is gone from the address.
      if (preferredLanguage() !== language) return location.reload();
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
    void begin(secret);
  }, []);
  if (session) {
    return (
      <SignedInAs value={session}>
        <App />
      </SignedInAs>
    );
  }
  if (!problem) return <Skeleton lines={8} />;
  const isSignIn = problem.status === 401 || ["operator_token_missing", "link_used"].includes(problem.code);
  return isSignIn ? (
    <SignIn because={problem} done={() => void begin()} />
  ) : (
    <main class="sign-in">
      <Refused error={problem} again={() => void begin()} />
    </main>
  );
}

applyTheme();
applyLooks();
tellHeight();
const secret = takeSecretOfAddress();
/** Links with an operator's token are for development alone. */
const isTaken = SURFACE === "portal" || IS_DEVELOPMENT;
followLinks();
await loadWords(preferredLanguage());
const host = document.getElementById("app");
if (host) render(<Root secret={isTaken ? secret : undefined} />, host);
