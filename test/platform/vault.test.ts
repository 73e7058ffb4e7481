import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VaultError } from "../../src/platform/vault.ts";
import { NO_VAULT, vaultWith } from "../support/secrets/vaults.ts";

const vault = vaultWith("k1");
const PLACE = ["webhook secret", "acme", "ep_1"] as const;
const whose = fc.array(fc.string(), { minLength: 1, maxLength: 3 });

describe("a sealed text", () => {
  test("opens as it was, in its place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), whose, async (text, who) => {
        const place = ["secret", ...who] as const;
        expect(await vault.open(await vault.seal(text, place), place)).toBe(text);
      }),
    );
  });

  test("opens in no other place", async () => {
    await fc.assert(
      fc.asyncProperty(whose, whose, async (mine, theirs) => {
        fc.pre(JSON.stringify(mine) !== JSON.stringify(theirs));
        const sealed = await vault.seal("whsec_x", ["secret", ...mine]);
        await expect(vault.open(sealed, ["secret", ...theirs])).rejects.toThrow(VaultError);
        await expect(vault.open(sealed, ["headers", ...mine])).rejects.toThrow(VaultError);
      }),
    );
  });

  test("does not open when any of its characters is another one, or when one is missing", async () => {
    const sealed = await vault.seal("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", PLACE);
    const alphabet = "ABab01-_.";
    for (let position = 0; position < sealed.length; position++) {
      const [before, after] = [sealed.slice(0, position), sealed.slice(position + 1)];
      await expect(vault.open(before + after, PLACE), `without ${position}`).rejects.toThrow(VaultError);
      for (const other of alphabet.replace(sealed[position] ?? "", "")) {
        await expect(vault.open(before + other + after, PLACE), `${position}`).rejects.toThrow(VaultError);
      }
    }
  });

  test("tells nothing of the text, and looks different each time", async () => {
    const sealed = await Promise.all(Array.from({ length: 50 }, () => vault.seal("whsec_secret", PLACE)));
    expect(new Set(sealed.map((one) => one.split(".")[2])).size).toBe(50);
    expect(sealed.filter((one) => /whsec|secret/.test(one))).toEqual([]);
    expect(sealed[0]).toMatch(/^s1\.k1\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/);
  });

  test.each(["", "whsec_plain", "s1.k1..", "s2.k1.AAAAAAAAAAAAAAAA.AAAA", "s1.k1.AAAA.AAAA"])(
    "%j is not a sealed text",
    async (text) => {
      await expect(vault.open(text, PLACE)).rejects.toThrow(VaultError);
    },
  );
});

describe("the keys", () => {
  test("the current one seals, and an older one of the ring still opens", async () => {
    const sealed = await vault.seal("x", PLACE);
    const rotated = vaultWith("k2", "k1");
    expect(rotated.keyId).toBe("k2");
    expect(await rotated.open(sealed, PLACE)).toBe("x");
    expect(await rotated.seal("x", PLACE)).toMatch(/^s1\.k2\./);
  });

  test("one that is not in the ring is named, and nothing of what was sealed", async () => {
    const sealed = await vault.seal("whsec_x", PLACE);
    const error = await vaultWith("k2")
      .open(sealed, PLACE)
      .catch((error: unknown) => String(error));
    expect(error).toBe('VaultError: The key "k1" is not in SECRET_KEYS.');
  });

  test("another one under the same name does not open, and is named", async () => {
    const sealed = await vault.seal("whsec_x", PLACE);
    const moved = sealed.replace("s1.k1.", "s1.k2.");
    await expect(vaultWith("k2", "k1").open(moved, PLACE)).rejects.toThrow(/the key "k2" does not open/);
  });

  test("without a ring nothing is sealed and nothing opens", async () => {
    await expect(NO_VAULT.seal("x", PLACE)).rejects.toMatchObject({ code: "secret_keys_missing" });
    await expect(NO_VAULT.open(await vault.seal("x", PLACE), PLACE)).rejects.toThrow(
      /The key "k1" is not in/,
    );
  });
});
