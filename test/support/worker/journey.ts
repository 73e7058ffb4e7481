import { env } from "cloudflare:workers";
import { checkInvariants } from "../database/invariants.ts";
import { createHook } from "../outside/receiver.ts";
import type { Answer } from "../outside/receiver-server.ts";
import { eventually } from "../runner/eventually.ts";
import { call, createTenant } from "./api.ts";

// biome-ignore lint/suspicious/noExplicitAny: the API's answer, looked into by tests
export type MessageBody = any;

/** A tenant with a webhook endpoint on the real receiver; commits through HTTP; and whoever waits for the outcome. */
export async function startJourney(...answers: Answer[]) {
  const tenant = await createTenant();
  const hook = await createHook(...answers);
  const subscribe = async (body: object) => (await call("POST", `${tenant.path}/endpoints`, { body })).body;
  const endpoint = await subscribe({ channel: "webhook", url: hook.url });
  const read = async (id: string): Promise<MessageBody> =>
    (await call("GET", `${tenant.path}/messages/${id}`)).body;
  return {
    tenant,
    hook,
    endpoint,
    subscribe,
    read,
    commit: async (body: object, headers: Record<string, string> = {}): Promise<MessageBody> =>
      (await call("POST", `${tenant.path}/messages`, { body, headers })).body,
    sendEmail: async (body: object): Promise<MessageBody> =>
      (await call("POST", `${tenant.path}/emails`, { body })).body,
    /** Waits until every delivery of the messages has one of the states, and answers the messages. */
    until: (states: string[], ...ids: string[]): Promise<MessageBody[]> =>
      eventually(async () => {
        const messages = await Promise.all(ids.map(read));
        const actual = messages.flatMap((message) =>
          message.deliveries.map((one: { state: string }) => one.state),
        );
        if (!actual.every((state) => states.includes(state))) throw new Error(`still ${actual.join(", ")}`);
        return messages;
      }),
    checkInvariants: () => checkInvariants(env.DB, tenant.id),
  };
}
