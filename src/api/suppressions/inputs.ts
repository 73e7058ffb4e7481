import * as imported from "../../registry/import-suppressions.ts";
import * as plain from "../../registry/suppressions.ts";
import { described } from "../described.ts";

export const suppressionInput = described(plain.suppressionInput, {
  address: "Address that gets no e-mails of the tenant.",
  until: "Instant at which the suppression ends. Defaults to never.",
  note: "Text for people. Defaults to none.",
});

export const suppressionsImportInput = described(imported.suppressionsImportInput, {
  suppressions:
    "Up to 1,000 entries, each with the fields of `PUT …/suppressions`: `address`, `until` and `note`. Each is checked by itself.",
});

export const suppressionFilter = described(plain.suppressionFilter, {
  address: "Only this address.",
  reason: "Only suppressions for this reason.",
});
