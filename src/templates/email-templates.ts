/** E-mails from templates. An entry of its own, so that no other Worker carries what makes text of HTML. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { HtmlEscapedCallbackPhase, resolveCallback } from "hono/utils/html";
import { htmlToText } from "html-to-text";
import type { EmailInput } from "../domain/email-content.ts";
import { type EmailMessage, email } from "../outbox/message.ts";
import { invalid, type OutboxError } from "../platform/errors.ts";
import { schemaChecked } from "../platform/schema-checked.ts";

/** Content that a template makes. */
export interface TemplateContent {
  /** On one line. */
  subject: string;
  /**
   * HTML as a string, or anything whose `toString` makes it, also by a promise: an element of `hono/jsx`, or what the tag `html` of
   * `hono/html` makes. Required unless there is `text`.
   */
  html?: unknown;
  /** Plain text. Defaults to the text of `html`; `false`: none. */
  text?: string | false;
}

/** A kind of e-mail. */
export interface EmailTemplate<Data, Input = Data> {
  /** Checks the data, and may change it: a schema of any library that follows Standard Schema. Defaults to no check. */
  schema?: StandardSchemaV1<Input, Data>;
  /**
   * Makes the content.
   * @param locale of the e-mail, or the usual one of all templates
   */
  render: (data: Data, locale: string) => TemplateContent | Promise<TemplateContent>;
}

/** Templates by name, whatever their data. */
type NamedTemplates = Readonly<
  Record<string, { schema?: StandardSchemaV1; render: EmailTemplate<never>["render"] }>
>;

/** Data of a template as they are handed over: those of its schema, or of `render` where there is none. */
type DataOf<Template extends NamedTemplates[string]> =
  NonNullable<Template["schema"]> extends StandardSchemaV1<infer Input>
    ? Input
    : Parameters<Template["render"]>[0];

/** Recipients and everything else of an e-mail that its template does not make. */
export type TemplateEmail = Omit<EmailInput, "subject" | "text" | "html"> & {
  /** Language, as `en` or `es-MX`, handed to the template. Defaults to the usual one of all templates. */
  locale?: string;
};

/**
 * Makes an e-mail from the template `name`.
 * @throws {OutboxError} `invalid_input` for an unknown name, for data that the schema refuses and for content that is no e-mail,
 * naming the field. An error of `render` is thrown as it is
 */
export type EmailTemplates<Of extends NamedTemplates> = <Name extends keyof Of & string>(
  name: Name,
  data: DataOf<Of[Name]>,
  content: TemplateEmail,
  options?: Parameters<typeof email>[1],
) => Promise<EmailMessage>;

/** Answers a template as it is: the data of `render` have the type that its schema makes. */
export function emailTemplate<Data, Input = Data>(
  template: EmailTemplate<Data, Input>,
): EmailTemplate<Data, Input> {
  return template;
}

/**
 * Makes a function that renders e-mails from templates, typed by their names and data. It renders at once, before the commit: a
 * template that fails fails the request, each attempt sends the same bytes, and a later version of the template changes nothing
 * that was committed.
 *
 * @param options.locale language of e-mails that name none. Defaults to `en`
 *
 * @example
 * const letter = emailTemplates({
 *   welcome: emailTemplate({
 *     render: ({ name }: { name: string }) => ({ subject: `Welcome, ${name}`, text: "It is good to have you here." }),
 *   }),
 * });
 * const messages = [await letter("welcome", { name: "Ada" }, { to: "ada@example.com" })];
 */
export function emailTemplates<const Of extends NamedTemplates>(
  templates: Of,
  { locale: usual = "en" }: { locale?: string } = {},
): EmailTemplates<Of> {
  return async (name, data, { locale = usual, ...content }, options) => {
    if (!Object.hasOwn(templates, name)) throw unknownTemplate(name, Object.keys(templates));
    const { schema, render } = templates[name] as unknown as EmailTemplate<unknown>;
    const valid = schema ? await schemaChecked(schema, data, "data") : data;
    return email({ ...content, ...(await contentOf(await render(valid, locale))) }, options);
  };
}

function unknownTemplate(name: string, names: string[]): OutboxError {
  return invalid("template", `is ${JSON.stringify(name)}, and there are only ${names.join(", ") || "none"}`);
}

async function contentOf({ subject, html, text }: TemplateContent) {
  const rendered = html === undefined ? undefined : await htmlOf(html);
  const plain = text ?? (rendered === undefined ? undefined : textOf(rendered));
  return {
    subject,
    ...(rendered !== undefined && { html: rendered }),
    // Of a page of pictures no text is left.
    ...(plain && { text: plain }),
  };
}

async function htmlOf(value: unknown): Promise<string> {
  const element: unknown = await value;
  const isElement = typeof element === "string" || (typeof element === "object" && element !== null);
  const made = isElement ? await element.toString() : "";
  if (!isElement || made === String({})) {
    throw invalid("html", "must be a string, or an element that becomes one, as hono/jsx makes it");
  }
  return String(await resolveCallback(made, HtmlEscapedCallbackPhase.Stringify, false, {}));
}

/** Pictures say nothing in a text; a link is followed by its address, unless that is its text; a row of a table is a line. */
function textOf(html: string): string {
  return htmlToText(html, {
    wordwrap: false,
    selectors: [
      { selector: "img", format: "skip" },
      {
        selector: "a",
        options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true, linkBrackets: ["(", ")"] },
      },
      { selector: "tr", format: "block", options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
      ...["td", "th"].map((selector) => ({
        selector,
        format: "inlineSurround",
        options: { suffix: " " },
      })),
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({
        selector,
        options: { uppercase: false },
      })),
    ],
  })
    .replaceAll(/ +$/gm, "")
    .trim();
}
