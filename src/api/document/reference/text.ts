import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Text whose parts between backticks become code. */
export function code(text: string): Html {
  const parts = text.split("`");
  return html`${parts.map((part, position) => (position % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** Paragraphs, divided by empty lines. */
export function prose(text: string | undefined): Html | "" {
  if (!text) return "";
  return html`${text.split(/\n{2,}/).map((paragraph) => html`<p>${code(paragraph)}</p>${raw("\n")}`)}`;
}

/** A heading that links to itself, so that readers can copy a link to it. */
export function heading(id: string, text: string): Html {
  return html`<a class="anchor" href="#${id}">${text}</a>`;
}
