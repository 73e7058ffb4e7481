import { type Context, Hono, type Next } from "hono";
import type { ApiEnv } from "../api/context.ts";
import { refuseWebhooks } from "../api/door/refuse-webhooks.ts";
import { Mailbox, type MailboxTools } from "../mailbox/mailbox.ts";
import { assets } from "./assets.gen.ts";
import type { AppSignIn } from "./authorize.ts";
import { frameEmail } from "./email-frame.ts";
import { assets as inspectorAssets } from "./inspector/assets.gen.ts";
import { inspectorRoutes } from "./inspector/routes.ts";
import { pageHeaders } from "./page-headers.ts";
import { portalRoutes } from "./portal-routes.ts";
import { sameOrigin } from "./same-origin.ts";
import { sessionRoutes } from "./session-routes.ts";
import { shell } from "./shell.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

/** Bundlers write the kind of their build in its place. A Worker that is built for production lacks the inspector. */
declare const process: { env: { NODE_ENV?: string } };
export const inspector =
  process.env.NODE_ENV === "production"
    ? undefined
    : {
        routes: inspectorRoutes,
        assets: inspectorAssets,
        mailbox: (tools: MailboxTools) => new Mailbox(tools),
      };

/**
 * The pages: one shell for all addresses below `/ui` and `/portal`, the files that it loads, and the sessions of its
 * visitors.
 * @param app sign-in of the app, in place of the operator's token
 */
export function dashboardRoutes(app: AppSignIn | undefined): Hono<ApiEnv> {
  const page = (c: Context<ApiEnv>) => serveDashboard(c, app);
  const routes = new Hono<ApiEnv>().use("/ui/dev/*", onlyInspected);
  if (inspector) routes.route("/ui/dev", inspector.routes(page));
  return routes
    .use("/ui/*", refuseWebhooks)
    .use("/portal/*", refuseWebhooks)
    .get("/ui/a/:name", serveAsset)
    .get("/ui", (c) => c.redirect("ui/", 308))
    .get("/portal", (c) => c.redirect("portal/", 308))
    .get("/ui/*", page)
    .get("/portal/*", (c) => servePortal(c, app))
    .post("/ui/email", sameOrigin, frameEmail)
    .route("/", sessionRoutes(app))
    .route("/", portalRoutes(app));
}

function isInspected(c: Context<ApiEnv>): boolean {
  return inspector !== undefined && c.var.tools.environment === "development";
}

async function onlyInspected(c: Context<ApiEnv>, next: Next) {
  if (!isInspected(c)) return c.notFound();
  return next();
}

function serveAsset(c: Context<ApiEnv>) {
  const name = c.req.param("name") ?? "";
  const asset = [assets, inspector?.assets ?? {}].find((files) => Object.hasOwn(files, name))?.[name];
  if (!asset) return c.notFound();
  c.header("content-type", asset.type);
  c.header("cache-control", FOR_EVER);
  return c.body(asset.body);
}

function serveDashboard(c: Context<ApiEnv>, app: AppSignIn | undefined) {
  pageHeaders(c);
  return c.html(
    shell(c.req.path, { surface: "ui", hasAppSignIn: app !== undefined, isDevelopment: isInspected(c) }),
  );
}

function servePortal(c: Context<ApiEnv>, app: AppSignIn | undefined) {
  const { frameAncestors, logoOrigins } = c.var.tools.portal;
  pageHeaders(c, { frameAncestors, logoOrigins });
  return c.html(shell(c.req.path, { surface: "portal", hasAppSignIn: app !== undefined, frameAncestors }));
}
