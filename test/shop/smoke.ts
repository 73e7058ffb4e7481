/** Whoever tests the shop as it runs: from Node, where there are no types of Workers. */
import { EmailBox, listen, testServer } from "edge-outbox/testing/node";

const [url = "", token = ""] = process.argv.slice(2);
const server = testServer(url, { token });
const receiver = await server.receiver("acme", { eventTypes: ["order.placed"] });
receiver.answerNext(503, "hang", new Response(null, { status: 410 }));
const { sent } = await server.settled("acme");
// @ts-expect-error an attempt has no such field: it is typed, to the last of its fields
sent[0]?.nothing;
const mail = await listen(new EmailBox());
await Promise.all([mail.close(), server.close()]);
