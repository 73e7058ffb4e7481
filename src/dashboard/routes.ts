import { type Context, Hono } from "hono";
import type { ApiEnv } from "../api/context.ts";
import { assets } from "./assets.gen.ts";
import type { AppSignIn } from "./authorize.ts";
import { frameEmail } from "./email-frame.ts";
import { pageHeaders } from "./page-headers.ts";
import { portalRoutes } from "./portal-routes.ts";
import { sameOrigin } from "./same-origin.ts";
import { sessionRoutes } from "./session-routes.ts";
import { shell } from "./shell.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

/**
 * The pages: one shell for all addresses below `/ui` and `/portal`, the files that it loads, and the sessions of its
 * visitors.
 * @param app sign-in of the app, in place of the operator's token
 */
export function dashboardRoutes(app: AppSignIn | undefined): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get("/ui/a/:name", serveAsset)
    .get("/ui", (c) => c.redirect("ui/", 308))
    .get("/portal", (c) => c.redirect("portal/", 308))
    .get("/ui/*", (c) => serveDashboard(c, app))
    .get("/portal/*", (c) => servePortal(c, app))
    .post("/ui/email", sameOrigin, frameEmail)
    .route("/", sessionRoutes(app))
    .route("/", portalRoutes(app));
}

function serveAsset(c: Context<ApiEnv>) {
  const asset = assets[c.req.param("name") ?? ""];
  if (!asset) return c.notFound();
  c.header("content-type", asset.type);
  c.header("cache-control", FOR_EVER);
  return c.body(asset.body);
}

function serveDashboard(c: Context<ApiEnv>, app: AppSignIn | undefined) {
  pageHeaders(c);
  return c.html(shell(c.req.path, { surface: "ui", hasAppSignIn: app !== undefined }));
}

function servePortal(c: Context<ApiEnv>, app: AppSignIn | undefined) {
  const { frameAncestors, logoOrigins } = c.var.tools.portal;
  pageHeaders(c, { frameAncestors, logoOrigins });
  return c.html(shell(c.req.path, { surface: "portal", hasAppSignIn: app !== undefined, frameAncestors }));
}
