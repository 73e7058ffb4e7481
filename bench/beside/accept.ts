import { atLeast, besideBar, inTurn, median, tableOf, withSpread } from "./figures.ts";
import { postJson } from "./post-json.ts";
import type { Scale } from "./scale.ts";
import type { Stage } from "./stage.ts";

const PRODUCERS = 16;
const EVENT_TYPE = "order.placed";
const PAYLOAD_SCHEMA = {
  type: "object",
  properties: { n: { type: "integer" }, note: { type: "string", maxLength: 500 } },
  required: ["n", "note"],
  additionalProperties: false,
};

interface Route {
  name: string;
  post: (body: unknown) => Promise<string>;
  rates: number[];
}

/** Compares `POST …/messages` of the outbox with a route that does nothing but the two INSERTs. */
export async function measureAccept(stage: Stage, { repetitions, accept }: Scale): Promise<string> {
  const routes = await makeRoutes(stage);
  const [bare, plain, typed] = routes as [Route, Route, Route];
  console.log("accept: warming up …");
  for (const route of routes) await rateOf(route, accept.warmUp);
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    console.log(`accept: repetition ${repetition} of ${repetitions} …`);
    for (const route of inTurn(routes, repetition)) route.rates.push(await rateOf(route, accept.requests));
  }
  const ratioOf = ({ rates }: Route) => median(rates) / median(bare.rates);
  const rowOf = (route: Route, ratio: string) => [route.name, withSpread(route.rates), ratio];
  return `## Accept

${accept.requests} requests of one message each by ${PRODUCERS} producers, to a tenant with one paused endpoint: a message and a delivery are written.
The bare Worker writes two rows in one D1 batch, and neither authenticates nor checks anything.

${tableOf(
  ["contender", "requests a second", "of the bare Worker"],
  [
    rowOf(bare, "1"),
    rowOf(plain, besideBar(ratioOf(plain), atLeast(0.95, ratioOf(plain)))),
    rowOf(typed, besideBar(ratioOf(typed), atLeast(0.9, ratioOf(typed)))),
  ],
)}`;
}

async function makeRoutes({ outbox, bare, receiver }: Stage): Promise<Route[]> {
  for (const tenant of ["plain", "typed"]) {
    await outbox.call("/v1/tenants", { id: tenant });
    await outbox.call(`/v1/tenants/${tenant}/pause`, {});
    const endpoint = { channel: "webhook", url: `${receiver.url}/`, payloadFormat: "raw" };
    await outbox.call(`/v1/tenants/${tenant}/endpoints`, endpoint);
  }
  await outbox.call("/v1/tenants/typed/event-types", { name: EVENT_TYPE, schema: PAYLOAD_SCHEMA });
  const path = (tenant: string) => `/v1/tenants/${tenant}/messages`;
  const post = (body: unknown) => postJson(bare.url + path("plain"), JSON.stringify(body));
  return [
    { name: "bare Worker", post, rates: [] },
    { name: "edge-outbox", post: (body) => outbox.call(path("plain"), body), rates: [] },
    { name: "edge-outbox, with event types", post: (body) => outbox.call(path("typed"), body), rates: [] },
  ];
}

async function rateOf({ post }: Route, requests: number): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const produce = async () => {
    while (next < requests)
      await post({ eventType: EVENT_TYPE, payload: { n: next++, note: "x".repeat(200) } });
  };
  await Promise.all(Array.from({ length: PRODUCERS }, produce));
  return (requests / (performance.now() - startedAt)) * 1000;
}
