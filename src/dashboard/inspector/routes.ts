import { type Context, Hono, type Next } from "hono";
import type { ApiEnv } from "../../api/context.ts";
import { guessesLimited } from "../../api/door/address-limit.ts";
import { authenticated } from "../../api/door/authenticate.ts";
import { refuseWebhooks } from "../../api/door/refuse-webhooks.ts";
import { mailboxRoutes } from "./mailbox-routes.ts";
import { receive } from "./receive.ts";
import { Receiver } from "./receiver.ts";
import { receiverRoutes } from "./receiver-routes.ts";

/**
 * The inspector of development, below `/ui/dev`: a receiver of webhooks, and the mailbox. The receiver takes webhooks;
 * its data and the mailbox's take an operator's token, as the API does. A page has the address of its data.
 * @param servePage answers the page to a browser that opens an address
 */
export function inspectorRoutes(
  servePage: (c: Context<ApiEnv>) => Response | Promise<Response>,
): Hono<ApiEnv> {
  const receiver = new Receiver();
  const page = (c: Context<ApiEnv>, next: Next) => (isOpened(c) ? servePage(c) : next());
  return new Hono<ApiEnv>()
    .all("/receiver/in/:name{.+}", (c) => receive(c, receiver))
    .get("*", page)
    .use(refuseWebhooks, guessesLimited, authenticated)
    .route("/receiver", receiverRoutes(receiver))
    .route("/mailbox", mailboxRoutes());
}

function isOpened({ req }: Context): boolean {
  return req.header("accept")?.includes("text/html") ?? false;
}
