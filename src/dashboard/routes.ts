import { type Context, Hono } from "hono";
import type { ApiEnv } from "../api/context.ts";
import { assets } from "./assets.gen.ts";
import { pageHeaders } from "./page-headers.ts";
import { sessionRoutes } from "./session-routes.ts";
import { shell } from "./shell.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

/** The pages: one shell for all addresses below `/ui` and `/portal`, and the files that it loads. */
export function dashboardRoutes(): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get("/ui/a/:name", serveAsset)
    .get("/ui", (c) => c.redirect("ui/", 308))
    .get("/portal", (c) => c.redirect("portal/", 308))
    .get("/ui/*", (c) => serveShell(c, "ui"))
    .get("/portal/*", (c) => serveShell(c, "portal"))
    .route("/", sessionRoutes());
}

function serveAsset(c: Context<ApiEnv>) {
  const asset = assets[c.req.param("name") ?? ""];
  if (!asset) return c.notFound();
  c.header("content-type", asset.type);
  c.header("cache-control", FOR_EVER);
  return c.body(asset.body);
}

function serveShell(c: Context<ApiEnv>, surface: "ui" | "portal") {
  pageHeaders(c);
  return c.html(shell(c.req.path, surface));
}
