import * as plain from "../../registry/tokens.ts";
import { described } from "../described.ts";

export const tokenInput = described(plain.tokenInput, {
  scopes: "Scopes of the token: operations that it may call. Scopes do not include one another.",
  expiresInSeconds: "Validity in seconds. Defaults to 90 days.",
  description: "Purpose of the token, for people.",
});
