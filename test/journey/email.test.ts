import { expect, test } from "vitest";
import { startJourney } from "../support/worker/journey.ts";

test("a direct e-mail goes out through the binding, and is traced like everything else", async () => {
  const journey = await startJourney();
  const { id } = await journey.sendEmail({
    to: "Ada <ada@example.com>",
    subject: "Welcome",
    text: "Hello",
    html: "<b>Hello</b>",
  });
  const [message] = await journey.until(["delivered"], id);
  expect(message.deliveries).toMatchObject([
    {
      endpointId: "ep_email",
      channel: "email",
      state: "delivered",
      attempts: [{ number: 1, outcome: "delivered", httpStatus: null }],
    },
  ]);
  expect(message.deliveries[0].attempts[0].responseExcerpt).toMatch(/@example\.com/);
  expect(await journey.hook.received()).toEqual([]);
  await journey.checkInvariants();
});

test("an e-mail address can subscribe to event types, beside a webhook", async () => {
  const journey = await startJourney();
  const address = await journey.subscribe({
    channel: "email",
    address: "ops@example.com",
    eventTypes: ["order.placed"],
  });
  const { id } = await journey.commit({ eventType: "order.placed", payload: { order: 7 } });
  const [message] = await journey.until(["delivered"], id);
  expect(message.deliveries.map((one: { endpointId: string }) => one.endpointId).toSorted()).toEqual(
    [address.id, journey.endpoint.id].toSorted(),
  );
  await journey.checkInvariants();
});
