import { expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { inBrowser } from "./browser.ts";

const browser = inBrowser();

test("the cookie of a session is sent to the dashboard's own folder, and never to the API", async () => {
  const page = await browser.open("/ui/");
  const cookiesOf = async (path: string, init: object = {}) => {
    const sent = page.waitForRequest((request) => new URL(request.url()).pathname === path);
    const status = await page.evaluate(
      async ([address, given]) => (await fetch(address, given as RequestInit)).status,
      [path, init] as const,
    );
    const { cookie } = await (await sent).allHeaders();
    return { status, cookie };
  };
  const post = (body: object) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const opaque = { cookie: expect.stringMatching(/^edge-outbox=ey/) };
  expect((await cookiesOf("/ui/session", post({ token: OPERATOR_TOKEN }))).status).toBe(204);
  expect(await cookiesOf("/ui/token", post({}))).toMatchObject({ status: 200, ...opaque });
  for (const path of ["/v1/tenants", "/docs", "/portal/", "/"]) {
    expect((await cookiesOf(path)).cookie, path).toBeUndefined();
  }
  expect(await page.evaluate(() => globalThis.document.cookie)).toBe("");
  expect(await cookiesOf("/ui/session", { method: "DELETE" })).toMatchObject({ status: 204, ...opaque });
  expect(await cookiesOf("/ui/token", post({}))).toEqual({ status: 401, cookie: undefined });
  browser.forgive(401, 404);
});
