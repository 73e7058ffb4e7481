import { wishes } from "../portal.ts";
import { ofBrowser } from "../storage.ts";
import type { en } from "./en/en.ts";

/** The words of one language: texts, and functions of what varies in them. */
type Words = typeof en;

export const LANGUAGES = ["en", "es"] as const;
export type Language = (typeof LANGUAGES)[number];
/** Names of the languages, each in itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", es: "Español" };

const STORED = "edge-outbox-language";

/** The words of the chosen language. Loaded before anything is drawn. */
export let w: Words;
export let language: Language = "en";

/** The language that was chosen in this browser, that the link to the portal wishes for, or that is the first of the browser's own. */
export function preferredLanguage(): Language {
  const given = [ofBrowser.get(STORED), wishes().language].map((one) => one ?? "");
  const wanted = [...given, ...navigator.languages].map((tag) => tag.slice(0, 2));
  return (
    LANGUAGES.find((one) => one === wanted.find((tag) => LANGUAGES.some((known) => known === tag))) ?? "en"
  );
}

export async function loadWords(chosen: Language): Promise<void> {
  w = chosen === "es" ? (await import("./es/es.ts")).es : (await import("./en/en.ts")).en;
  language = chosen;
  document.documentElement.lang = chosen;
}

/** Keeps the choice, and draws the page in it. */
export function chooseLanguage(chosen: Language): void {
  ofBrowser.set(STORED, chosen);
  location.reload();
}
