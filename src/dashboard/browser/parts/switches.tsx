import { useEffect, useReducer, useState } from "preact/hooks";
import { Problem } from "../api.ts";
import { live, type Pace } from "../live.ts";
import { go, linkTo } from "../router.ts";
import { maySignOut, signOut } from "../session.ts";
import { chooseLanguage, LANGUAGE_NAMES, LANGUAGES, type Language, language, w } from "../words/words.ts";
import { Icon } from "./icons.tsx";
import { Menu } from "./menu.tsx";
import { forgetTenants } from "./recent-tenants.ts";
import { say } from "./said.tsx";
import { useSession } from "./signed-in.tsx";
import { chooseTheme, chosenTheme, THEMES, type Theme } from "./theme.ts";

const PACES: readonly Pace[] = ["live", "slow", "off"];

/** The switches of the whole: live updates, and the menu of whoever is signed in. */
export function Switches({ openSheet }: { openSheet: () => void }) {
  const session = useSession();
  const name = session.name || w.common.account;
  return (
    <div class="switches">
      <LiveSwitch />
      <Menu
        kind="account"
        title={name}
        label={
          <>
            <Icon name="person" />
            <span class="cut">{name}</span>
            <Icon name="down" />
          </>
        }
      >
        {(close) => (
          <>
            <p>
              <strong>{name}</strong>
              {session.role && <span class="small"> · {w.common.roleIs(session.role)}</span>}
            </p>
            <Choices />
            <button
              type="button"
              onClick={() => {
                close();
                openSheet();
              }}
            >
              {w.frame.shortcuts}
            </button>
            {maySignOut() && (
              <button type="button" onClick={leave}>
                {w.common.signOut}
              </button>
            )}
          </>
        )}
      </Menu>
    </div>
  );
}

async function leave(): Promise<void> {
  try {
    await signOut();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return say(w.common.signOutFailed(error.title || w.common.unreachable), "bad");
  }
  forgetTenants();
  go(linkTo([]));
}

function LiveSwitch() {
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);
  useEffect(() => {
    const unwatch = live.watch(() => redraw(undefined));
    return () => void unwatch();
  }, []);
  return (
    <span class={`pace ${live.isSlowed ? "slowed" : live.pace}`}>
      {live.isSlowed && <span class="mark warn">{w.common.slowed}</span>}
      <select
        aria-label={w.common.pace}
        aria-keyshortcuts="p"
        value={live.pace}
        onChange={(event) => {
          live.pace = event.currentTarget.value as Pace;
        }}
      >
        {PACES.map((pace) => (
          <option key={pace} value={pace}>
            {w.paces[pace]}
          </option>
        ))}
      </select>
    </span>
  );
}

function Choices() {
  const [theme, setTheme] = useState(chosenTheme());
  return (
    <>
      <label>
        <span>{w.common.theme}</span>
        <select
          value={theme}
          onChange={(event) => {
            const chosen = event.currentTarget.value as Theme;
            chooseTheme(chosen);
            setTheme(chosen);
          }}
        >
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {w.themes[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{w.common.language}</span>
        <select value={language} onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}>
          {LANGUAGES.map((one) => (
            <option key={one} value={one}>
              {LANGUAGE_NAMES[one]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
