/** Themes that one can choose; `system`: that of the machine. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "edge-outbox-theme";

/** The theme that was chosen in this browser. */
export function chosenTheme(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(STORED)) ?? "system";
}

/** Draws the page in a theme, and keeps the choice. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(STORED, theme);
  applyTheme();
}

/** Draws the page in the chosen theme. */
export function applyTheme(): void {
  document.documentElement.dataset["theme"] = chosenTheme();
}
