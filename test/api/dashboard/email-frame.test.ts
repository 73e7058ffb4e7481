import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { limits } from "../../../src/platform/limits.ts";

const FORM = "application/x-www-form-urlencoded";
const OWN = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "iframe" };

const frame = (html: string, headers: Record<string, string> = OWN) =>
  exports.default.fetch("http://outbox.test/ui/email", {
    method: "POST",
    headers: { "content-type": FORM, ...headers },
    body: new URLSearchParams({ html }).toString(),
  });

test("the HTML of an e-mail comes back as a page of no origin, that runs nothing and loads nothing", async () => {
  const response = await frame("<h1 style='color: teal'>Hello</h1>");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
  const policy = response.headers.get("content-security-policy")?.split("; ");
  expect(policy).toEqual(
    expect.arrayContaining(["sandbox", "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]),
  );
  expect(policy?.join()).not.toContain("allow-");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.text()).toBe("<h1 style='color: teal'>Hello</h1>");
});

test("what it would load or run is taken out of it, and a link tells where it would lead", async () => {
  const response =
    await frame(`<script>alert(1)</script><link rel="stylesheet" href="https://elsewhere.invalid/a.css">
    <meta http-equiv="refresh" content="0"><base href="https://elsewhere.invalid/"><iframe src="https://elsewhere.invalid/"></iframe>
    <img src="https://elsewhere.invalid/x.png" srcset="https://elsewhere.invalid/y.png 2x" alt="logo">
    <img src="data:image/png;base64,AA=="><a href="https://elsewhere.invalid/buy">Buy</a>`);
  expect((await response.text()).replaceAll(/\s*\n\s*/g, "")).toBe(
    `<img alt="logo"><img src="data:image/png;base64,AA=="><a title="https://elsewhere.invalid/buy">Buy</a>`,
  );
});

test("neither what a page without scripts shows in their place, nor a script of an attribute is left in it", async () => {
  const response = await frame(`<noscript><link rel="preconnect" href="https://elsewhere.invalid/">
    <meta http-equiv="refresh" content="0;url=https://elsewhere.invalid/"><a href="https://elsewhere.invalid/">x</a></noscript>
    <p onclick="alert(1)" OnMouseOver="alert(2)">Hello</p>
    <svg><a xlink:href="https://elsewhere.invalid/buy">Buy</a></svg>`);
  expect((await response.text()).replaceAll(/\s*\n\s*/g, "")).toBe(
    `<p>Hello</p><svg><a title="https://elsewhere.invalid/buy">Buy</a></svg>`,
  );
});

test("every character of it arrives", async () => {
  const html = "<p>Größe & = + % € \u{1f600} &amp;</p>";
  expect(await (await frame(html)).text()).toBe(html);
});

test.each([
  ["a page of elsewhere", { ...OWN, "sec-fetch-site": "cross-site" }],
  ["a page of a neighbour", { ...OWN, "sec-fetch-site": "same-site" }],
  ["a window of its own", { ...OWN, "sec-fetch-dest": "document" }],
  ["who names no page", {}],
])("it is not given to %s", async (_, headers) => {
  const response = await frame("<h1>Your password?</h1>", headers);
  expect(response.status).toBe(403);
  expect(await response.text()).not.toContain("password");
});

test("a longer form is refused", async () => {
  expect((await frame("x".repeat(limits.emailFrameBytes))).status).toBe(413);
});
