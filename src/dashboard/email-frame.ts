import type { Context } from "hono";
import type { ApiEnv } from "../api/context.ts";
import { DoorError } from "../api/door/door-error.ts";
import { readBody } from "../api/door/read-body.ts";
import { limits } from "../platform/limits.ts";

/**
 * Policy of an e-mail's HTML: it has its own look and nothing else. `sandbox` makes it a page of no origin, without
 * scripts, wherever it is opened. Only pages of this origin get it, so these alone can frame it.
 */
const POLICY = [
  "sandbox",
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors *",
];

/**
 * Answers the HTML of an e-mail as the page for a frame, from the form of a page that has read it by the API. A frame with
 * the HTML in itself would have the policy of the page around it, which takes no styles but its own.
 * @throws {DoorError} `forbidden`, `body_too_large`, `body_timeout`
 */
export async function frameEmail(c: Context<ApiEnv>): Promise<Response> {
  if ((c.req.header("sec-fetch-dest") ?? "iframe") !== "iframe") {
    throw new DoorError("forbidden", "The HTML of an e-mail is shown in a frame of the dashboard alone.");
  }
  const { doorMemory, clock } = c.var.tools;
  const held = doorMemory.bodies.open(undefined, clock.now);
  try {
    const body = await readBody(c.req.raw, limits.emailFrameBytes, clock, (_, soFar) => held.grow(soFar));
    const html = new URLSearchParams(new TextDecoder().decode(body)).get("html") ?? "";
    c.header("content-security-policy", POLICY.join("; "));
    // A page of no origin has no cluster of its origin.
    c.header("origin-agent-cluster", "?0");
    c.header("referrer-policy", "no-referrer");
    c.header("x-dns-prefetch-control", "off");
    return c.html(await withoutLoads(html).text());
  } finally {
    held.close();
  }
}

/** Attributes whose loads the policy would refuse, and the browser complain about. */
const LOADS = ["src", "srcset", "background", "poster"];
/** Attributes that lead somewhere; the second is that of pictures in SVG. */
const LEADS = ["href", "xlink:href"];

/** The HTML without what its policy refuses anyway. A link tells where it leads, and leads nowhere. */
function withoutLoads(html: string): Response {
  return new HTMLRewriter()
    .on("script, noscript, link, meta, base, iframe, object, embed", {
      element: (element) => void element.remove(),
    })
    .on("*", {
      element(element) {
        for (const name of LOADS)
          if (!element.getAttribute(name)?.startsWith("data:")) element.removeAttribute(name);
        for (const [name = ""] of [...element.attributes]) {
          if (name.toLowerCase().startsWith("on")) element.removeAttribute(name);
        }
        for (const name of LEADS) {
          const href = element.getAttribute(name);
          if (href === null) continue;
          element.removeAttribute(name);
          element.setAttribute("title", href);
        }
      },
    })
    .transform(new Response(html));
}
