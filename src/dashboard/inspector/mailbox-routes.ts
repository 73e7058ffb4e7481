import { type Context, Hono } from "hono";
import * as z from "zod";
import type { ApiEnv } from "../../api/context.ts";
import { allow } from "../../api/door/access.ts";
import { DoorError } from "../../api/door/door-error.ts";
import { readJson } from "../../api/door/read-json.ts";
import { plainAddressInput } from "../../domain/email-content.ts";
import { type Emails, MAILBOX_EVENTS, MAILBOX_REPLIES, type MailboxEmail } from "../../mailbox/answers.ts";
import { awaitEmail, NoSuchEmail } from "../../mailbox/await-email.ts";
import { Mailbox } from "../../mailbox/mailbox.ts";
import { checked } from "../../platform/check.ts";
import { mailboxLimits as limits } from "../../platform/development-limits.ts";
import { leftOut, leftOutAs, wholeNumber } from "../../platform/fields.ts";

const playInput = z.strictObject({
  address: leftOutAs(z.union([z.literal("*"), plainAddressInput]), "*"),
  play: z.enum([...MAILBOX_REPLIES, ...MAILBOX_EVENTS]),
  times: leftOut(wholeNumber(1, limits.times)),
});

const eventInput = z.strictObject({
  event: z.enum(MAILBOX_EVENTS),
  recipients: leftOut(z.array(plainAddressInput).min(1)),
});

const wantedInput = z.strictObject({
  to: leftOut(plainAddressInput),
  subject: leftOut(z.string()),
  after: leftOut(z.string()),
  waitSeconds: leftOutAs(z.coerce.number().pipe(wholeNumber(0, limits.waitSeconds, "seconds")), 0),
});

const read = (operationId: string) => allow({ operationId, method: "get", access: "operator" });
const write = (operationId: string) => allow({ operationId, method: "put", access: "operator" });

const mailboxFor = (c: Context<ApiEnv>) => new Mailbox(c.var.tools.emailEvents());

/** The e-mails that would have been sent, and what the mailbox plays. */
export function mailboxRoutes(): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get("/", read("listMailbox"), async (c) => {
      const mailbox = mailboxFor(c);
      const [emails, plays] = [await mailbox.list(), await mailbox.plays()];
      return c.json({ ...emails, plays, sentTo: c.var.tools.emailsSentTo ?? null } satisfies Emails);
    })
    .delete("/", write("clearMailbox"), async (c) => {
      await mailboxFor(c).clear();
      return c.body(null, 204);
    })
    .put("/plays", write("chooseMailboxPlay"), readJson(), async (c) => {
      const { address, play, times = null } = checked(playInput, await c.req.json());
      const mailbox = mailboxFor(c);
      await mailbox.choose({ address, play, times });
      return c.json({ plays: await mailbox.plays() });
    })
    .get("/latest", read("awaitMailboxEmail"), async (c) => {
      const { waitSeconds, ...wanted } = checked(wantedInput, c.req.query());
      const mailbox = mailboxFor(c);
      const entries = async () => (await mailbox.list()).data;
      const { clock } = c.var.tools;
      try {
        const { id } = await awaitEmail(entries, wanted, { clock, timeoutMs: waitSeconds * 1000 });
        return c.json(there<MailboxEmail>(await mailbox.find(id)));
      } catch (error) {
        throw error instanceof NoSuchEmail ? new DoorError("route_not_found", error.message) : error;
      }
    })
    .get("/:id", read("readMailboxEmail"), async (c) =>
      c.json(there<MailboxEmail>(await mailboxFor(c).find(c.req.param("id")))),
    )
    .post("/:id/events", write("playMailboxEvent"), readJson(), async (c) => {
      const { event, recipients } = checked(eventInput, await c.req.json());
      return c.json(there(await mailboxFor(c).tell(c.req.param("id"), event, recipients)));
    });
}

function there<T>(found: T | undefined): T {
  if (found !== undefined) return found;
  throw new DoorError("route_not_found", "The mailbox has no such e-mail, or no longer keeps it.");
}
