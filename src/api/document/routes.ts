import { Hono } from "hono";
import type { ApiEnv } from "../context.ts";
import { type Described, describeApi } from "./document.ts";
import { referencePage } from "./reference/page.ts";
import { scriptSource } from "./reference/script.ts";
import { STYLE } from "./reference/style.ts";

const KEPT_A_WHILE = "public, max-age=300";
const policyWith = (script: string) =>
  `default-src 'none'; script-src ${script}; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The document, and a page to read it. Neither takes a token: both are public with the source. */
export function documentRoutes(operations: Described) {
  // Made once, because making either takes a hundred times as long as an answer.
  let document: string | undefined;
  let page: { text: string; policy: string } | undefined;
  const describe = () => describeApi(operations);
  return new Hono<ApiEnv>()
    .get("/openapi.json", (c) => {
      c.header("cache-control", KEPT_A_WHILE);
      c.header("content-type", "application/json");
      document ??= JSON.stringify(describe());
      return c.body(document);
    })
    .get("/docs", async (c) => {
      c.header("cache-control", KEPT_A_WHILE);
      page ??= { text: String(await referencePage(describe())), policy: policyWith(await scriptSource()) };
      c.header("content-security-policy", page.policy);
      return c.html(page.text);
    })
    .get("/docs/style.css", (c) => {
      c.header("cache-control", KEPT_A_WHILE);
      c.header("content-type", "text/css; charset=utf-8");
      return c.body(STYLE);
    });
}
