import { type Context, Hono, type Next } from "hono";
import type { ApiEnv } from "../api/context.ts";
import { refuseWebhooks } from "../api/door/refuse-webhooks.ts";
import { assets } from "./assets.gen.ts";
import { assets as inspectorAssets } from "./inspector/assets.gen.ts";
import { inspectorRoutes } from "./inspector/routes.ts";
import { pageHeaders } from "./page-headers.ts";
import { sessionRoutes } from "./session-routes.ts";
import { shell } from "./shell.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

/** Bundlers write the kind of their build in its place. A Worker that is built for production lacks the inspector. */
declare const process: { env: { NODE_ENV?: string } };
const inspector =
  process.env.NODE_ENV === "production" ? undefined : { routes: inspectorRoutes, assets: inspectorAssets };

/** The pages: one shell for all addresses below `/ui` and `/portal`, and the files that it loads. */
export function dashboardRoutes(): Hono<ApiEnv> {
  const page = (c: Context<ApiEnv>) => serveShell(c, "ui");
  const app = new Hono<ApiEnv>().use("/ui/dev/*", onlyInspected);
  if (inspector) app.route("/ui/dev", inspector.routes(page));
  return app
    .use("/ui/*", refuseWebhooks)
    .use("/portal/*", refuseWebhooks)
    .get("/ui/a/:name", serveAsset)
    .get("/ui", (c) => c.redirect("ui/", 308))
    .get("/portal", (c) => c.redirect("portal/", 308))
    .get("/ui/*", page)
    .get("/portal/*", (c) => serveShell(c, "portal"))
    .route("/", sessionRoutes());
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
  const asset = assets[name] ?? inspector?.assets[name];
  if (!asset) return c.notFound();
  c.header("content-type", asset.type);
  c.header("cache-control", FOR_EVER);
  return c.body(asset.body);
}

function serveShell(c: Context<ApiEnv>, surface: "ui" | "portal") {
  pageHeaders(c);
  return c.html(shell(c.req.path, surface, isInspected(c) ? "development" : "production"));
}
