import { expect, test } from "vitest";
import { linksIn } from "../../src/mailbox/links.ts";

test.each([
  [
    { text: "See https://a.example/1, or (http://b.example/2?x=y)." },
    ["https://a.example/1", "http://b.example/2?x=y"],
  ],
  [{ html: `<a href="https://a.example/?a=1&amp;b=2&#38;c&#x3d;3">` }, ["https://a.example/?a=1&b=2&c=3"]],
  [{ html: "<a class=x HREF = 'https://a.example/1' >" }, ["https://a.example/1"]],
  [
    { html: '<a href="https://a.example/1">', text: "https://a.example/1 https://b.example" },
    ["https://a.example/1", "https://b.example"],
  ],
  [
    { html: '<a href="mailto:ada@example.com"><a href="javascript:1"><a href="#top"><a href="&#x110000;">' },
    [],
  ],
  [{}, []],
])("the links of an e-mail are those that a person could follow, each once: %o", (email, links) => {
  expect(linksIn(email)).toEqual(links);
});
