import { html } from "hono/html";
import { type Language, type Words, wordsIn } from "./words.ts";

/** Kinds of pages: a question; its two answers; and refusals. */
type PageKind = "ask" | "out" | "back" | "unknown" | "tooMany" | "failed";

/** A page. Its words and its button are made for the link's topic, and for who sends. */
export interface Page {
  kind: PageKind;
  topic?: string;
  /** Name of the tenant, or its id. */
  from?: string;
}

/** Query of the form that takes an unsubscription back. A form without it, and a mail program, unsubscribes. */
export const RESUBSCRIBE = "resubscribe";

const BUTTONS: Partial<Record<PageKind, { action: string; word: "unsubscribe" | "resubscribe" }>> = {
  ask: { action: "?", word: "unsubscribe" },
  out: { action: `?${RESUBSCRIBE}`, word: "resubscribe" },
  back: { action: "?", word: "unsubscribe" },
};

const STYLE = `body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto 0; padding: 0 1rem; }
button { font: inherit; padding: 0.5rem 1rem; }
:root { color-scheme: light dark; }`;

/** HTML of a page, which runs nothing and loads nothing. */
export function pageHtml({ kind, topic = "", from = "" }: Page, language: Language, nonce: string): string {
  const words: Words = wordsIn(language);
  const button = BUTTONS[kind];
  const text = words[kind].replace("{topic}", () => topic).replace("{from}", () => from);
  const form = button
    ? html`<form method="post" action="${button.action}"><button>${words[button.word]}</button></form>`
    : "";
  return String(html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.title}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<p role="status">${text}</p>
${form}
</body>
</html>
`);
}

/** Headers of a page: it runs nothing, is kept by nobody, and tells its address, which is a key, to nobody. */
export function pageHeaders(language: Language, nonce: string): Record<string, string> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-language": language,
    vary: "accept-language",
    "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
  };
}
