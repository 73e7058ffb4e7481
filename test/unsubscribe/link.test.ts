import { base64url } from "jose";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/platform/errors.ts";
import { VaultError } from "../../src/platform/vault.ts";
import { makeLink, readLink } from "../../src/unsubscribe/link.ts";
import { readUnsubscribeUrl } from "../../src/unsubscribe/settings.ts";
import { linksWith } from "../support/secrets/links.ts";
import { vaultWith } from "../support/secrets/vaults.ts";

const of = { tenantId: "acme", topic: "newsletter", address: '"ada the first"@example.com' };
const tokenOf = (link: string) => link.split("/").at(-1) ?? "";

describe("an unsubscribe link", () => {
  test("opens to the tenant, the topic and the address that it was made of", async () => {
    const links = linksWith("k1");
    const link = await makeLink(links, of);
    expect(link).toMatch(/^https:\/\/app\.example\.com\/u\/[\w.-]+$/);
    expect(await readLink(links.vault, tokenOf(link))).toEqual(of);
  });

  test("opens under a key that is no longer the first, and not when the key is gone", async () => {
    const token = tokenOf(await makeLink(linksWith("k1"), of));
    expect(await readLink(linksWith("k2", "k1").vault, token)).toEqual(of);
    await expect(readLink(linksWith("k2").vault, token)).rejects.toThrow(VaultError);
    await expect(readLink(linksWith("k2").vault, token)).rejects.toThrow('"k1" is not in SECRET_KEYS');
  });

  test("opens with none of its characters changed, and tells nothing without the key", async () => {
    const { vault } = linksWith("k1");
    const token = tokenOf(await makeLink(linksWith("k1"), of));
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "B" : "A";
      const forged = token.slice(0, at) + other + token.slice(at + 1);
      await expect(readLink(vault, forged), forged).rejects.toThrow(VaultError);
    }
    for (const wrong of ["", "x", token.slice(0, -1), `${token}A`, `${token} `])
      await expect(readLink(vault, wrong), wrong).rejects.toThrow(VaultError);
    const bytes = token.split(".").map((part) => String.fromCharCode(...base64url.decode(part)));
    for (const part of [of.tenantId, of.topic, "ada", "example"]) expect(bytes.join()).not.toContain(part);
  });

  test("is no sealed secret, and a sealed secret is no link", async () => {
    const links = linksWith("k1");
    const token = tokenOf(await makeLink(links, of));
    await expect(vaultWith("k1").open(token, ["unsubscribe"])).rejects.toThrow(VaultError);
    const sealed = await vaultWith("k1").seal("acme newsletter ada@example.com", ["unsubscribe"]);
    await expect(readLink(links.vault, sealed)).rejects.toThrow(VaultError);
  });
});

describe("EMAIL_UNSUBSCRIBE_URL", () => {
  const read = (url: string, isProduction = true) =>
    readUnsubscribeUrl({ EMAIL_UNSUBSCRIBE_URL: url }, isProduction);

  test("is an address that links begin with, without the slash at its end", () => {
    expect(read("")).toBeUndefined();
    expect(read("https://app.example.com/outbox/u/")).toBe("https://app.example.com/outbox/u");
    expect(read("http://localhost:8787/u", false)).toBe("http://localhost:8787/u");
  });

  test.each([
    ["app.example.com/u", "must be the https URL of the place where unsubscribe links are answered"],
    ["http://app.example.com/u", "must be the https URL"],
    ["http://localhost:8787/u", "must be the https URL"],
    ["https://app.example.com/u?x=1", "must not have a query"],
    ["https://app.example.com/it's", "must have at most 128 characters: letters"],
    [`https://app.example.com/${"u".repeat(128)}`, "must have at most 128 characters"],
  ])("refuses %s", (url, words) => {
    expect(() => read(url)).toThrow(ConfigError);
    expect(() => read(url)).toThrow(`EMAIL_UNSUBSCRIBE_URL ${words}`);
  });
});
