import * as plain from "../../trace/search/search-query.ts";
import { described } from "../described.ts";

export const searchFilter = described(plain.searchFilter, {
  q: "Id of a message (`msg_…`), endpoint (`ep_…`) or token (`tok_…`); or a word: the beginning of a tenant's id, a part of its name, an idempotency key or an ordering key. `key:…` finds keys alone, `text:…` a part of the payloads of `tenant`, as JSON has it.",
  tenant: "Only what belongs to this tenant.",
});
