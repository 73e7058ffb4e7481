import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { everything } from "../support/database/everything.ts";
import { call } from "../support/worker/api.ts";
import { startJourney } from "../support/worker/journey.ts";

const CODE = "493817-over-http";

test("a sensitive e-mail over HTTP is sealed, shown without its content, sent, wiped, and not replayed", async () => {
  const journey = await startJourney();
  const mail = { to: "ada@example.com", subject: `Code ${CODE}`, text: CODE, html: `<b>${CODE}</b>` };
  const later = new Date(Date.now() + 3600_000).toISOString();
  const waiting = await journey.sendEmail({ ...mail, sensitive: true, deliverAt: later });
  const { id } = await journey.sendEmail({ ...mail, sensitive: true });
  const [message] = await journey.until(["delivered"], id);
  const shown = { subject: "[sealed]", text: "[sealed]", html: "[sealed]", sensitive: true };
  expect(message).toMatchObject({ content: "wiped", payload: { to: [mail.to], ...shown } });
  expect(message.deliveries[0].attempts).toMatchObject([{ outcome: "delivered", responseExcerpt: null }]);

  const path = `/v1/tenants/${journey.tenant.id}`;
  expect((await call("GET", `${path}/messages/${waiting.id}`)).body).toMatchObject({
    content: "sealed",
    payload: shown,
  });
  for (const list of ["messages", "deliveries", "emails", "audit"])
    expect(JSON.stringify((await call("GET", `${path}/${list}`)).body)).not.toContain(CODE);
  expect((await call("GET", `${path}/emails`)).body.data).toMatchObject([
    { messageId: id, to: [mail.to], subject: "[sealed]" },
    { messageId: waiting.id, to: [mail.to], subject: "[sealed]" },
  ]);
  expect(await call("POST", `${path}/messages/${id}/deliveries/ep_email/replay`)).toMatchObject({
    status: 409,
    body: { code: "content_wiped" },
  });
  expect(
    (await call("GET", `${path}/messages/${(await journey.sendEmail(mail)).id}`)).body.content,
  ).toBeNull();
  const rows = await everything(env.DB);
  expect(rows.split(CODE)).toHaveLength(1 + 3);
  await journey.checkInvariants();
});
