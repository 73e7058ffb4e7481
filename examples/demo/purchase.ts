import { answerOf, type Client, type CommittedMessage, type Message } from "../../src/client/client.ts";
import { type Received, type Receiver, refuseSignature } from "./receiver.ts";
import { findSentEmail } from "./sent-email.ts";
import type { Stage } from "./stage.ts";
import { chapter, check, facts, line, quote } from "./story.ts";
import { drawTimeline } from "./timeline.ts";
import { waitFor } from "./wait.ts";

const SHOP = { tenant: "shop" };
const OFFICE = "office@shop.example";
const CUSTOMER = "ada@example.com";
const ORDER = { orderId: "1001", total: 42.5, currency: "EUR" };
const BREAKDOWN = [500, 503];

interface Scene {
  stage: Stage;
  client: Client;
  receiver: Receiver;
  stopping: AbortSignal;
}

/** Plays the purchase step by step. Answers what was proven. */
export async function playPurchase(stage: Stage, stopping: AbortSignal): Promise<string> {
  const scene = { stage, client: stage.client, receiver: stage.receiver, stopping };
  const endpoints = await registerEndpoints(scene);
  const placed = await commitOnce(scene);
  await receiveWebhook(scene, placed);
  await showEmail(scene, `The e-mail to ${OFFICE}, which stays in the mailbox`, placed, OFFICE);
  const direct = await sendDirectEmail(scene);
  const [paid, shipped] = await breakReceiver(scene);
  const messages = [placed, direct, paid, shipped];
  await showTimelines(scene, messages, endpoints);
  return prove(scene, placed, messages);
}

async function registerEndpoints({ client, receiver }: Scene): Promise<Map<string, string>> {
  chapter("A tenant, and who wants to hear of its orders");
  await answerOf(client.v1.tenants.$post({ json: { id: "shop", name: "A small shop" } }));
  const { endpoints } = client.v1.tenants[":tenant"];
  const hook = { channel: "webhook" as const, url: receiver.url };
  const webhook = await answerOf(endpoints.$post({ param: SHOP, json: hook }));
  receiver.secret = webhook.secret ?? "";
  const mailbox = { channel: "email" as const, address: OFFICE, eventTypes: ["order.placed"] };
  const office = await answerOf(endpoints.$post({ param: SHOP, json: mailbox }));
  facts({
    tenant: "shop",
    webhook: `${webhook.id}  every event, to ${receiver.url}`,
    email: `${office.id}  order.placed, to ${OFFICE}`,
  });
  return new Map([
    [webhook.id, receiver.url],
    [office.id, OFFICE],
  ]);
}

async function commitOnce({ client }: Scene): Promise<CommittedMessage> {
  chapter("The purchase: order.placed is committed, and the request repeated as after a lost answer");
  const { messages } = client.v1.tenants[":tenant"];
  const json = { eventType: "order.placed", payload: ORDER };
  const headers = { "idempotency-key": "purchase-1001" };
  const commit = () => answerOf(messages.$post({ param: SHOP, json }, { headers }));
  const first = await commit();
  const again = await commit();
  for (const { id, deliveries, duplicate } of [first, again]) {
    line(`202  ${id}  deliveries ${deliveries}  duplicate ${duplicate}`);
  }
  check(
    "the first commit is new, and the repetition answers the same message",
    !first.duplicate && again.duplicate && first.id === again.id,
  );
  return first;
}

async function receiveWebhook({ receiver, stopping }: Scene, placed: CommittedMessage): Promise<void> {
  chapter("The webhook arrives, and the standardwebhooks package verifies it");
  const webhook = await waitFor("the webhook of order.placed", stopping, () => accepted(receiver, placed));
  const { body, headers } = webhook;
  const shown = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  facts(Object.fromEntries(shown.map((name) => [name, headers[name] ?? ""])));
  quote(body);
  const forged = body.replace("42.5", "0.5");
  const refusal = refuseSignature(receiver.secret, forged, headers);
  check("a changed body is refused", forged !== body && refusal !== undefined);
  line(`verified; with "total":0.5 it would be refused: ${refusal}`);
}

async function showEmail(scene: Scene, title: string, message: CommittedMessage, to: string): Promise<void> {
  chapter(title);
  const { stage, stopping } = scene;
  const email = await waitFor(`the e-mail to ${to}`, stopping, () =>
    findSentEmail(stage, message.id, to, stopping),
  );
  facts({ From: email.from, To: email.to.join(", "), Subject: email.subject });
  quote(email.text ?? "");
}

async function sendDirectEmail(scene: Scene): Promise<CommittedMessage> {
  const email = {
    to: `Ada Lovelace <${CUSTOMER}>`,
    subject: `Thank you for order ${ORDER.orderId}`,
    text: "Dear Ada,\n\nwe have your order, and tell you when it leaves.\n\nThe shop",
  };
  const { emails } = scene.client.v1.tenants[":tenant"];
  const message = await answerOf(emails.$post({ param: SHOP, json: email }));
  await showEmail(scene, "A direct e-mail to the customer: POST /emails", message, CUSTOMER);
  return message;
}

async function breakReceiver({
  client,
  receiver,
  stopping,
}: Scene): Promise<[CommittedMessage, CommittedMessage]> {
  chapter(
    `The receiver breaks: ${BREAKDOWN.join(", then ")}. order.shipped has the same ordering key, and must wait`,
  );
  receiver.failures.push(...BREAKDOWN);
  const startedAt = Date.now();
  receiver.tell = ({ eventType, answered, at }) => {
    line(`${String(at - startedAt).padStart(6)} ms  ${eventType.padEnd(13)}  answered ${answered}`);
  };
  const commit = (eventType: string) => {
    const payload = { orderId: ORDER.orderId };
    const json = { eventType, payload, orderingKey: `order-${ORDER.orderId}` };
    return answerOf(client.v1.tenants[":tenant"].messages.$post({ param: SHOP, json }));
  };
  const paid = await commit("order.paid");
  const shipped = await commit("order.shipped");
  await waitFor(
    "order.paid and order.shipped, after the receiver has recovered",
    stopping,
    () => accepted(receiver, paid) && accepted(receiver, shipped),
  );
  return [paid, shipped];
}

async function showTimelines(
  scene: Scene,
  messages: CommittedMessage[],
  names: Map<string, string>,
): Promise<void> {
  chapter("What the outbox has on record: GET /v1/tenants/shop/messages/{message}");
  for (const { id } of messages) {
    const trace = await waitFor(`${id} to be settled`, scene.stopping, () => readSettled(scene.client, id));
    line();
    for (const text of drawTimeline(trace, (endpointId) => names.get(endpointId) ?? CUSTOMER)) line(text);
    const delivered = trace.deliveries.every(({ state }) => state === "delivered");
    check(`every delivery of ${trace.eventType} was made`, delivered && trace.deliveries.length > 0);
  }
}

async function readSettled(client: Client, message: string): Promise<Message | undefined> {
  const { messages } = client.v1.tenants[":tenant"];
  const trace = await answerOf(messages[":message"].$get({ param: { ...SHOP, message } }));
  return trace.deliveries.every(({ settledAt }) => settledAt !== null) ? trace : undefined;
}

function prove({ receiver }: Scene, placed: CommittedMessage, messages: CommittedMessage[]): string {
  const paidAndShipped = receiver.received
    .slice(1)
    .map(({ eventType, answered }) => `${eventType} ${answered}`);
  check(
    "order.placed arrived once, though it was committed twice",
    receiver.received.filter(({ id }) => id === placed.id).length === 1,
  );
  check(
    "order.shipped arrived after order.paid was accepted at the third attempt",
    paidAndShipped.join() ===
      ["order.paid 500", "order.paid 503", "order.paid 200", "order.shipped 200"].join(),
  );
  return (
    `${messages.length} messages, each delivered and on record; every webhook signed; a repeated request changed nothing; ` +
    `a receiver that answered ${BREAKDOWN.join(" and ")} got its webhooks after all, in order; 2 e-mails sent.`
  );
}

/** The request for a message that the receiver answered with 200. */
function accepted(receiver: Receiver, message: CommittedMessage): Received | undefined {
  if (receiver.refusal !== undefined) throw new Error(`A signature did not hold: ${receiver.refusal}`);
  return receiver.received.find(({ id, answered }) => id === message.id && answered === 200);
}
