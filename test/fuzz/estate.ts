import { call, createTenant } from "../support/worker/api.ts";

/** A mark begins with it, and ends with the tenant's id. */
export const CANARY = "canary-of-";

/** A tenant with one of everything, and tokens of every kind. */
export interface Estate {
  /** By the name that a path has for it. */
  ids: { tenant: string; [name: string]: string };
  /** Stands in everything of it that is worth reading. */
  mark: string;
  tokens: { tenant: string; reader: string; writer: string; revoked: string };
}

/** Nothing is sent for it: it is paused. */
export async function makeEstate(): Promise<Estate> {
  const { id, path } = await createTenant();
  const mark = `${CANARY}${id}`;
  const create = async (what: string, body: object) => (await call("POST", `${path}/${what}`, { body })).body;
  await call("POST", `${path}/pause`);
  const endpoint = await create("endpoints", {
    channel: "webhook",
    url: `https://${mark}.example.com/`,
    description: mark,
    headers: { "x-mark": mark },
  });
  const message = await create("messages", { eventType: "order.placed", payload: mark, orderingKey: mark });
  await create("event-types", { name: "order.placed", description: mark });
  const token = await create("tokens", { scopes: ["read"], description: mark });
  const issue = async (...scopes: string[]) => (await create("tokens", { scopes })).token as string;
  const revoked = await create("tokens", { scopes: ["read", "manage", "messages:write"] });
  await call("DELETE", `${path}/tokens/${revoked.id}`);
  return {
    mark,
    ids: {
      tenant: id,
      endpoint: endpoint.id,
      message: message.id,
      token: token.id,
      eventType: "order.placed",
    },
    tokens: {
      tenant: await issue("read", "manage", "messages:write"),
      reader: await issue("read"),
      writer: await issue("messages:write"),
      revoked: revoked.token,
    },
  };
}
