import { type EmailContent, emailContent } from "../domain/email-content.ts";
import { headerBytes } from "../domain/email-headers.ts";
import { recipientsOf } from "../domain/email-status.ts";
import { tagHeaders } from "../domain/email-tags.ts";
import { checked, joinPath } from "../platform/check.ts";
import { type FieldError, OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { type Links, makeLink } from "./link.ts";
import { LONGEST_HEADERS } from "./settings.ts";

/** Stands in an e-mail's text and HTML for its unsubscribe link. */
const MARK = "{{unsubscribe}}";

/**
 * Writes the unsubscribe link into an e-mail with a topic.
 * @param links undefined: a setting for them is missing
 * @param path of the e-mail in the request
 * @throws {OutboxError} `invalid_input` naming what does not go with a topic
 */
export async function writeLink(
  links: Links | undefined,
  tenantId: string,
  stored: unknown,
  path: string,
): Promise<object> {
  const email = checked(emailContent, stored, path);
  const { topic = "", text, html } = email;
  const faults = faultsOf(email);
  if (!links) {
    faults.push([
      ["topic"],
      "needs the settings EMAIL_UNSUBSCRIBE_URL and SECRET_KEYS, of which its link is made; set them",
    ]);
  }
  if (faults.length > 0 || !links) {
    const fields = faults.map(([steps, message]): FieldError => ({ path: joinPath(path, steps), message }));
    throw new OutboxError({ code: "invalid_input", fields });
  }
  const [address = ""] = recipientsOf(email);
  const unsubscribe = await makeLink(links, { tenantId, topic, address });
  const filled = (part: string | undefined) => part?.replaceAll(MARK, unsubscribe);
  return { ...email, text: filled(text), html: filled(html), unsubscribe };
}

type Fault = [steps: string[], message: string];

/** Faults beside a topic: its link is that of one person, and takes two headers. */
function faultsOf({ to, cc, bcc, headers = {}, tags, text = "", html = "" }: EmailContent): Fault[] {
  const faults: Fault[] = [];
  // Before the link is filled in: it is many times as long.
  for (const [field, part] of Object.entries({ text, html })) {
    if (part.split(MARK).length - 1 > limits.unsubscribeMarks)
      faults.push([[field], `must have ${MARK} at most ${limits.unsubscribeMarks} times`]);
  }
  if (to.length > 1) {
    const message =
      "must be one recipient beside topic and together; leave together out: each gets an e-mail with a link of their own";
    faults.push([["to"], message]);
  }
  for (const [field, copies] of Object.entries({ cc, bcc })) {
    if (copies)
      faults.push([[field], "must be left out beside topic: the unsubscribe link is that of one recipient"]);
  }
  const names = Object.keys(headers);
  for (const name of names) {
    if (/^list-unsubscribe(-post)?$/i.test(name))
      faults.push([["headers", name], "is made of topic; leave one of the two out"]);
  }
  const [most, mostBytes] = [limits.emailHeaders - 2, limits.emailHeadersBytes - LONGEST_HEADERS];
  if (names.length > most) faults.push([["headers"], `must have at most ${most} headers beside topic`]);
  if (headerBytes({ ...headers, ...tagHeaders(tags) }) > mostBytes) {
    faults.push([["headers"], `must have at most ${mostBytes} bytes beside topic, with the tags`]);
  }
  return faults;
}
