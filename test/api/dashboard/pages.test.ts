import { describe, expect, test } from "vitest";
import { deploy } from "../../support/worker/deployment.ts";

const ORIGINS = ["https://app.example", "https://admin.example:8443"];
const framed = deploy({ portal: { url: undefined, frameAncestors: ORIGINS, logoOrigins: [] } });
const closed = deploy({ portal: { url: undefined, frameAncestors: [], logoOrigins: [] } });

/** Directives of a page's policy. */
function policyOf({ headers }: Response): Record<string, string> {
  const directives = (headers.get("content-security-policy") ?? "").split("; ");
  return Object.fromEntries(
    directives.map((one) => [one.split(" ")[0] ?? "", one.slice(one.indexOf(" ") + 1)]),
  );
}

describe("a page", () => {
  test.each(["/ui/", "/ui/t/acme/messages", "/portal/", "/portal/endpoints"])(
    "of %s runs nothing but its own files, and is framed by nobody",
    async (path) => {
      const page = await closed.send(path);
      expect(policyOf(page)).toEqual({
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-src": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
      });
      expect(page.headers.get("x-frame-options")).toBe("DENY");
      expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(page.headers.get("referrer-policy")).toBe("no-referrer");
      expect(page.headers.get("cache-control")).toBe("no-store");
      expect(page.headers.get("permissions-policy")).toContain("clipboard-write=(self)");
      expect(page.headers.has("set-cookie")).toBe(false);
      expect(await page.text()).not.toContain("data-frame-ancestors");
    },
  );

  test.each(["/portal/", "/portal/endpoints/ep_1"])(
    "of the portal, %s, is framed by the origins of the setting, and knows them",
    async (path) => {
      const page = await framed.send(path);
      expect(policyOf(page)["frame-ancestors"]).toBe(ORIGINS.join(" "));
      expect(page.headers.has("x-frame-options")).toBe(false);
      expect(await page.text()).toContain(`data-frame-ancestors="${ORIGINS.join(" ")}"`);
    },
  );

  test.each(["/ui/", "/ui/t/acme", "/docs", "/v1/tenants", "/portal/session"])(
    "elsewhere is framed by nobody, whatever may frame the portal: %s",
    async (path) => {
      const method = path === "/portal/session" ? "POST" : "GET";
      const answer = await framed.send(path, { method });
      expect(policyOf(answer)["frame-ancestors"]).toBe("'none'");
      expect(answer.headers.get("x-frame-options")).toBe("DENY");
      expect(await answer.text()).not.toContain("data-frame-ancestors");
    },
  );

  test("of the portal shows logos of the origins of the setting, and the dashboard none", async () => {
    const logoOrigins = ["https://cdn.example", "https://img.example"];
    const { send } = deploy({ portal: { url: undefined, frameAncestors: [], logoOrigins } });
    expect(policyOf(await send("/portal/"))["img-src"]).toBe(
      "'self' https://cdn.example https://img.example",
    );
    expect(policyOf(await send("/ui/"))["img-src"]).toBe("'self'");
  });
});

test.each(["PUT", "POST", "DELETE", "PATCH"])("a page takes no %s: 405", async (method) => {
  const answer = await closed.send("/ui/t/acme", { method });
  expect(answer.status).toBe(405);
  expect(await answer.json()).toMatchObject({ code: "method_not_allowed" });
});

test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"])(
  "a file that there is not, by a name that every object knows, is not found: %s",
  async (name) => {
    const answer = await closed.send(`/ui/a/${name}`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("cache-control")).not.toContain("immutable");
  },
);
