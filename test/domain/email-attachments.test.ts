import { describe, expect, test } from "vitest";
import { emailContent } from "../../src/domain/email-content.ts";
import { checked } from "../../src/platform/check.ts";
import { OutboxError } from "../../src/platform/errors.ts";
import { limits } from "../../src/platform/limits.ts";

const base = { to: "ada@example.com", subject: "Hello", text: "Hello" };
const file = { filename: "invoice.pdf", type: "application/pdf", content: "AAEC" };
const SHA256 = "a".repeat(64);

/** Paths of the refused fields, and their messages. */
function refusalOf(attachments: unknown): { path: string; message: string }[] {
  try {
    checked(emailContent, { ...base, attachments });
  } catch (error) {
    if (error instanceof OutboxError && error.failure.code === "invalid_input") return error.failure.fields;
    throw error;
  }
  return [];
}

describe("a file of an e-mail", () => {
  test.each([
    [{ ...file, filename: "Größe 山 (1) 50%.pdf" }],
    [{ ...file, content: "AA==", contentId: null }],
    [{ ...file, type: "image/svg+xml", contentId: "logo@shop.example" }],
    [{ filename: "a", type: "application/vnd.ms-excel", r2: "acme/ä b.xls" }],
    [{ filename: "a", type: "text/plain", r2: "k", sha256: SHA256 }],
  ])("is taken: %j", (one) => {
    expect(refusalOf([one])).toEqual([]);
  });

  test.each([
    ["filename", "a\r\nBcc: victim@evil.example"],
    ["filename", "../secret"],
    ["filename", "a\\b"],
    ["filename", '"; filename="b'],
    ["filename", "=?utf-8?q?=2F?="],
    ["filename", "a%0D%0Ab"],
    ["filename", ".."],
    ["filename", ""],
    ["filename", "x".repeat(256)],
    ["filename", "a\u202efdp.exe"],
    ["type", "application/pdf; name=b"],
    ["type", "text/plain\r\nBcc: victim@evil.example"],
    ["type", "multipart/mixed"],
    ["type", "message/rfc822"],
    ["type", "pdf"],
    ["content", ""],
    ["content", "AAE"],
    ["content", "AA-_"],
    ["content", "AAEC\r\n"],
    ["content", "data:application/pdf;base64,AAEC"],
    ["contentId", "a>\r\nX: <b"],
    ["contentId", "a b"],
    ["contentId", ""],
    ["sha256", SHA256],
  ])("is refused with another %s: %j", (field, value) => {
    expect(refusalOf([file, { ...file, [field]: value }])).toMatchObject([
      { path: `attachments[1].${field}` },
    ]);
  });

  test.each([
    [{ filename: "a", type: "a/b" }, "content"],
    [{ ...file, r2: "k" }, "content"],
    [{ filename: "a", type: "a/b", r2: "k", sha256: SHA256.toUpperCase() }, "sha256"],
    [{ filename: "a", type: "a/b", r2: "k\n" }, "r2"],
    [{ filename: "a", type: "a/b", r2: "ü".repeat(600) }, "r2"],
    [{ ...file, type: "text/html", contentId: "a" }, "contentId"],
  ])("is either in the e-mail or in R2: %j", (one, field) => {
    expect(refusalOf([one])).toMatchObject([{ path: `attachments[0].${field}` }]);
  });

  test("is one of 20 at most, each with an id of its own", () => {
    const { emailAttachments: most } = limits;
    const many = (count: number, contentId?: string) =>
      Array.from({ length: count }, () => ({ ...file, ...(contentId && { contentId }) }));
    expect(refusalOf(many(most))).toEqual([]);
    expect(refusalOf(many(most + 1))).toMatchObject([{ path: "attachments" }]);
    expect(refusalOf([])).toMatchObject([{ path: "attachments" }]);
    expect(refusalOf(many(2, "logo"))).toMatchObject([
      { path: "attachments", message: expect.stringContaining("each contentId once") },
    ]);
  });
});
