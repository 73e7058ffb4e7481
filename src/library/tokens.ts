import { presentToken, tokensPage } from "../answers/tokens.ts";
import type { Scope } from "../domain/scopes.ts";
import { issueToken, readToken, revokeSession, revokeToken, tokenInput } from "../registry/tokens.ts";
import type { NewTokenAnswer, Page, TokenAnswer } from "./answers.ts";
import { type PageQuery, pageQuery, read } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Input of a new token. */
export interface NewToken {
  /** Operations that the token may call. Scopes do not include one another. */
  scopes: Scope[];
  /** Validity in seconds, from a minute to 366 days. Defaults to 90 days. */
  expiresInSeconds?: number;
  /** Text for people. Defaults to none. */
  description?: string;
}

/** Operations on the tokens of a tenant, with which its own programs call the HTTP API. */
export interface TokenOperations {
  /**
   * Issues a token. The answer shows it, only once.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `token_limit_reached`, `secret_keys_missing`
   */
  create(tenantId: string, token: NewToken): Promise<NewTokenAnswer>;
  /** @throws {OutboxError} `tenant_not_found`, `token_not_found` */
  get(tenantId: string, tokenId: string): Promise<TokenAnswer>;
  /**
   * Lists tokens, newest first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: PageQuery): Promise<Page<TokenAnswer>>;
  /**
   * Revokes the token at once, everywhere, and deletes its record.
   * @throws {OutboxError} `tenant_not_found`, `token_not_found`
   */
  revoke(tenantId: string, tokenId: string): Promise<void>;
  /**
   * Revokes every token of a session of the portal, by the `sessionId` of its links, and answers their number.
   * @throws {OutboxError} `tenant_not_found`
   */
  revokeSession(tenantId: string, sessionId: string): Promise<{ revoked: number }>;
}

export function tokenOperations(ask: Ask): TokenOperations {
  return {
    async create(tenantId, token) {
      const tools = ask({ tenantId }, "issueToken");
      const issued = await tools.seeThrough(issueToken(tools, tenantId, read(tokenInput, token)));
      return { ...presentToken(issued), token: issued.token };
    },
    get: async (tenantId, tokenId) =>
      presentToken(await readToken(ask({ tenantId, tokenId }), tenantId, tokenId)),
    list: async (tenantId, query) => tokensPage(ask({ tenantId }).db, tenantId, read(pageQuery, query)),
    async revoke(tenantId, tokenId) {
      const tools = ask({ tenantId, tokenId }, "revokeToken");
      await tools.seeThrough(revokeToken(tools, tenantId, tokenId));
    },
    async revokeSession(tenantId, sessionId) {
      const tools = ask({ tenantId, sessionId }, "revokeSession");
      return tools.seeThrough(revokeSession(tools, tenantId, sessionId));
    },
  };
}
