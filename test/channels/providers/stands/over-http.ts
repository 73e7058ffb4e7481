import type { EmailProvider } from "../../../../src/channels/email/provider.ts";
import { createBox } from "../../../support/outside/email-servers/box.ts";
import type { Turn } from "../../../support/outside/email-servers/boxes.ts";
import type { HttpName } from "../../../support/outside/email-servers/protocols.ts";
import type { Counter } from "../contract.ts";

interface Tools {
  fetch: typeof fetch;
  now: () => number;
  baseUrl: string;
}

/** Opens a provider over HTTP, with a box of its own at the stand-in. */
export function openAt(provider: HttpName, make: (tools: Tools) => EmailProvider) {
  return async (now: () => number = Date.now): Promise<Counter> => {
    const { urlOf, program, look } = await createBox();
    const tools = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args), now };
    return { provider: make({ ...tools, baseUrl: urlOf(provider) }), program, look };
  };
}

export const inJson = (status: number, body: unknown, headers: Record<string, string> = {}): Turn => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

export const PAGE = "<html><body>Bad gateway</body></html>";
/** A page of a proxy, by its status. */
export const pageOf = (status: number): Turn => ({
  status,
  headers: { "content-type": "text/html" },
  body: PAGE,
});
/** Pages of proxies, which say nothing about an e-mail. */
export const PAGES = [400, 401, 403, 404, 405, 413, 422, 500, 502, 503].map((status) => ({
  turn: pageOf(status),
  scope: "provider" as const,
}));
