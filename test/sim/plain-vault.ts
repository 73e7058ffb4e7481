import type { Vault } from "../../src/platform/vault.ts";

/** Stands in for the vault: a cipher ends at an instant that no seed decides. */
export const PLAIN_VAULT: Vault = {
  keyId: "plain",
  seal: async (text, place) => JSON.stringify([...place, text]),
  open: async (sealed, place) => {
    const [text, ...whose] = (JSON.parse(sealed) as string[]).toReversed();
    if (text === undefined || whose.toReversed().join(" ") !== place.join(" "))
      throw new Error("It does not open");
    return text;
  },
};
