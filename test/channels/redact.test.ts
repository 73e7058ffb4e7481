import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact } from "../../src/channels/redact.ts";
import { limits } from "../../src/platform/limits.ts";

const token = "t0ken/with+every=thing&<more>";
const bearer = `Bearer ${token}`;
const redacted = (text: string, secret = bearer) => redact(text, [secret], limits.excerptLength);
const inJson = (text: string) =>
  Array.from(text, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const inHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const inDecimals = (text: string) => Array.from(text, (char) => `&#${char.charCodeAt(0)};`).join("");
const inHex = (text: string) => Array.from(text, (char) => char.charCodeAt(0).toString(16)).join("");
const inPercents = (text: string) => `%${inHex(text).replace(/..(?=.)/g, "$&%")}`;

describe("a secret is struck out", () => {
  test.each([
    ["as it is", bearer],
    ["without its scheme", token],
    ["in capitals", token.toUpperCase()],
    ["in percent-encoding", encodeURIComponent(token)],
    ["every character in percent-encoding", inPercents(token)],
    ["in percent-encoding, in capitals", inPercents(token).toUpperCase()],
    ["twice in percent-encoding", encodeURIComponent(encodeURIComponent(token))],
    ["in JSON", JSON.stringify(token)],
    ["in JSON, every character escaped", inJson(token)],
    ["in JSON, escaped in capitals", inJson(token).toUpperCase().replaceAll("\\U", "\\u")],
    ["in JSON, with its slashes escaped", token.replaceAll("/", "\\/")],
    ["in JSON within JSON", JSON.stringify(JSON.stringify({ a: inJson(token) }))],
    ["in a JavaScript string", token.replace(/\W/g, (char) => `\\x${inHex(char)}`)],
    ["in HTML", inHtml(token)],
    ["in HTML, in decimals", inDecimals(token)],
    ["in HTML, in hexadecimal", token.replace(/\W/g, (char) => `&#X00${inHex(char)};`)],
    ["in HTML, by names", token.replace("/", "&sol;").replace("+", "&plus;").replace("=", "&equals;")],
    ["in HTML of a URL", inHtml(encodeURIComponent(token))],
    ["in base 64", btoa(token)],
    ["in base 64, with its scheme", btoa(bearer)],
    ["in base 64, after something", btoa(`{"authorization":"${bearer}"}`)],
    ["in base 64 of URLs", btoa(`??${token}`).replaceAll("+", "-").replaceAll("/", "_")],
    ["with NULs in between", Array.from(token).join("\0")],
    ["but for its end", token.slice(0, 8)],
    ["but for its end, in JSON", inJson(token.slice(0, 8))],
  ])("%s", (_, text) => {
    expect(redacted(`a ${text} b`)).toMatch(/^a .*\[redacted\].* b$/);
    expect(redacted(text).toLowerCase()).not.toContain("t0ken/wi");
  });

  test.each(["whsec_", "eot-", "eop-"])("with %s and without it", (prefix) => {
    for (const secret of [`${prefix}${token}`, `Bearer ${prefix}${token}`, `key=${prefix}${token}`]) {
      expect(redacted(`no ${token} here`, secret)).toBe("no [redacted] here");
      expect(redacted(`no ${prefix}${token} here`, secret)).toContain("[redacted]");
      expect(redacted(`no ${prefix}${token} here`, secret)).not.toContain("t0ken/wi");
    }
  });

  test("a word of fewer than 8 characters of it is not", () => {
    expect(redacted(`Bearer ${token.slice(0, 7)} of an order`)).toBe(
      `Bearer ${token.slice(0, 7)} of an order`,
    );
  });

  test("of Basic, the password, as it is and within what is decoded", () => {
    const basic = `Basic ${btoa("webhooks:p4ss word?")}`;
    expect(redacted("webhooks:p4ss word? of webhooks", basic)).not.toContain("p4ss");
    expect(redacted(`Authorization: ${basic}`, basic)).toBe("Authorization: [redacted]");
    expect(redacted(`[${basic.slice(6)}]`, basic)).toBe("[[redacted]]");
    expect(redacted("p4ss:x", `Basic ${btoa("ada:p4ss")}`)).toBe("[redacted]:x");
  });

  test("of a webhook secret, its bytes in other writings", () => {
    const bytes = String.fromCharCode(...Array.from({ length: 24 }, (_, n) => (n * 37) % 256));
    const secret = `whsec_${btoa(bytes)}`;
    expect(redacted(inHexOf(bytes), secret)).toBe("[redacted]");
    expect(redacted(inHexOf(bytes).toUpperCase(), secret)).toBe("[redacted]");
    expect(redacted(secret, secret)).toBe("whsec_[redacted]");
    expect(redacted(btoa(secret), secret)).toContain("[redacted]");
  });

  test("of a header with parameters, each value", () => {
    const signed = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261129, Signature="fe5f80f77d5fa3be"';
    expect(redacted("fe5f80f77d5fa3be AKIDEXAMPLE", signed)).toBe("[redacted] [redacted]");
    expect(redacted("The Credential and the Signature", signed)).toBe("The Credential and the Signature");
  });
});

const inHexOf = (bytes: string) =>
  Array.from(bytes, (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");

test.each([
  "Bearer token is missing",
  "bad request: 100% of +49 are & <b>bold</b> \\u00e9 %zz &unknown; =",
  "a\0b",
  "[redacted",
])("nothing is struck out where no secret is: %j", (text) => {
  expect(redacted(text)).toBe(text);
});

test("the beginning is cut before it is replaced: no part moves in over the edge", () => {
  const text = `${".".repeat(limits.excerptLength - 5)}${encodeURIComponent(token)}${token}`;
  expect(redacted(text)).toMatch(/^\.+\[/);
});

test("a secret is gone afterwards, in any surroundings and any mixture of encodings", () => {
  const encodings = [
    (char: string) => char,
    (char: string) => `%${inHex(char)}`,
    (char: string) => `%25${inHex(char)}`,
    inJson,
    (char: string) => `&#${char.charCodeAt(0)};`,
    (char: string) => `&#x${inHex(char)};`,
    (char: string) => char.toUpperCase(),
  ];
  const secrets = fc.stringMatching(/^[A-Za-z0-9+/=._~!@*:-]{12,40}$/);
  const picks = fc.array(fc.nat(encodings.length - 1), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(secrets, picks, fc.string(), (secret, choices, around) => {
      const written = Array.from(secret, (char, at) => encodings[choices[at] ?? 0]?.(char)).join("");
      const text = `${around} ${written} ${around}`;
      expect(redact(text, [secret], 10_000)).toContain("[redacted]");
      expect(redact(text, [secret], 10_000)).not.toContain(written);
    }),
    { numRuns: 300 },
  );
});
