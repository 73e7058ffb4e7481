import { wishes } from "../portal.ts";
import { ofBrowser } from "../storage.ts";

/** Themes that one can choose; `system`: that of the machine. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "edge-outbox-theme";

/** The theme that was chosen in this browser, or that the link to the portal wishes for. */
export function chosenTheme(): Theme {
  const chosen = ofBrowser.get(STORED) ?? wishes().theme?.mode;
  return THEMES.find((theme) => theme === chosen) ?? "system";
}

/** Draws the page in a theme, and keeps the choice. */
export function chooseTheme(theme: Theme): void {
  ofBrowser.set(STORED, theme);
  applyTheme();
}

/** Draws the page in the chosen theme. */
export function applyTheme(): void {
  document.documentElement.dataset["theme"] = chosenTheme();
}
