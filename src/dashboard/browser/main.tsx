import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
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

/** Links with an operator's token are for development alone. */
const TAKES_SECRETS = SURFACE === "portal" || IS_DEVELOPMENT;
/** Statuses that say what a secret is worth. After any other one it may still be good. */
const JUDGED = [401, 409, 410];

/** The session, or the way to one. */
function Root({ secret: first }: { secret: string | undefined }) {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState<Problem>();
  const secret = useRef(first);
  const beginnings = useRef(0);
  const begin = async () => {
    const beginning = ++beginnings.current;
    setSession(undefined);
    setProblem(undefined);
    const begun = await sessionBy(secret).catch((error: unknown) => error);
    if (beginning !== beginnings.current) return;
    if (begun instanceof Problem) setProblem(begun);
    else if (begun instanceof Error) throw begun;
    else setSession(begun as Session);
  };
  useEffect(() => {
    callWithSession((ended) => {
      setSession(undefined);
      setProblem(new Problem(401, { code: ended ? "session_ended" : "unauthorized" }));
    });
    void begin();
    // A link that differs from the address in its fragment alone loads no page.
    const open = () => {
      const given = takeSecretOfAddress();
      if (given === undefined || !TAKES_SECRETS) return;
      secret.current = given;
      void begin();
    };
    addEventListener("hashchange", open);
    return () => removeEventListener("hashchange", open);
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

/** Spends the secret, if there is one: it is kept until an answer says what it is worth. */
async function sessionBy(secret: { current: string | undefined }): Promise<Session> {
  const given = secret.current;
  if (given !== undefined) {
    const spent = await (SURFACE === "ui" ? signIn(given) : openLink(given)).catch((error: unknown) => error);
    const isJudged = !(spent instanceof Problem) || JUDGED.includes(spent.status);
    if (isJudged && secret.current === given) secret.current = undefined;
    if (spent instanceof Error) throw spent;
  }
  applyTheme();
  applyLooks();
  if (preferredLanguage() !== language) await loadWords(preferredLanguage());
  return currentSession();
}

applyTheme();
applyLooks();
tellHeight();
const secret = takeSecretOfAddress();
followLinks();
await loadWords(preferredLanguage());
const host = document.getElementById("app");
if (host) render(<Root secret={TAKES_SECRETS ? secret : undefined} />, host);
