import { language } from "../words/words.ts";

const loaded =
  language === "es" ? await import("../words/es/inspector.ts") : await import("../words/en/inspector.ts");

/** The words of the inspector, in the language of the page. */
export const i = loaded.inspector;
