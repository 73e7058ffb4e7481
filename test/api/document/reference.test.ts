import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import document from "../../../docs/reference/openapi.json" with { type: "json" };
import { type Schema, schemaTable } from "../../../src/api/document/reference/schema.ts";

let page: string;
let policy: string | null;
let style: string;

beforeAll(async () => {
  const answer = await exports.default.fetch("http://outbox.test/docs");
  policy = answer.headers.get("content-security-policy");
  page = await answer.text();
  style = await (await exports.default.fetch("http://outbox.test/docs/style.css")).text();
});

/** An operation's part of the page. */
function partOf(operationId: string): string {
  const [, part = ""] = page.split(`<article id="${operationId}">`);
  return part.slice(0, part.indexOf("</article>"));
}

const valuesOf = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, value = ""]) => value);

describe("the page of the API", () => {
  test("has an id for whatever its links lead to, and each id once", () => {
    const ids = valuesOf(/ id="([^"]+)"/g);
    const links = valuesOf(/ href="#([^"]+)"/g);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("has a link to itself in each heading of an operation, a group and a schema", () => {
    const headings = valuesOf(/<h[23]>(.*?)<\/h[23]>/g);
    expect(headings.length).toBeGreaterThan(80);
    expect(headings.filter((heading) => !heading.startsWith('<a class="anchor" href="#'))).toEqual([]);
  });

  test("explains each field of a body where it is wanted", () => {
    const part = partOf("createMessage");
    for (const [name, { description }] of Object.entries(document.components.schemas.NewMessage.properties)) {
      expect(part).toContain(`<code>${name}</code>`);
      expect(part).toContain(description.split("`")[0]?.replaceAll("'", "&#39;"));
    }
    expect(partOf("listMessages")).toContain("1 to 100. Default: <code>50</code>.");
  });

  test("begins with the first calls, and shows each as TypeScript too", () => {
    expect(page.indexOf('<section id="start">')).toBeLessThan(page.indexOf('<article id="createMessage">'));
    const unescaped = partOf("createMessage").replaceAll("&quot;", '"');
    expect(unescaped).toContain(
      'await answerOf(client.v1.tenants[":tenant"].messages.$post({ param: { tenant }, json: {',
    );
    expect(partOf("readHealth")).toContain("await answerOf(client.health.$get());");
  });

  test("says what a page is a page of", () => {
    expect(partOf("listMessages")).toContain('page of <a href="#schema-MessageSummary">');
  });

  test("names the fields of objects within with their whole path", () => {
    const within: Schema = { type: "object", properties: { b: { type: "string" } }, required: ["b"] };
    const table = String(
      schemaTable({ type: "object", properties: { a: within, list: { type: "array", items: within } } }),
    );
    expect(table).toContain("<code>a</code> <i>optional</i>");
    expect(table).toContain("<code>a.b</code></th>");
    expect(table).toContain("<code>list[].b</code></th>");
  });

  test("takes nothing from elsewhere, and runs one script, which its policy allows by its hash", async () => {
    const scripts = valuesOf(/<script>([\s\S]*?)<\/script>/g);
    expect(scripts).toHaveLength(1);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(scripts[0]));
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
    expect(policy?.split("; ")).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hash}'`,
      "style-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    const rest = page.replace(`<script>${scripts[0]}</script>`, "");
    expect(rest).not.toMatch(/<(script|img|iframe|object|embed|style)\b| style="| on\w+="/);
    expect(style).not.toMatch(/url\(|@import/);
  });

  test("moves nothing: it needs no exception for people whom motion disturbs", () => {
    expect(style).not.toMatch(/transition|animation|scroll-behavior/);
    expect(page).not.toMatch(/behavior:|\.animate\(/);
  });

  test("is to be read: what is written has a contrast of 4.5 to 1 with what is behind it, in either light", () => {
    const pairs = [...style.matchAll(/--(\w+): light-dark\((#\w{6}), (#\w{6})\)/g)];
    const colours = new Map(pairs.map(([, name, light = "", dark = ""]) => [name, [light, dark]]));
    for (const light of [0, 1]) {
      const colour = (name: string) => colours.get(name)?.[light] ?? "";
      for (const text of ["text", "quiet", "link"]) {
        expect(contrast(colour(text), colour("ground")), `${text} on ground`).toBeGreaterThan(4.5);
        expect(contrast(colour(text), colour("raised")), `${text} on raised`).toBeGreaterThan(4.5);
      }
    }
    const badges = [...style.matchAll(/background: (#\w{6})/g)].map(([, colour = ""]) => colour);
    expect(badges).toHaveLength(5);
    for (const badge of badges) expect(contrast("#ffffff", badge), badge).toBeGreaterThan(4.5);
  });
});

/** As WCAG 2.2 has it. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
