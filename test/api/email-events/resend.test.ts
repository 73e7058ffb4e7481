import { expect, test } from "vitest";
import { resendEvent } from "../../support/outside/email-events.ts";
import { call } from "../../support/worker/api.ts";
import { startJourney } from "../../support/worker/journey.ts";

const PATH = "/v1/email-events/resend";

const receive = ({ headers, body }: { headers: Record<string, string>; body: string }) =>
  call("POST", PATH, { token: null, headers, text: body });

async function sentEmail() {
  const journey = await startJourney();
  const { id } = await journey.sendEmail({
    to: "Ada <Ada@example.com>",
    subject: "Order",
    text: "We have it.",
  });
  await journey.until(["delivered"], id);
  const recipients = async () => (await journey.read(id)).deliveries[0].recipients;
  return { journey, tenant: journey.tenant.id, message: id as string, recipients };
}

test("a bounce that Resend tells is on the trace when its webhook is answered", async () => {
  const { journey, tenant, message, recipients } = await sentEmail();
  expect(await recipients()).toEqual([
    { address: "ada@example.com", status: "accepted", bounce: null, events: [] },
  ]);
  const at = new Date();
  const answer = await receive(resendEvent({ message, tenant, at }));
  expect(answer).toMatchObject({ status: 200, body: { recorded: 1, repeated: 0, unmatched: 0, foreign: 0 } });
  expect(await recipients()).toEqual([
    {
      address: "ada@example.com",
      status: "bounced",
      bounce: "hard",
      events: [
        {
          status: "bounced",
          bounce: "hard",
          provider: "resend",
          providerMessageId: "56761188-7520-42d8-8898-ff6fc54ce618",
          detail: "smtp; 550 5.5.0 Requested action not taken: mailbox unavailable",
          at: at.toISOString(),
          receivedAt: expect.any(String),
        },
      ],
    },
  ]);
  await journey.checkInvariants();
});
